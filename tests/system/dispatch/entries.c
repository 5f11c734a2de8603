// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Every way from a dispatcher into the CPU driver (each system call, exception, preemption), with
// stack pointers, flags, segment bases and instruction pointers that no honest domain has. The
// cell may go on or die; the CPU driver may not care.
#include "kpi/syscalls.h"
#include "systest/systest.h"
#include "tests.h"

#define ROUNDS 3u
#define TF 0x100ul
#define IF 0x200ul
#define DF 0x400ul
#define IOPL 0x3000ul
#define NT 0x4000ul
#define RF 0x10000ul
#define VM 0x20000ul
#define AC 0x40000ul
#define VIF 0x80000ul
#define ID 0x200000ul

static const uint64_t addresses[] = {
    0,
    1,
    7,
    CELL_CODE,
    CELL_DATA + 3,
    CELL_DISP + 64,
    0x7fffffffefffull,
    0x7ffffffff000ull,
    0x7fffffffffffull,
    0x800000000000ull,     // not canonical
    0x8000000000000000ull, // not canonical
    0xffff7fffffffffffull, // not canonical
    0xffff800000000000ull, // the window
    0xffffffff80200000ull, // the image
    0xfffffffffffffff8ull,
};
#define ADDRESSES (sizeof(addresses) / sizeof(addresses[0]))

static const uint64_t flags[] = {TF,  AC, NT,           IOPL,    DF,   RF, VM,
                                 VIF, ID, TF | NT | AC, IF | TF, ~0ul, 0,  NT | IOPL | DF | AC};
#define FLAGS (sizeof(flags) / sizeof(flags[0]))

/// Ways in. rax is the number for the system calls.
static const struct way {
    const char *program;
    uint64_t rax;
} ways[] = {
    {cell_code_syscall, SYSCALL_NOP},
    {cell_code_syscall, SYSCALL_YIELD},
    {cell_code_syscall, SYSCALL_INVOKE},
    {cell_code_syscall, SYSCALL_SUSPEND},
    {cell_code_syscall, SYSCALL_TICK},
    {cell_code_syscall, SYSCALL_WATCH},
    {cell_code_syscall, 39},
    {cell_code_trap, 0},
    {cell_code_load, 0},
    {cell_code_load, 0x8000000000000000ul},
    {cell_code_jump, 0x8000000000000000ul},
    {cell_code_jump, 0xffffffff80200000ul},
    {cell_code_jump, CELL_DATA},
    {cell_code_yield, 0},
};
#define WAYS (sizeof(ways) / sizeof(ways[0]))

static bool prepare(struct cell *cell, const struct way *way, bool disabled)
{
    if (!cell_prepare(cell, way->program))
        return false;
    cell->shared->disabled = disabled;
    cell->shared->disabled_save.rax = way->rax;
    return true;
}

static void test_stack_pointers(struct cell *cell, const struct way *way, bool disabled)
{
    for (unsigned i = 0; i < ADDRESSES; i++) {
        if (!prepare(cell, way, disabled))
            return;
        cell->shared->disabled_save.rsp = addresses[i];
        cell_start(cell);
        cell_run(cell, ROUNDS);
    }
}

static void test_flags(struct cell *cell, const struct way *way, bool disabled)
{
    for (unsigned i = 0; i < FLAGS; i++) {
        if (!prepare(cell, way, disabled))
            return;
        cell->shared->disabled_save.eflags = flags[i];
        cell_start(cell);
        cell_run(cell, ROUNDS);
        // What the CPU driver saved of it is again what user mode may have.
        EXPECT((cell->shared->trap_save.eflags & (IOPL | VM | VIF)) == 0);
    }
}

static void test_bases(struct cell *cell, bool disabled)
{
    for (unsigned i = 0; i < ADDRESSES; i++) {
        if (!prepare(cell, &ways[WAYS - 1], disabled))
            return;
        cell->shared->disabled_save.fs_base = addresses[i];
        cell->shared->disabled_save.gs_base = addresses[ADDRESSES - 1 - i];
        cell_start(cell);
        EXPECT(cell_run(cell, ROUNDS) == DISPATCHER_RUNNABLE);
        EXPECT(cell->data->progress > 0 || !disabled);
    }
}

/// First instruction, and each entry point, at addresses that are not code of the cell.
static void test_pointers(struct cell *cell)
{
    for (unsigned i = 0; i < ADDRESSES; i++) {
        for (unsigned entry = 0; entry < 5; entry++) {
            if (!prepare(cell, &ways[entry == 1 ? 12 : entry == 2 ? 7 : entry == 3 ? 6 : 5], false))
                return;
            struct dispatcher_shared *shared = cell->shared;
            uint64_t *pointers[] = {&shared->disabled_save.rip, &shared->entry_run,
                                    &shared->entry_pagefault, &shared->entry_trap,
                                    &shared->entry_syscall};
            *pointers[entry] = addresses[i];
            cell_start(cell);
            cell_run(cell, ROUNDS);
        }
    }
}

/// Flags that the cell loads itself, also while it is preempted.
static void test_popf(struct cell *cell)
{
    for (unsigned i = 0; i < 2 * FLAGS; i++) {
        const struct way way = {i % 2 == 0 ? cell_code_flags : cell_code_flags_spin, 0};
        if (!prepare(cell, &way, true))
            return;
        cell->shared->disabled_save.rbx = flags[i / 2];
        cell_start(cell);
        cell_run(cell, i % 2 == 0 ? ROUNDS : 1);
    }
}

void test_entries(struct cell *cell)
{
    for (unsigned i = 0; i < WAYS; i++) {
        for (unsigned disabled = 0; disabled < 2; disabled++) {
            test_stack_pointers(cell, &ways[i], disabled != 0);
            test_flags(cell, &ways[i], disabled != 0);
        }
    }
    test_bases(cell, true);
    test_bases(cell, false);
    test_pointers(cell);
    test_popf(cell);
}
