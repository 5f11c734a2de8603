// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Slab allocator: one list of free blocks, linked through the blocks themselves. Refilling may
// allocate from the same allocator (a mapping needs metadata), which then takes what is left and
// does not refill a second time; who wants that to succeed refills before the last blocks are used.
#include "barrelfish/slab.h"

#include <assert.h>

static size_t round_up(size_t value)
{
    return (value + SLAB_ALIGNMENT - 1) & ~(size_t)(SLAB_ALIGNMENT - 1);
}

void slab_init(struct slab_allocator *slabs, size_t blocksize, slab_refill_func_t refill_func)
{
    *slabs = (struct slab_allocator){
        .blocksize = round_up(blocksize == 0 ? 1 : blocksize),
        .refill_func = refill_func,
    };
}

static void push(struct slab_allocator *slabs, void *block)
{
    *(void **)block = slabs->free_list;
    slabs->free_list = block;
    slabs->free_count++;
    assert(slabs->free_count <= slabs->total_count); // SL1
}

void slab_grow(struct slab_allocator *slabs, void *buf, size_t buflen)
{
    size_t skip = -(uintptr_t)buf & (SLAB_ALIGNMENT - 1);
    size_t blocks = buflen < skip ? 0 : (buflen - skip) / slabs->blocksize;
    slabs->total_count += blocks;
    // From the last to the first, so that they are handed out in the order of their addresses.
    for (size_t i = blocks; i > 0; i--)
        push(slabs, (char *)buf + skip + (i - 1) * slabs->blocksize);
}

void *slab_alloc(struct slab_allocator *slabs)
{
    if (slabs->free_list == NULL && slabs->refill_func != NULL && !slabs->refilling) {
        slabs->refilling = true;
        errval_t err = slabs->refill_func(slabs);
        slabs->refilling = false;
        if (err_is_fail(err))
            return NULL;
    }
    void *block = slabs->free_list;
    if (block != NULL) {
        slabs->free_list = *(void **)block;
        slabs->free_count--;
    }
    return block;
}

void slab_free(struct slab_allocator *slabs, void *block)
{
    if (block != NULL)
        push(slabs, block);
}

size_t slab_freecount(const struct slab_allocator *slabs)
{
    return slabs->free_count;
}
