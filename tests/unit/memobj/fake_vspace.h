// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What memory objects stand on, in place of the address-space manager and the CPU driver: one list
// of page-table entries, frames that are numbers, and a call that fails when it is told to.
#pragma once

#include "barrelfish/vregion.h"

struct fake {
    unsigned frames;                        ///< that live
    unsigned blocks;                        ///< of metadata in use
    unsigned mappings;                      ///< made and not undone
    unsigned locks;                         ///< depth of mm_enter()
    unsigned fail_in;                       ///< 1: the next call that can fails; 0: none
    size_t reserved_bytes, reserved_chunks; ///< vspace_reserve()
    uint8_t *window;                        ///< what vspace_map_one_frame() mapped last
};

extern struct fake fake;

/// What an address shows.
struct fake_entry {
    bool present, writable, accessed, dirty;
    struct capref frame;
    gensize_t offset;
};

void fake_start(void);

/// The entry of a page, to look at or to mark.
struct fake_entry *fake_entry(genvaddr_t vaddr);

struct capref fake_frame(cslot_t number);
