// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities to words and back, and those made real that have no owner (Notify, ID). What has one
// is made real by capops/cap_transfer.c.

#include "intermon/cap_words.h"

#include "barrelfish/barrelfish.h"
#include <string.h>

_Static_assert(sizeof(struct capability) == INTERMON_CAP_WORDS * sizeof(uint64_t), "IM3");

void cap_words_put(uint64_t *words, const struct capability *cap)
{
    memcpy(words, cap, sizeof(*cap));
}

void cap_words_get(const uint64_t *words, struct capability *cap)
{
    memcpy(cap, words, sizeof(*cap));
}

bool cap_words_is_name(uint8_t type)
{
    return type == ObjType_Notify || type == ObjType_ID;
}

errval_t cap_words_make_name_at(const uint64_t *words, struct capref slot)
{
    struct capability raw;
    cap_words_get(words, &raw);
    if (!cap_words_is_name(raw.type))
        return MON_ERR_PROTOCOL;
    raw.flags = 0;
    return invoke_kernel_create_cap(cap_kernel, &raw, slot);
}

errval_t cap_words_make_name(const uint64_t *words, struct capref *cap)
{
    struct capability raw;
    struct capref slot;
    cap_words_get(words, &raw);
    if (raw.type == ObjType_Null) {
        *cap = NULL_CAP;
        return SYS_ERR_OK;
    }
    errval_t err = slot_alloc(&slot);
    return err_is_ok(err) ? slot_settle(slot, cap_words_make_name_at(words, slot), cap) : err;
}
