// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Another capability space for a dispatcher that runs: DISPATCHER_CMD_CSPACE with a cell, which
// looks at slot 1 of its first L2CNode before and after. On oneself the library does it (main.c).
#include "tests.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/slot_alloc.h"
#include "cell/cell.h"
#include "kpi/syscalls.h"
#include "systest/systest.h"

static struct capref slot(void)
{
    struct capref cap = NULL_CAP;
    EXPECT_OK(slot_alloc(&cap));
    return cap;
}

/// What the cell finds there: the answer to a command that no capability has.
static uint64_t look(struct cell *cell)
{
    cell->data->table[0] = (struct cell_call){
        .rax = SYSCALL_INVOKE, .rdi = caddr_make(0, 1, 2), .rsi = CAP_CMD_GENERIC_END - 1};
    cell->data->done = cell->data->next = 0;
    cell->data->calls = 1;
    for (unsigned i = 0; i < 20 && cell->data->done == 0; i++)
        EXPECT(cell_run(cell, 1) == DISPATCHER_RUNNABLE);
    EXPECT(cell->data->table[0].returned == 1);
    return cell->data->table[0].result;
}

static bool start(struct cell *cell)
{
    if (!cell_prepare(cell, cell_code_batch))
        return false;
    cell->shared->entry_run = cell_address(cell_code_batch);
    return cell_start(cell);
}

static void test_refusals(struct cell *cell)
{
    struct capref fresh = slot(), weak = slot();
    EXPECT_OK(cap_retype(fresh, cell->ram, CELL_SPARE + 2 * OBJSIZE_L2CNODE, ObjType_Dispatcher,
                         OBJSIZE_DISPATCHER, 1));
    EXPECT_ERR(invoke_dispatcher_cspace(fresh, cell->root), SYS_ERR_DISP_NOT_READY);
    EXPECT_OK(cap_destroy(fresh));
    EXPECT_OK(cap_mint(weak, cell->dispatcher, CAPRIGHTS_ALL & ~CAPRIGHTS_WRITE, 0));
    EXPECT_ERR(invoke_dispatcher_cspace(weak, cell->root), SYS_ERR_RIGHTS);
    EXPECT_OK(cap_delete(weak));
    EXPECT_ERR(invoke_dispatcher_cspace(cell->dispatcher, weak), SYS_ERR_CAP_NOT_FOUND);
    EXPECT_ERR(invoke_dispatcher_cspace(cell->dispatcher, cell->pml4), SYS_ERR_CAP_TYPE);
    EXPECT_OK(slot_free(weak));
    EXPECT(look(cell) == SYS_ERR_SLOT_INVALID);
}

/// A space with something in the slot, which in the end the dispatcher alone holds.
static void test_change(struct cell *cell)
{
    struct capref root = slot();
    EXPECT_OK(cap_retype(root, cell->ram, CELL_SPARE, ObjType_L1CNode,
                         L1_CNODE_SLOTS_MIN * OBJSIZE_CTE, 1));
    struct capref first = {build_cnoderef(root, CNODE_LEVEL_ROOT), 0};
    EXPECT_OK(cap_retype(first, cell->ram, CELL_SPARE + OBJSIZE_L2CNODE, ObjType_L2CNode,
                         OBJSIZE_L2CNODE, 1));
    EXPECT_OK(cap_copy((struct capref){build_cnoderef(first, CNODE_LEVEL_OTHER), 1}, cell->pml4));
    EXPECT_OK(invoke_dispatcher_cspace(cell->dispatcher, root));
    EXPECT(look(cell) == SYS_ERR_ILLEGAL_INVOCATION);
    EXPECT_OK(invoke_dispatcher_cspace(cell->dispatcher, cell->root));
    EXPECT(look(cell) == SYS_ERR_SLOT_INVALID);
    EXPECT_OK(invoke_dispatcher_cspace(cell->dispatcher, root));
    EXPECT_OK(invoke_dispatcher_cspace(cell->dispatcher, root));
    EXPECT_OK(cap_destroy(root));
    EXPECT_ERR(invoke_dispatcher_cspace(cell->dispatcher, cell->root), SYS_ERR_LAST_COPY);
    EXPECT(look(cell) == SYS_ERR_ILLEGAL_INVOCATION);
}

static void test_deleted_space(struct cell *cell)
{
    EXPECT_OK(cap_revoke(cell->root));
    EXPECT_ERR(invoke_dispatcher_cspace(cell->dispatcher, cell->root), SYS_ERR_DISP_NOT_READY);
    EXPECT(cell_run(cell, 2) == DISPATCHER_KILLED);
}

void test_cspace(void)
{
    static struct cell cell;
    if (cell_make(&cell) && start(&cell)) {
        test_refusals(&cell);
        test_change(&cell);
    }
    if (start(&cell))
        test_deleted_space(&cell);
    cell_destroy(&cell);
}
