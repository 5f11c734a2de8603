// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The kernel's half of one core's address space, and a core's way into it.

#pragma once

#include "arch/arch_kcb.h"
#include "arch/layout.h"

/// What a core is told when it starts. The first word is known to trampoline.S. It lies in the last
/// bytes of the core's bootinfo frame (CORE_START_OFFSET), written by the CPU driver that starts
/// the core.
struct core_start {
    uint64_t stack_top; ///< physical; in the core's own private memory
    lpaddr_t private_base;
    lpaddr_t bootinfo;
    uint32_t apic_id;
    coreid_t core_id;
    uint16_t reserved;
};
#define CORE_START_OFFSET (65536u - 256u)

/// Written by the boot core before any other starts.
extern struct boot_space boot_space;

/// Where a core that wakes in the trampoline finds its struct core_start, by APIC ID; 0: not
/// started. The boot core's own is there too.
extern lpaddr_t boot_handover[256];

/// Build this core's page tables in its private memory, load them and go on in `main` on the core's
/// own stack. Called on the boot page tables.
_Noreturn void space_enter(const struct core_start *start, void (*main)(const struct core_start *));

/// Put the kernel's half into a domain's root table.
void space_share_kernel_half(uint64_t *pml4);

/// Walk this core's page tables for an address in the kernel's half. Returns the physical address
/// with KERNEL_TRANSLATE_ bits, or 0 if it is not mapped; *span is set to the bytes up to the end
/// of the page or hole.
uint64_t space_translate(lvaddr_t vaddr, uint64_t *span);

/// Walk a domain's page tables. Returns a pointer through the window to the byte at vaddr, or NULL
/// if it is not mapped for user mode (and for writing, if write is set); *left is set to the bytes
/// up to the end of its 4 KiB page.
void *space_user_ptr(lpaddr_t pml4, lvaddr_t vaddr, bool write, size_t *left);

/// Whether the window maps all of [base, base + bytes).
bool space_window_covers(lpaddr_t base, gensize_t bytes);
