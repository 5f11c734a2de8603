// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory objects of chunks that the program fills itself, one frame for each. A chunk shows at once
// when it is filled, so that there is nothing to answer: an access to one that is not is an error.
#include "memobj_chunks.h"

errval_t fixed_fill(struct memobj *memobj, genvaddr_t offset, struct capref frame, size_t size,
                    gensize_t frame_offset)
{
    if (offset % memobj->chunk_size != 0 || size != memobj->chunk_size || offset >= memobj->size)
        return LIB_ERR_INVALID_ARGS;
    struct chunk model = {
        .node = {.base = offset, .bytes = size}, .frame = frame, .frame_offset = frame_offset};
    return chunk_add(memobj, &model);
}

errval_t fixed_unfill(struct memobj *memobj, genvaddr_t offset, struct memobj_page *ret)
{
    struct chunk *chunk = chunk_find(memobj, offset);
    struct memobj_page page;
    if (chunk == NULL || offset != chunk->node.base)
        return LIB_ERR_INVALID_ARGS;
    errval_t err = chunk_unmap(memobj, chunk, &page);
    if (err_is_ok(err))
        err = chunk_remove(memobj, chunk);
    if (err_is_ok(err))
        *ret = page;
    return err;
}

static const struct memobj_ops fixed_ops = {
    CHUNKS_OPS,
    .fill = fixed_fill,
    .unfill = fixed_unfill,
};

errval_t memobj_create_fixed(struct memobj *memobj, size_t size, memobj_flags_t flags, size_t count,
                             size_t chunk_size)
{
    if (count == 0 || size % count != 0 || size / count != chunk_size)
        return LIB_ERR_INVALID_ARGS;
    return chunks_init(memobj, &fixed_ops, size, flags, chunk_size);
}
