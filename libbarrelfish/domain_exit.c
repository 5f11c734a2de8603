// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The end of a domain by itself: its last words go out, then spawnd is told, which takes the domain
// apart. A domain without a spawnd just stops. The message to spawnd has no answer, and another
// thread may be waiting for one to a request of its own; so it goes past the connection of
// spawn_client.c.
#include "barrelfish/capabilities.h"
#include "barrelfish/domain.h"
#include "barrelfish/invocations.h"
#include "barrelfish/lmp_chan.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/terminal_client.h"
#include "barrelfish/threads.h"
#include "if/spawnd.h"

void domain_exit(int status)
{
    struct capability identity;
    if (err_is_ok(cap_identify(cap_spawndep, &identity))) {
        terminal_end();
        const uint64_t words[LMP_MSG_LENGTH] = {RPC_REQUEST | SPAWND_EXIT, (uint8_t)status};
        errval_t err;
        do {
            err = sys_lmp_send(get_cap_caddr(cap_spawndep), LMP_FLAG_YIELD, 0, 2, words);
        } while (lmp_err_is_transient(err) && err_is_ok(sys_yield(get_cap_caddr(cap_spawndep))));
        static struct thread_sem never = THREAD_SEM_INITIALIZER;
        while (err_is_ok(err)) {
            thread_sem_wait(&never);
        }
    }
    for (;;) {
        (void)invoke_dispatcher_stop(cap_dispatcher);
    }
}
