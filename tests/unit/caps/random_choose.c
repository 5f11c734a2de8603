// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Random choices of capabilities and of places for them. Slots are taken from outside and from all
// CNodes and dispatchers that live, so CNodes hold themselves and each other in any way.
#include "random.h"

struct test_random random_rng;
struct random_held random_held;

static bool is_usable(const struct model_entry *entry, uint32_t types)
{
    return !entry->doomed && !entry->clearing && (types >> object_of(entry)->type & 1) != 0;
}

errval_t random_expect_held(errval_t expected, int object, uint32_t badge, errval_t err)
{
    if (object == MODEL_NONE || !random_is_held(object, badge))
        return expected;
    random_held.refused += err == SYS_ERR_CAP_BUSY;
    return expected == SYS_ERR_OK || err == SYS_ERR_CAP_BUSY ? SYS_ERR_CAP_BUSY : expected;
}

static struct model_entry *first_usable(uint32_t types, bool held)
{
    uint64_t start = model.entries_count > 0 ? below(model.entries_count) : 0;
    for (uint64_t i = 0; i < model.entries_count; i++) {
        struct model_entry *entry = &model.entries[(start + i) % model.entries_count];
        if (is_usable(entry, types) && (!held || random_is_held(entry->object, entry->badge)))
            return entry;
    }
    return NULL;
}

struct model_entry *random_entry(uint32_t types)
{
    struct model_entry *entry = NULL;
    if (world.caps.holds > 0 && one_in(2)) // seldom, and not for long
        entry = first_usable(types, true);
    if (entry == NULL && !one_in(16))
        entry = first_usable(types, false);
    return entry != NULL ? entry : first_usable(ANY_TYPE, false);
}

static struct caps_dest any_slot(void)
{
    const struct model_entry *entry = random_entry(HOLDERS);
    uint8_t type = entry != NULL ? object_of(entry)->type : ObjType_Null;
    if ((HOLDERS >> type & 1) == 0 || one_in(2)) {
        uint32_t slot = (uint32_t)below(OUTSIDE_SLOTS);
        return (struct caps_dest){&world.slots[slot], OUTSIDE_SLOTS - slot, false};
    }
    uint32_t slots = type == ObjType_Dispatcher ? DISPATCHER_SLOTS : 256;
    uint32_t slot = (uint32_t)below(one_in(4) ? slots : slots < 8 ? slots : 8);
    struct cte *first = caps_ptr(&world.caps, object_of(entry)->base);
    return (struct caps_dest){first + slot, slots - slot, type == ObjType_L1CNode};
}

/// A slot whose capability is half gone belongs to the operation that is deleting it.
bool random_is_clear(const struct cte *slot)
{
    return cte_empty(slot) == (model_entry(slot) == NULL) && !random_is_reserved(slot);
}

bool random_dest(struct caps_dest *dest)
{
    for (unsigned i = 0; i < 8; i++) {
        *dest = any_slot();
        if (random_is_clear(dest->slot) && (cte_empty(dest->slot) || one_in(6)))
            return true;
    }
    return false;
}

errval_t random_expect_dest(const struct caps_dest *dest, uint8_t type)
{
    if (model_entry(dest->slot) != NULL)
        return SYS_ERR_SLOT_IN_USE;
    return dest->l1 && type != ObjType_L2CNode ? SYS_ERR_CNODE_TYPE : SYS_ERR_OK;
}
