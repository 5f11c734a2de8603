// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Starting the cores below this one in the tree: each child gets its memory and that of its subtree
// (protocol/boot_plan.h), a copy of bootinfo, a channel to this monitor with a first message in it,
// and its KCB piece, and is told to go. The children are started one right after the other; each
// reports that it is up when it likes, or is given up at a deadline. Stands on KERNEL_CMD_START_CORE,
// see kpi/bootinfo.h for what it takes.

#include "cores/cores.h"

#include "capops/cap_transfer.h"
#include "memory/memory.h"
#include "protocol/boot_plan.h"
#include "state/monitor.h"

#include <stdio.h>
#include <string.h>

/// What the CPU driver and this monitor have taken of a further core's memory by now, estimated from
/// above.
#define USED_BYTES (2ul << 20)

#define NEED_TEXT "3 MiB"
_Static_assert(BOOTINFO_CORE_RAM_MIN == 3ul << 20, "as NEED_TEXT says");

static struct boot_plan plan;
static struct capref piece_caps[BOOT_PIECES_MAX];
static struct memory_source sources[BOOTINFO_REGIONS_MAX];
static struct bootinfo_region regions[BOOTINFO_REGIONS_MAX];

/// Turns a region into its pieces. A region that is one piece is that piece.
static errval_t cut_source(unsigned region)
{
    enum objtype type = regions[region].kind == REGION_KCB ? ObjType_KCB : ObjType_RAM;
    for (unsigned i = 0; i < plan.pieces_count; i++) {
        const struct boot_piece *piece = &plan.pieces[i];
        if (piece->region != region)
            continue;
        if (piece->bytes == regions[region].bytes) {
            piece_caps[i] = sources[region].cap;
            return SYS_ERR_OK;
        }
        errval_t err = slot_alloc(&piece_caps[i]);
        if (err_is_ok(err))
            err = cap_retype(piece_caps[i], sources[region].cap, piece->base - regions[region].base,
                             type, piece->bytes, 1);
        if (err_is_fail(err))
            return err;
    }
    return cap_delete(sources[region].cap);
}

/// Copies bootinfo to the child's frame and adds its regions.
static errval_t fill_bootinfo(struct bootinfo *info, unsigned heir, struct capref shared)
{
    *info = *monitor.bootinfo;
    info->core_id = plan.heirs[heir].core;
    info->regions_count = 0;
    memset(info->regions, 0, sizeof(info->regions));
    struct frame_identity id;
    errval_t err = frame_identify(shared, &id);
    if (err_is_fail(err))
        return err;
    info->regions[info->regions_count++] = (struct bootinfo_region){
        .base = id.base,
        .bytes = id.bytes,
        .slot = get_cap_caddr(shared),
        .kind = REGION_SHARED,
    };
    for (unsigned i = 0; i < plan.pieces_count; i++) {
        const struct boot_piece *piece = &plan.pieces[i];
        if (piece->heir != heir || regions[piece->region].kind != REGION_RAM)
            continue;
        // START_CORE takes fewer than this, so that it can add what is left of the KCB piece.
        if (info->regions_count >= BOOTINFO_REGIONS_START_MAX - 1)
            return MON_ERR_LIMIT;
        info->regions[info->regions_count++] = (struct bootinfo_region){
            .base = piece->base,
            .bytes = piece->bytes,
            .slot = get_cap_caddr(piece_caps[i]),
            .kind = REGION_RAM,
            .node = regions[piece->region].node,
        };
    }
    return SYS_ERR_OK;
}

/// Makes the child's bootinfo frame, filled and no longer mapped here.
static errval_t make_bootinfo(unsigned heir, struct capref shared, struct capref *frame)
{
    struct bootinfo *info;
    errval_t err = frame_alloc(frame, BOOTINFO_BYTES, NULL);
    if (err_is_fail(err))
        return err;
    err = vspace_map_one_frame((void **)&info, BOOTINFO_BYTES, *frame, NULL, NULL);
    if (err_is_ok(err)) {
        err = fill_bootinfo(info, heir, shared);
        errval_t unmapped = vspace_unmap(info);
        err = err_is_ok(err) ? unmapped : err;
    }
    if (err_is_fail(err))
        (void)cap_destroy(*frame);
    return err;
}

