// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Page tables of the own address space, made by VNode invocations: one invocation for as many pages
// as one table maps. Tables stay when what they map goes. Callers hold the lock of memory
// management; programs use barrelfish/vspace_common.h.
// PM1 A mapping's entries lie in one table, one at least.
// PM2 A known table's first address is a multiple of what it maps.
#pragma once

#include "barrelfish/caddr.h"

#define PMAP_BUCKETS 64u

/// One page table.
struct pmap_table {
    struct pmap_table *next; ///< in its bucket
    genvaddr_t base;         ///< first address that it maps
    capaddr_t cap;
    uint8_t level; ///< 0: ptable, 1: pdir, 2: pdpt
};

/// Consecutive entries of one table that map part of a frame: a Mapping capability.
struct pmap_mapping {
    struct pmap_mapping *next;
    const struct pmap_table *table;
    capaddr_t cap;
    uint16_t first, count;
};

/// Private to pmap.c; visible for allocation.
struct pmap {
    struct capref root;
    struct pmap_table *buckets[PMAP_BUCKETS];
};

/// Part of a frame, to be mapped.
struct pmap_source {
    struct capref frame;
    gensize_t offset;
    genpaddr_t base; ///< of the frame; used with VREGION_FLAGS_LARGE only
};

void pmap_init(struct pmap *pmap, struct capref root);

/// Map whole pages. Large ones where VREGION_FLAGS_LARGE and the alignment of all allow it. The
/// mappings are put in *list, which is empty. On an error nothing stays mapped.
LIB_MUST_CHECK errval_t pmap_map(struct pmap *pmap, genvaddr_t vaddr,
                                 const struct pmap_source *source, size_t bytes, uint64_t flags,
                                 struct pmap_mapping **list);

/// Undo mappings; *list is empty afterwards, or holds what could not be undone.
errval_t pmap_unmap(struct pmap_mapping **list);

/// Change the flags of what a list maps of [vaddr, vaddr + bytes).
LIB_MUST_CHECK errval_t pmap_modify(struct pmap_mapping *list, genvaddr_t vaddr, size_t bytes,
                                    uint64_t flags);

/// What the entries of a list of mappings say.
struct pmap_bits {
    bool present, writable; ///< all of them
    bool accessed, dirty;   ///< some of them, since they were made or rewritten
};

void pmap_read(const struct pmap_mapping *list, struct pmap_bits *bits);

/// Give all entries of a list new flags, which also clears what the processor marks in them; *bits
/// is what they said before, with no access in between. Mappings that were revoked are passed over.
LIB_MUST_CHECK errval_t pmap_rewrite(struct pmap_mapping *list, uint64_t flags,
                                     struct pmap_bits *bits);

/// The page tables of the domain.
struct pmap *get_current_pmap(void);
