// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What ram_alloc.c and cap_create.c do for the rest of the library, and ram_regions.c, which serves
// RAM out of regions that the domain holds itself, for ram_alloc.c. Private to the library.
#pragma once

#include "barrelfish/lmp_rpc.h"
#include "barrelfish/ram_alloc.h"

/// One request to the memory server that brings no capability back (if/mem_serv.h), with a copy of
/// `send` if it is not NULL_CAP; words are replaced by those of the reply. LIB_ERR_NOT_IMPLEMENTED:
/// this domain uses no memory server.
LIB_MUST_CHECK errval_t ram_server_call(uint64_t words[LMP_MSG_LENGTH], struct capref send);

/// An object that is all of new RAM, in an empty slot. For mm_source.
LIB_MUST_CHECK errval_t ram_create(struct capref dest, enum objtype type, size_t bytes,
                                   size_t alignment);

/// Take over the RAM capabilities in SUPERCN.
errval_t ram_regions_init(void);

/// A ram_alloc_func_t.
errval_t ram_regions_alloc(struct capref *ret, const struct ram_request *request);
