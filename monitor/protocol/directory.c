// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The directory of holders, see protocol/directory.h for its invariants D1 to D4. Both tables are
// dense arrays: an entry that goes is replaced by the last one. Searching is linear, which is cheap
// next to a message between cores.

#include "protocol/directory.h"

static const struct directory_effect nothing = {.what = DIRECTORY_NOTHING};

static bool same(const struct directory_object *a, const struct directory_object *b)
{
    return a->base == b->base && a->bytes == b->bytes && a->type == b->type;
}

static struct directory_holder *find(struct directory *dir, const struct directory_object *object,
                                     coreid_t core)
{
    for (unsigned i = 0; i < dir->holders_count; i++)
        if (dir->holders[i].core == core && same(&dir->holders[i].object, object))
            return &dir->holders[i];
    return NULL;
}

static void remove_holder(struct directory *dir, struct directory_holder *holder)
{
    *holder = dir->holders[--dir->holders_count];
    dir->holders[dir->holders_count] = (struct directory_holder){0};
}

/// If nobody holds `object` and its last local copy is parked here, takes it off the list for the
/// caller to delete.
static struct directory_effect free_if_last(struct directory *dir,
                                            const struct directory_object *object)
{
    if (directory_holders(dir, object) != 0)
        return nothing;
    for (unsigned i = 0; i < dir->parked_count; i++) {
        if (!same(&dir->parked[i].object, object))
            continue;
        struct directory_effect effect = {DIRECTORY_FREE, dir->parked[i].slot};
        dir->parked[i] = dir->parked[--dir->parked_count];
        return effect;
    }
    return nothing;
}

errval_t directory_send(struct directory *dir, const struct directory_object *object, coreid_t core)
{
    struct directory_holder *holder = find(dir, object, core);
    if (holder == NULL) {
        if (dir->holders_count == DIRECTORY_HOLDERS_MAX)
            return MON_ERR_LIMIT; // D4
        holder = &dir->holders[dir->holders_count++];
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
    struct directory_holder *holder = find(dir, object, core);
    if (holder == NULL || holder->in_flight == 0)
        return nothing;
    holder->in_flight--;
    holder->holds = holder->holds || made;
    return settle(dir, holder);
}

struct directory_effect directory_release(struct directory *dir,
                                          const struct directory_object *object, coreid_t core)
{
    struct directory_holder *holder = find(dir, object, core);
    if (holder == NULL)
        return nothing;
    holder->holds = false;
    return settle(dir, holder);
}

struct directory_effect directory_park(struct directory *dir, const struct directory_object *object,
                                       cslot_t slot)
{
    for (unsigned i = 0; i < dir->parked_count; i++)
        if (same(&dir->parked[i].object, object))
            return nothing;
    if (dir->parked_count == DIRECTORY_PARKED_MAX)
        return nothing;
    dir->parked[dir->parked_count++] = (struct directory_parked){*object, slot};
    return free_if_last(dir, object);
}

struct directory_effect directory_core_gone(struct directory *dir, coreid_t core)
{
    for (unsigned i = 0; i < dir->holders_count;) {
        if (dir->holders[i].core != core) {
            i++;
            continue;
        }
        struct directory_object gone = dir->holders[i].object;
        remove_holder(dir, &dir->holders[i]);
        struct directory_effect effect = free_if_last(dir, &gone);
        if (effect.what != DIRECTORY_NOTHING)
            return effect;
    }
    return nothing;
}

bool directory_holds(const struct directory *dir, const struct directory_object *object,
                     coreid_t core)
{
    for (unsigned i = 0; i < dir->holders_count; i++)
        if (dir->holders[i].core == core && same(&dir->holders[i].object, object))
            return true;
    return false;
}

unsigned directory_holders(const struct directory *dir, const struct directory_object *object)
{
    unsigned count = 0;
    for (unsigned i = 0; i < dir->holders_count; i++)
        count += same(&dir->holders[i].object, object) ? 1 : 0;
    return count;
}

static bool holder_valid(const struct directory *dir, unsigned index)
{
    const struct directory_holder *holder = &dir->holders[index];
    if (holder->object.type == ObjType_Null || (!holder->holds && holder->in_flight == 0))
        return false;
    for (unsigned i = 0; i < index; i++)
        if (dir->holders[i].core == holder->core && same(&dir->holders[i].object, &holder->object))
            return false;
    return true;
}

bool directory_valid(const struct directory *dir)
{
    if (dir->holders_count > DIRECTORY_HOLDERS_MAX || dir->parked_count > DIRECTORY_PARKED_MAX)
        return false;
    for (unsigned i = 0; i < dir->holders_count; i++)
        if (!holder_valid(dir, i))
            return false;
    for (unsigned i = 0; i < dir->parked_count; i++)
        for (unsigned j = 0; j < i; j++)
            if (same(&dir->parked[i].object, &dir->parked[j].object))
                return false;
    return true;
}
