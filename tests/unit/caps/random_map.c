// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Random operations on page tables: tables of every level, pages of every size. The rules are
// written down once more here.
#include "random.h"

#define PTABLE ObjType_VNode_x86_64_ptable
#define PML4 ObjType_VNode_x86_64_pml4

static bool is_table(uint8_t type)
{
    return (VNODES >> type & 1) != 0;
}

static bool has_pages(uint8_t type)
{
    return type == ObjType_Frame || type == ObjType_DevFrame || type == ObjType_EndPointUMP;
}

static gensize_t page_size(uint8_t table)
{
    return (gensize_t)BASE_PAGE_SIZE << 9 * (PTABLE - table);
}

static errval_t expect_flags(uint64_t flags, uint8_t rights)
{
    bool write = (flags & VREGION_FLAGS_WRITE) != 0, execute = (flags & VREGION_FLAGS_EXECUTE) != 0;
    if (flags > VREGION_FLAGS_MASK)
        return SYS_ERR_ARGS;
    bool fits = (flags & VREGION_FLAGS_READ) != 0 && !(write && execute) &&
                (!write || (rights & CAPRIGHTS_WRITE) != 0) &&
                (!execute || (rights & CAPRIGHTS_EXECUTE) != 0);
    return fits ? SYS_ERR_OK : SYS_ERR_VNODE_FLAGS;
}

static errval_t expect_object(uint8_t table, uint64_t count, const struct model_object *o,
                              uint8_t rights, uint64_t offset, uint64_t flags)
{
    bool large = (flags & VREGION_FLAGS_LARGE) != 0;
    gensize_t page = page_size(table);
    if (is_table(o->type)) {
        if (o->type != table + 1 || large)
            return SYS_ERR_VNODE_LEVEL;
        if (flags > VREGION_FLAGS_MASK)
            return SYS_ERR_ARGS;
        return count == 1 && offset == 0 ? SYS_ERR_OK : SYS_ERR_RETYPE_RANGE;
    }
    if (table == PML4 || large != (table != PTABLE))
        return SYS_ERR_VNODE_LEVEL;
    errval_t err = expect_flags(flags, rights);
    if (err != SYS_ERR_OK)
        return err;
    bool fits = o->base % page == 0 && offset % page == 0 && offset + count * page <= o->bytes;
    return fits ? SYS_ERR_OK : SYS_ERR_RETYPE_RANGE;
}

/// Whether a Mapping has made one of these entries.
static bool entries_used(const struct model_object *table, uint64_t first, uint64_t count)
{
    for (unsigned i = 0; i < model.objects_count; i++) {
        const struct model_object *o = &model.objects[i];
        uint64_t begin = o->extra - table->base;
        if (o->alive && o->type == ObjType_Mapping && begin < VNODE_ENTRIES &&
            begin < first + count && first < begin + o->pages)
            return true;
    }
    return false;
}

struct request {
    const struct model_entry *table, *object; ///< or what a Mapping shows
    uint8_t rights;                           ///< to the object
    uint64_t first, count, offset, flags;
    struct caps_dest dest;
};

static errval_t expect_map(const struct request *r)
{
    const struct model_object *table = object_of(r->table);
    uint64_t end = table->type == PML4 ? 255 : VNODE_ENTRIES;
    if (r->count == 0 || r->first + r->count > end)
        return SYS_ERR_VNODE_SLOT;
    errval_t err =
        expect_object(table->type, r->count, object_of(r->object), r->rights, r->offset, r->flags);
    if (err == SYS_ERR_OK)
        err = random_expect_dest(&r->dest, ObjType_Mapping);
    if (err == SYS_ERR_OK && entries_used(table, r->first, r->count))
        err = SYS_ERR_VNODE_IN_USE;
    return err;
}

static void made(const struct request *r)
{
    const struct model_object o = *object_of(r->object);
    uint64_t extra = object_of(r->table)->base | r->first;
    int mapping = model_make(r->dest.slot, ObjType_Mapping, o.base, o.bytes, extra, r->rights,
                             r->object->object);
    model.objects[mapping].pages = r->count;
    model.objects[mapping].offset = r->offset;
    for (uint64_t i = 0; i < r->count; i++)
        model.objects[mapping].flags[i] = (uint8_t)r->flags;
}

/// The same as expected, or something that is half gone is in the way.
static bool answered(errval_t err, errval_t expected, int object)
{
    bool in_the_way = random_under_way() && expected == SYS_ERR_OK && err == SYS_ERR_VNODE_IN_USE;
    kassert(in_the_way || err == random_expect_held(expected, object, 0, err));
    return err == SYS_ERR_OK;
}

static void choose_entries(struct request *r)
{
    r->first = one_in(8) ? below(600) : below(16);
    r->count = one_in(16) ? 0 : 1 + below(one_in(4) ? MODEL_PAGES : 2);
}

static uint64_t choose_flags(void)
{
    static const uint8_t usual[] = {VREGION_FLAGS_READ, VREGION_FLAGS_READ_WRITE,
                                    VREGION_FLAGS_READ_EXECUTE};
    return one_in(6) ? below(128) : usual[below(3)];
}

