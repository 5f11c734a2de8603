// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A cell: a dispatcher in an address space and a capability space of its own, made by a test domain
// out of bare capabilities, without spawnd. It holds one page of known code (code.S), a data area
// and its dispatcher frame, both of which its maker has mapped as well. So a test can put anything
// into the dispatcher frame, start the dispatcher with any registers, and see what becomes of it;
// and whatever a cell does can hurt only itself, if the CPU driver is right.
#pragma once

#include "barrelfish/lmp_endpoints.h"
#include "cell/layout.h"
#include "kpi/dispatcher.h"

/// One system call of the table of cell_code_batch.
struct cell_call {
    uint64_t rax, rdi, rsi, rdx, r10, r8, r9, r12, r13, r14, r15, rbx;
    uint64_t disabled; ///< 0 or 1, stored before the call
    uint64_t result;   ///< rax afterwards ...
    uint64_t returned; ///< ... if this is 1
    uint64_t unused;
};
_Static_assert(sizeof(struct cell_call) == CELL_CALL_BYTES, "code.S");

/// The start of the data area.
struct cell_data {
    volatile uint64_t runs, pagefaults, traps, syscalls, arg1, arg2, arg3;
    volatile uint64_t progress, result, bad;
    volatile uint64_t calls, next, done, current;
    uint64_t unused[18];
    volatile uint64_t xmm[32];
    struct cell_call table[CELL_CALLS_MAX];
};
_Static_assert(offsetof(struct cell_data, current) == CELL_CURRENT, "code.S");
_Static_assert(offsetof(struct cell_data, xmm) == CELL_XMM, "code.S");
_Static_assert(offsetof(struct cell_data, table) == CELL_TABLE, "code.S");
_Static_assert(sizeof(struct cell_data) < CELL_DATA_BYTES - 1024, "a stack is above it");

/// The programs of code.S.
extern const char cell_code_start[], cell_code_end[];
extern const char cell_code_on_run[], cell_code_on_pagefault[], cell_code_on_trap[],
    cell_code_on_syscall[];
extern const char cell_code_yield[], cell_code_spin[], cell_code_trap[], cell_code_load[],
    cell_code_jump[], cell_code_syscall[], cell_code_flags[], cell_code_flags_spin[],
    cell_code_fpu_keep[], cell_code_fpu_look[], cell_code_batch[];

/// The address of a program in a cell.
static inline uint64_t cell_address(const char *program)
{
    return CELL_CODE + (uint64_t)(program - cell_code_start);
}

#define CELL_SLOTS 20u

struct cell {
    struct capref ram, slots[CELL_SLOTS];
    struct capref root, pml4, dispatcher, dispframe, dataframe, death_cap;
    struct lmp_endpoint *death;
    struct dispatcher_shared *shared;
    struct cell_data *data;
};

#define CELL_SPARE 0x20000ul
#define CELL_SPARE_BYTES 0x30000ul

/// Make a cell, without a dispatcher yet. False, with failed checks, if that cannot be done.
bool cell_make(struct cell *cell);

/// Delete all of it.
void cell_destroy(struct cell *cell);

/// Make the cell's dispatcher anew (the old one is deleted), with a cleared dispatcher frame and
/// data area, the entry points of code.S, and first registers: rip at `program`, a stack, disabled.
/// The caller may change cell->shared before cell_start().
bool cell_prepare(struct cell *cell, const char *program);

/// Let it run.
bool cell_start(struct cell *cell);

/// Hand the core over to the cell `times` times, or until it is blocked or dead. The state.
enum dispatcher_state cell_run(struct cell *cell, unsigned times);

/// Take the message about the cell's death. False: none has come.
bool cell_death(struct cell *cell, uint64_t words[5]);

/// As cell_run() until cell->data->progress has reached `progress`, for at most `times`.
bool cell_run_until(struct cell *cell, uint64_t progress, unsigned times);
