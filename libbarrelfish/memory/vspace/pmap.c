// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Page tables of four levels, x86-64. Known tables are in a small hash by level and first address;
// each consecutive run of entries in one table is one invocation and one Mapping. Tables of an
// address range are made when it is first used and kept. Source: Intel SDM vol. 3, 4.5.
#include "barrelfish/pmap.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/dispatch.h"
#include "barrelfish/invocations.h"
#include "barrelfish/slot_alloc.h"
#include "vspace_reserve.h"

#include <assert.h>

#define LEVEL_ROOT 3u
#define PTE_PRESENT 0x1u
#define PTE_WRITE 0x2u
#define PTE_ACCESSED 0x20u
#define PTE_DIRTY 0x40u
#define ENTRY_BITS 9u

static struct capref own_cap(capaddr_t addr)
{
    return (struct capref){ROOTCN_CNODE(addr / L2_CNODE_SLOTS), addr % L2_CNODE_SLOTS};
}

/// Bytes that one entry of a table of this level maps.
static gensize_t entry_span(unsigned level)
{
    return BASE_PAGE_SIZE << (ENTRY_BITS * level);
}

static uint16_t entry_of(genvaddr_t vaddr, unsigned level)
{
    return (uint16_t)(vaddr / entry_span(level) % VNODE_ENTRIES);
}

void pmap_init(struct pmap *pmap, struct capref root)
{
    *pmap = (struct pmap){.root = root};
}

static struct pmap_table **bucket(struct pmap *pmap, genvaddr_t base, unsigned level)
{
    return &pmap->buckets[(base / LARGE_PAGE_SIZE + level) % PMAP_BUCKETS];
}

static struct pmap_table *find_table(struct pmap *pmap, genvaddr_t vaddr, unsigned level)
{
    genvaddr_t base = vaddr & ~(entry_span(level + 1) - 1);
    struct pmap_table *table = *bucket(pmap, base, level);
    while (table != NULL && (table->base != base || table->level != level))
        table = table->next;
    return table;
}

/// Makes a table and enters it in the one above, which exists.
static errval_t make_table(struct pmap *pmap, struct capref parent, genvaddr_t vaddr,
                           unsigned level, struct pmap_table **ret)
{
    static const enum objtype types[] = {ObjType_VNode_x86_64_ptable, ObjType_VNode_x86_64_pdir,
                                         ObjType_VNode_x86_64_pdpt};
    struct capref cap, mapping;
    struct pmap_table *table = vspace_block_alloc(VSPACE_SLAB_TABLE);
    if (table == NULL)
        return LIB_ERR_MALLOC_FAIL;
    errval_t err = vspace_table_alloc(&cap, types[level]);
    if (err_is_fail(err)) {
        vspace_block_free(VSPACE_SLAB_TABLE, table);
        return err;
    }
    err = slot_alloc(&mapping);
    if (err_is_ok(err)) {
        uint64_t flags = VREGION_FLAGS_READ_WRITE | VREGION_FLAGS_EXECUTE;
        err = invoke_vnode_map(parent, entry_of(vaddr, level + 1), 1, cap, 0, flags, mapping);
        err = slot_settle(mapping, err, &mapping);
    }
    if (err_is_fail(err)) {
        (void)cap_destroy(cap);
        vspace_block_free(VSPACE_SLAB_TABLE, table);
        return err;
    }
    table->base = vaddr & ~(entry_span(level + 1) - 1);
    table->level = (uint8_t)level;
    table->cap = get_cap_addr(cap);
    struct pmap_table **head = bucket(pmap, table->base, level);
    table->next = *head;
    *head = table;
    *ret = table;
    return SYS_ERR_OK;
}

/// The table of this level for an address, with all those above it.
static errval_t get_table(struct pmap *pmap, genvaddr_t vaddr, unsigned level,
                          struct pmap_table **ret)
{
    unsigned known = level;
    struct pmap_table *table = NULL;
    while (known < LEVEL_ROOT && (table = find_table(pmap, vaddr, known)) == NULL)
        known++;
    while (known > level) {
        struct capref parent = table == NULL ? pmap->root : own_cap(table->cap);
        errval_t err = make_table(pmap, parent, vaddr, known - 1, &table);
        if (err_is_fail(err))
            return err;
        known--;
    }
    assert(table != NULL && table->level == level && table->base <= vaddr); // PM2
    *ret = table;
    return SYS_ERR_OK;
}

static bool large_fits(struct pmap *pmap, genvaddr_t vaddr, const struct pmap_source *source,
                       size_t bytes, uint64_t flags)
{
    return (flags & VREGION_FLAGS_LARGE) != 0 && bytes >= LARGE_PAGE_SIZE &&
           vaddr % LARGE_PAGE_SIZE == 0 && (source->base | source->offset) % LARGE_PAGE_SIZE == 0 &&
           find_table(pmap, vaddr, 0) == NULL;
}

/// How many entries of a table to map at once: to its end, but no large page over a lower table.
static uint16_t run_length(struct pmap *pmap, genvaddr_t vaddr, size_t bytes, unsigned level)
{
    size_t count = bytes / entry_span(level);
    size_t left = VNODE_ENTRIES - entry_of(vaddr, level);
    count = count < left ? count : left;
    for (size_t i = 1; level == 1 && i < count; i++)
        if (find_table(pmap, vaddr + i * LARGE_PAGE_SIZE, 0) != NULL)
            count = i;
    return (uint16_t)count;
}

