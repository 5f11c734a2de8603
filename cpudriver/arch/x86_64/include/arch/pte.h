// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Page-table entries of x86-64 in 4-level paging (Intel SDM vol. 3, 4.5): how VREGION_FLAGS_ become
// bits. Knows nothing of capabilities, and reads no tables.
//
// Write-combining needs a page attribute table that offers it (vol. 3, 12.12.2: after reset none
// does), so it is asked for as UC-, which becomes write-combining where an MTRR says so.

#pragma once

#include "kpi/types.h"
#include "kpi/vspace.h"

#define PTE_PRESENT (1ul << 0)
#define PTE_WRITE (1ul << 1)
#define PTE_USER (1ul << 2)
#define PTE_WRITE_THROUGH (1ul << 3)
#define PTE_CACHE_DISABLE (1ul << 4)
#define PTE_ACCESSED (1ul << 5) ///< set by the processor
#define PTE_LARGE (1ul << 7)    ///< in a pdpt or pdir; a page-table entry that we write has 0 there
#define PTE_NO_EXECUTE (1ul << 63)
#define PTE_ADDRESS 0x000ffffffffff000ul

/// Entries of a root table below this are user space's. This one holds the page at USER_VADDR_TOP,
/// and is nobody's; the upper half is the kernel's.
#define PTE_ROOT_USER_END 255u

/// An entry that leads to a lower table. Its pages' rights are in their own entries.
static inline uint64_t pte_table(lpaddr_t table)
{
    return table | PTE_PRESENT | PTE_WRITE | PTE_USER;
}

/// The bits of a page's entry that VNODE_CMD_MAP and MAPPING_CMD_MODIFY choose.
static inline uint64_t pte_flags(uint64_t flags, bool device)
{
    uint64_t entry = PTE_PRESENT | PTE_USER;
    if ((flags & VREGION_FLAGS_WRITE) != 0)
        entry |= PTE_WRITE;
    if ((flags & VREGION_FLAGS_EXECUTE) == 0)
        entry |= PTE_NO_EXECUTE;
    if ((flags & VREGION_FLAGS_WRITE_COMBINING) != 0)
        entry |= PTE_CACHE_DISABLE;
    else if (device || (flags & VREGION_FLAGS_NOCACHE) != 0)
        entry |= PTE_CACHE_DISABLE | PTE_WRITE_THROUGH;
    return entry;
}

/// An entry that maps a page; `large` for one of 2 MiB or 1 GiB.
static inline uint64_t pte_page(lpaddr_t page, bool large, uint64_t flags, bool device)
{
    return page | (large ? PTE_LARGE : 0) | pte_flags(flags, device);
}

/// The entry of the same page with other flags.
static inline uint64_t pte_change(uint64_t entry, uint64_t flags, bool device)
{
    return (entry & (PTE_ADDRESS | PTE_LARGE)) | pte_flags(flags, device);
}

/// Bits of the virtual address below the part that indexes a table: pages that one of its entries
/// covers. `level` is 0 for the root, 3 for a ptable.
static inline unsigned pte_level_bits(unsigned level)
{
    return BASE_PAGE_BITS + 9 * (3 - level);
}
