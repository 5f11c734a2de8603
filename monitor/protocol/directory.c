// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The directory of holders, see protocol/directory.h for its invariants D1 to D5. Holders of one
// object, and objects of one base, are few.

#include "protocol/directory.h"

#include <assert.h>

static const struct directory_effect nothing = {.what = DIRECTORY_NOTHING};

static bool same(const struct directory_object *a, const struct directory_object *b)
{
    return a->base == b->base && a->bytes == b->bytes && a->type == b->type;
}

static uint16_t find(const struct directory *dir, const struct directory_object *object,
                     coreid_t core)
{
    uint16_t i = table_first(&dir->by_object, object->base);
    while (i != TABLE_NONE &&
           (dir->holders[i].core != core || !same(&dir->holders[i].object, object)))
        i = table_next(&dir->by_object, i);
    return i;
}

static struct directory_holder *find_holder(struct directory *dir,
                                            const struct directory_object *object, coreid_t core)
{
    uint16_t i = find(dir, object, core);
    return i == TABLE_NONE ? NULL : &dir->holders[i];
}

static void remove_holder(struct directory *dir, struct directory_holder *holder)
{
    assert(holder->object.type != ObjType_Null); // D1
    table_remove(&dir->by_object, holder->object.base, (uint16_t)(holder - dir->holders));
    *holder = (struct directory_holder){0};
}

static uint16_t find_parked(const struct directory *dir, const struct directory_object *object)
{
    uint16_t i = table_first(&dir->parked_by_object, object->base);
    while (i != TABLE_NONE && !same(&dir->parked[i], object))
        i = table_next(&dir->parked_by_object, i);
    return i;
}

/// If nobody holds `object` and its last local copy is parked here, takes it off the list for the
/// caller to delete.
static struct directory_effect free_if_last(struct directory *dir,
                                            const struct directory_object *object)
{
    uint16_t i = find_parked(dir, object);
    if (i == TABLE_NONE || directory_holders(dir, object) != 0)
        return nothing;
    table_remove(&dir->parked_by_object, object->base, i);
    dir->parked[i] = (struct directory_object){0};
    return (struct directory_effect){DIRECTORY_FREE, i};
}

errval_t directory_send(struct directory *dir, const struct directory_object *object, coreid_t core)
{
    struct directory_holder *holder = find_holder(dir, object, core);
    if (holder == NULL) {
        uint16_t i = table_add(&dir->by_object, DIRECTORY_HOLDERS_MAX, object->base);
        if (i == TABLE_NONE)
            return MON_ERR_LIMIT; // D4
        holder = &dir->holders[i];
        *holder = (struct directory_holder){.object = *object, .core = core};
    }
    if (holder->in_flight == DIRECTORY_IN_FLIGHT_MAX)
        return MON_ERR_LIMIT;
    holder->in_flight++; // D1
    return SYS_ERR_OK;
}

/// Removes a holder that neither holds nor is about to (D2).
static struct directory_effect settle(struct directory *dir, struct directory_holder *holder)
{
    if (holder->in_flight != 0 || holder->holds)
        return nothing;
    struct directory_object gone = holder->object;
    remove_holder(dir, holder);
    return free_if_last(dir, &gone);
}

struct directory_effect directory_ack(struct directory *dir, const struct directory_object *object,
                                      coreid_t core, bool made)
{
    struct directory_holder *holder = find_holder(dir, object, core);
    if (holder == NULL || holder->in_flight == 0)
        return nothing;
    assert(holder->core == core); // D2
    holder->in_flight--;
    holder->holds = holder->holds || made;
    return settle(dir, holder);
}

struct directory_effect directory_release(struct directory *dir,
                                          const struct directory_object *object, coreid_t core)
{
    struct directory_holder *holder = find_holder(dir, object, core);
    if (holder == NULL)
        return nothing;
    holder->holds = false;
    return settle(dir, holder);
}

struct directory_effect directory_park(struct directory *dir, const struct directory_object *object)
{
    if (directory_holders(dir, object) == 0 || find_parked(dir, object) != TABLE_NONE)
        return nothing;
    uint16_t i = table_add(&dir->parked_by_object, DIRECTORY_PARKED_MAX, object->base);
    if (i == TABLE_NONE) // D4
        return nothing;
    dir->parked[i] = *object;
    return (struct directory_effect){DIRECTORY_PARKED, i};
}

struct directory_effect directory_core_gone(struct directory *dir, coreid_t core)
{
    for (unsigned i = 0; i < dir->by_object.used; i++) {
        struct directory_holder *holder = &dir->holders[i];
        if (holder->core != core || holder->object.type == ObjType_Null)
            continue;
        struct directory_object gone = holder->object;
        remove_holder(dir, holder);
        struct directory_effect effect = free_if_last(dir, &gone);
        if (effect.what != DIRECTORY_NOTHING)
            return effect;
    }
    return nothing;
}

bool directory_holds(const struct directory *dir, const struct directory_object *object,
                     coreid_t core)
{
    return find(dir, object, core) != TABLE_NONE;
}

unsigned directory_holders(const struct directory *dir, const struct directory_object *object)
{
    unsigned count = 0;
    for (uint16_t i = table_first(&dir->by_object, object->base); i != TABLE_NONE;
         i = table_next(&dir->by_object, i))
        count += same(&dir->holders[i].object, object) ? 1 : 0;
    return count;
}

static bool holder_valid(const struct directory *dir, unsigned index)
{
    const struct directory_holder *holder = &dir->holders[index];
    return (holder->holds || holder->in_flight != 0) &&
           find(dir, &holder->object, holder->core) == index;
}

bool directory_valid(const struct directory *dir)
{
    unsigned holders = 0, parked = 0;
    for (unsigned i = 0; i < DIRECTORY_HOLDERS_MAX; i++) {
        if (dir->holders[i].object.type == ObjType_Null)
            continue;
        holders++;
        if (!holder_valid(dir, i))
            return false;
    }
    for (unsigned i = 0; i < DIRECTORY_PARKED_MAX; i++) {
        if (dir->parked[i].type == ObjType_Null)
            continue;
        parked++;
        if (find_parked(dir, &dir->parked[i]) != i || directory_holders(dir, &dir->parked[i]) == 0)
            return false;
    }
    return holders == dir->by_object.count && parked == dir->parked_by_object.count &&
           table_valid(&dir->by_object) && table_valid(&dir->parked_by_object);
}
