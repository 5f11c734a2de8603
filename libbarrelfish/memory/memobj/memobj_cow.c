// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Private views of a frame. A page shows the original, read-only, from its first access on; when it
// is first written it becomes a new frame with a copy. The copy is made through a window elsewhere,
// so that no thread ever sees it half done: a page shows the original, nothing, or the whole copy.
// CW1 A page shows the original, read-only, or is the object's own.
#include "barrelfish/capabilities.h"
#include "cspace/mm.h"
#include "memobj_chunks.h"
#include "memory/vspace/vspace_reserve.h"

#include <assert.h>
#include <string.h>

/// A new frame with what the chunk, which is mapped, shows.
static errval_t copy_of(struct memobj *memobj, const struct chunk *chunk, struct capref *ret)
{
    const void *original = (const void *)(memobj->vregion->node.base + chunk->node.base);
    struct capref frame;
    void *window;
    errval_t err = frame_alloc(&frame, chunk->node.bytes, NULL);
    if (err_is_fail(err))
        return err;
    err = mm_source.vspace_map_one_frame(&window, chunk->node.bytes, frame, NULL, NULL);
    if (err_is_ok(err)) {
        memcpy(window, original, chunk->node.bytes);
        err = mm_source.vspace_unmap(window);
    }
    if (err_is_fail(err)) {
        (void)cap_destroy(frame);
        return err;
    }
    *ret = frame;
    return SYS_ERR_OK;
}

/// Should the last step fail the copy is not lost: the next fault maps it.
static errval_t become_private(struct memobj *memobj, struct chunk *chunk)
{
    struct capref frame;
    struct memobj_page page;
    errval_t err = copy_of(memobj, chunk, &frame);
    if (err_is_fail(err))
        return err;
    err = chunk_unmap(memobj, chunk, &page);
    if (err_is_fail(err)) {
        (void)cap_destroy(frame);
        return err;
    }
    assert(chunk->readonly && !chunk->owned); // CW1
    chunk->frame = frame;
    chunk->frame_offset = 0;
    chunk->owned = true;
    chunk->readonly = false;
    return chunk_map(memobj, chunk);
}

static errval_t cow_pagefault(struct memobj *memobj, struct vregion *vregion, genvaddr_t offset,
                              enum pagefault_exception_type type)
{
    (void)vregion;
    genvaddr_t page = offset - offset % BASE_PAGE_SIZE;
    // Two pages are mapped, one of them in the window.
    errval_t err = vspace_reserve(2 * BASE_PAGE_SIZE, 2);
    if (err_is_ok(err) && chunk_find(memobj, page) == NULL) {
        struct chunk model = {.node = {.base = page, .bytes = BASE_PAGE_SIZE},
                              .frame = memobj->frame,
                              .frame_offset = page,
                              .readonly = true};
        err = chunk_add(memobj, &model);
    }
    if (err_is_fail(err))
        return err;
    struct chunk *chunk = chunk_find(memobj, page);
    bool write = type == PAGEFLT_WRITE && chunk->readonly;
    err = chunk_pagefault(memobj, chunk, write ? PAGEFLT_READ : type);
    return err_is_ok(err) && write ? become_private(memobj, chunk) : err;
}

static const struct memobj_ops cow_ops = {
    CHUNKS_OPS,
    .pagefault = cow_pagefault,
};

errval_t memobj_create_cow(struct memobj *memobj, size_t size, memobj_flags_t flags,
                           struct capref frame)
{
    struct frame_identity identity;
    errval_t err = frame_identify(frame, &identity);
    if (err_is_ok(err)) {
        err = size > identity.bytes ? LIB_ERR_INVALID_ARGS
                                    : chunks_init(memobj, &cow_ops, size, flags, BASE_PAGE_SIZE);
    }
    if (err_is_ok(err))
        memobj->frame = frame;
    return err;
}
