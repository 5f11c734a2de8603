// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Processor tables for traps and system calls, and the ways in and out that assembly provides.

#pragma once

#include <stdint.h>

/// Load descriptor tables, task state and the SYSCALL registers; turn on what protects the CPU
/// driver.
void trap_init(void);

/// Called by entry.S for exceptions and interrupts; kcb.regs holds the interrupted registers,
/// unless the core was idle.
void trap_handle(uint64_t vector, uint64_t error);

/// entry.S: wait for an interrupt.
_Noreturn void cpu_idle(void);

/// entry.S: go on with the registers in kcb.regs.
_Noreturn void exit_iret(void);
