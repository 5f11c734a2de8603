// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The kernel objects and the address space of a new domain. Everything is cut out of one RAM
// capability at the offsets of the layout and put straight into the new domain's own slots, so that
// the spawner needs only five of its own.
#include "spawn_internal.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "kpi/bootinfo.h"

#include <assert.h>

static struct capref page_slot(const struct spawn_work *work, cslot_t slot)
{
    assert(slot < L2_CNODE_SLOTS); // SP1
    return spawn_slot(&work->si, ROOTCN_SLOT_PAGECN, slot);
}

static struct capref task_slot(const struct spawn_work *work, cslot_t slot)
{
    return spawn_slot(&work->si, ROOTCN_SLOT_TASKCN, slot);
}

/// L2CNodes, each run of neighbouring L1 slots by one retype.
static errval_t make_cnodes(const struct spawn_work *work)
{
    const struct spawn_layout *layout = &work->layout;
    gensize_t offset = layout->cnodes;
    for (cslot_t slot = 0; slot < SPAWN_ROOT_SLOTS;) {
        cslot_t end = slot;
        while (end < SPAWN_ROOT_SLOTS && layout->present[end])
            end++;
        if (end == slot) {
            slot++;
            continue;
        }
        struct capref dest = {build_cnoderef(work->si.rootcn, CNODE_LEVEL_ROOT), slot};
        errval_t err =
            cap_retype(dest, work->si.ram, offset, ObjType_L2CNode, OBJSIZE_L2CNODE, end - slot);
        if (err_is_fail(err))
            return err;
        offset += (end - slot) * (gensize_t)OBJSIZE_L2CNODE;
        slot = end;
    }
    return SYS_ERR_OK;
}

struct part {
    struct capref dest, source;
    enum objtype type;
    gensize_t offset, bytes;
    size_t count;
};

errval_t spawn_make_objects(struct spawn_work *work)
{
    const struct spawn_layout *layout = &work->layout;
    gensize_t vnode = OBJSIZE_VNODE;
    errval_t err = cap_retype(work->si.rootcn, work->si.ram, 0, ObjType_L1CNode,
                              L1_CNODE_SLOTS_MIN * OBJSIZE_CTE, 1);
    if (err_is_ok(err))
        err = make_cnodes(work);
    struct capref ram = work->si.ram;
    struct capref frame = spawn_slot(&work->si, ROOTCN_SLOT_SEGCN, SPAWN_SEG_IMAGE);
    const struct part parts[] = {
        {task_slot(work, TASKCN_SLOT_VROOT), ram, ObjType_VNode_x86_64_pml4, layout->vnodes, vnode,
         1},
        {page_slot(work, SPAWN_PAGE_PDPT), ram, ObjType_VNode_x86_64_pdpt, layout->vnodes + vnode,
         vnode, 1},
        {page_slot(work, SPAWN_PAGE_PDIR), ram, ObjType_VNode_x86_64_pdir,
         layout->vnodes + 2 * vnode, vnode, 1},
        {page_slot(work, SPAWN_PAGE_PTABLE), ram, ObjType_VNode_x86_64_ptable,
         layout->vnodes + 3 * vnode, vnode, layout->ptables},
        {work->si.dispatcher, ram, ObjType_Dispatcher, layout->dispatcher, OBJSIZE_DISPATCHER, 1},
        {work->si.info, ram, ObjType_Frame, layout->info, BASE_PAGE_SIZE, 1},
        {frame, ram, ObjType_Frame, layout->frame, layout->info - layout->frame, 1},
        {task_slot(work, TASKCN_SLOT_DISPFRAME), frame, ObjType_Frame, 0, DISPATCHER_FRAME_BYTES,
         1},
        {task_slot(work, TASKCN_SLOT_ARGSPAGE), frame, ObjType_Frame, SPAWN_FRAME_ARGS,
         SPAWN_ARGS_BYTES, 1},
    };
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && err_is_ok(err); i++) {
        err = cap_retype(parts[i].dest, parts[i].source, parts[i].offset, parts[i].type,
                         parts[i].bytes, parts[i].count);
    }
    return err;
}

static errval_t map_table(struct spawn_work *work, struct capref parent, uint16_t entry,
                          struct capref table)
{
    return invoke_vnode_map(parent, entry, 1, table, 0, VREGION_FLAGS_READ,
                            page_slot(work, work->next_mapping++));
}

