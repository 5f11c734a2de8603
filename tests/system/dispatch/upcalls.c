// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What kpi/dispatcher.h promises about registers: a dispatcher interrupted while it is disabled
// goes on exactly, one that is enabled finds its registers in the save area, and each upcall brings
// its arguments. The first registers of a cell are set by us, so we know what must be saved.
#include <string.h>

#include "barrelfish/systime.h"
#include "kpi/syscalls.h"
#include "systest/systest.h"
#include "tests.h"

#define YIELDS 50u
#define SPIN_YIELDS 400u
#define ERROR_CODE_USER_READ 4u
#define VECTOR_INVALID_OPCODE 6u

static void set_registers(struct registers *regs)
{
    uint64_t *words = &regs->rax;
    for (unsigned i = 0; i < 16; i++)
        if (&words[i] != &regs->rsp)
            words[i] = 0x0123456789abcd00ul * (i + 1) + i;
}

/// The registers of a dispatcher that ran no instruction but one that left them alone.
static bool same_registers(const struct registers *a, const struct registers *b, bool rcx_r11)
{
    struct registers left = *a, right = *b;
    if (!rcx_r11) {
        left.rcx = right.rcx;
        left.r11 = right.r11;
    }
    left.eflags = right.eflags; // the resume flag comes and goes
    return memcmp(&left, &right, sizeof(left)) == 0;
}

static bool start(struct cell *cell, const char *program, bool disabled)
{
    if (!cell_prepare(cell, program))
        return false;
    set_registers(&cell->shared->disabled_save);
    cell->shared->disabled = disabled;
    return true;
}

static void test_trap(struct cell *cell)
{
    if (!start(cell, cell_code_trap, false))
        return;
    struct registers first = cell->shared->disabled_save;
    cell_start(cell);
    EXPECT(cell_run_until(cell, 1, YIELDS));
    EXPECT(cell->data->traps == 1 && cell->data->arg2 == VECTOR_INVALID_OPCODE);
    EXPECT(cell->data->arg1 == CELL_DISP && cell->shared->disabled == 1);
    EXPECT(same_registers(&cell->shared->trap_save, &first, true));
    EXPECT(cell->data->pagefaults == 0 && cell->data->runs == 0);
}

static void test_pagefault(struct cell *cell)
{
    uint64_t address = 0x1234567000ul;
    if (!start(cell, cell_code_load, false))
        return;
    cell->shared->disabled_save.rax = address;
    struct registers first = cell->shared->disabled_save;
    cell_start(cell);
    EXPECT(cell_run_until(cell, 1, YIELDS));
    EXPECT(cell->data->pagefaults == 1 && cell->data->arg2 == address);
    EXPECT(cell->data->arg3 == ERROR_CODE_USER_READ);
    EXPECT(same_registers(&cell->shared->trap_save, &first, true));
}

static void test_faults_disabled(struct cell *cell)
{
    static const struct {
        const char *program;
        enum dispatcher_death cause;
    } cases[] = {{cell_code_trap, DEATH_TRAP_DISABLED}, {cell_code_load, DEATH_FAULT_DISABLED}};
    for (unsigned i = 0; i < 2; i++) {
        uint64_t words[5] = {0};
        if (!start(cell, cases[i].program, true))
            return;
        cell->shared->disabled_save.rax = 0; // the address; others may be no page fault
        cell_start(cell);
        EXPECT(cell_run(cell, YIELDS) == DISPATCHER_KILLED);
        EXPECT(cell_death(cell, words) && words[0] == cases[i].cause);
        EXPECT(words[2] == cell_address(cases[i].program));
        EXPECT(cell->data->traps + cell->data->pagefaults + cell->data->runs == 0);
    }
}

/// A cell that spins loses the core when its slice ends; `disabled` says where its registers go.
static void test_preemption(struct cell *cell, bool disabled)
{
    if (!start(cell, cell_code_spin, disabled))
        return;
    struct registers first = cell->shared->disabled_save;
    struct registers *saved = disabled ? &cell->shared->disabled_save : &cell->shared->enabled_save;
    cell_start(cell);
    EXPECT(cell_run(cell, 1) == DISPATCHER_RUNNABLE);
    EXPECT(saved->rip - cell_address(cell_code_spin) <= 2);
    struct registers now = *saved;
    now.rip = first.rip;
    EXPECT(same_registers(&now, &first, true));
    if (!disabled) {
        EXPECT(cell_run_until(cell, 1, SPIN_YIELDS)); // goes on at entry_run, and yields there
        EXPECT(cell->data->runs == 1 && cell->data->arg1 == CELL_DISP);
    } else {
        EXPECT(cell_run(cell, 2) == DISPATCHER_RUNNABLE && cell->data->runs == 0);
    }
}

/// Inside of [crit_pc_low, crit_pc_high) it counts as disabled whatever `disabled` says.
static void test_critical(struct cell *cell)
{
    if (!start(cell, cell_code_spin, false))
        return;
    cell->shared->crit_pc_low = cell_address(cell_code_spin);
    cell->shared->crit_pc_high = cell->shared->crit_pc_low + 4;
    cell_start(cell);
    EXPECT(cell_run(cell, 2) == DISPATCHER_RUNNABLE);
    EXPECT(cell->data->runs == 0 && cell->shared->enabled_save.rip == 0);
}

static void test_foreign(struct cell *cell)
{
    if (!start(cell, cell_code_syscall, true))
        return;
    cell->shared->disabled_save.rax = 1; // write
    cell_start(cell);
    EXPECT(cell_run_until(cell, 1, YIELDS));
    EXPECT(cell->data->syscalls == 1 && cell->data->result == (uint64_t)-38);

    uint64_t words[5] = {0};
    if (!start(cell, cell_code_syscall, true))
        return;
    cell->shared->entry_syscall = 0;
    cell_start(cell);
    EXPECT(cell_run(cell, YIELDS) == DISPATCHER_KILLED);
    EXPECT(cell_death(cell, words) && words[0] == DEATH_NO_SYSCALL_ENTRY);
}

static void test_suspend(struct cell *cell)
{
    static const struct {
        bool disabled, message;
        uint64_t until;
    } cases[] = {{false, false, 0},
                 {true, false, 0},
                 {true, true, 0},
                 {true, false, 1},
                 {true, false, ~0ul}};
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (!start(cell, cell_code_syscall, cases[i].disabled))
            return;
        struct registers *first = &cell->shared->disabled_save;
        first->rax = SYSCALL_SUSPEND;
        first->rdi = cases[i].until;
        cell->shared->lmp_seen = cases[i].message ? 7 : 0; // which is not lmp_delivered
        cell_start(cell);
        enum dispatcher_state state = cell_run(cell, YIELDS);
        if (!cases[i].disabled)
            EXPECT(state == DISPATCHER_RUNNABLE && cell->data->result == SYS_ERR_ARGS);
        else if (cases[i].message || cases[i].until == 1)
            EXPECT(state == DISPATCHER_RUNNABLE && cell->data->runs == 1);
        else
            EXPECT(state == DISPATCHER_BLOCKED && cell->data->runs == 0);
    }
}

void test_upcalls(struct cell *cell)
{
    test_trap(cell);
    test_pagefault(cell);
    test_faults_disabled(cell);
    test_preemption(cell, true);
    test_preemption(cell, false);
    test_critical(cell);
    test_foreign(cell);
    test_suspend(cell);
}
