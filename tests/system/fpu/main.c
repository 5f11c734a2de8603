// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The vector registers, and the selectors of the segment registers, under preemption. Several domains on one core, each with several threads,
// keep values of their own in all SSE registers and look at them again and again, longer than a
// time slice lasts. A value of another thread or domain in them would be a leak and a corruption.
// Each domain keeps selectors of its own, the first one none: it must see no other's.
// `test_fpu` starts `test_fpu child SEED` beside itself.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/spawn_client.h"
#include "systest/systest.h"

#define CHILDREN 2u
#define THREADS 3u
#define SLICES 12u ///< how long each thread works, in slices of 10 ms
#define SLICE_US 10000u
#define LOOKS 2000u ///< at the registers, between two looks at the clock

/// Loads the sixteen registers with values made of `seed`, spins, and compares; returns how many
/// differ.
static unsigned hold_registers(uint64_t seed)
{
    uint64_t differing = 0;
    __asm__ volatile("movq %[seed], %%xmm0\n\t"
                     "punpcklqdq %%xmm0, %%xmm0\n\t"
                     "movdqa %%xmm0, %%xmm1\n\tmovdqa %%xmm0, %%xmm2\n\tmovdqa %%xmm0, %%xmm3\n\t"
                     "movdqa %%xmm0, %%xmm4\n\tmovdqa %%xmm0, %%xmm5\n\tmovdqa %%xmm0, %%xmm6\n\t"
                     "movdqa %%xmm0, %%xmm7\n\tmovdqa %%xmm0, %%xmm8\n\tmovdqa %%xmm0, %%xmm15\n\t"
                     "movl %[looks], %%ecx\n"
                     "1:\n\t"
                     "movdqa %%xmm0, %%xmm14\n\t"
                     "pxor %%xmm1, %%xmm14\n\tmovdqa %%xmm14, %%xmm13\n\t"
                     "movdqa %%xmm2, %%xmm14\n\tpxor %%xmm3, %%xmm14\n\tpor %%xmm14, %%xmm13\n\t"
                     "movdqa %%xmm4, %%xmm14\n\tpxor %%xmm5, %%xmm14\n\tpor %%xmm14, %%xmm13\n\t"
                     "movdqa %%xmm6, %%xmm14\n\tpxor %%xmm7, %%xmm14\n\tpor %%xmm14, %%xmm13\n\t"
                     "movdqa %%xmm8, %%xmm14\n\tpxor %%xmm15, %%xmm14\n\tpor %%xmm14, %%xmm13\n\t"
                     "movq %%xmm13, %%rax\n\t"
                     "orq %%rax, %[differing]\n\t"
                     "movq %%xmm8, %%rax\n\t"
                     "xorq %[seed], %%rax\n\t"
                     "orq %%rax, %[differing]\n\t"
                     "decl %%ecx\n\t"
                     "jnz 1b"
                     : [differing] "+r"(differing)
                     : [seed] "r"(seed), [looks] "i"(LOOKS)
                     : "rax", "rcx", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                       "xmm8", "xmm13", "xmm14", "xmm15", "cc");
    return differing != 0;
}

static const uint16_t selectors[CHILDREN + 2] = {0, 0x1b, 0x23, 0}; ///< by seed: data, code, none
static uint16_t own_selector;

/// Loading those of fs and gs costs the bases that the library and threads reach their data with.
static void load_selectors(uint16_t selector)
{
    uint64_t fs_base, gs_base;
    own_selector = selector;
    __asm__ volatile("rdfsbase %0\n\trdgsbase %1\n\t"
                     "movl %2, %%ds\n\tmovl %2, %%es\n\tmovl %2, %%fs\n\tmovl %2, %%gs\n\t"
                     "wrfsbase %0\n\twrgsbase %1"
                     : "=&r"(fs_base), "=&r"(gs_base)
                     : "r"((uint32_t)selector));
}

static unsigned look_at_selectors(void)
{
    uint32_t found[4];
    unsigned bad = 0;
    __asm__ volatile("movl %%ds, %0\n\tmovl %%es, %1\n\tmovl %%fs, %2\n\tmovl %%gs, %3"
                     : "=r"(found[0]), "=r"(found[1]), "=r"(found[2]), "=r"(found[3]));
    for (unsigned i = 0; i < 4; i++)
        bad += (uint16_t)found[i] != own_selector;
    return bad;
}

static int work(void *arg)
{
    struct test_random random = {(uintptr_t)arg};
    systime_t end = systime_now() + us_to_systime(SLICES * SLICE_US);
    int bad = 0;
    while (systime_now() < end) {
        bad += (int)hold_registers(test_random_next(&random));
        bad += (int)look_at_selectors();
    }
    return bad;
}

static int run_threads(uint64_t seed)
{
    struct thread *threads[THREADS];
    int bad = 0;
    load_selectors(selectors[seed]);
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = thread_create(work, (void *)(uintptr_t)(seed * 100 + i));
    for (unsigned i = 0; i < THREADS; i++) {
        int status = 0;
        EXPECT(threads[i] != NULL);
        EXPECT_OK(thread_join(threads[i], &status));
        bad += status;
    }
    EXPECT(bad == 0);
    return bad;
}

static struct capref start_child(unsigned number)
{
    char seed[16];
    struct capref domain = NULL_CAP;
    snprintf(seed, sizeof(seed), "%u", number + 1);
    char *const argv[] = {"test_fpu", "child", seed, NULL};
    EXPECT_OK(spawn_program(disp_get_core_id(), argv[0], argv, NULL, 0, &domain));
    return domain;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "child") == 0)
        return run_threads(strtoul(argv[2], NULL, 10)) != 0;
    struct capref children[CHILDREN];
    for (unsigned i = 0; i < CHILDREN; i++)
        children[i] = start_child(i);
    run_threads(CHILDREN + 1);
    for (unsigned i = 0; i < CHILDREN; i++) {
        uint8_t status = 1;
        EXPECT_OK(spawn_wait(children[i], &status, false));
        EXPECT(status == 0);
    }
    return test_summary("fpu");
}
