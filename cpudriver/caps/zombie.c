// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Zombies: containers whose last capability is being deleted. The capability stays, in its slot and
// in the database, until the last thing inside is gone, so that the memory remains covered; nobody
// can use it. All zombies are in one ring (next = cte.next, previous in cap.extra); the first is
// worked on, slot by slot (cap.aux). A container found inside, if that was its last capability,
// becomes the first.
//
// A zombie's own capability may lie in a container that is a zombie too, even in itself: capability
// spaces contain themselves. The same is solved in seL4 by turning pointers around (Klein et al.,
// "seL4: Formal Verification of an OS Kernel", SOSP 2009, zombie capabilities). Here:
//
// Z1  A zombie Z that finds its own capability inside of itself passes over it: it goes last.
// Z2  A zombie Z that finds another zombie Y inside of itself exchanges slots with it: Z's
//     capability then lies in Z, Y's where Z's was. Whoever waited for that slot now waits for Y.
// Z3  If Z's capability lies in Z already, Y is worked on first. That ends: Y is finished, or
//     exchanges slots with another, which each zombie does once at the most.
// Z4  Slots before cap.aux are empty but for Z itself; a zombie's slots are never filled from
//     outside.

#include "caps/slot.h"

static struct cte *previous(const struct cte *zombie)
{
    return (struct cte *)zombie->cap.extra;
}

static void set_previous(struct cte *zombie, struct cte *before)
{
    zombie->cap.extra = (uintptr_t)before;
}

/// Puts a zombie into the ring before the first one: it is the last then.
static void link_last(struct caps *caps, struct cte *zombie)
{
    struct cte *first = caps->zombies;
    if (first == NULL) {
        zombie->next = zombie;
        set_previous(zombie, zombie);
        caps->zombies = zombie;
        return;
    }
    struct cte *last = previous(first);
    zombie->next = first;
    set_previous(zombie, last);
    last->next = zombie;
    set_previous(first, zombie);
}

static void link_first(struct caps *caps, struct cte *zombie)
{
    link_last(caps, zombie);
    caps->zombies = zombie;
}

static void unlink(struct caps *caps, struct cte *zombie)
{
    struct cte *after = zombie->next, *before = previous(zombie);
    before->next = after;
    set_previous(after, before);
    if (caps->zombies == zombie)
        caps->zombies = after != zombie ? after : NULL;
    zombie->next = NULL;
    zombie->cap.extra = 0;
}

void zombie_moved(struct caps *caps, struct cte *to, const struct cte *from)
{
    if (to->next == from) {
        to->next = to;
        set_previous(to, to);
    } else {
        set_previous(to->next, to);
        previous(to)->next = to;
    }
    if (caps->zombies == from)
        caps->zombies = to;
}

void zombie_begin(struct caps *caps, struct cte *cte)
{
    if (cte->cap.type == ObjType_Dispatcher)
        caps_hook_dispatcher_stop(caps, cte->cap.base);
    else if (cte->cap.type == ObjType_VNode_x86_64_pml4)
        caps_hook_vspace_stop(caps, cte->cap.base);
    cte->cap.flags |= CAPFLAG_ZOMBIE;
    cte->cap.aux = 0;
    link_first(caps, cte);
}

static uint32_t places_in(const struct cap *cap)
{
    if (cap_is_vnode(cap))
        return VNODE_ENTRIES;
    return cap->type == ObjType_Dispatcher ? DISPATCHER_SLOTS
                                           : (uint32_t)(cap->bytes / OBJSIZE_CTE);
}

/// What is at a place: a slot of a CNode or dispatcher, or the Mapping that made an entry, or NULL.
static struct cte *at_place(const struct caps *caps, const struct cap *cap, uint32_t place)
{
    if (cap_is_vnode(cap))
        return ((struct vnode *)caps_ptr(caps, cap->base))->mapping[place];
    return (struct cte *)caps_ptr(caps, cap->base) + place;
}

static bool lies_in_itself(const struct caps *caps, const struct cte *zombie)
{
    uintptr_t begin = (uintptr_t)caps_ptr(caps, zombie->cap.base);
    return (uintptr_t)zombie - begin < zombie->cap.bytes;
}

/// Z2.
static void exchange(struct caps *caps, struct cte *a, struct cte *b)
{
    struct cte between;
    slot_move(caps, &between, a);
    slot_move(caps, a, b);
    slot_move(caps, b, &between);
}

/// Takes out what the zombie has in a slot. Returns false if that is blocked.
static bool empty_place(struct caps *caps, struct cte *zombie, struct cte *slot, int *budget)
{
    if ((slot->cap.flags & CAPFLAG_ZOMBIE) == 0) {
        if (slot_delete_step(caps, slot, budget) != PROGRESS_BLOCKED)
            return true;
        caps->zombies = zombie->next;
        return false;
    }
    *budget -= 3 * CAPS_COST_DELETE;    // an exchange moves three times
    if (lies_in_itself(caps, zombie)) { // Z3
        unlink(caps, zombie);
        link_last(caps, zombie);
        unlink(caps, slot);
        link_first(caps, slot);
    } else {
        exchange(caps, zombie, slot);
    }
    return true;
}

static void finish(struct caps *caps, struct cte *zombie)
{
    unlink(caps, zombie);
    struct cap cap = zombie->cap;
    slot_clear(caps, zombie);
    if (mdb_find_ancestor(&caps->mdb, &cap) == NULL)
        memory_return(caps, cap.base, cap.bytes);
}

bool zombie_step(struct caps *caps, int *budget)
{
    struct cte *zombie = caps->zombies;
    if (zombie == NULL)
        return false;
    struct cap *cap = &zombie->cap;
    // Only a dispatcher has descendants here: its endpoints, wherever they are.
    if (cap->type == ObjType_Dispatcher) {
        struct cte *endpoint = mdb_find_descendant(&caps->mdb, cap);
        if (endpoint != NULL) {
            slot_delete_step(caps, endpoint, budget);
            return true;
        }
    }
    for (uint32_t places = places_in(cap); *budget > 0; cap->aux++) {
        struct cte *slot = at_place(caps, cap, cap->aux);
        *budget -= 1;
        if (slot != NULL && slot != zombie && !cte_empty(slot)) // Z1
            return empty_place(caps, zombie, slot, budget);
        if (cap->aux + 1u == places) {
            *budget -= 2 * CAPS_COST_DELETE;
            finish(caps, zombie);
            return true;
        }
    }
    return true;
}

bool zombies_valid(const struct caps *caps)
{
    const struct cte *zombie = caps->zombies;
    if (zombie == NULL)
        return true;
    do {
        if ((zombie->cap.flags & CAPFLAG_ZOMBIE) == 0 || !cap_type(zombie->cap.type)->contains ||
            previous(zombie->next) != zombie ||
            mdb_find_copy(&caps->mdb, &zombie->cap, zombie) != NULL)
            return false;
        zombie = zombie->next;
    } while (zombie != caps->zombies);
    return true;
}