bool random_map(void)
{
    struct request r = {.table = random_entry(VNODES)};
    if (r.table == NULL || !is_table(object_of(r.table)->type) || !random_dest(&r.dest))
        return false;
    uint8_t table = object_of(r.table)->type;
    bool lower = table != PTABLE && one_in(2);
    r.object =
        random_entry(lower ? 1u << (table + 1) : TYPE(Frame) | TYPE(DevFrame) | TYPE(EndPointUMP));
    if (r.object == NULL)
        return false;
    const struct model_object *o = object_of(r.object);
    choose_entries(&r);
    r.rights = r.object->rights;
    r.flags = choose_flags() | (lower || table == PTABLE || one_in(8) ? 0 : VREGION_FLAGS_LARGE);
    r.offset =
        lower || one_in(2) ? 0 : below(4) * (one_in(16) ? BASE_PAGE_SIZE / 2 : page_size(table));
    r.count = lower && !one_in(16) ? 1 : r.count;
    errval_t err = allowed(VNODE_CMD_MAP, r.table->slot);
    errval_t expected = SYS_ERR_RIGHTS;
    if ((r.table->rights & CAPRIGHTS_WRITE) != 0)
        expected = has_pages(o->type) || is_table(o->type) ? expect_map(&r) : SYS_ERR_CAP_TYPE;
    // An empty range is refused before the object is looked at.
    if (expected == SYS_ERR_CAP_TYPE && (r.count == 0 || r.first + r.count > 255))
        return false;
    if (err == SYS_ERR_OK)
        err = caps_vnode_map(&world.caps, r.table->slot, r.first, r.count, r.object->slot, r.offset,
                             r.flags, &r.dest);
    if (!answered(err, expected, r.object->object))
        return false;
    made(&r);
    return true;
}

/// An entry of the object itself: the Mapping's rights are what counts.
static const struct model_entry *entry_of_object(int object)
{
    for (unsigned i = 0; i < model.entries_count; i++)
        if (model.entries[i].object == object)
            return &model.entries[i];
    return NULL;
}

static uint8_t table_type(const struct model_object *mapping)
{
    for (unsigned i = 0; i < model.objects_count; i++) {
        const struct model_object *o = &model.objects[i];
        if (o->alive && is_table(o->type) && mapping->extra - o->base < VNODE_ENTRIES)
            return o->type;
    }
    return ObjType_Null;
}

bool random_map_copy(void)
{
    struct request r = {.table = random_entry(VNODES)};
    const struct model_entry *mapping = random_entry(TYPE(Mapping));
    if (r.table == NULL || mapping == NULL || !is_table(object_of(r.table)->type) ||
        object_of(mapping)->type != ObjType_Mapping || !random_dest(&r.dest))
        return false;
    const struct model_object m = *object_of(mapping);
    uint64_t from = below(3);
    choose_entries(&r);
    r.object = entry_of_object(m.parent);
    // While the object goes, the model may have lost it before its Mappings.
    if (r.object == NULL || table_type(&m) == ObjType_Null)
        return false;
    bool pages = has_pages(object_of(r.object)->type);
    r.rights = mapping->rights;
    r.flags = choose_flags() | (pages && table_type(&m) != PTABLE ? VREGION_FLAGS_LARGE : 0);
    r.offset = pages ? m.offset + from * page_size(table_type(&m)) : 0;
    errval_t expected;
    if (from >= m.pages || r.count > m.pages - from)
        expected = SYS_ERR_VNODE_SLOT;
    else if (table_type(&m) != object_of(r.table)->type)
        expected = SYS_ERR_VNODE_LEVEL;
    else
        expected = expect_map(&r);
    errval_t err = caps_vnode_copy(&world.caps, r.table->slot, r.first, r.count, mapping->slot,
                                   from, r.flags, &r.dest);
    if (!answered(err, expected, m.parent))
        return false;
    made(&r);
    return true;
}

bool random_modify(void)
{
    const struct model_entry *mapping = random_entry(TYPE(Mapping));
    if (mapping == NULL || object_of(mapping)->type != ObjType_Mapping)
        return false;
    struct model_object *m = &model.objects[mapping->object];
    uint64_t first = below(4), count = below(4), flags = choose_flags();
    errval_t expected = SYS_ERR_OK;
    if (count == 0 || first + count > m->pages)
        expected = SYS_ERR_VNODE_SLOT;
    else if (is_table(model.objects[m->parent].type))
        expected = SYS_ERR_CAP_TYPE;
    else
        expected = expect_flags(flags, mapping->rights);
    kassert(caps_mapping_modify(&world.caps, mapping->slot, first, count, flags) == expected);
    for (uint64_t i = first; expected == SYS_ERR_OK && i < first + count; i++)
        m->flags[i] = (uint8_t)(flags | (m->flags[i] & VREGION_FLAGS_LARGE));
    return expected == SYS_ERR_OK;
}

bool random_unmap(void)
{
    const struct model_entry *table = random_entry(VNODES);
    const struct model_entry *mapping = random_entry(TYPE(Mapping));
    if (table == NULL || mapping == NULL || !is_table(object_of(table)->type))
        return false;
    struct cte *slot = mapping->slot;
    errval_t expected = SYS_ERR_OK;
    if (object_of(mapping)->type != ObjType_Mapping)
        expected = SYS_ERR_CAP_TYPE;
    else if (object_of(mapping)->extra - object_of(table)->base >= VNODE_ENTRIES)
        expected = SYS_ERR_ARGS;
    kassert(caps_vnode_unmap(&world.caps, table->slot, slot) == expected);
    if (expected == SYS_ERR_OK)
        model_delete_leaf(slot);
    return expected == SYS_ERR_OK;
}
