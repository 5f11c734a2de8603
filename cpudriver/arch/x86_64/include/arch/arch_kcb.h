// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The part of the kcb that is x86's: descriptor tables, task state, the FPU's configuration, and what
// memory there is to map.

#pragma once

#include "arch/layout.h"

#define GDT_ENTRIES 7u
#define IDT_ENTRIES 256u
#define FAULT_STACK_BYTES 4096u

/// Exceptions that may hit before the CPU driver is on its own stack, or when that is lost, each
/// with a stack of its own: one of them can hit while another is handled. The numbers are those of
/// the gates (IST).
enum fault_stack {
    FAULT_STACK_NMI = 1,
    FAULT_STACK_DOUBLE,
    FAULT_STACK_MACHINE_CHECK,
    FAULT_STACK_DEBUG,
    FAULT_STACKS_END
};

struct idt_entry {
    uint16_t offset_0;
    uint16_t selector;
    uint8_t ist;
    uint8_t type;
    uint16_t offset_16;
    uint32_t offset_32;
    uint32_t reserved;
};
_Static_assert(sizeof(struct idt_entry) == 16, "Intel SDM vol. 3, 6.14.1");

struct __attribute__((packed)) task_state {
    uint32_t reserved0;
    uint64_t rsp[3];
    uint64_t reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map;
};
_Static_assert(sizeof(struct task_state) == 104, "Intel SDM vol. 3, 7.7");

struct space_region {
    lpaddr_t base;
    gensize_t bytes;
};

/// The machine as every core's page tables need it.
struct boot_space {
    lpaddr_t window_bytes; ///< end of the highest RAM
    lpaddr_t local_apic, io_apic;
    lpaddr_t trampoline; ///< page below 1 MiB that further cores start in
    uint16_t pm_timer_port;
    uint8_t pm_timer_bits;
    uint32_t pool_count;
    struct space_region pool[POOL_REGIONS_MAX]; ///< private pages of all cores: aligned to 2 MiB
};
struct arch_kcb {
    uint64_t gdt[GDT_ENTRIES];
    struct task_state tss;
    struct idt_entry idt[IDT_ENTRIES];
    uint8_t fault_stacks[FAULT_STACKS_END - 1][FAULT_STACK_BYTES] __attribute__((aligned(16)));
    uint64_t xsave_mask;
    uint32_t xsave_bytes;
    uint64_t cr3;            // loaded root table
    bool tlb_stale;          // entries were cleared or changed since it was loaded
    uint64_t timer_deadline; // TSC at which the armed timer fires; 0: not armed
};