/// Makes the channel to a child, with the first message in it.
static errval_t make_channel(coreid_t child, struct capref *shared)
{
    struct intermon_message hello = {.op = INTERMON_HELLO};
    errval_t err = frame_alloc(shared, INTERMON_FRAME_BYTES, NULL);
    if (err_is_fail(err))
        return err;
    err = intermon_add(child, *shared, true);
    if (err_is_fail(err)) {
        (void)cap_destroy(*shared);
        return err;
    }
    intermon_own_notify(&hello.hello.notify);
    intermon_open_rx(child);
    intermon_open_tx(child);
    return intermon_send_direct(child, &hello);
}

static errval_t start_core(unsigned heir, struct capref frame)
{
    coreid_t core = plan.heirs[heir].core;
    errval_t err;
    do {
        err = invoke_kernel_start_core(cap_kernel, core, monitor.bootinfo->cores[core].apic_id,
                                       frame, piece_caps[plan.heirs[heir].kcb]);
    } while (err_no(err) == SYS_ERR_AGAIN);
    return err;
}

/// What speaks against starting a child, or NULL. One with too little for all cores below it starts
/// and finds that itself.
static const char *reason_against(const struct boot_heir *heir)
{
    if (heir->kcb == BOOT_CORE_NONE)
        return "too little memory for CPU drivers";
    if (heir->places == 0)
        return "too little memory: each core needs " NEED_TEXT " in one piece";
    return NULL;
}

static errval_t start_child(unsigned heir)
{
    struct capref shared, frame;
    coreid_t core = plan.heirs[heir].core;
    errval_t err = make_channel(core, &shared);
    if (err_is_ok(err))
        err = make_bootinfo(heir, shared, &frame);
    if (err_is_ok(err))
        err = start_core(heir, frame);
    if (err_is_ok(err))
        cap_transfer_shared(shared, core);
    return err;
}

/// Cuts all regions along the plan and hands the pieces of heir 0 to this core's memory server.
static errval_t divide_memory(void)
{
    unsigned count = 0;
    errval_t err = memory_sources(sources, &count);
    for (unsigned i = 0; i < count; i++)
        regions[i] = sources[i].region;
    if (err_is_ok(err))
        err = boot_plan_make(&plan, &monitor.tree, monitor.core, regions, count,
                             monitor.core == 0 ? 0 : USED_BYTES, monitor.bootinfo->distance);
    for (unsigned i = 0; i < count && err_is_ok(err); i++)
        err = cut_source(i);
    if (err_is_fail(err))
        return err;
    struct memory_source own[BOOTINFO_REGIONS_MAX];
    unsigned own_count = 0;
    for (unsigned i = 0; i < plan.pieces_count; i++) {
        const struct boot_piece *piece = &plan.pieces[i];
        if (piece->heir != 0 || regions[piece->region].kind != REGION_RAM ||
            own_count == BOOTINFO_REGIONS_MAX)
            continue;
        own[own_count] = (struct memory_source){piece_caps[i], regions[piece->region]};
        own[own_count].region.base = piece->base;
        own[own_count++].region.bytes = piece->bytes;
    }
    return memory_own(own, own_count);
}

void start_children(void)
{
    errval_t err = divide_memory();
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "core %u cannot divide its memory", monitor.core);
    for (unsigned h = 1; h < plan.heirs_count; h++) {
        coreid_t core = plan.heirs[h].core;
        const char *reason = reason_against(&plan.heirs[h]);
        if (reason == NULL && err_is_fail(err = start_child(h)))
            reason = err_getstring(err);
        if (reason == NULL)
            cores_started(core);
        else
            cores_not_started(core, reason);
    }
}

void start_handle_hello(const struct intermon_header *header,
                        const struct intermon_message *message)
{
    struct intermon_message up = {.op = INTERMON_UP};
    coreid_t from = header->from;
    if (monitor.core == 0 || from != monitor.tree.parent[monitor.core] || header->source != from) {
        intermon_complain("not the starter's", header, message);
        return;
    }
    errval_t err = intermon_set_notify(from, &message->hello.notify);
    if (err_is_ok(err))
        err = invoke_kernel_stat(cap_kernel, KERNEL_STAT_START_TSC, &up.up.start);
    intermon_own_notify(&up.up.notify);
    if (err_is_ok(err))
        err = intermon_send_direct(from, &up);
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "core %u cannot report", monitor.core);
}
