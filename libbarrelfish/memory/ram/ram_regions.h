// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Serving RAM out of regions that the domain holds itself; private to ram_alloc.c.
#pragma once

#include "barrelfish/ram_alloc.h"

/// Take over the RAM capabilities in SUPERCN.
errval_t ram_regions_init(void);

/// A ram_alloc_func_t.
errval_t ram_regions_alloc(struct capref *ret, const struct ram_request *request);
