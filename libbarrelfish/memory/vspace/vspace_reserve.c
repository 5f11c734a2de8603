// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What mapping itself needs, kept in reserve so that mapping never has to map first: blocks of
// metadata (the first lie in static memory, further ones in anonymous regions) and RAM for page
// tables (taken in pieces of several tables). Growing happens when an operation starts that knows
// it needs more, or when one has ended (mm.h), and is served by the reserve itself.
#include "vspace_reserve.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/memobj.h"
#include "barrelfish/pmap.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/vregion.h"
#include "cspace/mm.h"

#include <assert.h>
#include <string.h>

/// Blocks that growing one slab may use up, twice over.
#define RESERVE_BLOCKS 10u
#define FIRST_BLOCKS 24u
#define GROW_BYTES 8192u
#define TABLE_RAM_BYTES (4 * OBJSIZE_VNODE)
#define TABLE_SPAN LARGE_PAGE_SIZE

static struct slab_allocator slabs[VSPACE_SLABS];
static char first_regions[SLAB_BUFFER_BYTES(FIRST_BLOCKS, sizeof(struct vregion))];
static char first_memobjs[SLAB_BUFFER_BYTES(FIRST_BLOCKS, sizeof(struct memobj))];
static char first_tables[SLAB_BUFFER_BYTES(FIRST_BLOCKS, sizeof(struct pmap_table))];
static char first_mappings[SLAB_BUFFER_BYTES(2 * FIRST_BLOCKS, sizeof(struct pmap_mapping))];

static struct {
    struct capref cap;
    gensize_t bytes, used;
} table_ram;

void vspace_reserve_init(void)
{
    slab_init(&slabs[VSPACE_SLAB_REGION], sizeof(struct vregion), NULL);
    slab_init(&slabs[VSPACE_SLAB_MEMOBJ], sizeof(struct memobj), NULL);
    slab_init(&slabs[VSPACE_SLAB_TABLE], sizeof(struct pmap_table), NULL);
    slab_init(&slabs[VSPACE_SLAB_MAPPING], sizeof(struct pmap_mapping), NULL);
    slab_init(&slabs[VSPACE_SLAB_CHUNK], VSPACE_CHUNK_BYTES, NULL);
    slab_grow(&slabs[VSPACE_SLAB_REGION], first_regions, sizeof(first_regions));
    slab_grow(&slabs[VSPACE_SLAB_MEMOBJ], first_memobjs, sizeof(first_memobjs));
    slab_grow(&slabs[VSPACE_SLAB_TABLE], first_tables, sizeof(first_tables));
    slab_grow(&slabs[VSPACE_SLAB_MAPPING], first_mappings, sizeof(first_mappings));
}

void *vspace_block_alloc(enum vspace_slab slab)
{
    void *block = slab_alloc(&slabs[slab]);
    if (block != NULL)
        memset(block, 0, slabs[slab].blocksize);
    return block;
}

void vspace_block_free(enum vspace_slab slab, void *block)
{
    slab_free(&slabs[slab], block);
}

static errval_t grow(struct slab_allocator *slab, size_t blocks)
{
    void *buf;
    size_t bytes = SLAB_BUFFER_BYTES(blocks, slab->blocksize);
    bytes = bytes > GROW_BYTES ? bytes : GROW_BYTES;
    errval_t err =
        mm_source.vspace_map_anon_attr(&buf, NULL, NULL, bytes, &bytes, VREGION_FLAGS_READ_WRITE);
    if (err_is_ok(err))
        slab_grow(slab, buf, bytes);
    return err;
}

errval_t vspace_reserve(size_t bytes, size_t chunks)
{
    if (!mm_may_grow())
        return SYS_ERR_OK;
    // Two tables at either end, and those above them.
    size_t tables = bytes / TABLE_SPAN + 4 + bytes / HUGE_PAGE_SIZE;
    size_t need[VSPACE_SLABS] = {1, 1, tables, tables + chunks, chunks};
    errval_t err = slot_reserve_locked(3 * tables + 2 + 2 * chunks);
    mm_grow_begin();
    for (unsigned i = 0; i < VSPACE_SLABS && err_is_ok(err); i++) {
        size_t have = slab_freecount(&slabs[i]);
        if (need[i] > 0 && have < need[i] + RESERVE_BLOCKS / 2)
            err = grow(&slabs[i], need[i] + RESERVE_BLOCKS - have);
    }
    mm_grow_end();
    return err;
}

void vspace_refill(void)
{
    // A failure shows when a block is really missing.
    for (unsigned i = 0; i < VSPACE_SLAB_CHUNK; i++)
        if (slab_freecount(&slabs[i]) < RESERVE_BLOCKS)
            (void)grow(&slabs[i], RESERVE_BLOCKS);
}

/// New RAM for tables in the place of the old, which is used up.
static errval_t refill_table_ram(void)
{
    struct capref ram;
    errval_t err = ram_alloc_bytes(&ram, TABLE_RAM_BYTES, BASE_PAGE_SIZE);
    if (err_is_fail(err))
        return err;
    if (table_ram.bytes != 0) {
        // The tables made of it stay; nothing above them does, so that they can be returned.
        (void)cap_destroy(table_ram.cap);
    }
    table_ram.cap = ram;
    table_ram.bytes = TABLE_RAM_BYTES;
    table_ram.used = 0;
    return SYS_ERR_OK;
}

errval_t vspace_table_alloc(struct capref *ret, enum objtype type)
{
    struct capref slot;
    errval_t err = SYS_ERR_OK;
    if (table_ram.used == table_ram.bytes)
        err = refill_table_ram();
    if (err_is_ok(err))
        err = slot_alloc(&slot);
    if (err_is_fail(err))
        return err;
    assert(table_ram.used < table_ram.bytes); // VS1
    err = cap_retype(slot, table_ram.cap, table_ram.used, type, OBJSIZE_VNODE, 1);
    if (err_is_ok(err))
        table_ram.used += OBJSIZE_VNODE;
    return slot_settle(slot, err, ret);
}
