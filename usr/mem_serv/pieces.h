// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The memory server's RAM capabilities: cutting a piece off a range and taking pieces back. Private
// to the memory server. One thread only.
//
// P1 Every free range is covered by exactly one capability here, and by none elsewhere.
// P2 Memory handed out is covered by no capability here: so it is returned by the CPU driver when
//    its holders have deleted it.
// P3 Nothing that may allocate is called between a look into the free ranges and the end of the
//    change, because allocating here means cutting a piece.
#pragma once

#include "free_ranges.h"

#include "barrelfish/caddr.h"

void pieces_init(void);

/// A RAM capability for the request, in a slot of its own; *base is its place. LIB_ERR_RAM_ALLOC;
/// LIB_ERR_RAM_ALLOC_WRONG_SIZE; LIB_ERR_SLOT_ALLOC_NO_SPACE; LIB_ERR_MALLOC_FAIL.
LIB_MUST_CHECK errval_t pieces_take(const struct free_request *request, struct capref *ret,
                                    genpaddr_t *base);

/// Make the memory of the RAM capability free and empty its slot. Neighbouring ranges become one.
/// *base and *bytes say what memory that was. On an error the capability stays where it is.
/// SYS_ERR_CAP_TYPE: not RAM; LIB_ERR_MALLOC_FAIL, LIB_ERR_SLOT_ALLOC_NO_SPACE: not while
/// pieces_reserve() and slots have covered all that is handed out.
LIB_MUST_CHECK errval_t pieces_put(struct capref cap, genpaddr_t *base, gensize_t *bytes);

/// Bytes that are free, and the ranges that they make up.
gensize_t pieces_free_bytes(void);
size_t pieces_free_ranges(void);

/// Metadata for this many more ranges, and a few; call when nothing else is under way. False: there
/// is no memory for it.
bool pieces_reserve(size_t count);
