// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The content of a new domain's memory: its image, arguments and first registers, written through
// a mapping in the spawner that lasts no longer than the copying. Frames are zero when they are made.
#include "spawn_internal.h"

#include "barrelfish/vspace_common.h"
#include "kpi/dispatcher.h"

#include <string.h>

#define EFLAGS_FIRST 0x202u ///< interrupts on; bit 1 is always one

static void fill_image(const struct spawn_work *work, char *frame)
{
    const struct elf_info *elf = &work->elf;
    size_t shared_bytes = spawn_shared_bytes(work->params);
    for (uint32_t i = 0; i < elf->count; i++) {
        const struct elf_segment *segment = &elf->segments[i];
        if (spawn_is_shared(segment, shared_bytes))
            continue;
        memcpy(frame + work->layout.segment[i] + segment->vaddr % BASE_PAGE_SIZE,
               (const char *)work->params->image + segment->offset, segment->filesz);
    }
}

/// False: the strings do not fit.
static bool fill_args(const struct spawn_work *work, struct spawn_args *args)
{
    const struct elf_info *elf = &work->elf;
    const struct spawn_params *params = work->params;
    const struct elf_segment *last = &elf->segments[elf->count - 1];
    args->flags = params->flags | SPAWN_FLAG_INFO;
    args->phdr_vaddr = elf->phdr_vaddr;
    args->phnum = elf->phnum;
    args->entry = elf->entry;
    args->image_end = last->vaddr + last->memsz;
    return spawn_args_strings(args, params->argc, params->argv, params->envc, params->envp);
}

static void fill_dispatcher(const struct spawn_work *work, struct dispatcher_shared *shared)
{
    shared->disabled = 1;
    shared->disabled_save.rip = work->elf.entry;
    shared->disabled_save.rdi = DISPATCHER_VADDR;
    shared->disabled_save.rsp = STACK_VADDR + STACK_BYTES;
    shared->disabled_save.eflags = EFLAGS_FIRST;
}

errval_t spawn_fill(struct spawn_work *work)
{
    void *frame;
    errval_t err =
        vspace_map_one_frame(&frame, work->layout.stack,
                             spawn_slot(&work->si, ROOTCN_SLOT_SEGCN, SPAWN_SEG_IMAGE), NULL, NULL);
    if (err_is_fail(err))
        return err;
    fill_dispatcher(work, frame);
    fill_image(work, frame);
    bool fits = fill_args(work, (struct spawn_args *)((char *)frame + SPAWN_FRAME_ARGS));
    err = vspace_unmap(frame);
    return err_is_ok(err) && !fits ? SPAWN_ERR_ARGS : err;
}