/// Maps one run of entries in one table; *done is what it covers.
static errval_t map_run(struct pmap *pmap, genvaddr_t vaddr, const struct pmap_source *source,
                        size_t bytes, uint64_t flags, struct pmap_mapping **list, size_t *done)
{
    unsigned level = large_fits(pmap, vaddr, source, bytes, flags) ? 1 : 0;
    uint16_t first = entry_of(vaddr, level);
    uint16_t count = run_length(pmap, vaddr, bytes, level);
    flags = level == 1 ? flags : flags & ~(uint64_t)VREGION_FLAGS_LARGE;

    assert(count > 0 && first + count <= VNODE_ENTRIES); // PM1

    struct pmap_table *table;
    struct capref slot;
    errval_t err = get_table(pmap, vaddr, level, &table);
    if (err_is_fail(err))
        return err;
    struct pmap_mapping *mapping = vspace_block_alloc(VSPACE_SLAB_MAPPING);
    if (mapping == NULL)
        return LIB_ERR_MALLOC_FAIL;
    err = slot_alloc(&slot);
    if (err_is_ok(err)) {
        err = invoke_vnode_map(own_cap(table->cap), first, count, source->frame, source->offset,
                               flags, slot);
        err = slot_settle(slot, err, &slot);
    }
    if (err_is_fail(err)) {
        vspace_block_free(VSPACE_SLAB_MAPPING, mapping);
        return err;
    }
    *mapping = (struct pmap_mapping){*list, table, get_cap_addr(slot), first, count};
    *list = mapping;
    *done = count * entry_span(level);
    return SYS_ERR_OK;
}

errval_t pmap_map(struct pmap *pmap, genvaddr_t vaddr, const struct pmap_source *source,
                  size_t bytes, uint64_t flags, struct pmap_mapping **list)
{
    struct pmap_source rest = *source;
    struct pmap_mapping *made = NULL;
    while (bytes > 0) {
        size_t done = 0;
        errval_t err = map_run(pmap, vaddr, &rest, bytes, flags, &made, &done);
        if (err_is_fail(err)) {
            (void)pmap_unmap(&made);
            return err_push(err, LIB_ERR_PMAP);
        }
        vaddr += done;
        rest.offset += done;
        bytes -= done;
    }
    *list = made;
    return SYS_ERR_OK;
}

errval_t pmap_unmap(struct pmap_mapping **list)
{
    while (*list != NULL) {
        struct pmap_mapping *mapping = *list;
        struct capref cap = own_cap(mapping->cap);
        errval_t err = invoke_vnode_unmap(own_cap(mapping->table->cap), cap);
        // The frame or an ancestor may have been revoked, which took the mapping along.
        if (err_is_fail(err) && err_no(err) != SYS_ERR_CAP_NOT_FOUND)
            return err_push(err, LIB_ERR_PMAP);
        *list = mapping->next;
        (void)slot_free(cap);
        vspace_block_free(VSPACE_SLAB_MAPPING, mapping);
    }
    return SYS_ERR_OK;
}

errval_t pmap_modify(struct pmap_mapping *list, genvaddr_t vaddr, size_t bytes, uint64_t flags)
{
    for (struct pmap_mapping *m = list; m != NULL; m = m->next) {
        gensize_t span = entry_span(m->table->level);
        genvaddr_t low = m->table->base + m->first * span;
        genvaddr_t high = low + m->count * span;
        genvaddr_t from = vaddr > low ? vaddr : low;
        genvaddr_t to = vaddr + bytes < high ? vaddr + bytes : high;
        if (from >= to)
            continue;
        if ((from - low) % span != 0 || (to - low) % span != 0)
            return LIB_ERR_PMAP;
        errval_t err = invoke_mapping_modify_flags(own_cap(m->cap), (from - low) / span,
                                                   (to - from) / span, flags, from);
        if (err_is_fail(err))
            return err_push(err, LIB_ERR_PMAP);
    }
    return SYS_ERR_OK;
}

void pmap_read(const struct pmap_mapping *list, struct pmap_bits *bits)
{
    uint64_t all = list == NULL ? 0 : ~0ul, any = 0;
    for (const struct pmap_mapping *m = list; m != NULL; m = m->next) {
        for (unsigned i = 0; i < m->count; i++) {
            uint64_t entry;
            errval_t err = invoke_vnode_read(own_cap(m->table->cap), m->first + i, &entry);
            entry = err_is_ok(err) ? entry : 0;
            all &= entry;
            any |= entry;
        }
    }
    *bits = (struct pmap_bits){
        .present = (all & PTE_PRESENT) != 0,
        .writable = (all & PTE_WRITE) != 0,
        .accessed = (any & PTE_ACCESSED) != 0,
        .dirty = (any & PTE_DIRTY) != 0,
    };
}

errval_t pmap_rewrite(struct pmap_mapping *list, uint64_t flags, struct pmap_bits *bits)
{
    errval_t err = SYS_ERR_OK;
    // No other thread may use the pages between the look and the change: its marks would be lost.
    dispatcher_handle_t handle = disp_disable();
    pmap_read(list, bits);
    for (const struct pmap_mapping *m = list; m != NULL && err_is_ok(err); m = m->next) {
        err = invoke_mapping_modify_flags(own_cap(m->cap), 0, m->count, flags, 0);
        if (err_no(err) == SYS_ERR_CAP_NOT_FOUND)
            err = SYS_ERR_OK; // it was revoked with the frame
    }
    disp_enable(handle);
    return err_is_ok(err) ? SYS_ERR_OK : err_push(err, LIB_ERR_PMAP);
}