/// Maps part of a frame, one invocation for each page table that it lies in.
static errval_t map_frame(struct spawn_work *work, genvaddr_t vaddr, gensize_t bytes,
                          struct capref frame, gensize_t offset, uint64_t flags)
{
    while (bytes > 0) {
        cslot_t table = work->layout.ptable_of[vaddr / LARGE_PAGE_SIZE] - 1u;
        uint16_t first = (uint16_t)(vaddr / BASE_PAGE_SIZE % VNODE_ENTRIES);
        gensize_t part = (VNODE_ENTRIES - first) * BASE_PAGE_SIZE;
        part = part < bytes ? part : bytes;
        errval_t err = invoke_vnode_map(page_slot(work, SPAWN_PAGE_PTABLE + table), first,
                                        (uint16_t)(part / BASE_PAGE_SIZE), frame, offset, flags,
                                        page_slot(work, work->next_mapping++));
        if (err_is_fail(err))
            return err;
        vaddr += part;
        offset += part;
        bytes -= part;
    }
    return SYS_ERR_OK;
}

static errval_t map_tables(struct spawn_work *work)
{
    struct capref pdpt = page_slot(work, SPAWN_PAGE_PDPT);
    struct capref pdir = page_slot(work, SPAWN_PAGE_PDIR);
    work->next_mapping = SPAWN_PAGE_PTABLE + work->layout.ptables;
    errval_t err = map_table(work, task_slot(work, TASKCN_SLOT_VROOT), 0, pdpt);
    if (err_is_ok(err))
        err = map_table(work, pdpt, 0, pdir);
    uint32_t left = work->layout.ptables;
    for (uint16_t chunk = 0; left > 0 && err_is_ok(err); chunk++) {
        uint8_t number = work->layout.ptable_of[chunk];
        if (number == 0)
            continue;
        err = map_table(work, pdir, chunk, page_slot(work, SPAWN_PAGE_PTABLE + number - 1u));
        left--;
    }
    return err;
}

/// From a capability that can only be read, so that the rights of the mapping are no more.
static errval_t map_info(struct spawn_work *work)
{
    errval_t err = spawn_mint_cap(&work->si, ROOTCN_SLOT_SEGCN, SPAWN_SEG_INFO, work->si.info,
                                  CAPRIGHTS_READ, 0);
    if (err_is_fail(err))
        return err;
    return map_frame(work, INFO_VADDR, BASE_PAGE_SIZE,
                     spawn_slot(&work->si, ROOTCN_SLOT_SEGCN, SPAWN_SEG_INFO), 0,
                     VREGION_FLAGS_READ);
}

static errval_t map_segments(struct spawn_work *work, struct capref frame)
{
    errval_t err = SYS_ERR_OK;
    for (uint32_t i = 0; i < work->elf.count && err_is_ok(err); i++) {
        const struct elf_segment *segment = &work->elf.segments[i];
        genvaddr_t start = segment->vaddr & ~(genvaddr_t)(BASE_PAGE_SIZE - 1);
        gensize_t bytes = page_round_up(segment->vaddr + segment->memsz - start);
        uint64_t flags = VREGION_FLAGS_READ;
        flags |= (segment->flags & ELF_FLAG_WRITE) != 0 ? VREGION_FLAGS_WRITE : 0;
        flags |= (segment->flags & ELF_FLAG_EXECUTE) != 0 ? VREGION_FLAGS_EXECUTE : 0;
        if (spawn_is_shared(segment, spawn_shared_bytes(work->params))) {
            gensize_t offset = segment->offset - segment->vaddr % BASE_PAGE_SIZE;
            err = map_frame(work, start, bytes, work->params->image_frame, offset, flags);
        } else {
            err = map_frame(work, start, bytes, frame, work->layout.segment[i], flags);
        }
    }
    return err;
}

errval_t spawn_make_mappings(struct spawn_work *work)
{
    struct capref frame = spawn_slot(&work->si, ROOTCN_SLOT_SEGCN, SPAWN_SEG_IMAGE);
    const struct {
        genvaddr_t vaddr;
        gensize_t bytes, offset;
    } parts[] = {
        {DISPATCHER_VADDR, DISPATCHER_FRAME_BYTES, 0},
        {SPAWN_ARGS_VADDR, SPAWN_ARGS_BYTES, SPAWN_FRAME_ARGS},
        {STACK_VADDR, STACK_BYTES, work->layout.stack},
    };
    errval_t err = map_tables(work);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && err_is_ok(err); i++) {
        err = map_frame(work, parts[i].vaddr, parts[i].bytes, frame, parts[i].offset,
                        VREGION_FLAGS_READ_WRITE);
    }
    if (err_is_ok(err))
        err = map_info(work);
    if (err_is_ok(err))
        err = map_segments(work, frame);
    if (err_is_ok(err) && (work->params->flags & SPAWN_FLAG_BOOTINFO) != 0) {
        err = map_frame(work, BOOTINFO_VADDR, BOOTINFO_BYTES, work->params->bootinfo, 0,
                        VREGION_FLAGS_READ);
    }
    return err;
}
