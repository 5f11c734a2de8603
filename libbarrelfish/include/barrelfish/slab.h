// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Blocks of one size out of memory that the caller gives: the allocator below the heap, on which
// the address-space manager stands. Not thread-safe by itself. Names and meanings are Barrelfish's.
// SL1 No more blocks are free than there are.
#pragma once

#include "kpi/errors.h"

struct slab_allocator;

/// Called when the last block is gone; is to call slab_grow().
typedef errval_t (*slab_refill_func_t)(struct slab_allocator *slabs);

/// Private to slab.c; visible for allocation.
struct slab_allocator {
    void *free_list;
    size_t blocksize;
    size_t free_count;
    size_t total_count;
    slab_refill_func_t refill_func;
    bool refilling;
};

/// Every block starts at a multiple of this many bytes.
#define SLAB_ALIGNMENT 16u

/// Room that `blocks` blocks need in a buffer of any alignment.
#define SLAB_BUFFER_BYTES(blocks, blocksize)                                                       \
    ((blocks) * (((blocksize) + SLAB_ALIGNMENT - 1) & ~(size_t)(SLAB_ALIGNMENT - 1)) +             \
     SLAB_ALIGNMENT - 1)

/// Prepare an allocator without any block. refill_func may be NULL.
void slab_init(struct slab_allocator *slabs, size_t blocksize, slab_refill_func_t refill_func);

/// Give memory, which the allocator keeps for ever; what does not fill a block is lost.
void slab_grow(struct slab_allocator *slabs, void *buf, size_t buflen);

/// A block of undefined content, or NULL when there is none and refilling brought none.
void *slab_alloc(struct slab_allocator *slabs);

/// Give a block back. NULL is ignored.
void slab_free(struct slab_allocator *slabs, void *block);

/// Free blocks.
size_t slab_freecount(const struct slab_allocator *slabs);
