// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Local APIC in xAPIC mode (Intel SDM vol. 3, chapter 11) and I/O APIC (Intel 82093AA). x2APIC mode
// is deliberately not used: cores with an APIC ID above 254 are listed but cannot be started.

#include "arch/cpu.h"
#include "arch/layout.h"
#include "kcb/kcb.h"
#include "machine/machine.h"
#include "machine/panic.h"

#define APIC_BASE_X2APIC (1u << 10)
#define APIC_BASE_ENABLE (1u << 11)
#define APIC_ID 0x20u
#define APIC_EOI 0xb0u
#define APIC_SPURIOUS 0xf0u
#define APIC_ICR_LOW 0x300u
#define APIC_ICR_HIGH 0x310u
#define APIC_LVT_TIMER 0x320u
#define APIC_LVT_LINT0 0x350u
#define APIC_LVT_LINT1 0x360u
#define APIC_TIMER_INITIAL 0x380u
#define APIC_TIMER_CURRENT 0x390u
#define APIC_TIMER_DIVIDE 0x3e0u
#define APIC_MASKED (1u << 16)
#define ICR_INIT 0x4500u
#define ICR_STARTUP 0x4600u
#define ICR_PENDING (1u << 12)

#define IOAPIC_VERSION 1u
#define IOAPIC_TABLE 0x10u
#define IOAPIC_LEVEL (1u << 15)
#define IOAPIC_ACTIVE_LOW (1u << 13)
#define IOAPIC_MASKED (1u << 16)

static uint32_t apic_read(uint32_t reg)
{
    return *(volatile uint32_t *)(DEVICE_LOCAL_APIC + reg);
}

static void apic_write(uint32_t reg, uint32_t value)
{
    *(volatile uint32_t *)(DEVICE_LOCAL_APIC + reg) = value;
}

void apic_init(void)
{
    uint64_t base = cpu_read_msr(MSR_APIC_BASE);
    if ((base & APIC_BASE_X2APIC) != 0)
        boot_fail("the firmware has switched the local APIC to x2APIC mode");
    cpu_write_msr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
    apic_write(APIC_SPURIOUS, 0x100u | VECTOR_SPURIOUS);
    apic_write(APIC_LVT_LINT0, APIC_MASKED);
    apic_write(APIC_LVT_LINT1, APIC_MASKED);
    apic_write(APIC_TIMER_DIVIDE, 0xb); // by 1
    apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
    apic_write(APIC_TIMER_INITIAL, 0);
}

uint32_t apic_id(void)
{
    return apic_read(APIC_ID) >> 24;
}

void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

static void apic_command(uint32_t apic_id, uint32_t command)
{
    // On hardware the previous command is taken within microseconds; the bound keeps a broken one
    // from stopping the core.
    for (unsigned spin = 0; spin < 100000 && (apic_read(APIC_ICR_LOW) & ICR_PENDING) != 0; spin++)
        cpu_pause();
    apic_write(APIC_ICR_HIGH, apic_id << 24);
    apic_write(APIC_ICR_LOW, command);
}

void apic_send(uint32_t apic_id, uint8_t vector)
{
    apic_command(apic_id, vector);
}

void apic_start_core(uint32_t apic_id, uint8_t page)
{
    // Processors since the Pentium 4 need no delay between the two (the 10 ms of the MP
    // specification are for the 82489DX), and a CPU driver must not wait.
    apic_command(apic_id, ICR_INIT);
    apic_command(apic_id, ICR_STARTUP | page);
}

void apic_timer_arm(uint64_t deadline)
{
    if (deadline == UINT64_MAX) {
        if (kcb.arch.timer_deadline != 0) {
            kcb.arch.timer_deadline = 0;
            apic_write(APIC_TIMER_INITIAL, 0);
        }
        return;
    }
    if (kcb.arch.timer_deadline == deadline)
        return;
    uint64_t now = cpu_tsc();
    uint64_t left = deadline > now ? deadline - now : 1;
    // A second at a time: no product overflows, and the timer is 32 bits wide.
    uint64_t limit = kcb.tsc_per_ms * 1000;
    uint64_t ticks = (left < limit ? left : limit) * kcb.apic_ticks_per_ms / kcb.tsc_per_ms + 1;
    kcb.arch.timer_deadline = deadline;
    apic_write(APIC_TIMER_INITIAL, ticks < UINT32_MAX ? (uint32_t)ticks : UINT32_MAX);
}

