// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A region of memory that is larger than the frames behind it: pages come from a store when they
// are touched and go there again, if they were written, when a policy says so.
#pragma once

#include "pager_policy.h"
#include "store.h"

#define PAGER_NO_PAGE UINT32_MAX

struct pager {
    struct memobj memobj;
    uint8_t *region; ///< what the program uses
    struct store *store;
    struct capref memory;            ///< all frames, in one
    uint8_t *window;                 ///< where the pager itself sees it
    unsigned page[PAGER_FRAMES_MAX]; ///< in each frame, or PAGER_NO_PAGE
    const struct pager_policy *policy;
    struct pager_policy_state state;
    unsigned faults, write_backs;
};

/// Make a region of all pages of the store with `frames` frames behind it.
errval_t pager_start(struct pager *pager, struct store *store, unsigned frames,
                     const struct pager_policy *policy);

/// Write back what is dirty and end the region.
errval_t pager_end(struct pager *pager);
