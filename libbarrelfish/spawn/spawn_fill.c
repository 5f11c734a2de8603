// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The content of a new domain's memory: its image, arguments and first registers, written through
// mappings in the spawner that last no longer than the copying. Frames are zero when they are made.
#include "spawn_internal.h"

#include "barrelfish/vspace_common.h"
#include "kpi/dispatcher.h"

#include <string.h>

#define EFLAGS_FIRST 0x202u ///< interrupts on; bit 1 is always one

/// Maps a frame of the new domain.
static errval_t map(const struct spawn_work *work, cslot_t root_slot, cslot_t slot, size_t bytes,
                    void **ret)
{
    return vspace_map_one_frame(ret, bytes, spawn_slot(&work->si, root_slot, slot), NULL, NULL);
}

static errval_t fill_image(const struct spawn_work *work)
{
    void *image;
    const struct elf_info *elf = &work->elf;
    size_t shared_bytes = spawn_shared_bytes(work->params);
    if (work->layout.segments_bytes == 0)
        return SYS_ERR_OK;
    errval_t err =
        map(work, ROOTCN_SLOT_SEGCN, SPAWN_SEG_IMAGE, work->layout.segments_bytes, &image);
    if (err_is_fail(err))
        return err;
    for (uint32_t i = 0; i < elf->count; i++) {
        const struct elf_segment *segment = &elf->segments[i];
        if (spawn_is_shared(segment, shared_bytes))
            continue;
        memcpy((char *)image + work->layout.segment[i] + segment->vaddr % BASE_PAGE_SIZE,
               (const char *)work->params->image + segment->offset, segment->filesz);
    }
    return vspace_unmap(image);
}

static errval_t fill_args(const struct spawn_work *work)
{
    void *mapped;
    const struct elf_info *elf = &work->elf;
    const struct spawn_params *params = work->params;
    errval_t err = map(work, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_ARGSPAGE, SPAWN_ARGS_BYTES, &mapped);
    if (err_is_fail(err))
        return err;
    struct spawn_args *args = mapped;
    const struct elf_segment *last = &elf->segments[elf->count - 1];
    args->flags = params->flags | SPAWN_FLAG_INFO;
    args->phdr_vaddr = elf->phdr_vaddr;
    args->phnum = elf->phnum;
    args->entry = elf->entry;
    args->image_end = last->vaddr + last->memsz;
    bool fits = spawn_args_strings(args, params->argc, params->argv, params->envc, params->envp);
    err = vspace_unmap(mapped);
    return err_is_ok(err) && !fits ? SPAWN_ERR_ARGS : err;
}

static errval_t fill_dispatcher(const struct spawn_work *work)
{
    void *mapped;
    errval_t err = map(work, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_DISPFRAME, BASE_PAGE_SIZE, &mapped);
    if (err_is_fail(err))
        return err;
    struct dispatcher_shared *shared = mapped;
    shared->disabled = 1;
    shared->disabled_save.rip = work->elf.entry;
    shared->disabled_save.rdi = DISPATCHER_VADDR;
    shared->disabled_save.rsp = STACK_VADDR + STACK_BYTES;
    shared->disabled_save.eflags = EFLAGS_FIRST;
    return vspace_unmap(mapped);
}

errval_t spawn_fill(struct spawn_work *work)
{
    errval_t err = fill_args(work);
    if (err_is_ok(err))
        err = fill_image(work);
    return err_is_ok(err) ? fill_dispatcher(work) : err;
}
