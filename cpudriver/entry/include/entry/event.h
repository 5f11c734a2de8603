// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The frame of every event: an entry into the CPU driver begins one, and it ends in a dispatcher or
// in idleness.

#pragma once

#include "arch/cpu.h"
#include "dispatch/dispatch.h"

/// An event begins. `what` (KERNEL_EVENT_ and commands, kpi/syscalls.h) is kept for the longest
/// one.
static inline void event_begin(uint64_t what)
{
    kcb.event_start = cpu_tsc();
    kcb.event_what = what;
    kcb.stats[KERNEL_STAT_EVENTS]++;
}

/// The same, if it is `dcb`, the current dispatcher, that was interrupted or entered.
static inline void event_begin_in(struct dcb *dcb, uint64_t what)
{
    event_begin(what);
    dcb->run_cycles += kcb.event_start - kcb.event_ended;
}

/// The event is handled: decide who runs, arm the timer and have kcb.regs ready. If the dispatcher
/// that kcb.current names already goes on, true is returned: of what kcb.regs holds, rcx and r11
/// need not be kept. Otherwise another one's registers are loaded. Halts if nothing can run.
bool event_end(void);

/// Measure the event that ends now.
static inline void event_account(void)
{
    kcb.event_ended = cpu_tsc();
    uint64_t cycles = kcb.event_ended - kcb.event_start;
    kcb.stats[KERNEL_STAT_EVENT_CYCLES] += cycles;
    if (cycles > kcb.stats[KERNEL_STAT_LONGEST_CYCLES]) {
        kcb.stats[KERNEL_STAT_LONGEST_CYCLES] = cycles;
        kcb.stats[KERNEL_STAT_LONGEST_WHAT] = kcb.event_what;
    }
}

/// As event_end() after the core was handed over to kcb.current (lrpc.h): there is nothing to
/// decide.
static inline bool event_end_direct(void)
{
    if (kcb.schedule.unsettled) {
        kcb.regs.rcx = kcb.regs.r11 = 0; // as SYSRET would not leave them
        return event_end();
    }
    event_account();
    return true;
}

/// The core's first entry into a dispatcher.
_Noreturn void event_first(void);
