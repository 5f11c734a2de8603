// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The processor's part of a switch between dispatchers, inline for the path of LRPC.

#pragma once

#include "arch/cpu.h"
#include "kcb/dcb.h"

/// Load a root table, unless it is loaded and the TLB agrees with it (arch.tlb_stale).
static inline void space_load(lpaddr_t root)
{
    if (kcb.arch.cr3 == root && !kcb.arch.tlb_stale)
        return;
    kcb.arch.cr3 = root;
    kcb.arch.tlb_stale = false;
    cpu_write_cr3(root);
}

/// `mask` is kcb.arch.xsave_mask.
static inline void fpu_save(struct dcb *dcb, uint32_t mask)
{
    asm volatile("xsave %0" : "+m"(*(uint8_t(*)[DCB_FPU_BYTES])dcb_fpu(dcb)) : "a"(mask), "d"(0));
}

static inline void fpu_load(struct dcb *dcb, uint32_t mask)
{
    asm volatile("xrstor %0" : : "m"(*(uint8_t(*)[DCB_FPU_BYTES])dcb_fpu(dcb)), "a"(mask), "d"(0));
}

static inline void bases_save(struct dcb *dcb)
{
    dcb->fs_base = cpu_read_fs_base();
    dcb->gs_base = cpu_read_gs_base();
}

static inline void bases_load(const struct dcb *dcb)
{
    cpu_write_fs_base(dcb->fs_base);
    cpu_write_gs_base(dcb->gs_base);
}

/// `to` comes onto the core, where `from` (NULL: one that is no more) was last: no selector of ds,
/// es, fs and gs is left to it. That nobody has one is the only case that is quick. The bases of
/// `from` are saved before, and those of `to` loaded afterwards, for a selector changes them.
static inline void selectors_hand_over(struct dcb *from, struct dcb *to)
{
    if (__builtin_expect(!cpu_has_selector(to->selectors), true))
        return;
    if (from != NULL)
        from->selectors = cpu_read_selectors();
    cpu_write_selectors(to->selectors);
    to->selectors = 0;
}

/// `to`, which has run before, comes onto the core in the place of `from`.
static inline void fpu_hand_over(struct dcb *from, struct dcb *to)
{
    uint32_t mask = (uint32_t)kcb.arch.xsave_mask;
    fpu_save(from, mask);
    fpu_load(to, mask);
    kcb.fpu_owner = to;
    selectors_hand_over(from, to);
}
