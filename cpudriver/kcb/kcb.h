// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The kernel control block: all mutable state of one core's CPU driver. It is this core's alone
// because every core maps its own pages at its address (design, rule 1), so nothing here is locked,
// atomic or indexed by core.

#pragma once

#include "arch/arch_kcb.h"
#include "caps/caps.h"
#include "kpi/bootinfo.h"
#include "kpi/dispatcher.h"
#include "kpi/list.h"
#include "kpi/syscalls.h"
#include "lmp/lmp.h"
#include "machine/space.h"

#define KCB_STACK_BYTES 12288u
#define VECTOR_NOTIFY_FIRST KERNEL_VECTOR_NOTIFY_FIRST
#define VECTOR_NOTIFY_END KERNEL_VECTOR_NOTIFY_END

#define TIMER_BUCKETS 256u

struct dcb;

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

/// Times that dispatchers wait for: a wheel whose buckets each hold those due in one period
/// (timer.c).
struct timer_wheel {
    struct timer *bucket[TIMER_BUCKETS];
    uint64_t occupied[TIMER_BUCKETS / 64];
    uint64_t now; ///< number of the last period that was handled
};

/// Dispatchers that have one turn together (schedule.h).
struct run_group {
    struct list turn;    ///< its place in kcb.turns, if it has members
    struct list members; ///< those that are runnable
    uint64_t begun;      ///< how often
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
    struct dcb *picked;  ///< of the runnable ones the one that runs now, or NULL
    struct list turns;   ///< groups with runnable dispatchers, the current one first
    struct run_group groups[KERNEL_GROUPS];
    struct run_group former; ///< those whose group has begun anew
    struct dcb *fpu_owner;   ///< whose FPU state, and selectors, are in the registers
    uint64_t slice_end;      ///< TSC; 0: it does not matter
    bool slice_owned;        ///< the slice is that of the present head
    bool unsettled;          ///< an event's end has to arm the timer anew
    uint64_t runnable;       ///< how many are
    struct timer_wheel timers;
    struct vector vectors[VECTOR_NOTIFY_END - VECTOR_NOTIFY_FIRST];

    // Accounting: enum kernel_stat.
    uint64_t stats[KERNEL_STAT_COUNT];
    uint64_t event_start;
    uint64_t event_what;
    uint64_t event_ended; ///< TSC: since then `current` runs
    uint64_t idle_since;
};

extern struct kcb kcb;
