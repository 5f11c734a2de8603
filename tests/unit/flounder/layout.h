// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a row of bytes must be, said once more and apart from the compiler: a layout is a text of
//   nN  a number of N bytes              b   a bool
//   eN  an enum of N elements            c   what identify tells of a capability
//   tN  a text of at most N bytes        aN( ... )  an array of at most N elements
//   rN( ... )  N times the same
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <testlib/testlib.h>

/// Whether so many words are a message of a layout.
bool layout_allows(const char *layout, const uint64_t *words, unsigned count);

/// Makes a message of a layout with any right values; returns its words, of which there are `most` at
/// most.
unsigned layout_make(const char *layout, struct test_random *random, uint64_t *words,
                     unsigned most);
