// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The domain's words when it has no console: early ones and last ones. The trusted base has the
// Kernel capability and prints through the CPU driver. Any other domain sends its text to its
// spawnd, which prints a bounded number of bytes for each domain. Works enabled and disabled, and
// needs no C library. Nobody is waited for without bound: what cannot be said is not.
#include "barrelfish/syscalls.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/lmp_rpc.h"
#include "if/spawnd.h"

#include <string.h>

#define TRIES_MAX 10000u

static errval_t print_here(const char *string, size_t length)
{
    for (unsigned tries = 0; length > 0 && tries < TRIES_MAX; tries++) {
        size_t part = length < KERNEL_PRINT_MAX ? length : KERNEL_PRINT_MAX, taken;
        errval_t err = invoke_kernel_print(cap_kernel, string, part, &taken);
        if (err_is_fail(err))
            return err;
        string += taken;
        length -= taken;
        if (taken > 0)
            tries = 0;
        else
            (void)sys_yield(0); // the port is busy
    }
    return SYS_ERR_OK;
}

static errval_t send_piece(const char *string, size_t bytes, bool more)
{
    uint64_t ep = get_cap_caddr(cap_spawndep), words[LMP_MSG_LENGTH] = {RPC_REQUEST | SPAWND_PRINT};
    words[1] = bytes | (more ? SPAWND_PRINT_MORE : 0);
    memcpy(&words[SPAWND_PIECE_WORD], string, bytes);
    errval_t err;
    unsigned tries = 0;
    do {
        err = sys_lmp_send(ep, 0, 0, SPAWND_WORDS, words);
    } while (lmp_err_is_transient(err) && tries++ < TRIES_MAX && err_is_ok(sys_yield(ep)));
    return err;
}

errval_t sys_print(const char *string, size_t length)
{
    errval_t err = print_here(string, length);
    if (err_is_ok(err) || err_no(err) == SYS_ERR_USER_POINTER)
        return err;
    err = SYS_ERR_OK;
    while (length > 0 && err_is_ok(err)) {
        size_t part = length < SPAWND_PIECE_BYTES ? length : SPAWND_PIECE_BYTES;
        err = send_piece(string, part, part < length);
        string += part;
        length -= part;
    }
    return err;
}
