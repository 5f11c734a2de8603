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
#include "barrelfish/terminal_client.h"
#include "barrelfish/threads.h"
#include "client/spawnd_tell.h"

void domain_exit(int status)
{
    struct capability identity;
    if (err_is_ok(cap_identify(cap_spawndep, &identity))) {
        terminal_end();
        errval_t err = spawnd_tell(SPAWND_EXIT, (uint8_t)status, 0);
        static struct thread_sem never = THREAD_SEM_INITIALIZER;
        while (err_is_ok(err))
            thread_sem_wait(&never);
    }
    for (;;)
        (void)invoke_dispatcher_stop(cap_dispatcher);
}
