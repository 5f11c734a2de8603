// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A CPU driver's first steps on its own memory and stack, the same on every core: processor, clock,
// capabilities, first domain.

#include "arch/cpu.h"
#include "boot.h"
#include "entry/event.h"
#include "entry/trap.h"
#include "firmware/features.h"
#include "invoke/returns.h"
#include "kcb/kcb.h"
#include "machine/fpu.h"
#include "machine/machine.h"
#include "machine/panic.h"

static void init_space(const struct core_start *start)
{
    kcb.start_tsc = cpu_tsc();
    kcb.core_id = start->core_id;
    kcb.apic_id = start->apic_id;
    kcb.private_base = start->private_base;
    kcb.space = *(const struct boot_space *)window_ptr((lpaddr_t)&boot_space);
    kcb.kernel_root = cpu_read_cr3();
    kcb.arch.cr3 = kcb.kernel_root;
    const uint64_t *root = (const uint64_t *)DEVICE_TABLES; // the first table that space.c takes
    kcb.kernel_pml4_window = root[(WINDOW_BASE >> 39) % 512];
    kcb.kernel_pml4_image = root[(IMAGE_BASE >> 39) % 512];
}

/// Each core looks at itself: what one has another may lack.
static void check_features(void)
{
    const char *missing = features_missing(cpu_id);
    if (missing != NULL)
        boot_fail("the processor lacks %s", missing);
}

/// The boot core measures; the others are told.
static void init_clock(struct bootinfo *bootinfo)
{
    if (kcb.core_id == 0)
        clock_calibrate(kcb.space.pm_timer_port, kcb.space.pm_timer_bits, &bootinfo->tsc_per_ms,
                        &bootinfo->apic_ticks_per_ms);
    kcb.tsc_per_ms = bootinfo->tsc_per_ms;
    kcb.apic_ticks_per_ms = bootinfo->apic_ticks_per_ms;
    if (kcb.tsc_per_ms == 0 || kcb.apic_ticks_per_ms == 0)
        boot_fail("the clocks do not advance");
}

void cpudriver_main(const struct core_start *start)
{
    init_space(start);
    check_features();
    trap_init();
    fpu_init();
    apic_init();
    struct bootinfo *bootinfo = window_ptr(start->bootinfo);
    if (bootinfo->magic != BOOTINFO_MAGIC || bootinfo->core_id != kcb.core_id)
        panic("the boot information of core %u is not there", kcb.core_id);
    init_clock(bootinfo);
    caps_init(&kcb.caps, kcb.core_id, WINDOW_BASE, &returns_hooks);
    timer_init(&kcb.timers, kcb.tsc_per_ms, cpu_tsc());
    schedule_init(&kcb.schedule, SCHEDULE_SLICE_MS * kcb.tsc_per_ms);
    first_domain_start(bootinfo, start->bootinfo);
    event_first();
}
