// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The fuzzer: `test_fuzz [SEED [CALLS]]`. A cell makes system calls with random and edge-case
// arguments, a table of them at a time, with capabilities of its own space only, so that whatever
// it does may end it but not us. A cell that is dead, or has lived long enough, is deleted and made
// anew. At the end all memory is back, the database of capabilities has its old size, and the
// services answer.
#include "fuzz.h"

#include <inttypes.h>
#include <stdio.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"

#define CALLS_DEFAULT 1000000ul
#define CALLS_WARM 20000ul
#define BATCHES_MAX 12u ///< tables in the life of a cell
#define TURNS_MAX 400u  ///< hand-overs to the cell for one table

struct fuzz {
    struct test_random random;
    struct cell cell;
    struct capref wake;
    uint64_t calls, cells, succeeded;
    uint64_t ok[CAP_CMD_GENERIC_END + 64]; ///< successes of each command
};

static void count_results(struct fuzz *fuzz)
{
    const struct cell_data *data = fuzz->cell.data;
    uint64_t made = data->next < CELL_CALLS_MAX ? data->next : CELL_CALLS_MAX;
    fuzz->calls += made;
    for (uint64_t i = 0; i < made; i++) {
        const struct cell_call *call = &data->table[i];
        if (call->rax == SYSCALL_INVOKE && call->returned && call->result == SYS_ERR_OK) {
            fuzz->succeeded++;
            if (call->rsi < sizeof(fuzz->ok) / sizeof(fuzz->ok[0])) {
                fuzz->ok[call->rsi]++;
            }
        }
    }
}

// A cell that is asleep goes on when a message comes. False: it cannot be woken.
static bool wake_up(struct fuzz *fuzz)
{
    uint64_t words[LMP_MSG_LENGTH] = {0};
    errval_t err = lmp_send(fuzz->wake, 0, NULL_CAP, 0, words);
    if (err_no(err) == SYS_ERR_LMP_BUF_OVERFLOW) { // messages that it never looks at
        struct lmp_endpoint_kern *kern =
            (struct lmp_endpoint_kern *)((char *)fuzz->cell.shared + FUZZ_ENDPOINT_OFFSET);
        kern->consumed = kern->delivered;
        err = lmp_send(fuzz->wake, 0, NULL_CAP, 0, words);
    }
    fuzz->cell.shared->lmp_seen = fuzz->cell.shared->lmp_delivered;
    return err_is_ok(err);
}

// Runs one table. False: this cell has come to its end.
static bool run_batch(struct fuzz *fuzz)
{
    struct cell *cell = &fuzz->cell;
    for (unsigned i = 0; i < CELL_CALLS_MAX; i++) {
        fuzz_call(&fuzz->random, &cell->data->table[i]);
    }
    cell->data->next = 0;
    cell->data->calls = CELL_CALLS_MAX;
    cell->data->done = 0;
    bool alive = true;
    for (unsigned turn = 0; alive && turn < TURNS_MAX && cell->data->done == 0; turn++) {
        switch (cell_run(cell, 1)) {
        case DISPATCHER_BLOCKED:
            alive = wake_up(fuzz);
            break;
        case DISPATCHER_RUNNABLE:
            break;
        default:
            alive = false;
        }
    }
    count_results(fuzz);
    return alive && cell->data->done != 0;
}

static bool start_cell(struct fuzz *fuzz)
{
    struct cell *cell = &fuzz->cell;
    if (!cell_prepare(cell, cell_code_batch)) {
        return false;
    }
    uint64_t batch = cell_address(cell_code_batch);
    cell->shared->entry_run = cell->shared->entry_trap = cell->shared->entry_pagefault = batch;
    return fuzz_stock(cell, fuzz->wake) && cell_start(cell);
}

static void run_cell(struct fuzz *fuzz)
{
    fuzz->cells++;
    if (cell_make(&fuzz->cell) && start_cell(fuzz)) {
        for (unsigned batch = 0; batch < BATCHES_MAX && run_batch(fuzz); batch++) {
        }
    }
    errval_t err = cap_delete(fuzz->wake);
    EXPECT(err_is_ok(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND);
    cell_destroy(&fuzz->cell);
}

static void run(struct fuzz *fuzz, uint64_t seed, uint64_t calls)
{
    *fuzz = (struct fuzz){.random = {seed}};
    if (!EXPECT_OK(slot_alloc(&fuzz->wake))) {
        return;
    }
    while (fuzz->calls < calls && test_failures() == 0) {
        run_cell(fuzz);
    }
    EXPECT_OK(slot_free(fuzz->wake));
}

static uint64_t database_size(void)
{
    uint64_t size = 0;
    EXPECT_OK(cap_invoke_value(cap_kernelinfo, KERNEL_CMD_STAT, KERNEL_STAT_MDB_SIZE, 0, 0, &size));
    return size;
}

// A fuzzer whose calls all fail at the first check would test nothing.
static void check_depth(const struct fuzz *fuzz)
{
    static const uint8_t wanted[] = {
        CAP_CMD_COPY,         CAP_CMD_MINT,         CAP_CMD_RETYPE,          CAP_CMD_DELETE,
        CAP_CMD_REVOKE,       CAP_CMD_IDENTIFY,     VNODE_CMD_MAP,           VNODE_CMD_UNMAP,
        VNODE_CMD_READ,       DISPATCHER_CMD_SETUP, DISPATCHER_CMD_RUN,      DISPATCHER_CMD_STATE,
        MAPPING_CMD_MODIFY,   DISPATCHER_CMD_STOP,  DISPATCHER_CMD_ENDPOINT, DISPATCHER_CMD_INFO,
        DISPATCHER_CMD_CSPACE};
    for (unsigned i = 0; i < sizeof(wanted); i++) {
        if (!EXPECT(fuzz->ok[wanted[i]] > 0)) {
            printf("  command %u\n", wanted[i]);
        }
    }
    EXPECT(fuzz->succeeded * 50 > fuzz->calls);
}

int main(int argc, char **argv)
{
    static struct fuzz fuzz;
    uint64_t seed = test_argument(argc, argv, 1, 1);
    uint64_t calls = test_argument(argc, argv, 2, CALLS_DEFAULT);
    printf("fuzz: seed %" PRIu64 ", %" PRIu64 " calls\n", seed, calls);
    run(&fuzz, seed ^ 0x5eed, CALLS_WARM);
    uint64_t before = test_memory_settled();
    uint64_t capabilities = database_size();
    run(&fuzz, seed, calls);
    EXPECT_MEMORY(before);
    EXPECT(database_size() == capabilities);
    if (calls >= CALLS_DEFAULT) {
        check_depth(&fuzz);
    }
    EXPECT_SERVICES(disp_get_core_id());
    printf("fuzz: %" PRIu64 " calls, %" PRIu64 " invocations succeeded, %" PRIu64 " cells\n",
           fuzz.calls, fuzz.succeeded, fuzz.cells);
    return test_summary("fuzz");
}
