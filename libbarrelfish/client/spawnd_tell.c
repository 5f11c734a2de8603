// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests to spawnd that have no reply: the end of the own domain, and that of another for which
// somebody waits already.
#include "spawnd_tell.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/lmp_chan.h"
#include "barrelfish/lmp_rpc.h"

errval_t spawnd_tell(enum spawnd_op op, uint64_t word1, uint64_t word2)
{
    const uint64_t words[LMP_MSG_LENGTH] = {RPC_REQUEST | op, word1, word2};
    errval_t err;
    do {
        err = sys_lmp_send(get_cap_caddr(cap_spawndep), LMP_FLAG_YIELD, 0, 3, words);
    } while (lmp_err_is_transient(err) && err_is_ok(sys_yield(get_cap_caddr(cap_spawndep))));
    return err;
}
