// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The fuzzer: `test_fuzz [SEED [CALLS [checked]]]`. A cell makes system calls with random and edge-case
// arguments, a table of them at a time, with capabilities of its own space only, so that whatever
// it does may end it but not us. After each table everything that it holds is compared with a model
// of what it may hold. A cell that is dead, or has lived long enough, is deleted and made anew. At
// the end all memory is back, the database of capabilities has its old size, and the services
// answer. `checked`: the image must be able to look at the CPU driver's structures; if it is, that is
// done after each table.
#include "fuzz.h"

#include <inttypes.h>
#include <stdio.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"

#define CALLS_DEFAULT 1000000ul
#define CALLS_WARM 20000ul
#define BATCHES_MAX 12u ///< tables in the life of a cell
#define TURNS_MAX 400u  ///< hand-overs to the cell for one table
#define TRUSTED_EVERY 6u
#define TABLES_EVERY 4u ///< page tables are looked at after each so many tables of calls

struct fuzz {
    struct test_random random;
    struct fuzz_cell cell;
    struct fuzz_found found;
    uint64_t calls, cells, succeeded;
    uint64_t ok[CAP_CMD_COUNT]; ///< successes of each command
};

static void count_results(struct fuzz *fuzz)
{
    const struct cell_data *data = fuzz->cell.cell.data;
    uint64_t made = data->next < CELL_CALLS_MAX ? data->next : CELL_CALLS_MAX;
    fuzz->calls += made;
    for (uint64_t i = 0; i < made; i++) {
        const struct cell_call *call = &data->table[i];
        if (call->rax == SYSCALL_INVOKE && call->returned && call->result == SYS_ERR_OK) {
            fuzz->succeeded++;
            if (call->rsi < CAP_CMD_COUNT)
                fuzz->ok[call->rsi]++;
        }
    }
}

/// A cell that is asleep goes on when a message comes. False: it cannot be woken.
static bool wake_up(struct fuzz_cell *fuzz)
{
    uint64_t words[LMP_MSG_LENGTH] = {0};
    struct dispatcher_shared *shared = fuzz->cell.shared;
    errval_t err = lmp_send(fuzz->wake, 0, NULL_CAP, 0, words);
    if (err_no(err) == SYS_ERR_LMP_BUF_OVERFLOW) { // messages that it never looks at
        struct lmp_endpoint_kern *kern =
            (struct lmp_endpoint_kern *)((char *)shared + FUZZ_ENDPOINT_OFFSET);
        kern->consumed = kern->delivered;
        err = lmp_send(fuzz->wake, 0, NULL_CAP, 0, words);
    }
    shared->lmp_seen = shared->lmp_delivered;
    return err_is_ok(err);
}

/// What it has sent to us: room for more.
static void drain_sink(struct fuzz_cell *fuzz)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    while (err_is_ok(lmp_endpoint_recv(fuzz->sink, &msg.buf, NULL))) {
    }
}

/// Runs one table. False: this cell has come to its end.
static bool run_batch(struct fuzz *fuzz)
{
    struct cell *cell = &fuzz->cell.cell;
    for (unsigned i = 0; i < CELL_CALLS_MAX; i++)
        fuzz_call(&fuzz->cell.model, &fuzz->random, &cell->data->table[i]);
    cell->data->next = 0;
    cell->data->calls = CELL_CALLS_MAX;
    cell->data->done = 0;
    bool alive = true;
    for (unsigned turn = 0; alive && turn < TURNS_MAX && cell->data->done == 0; turn++) {
        switch (cell_run(cell, 1)) {
        case DISPATCHER_BLOCKED:
            alive = wake_up(&fuzz->cell);
            break;
        case DISPATCHER_RUNNABLE:
            break;
        default:
            alive = false;
        }
    }
    count_results(fuzz);
    drain_sink(&fuzz->cell);
    return alive && cell->data->done != 0;
}

static bool start_cell(struct fuzz *fuzz)
{
    struct cell *cell = &fuzz->cell.cell;
    bool trusted = test_random_one_in(&fuzz->random, TRUSTED_EVERY);
    if (!cell_prepare(cell, cell_code_batch))
        return false;
    uint64_t batch = cell_address(cell_code_batch);
    cell->shared->entry_run = cell->shared->entry_trap = cell->shared->entry_pagefault = batch;
    return fuzz_stock(&fuzz->cell, &fuzz->random, trusted) && cell_start(cell);
}

