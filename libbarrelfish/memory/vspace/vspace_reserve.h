// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Metadata of the address-space manager; private to it.
// VS1 The RAM set aside for tables is used from its beginning on.
#pragma once

#include "barrelfish/caddr.h"
#include "barrelfish/slab.h"

enum vspace_slab {
    VSPACE_SLAB_REGION,
    VSPACE_SLAB_MEMOBJ,
    VSPACE_SLAB_TABLE,
    VSPACE_SLAB_MAPPING,
    VSPACE_SLAB_CHUNK, ///< not needed for mapping itself: only reserved when asked for
    VSPACE_SLABS
};

#define VSPACE_CHUNK_BYTES 88u ///< of a struct chunk (memobj_chunks.h)

void vspace_reserve_init(void);
void vspace_refill(void); ///< for mm_source

/// A zeroed block, or NULL.
void *vspace_block_alloc(enum vspace_slab slab);
void vspace_block_free(enum vspace_slab slab, void *block);

/// Make sure that mapping `bytes`, in as many as `chunks` pieces (0: as a whole), and entering as
/// many chunks, will find all slots and metadata it needs, as far as growing is allowed now.
errval_t vspace_reserve(size_t bytes, size_t chunks);

/// An empty slot with a new page table in it, out of memory set aside for tables.
errval_t vspace_table_alloc(struct capref *ret, enum objtype type);
