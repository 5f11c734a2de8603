// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Devices that every PC has and the CPU driver itself uses: serial port, QEMU's debug console and
// exit device, local and I/O APIC, the timers.

#pragma once

#include "kpi/dispatcher.h"
#include "kpi/syscalls.h"

/// First serial port, 115200 baud, 8N1, polled.
void serial_init(void);
void serial_write(const char *text, size_t bytes);

/// Write as much as the port takes without waiting, at most its FIFO; returns the bytes of the text
/// that it took.
size_t serial_write_now(const char *text, size_t bytes);

/// Silence the two 8259A interrupt controllers; the APICs take their place.
void pic_disable(void);

/// QEMU's isa-debugcon at port 0xe9: the runner keeps what is written.
void debug_console_write(const char *text, size_t bytes);

/// End the machine with an exit status of 0 to 95 (QEMU's isa-debug-exit, or what Bochs has), or
/// halt for ever where nothing can end it.
_Noreturn void machine_halt(unsigned status);

/// The CPU driver died.
_Noreturn void machine_die(void);

/// This core does nothing more.
_Noreturn void machine_stop_core(void);

/// This core, also before its kcb is there (then 0).
unsigned machine_core_id(void);
uint64_t machine_fault_address(void);

/// The text of cpu_raise(), if that is what the exception comes from; else NULL.
const char *machine_raised(uint64_t vector, const struct registers *regs);

/// Whether two words at this address can be read as a stack frame.
bool machine_is_stack(uint64_t address);

#define VECTOR_TIMER KERNEL_VECTOR_TIMER
#define VECTOR_SPURIOUS KERNEL_VECTOR_SPURIOUS

void apic_init(void);
uint32_t apic_id(void);
void apic_eoi(void);

#define APIC_ID_ALL 255u ///< no core's: an interrupt sent there goes to all (xAPIC)

/// Interrupt another core (or this one).
void apic_send(uint32_t apic_id, uint8_t vector);

/// Wake a core that waits after reset: it starts in real mode at page << 12.
void apic_start_core(uint32_t apic_id, uint8_t page);

/// Fire VECTOR_TIMER at a time (TSC), once; UINT64_MAX: not at all.
void apic_timer_arm(uint64_t deadline);

/// Global interrupts below this are edge-triggered and active high; the PCI interrupts above are
/// level-triggered.
#define ISA_INTERRUPTS 16u

/// Route a global interrupt to a vector of this core. Returns false if there is no such interrupt.
bool ioapic_route(uint32_t gsi, uint8_t vector, bool level, bool active_low);
void ioapic_mask(uint32_t gsi, bool mask);

/// Measure the frequencies of the time-stamp counter and of the local APIC's timer against the ACPI
/// PM timer at `port`; both are 0 if that stands still.
void clock_calibrate(uint16_t port, unsigned bits, uint64_t *tsc_per_ms, uint64_t *apic_per_ms);
