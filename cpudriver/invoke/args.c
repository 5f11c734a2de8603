// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What invocations name beside capabilities, the invoker's memory; and capabilities that the CPU
// driver keeps of what they name.
//
// IN1 What caps_decode has found usable and not held, of a type that can be copied, can be copied
//     into an empty slot of the CPU driver's own.

#include "invoke/invoke.h"

#include "kcb/dcb.h"
#include "lib/kassert.h"
#include "lib/string.h"
#include "machine/space.h"

/// Copies between the invoker's memory at `user` and a kernel buffer, page by page.
static errval_t copy_user(lvaddr_t user, uint8_t *buffer, size_t bytes, bool write)
{
    while (bytes > 0) {
        size_t left;
        void *at = space_user_ptr(kcb.current->pml4, user, write, &left);
        if (at == NULL)
            return SYS_ERR_USER_POINTER;
        size_t now = left < bytes ? left : bytes;
        memcpy(write ? at : buffer, write ? buffer : at, now);
        user += now;
        buffer += now;
        bytes -= now;
    }
    return SYS_ERR_OK;
}

errval_t invoke_write_user(lvaddr_t to, const void *from, size_t bytes)
{
    return copy_user(to, (uint8_t *)from, bytes, true);
}

errval_t invoke_read_user(void *to, lvaddr_t from, size_t bytes)
{
    return copy_user(from, to, bytes, false);
}

void invoke_keep(struct cte *slot, struct cte *cte)
{
    struct caps_dest dest = caps_dest_kernel(slot);
    errval_t err = caps_copy(&kcb.caps, &dest, cte);
    kassert(err_is_ok(err)); // IN1
}
