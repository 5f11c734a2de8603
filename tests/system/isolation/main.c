// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Rule 1 of the design, from the page tables in use: no core maps another core's private pages.
//   test_isolation                 on all cores that are up; this is the test
//   test_isolation base PART       a child: status = 7 bits of where its core's private pages are
//   test_isolation check BASE...   a child: walks the kernel's half of its core's address space
// A private region is OBJSIZE_KCB bytes, aligned to its size, so its number fits in 21 bits up to
// 512 GiB, and three exit statuses carry it; no channel is needed for this.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/monitor_client.h"
#include "systest/systest.h"

#define KERNEL_HALF 0xffff800000000000ul
#define IMAGE_LOW 0xffffffff80000000ul ///< image and private pages; below it is the window
#define ADDRESS_MASK 0x000ffffffffff000ul
#define PART_BITS 7u
#define PARTS 3u
#define CORES_MAX 16u
#define WALK_STEPS_MAX 2000000u

struct core_info {
    uint64_t core, base;
};

static struct core_info own_info(void)
{
    struct sysret ret = cap_invoke(cap_kernelinfo, KERNEL_CMD_CORE_INFO, 0, 0, 0, 0, 0, 0);
    EXPECT_OK(ret.error);
    return (struct core_info){ret.value & 0xffff, ret.value2};
}

static int tell_base(unsigned part)
{
    uint64_t number = own_info().base / OBJSIZE_KCB;
    return (int)(number >> (part * PART_BITS) & ((1u << PART_BITS) - 1));
}

static bool overlaps(uint64_t base, uint64_t bytes, uint64_t region)
{
    return base < region + OBJSIZE_KCB && region < base + bytes;
}

struct walk {
    const uint64_t *others;
    unsigned others_count;
    uint64_t own;
    uint64_t private_pages; ///< of this core, mapped where they belong
    uint64_t ranges;
};

static void look_at(struct walk *walk, uint64_t vaddr, uint64_t mapped, uint64_t bytes)
{
    uint64_t base = mapped & ADDRESS_MASK;
    walk->ranges++;
    EXPECT((mapped & KERNEL_TRANSLATE_USER) == 0);
    bool writable = (mapped & KERNEL_TRANSLATE_WRITE) != 0;
    bool executable = (mapped & KERNEL_TRANSLATE_EXEC) != 0;
    EXPECT(!(writable && executable));
    for (unsigned i = 0; i < walk->others_count; i++)
        EXPECT(!overlaps(base, bytes, walk->others[i]));
    if (overlaps(base, bytes, walk->own)) {
        EXPECT(vaddr >= IMAGE_LOW);
        walk->private_pages += vaddr >= IMAGE_LOW;
    }
}

/// Visits every page of the kernel's half.
static void walk_kernel_half(struct walk *walk)
{
    uint64_t vaddr = KERNEL_HALF;
    for (unsigned step = 0; vaddr != 0; step++) {
        struct sysret ret = cap_invoke(cap_kernelinfo, KERNEL_CMD_TRANSLATE, vaddr, 0, 0, 0, 0, 0);
        if (!EXPECT_OK(ret.error) || !EXPECT(ret.value2 > 0) || !EXPECT(step < WALK_STEPS_MAX))
            return;
        if (ret.value != 0)
            look_at(walk, vaddr, ret.value, ret.value2);
        if (vaddr + ret.value2 < vaddr)
            break; // a hole that ends at the top
        vaddr += ret.value2;
    }
}

static int check(int argc, char **argv)
{
    uint64_t others[CORES_MAX];
    struct walk walk = {.others = others, .own = own_info().base};
    for (int i = 2; i < argc && walk.others_count < CORES_MAX; i++) {
        uint64_t base = strtoull(argv[i], NULL, 0);
        if (base != walk.own)
            others[walk.others_count++] = base;
    }
    walk_kernel_half(&walk);
    EXPECT(walk.others_count + 3 == (unsigned)argc); // one of them was our own
    EXPECT(walk.private_pages > 0);                  // so that the walk cannot have seen nothing
    EXPECT(walk.ranges > walk.private_pages);        // the window was seen, too
    return test_summary("isolation: core");
}

static bool base_of(coreid_t core, uint64_t *base)
{
    uint64_t number = 0;
    for (unsigned part = 0; part < PARTS; part++) {
        char digit[] = {(char)('0' + part), '\0'};
        const char *args[] = {"base", digit, NULL};
        struct test_child child = test_run_child(core, "test_isolation", args, 0);
        if (!EXPECT(child.end == TEST_END_STATUS))
            return false;
        number |= (uint64_t)child.status << (part * PART_BITS);
    }
    *base = number * OBJSIZE_KCB;
    return EXPECT(number != 0);
}

static void check_all(unsigned cores)
{
    char text[CORES_MAX][24];
    const char *args[CORES_MAX + 2] = {"check"};
    uint64_t bases[CORES_MAX];
    for (unsigned core = 0; core < cores; core++) {
        if (!base_of((coreid_t)core, &bases[core]))
            return;
        for (unsigned other = 0; other < core; other++)
            EXPECT(bases[other] != bases[core]);
        snprintf(text[core], sizeof(text[core]), "%#" PRIx64, bases[core]);
        args[core + 1] = text[core];
    }
    for (unsigned core = 0; core < cores; core++) {
        struct test_child child = test_run_child((coreid_t)core, "test_isolation", args, 0);
        EXPECT(child.end == TEST_END_STATUS && child.status == 0);
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "base") == 0)
        return tell_base((unsigned)atoi(argv[2]));
    if (argc > 2 && strcmp(argv[1], "check") == 0)
        return check(argc, argv);
    struct monitor_cores cores;
    EXPECT_OK(monitor_await_boot(&cores));
    EXPECT(cores.up_count == cores.cores_count && cores.up_count > 1);
    check_all(cores.up_count < CORES_MAX ? cores.up_count : CORES_MAX);
    return test_summary("isolation");
}
