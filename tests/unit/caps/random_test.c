// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Random operations against the model. Each is driven to its end and compared; memory that comes
// back is used again. An episode ends with the deletion of everything, after which all memory must
// have been returned. Slots are taken from outside and from all CNodes and dispatchers that live,
// so CNodes hold themselves and each other in any way.
#include "kpi/dispatcher.h"
#include "kpi/vspace.h"
#include "model.h"
#include "panic.h"

#include <stdio.h>

#define EPISODE_OPERATIONS 1000u
#define OUTSIDE_SLOTS 160u
#define RETURN_SLOTS (WORLD_SLOTS - OUTSIDE_SLOTS) ///< slots for returned memory
#define FULL 400u ///< capabilities from which on the random choice favours deletion

uint64_t random_operations = 200000;

static struct test_random rng;
static uint64_t outcomes[2][12]; ///< by operation: refused, done

static uint64_t below(uint64_t bound)
{
    return test_random_below(&rng, bound);
}

static struct model_entry *any_entry(void)
{
    return model.entries_count == 0 ? NULL : &model.entries[below(model.entries_count)];
}

static bool is_holder(uint8_t type)
{
    return type == ObjType_L1CNode || type == ObjType_L2CNode || type == ObjType_Dispatcher;
}

// An entry of one of the types in the mask, or any other if a few tries find none.
static struct model_entry *entry_of(uint32_t types)
{
    struct model_entry *entry = any_entry();
    for (unsigned i = 0; i < 24 && (types >> model.objects[entry->object].type & 1) == 0; i++)
        entry = any_entry();
    return entry;
}

// A place for a capability, in use or not; usually a slot that is not in an L1CNode.
static struct caps_dest any_dest(void)
{
    struct model_entry *entry =
        entry_of(1u << ObjType_L1CNode | 1u << ObjType_L2CNode | 1u << ObjType_Dispatcher);
    const struct model_object *o = &model.objects[entry->object];
    if (!is_holder(o->type) || below(2) == 0) {
        uint32_t slot = (uint32_t)below(OUTSIDE_SLOTS);
        return (struct caps_dest){&world.slots[slot], OUTSIDE_SLOTS - slot, false};
    }
    uint32_t slots = o->type == ObjType_Dispatcher ? DISPATCHER_SLOTS : 256;
    uint32_t slot = (uint32_t)below(below(4) == 0 ? slots : slots < 8 ? slots : 8);
    struct cte *first = caps_ptr(&world.caps, o->base);
    return (struct caps_dest){first + slot, slots - slot, o->type == ObjType_L1CNode};
}

static errval_t expect_dest(const struct caps_dest *dest, uint8_t type)
{
    if (model_entry(dest->slot) != NULL)
        return SYS_ERR_SLOT_IN_USE;
    return dest->l1 && type != ObjType_L2CNode ? SYS_ERR_CNODE_TYPE : SYS_ERR_OK;
}

static bool random_copy(void)
{
    struct model_entry *src = any_entry();
    const struct model_object *o = &model.objects[src->object];
    struct caps_dest dest = any_dest();
    bool mint = below(2) == 0;
    uint8_t rights = mint ? (uint8_t)(below(4) == 0 ? below(32) : CAPRIGHTS_ALL) : CAPRIGHTS_ALL;
    uint64_t badge = mint && o->type == ObjType_EndPointLMP && below(2) == 0 ? below(1000) : 0;
    errval_t expected = o->type == ObjType_Mapping ? SYS_ERR_NO_COPY : SYS_ERR_OK;
    if (expected == SYS_ERR_OK && badge != 0 && src->badge != 0)
        expected = SYS_ERR_ARGS;
    if (expected == SYS_ERR_OK)
        expected = expect_dest(&dest, o->type);
    errval_t err = mint ? caps_mint(&world.caps, &dest, src->slot, rights, badge)
                        : caps_copy(&world.caps, &dest, src->slot);
    kassert(err == expected);
    if (err == SYS_ERR_OK)
        model_add(dest.slot, src->object, src->rights & rights,
                  src->badge != 0 ? src->badge : (uint32_t)badge);
    return err == SYS_ERR_OK;
}

static bool random_move(void)
{
    struct model_entry *src = any_entry();
    struct caps_dest dest = any_dest();
    errval_t expected = expect_dest(&dest, model.objects[src->object].type);
    errval_t err = caps_move(&world.caps, &dest, src->slot);
    kassert(err == expected);
    if (err == SYS_ERR_OK) {
        kassert(cte_empty(src->slot));
        src->slot = dest.slot;
    }
    return err == SYS_ERR_OK;
}

static gensize_t random_size(uint8_t type, gensize_t whole)
{
    const struct cap_type *row = cap_type(type);
    if (row->min == row->max)
        return below(8) == 0 ? row->min + below(3) * BASE_PAGE_SIZE : row->min;
    gensize_t size = row->min << below(7);
    return size > whole && below(8) != 0 ? row->min : size;
}

