// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Compares the model with the world. A difference ends the program: there is nothing left to test.
#include "arch/pte.h"
#include "lib/kassert.h"
#include "model.h"

#include <string.h>

static bool same_object(const struct model_object *o, const struct cap *cap)
{
    return cap->type == o->type && cap->base == o->base && cap->bytes == o->bytes &&
           (cap->extra & cap_type(cap->type)->extra_mask) == o->extra;
}

static bool is_there(const struct model_entry *entry)
{
    const struct model_object *o = &model.objects[entry->object];
    const struct cap *cap = &entry->slot->cap;
    unsigned flags = (o->remote ? CAPFLAG_REMOTE : 0u) | (entry->clearing ? CAPFLAG_CLEARING : 0u) |
                     (entry->own ? CAPFLAG_OWN : 0u);
    return same_object(o, cap) && cap->rights == entry->rights &&
           (cap->flags & ~CAPFLAG_HELD) == flags &&
           cap->owner == (o->foreign ? MODEL_OTHER_CORE : WORLD_CORE) &&
           (cap->type != ObjType_EndPointLMP || endpoint_badge(cap) == entry->badge) &&
           (cap->type != ObjType_Mapping || cap->aux == o->pages);
}

/// Finds the slot of what has gone to the monitor. False: there is none. Which of several copies
/// was the last one depends on the order in which a container is emptied, and so do its rights.
static bool find_remote(struct model_entry *entry)
{
    for (unsigned i = 0; i < world.remote_room; i++) {
        struct cte *slot = &world.remote_slot[i];
        if (same_object(&model.objects[entry->object], &slot->cap) && model_entry(slot) == NULL) {
            entry->slot = slot;
            entry->rights = slot->cap.rights;
            return true;
        }
    }
    return false;
}

static void find_remotes(void)
{
    for (unsigned i = 0; i < model.entries_count; i++)
        kassert(model.entries[i].slot != NULL || find_remote(&model.entries[i]));
}

void model_compare_part(void)
{
    find_remotes();
    for (unsigned i = 0; i < model.entries_count; i++) {
        const struct model_entry *entry = &model.entries[i];
        kassert(entry->doomed || (is_there(entry) && (entry->slot->cap.flags & CAPFLAG_HELD) == 0));
        kassert(entry->doomed || !entry->own ||
                *world_closed(&entry->slot->cap) == model.objects[entry->object].closed);
    }
}

void model_compare(void)
{
    uint64_t waiting = 0;
    for (const struct cte *note = world.caps.unreturned; note != NULL; note = note->next)
        waiting++;
    kassert(world.caps.mdb.count == model.entries_count + waiting);
    model_compare_part();
}

static void drop(struct model_entry *entry)
{
    int object = entry->object;
    bool own = entry->own;
    *entry = model.entries[--model.entries_count];
    model_left(object, own);
}

void model_drop_missing(void)
{
    find_remotes();
    for (unsigned i = 0; i < model.entries_count;) {
        struct model_entry *entry = &model.entries[i];
        if (is_there(entry)) {
            i++;
            continue;
        }
        kassert(entry->doomed);
        if (!model.objects[entry->object].remote || !find_remote(entry))
            drop(entry);
    }
    model_close();
}

struct sum {
    genpaddr_t end;
    gensize_t bytes;
};

/// In order of the database, what covers comes before what is inside of it.
static void add_covered(struct cte *cte, void *arg)
{
    struct sum *sum = arg;
    const struct cap *cap = &cte->cap;
    bool ours = cap->base >= WORLD_BASE && cap->base < WORLD_BASE + WORLD_BYTES;
    if (cap_type(cap->type)->class != MDB_MEMORY || !ours || cap->base < sum->end)
        return;
    sum->end = cap_end(cap);
    sum->bytes += cap->bytes;
}

void model_compare_sum(void)
{
    struct sum sum = {0};
    world_visit(add_covered, &sum);
    kassert(sum.bytes + world.returned_bytes == WORLD_BYTES);
    kassert(world.caps.unreturned_bytes <= sum.bytes);
    kassert(caps_valid(&world.caps));
}

