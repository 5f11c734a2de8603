// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The CPU driver's words: to the serial port, and its last ones also to the debug console that the
// runner keeps.

#pragma once

#include "kpi/dispatcher.h"

#include <stdarg.h>

/// Print; knows %s %c %d %u %x %lu %lx %p %% with width and zero fill.
void kprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// An invariant is broken or the machine cannot boot: say so with a backtrace, and stop the
/// machine.
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/// The same for an exception in the CPU driver itself, that of a broken invariant (lib/kassert.h)
/// among them.
_Noreturn void panic_exception(uint64_t vector, uint64_t error, const struct registers *regs);

/// This core cannot go on for a reason that the machine's user can mend: say it and stop, without a
/// dump. With the boot core the machine ends; without a further one it goes on, and who started that
/// finds that it does not come up.
_Noreturn void boot_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