// Objects that are in their slots already, perhaps by another way, count as made by an earlier
// step.
static uint32_t made_before(const struct model_object *o, gensize_t offset, uint8_t type,
                            gensize_t size, uint32_t count, const struct cte *slot)
{
    uint32_t made = 0;
    for (; made < count; made++) {
        const struct model_entry *entry = model_entry(slot + made);
        const struct model_object *there = entry != NULL ? &model.objects[entry->object] : NULL;
        if (there == NULL || there->type != type || there->bytes != size ||
            there->base != o->base + offset + made * size)
            break;
    }
    return made;
}

static errval_t expect_retype(const struct model_entry *src, gensize_t offset, uint8_t type,
                              gensize_t size, uint32_t count, const struct caps_dest *dest)
{
    const struct model_object *o = &model.objects[src->object];
    if (o->type == ObjType_RAM && (src->rights & CAPRIGHTS_WRITE) == 0)
        return SYS_ERR_RIGHTS;
    if ((cap_type(o->type)->retype_into >> type & 1) == 0)
        return SYS_ERR_INVALID_RETYPE;
    if (offset + size * count > o->bytes || (type == o->type && size == o->bytes) ||
        !cap_type_fits(type, o->base + offset, size))
        return SYS_ERR_RETYPE_RANGE;
    if (dest->l1 && type != ObjType_L2CNode)
        return SYS_ERR_CNODE_TYPE;
    if (dest->room < count)
        return SYS_ERR_SLOT_INVALID;
    uint32_t made = made_before(o, offset, type, size, count, dest->slot);
    for (uint32_t i = made; i < count; i++) {
        if (model_entry(dest->slot + i) != NULL)
            return SYS_ERR_SLOT_IN_USE;
    }
    genpaddr_t base = o->base + offset;
    if (made == count)
        return SYS_ERR_SLOT_IN_USE;
    return model_occupied(src->object, base + made * size, base + size * count)
               ? SYS_ERR_REVOKE_FIRST
               : SYS_ERR_OK;
}

// What was cleared is what the kernel trusts and user space sees.
static void check_cleared(const struct model_object *o)
{
    const uint64_t *words = caps_ptr(&world.caps, o->base);
    for (gensize_t i = 0; i < o->bytes / sizeof *words; i++)
        kassert(words[i] == 0);
}

static bool random_retype(void)
{
    static const uint8_t wanted[] = {
        ObjType_RAM,
        ObjType_RAM,
        ObjType_Frame,
        ObjType_Frame,
        ObjType_L2CNode,
        ObjType_L2CNode,
        ObjType_L1CNode,
        ObjType_Dispatcher,
        ObjType_VNode_x86_64_pml4,
        ObjType_VNode_x86_64_pdpt,
        ObjType_VNode_x86_64_pdir,
        ObjType_VNode_x86_64_ptable,
        ObjType_Mapping,
    };
    struct model_entry src = *entry_of(1u << ObjType_RAM | 1u << ObjType_Frame);
    const struct model_object *o = &model.objects[src.object];
    uint8_t type = wanted[below(sizeof wanted)];
    if (o->type == ObjType_Frame && below(4) != 0)
        type = ObjType_Frame;
    gensize_t size = random_size(type, o->bytes), offset = 0;
    if (below(4) != 0 && o->bytes > size)
        offset = below((o->bytes - size) / BASE_PAGE_SIZE + 1) * BASE_PAGE_SIZE;
    uint32_t count = below(3) == 0 ? 1 + (uint32_t)below(6) : 1, done = 0;
    struct caps_dest dest = any_dest();
    errval_t expected = expect_retype(&src, offset, type, size, count, &dest);
    uint32_t made = made_before(o, offset, type, size, count, dest.slot);
    errval_t err = allowed(CAP_CMD_RETYPE, src.slot);
    if (err == SYS_ERR_OK)
        err = SYS_ERR_AGAIN;
    while (err == SYS_ERR_AGAIN)
        err = caps_retype(&world.caps, src.slot, offset, type, size, count, &dest, &done);
    kassert(err == expected);
    for (uint32_t i = made; err == SYS_ERR_OK && i < count; i++) {
        genpaddr_t base = o->base + offset + i * size;
        int object = model_make(dest.slot + i, type, base, size, 0, src.rights, src.object);
        if (o->type == ObjType_RAM && type != ObjType_RAM)
            check_cleared(&model.objects[object]);
    }
    return err == SYS_ERR_OK;
}

