// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The slot allocator and deletion, in their place.
#pragma once

#include <testlib/testlib.h>

struct fake_slots {
    unsigned left, made, freed, deleted;
};
extern struct fake_slots fake_slots;
