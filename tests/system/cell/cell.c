// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Making cells. All is cut out of one piece of RAM at fixed offsets, so that one revoke ends it.
#include "cell/cell.h"

#include <string.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/domain.h"
#include "barrelfish/invocations.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/vspace_common.h"
#include "systest/systest.h"

#define CELL_BYTES (CELL_SPARE + CELL_SPARE_BYTES)
#define CELL_DOMAIN_ID 0xffff0001u
#define DEATH_MESSAGES 8u

/// Slots of struct cell.
enum {
    SLOT_ROOT,
    SLOT_PML4,
    SLOT_PDPT,
    SLOT_PDIR,
    SLOT_PTABLE,
    SLOT_DISPFRAME,
    SLOT_DATA,
    SLOT_CODE,
    SLOT_DISPATCHER,
    SLOT_MAPPING, // and those after it
};

/// What is where in the RAM.
static const struct part {
    unsigned slot;
    enum objtype type;
    gensize_t offset, bytes;
} parts[] = {
    {SLOT_ROOT, ObjType_L1CNode, 0, L1_CNODE_SLOTS_MIN *OBJSIZE_CTE},
    {SLOT_PML4, ObjType_VNode_x86_64_pml4, 0x4000, OBJSIZE_VNODE},
    {SLOT_PDPT, ObjType_VNode_x86_64_pdpt, 0x6000, OBJSIZE_VNODE},
    {SLOT_PDIR, ObjType_VNode_x86_64_pdir, 0x8000, OBJSIZE_VNODE},
    {SLOT_PTABLE, ObjType_VNode_x86_64_ptable, 0xa000, OBJSIZE_VNODE},
    {SLOT_DISPFRAME, ObjType_Frame, 0xc000, CELL_DISP_BYTES},
    {SLOT_DATA, ObjType_Frame, 0x10000, CELL_DATA_BYTES},
    {SLOT_CODE, ObjType_Frame, 0x18000, BASE_PAGE_SIZE},
};
#define DISPATCHER_OFFSET 0x19000ul

static bool make_parts(struct cell *cell)
{
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct part *part = &parts[i];
        if (!EXPECT_OK(cap_retype(cell->slots[part->slot], cell->ram, part->offset, part->type,
                                  part->bytes, 1)))
            return false;
    }
    cell->root = cell->slots[SLOT_ROOT];
    cell->pml4 = cell->slots[SLOT_PML4];
    cell->dispframe = cell->slots[SLOT_DISPFRAME];
    cell->dataframe = cell->slots[SLOT_DATA];
    cell->dispatcher = cell->slots[SLOT_DISPATCHER];
    return true;
}

static bool fill_code(struct cell *cell)
{
    void *code;
    if (!EXPECT_OK(vspace_map_one_frame(&code, BASE_PAGE_SIZE, cell->slots[SLOT_CODE], NULL, NULL)))
        return false;
    memcpy(code, cell_code_start, (size_t)(cell_code_end - cell_code_start));
    return EXPECT_OK(vspace_unmap(code));
}

static bool map_pages(struct cell *cell, unsigned mapping, unsigned slot, uint64_t vaddr,
                      uint64_t bytes, uint64_t flags)
{
    return EXPECT_OK(vnode_map(cell->slots[SLOT_PTABLE], cell->slots[slot],
                               (capaddr_t)(vaddr / BASE_PAGE_SIZE % VNODE_ENTRIES), flags, 0,
                               bytes / BASE_PAGE_SIZE, cell->slots[SLOT_MAPPING + mapping]));
}

static bool map_all(struct cell *cell)
{
    for (unsigned level = 0; level < 3; level++)
        if (!EXPECT_OK(vnode_map(cell->slots[SLOT_PML4 + level], cell->slots[SLOT_PML4 + level + 1],
                                 level == 2 ? CELL_CODE / LARGE_PAGE_SIZE : 0, VREGION_FLAGS_READ,
                                 0, 1, cell->slots[SLOT_MAPPING + level])))
            return false;
    return map_pages(cell, 3, SLOT_CODE, CELL_CODE, BASE_PAGE_SIZE, VREGION_FLAGS_READ_EXECUTE) &&
           map_pages(cell, 4, SLOT_DATA, CELL_DATA, CELL_DATA_BYTES, VREGION_FLAGS_READ_WRITE) &&
           map_pages(cell, 5, SLOT_DISPFRAME, CELL_DISP, CELL_DISP_BYTES, VREGION_FLAGS_READ_WRITE);
}

