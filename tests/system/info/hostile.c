// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The CPU driver's side alone, with a cell: what it refuses as a page for exposed information, and
// that it goes on when such a page is taken away under a running dispatcher.
#include "hostile.h"

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/vspace_common.h"
#include "cell/cell.h"
#include "kpi/info.h"
#include "systest/systest.h"

#define ROUNDS 4u

static struct capref slot(void)
{
    struct capref cap = NULL_CAP;
    EXPECT_OK(slot_alloc(&cap));
    return cap;
}

void test_refusals(void)
{
    struct capref ram, dispatcher = slot(), weak = slot(), frame, read_only = slot(),
                       empty = slot();
    EXPECT_OK(ram_alloc_bytes(&ram, BASE_PAGE_SIZE, BASE_PAGE_SIZE));
    EXPECT_OK(cap_retype(dispatcher, ram, 0, ObjType_Dispatcher, OBJSIZE_DISPATCHER, 1));
    EXPECT_OK(cap_mint(weak, dispatcher, CAPRIGHTS_READ, 0));
    EXPECT_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    EXPECT_OK(cap_mint(read_only, frame, CAPRIGHTS_ALL & ~CAPRIGHTS_WRITE, 0));
    EXPECT_ERR(invoke_dispatcher_info(dispatcher, empty), SYS_ERR_CAP_NOT_FOUND);
    EXPECT_ERR(invoke_dispatcher_info(dispatcher, ram), SYS_ERR_CAP_TYPE);
    EXPECT_ERR(invoke_dispatcher_info(dispatcher, cap_selfep), SYS_ERR_CAP_TYPE);
    EXPECT_ERR(invoke_dispatcher_info(dispatcher, read_only), SYS_ERR_RIGHTS);
    EXPECT_ERR(invoke_dispatcher_info(weak, frame), SYS_ERR_RIGHTS);
    EXPECT_ERR(invoke_dispatcher_info(frame, frame), SYS_ERR_ILLEGAL_INVOCATION);
    EXPECT_OK(invoke_dispatcher_info(dispatcher, frame));
    EXPECT_ERR(invoke_dispatcher_info(dispatcher, frame), SYS_ERR_SLOT_IN_USE);
    EXPECT_ERR(invoke_dispatcher_info(cap_dispatcher, frame), SYS_ERR_SLOT_IN_USE);
    EXPECT_OK(cap_delete(read_only));
    EXPECT_OK(cap_revoke(frame)); // the dispatcher's copy goes
    EXPECT_OK(invoke_dispatcher_info(dispatcher, frame));
    EXPECT_OK(cap_destroy(frame)); // and here the dispatcher's is the last one
    EXPECT_OK(cap_delete(weak));
    EXPECT_OK(cap_destroy(dispatcher));
    EXPECT_OK(cap_destroy(ram));
    struct capref slots[] = {weak, read_only, empty};
    for (size_t i = 0; i < sizeof(slots) / sizeof(slots[0]); i++)
        EXPECT_OK(slot_free(slots[i]));
}

/// The cell spins; each time it is handed the core it is written about anew, as long as it has a
/// page. What was written stays readable here, and stays as it was.
static void run_with_page(struct cell *cell)
{
    struct capref frame, seen = slot();
    volatile struct domain_info *info;
    EXPECT_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    EXPECT_OK(vspace_map_one_frame((void **)&info, BASE_PAGE_SIZE, frame, NULL, NULL));
    EXPECT_OK(invoke_dispatcher_info(cell->dispatcher, frame));
    uint64_t before = info->kernel.run_cycles, slices = info->kernel.scheduled;
    EXPECT(cell_run(cell, 3) == DISPATCHER_RUNNABLE);
    EXPECT(info->kernel.scheduled > slices && info->kernel.run_cycles > before);
    EXPECT(info->kernel.runnable > 1); // the cell, and whoever handed it the core
    EXPECT(info->memory.sequence == 0);
    EXPECT_OK(cap_revoke(frame)); // its mapping here, of which it is the ancestor, goes too
    EXPECT_OK(cap_copy(seen, frame));
    EXPECT_OK(vspace_unmap((void *)info));
    EXPECT_OK(vspace_map_one_frame((void **)&info, BASE_PAGE_SIZE, seen, NULL, NULL));
    uint64_t sequence = info->kernel.sequence;
    EXPECT(sequence > 0 && sequence % 2 == 0);
    EXPECT(cell_run(cell, 3) == DISPATCHER_RUNNABLE);
    EXPECT(info->kernel.sequence == sequence);
    EXPECT_OK(vspace_unmap((void *)info));
    EXPECT_OK(cap_destroy(seen));
    EXPECT_OK(cap_destroy(frame));
}

void test_revoked(void)
{
    struct cell cell;
    if (!EXPECT(cell_make(&cell)) || !EXPECT(cell_prepare(&cell, cell_code_spin)) ||
        !EXPECT(cell_start(&cell)))
        return;
    for (unsigned i = 0; i < ROUNDS; i++)
        run_with_page(&cell);
    cell_destroy(&cell);
}
