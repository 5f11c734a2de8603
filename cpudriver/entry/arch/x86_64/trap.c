// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Exceptions and interrupts. A domain's exception becomes an upcall to it, or its end; an interrupt
// becomes a message. Source: Intel SDM vol. 3, chapter 6; vol. 3, 5.8.8 for SYSCALL.

#include "entry/trap.h"

#include "entry/event.h"
#include "lib/kassert.h"
#include "lmp/lmp.h"
#include "machine/machine.h"
#include "machine/panic.h"
#include "offsets.h"

_Static_assert(offsetof(struct kcb, stack) + KCB_STACK_BYTES == KCB_STACK_TOP, "entry.S");
_Static_assert(offsetof(struct kcb, regs) == KCB_REGS, "entry.S");

#define STUB_BYTES 16u
#define EXCEPTION_COUNT KERNEL_VECTOR_INTERRUPTS
#define EXCEPTION_NMI 2u
#define EXCEPTION_DOUBLE 8u
#define EXCEPTION_PAGE_FAULT 14u
#define EXCEPTION_MACHINE_CHECK 18u

#define GATE_INTERRUPT 0x8eu
#define GATE_USER 0xeeu // INT3 and INTO may be executed in user mode

void syscall_entry(void);

/// The others cannot hit while rsp still is the domain's: there every instruction is one that
/// touches only mapped memory of this core, interrupts are off, and no breakpoint is ever set.
static const uint8_t fault_stacks[EXCEPTION_COUNT] = {
    [EXCEPTION_DEBUG] = FAULT_STACK_DEBUG,
    [EXCEPTION_NMI] = FAULT_STACK_NMI,
    [EXCEPTION_DOUBLE] = FAULT_STACK_DOUBLE,
    [EXCEPTION_MACHINE_CHECK] = FAULT_STACK_MACHINE_CHECK,
};

static void set_gates(void)
{
    extern char trap_stubs[];
    for (unsigned vector = 0; vector < IDT_ENTRIES; vector++) {
        uint64_t stub = (uint64_t)trap_stubs + vector * STUB_BYTES;
        kcb.arch.idt[vector] = (struct idt_entry){
            .offset_0 = (uint16_t)stub,
            .offset_16 = (uint16_t)(stub >> 16),
            .offset_32 = (uint32_t)(stub >> 32),
            .selector = SELECTOR_KERNEL_CODE,
            .ist = vector < EXCEPTION_COUNT ? fault_stacks[vector] : 0,
            .type = vector == 3 || vector == 4 ? GATE_USER : GATE_INTERRUPT,
        };
    }
}

static void load_tables(void)
{
    struct arch_kcb *arch = &kcb.arch;
    uint64_t tss = (uint64_t)&arch->tss;
    arch->tss.rsp[0] = (uint64_t)&kcb + KCB_STACK_TOP;
    for (unsigned i = 0; i < FAULT_STACKS_END - 1; i++)
        arch->tss.ist[i] = (uint64_t)arch->fault_stacks[i] + FAULT_STACK_BYTES;
    arch->tss.io_map = sizeof(arch->tss); // no I/O port is open to user mode
    arch->gdt[1] = 0x00af9a000000ffff;    // kernel code, 64-bit
    arch->gdt[2] = 0x00cf92000000ffff;    // kernel data
    arch->gdt[3] = 0x00cff2000000ffff;    // user data
    arch->gdt[4] = 0x00affa000000ffff;    // user code, 64-bit
    arch->gdt[5] = 0x0000890000000000 | (sizeof(arch->tss) - 1) | (tss & 0xffffff) << 16 |
                   (tss >> 24 & 0xff) << 56;
    arch->gdt[6] = tss >> 32;
    set_gates();

    struct __attribute__((packed)) {
        uint16_t limit;
        uint64_t base;
    } gdt = {sizeof(arch->gdt) - 1, (uint64_t)arch->gdt},
      idt = {sizeof(arch->idt) - 1, (uint64_t)arch->idt};
    asm volatile("lgdt %0\n\t"
                 "lidt %1\n\t"
                 "lldt %w3\n\t"
                 "mov %2, %%ss\n\t"
                 "mov %3, %%ds\n\t"
                 "mov %3, %%es\n\t"
                 "mov %3, %%fs\n\t"
                 "mov %3, %%gs\n\t"
                 "pushq %4\n\t"
                 "leaq 1f(%%rip), %%rax\n\t"
                 "pushq %%rax\n\t"
                 "lretq\n"
                 "1:\n\t"
                 "ltr %w5"
                 :
                 : "m"(gdt), "m"(idt), "r"(SELECTOR_KERNEL_DATA), "r"(0), "i"(SELECTOR_KERNEL_CODE),
                   "r"(SELECTOR_TSS)
                 : "rax", "memory");
}

