// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Zombies: containers whose last capability is being deleted. The capability stays, in its slot and
// in the database, until the last thing inside is gone, so that the memory remains covered; nobody
// can use it. It is emptied slot by slot (cap.aux), and with it the containers found inside, if that
// was their last capability. Who deletes a zombie works on that one and on what it holds, not on
// what others have begun. All zombies are in one ring (next = cte.next, previous in cap.extra), so
// that those that nobody drives any more are found: the first is worked on then.
//
// A zombie's own capability may lie in a container that is a zombie too, even in itself: capability
// spaces contain themselves. The same is solved in seL4 by turning pointers around (Klein et al.,
// "seL4: Formal Verification of an OS Kernel", SOSP 2009, zombie capabilities). Here:
//
// Z1  A zombie Z that finds its own capability inside of itself passes over it: it goes last.
// Z2  A zombie Z that finds another zombie Y inside of itself exchanges slots with it: Z's
//     capability then lies in Z, Y's where Z's was. Y stands before Z in the ring, and Z *follows*
//     it (ZOMBIE_FOLLOWS): when Y is finished, Z comes back to that slot. So whoever deletes what is
//     in the slot deletes both, however deep they are nested, and one step looks at three.
// Z3  If Z's capability lies in Z already, or if Y is a page table, which contains no zombies, who
//     works on Z works on Y, where it is.
// Z4  Slots before cap.aux are empty but for Z itself; a zombie's slots are never filled from
//     outside.
// Z5  What was made of a container goes before its contents: the endpoints of a dispatcher and the
//     Mappings of a page table, wherever they are. There come no more, for a zombie holds (H1).
// Z6  A zombie that follows lies in itself. Who works on it works on the one that it follows. Any
//     zombie can be worked on at any time: following is a promise, not a dependence.
// Z7  The first in the ring follows none, so that a new one that is put before it parts nobody.

#include "lib/kassert.h"
#include "slot.h"

// Places that are looked at together.
#define SCAN_SLOTS 8u
#define SCAN_ENTRIES 16u
/// Entries of a page table in a cache line, which is what looking at them costs.
#define LINE_ENTRIES 8u

static struct cte *previous(const struct cte *zombie)
{
    return (struct cte *)zombie->cap.extra;
}

static void set_previous(struct cte *zombie, struct cte *before)
{
    zombie->cap.extra = (uintptr_t)before;
}

static bool follows(const struct cte *zombie)
{
    return zombie->cap.rights == ZOMBIE_FOLLOWS;
}

/// Puts a zombie into the ring before another one: before the first, it is the last.
static void link_before(struct cte *zombie, struct cte *after)
{
    struct cte *before = previous(after);
    zombie->next = after;
    set_previous(zombie, before);
    before->next = zombie;
    set_previous(after, zombie);
}

static void link_last(struct caps *caps, struct cte *zombie)
{
    if (caps->zombies != NULL) {
        link_before(zombie, caps->zombies);
        return;
    }
    zombie->next = zombie;
    set_previous(zombie, zombie);
    caps->zombies = zombie;
}

