// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See memobj_chunks.h. Whether a chunk was written is the D bit of its page-table entries and what
// was found there before the entries were last rewritten.
#include "memobj_chunks.h"

#include "barrelfish/capabilities.h"
#include "memory/vspace/vspace_reserve.h"

#include <assert.h>

_Static_assert(sizeof(struct chunk) == VSPACE_CHUNK_BYTES, "vspace_reserve.h");

errval_t chunks_init(struct memobj *memobj, const struct memobj_ops *ops, size_t size,
                     memobj_flags_t flags, size_t chunk_size)
{
    if (size == 0 || size > SIZE_MAX - BASE_PAGE_SIZE || flags != 0 ||
        chunk_size % BASE_PAGE_SIZE != 0)
        return LIB_ERR_INVALID_ARGS;
    *memobj = (struct memobj){.ops = ops, .size = page_round_up(size), .chunk_size = chunk_size};
    return SYS_ERR_OK;
}

struct chunk *chunk_find(const struct memobj *memobj, genvaddr_t offset)
{
    return (struct chunk *)range_tree_find(&memobj->chunks, offset);
}

/// The first chunk from an offset on, or NULL.
static struct chunk *next_chunk(const struct memobj *memobj, genvaddr_t offset)
{
    return (struct chunk *)range_tree_above(&memobj->chunks, offset);
}

static vregion_flags_t flags_of(const struct memobj *memobj, const struct chunk *chunk)
{
    vregion_flags_t flags = memobj->vregion->flags;
    return chunk->readonly ? flags & ~VREGION_FLAGS_WRITE : flags;
}

errval_t chunk_map(struct memobj *memobj, struct chunk *chunk)
{
    struct vregion *vregion = memobj->vregion;
    assert(vregion != NULL && chunk->mappings == NULL); // CH2
    struct pmap_source source = {chunk->frame, chunk->frame_offset, 0};
    return memobj_show(vregion, chunk->node.base, chunk->node.bytes, source,
                       flags_of(memobj, chunk), &chunk->mappings);
}

errval_t chunk_add(struct memobj *memobj, const struct chunk *model)
{
    struct chunk *chunk = vspace_block_alloc(VSPACE_SLAB_CHUNK);
    if (chunk == NULL)
        return LIB_ERR_MALLOC_FAIL;
    assert(model->node.bytes <= memobj->size - model->node.base); // CH1
    *chunk = *model;
    chunk->mappings = NULL;
    errval_t err =
        range_tree_insert(&memobj->chunks, &chunk->node) ? SYS_ERR_OK : LIB_ERR_INVALID_ARGS;
    if (err_is_ok(err) && memobj->vregion != NULL) {
        err = chunk_map(memobj, chunk);
        if (err_is_fail(err))
            range_tree_remove(&memobj->chunks, &chunk->node);
    }
    if (err_is_fail(err))
        vspace_block_free(VSPACE_SLAB_CHUNK, chunk);
    return err;
}

/// Reads the bits of a chunk's entries and gives the entries new flags in one go.
static errval_t rewrite(struct chunk *chunk, vregion_flags_t flags, struct memobj_page *ret)
{
    struct pmap_bits bits;
    errval_t err = pmap_rewrite(chunk->mappings, flags, &bits);
    if (err_is_ok(err)) {
        chunk->dirty = chunk->dirty || bits.dirty;
        *ret = (struct memobj_page){chunk->frame, chunk->frame_offset, bits.accessed, chunk->dirty};
    }
    return err;
}

errval_t chunk_get(struct memobj *memobj, struct chunk *chunk, bool clear, struct memobj_page *ret)
{
    if (clear && chunk->mappings != NULL)
        return rewrite(chunk, flags_of(memobj, chunk), ret);
    struct pmap_bits bits;
    pmap_read(chunk->mappings, &bits);
    *ret = (struct memobj_page){chunk->frame, chunk->frame_offset, bits.accessed,
                                chunk->dirty || bits.dirty};
    return SYS_ERR_OK;
}

