// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Deletions, revocations and retypes of which a step is made now and then, while other operations
// come between. The model's own deletion has no steps, so in between it holds the state before, and
// knows what would be gone afterwards: that is doomed. A step may take only what is doomed; what
// it has taken is struck off the model, and what is doomed is found anew after each operation. At
// the end of the last one nothing doomed may be left.
#include "random.h"

#define OPERATIONS_MAX 2u

enum kind { KIND_NONE, KIND_DELETE, KIND_REVOKE, KIND_RETYPE };

struct operation {
    enum kind kind;
    struct cte *slot;
    struct random_retype retype;
};
static struct operation operations[OPERATIONS_MAX];

void random_under_way_reset(void)
{
    for (unsigned i = 0; i < OPERATIONS_MAX; i++)
        operations[i].kind = KIND_NONE;
}

bool random_under_way(void)
{
    for (unsigned i = 0; i < OPERATIONS_MAX; i++)
        if (operations[i].kind != KIND_NONE)
            return true;
    return false;
}

bool random_is_reserved(const struct cte *slot)
{
    for (unsigned i = 0; i < OPERATIONS_MAX; i++) {
        const struct operation *op = &operations[i];
        const struct cte *dest = op->retype.dest.slot;
        if (op->kind != KIND_NONE &&
            (op->slot == slot ||
             (op->kind == KIND_RETYPE && slot >= dest && slot < dest + op->retype.count)))
            return true;
    }
    return false;
}

/// What the model is after an operation.
static void finish_in_model(const struct operation *op)
{
    if (op->kind == KIND_DELETE && model_entry(op->slot) != NULL)
        model_delete(op->slot);
    if (op->kind == KIND_REVOKE && model_entry(op->slot) != NULL)
        model_revoke(op->slot);
}

static void find_doomed(void)
{
    static struct model before, after;
    before = model;
    for (unsigned i = 0; i < OPERATIONS_MAX; i++)
        finish_in_model(&operations[i]);
    model_bury();
    after = model;
    model = before;
    model_doom(&after);
    // Nobody else takes what an operation works on.
    for (unsigned i = 0; i < OPERATIONS_MAX; i++) {
        struct model_entry *entry = model_entry(operations[i].slot);
        if (operations[i].kind != KIND_NONE && entry != NULL)
            entry->doomed = true;
    }
}

void random_catch_up(void)
{
    if (!random_under_way())
        return;
    model_drop_missing();
    find_doomed();
}

/// Whether an operation leaves alone what the others work on, and a revocation what it revokes.
static bool spares_others(const struct operation *op)
{
    static struct model before;
    before = model;
    bool spared[OPERATIONS_MAX], spares = true;
    for (unsigned i = 0; i < OPERATIONS_MAX; i++)
        spared[i] = operations[i].kind == KIND_NONE || model_entry(operations[i].slot) == NULL;
    finish_in_model(op);
    for (unsigned i = 0; i < OPERATIONS_MAX; i++)
        spares = spares && (spared[i] || model_entry(operations[i].slot) != NULL);
    spares = spares && (op->kind != KIND_REVOKE || model_entry(op->slot) != NULL);
    model = before;
    return spares;
}

static bool is_outside(const struct cte *slot)
{
    return slot >= world.slots && slot < world.slots + OUTSIDE_SLOTS;
}

/// Whether the deletion of this last copy has Mappings to go first, so many that it takes steps,
/// and leaves what else was made of the object.
static bool holds_what_stays(const struct model_entry *entry)
{
    unsigned mappings = 0, others = 0;
    for (int i = 0; i < (int)model.objects_count; i++) {
        const struct model_object *o = &model.objects[i];
        if (!o->alive || !model_descends(i, entry->object))
            continue;
        mappings += o->type == ObjType_Mapping && o->parent == entry->object;
        others += o->type != ObjType_Mapping;
    }
    return mappings >= 2 && others > 0 && model_copies(entry->object) == 1;
}

