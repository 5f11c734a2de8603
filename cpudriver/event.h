// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The frame of every event: an entry into the CPU driver begins one, and it ends in a dispatcher or
// in idleness.

#pragma once

#include <stdbool.h>
#include <stdint.h>

/// An event begins. `what` (KERNEL_EVENT_ and commands, kpi/syscalls.h) is kept for the longest
/// one.
void event_begin(uint64_t what);

/// The event is handled: decide who runs, arm the timer and have kcb.regs ready. If the dispatcher
/// that entered goes on in place, true is returned; then kcb.regs is as the caller left it.
/// Otherwise another one's registers are loaded. Halts if nothing can run.
bool event_end(void);

/// The core's first entry into a dispatcher.
_Noreturn void event_first(void);
