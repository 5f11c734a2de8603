// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See model.h.
#include "model.h"
#include "panic.h"

#include <string.h>

struct model model;

void model_reset(void)
{
    model.entries_count = model.objects_count = 0;
}

int model_make(struct cte *slot, uint8_t type, genpaddr_t base, gensize_t bytes, uint64_t extra,
               uint8_t rights, int parent)
{
    kassert(model.objects_count < MODEL_OBJECTS);
    int object = (int)model.objects_count++;
    model.objects[object] = (struct model_object){type, true, base, bytes, extra, parent};
    model_add(slot, object, rights, 0);
    return object;
}

void model_add(struct cte *slot, int object, uint8_t rights, uint32_t badge)
{
    kassert(model.entries_count < MODEL_ENTRIES && model_entry(slot) == NULL);
    model.entries[model.entries_count++] = (struct model_entry){slot, object, rights, badge};
}

struct model_entry *model_entry(const struct cte *slot)
{
    for (unsigned i = 0; i < model.entries_count; i++) {
        if (model.entries[i].slot == slot)
            return &model.entries[i];
    }
    return NULL;
}

int model_find(uint8_t type, genpaddr_t base, gensize_t bytes, uint64_t extra)
{
    for (unsigned i = 0; i < model.objects_count; i++) {
        const struct model_object *o = &model.objects[i];
        if (o->alive && o->type == type && o->base == base && o->bytes == bytes &&
            o->extra == extra)
            return (int)i;
    }
    return MODEL_NONE;
}

unsigned model_copies(int object)
{
    unsigned copies = 0;
    for (unsigned i = 0; i < model.entries_count; i++)
        copies += model.entries[i].object == object;
    return copies;
}

bool model_descends(int object, int ancestor)
{
    do {
        object = model.objects[object].parent;
    } while (object != MODEL_NONE && object != ancestor);
    return object != MODEL_NONE;
}

bool model_occupied(int object, genpaddr_t base, genpaddr_t end)
{
    for (unsigned i = 0; i < model.objects_count; i++) {
        const struct model_object *o = &model.objects[i];
        if (o->alive && o->type != ObjType_Mapping && model_descends((int)i, object) &&
            o->base < end && base < o->base + o->bytes)
            return true;
    }
    return false;
}

// Whether a slot is part of an object: inside of it, or of a Mapping in its table.
static bool held_by(const struct model_entry *entry, const struct model_object *o)
{
    const struct model_object *inner = &model.objects[entry->object];
    uintptr_t offset = (uintptr_t)entry->slot - (uintptr_t)caps_ptr(&world.caps, o->base);
    switch (o->type) {
    case ObjType_L1CNode:
    case ObjType_L2CNode:
        return offset < o->bytes;
    case ObjType_Dispatcher:
        return offset < sizeof(struct dispatcher_slots) ||
               (inner->type == ObjType_EndPointLMP && inner->base == o->base);
    case ObjType_VNode_x86_64_pml4:
    case ObjType_VNode_x86_64_pdpt:
    case ObjType_VNode_x86_64_pdir:
    case ObjType_VNode_x86_64_ptable:
        return inner->type == ObjType_Mapping && inner->extra - o->base < BASE_PAGE_SIZE;
    default:
        return false;
    }
}

static bool mapping_of(const struct model_entry *entry, int object)
{
    const struct model_object *inner = &model.objects[entry->object];
    return inner->type == ObjType_Mapping && inner->parent == object;
}

static void remove_slot(struct model_entry *entry)
{
    int object = entry->object;
    *entry = model.entries[--model.entries_count];
    if (model_copies(object) == 0)
        model.objects[object].alive = false;
}

// Kills one slot that belongs to a dead object. Returns whether there was one.
static bool kill_one_more(void)
{
    for (unsigned dead = 0; dead < model.objects_count; dead++) {
        if (model.objects[dead].alive)
            continue;
        for (unsigned i = 0; i < model.entries_count; i++) {
            struct model_entry *entry = &model.entries[i];
            if (held_by(entry, &model.objects[dead]) || mapping_of(entry, (int)dead)) {
                remove_slot(entry);
                return true;
            }
        }
        // Nothing is left in it, but there will be other objects at its place.
        model.objects[dead].base = model.objects[dead].bytes = 0;
    }
    return false;
}

void model_delete(const struct cte *slot)
{
    remove_slot(model_entry(slot));
    while (kill_one_more())
        continue;
}

void model_revoke(const struct cte *slot)
{
    int object = model_entry(slot)->object;
    for (unsigned i = 0; i < model.entries_count;) {
        struct model_entry *entry = &model.entries[i];
        if ((entry->object == object && entry->slot != slot) ||
            model_descends(entry->object, object)) {
            remove_slot(entry);
            i = 0;
        } else {
            i++;
        }
    }
    while (kill_one_more())
        continue;
}

static bool is_there(const struct model_entry *entry)
{
    const struct model_object *o = &model.objects[entry->object];
    const struct cap *cap = &entry->slot->cap;
    return cap->type == o->type && cap->base == o->base && cap->bytes == o->bytes &&
           cap->rights == entry->rights && (cap->flags & CAPFLAGS_BUSY) == 0 &&
           (cap->extra & cap_type(cap->type)->extra_mask) == o->extra &&
           (cap->type != ObjType_EndPointLMP || endpoint_badge(cap) == entry->badge);
}

void model_compare_part(void)
{
    for (unsigned i = 0; i < model.entries_count; i++)
        kassert(is_there(&model.entries[i]));
}

void model_compare(void)
{
    kassert(world.caps.mdb.count == model.entries_count);
    model_compare_part();
}

void model_drop_missing(void)
{
    for (unsigned i = 0; i < model.entries_count;) {
        if (is_there(&model.entries[i]))
            i++;
        else
            remove_slot(&model.entries[i]);
    }
}

static void compare_pairs(void)
{
    for (unsigned i = 0; i < model.objects_count; i++) {
        const struct model_object *a = &model.objects[i];
        for (unsigned j = 0; a->alive && j < model.objects_count; j++) {
            const struct model_object *b = &model.objects[j];
            bool overlap =
                b->alive && i != j && a->base < b->base + b->bytes && b->base < a->base + a->bytes;
            bool leaves = cap_type(a->type)->leaf || cap_type(b->type)->leaf;
            kassert(!overlap || leaves || model_descends((int)i, (int)j) ||
                    model_descends((int)j, (int)i));
        }
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
            kassert(vnode->mapping[mapping->extra - table->base] == model.entries[i].slot);
            used -= model.entries[i].slot->cap.aux;
        }
    }
    kassert(used == 0);
}

void model_compare_memory(void)
{
    static bool covered[WORLD_PAGES];
    memset(covered, 0, sizeof covered);
    for (unsigned i = 0; i < model.objects_count; i++) {
        const struct model_object *o = &model.objects[i];
        if (!o->alive)
            continue;
        for (genpaddr_t page = o->base; page < o->base + o->bytes; page += BASE_PAGE_SIZE)
            covered[(page - WORLD_BASE) / BASE_PAGE_SIZE] = true;
        if (o->type >= ObjType_VNode_x86_64_pml4 && o->type <= ObjType_VNode_x86_64_ptable)
            compare_tables(o);
    }
    for (unsigned i = 0; i < WORLD_PAGES; i++)
        kassert(covered[i] != world.returned[i]);
    compare_pairs();
    kassert(caps_valid(&world.caps));
}