bool cell_make(struct cell *cell)
{
    *cell = (struct cell){0};
    for (unsigned i = 0; i < CELL_SLOTS; i++)
        if (!EXPECT_OK(slot_alloc(&cell->slots[i])))
            return false;
    return EXPECT_OK(ram_alloc_bytes(&cell->ram, CELL_BYTES, OBJSIZE_L2CNODE)) &&
           make_parts(cell) && fill_code(cell) && map_all(cell) &&
           EXPECT_OK(endpoint_create(DEATH_MESSAGES, &cell->death_cap, &cell->death)) &&
           EXPECT_OK(vspace_map_one_frame((void **)&cell->shared, CELL_DISP_BYTES, cell->dispframe,
                                          NULL, NULL)) &&
           EXPECT_OK(vspace_map_one_frame((void **)&cell->data, CELL_DATA_BYTES, cell->dataframe,
                                          NULL, NULL));
}

void cell_destroy(struct cell *cell)
{
    if (cell->shared != NULL)
        EXPECT_OK(vspace_unmap(cell->shared));
    if (cell->data != NULL)
        EXPECT_OK(vspace_unmap(cell->data));
    if (!capref_is_null(cell->ram)) {
        EXPECT_OK(cap_revoke(cell->ram));
        EXPECT_OK(cap_destroy(cell->ram));
    }
    if (cell->death != NULL) {
        EXPECT_OK(cap_revoke(cell->death_cap));
        EXPECT_OK(cap_destroy(cell->death_cap));
        lmp_endpoint_free(cell->death);
    }
    for (unsigned i = 0; i < CELL_SLOTS; i++)
        EXPECT_OK(slot_free(cell->slots[i]));
}

bool cell_prepare(struct cell *cell, const char *program)
{
    uint64_t words[5];
    errval_t err = cap_delete(cell->dispatcher);
    if (!EXPECT(err_is_ok(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND) ||
        !EXPECT_OK(cap_retype(cell->dispatcher, cell->ram, DISPATCHER_OFFSET, ObjType_Dispatcher,
                              OBJSIZE_DISPATCHER, 1)))
        return false;
    while (cell_death(cell, words)) {
    }
    memset(cell->shared, 0, CELL_DISP_BYTES);
    memset(cell->data, 0, CELL_DATA_BYTES);
    if (!EXPECT_OK(invoke_dispatcher_setup(cell->dispatcher, cell->root, cell->pml4,
                                           cell->dispframe, cell->death_cap, CELL_DOMAIN_ID,
                                           CELL_DISP)))
        return false;
    struct dispatcher_shared *shared = cell->shared;
    shared->disabled = 1;
    shared->entry_run = cell_address(cell_code_on_run);
    shared->entry_pagefault = cell_address(cell_code_on_pagefault);
    shared->entry_trap = cell_address(cell_code_on_trap);
    shared->entry_syscall = cell_address(cell_code_on_syscall);
    shared->disabled_save.rip = cell_address(program);
    shared->disabled_save.rsp = CELL_STACK_TOP;
    shared->disabled_save.eflags = 0x202;
    return true;
}

bool cell_start(struct cell *cell)
{
    return EXPECT_OK(invoke_dispatcher_run(cell->dispatcher));
}

static enum dispatcher_state state_of(struct cell *cell)
{
    uint64_t state = DISPATCHER_KILLED, scheduled;
    errval_t err = invoke_dispatcher_state(cell->dispatcher, &state, &scheduled);
    return err_is_ok(err) ? (enum dispatcher_state)state : DISPATCHER_KILLED;
}

enum dispatcher_state cell_run(struct cell *cell, unsigned times)
{
    enum dispatcher_state state = state_of(cell);
    for (unsigned i = 0; i < times && state == DISPATCHER_RUNNABLE; i++) {
        if (err_is_fail(sys_yield(get_cap_caddr(cell->dispatcher))))
            return state_of(cell);
        state = state_of(cell);
    }
    return state;
}

bool cell_run_until(struct cell *cell, uint64_t progress, unsigned times)
{
    for (unsigned i = 0; i < times && cell->data->progress < progress; i++)
        if (cell_run(cell, 1) != DISPATCHER_RUNNABLE)
            break;
    return cell->data->progress >= progress;
}

bool cell_death(struct cell *cell, uint64_t words[5])
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    if (err_is_fail(lmp_endpoint_recv(cell->death, &msg.buf, NULL)))
        return false;
    memcpy(words, msg.words, 5 * sizeof(words[0]));
    return true;
}
