// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Random operations on single capabilities.
#include "random.h"

bool random_copy(void)
{
    struct model_entry *src = random_entry(ANY_TYPE);
    struct caps_dest dest;
    if (src == NULL || !random_dest(&dest))
        return false;
    const struct model_object *o = object_of(src);
    bool mint = one_in(2);
    uint8_t rights = mint ? (uint8_t)(one_in(4) ? below(32) : CAPRIGHTS_ALL) : CAPRIGHTS_ALL;
    uint64_t badge = mint && o->type == ObjType_EndPointLMP && one_in(2) ? below(4) : 0;
    errval_t expected = o->type == ObjType_Mapping ? SYS_ERR_NO_COPY : SYS_ERR_OK;
    if (expected == SYS_ERR_OK && badge != 0 && src->badge != 0)
        expected = SYS_ERR_ARGS;
    if (expected == SYS_ERR_OK)
        expected = random_expect_dest(&dest, o->type);
    errval_t err = mint ? caps_mint(&world.caps, &dest, src->slot, rights, badge)
                        : caps_copy(&world.caps, &dest, src->slot);
    kassert(err == random_expect_held(expected, src->object, src->badge, err));
    if (err == SYS_ERR_OK)
        model_copy(dest.slot, src, src->rights & rights,
                   src->badge != 0 ? src->badge : (uint32_t)badge);
    return err == SYS_ERR_OK;
}

bool random_move(void)
{
    struct model_entry *src = random_entry(ANY_TYPE);
    struct caps_dest dest;
    if (src == NULL || !random_dest(&dest))
        return false;
    errval_t expected = random_expect_dest(&dest, object_of(src)->type);
    errval_t err = caps_move(&world.caps, &dest, src->slot);
    kassert(err == expected);
    if (err == SYS_ERR_OK) {
        kassert(cte_empty(src->slot));
        random_held.moved += random_is_held(src->object, src->badge);
        src->slot = dest.slot;
        if (src->own)
            model.objects[src->object].closed = src->own = false;
    }
    return err == SYS_ERR_OK;
}

/// While others are under way, what leaves more than the steps of this call behind is begun as one
/// of them instead (random_begin).
static bool leaves_nothing_behind(const struct model_entry *entry)
{
    return !cap_type(object_of(entry)->type)->contains || model_copies(entry->object) > 1;
}

/// Also what a retype has left half made.
static const struct model_entry *any_to_delete(void)
{
    const struct model_entry *entry = &model.entries[below(model.entries_count)];
    return entry->clearing && !entry->doomed ? entry : random_entry(ANY_TYPE);
}

bool random_delete(void)
{
    const struct model_entry *entry = model.entries_count > 0 ? any_to_delete() : NULL;
    if (entry == NULL || (random_under_way() && !leaves_nothing_behind(entry)))
        return false;
    struct cte *slot = entry->slot;
    if (random_under_way()) {
        errval_t err;
        random_held.deleted += random_is_held(entry->object, entry->badge);
        do
            err = caps_delete(&world.caps, slot);
        while (err == SYS_ERR_AGAIN);
        kassert(err == SYS_ERR_OK);
        model_delete_leaf(slot);
    } else {
        kassert(delete_all(slot) == SYS_ERR_OK);
        model_delete(slot);
    }
    return true;
}

bool random_has_remote_descendant(int object)
{
    for (unsigned i = 0; i < model.objects_count; i++)
        if (model.objects[i].alive && model.objects[i].remote && model_descends((int)i, object))
            return true;
    return false;
}

/// A revocation that stops half-way, at what other cores know or because it saws off the branch
/// that it sits on, has deleted any part of what it should.
static void believe(const struct model *before)
{
    static struct model after;
    after = model;
    model = *before;
    model_doom(&after);
    model_drop_missing();
    model_bury();
    for (unsigned i = 0; i < model.entries_count; i++)
        model.entries[i].doomed = false;
}

