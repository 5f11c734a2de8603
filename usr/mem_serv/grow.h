// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory for the memory server's own tables. Private to the memory server.
#pragma once

#include "barrelfish/slab.h"

/// Sees to it that so many blocks are free, out of pages that need not lie together: memory may be
/// scattered. False: there is no page left. Allocates (P3 of pieces.h).
bool memory_grow_slab(struct slab_allocator *slab, size_t blocks);