static const struct model_entry *choose_to_delete(void)
{
    for (unsigned i = 0; i < model.entries_count; i++) {
        const struct model_entry *entry = &model.entries[i];
        if (is_outside(entry->slot) && !entry->doomed && !entry->clearing &&
            holds_what_stays(entry))
            return entry;
    }
    return random_entry(TYPE(RAM) | HOLDERS | VNODES);
}

static bool choose(struct operation *op)
{
    op->kind = (enum kind)(KIND_DELETE + below(3));
    if (op->kind == KIND_RETYPE) {
        bool ok = random_retype_choose(&op->retype) && is_outside(op->retype.dest.slot) &&
                  random_retype_expect(&op->retype) == SYS_ERR_OK;
        op->slot = op->retype.src;
        return ok && !random_is_reserved(op->slot);
    }
    uint32_t types = TYPE(RAM) | HOLDERS | VNODES;
    if (op->kind == KIND_REVOKE && one_in(2))
        types = TYPE(EndPointLMP) | TYPE(Frame);
    const struct model_entry *entry =
        op->kind == KIND_DELETE ? choose_to_delete() : random_entry(types);
    if (entry == NULL || !is_outside(entry->slot))
        return false;
    op->slot = entry->slot;
    return op->kind == KIND_DELETE ||
           ((entry->rights & CAPRIGHTS_GRANT) != 0 && !object_of(entry)->remote);
}

bool random_begin(void)
{
    struct operation op;
    struct operation *place = &operations[below(OPERATIONS_MAX)];
    if (place->kind != KIND_NONE || !choose(&op) || !spares_others(&op))
        return false;
    *place = op;
    find_doomed();
    return true;
}

/// Each returns whether the operation has come to its end.
static bool step_delete(const struct operation *op)
{
    if (cte_empty(op->slot))
        return true;
    errval_t err = caps_delete(&world.caps, op->slot);
    kassert(err == SYS_ERR_OK || err == SYS_ERR_AGAIN);
    kassert(err == SYS_ERR_AGAIN || cte_empty(op->slot));
    return err == SYS_ERR_OK;
}

/// Whether there is another capability that a revocation of this one deletes.
static bool has_other(const struct model_entry *entry)
{
    for (unsigned i = 0; i < model.entries_count; i++) {
        const struct model_entry *other = &model.entries[i];
        if (other != entry && other->object == entry->object &&
            (entry->badge == 0 || other->badge == entry->badge))
            return true;
    }
    return false;
}

static bool step_revoke(const struct operation *op)
{
    // It may have been made of what another operation has deleted since.
    if (cte_empty(op->slot) || (op->slot->cap.flags & CAPFLAG_ZOMBIE) != 0)
        return true;
    errval_t err = caps_revoke(&world.caps, op->slot);
    kassert(((op->slot->cap.flags & CAPFLAG_HELD) != 0) == (err == SYS_ERR_AGAIN));
    if (err == SYS_ERR_AGAIN)
        return false;
    model_drop_missing();
    const struct model_entry *entry = model_entry(op->slot);
    int object = entry->object;
    bool gone = !has_other(entry) && !random_has_descendant(object);
    kassert(err == SYS_ERR_OK ? gone : err == SYS_ERR_REMOTE);
    kassert(err == SYS_ERR_OK || model.objects[object].remote ||
            random_has_remote_descendant(object));
    return true;
}

static bool step_retype(const struct operation *op)
{
    const struct random_retype *retype = &op->retype;
    const struct model_entry *src = model_entry(retype->src);
    const struct model_object *o = src != NULL ? object_of(src) : NULL;
    // What it was made of may have gone in the meantime, and another be there.
    if (o == NULL || o->type != retype->cap.type || o->base != retype->cap.base ||
        o->bytes != retype->cap.bytes)
        return true;
    uint32_t done = 0;
    errval_t err = random_retype_step(retype, &done);
    bool others = err == SYS_ERR_REMOTE || err == SYS_ERR_REVOKE_FIRST ||
                  err == SYS_ERR_SLOT_IN_USE || err == SYS_ERR_CAP_BUSY;
    kassert(err == SYS_ERR_OK || err == SYS_ERR_AGAIN || others);
    if (!others)
        random_retype_made(retype, done);
    return err != SYS_ERR_AGAIN;
}

