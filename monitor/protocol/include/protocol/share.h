// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// One domain's share of a table that all domains of a core, or of the machine, use. The tables are
// bounded (C10), so that without it one domain could take every entry and leave the others none.
// Here the entries of a short table are counted in the table itself; shares.h counts those of long
// ones as they come and go.

#pragma once

#include "kpi/types.h"

/// A domain may have one part in so many of a table: a single greedy one, or a broken one, leaves
/// most of it to the others, and an honest one needs far less.
#define SHARE_PARTS 4u
/// The same of a table that the whole machine uses, where each core may have a greedy one.
#define SHARE_PARTS_MACHINE 16u

/// Tells whether `domain` has `most` entries of a table, so that it gets no further one (answered
/// with MON_ERR_LIMIT). `first` is that field of the first entry that says whose it is, and
/// `entry_bytes` what lies between two of them.
static inline bool share_is_used(const domainid_t *first, size_t entry_bytes, unsigned entries,
                                 domainid_t domain, unsigned most)
{
    const uint8_t *field = (const uint8_t *)first;
    unsigned count = 0;
    for (unsigned i = 0; i < entries; i++, field += entry_bytes)
        count += *(const domainid_t *)field == domain ? 1 : 0;
    return count >= most;
}