// Puts a capability into the place that a dispatcher has for it, so that endpoints can be made.
static bool random_setup(void)
{
    const struct model_entry *dispatcher = entry_of(1u << ObjType_Dispatcher);
    const struct model_entry *src =
        entry_of(1u << ObjType_L1CNode | 1u << ObjType_Frame | 1u << ObjType_VNode_x86_64_pml4);
    const struct model_object *o = &model.objects[dispatcher->object];
    uint8_t type = model.objects[src->object].type;
    if (o->type != ObjType_Dispatcher)
        return false;
    struct dispatcher_slots *slots = caps_dispatcher_slots(&world.caps, o->base);
    struct cte *slot = type == ObjType_Frame     ? &slots->frame
                       : type == ObjType_L1CNode ? &slots->cspace
                                                 : &slots->vspace;
    if (type == ObjType_Mapping || model_entry(slot) != NULL)
        return false;
    copy(slot, src->slot);
    model_add(slot, src->object, src->rights, src->badge);
    return true;
}

static bool random_endpoint(void)
{
    const struct model_entry *src = entry_of(1u << ObjType_Dispatcher);
    const struct model_object *o = &model.objects[src->object];
    struct caps_dest dest = any_dest();
    uint64_t offset = 1024 + below(12) * 256, messages = 2;
    const struct model_entry *frame =
        o->type == ObjType_Dispatcher
            ? model_entry(&caps_dispatcher_slots(&world.caps, o->base)->frame)
            : NULL;
    errval_t expected = expect_dest(&dest, ObjType_EndPointLMP);
    if (o->type != ObjType_Dispatcher)
        expected = SYS_ERR_ILLEGAL_INVOCATION;
    else if ((src->rights & CAPRIGHTS_WRITE) == 0)
        expected = SYS_ERR_RIGHTS;
    else if (frame == NULL || model.objects[frame->object].type != ObjType_Frame)
        expected = SYS_ERR_DISP_NOT_READY;
    else if (offset + LMP_ENDPOINT_BYTES(messages) > model.objects[frame->object].bytes)
        expected = SYS_ERR_DISP_FRAME;
    errval_t err = allowed(DISPATCHER_CMD_ENDPOINT, src->slot);
    if (err == SYS_ERR_OK)
        err = caps_endpoint_create(&world.caps, src->slot, offset, messages, &dest);
    kassert(err == expected);
    if (err != SYS_ERR_OK)
        return false;
    int there = model_find(ObjType_EndPointLMP, o->base, o->bytes, offset);
    if (there != MODEL_NONE)
        model_add(dest.slot, there, CAPRIGHTS_ALL, 0);
    else
        model_make(dest.slot, ObjType_EndPointLMP, o->base, o->bytes, offset, CAPRIGHTS_ALL,
                   src->object);
    return true;
}

#define VNODES                                                                                     \
    (1u << ObjType_VNode_x86_64_pml4 | 1u << ObjType_VNode_x86_64_pdpt |                           \
     1u << ObjType_VNode_x86_64_pdir | 1u << ObjType_VNode_x86_64_ptable)

// Here only success and the database are compared; mapping_test.c has every rule.
static bool random_map(void)
{
    const struct model_entry *table = entry_of(VNODES);
    bool ptable = model.objects[table->object].type == ObjType_VNode_x86_64_ptable;
    const struct model_entry *object = entry_of(ptable ? 1u << ObjType_Frame : VNODES);
    const struct model_object *o = &model.objects[object->object];
    struct caps_dest dest = any_dest();
    uint64_t first = below(16), count = o->type == ObjType_Frame ? 1 + below(4) : 1;
    errval_t err = caps_vnode_map(&world.caps, table->slot, first, count, object->slot, 0,
                                  VREGION_FLAGS_READ, &dest);
    if (err != SYS_ERR_OK)
        return false;
    kassert(expect_dest(&dest, ObjType_Mapping) == SYS_ERR_OK);
    uint64_t extra = model.objects[table->object].base | first;
    model_make(dest.slot, ObjType_Mapping, o->base, o->bytes, extra, object->rights,
               object->object);
    return true;
}

static bool random_delete(void)
{
    struct cte *slot = any_entry()->slot;
    kassert(delete_all(slot) == SYS_ERR_OK);
    model_delete(slot);
    return true;
}

static bool random_revoke(void)
{
    static struct model before;
    const struct model_entry *entry = any_entry();
    struct cte *slot = entry->slot;
    bool may = (entry->rights & CAPRIGHTS_GRANT) != 0;
    kassert(allowed(CAP_CMD_REVOKE, slot) == (may ? SYS_ERR_OK : SYS_ERR_RIGHTS));
    if (!may)
        return false;
    before = model;
    model_revoke(slot);
    bool survives = model_entry(slot) != NULL;
    errval_t err = revoke_all(slot);
    kassert(survives ? err == SYS_ERR_OK : err == SYS_ERR_OK || err == SYS_ERR_CAP_NOT_FOUND);
    if (!survives) {
        // Whoever saws off the branch that he sits on loses that one and any part of the others.
        model_compare_part();
        model = before;
        model_drop_missing();
    }
    return true;
}