errval_t chunk_unmap(struct memobj *memobj, struct chunk *chunk, struct memobj_page *ret)
{
    // Without the right to write first, so that no write comes between the look and the end.
    errval_t err = SYS_ERR_OK;
    *ret = (struct memobj_page){chunk->frame, chunk->frame_offset, false, chunk->dirty};
    if (chunk->mappings != NULL)
        err = rewrite(chunk, flags_of(memobj, chunk) & ~VREGION_FLAGS_WRITE, ret);
    return err_is_ok(err) ? pmap_unmap(&chunk->mappings) : err;
}

errval_t chunk_remove(struct memobj *memobj, struct chunk *chunk)
{
    struct memobj_page page;
    errval_t err = chunk_unmap(memobj, chunk, &page);
    if (err_is_fail(err))
        return err;
    assert(chunk->mappings == NULL); // CH2
    range_tree_remove(&memobj->chunks, &chunk->node);
    if (chunk->owned)
        err = cap_destroy(chunk->frame);
    vspace_block_free(VSPACE_SLAB_CHUNK, chunk);
    return err;
}

errval_t chunk_pagefault(struct memobj *memobj, struct chunk *chunk,
                         enum pagefault_exception_type type)
{
    struct pmap_bits bits;
    if (chunk->mappings == NULL)
        return chunk_map(memobj, chunk);
    pmap_read(chunk->mappings, &bits);
    return bits.present && (bits.writable || type != PAGEFLT_WRITE) ? SYS_ERR_OK
                                                                    : LIB_ERR_PAGEFAULT;
}

errval_t chunks_map_region(struct memobj *memobj, struct vregion *vregion)
{
    if (memobj->vregion != NULL)
        return LIB_ERR_MEMOBJ_INUSE;
    if (vregion->offset != 0 || vregion->node.bytes != memobj->size)
        return LIB_ERR_INVALID_ARGS;
    memobj->vregion = vregion;
    errval_t err = SYS_ERR_OK;
    for (struct chunk *chunk = next_chunk(memobj, 0); chunk != NULL && err_is_ok(err);
         chunk = next_chunk(memobj, chunk->node.base + 1))
        err = chunk_map(memobj, chunk);
    if (err_is_fail(err))
        (void)chunks_unmap_region(memobj, vregion);
    return err;
}

errval_t chunks_unmap_region(struct memobj *memobj, struct vregion *vregion)
{
    (void)vregion;
    struct memobj_page page;
    errval_t err = SYS_ERR_OK;
    for (struct chunk *chunk = next_chunk(memobj, 0); chunk != NULL && err_is_ok(err);
         chunk = next_chunk(memobj, chunk->node.base + 1))
        err = chunk_unmap(memobj, chunk, &page);
    if (err_is_ok(err))
        memobj->vregion = NULL;
    return err;
}

errval_t chunks_protect(struct memobj *memobj, struct vregion *vregion, size_t offset, size_t size,
                        vregion_flags_t flags)
{
    if (offset != 0 || size != vregion->node.bytes)
        return LIB_ERR_INVALID_ARGS;
    vregion_flags_t before = vregion->flags;
    struct memobj_page page;
    errval_t err = SYS_ERR_OK;
    vregion->flags = flags | (before & VREGION_FLAGS_LARGE);
    for (struct chunk *chunk = next_chunk(memobj, 0); chunk != NULL && err_is_ok(err);
         chunk = next_chunk(memobj, chunk->node.base + 1))
        err = rewrite(chunk, flags_of(memobj, chunk), &page);
    if (err_is_fail(err))
        vregion->flags = before;
    return err;
}

errval_t chunks_destroy(struct memobj *memobj)
{
    if (memobj->vregion != NULL)
        return LIB_ERR_MEMOBJ_INUSE;
    errval_t err = SYS_ERR_OK;
    struct chunk *chunk;
    while ((chunk = next_chunk(memobj, 0)) != NULL) {
        errval_t removed = chunk_remove(memobj, chunk);
        err = err_is_ok(err) ? removed : err;
    }
    return err;
}