bool random_revoke(void)
{
    static struct model before;
    const struct model_entry *entry = random_entry(one_in(2) ? TYPE(EndPointLMP) : ANY_TYPE);
    if (entry == NULL || random_under_way())
        return false;
    struct cte *slot = entry->slot;
    bool may = (entry->rights & CAPRIGHTS_GRANT) != 0;
    kassert(allowed(CAP_CMD_REVOKE, slot) == (may ? SYS_ERR_OK : SYS_ERR_RIGHTS));
    if (!may)
        return false;
    if (object_of(entry)->remote) {
        kassert(caps_revoke(&world.caps, slot) == SYS_ERR_REMOTE);
        return false;
    }
    before = model;
    bool stops = random_has_remote_descendant(entry->object);
    model_revoke(slot);
    bool survives = model_entry(slot) != NULL;
    errval_t err = revoke_all(slot);
    if (survives)
        kassert(err == (stops ? SYS_ERR_REMOTE : SYS_ERR_OK));
    else
        kassert(err == SYS_ERR_OK || err == SYS_ERR_CAP_NOT_FOUND ||
                (stops && err == SYS_ERR_REMOTE));
    if (stops || !survives)
        believe(&before);
    return true;
}

bool random_set_remote(void)
{
    const struct model_entry *entry = random_entry(ANY_TYPE);
    if (entry == NULL)
        return false;
    struct model_object *o = &model.objects[entry->object];
    const struct cap_type *type = cap_type(o->type);
    bool remote = one_in(3);
    errval_t err;
    do
        err = caps_set_remote(&world.caps, entry->slot, remote);
    while (err == SYS_ERR_AGAIN);
    kassert(err == (type->sendable && type->owned ? SYS_ERR_OK : SYS_ERR_CAP_TYPE));
    if (err == SYS_ERR_OK)
        o->remote = remote;
    return err == SYS_ERR_OK;
}

static bool has_relative(int object, bool above)
{
    for (int i = 0; i < (int)model.objects_count; i++)
        if (model.objects[i].alive &&
            (above ? model_descends(object, i) : model_descends(i, object)))
            return true;
    return false;
}

/// What is given away comes back from the other core at once.
bool random_surrender(void)
{
    const struct model_entry *entry = random_entry(TYPE(RAM) | TYPE(Frame) | TYPE(EndPointUMP));
    if (entry == NULL || random_under_way())
        return false;
    const struct model_object o = *object_of(entry);
    const struct cap_type *type = cap_type(o.type);
    errval_t expected = SYS_ERR_OK;
    if (!type->sendable || !type->owned)
        expected = SYS_ERR_CAP_TYPE;
    else if (o.remote || o.foreign)
        expected = SYS_ERR_REMOTE;
    else if (model_copies(entry->object) > 1 || has_relative(entry->object, true))
        expected = SYS_ERR_HAS_COPIES;
    else if (has_relative(entry->object, false))
        expected = SYS_ERR_REVOKE_FIRST;
    kassert(caps_surrender_check(&world.caps, entry->slot) == expected);
    if (expected != SYS_ERR_OK)
        return false;
    struct cte *slot = entry->slot;
    caps_surrender(&world.caps, slot);
    model_delete(slot);
    if (o.base >= WORLD_BASE && o.base < WORLD_BASE + WORLD_BYTES)
        world_return(o.base, o.bytes);
    return true;
}

/// Compares what the database says of an object with what the model knows.
bool random_question(void)
{
    const struct model_entry *entry = random_entry(ANY_TYPE);
    if (entry == NULL || random_under_way())
        return false;
    const struct mdb *mdb = &world.caps.mdb;
    const struct cap *cap = &entry->slot->cap;
    struct cte *copy = mdb_find_copy(mdb, cap, entry->slot);
    kassert((copy != NULL) == (model_copies(entry->object) > 1));
    kassert(copy == NULL || model_entry(copy)->object == entry->object);
    struct cte *descendant = mdb_find_descendant(mdb, cap);
    kassert((descendant != NULL) == has_relative(entry->object, false));
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

bool random_has_descendant(int object)
{
    return has_relative(object, false);
}

bool random_monitor(void)
{
    struct cte *slot = &world.remote_slot[below(REMOTE_SLOTS)];
    for (unsigned i = 0; i < REMOTE_SLOTS && cte_empty(slot); i++)
        slot = &world.remote_slot[i];
    const struct model_entry *entry = model_entry(slot);
    if (entry == NULL || entry->doomed)
        return false;
    errval_t err;
    do
        err = caps_set_remote(&world.caps, slot, false);
    while (err == SYS_ERR_AGAIN);
    kassert(err == SYS_ERR_OK);
    model.objects[entry->object].remote = false;
    do
        err = caps_delete(&world.caps, slot);
    while (err == SYS_ERR_AGAIN);
    kassert(err == SYS_ERR_OK);
    model_delete_leaf(slot);
    return true;
}