/// What follows a zombie that leaves follows the one before, or nobody, as that one did.
static void unlink(struct caps *caps, struct cte *zombie)
{
    struct cte *after = zombie->next, *before = previous(zombie);
    if (!follows(zombie))
        after->cap.rights = 0;
    before->next = after;
    set_previous(after, before);
    if (caps->zombies == zombie)
        caps->zombies = after != zombie ? after : NULL;
    zombie->next = NULL;
    zombie->cap.extra = 0;
    zombie->cap.rights = 0;
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
        caps->hooks->dispatcher_stop(caps, cte->cap.base);
    else if (cte->cap.type == ObjType_VNode_x86_64_pml4)
        caps->hooks->vspace_stop(caps, cte->cap.base);
    cte->cap.flags |= CAPFLAG_ZOMBIE;
    cte->cap.rights = 0;
    cte->cap.aux = 0;
    link_last(caps, cte);
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

/// Z2. The first one is the container of the second.
static void exchange(struct caps *caps, struct cte *outer, struct cte *inner)
{
    unlink(caps, inner);
    link_before(inner, outer);
    outer->cap.rights = ZOMBIE_FOLLOWS;
    if (caps->zombies == outer)
        caps->zombies = inner; // Z7
    struct cte between;
    slot_move(caps, &between, outer);
    slot_move(caps, outer, inner);
    slot_move(caps, inner, &between);
    kassert(lies_in_itself(caps, inner)); // Z2
}

/// Takes out what the zombie has in a slot. Returns false if that is blocked.
static bool empty_place(struct caps *caps, struct cte *zombie, struct cte *slot, int *budget)
{
    if ((slot->cap.flags & CAPFLAG_ZOMBIE) == 0)
        return slot_delete_step(caps, slot, budget) != PROGRESS_BLOCKED;
    *budget -= 3 * CAPS_COST_DELETE; // it moves three times
    exchange(caps, zombie, slot);
    return true;
}

static void finish(struct caps *caps, struct cte *zombie)
{
    struct cap cap = zombie->cap;
    bool inside = lies_in_itself(caps, zombie);
    struct cte *after = zombie->next != zombie && follows(zombie->next) ? zombie->next : NULL;
    unlink(caps, zombie);
    slot_clear(caps, zombie);
    if (after != NULL && !inside)
        slot_move(caps, zombie, after); // Z2
    if (mdb_find_ancestor(&caps->mdb, &cap) == NULL)
        memory_return(caps, cap.base, cap.bytes);
}

void zombie_pass_over(struct caps *caps)
{
    caps->zombies = caps->zombies->next;
    caps->zombies->cap.rights = 0; // Z7
}

/// What was made of the zombie's object, or NULL (Z5).
static struct cte *made_of(const struct caps *caps, const struct cap *cap)
{
    bool can_be = cap->type == ObjType_Dispatcher || cap_is_vnode(cap);
    return can_be ? mdb_find_descendant(&caps->mdb, cap) : NULL;
}

/// Another zombie in the place that one has come to, or NULL.
static struct cte *zombie_at_place(const struct caps *caps, const struct cte *zombie)
{
    struct cte *slot = at_place(caps, &zombie->cap, zombie->cap.aux);
    bool other = slot != NULL && slot != zombie && (slot->cap.flags & CAPFLAG_ZOMBIE) != 0;
    return other ? slot : NULL;
}

/// The zombie that is to be worked on instead of one (Z3), or that one.
static struct cte *found_inside(const struct caps *caps, struct cte *zombie)
{
    struct cte *inner = zombie_at_place(caps, zombie);
    if (inner != NULL && lies_in_itself(caps, zombie)) {
        zombie = inner;
        inner = zombie_at_place(caps, zombie);
    }
    return inner != NULL && cap_is_vnode(&inner->cap) ? inner : zombie;
}

/// Whether the next places, as many as SCAN_SLOTS or SCAN_ENTRIES, are all empty.
static bool slots_are_empty(const struct cte *slots)
{
    unsigned any = 0;
#pragma GCC unroll 8
    for (unsigned i = 0; i < SCAN_SLOTS; i++)
        any |= slots[i].cap.type;
    return any == 0;
}

static bool entries_are_empty(struct cte *const *mapping)
{
    uintptr_t any = 0;
#pragma GCC unroll 16
    for (unsigned i = 0; i < SCAN_ENTRIES; i++)
        any |= (uintptr_t)mapping[i];
    return any == 0;
}

/// The first place from `place` on, and before `end`, that has something in it other than the zombie
/// itself (Z1), or `end`. Most are empty.
static uint32_t next_full(const struct caps *caps, const struct cte *zombie, uint32_t place,
                          uint32_t end)
{
    const struct cap *cap = &zombie->cap;
    if (cap_is_vnode(cap)) {
        const struct vnode *vnode = caps_ptr(caps, cap->base);
        while (place + SCAN_ENTRIES <= end && entries_are_empty(&vnode->mapping[place]))
            place += SCAN_ENTRIES;
        while (place < end && vnode->mapping[place] == NULL)
            place++;
        return place;
    }
    const struct cte *slots = caps_ptr(caps, cap->base);
    for (;;) {
        while (place + SCAN_SLOTS <= end && slots_are_empty(&slots[place]))
            place += SCAN_SLOTS;
        while (place < end && cte_empty(&slots[place]))
            place++;
        if (place == end || &slots[place] != zombie)
            return place;
        place++;
    }
}

bool zombie_step(struct caps *caps, struct cte *zombie, int *budget)
{
    *budget -= 1;
    kassert(!follows(zombie) || lies_in_itself(caps, zombie)); // Z6
    kassert(!follows(caps->zombies));                          // Z7
    zombie = found_inside(caps, follows(zombie) ? previous(zombie) : zombie);
    struct cap *cap = &zombie->cap;
    struct cte *made = made_of(caps, cap);
    if (made != NULL) {
        slot_delete_step(caps, made, budget);
        return true;
    }
    uint32_t first = cap->aux, places = places_in(cap), left = *budget > 0 ? (uint32_t)*budget : 0;
    uint32_t per_line = cap_is_vnode(cap) ? LINE_ENTRIES : 1;
    uint32_t end = (places - first) / per_line < left ? places : first + left * per_line;
    kassert(first < places); // Z4
    uint32_t place = next_full(caps, zombie, first, end);
    *budget -= (int)((place - first) / per_line) + 1;
    if (place == places) {
        *budget -= 2 * CAPS_COST_DELETE;
        finish(caps, zombie);
        return true;
    }
    cap->aux = (uint16_t)place; // not `places`, which the largest L1CNode has too many of for it
    return place == end || found_inside(caps, zombie) != zombie ||
           empty_place(caps, zombie, at_place(caps, cap, place), budget);
}

bool zombies_valid(const struct caps *caps)
{
    const struct cte *zombie = caps->zombies;
    if (zombie == NULL)
        return true;
    do {
        if ((zombie->cap.flags & CAPFLAG_ZOMBIE) == 0 || !cap_type(zombie->cap.type)->contains ||
            follows(caps->zombies) || previous(zombie->next) != zombie ||
            zombie->cap.rights > ZOMBIE_FOLLOWS ||
            (follows(zombie) && !lies_in_itself(caps, zombie)) ||
            mdb_find_copy(&caps->mdb, &zombie->cap, zombie) != NULL)
            return false;
        zombie = zombie->next;
    } while (zombie != caps->zombies);
    return true;
}