static uint32_t ioapic_read(uint32_t index)
{
    *(volatile uint32_t *)DEVICE_IO_APIC = index;
    return *(volatile uint32_t *)(DEVICE_IO_APIC + 0x10);
}

static void ioapic_write(uint32_t index, uint32_t value)
{
    *(volatile uint32_t *)DEVICE_IO_APIC = index;
    *(volatile uint32_t *)(DEVICE_IO_APIC + 0x10) = value;
}

bool ioapic_route(uint32_t gsi, uint8_t vector, bool level, bool active_low)
{
    if (kcb.space.io_apic == 0 || gsi > (ioapic_read(IOAPIC_VERSION) >> 16 & 0xff))
        return false;
    ioapic_write(IOAPIC_TABLE + 2 * gsi + 1, kcb.apic_id << 24);
    ioapic_write(IOAPIC_TABLE + 2 * gsi,
                 vector | (level ? IOAPIC_LEVEL : 0) | (active_low ? IOAPIC_ACTIVE_LOW : 0));
    return true;
}

void ioapic_mask(uint32_t gsi, bool mask)
{
    uint32_t entry = ioapic_read(IOAPIC_TABLE + 2 * gsi);
    ioapic_write(IOAPIC_TABLE + 2 * gsi, mask ? entry | IOAPIC_MASKED : entry & ~IOAPIC_MASKED);
}

/// One reading of the three clocks at (nearly) the same moment: the best of several, by how far
/// apart the readings around it are.
struct reading {
    uint64_t tsc;
    uint32_t pm, apic;
};

static struct reading read_clocks(uint16_t port)
{
    struct reading best = {0};
    uint64_t best_gap = UINT64_MAX;
    for (unsigned i = 0; i < 8; i++) {
        uint64_t before = cpu_tsc();
        uint32_t pm = cpu_in32(port);
        uint32_t apic = apic_read(APIC_TIMER_CURRENT);
        uint64_t gap = cpu_tsc() - before;
        if (gap < best_gap) {
            best_gap = gap;
            best = (struct reading){before, pm, apic};
        }
    }
    return best;
}

#define PM_TIMER_HZ 3579545ul
#define CALIBRATE_MS 5u
#define CALIBRATE_READINGS_MAX 1000000u // seconds: a timer that stands still

void clock_calibrate(uint16_t port, unsigned bits, uint64_t *tsc_per_ms, uint64_t *apic_per_ms)
{
    uint32_t mask = bits == 32 ? UINT32_MAX : (1u << 24) - 1;
    apic_write(APIC_LVT_TIMER, APIC_MASKED);
    apic_write(APIC_TIMER_INITIAL, UINT32_MAX);
    struct reading start = read_clocks(port), end = start;
    uint64_t wanted = PM_TIMER_HZ * CALIBRATE_MS / 1000, pm_ticks = 0;
    for (unsigned i = 0; i < CALIBRATE_READINGS_MAX && pm_ticks < wanted; i++) {
        cpu_pause();
        end = read_clocks(port);
        pm_ticks = (end.pm - start.pm) & mask;
    }
    *tsc_per_ms = *apic_per_ms = 0;
    if (pm_ticks >= wanted) {
        *tsc_per_ms = (end.tsc - start.tsc) * (PM_TIMER_HZ / 1000) / pm_ticks;
        *apic_per_ms = (uint64_t)(start.apic - end.apic) * (PM_TIMER_HZ / 1000) / pm_ticks;
    }
    apic_write(APIC_TIMER_INITIAL, 0);
    apic_write(APIC_LVT_TIMER, VECTOR_TIMER);
}