static bool audit(struct fuzz *fuzz, bool tables)
{
    (void)test_structures();
    fuzz_audit(&fuzz->cell, tables, false, &fuzz->found);
    return EXPECT(fuzz->found.violations == 0);
}

static void run_cell(struct fuzz *fuzz)
{
    fuzz->cells++;
    if (cell_make(&fuzz->cell.cell) && start_cell(fuzz)) {
        bool goes_on = true;
        for (unsigned batch = 1; goes_on && batch <= BATCHES_MAX; batch++) {
            goes_on = run_batch(fuzz);
            bool last = !goes_on || batch == BATCHES_MAX;
            goes_on = audit(fuzz, last || batch % TABLES_EVERY == 0) && goes_on;
        }
    }
    cell_destroy(&fuzz->cell.cell);
    fuzz_unstock(&fuzz->cell);
}

static void self_check(struct fuzz *fuzz)
{
    *fuzz = (struct fuzz){.random = {1}};
    if (fuzz_stock_init(&fuzz->cell) && cell_make(&fuzz->cell.cell) &&
        cell_prepare(&fuzz->cell.cell, cell_code_batch) &&
        fuzz_stock(&fuzz->cell, &fuzz->random, false))
        fuzz_self_check(&fuzz->cell);
    cell_destroy(&fuzz->cell.cell);
    fuzz_unstock(&fuzz->cell);
    fuzz_stock_end(&fuzz->cell);
}

static void run(struct fuzz *fuzz, uint64_t seed, uint64_t calls)
{
    *fuzz = (struct fuzz){.random = {seed}};
    if (!fuzz_stock_init(&fuzz->cell))
        return;
    while (fuzz->calls < calls && test_failures() == 0)
        run_cell(fuzz);
    fuzz_stock_end(&fuzz->cell);
}

static uint64_t database_size(void)
{
    uint64_t size = 0;
    EXPECT_OK(cap_invoke_value(cap_kernelinfo, KERNEL_CMD_STAT, KERNEL_STAT_MDB_SIZE, 0, 0, &size));
    return size;
}

/// A fuzzer whose calls all fail at the first check would test nothing, nor would an audit that
/// finds nothing to look at.
static void check_depth(const struct fuzz *fuzz)
{
    for (uint64_t command = 0; command < CAP_CMD_COUNT; command++)
        if (fuzz_can_succeed(command) && !EXPECT(fuzz->ok[command] > 0))
            printf("  %s\n", cap_command(command)->name);
    EXPECT(fuzz->succeeded * 50 > fuzz->calls);
    EXPECT(fuzz->found.held * 8 > fuzz->calls && fuzz->found.hidden * 2 < fuzz->found.held);
    EXPECT(fuzz->found.entries > fuzz->calls);
    EXPECT(fuzz->found.closed * 100 < fuzz->found.held);
}

int main(int argc, char **argv)
{
    static struct fuzz fuzz;
    uint64_t seed = test_argument(argc, argv, 1, 1);
    uint64_t calls = test_argument(argc, argv, 2, CALLS_DEFAULT);
    printf("fuzz: seed %" PRIu64 ", %" PRIu64 " calls\n", seed, calls);
    EXPECT(fuzz_audit_init());
    EXPECT(test_structures() || argc <= 3);
    self_check(&fuzz);
    run(&fuzz, seed ^ 0x5eed, CALLS_WARM);
    uint64_t before = test_memory_settled();
    uint64_t capabilities = database_size();
    run(&fuzz, seed, calls);
    EXPECT_MEMORY(before);
    EXPECT(database_size() == capabilities);
    if (calls >= CALLS_DEFAULT)
        check_depth(&fuzz);
    fuzz_audit_end();
    EXPECT_SERVICES(disp_get_core_id());
    printf("fuzz: %" PRIu64 " calls, %" PRIu64 " invocations succeeded, %" PRIu64 " cells\n",
           fuzz.calls, fuzz.succeeded, fuzz.cells);
    printf("fuzz: looked at %" PRIu64 " capabilities, %" PRIu64 " of them hidden, %" PRIu64
           " page-table entries; not into %" PRIu64 " CNodes\n",
           fuzz.found.held, fuzz.found.hidden, fuzz.found.entries, fuzz.found.closed);
    return test_summary("fuzz");
}
