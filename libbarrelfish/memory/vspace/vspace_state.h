// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The state of an address space, private to the address-space manager. Callers hold mm.h's lock.
#pragma once

#include "barrelfish/pmap.h"
#include "barrelfish/vspace.h"
#include "util/address_map.h"

struct vspace {
    struct address_map map;
    struct pmap pmap;
};

/// Pages left unmapped around a region that the library places.
#define VSPACE_GUARD BASE_PAGE_SIZE
