// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See model.h. What it says is compared with what is there in model_check.c.
#include "model.h"
#include "lib/kassert.h"

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
    model.objects[object] = (struct model_object){.type = type,
                                                  .alive = true,
                                                  .base = base,
                                                  .bytes = bytes,
                                                  .extra = extra,
                                                  .parent = parent};
    model_add(slot, object, rights, 0);
    return object;
}

void model_add(struct cte *slot, int object, uint8_t rights, uint32_t badge)
{
    kassert(model.entries_count < MODEL_ENTRIES && model_entry(slot) == NULL);
    model.entries[model.entries_count++] =
        (struct model_entry){.slot = slot, .object = object, .rights = rights, .badge = badge};
}

void model_copy(struct cte *slot, const struct model_entry *src, uint8_t rights, uint32_t badge)
{
    if (src->own)
        model.objects[src->object].closed = false;
    model_add(slot, src->object, rights, badge);
}

void model_left(int object, bool own)
{
    unsigned same = 0, others = 0;
    for (unsigned i = 0; i < model.entries_count; i++) {
        same += model.entries[i].object == object && model.entries[i].own == own;
        others += model.entries[i].object == object && model.entries[i].own != own;
    }
    if (same == 0 && others > 0)
        model.objects[object].closed = true;
    if (same == 0 && others == 0)
        model.objects[object].alive = false;
}

struct model_entry *model_entry(const struct cte *slot)
{
    for (unsigned i = 0; i < model.entries_count; i++)
        if (model.entries[i].slot == slot)
            return &model.entries[i];
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

/// Whether a slot is part of an object: inside of it, or of a Mapping in its table.
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

/// The last copy of what other cores may know goes to the monitor.
static void remove_slot(struct model_entry *entry)
{
    int object = entry->object;
    bool own = entry->own;
    if (model.objects[object].remote && model_copies(object) == 1) {
        entry->slot = NULL;
        return;
    }
    *entry = model.entries[--model.entries_count];
    model_left(object, own);
}

/// A slot that belongs to an object, or NULL.
static struct model_entry *part_of(int object)
{
    for (unsigned i = 0; i < model.entries_count; i++) {
        struct model_entry *entry = &model.entries[i];
        if (held_by(entry, &model.objects[object]) || mapping_of(entry, object))
            return entry;
    }
    return NULL;
}

void model_close(void)
{
    for (unsigned dead = 0; dead < model.objects_count; dead++)
        if (!model.objects[dead].alive && part_of((int)dead) == NULL)
            model.objects[dead].base = model.objects[dead].bytes = 0;
}

/// Kills one slot that belongs to a dead object. Returns whether there was one.
static bool kill_one_more(void)
{
    for (unsigned dead = 0; dead < model.objects_count; dead++) {
        struct model_entry *entry = model.objects[dead].alive ? NULL : part_of((int)dead);
        if (entry != NULL) {
            remove_slot(entry);
            return true;
        }
    }
    model_close();
    return false;
}

void model_bury(void)
{
    while (kill_one_more())
        continue;
}

void model_delete_leaf(const struct cte *slot)
{
    int object = model_entry(slot)->object;
    remove_slot(model_entry(slot));
    for (unsigned i = 0; !model.objects[object].alive && i < model.entries_count;)
        if (mapping_of(&model.entries[i], object))
            remove_slot(&model.entries[i]);
        else
            i++;
}

void model_delete(const struct cte *slot)
{
    remove_slot(model_entry(slot));
    model_bury();
}

void model_revoke(const struct cte *slot)
{
    int object = model_entry(slot)->object;
    uint32_t badge = model_entry(slot)->badge;
    for (unsigned i = 0; i < model.entries_count;) {
        struct model_entry *entry = &model.entries[i];
        bool goes = (entry->object == object && entry->slot != slot &&
                     (badge == 0 || entry->badge == badge)) ||
                    model_descends(entry->object, object);
        if (goes && entry->slot != NULL) {
            remove_slot(entry);
            i = 0;
        } else {
            i++;
        }
    }
    model_bury();
}

static void forget(int dead)
{
    int last = (int)--model.objects_count, parent = model.objects[dead].parent;
    for (unsigned i = 0; i <= model.objects_count; i++)
        if (model.objects[i].parent == dead)
            model.objects[i].parent = parent;
    model.objects[dead] = model.objects[last];
    for (unsigned i = 0; i < model.objects_count; i++)
        if (model.objects[i].parent == last)
            model.objects[i].parent = dead;
    for (unsigned i = 0; i < model.entries_count; i++)
        if (model.entries[i].object == last)
            model.entries[i].object = dead;
}

void model_compact(void)
{
    for (int i = (int)model.objects_count - 1; i >= 0; i--)
        if (!model.objects[i].alive && model.objects[i].bytes == 0)
            forget(i);
}

void model_doom(const struct model *after)
{
    for (unsigned i = 0; i < model.entries_count; i++) {
        struct model_entry *entry = &model.entries[i];
        entry->doomed = true;
        for (unsigned j = 0; j < after->entries_count; j++) {
            const struct model_entry *stays = &after->entries[j];
            if (stays->slot == entry->slot && stays->object == entry->object)
                entry->doomed = false;
        }
    }
}