// Compares what the database says of an object with what the model knows.
static bool random_question(void)
{
    const struct model_entry *entry = any_entry();
    const struct mdb *mdb = &world.caps.mdb;
    const struct cap *cap = &entry->slot->cap;
    struct cte *copy = mdb_find_copy(mdb, cap, entry->slot);
    kassert((copy != NULL) == (model_copies(entry->object) > 1));
    kassert(copy == NULL || model_entry(copy)->object == entry->object);
    struct cte *descendant = mdb_find_descendant(mdb, cap);
    bool has = false;
    for (unsigned i = 0; i < model.objects_count && !has; i++)
        has = model.objects[i].alive && model_descends((int)i, entry->object);
    kassert((descendant != NULL) == has);
    kassert(descendant == NULL || model_descends(model_entry(descendant)->object, entry->object));
    int parent = entry->object;
    do {
        parent = model.objects[parent].parent;
    } while (parent != MODEL_NONE && !model.objects[parent].alive);
    struct cte *ancestor = mdb_find_ancestor(mdb, cap);
    kassert((ancestor != NULL) == (parent != MODEL_NONE));
    kassert(ancestor == NULL || model_entry(ancestor)->object == parent);
    return true;
}

// Puts memory that came back into the system again, each run of pages as one RAM capability.
static void take_returned(void)
{
    for (unsigned i = 0; i < WORLD_PAGES; i++) {
        unsigned end = i;
        while (end < WORLD_PAGES && world.returned[end])
            end++;
        struct cte *slot = &world.slots[OUTSIDE_SLOTS];
        while (slot < world.slots + WORLD_SLOTS && !cte_empty(slot))
            slot++;
        if (end == i || slot == world.slots + WORLD_SLOTS)
            continue;
        genpaddr_t base = WORLD_BASE + i * BASE_PAGE_SIZE;
        gensize_t bytes = (end - i) * BASE_PAGE_SIZE;
        world_take(slot, base, bytes);
        model_make(slot, ObjType_RAM, base, bytes, 0, CAPRIGHTS_ALL, MODEL_NONE);
    }
}

static void one_operation(void)
{
    static bool (*const operations[])(void) = {
        random_copy, random_move,   random_retype, random_setup,  random_endpoint, random_map,
        random_map,  random_retype, random_delete, random_revoke, random_question,
    };
    unsigned count = sizeof operations / sizeof *operations;
    unsigned which = (unsigned)below(count);
    if (which == 9 && below(8) != 0) // Revocation leaves little to play with.
        which = 2;
    if (model.entries_count > FULL)
        which = 8;
    bool done = operations[which]();
    outcomes[done][which]++;
    if (which == 8 || which == 9)
        take_returned();
    model_compare();
}

static void begin_episode(void)
{
    world_reset();
    model_reset();
    for (unsigned i = 0; i < 4; i++) {
        genpaddr_t base = WORLD_BASE + i * (WORLD_BYTES / 4);
        make(&world.slots[i], ObjType_RAM, base, WORLD_BYTES / 4);
        model_make(&world.slots[i], ObjType_RAM, base, WORLD_BYTES / 4, 0, CAPRIGHTS_ALL,
                   MODEL_NONE);
    }
}

// Cycles that nothing outside refers to can only be revoked by what they were made of: so
// revoke all RAM first.
static void end_episode(void)
{
    while (model.entries_count > 0) {
        struct cte *slot = model.entries[0].slot;
        for (unsigned i = 0; i < model.entries_count; i++) {
            if (model.objects[model.entries[i].object].type == ObjType_RAM)
                slot = model.entries[i].slot;
        }
        kassert(delete_all(slot) == SYS_ERR_OK);
        model_delete(slot);
    }
    model_compare();
    model_compare_memory();
    kassert(world_returned_only(WORLD_BASE, WORLD_BYTES));
}

static void test_random_model(void)
{
    test_random_init(&rng, 1);
    for (uint64_t i = 0; i < random_operations; i++) {
        if (i % EPISODE_OPERATIONS == 0)
            begin_episode();
        one_operation();
        if (i % 128 == 0)
            model_compare_memory();
        if ((i + 1) % EPISODE_OPERATIONS == 0)
            end_episode();
    }
    for (unsigned i = 0; i < 11; i++) {
        printf("    operation %2u: %8lu done, %8lu refused\n", i, outcomes[1][i], outcomes[0][i]);
        CU_ASSERT(outcomes[1][i] > 0);
    }
}

CU_TestInfo random_tests[] = {
    {"random operations against the model", test_random_model},
    CU_TEST_INFO_NULL,
};