static void compare_pairs(void)
{
    for (unsigned i = 0; i < model.objects_count; i++) {
        const struct model_object *a = &model.objects[i];
        for (unsigned j = 0; a->alive && j < model.objects_count; j++) {
            const struct model_object *b = &model.objects[j];
            bool overlap = b->alive && i != j && a->base < b->base + b->bytes &&
                           b->base < a->base + a->bytes &&
                           cap_type(a->type)->class == cap_type(b->type)->class;
            bool leaves = cap_type(a->type)->leaf || cap_type(b->type)->leaf;
            kassert(!overlap || leaves || model_descends((int)i, (int)j) ||
                    model_descends((int)j, (int)i));
        }
    }
}

/// The entries that a Mapping has made.
static void compare_entries(const struct model_object *mapping, const struct cte *slot,
                            const struct model_object *table, const struct vnode *vnode)
{
    const struct model_object *o = &model.objects[mapping->parent];
    unsigned level = table->type - (unsigned)ObjType_VNode_x86_64_pml4;
    for (uint64_t i = 0; i < mapping->pages; i++) {
        uint64_t index = mapping->extra - table->base + i;
        genpaddr_t page = o->base + mapping->offset + (i << pte_level_bits(level));
        uint64_t entry = cap_type(o->type)->pages ? pte_page(page, level != 3, mapping->flags[i],
                                                             o->type == ObjType_DevFrame)
                                                  : pte_table(o->base);
        kassert(vnode->entry[index] == entry && vnode->mapping[index] == slot);
    }
}

static void compare_tables(const struct model_object *table)
{
    const struct vnode *vnode = caps_ptr(&world.caps, table->base);
    uint64_t used = 0;
    for (unsigned i = 0; i < VNODE_ENTRIES; i++) {
        kassert((vnode->entry[i] != 0) == (vnode->mapping[i] != NULL));
        used += vnode->mapping[i] != NULL;
    }
    for (unsigned i = 0; i < model.entries_count; i++) {
        const struct model_object *mapping = &model.objects[model.entries[i].object];
        if (mapping->type == ObjType_Mapping && mapping->extra - table->base < BASE_PAGE_SIZE) {
            compare_entries(mapping, model.entries[i].slot, table, vnode);
            used -= mapping->pages;
        }
    }
    kassert(used == 0);
}

static bool clearing(int object)
{
    for (unsigned i = 0; i < model.entries_count; i++)
        if (model.entries[i].object == object && model.entries[i].clearing)
            return true;
    return false;
}

void model_compare_memory(void)
{
    static bool covered[WORLD_PAGES];
    memset(covered, 0, sizeof covered);
    for (unsigned i = 0; i < model.objects_count; i++) {
        const struct model_object *o = &model.objects[i];
        bool ours = o->base >= WORLD_BASE && o->base < WORLD_BASE + WORLD_BYTES;
        if (!o->alive || !ours || cap_type(o->type)->class != MDB_MEMORY)
            continue;
        memset(&covered[(o->base - WORLD_BASE) / BASE_PAGE_SIZE], true, o->bytes / BASE_PAGE_SIZE);
        if (o->type >= ObjType_VNode_x86_64_pml4 && o->type <= ObjType_VNode_x86_64_ptable &&
            !clearing((int)i))
            compare_tables(o);
    }
    for (const struct cte *note = world.caps.unreturned; note != NULL; note = note->next) {
        for (gensize_t at = 0; at < note->cap.bytes; at += BASE_PAGE_SIZE) {
            bool *page = &covered[(note->cap.base + at - WORLD_BASE) / BASE_PAGE_SIZE];
            kassert(!*page);
            *page = true;
        }
    }
    for (unsigned i = 0; i < WORLD_PAGES; i++)
        kassert(covered[i] != world.returned[i]);
    compare_pairs();
}