/// What firmware, a boot loader or INIT leave behind must be of no use to a domain. After INIT the
/// hidden part of LDTR describes a table at address 0 (Intel SDM vol. 3, table 10-1), which
/// load_tables() has ended: a domain might map that address and find its own call gates.
static void forget_firmware(void)
{
    cpu_write_dr7(DR7_NOTHING);
    if ((cpu_id(1, 0).edx & CPUID_1_EDX_SEP) != 0)
        cpu_write_msr(MSR_SYSENTER_CS, 0);
}

void trap_init(void)
{
    load_tables();
    forget_firmware();
    cpu_write_msr(MSR_STAR, (uint64_t)SELECTOR_KERNEL_CODE << 32 |
                                (uint64_t)(SELECTOR_KERNEL_DATA | 3) << 48);
    cpu_write_msr(MSR_LSTAR, (uint64_t)syscall_entry);
    cpu_write_msr(MSR_SFMASK, RFLAGS_TF | RFLAGS_IF | RFLAGS_DF | RFLAGS_AC | (1ul << 14));

    struct cpuid features = cpu_id(7, 0);
    uint64_t cr4 = cpu_read_cr4() | CR4_OSXMMEXCPT | CR4_FSGSBASE;
    if (features.ebx & (1u << 7))
        cr4 |= CR4_SMEP;
    if (features.ebx & (1u << 20))
        cr4 |= CR4_SMAP;
    if (features.ecx & (1u << 2))
        cr4 |= CR4_UMIP;
    cpu_write_cr4(cr4);
    cpu_write_cr0(cpu_read_cr0() | CR0_MP | CR0_NE | CR0_WP);
}

static void handle_exception(uint64_t vector, uint64_t error)
{
    struct dcb *dcb = kcb.current;
    kassert(dcb != NULL || vector == EXCEPTION_NMI || vector == EXCEPTION_MACHINE_CHECK); // CU1
    if (vector == EXCEPTION_NMI || vector == EXCEPTION_DOUBLE || vector == EXCEPTION_MACHINE_CHECK)
        panic_exception(vector, error, &kcb.regs);
    bool fault = vector == EXCEPTION_PAGE_FAULT;
    uint64_t address = fault ? cpu_read_cr2() : vector;
    if (dispatcher_is_disabled(dcb, kcb.regs.rip)) {
        dispatcher_kill(dcb, fault ? DEATH_FAULT_DISABLED : DEATH_TRAP_DISABLED, address, error);
        return;
    }
    kcb.regs.fs_base = cpu_read_fs_base();
    kcb.regs.gs_base = cpu_read_gs_base();
    dcb->shared->trap_save = kcb.regs;
    dispatcher_upcall(dcb, fault ? dcb->shared->entry_pagefault : dcb->shared->entry_trap, address,
                      error);
}

static void handle_interrupt(unsigned vector)
{
    kcb.stats[KERNEL_STAT_INTERRUPTS]++;
    if (vector == VECTOR_SPURIOUS)
        return;
    if (vector == VECTOR_TIMER) {
        uint64_t now = cpu_tsc();
        kcb.stats[KERNEL_STAT_TICKS]++;
        kcb.arch.timer_deadline = 0;
        kcb.schedule.unsettled = true;
        timer_expire(&kcb.timers, now);
        (void)caps_step(&kcb.caps);
        bool over = kcb.schedule.slice_end != 0 && now >= kcb.schedule.slice_end;
        if (over)
            schedule_slice_over(&kcb.schedule);
        if (kcb.current != NULL) {
            info_update(kcb.current);
            if (over && kcb.current == dcb_picked() && dispatcher_is_whole(kcb.current))
                dispatcher_tick(kcb.current);
        }
    } else if (vector >= VECTOR_NOTIFY_FIRST && vector < VECTOR_NOTIFY_END) {
        struct vector *entry = &kcb.vectors[vector - VECTOR_NOTIFY_FIRST];
        if (entry->gsi > ISA_INTERRUPTS)
            ioapic_mask(entry->gsi - 1, true);
        lmp_notify(&entry->notice);
    }
    apic_eoi();
}

void trap_handle(uint64_t vector, uint64_t error)
{
    uint64_t what = vector | KERNEL_EVENT_VECTOR;
    if (kcb.current != NULL) {
        event_begin_in(kcb.current, what);
    } else {
        event_begin(what);
        kcb.stats[KERNEL_STAT_IDLE_CYCLES] += kcb.event_start - kcb.idle_since;
    }
    if (vector < EXCEPTION_COUNT)
        handle_exception(vector, error);
    else
        handle_interrupt((unsigned)vector);
    (void)event_end();
}