bool random_step(void)
{
    struct operation *op = &operations[below(OPERATIONS_MAX)];
    bool end = false;
    world.remote_refused = one_in(4);
    switch (op->kind) {
    case KIND_NONE: // what nobody drives
        caps_step(&world.caps);
        break;
    case KIND_DELETE:
        end = step_delete(op);
        break;
    case KIND_REVOKE:
        end = step_revoke(op);
        break;
    case KIND_RETYPE:
        end = step_retype(op);
        break;
    }
    world.remote_refused = false;
    random_catch_up();
    if (!end)
        return true;
    op->kind = KIND_NONE;
    find_doomed();
    if (random_under_way())
        return true;
    step_all();
    model_drop_missing();
    model_bury();
    return true;
}

void random_finish(void)
{
    while (random_under_way())
        random_step();
}

/// Whether an object is in what is left of memory of which the first gaps have been given back. The
/// model believes that memory to be gone.
static bool is_in_rest(const struct model_object *o)
{
    for (unsigned i = 0; i < OPERATIONS_MAX; i++) {
        const struct cte *slot = operations[i].slot;
        if (operations[i].kind == KIND_DELETE && (slot->cap.flags & CAPFLAG_HELD) != 0 &&
            model_entry(slot) == NULL &&
            cap_type(o->type)->class == cap_type(slot->cap.type)->class &&
            o->base >= slot->cap.base && o->base + o->bytes <= cap_end(&slot->cap))
            return true;
    }
    return false;
}

/// By the marks in the slots, but by the model's own knowledge of what was made of what.
bool random_is_held(int object, uint32_t badge)
{
    for (unsigned i = 0; world.caps.holds > 0 && i < model.entries_count; i++) {
        const struct model_entry *other = &model.entries[i];
        bool same = other->object == object && (other->badge == 0 || other->badge == badge);
        if (other->slot != NULL && (other->slot->cap.flags & CAPFLAG_HELD) != 0 &&
            (same || model_descends(object, other->object)))
            return true;
    }
    const struct cte *zombie = world.caps.zombies;
    for (bool more = zombie != NULL; more; more = zombie != world.caps.zombies) {
        for (int i = 0; i < (int)model.objects_count; i++) {
            const struct model_object *o = &model.objects[i];
            if (o->type == zombie->cap.type && o->base == zombie->cap.base &&
                o->bytes == zombie->cap.bytes && model_descends(object, i))
                return true;
        }
        zombie = zombie->next;
    }
    return is_in_rest(&model.objects[object]);
}

bool random_rescue(void)
{
    if (!random_under_way() || model.entries_count == 0)
        return false;
    const struct model_entry *entry = &model.entries[below(model.entries_count)];
    for (unsigned i = 0; i < 32 && !entry->doomed; i++)
        entry = &model.entries[below(model.entries_count)];
    struct caps_dest dest;
    if (!entry->doomed || entry->clearing || !random_dest(&dest))
        return false;
    errval_t expected = cap_type(object_of(entry)->type)->copyable
                            ? random_expect_dest(&dest, object_of(entry)->type)
                            : SYS_ERR_NO_COPY;
    if (expected == SYS_ERR_OK && random_is_held(entry->object, entry->badge))
        expected = SYS_ERR_CAP_BUSY;
    kassert(caps_copy(&world.caps, &dest, entry->slot) == expected);
    if (expected == SYS_ERR_OK)
        model_copy(dest.slot, entry, entry->rights, entry->badge);
    return expected == SYS_ERR_OK;
}
