// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Tables grow by what is missing at once where there are so many pages together, else in smaller
// parts. What was got is never given back: tables stay as large as they had to be once.
#include "grow.h"

#include "barrelfish/vspace_common.h"

static bool grow_by(struct slab_allocator *slab, size_t bytes)
{
    void *buf;
    if (err_is_fail(vspace_map_anon_attr(&buf, NULL, NULL, bytes, NULL, VREGION_FLAGS_READ_WRITE)))
        return false;
    slab_grow(slab, buf, bytes);
    return true;
}

bool memory_grow_slab(struct slab_allocator *slab, size_t blocks)
{
    size_t part = SIZE_MAX;
    while (slab_freecount(slab) < blocks) {
        size_t missing = page_round_up((blocks - slab_freecount(slab)) * slab->blocksize);
        part = part < missing ? part : missing;
        if (!grow_by(slab, part)) {
            if (part == BASE_PAGE_SIZE)
                return false;
            part = page_round_up(part / 2);
        }
    }
    return true;
}
