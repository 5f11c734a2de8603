// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The kernel control block: all mutable state of one core's CPU driver. It is this core's alone
// because every core maps its own pages at its address (design, rule 1), so nothing here is locked,
// atomic or indexed by core.
//
// CU1 Only the current dispatcher's registers are in regs, and only it blocks, waits, is saved or
//     entered. In user mode there is one, and it is runnable.
// CU2 The selectors of fpu_owner are in the processor and 0 in its dcb.
// CU3 No timer of a dispatcher that has been stopped or killed runs, and it is not runnable again.

#pragma once

#include "arch/arch_kcb.h"
#include "caps/caps.h"
#include "kpi/dispatcher.h"
#include "sched/schedule.h"
#include "sched/timer.h"

#define KCB_STACK_BYTES 12288u
#define VECTOR_NOTIFY_FIRST KERNEL_VECTOR_NOTIFY_FIRST
#define VECTOR_NOTIFY_END KERNEL_VECTOR_NOTIFY_END

struct dcb;

/// Somebody in the CPU driver who tells an endpoint that something has happened (lmp/lmp.h).
struct lmp_notice {
    struct cte endpoint; ///< a copy of the capability; Null: nobody is told
    bool told;           ///< a notification has been sent
    uint32_t delivered;  ///< the buffer's count just after it. Of a notice that is silent for
                         ///< exactly 2^32 messages the next one may wait for the one after
    struct list owed;    ///< place among those that the dispatcher is owed
};

/// An interrupt vector that stands for an endpoint of a dispatcher on this core.
struct vector {
    struct lmp_notice notice; ///< its endpoint is Null when the vector is free
    uint32_t gsi;             ///< global interrupt routed here plus 1, or 0
    bool takes_irq;           ///< made as an IRQDest
};

/// Where capabilities go that come back to the monitor or the memory server (SET_RETURNS).
struct returns {
    struct cte cnode;
    struct lmp_notice notice;
    uint32_t cursor; ///< slot to look at first
};

struct kcb {
    uint8_t guard[4096]; ///< not mapped: what overruns the stack faults
    uint8_t stack[KCB_STACK_BYTES];
    struct registers regs; ///< of the dispatcher that entered; entry.S knows the place
    struct arch_kcb arch;

    // This core.
    coreid_t core_id;
    uint32_t apic_id;
    lpaddr_t private_base;
    lpaddr_t kernel_root;                           ///< root table without a domain
    uint64_t kernel_pml4_window, kernel_pml4_image; ///< entries that every root table gets
    uint64_t tsc_per_ms, apic_ticks_per_ms;
    uint64_t start_tsc;
    struct boot_space space;

    // Capabilities.
    struct caps caps;
    struct returns returns[KERNEL_RETURNS_COUNT];
    uint64_t returned_bytes;
    uint64_t next_id;

    // Dispatchers.
    struct dcb *current; ///< whose registers are in regs or on the core; NULL when idle
    struct schedule schedule;
    struct timer_wheel timers;
    struct dcb *fpu_owner; ///< whose FPU state, and selectors, are in the registers
    struct vector vectors[VECTOR_NOTIFY_END - VECTOR_NOTIFY_FIRST];

    // Accounting: enum kernel_stat.
    uint64_t stats[KERNEL_STAT_COUNT];
    uint64_t event_start;
    uint64_t event_what;
    uint64_t event_ended; ///< TSC: since then `current` runs
    uint64_t idle_since;
};

extern struct kcb kcb;
