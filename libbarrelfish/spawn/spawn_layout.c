// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Where the parts of a new domain lie in its one piece of RAM: the objects with the strictest
// alignment first, so that no byte is lost between them. Pure.
#include "spawn_internal.h"

#include "kpi/bootinfo.h"

#include <assert.h>
#include <string.h>

/// Notes that [vaddr, vaddr + bytes), in the first GiB, needs page tables.
static void cover(struct spawn_layout *layout, genvaddr_t vaddr, gensize_t bytes)
{
    for (size_t i = vaddr / LARGE_PAGE_SIZE; i <= (vaddr + bytes - 1) / LARGE_PAGE_SIZE; i++)
        if (layout->ptable_of[i] == 0)
            layout->ptable_of[i] = (uint8_t)++layout->ptables;
}

static bool cover_all(struct spawn_layout *layout, const struct elf_info *elf, bool bootinfo)
{
    // Of the parts at fixed addresses that all have, the dispatcher frame is the lowest, the stack the
    // highest.
    cover(layout, DISPATCHER_VADDR, STACK_VADDR + STACK_BYTES - DISPATCHER_VADDR);
    if (bootinfo)
        cover(layout, BOOTINFO_VADDR, BOOTINFO_BYTES);
    for (uint32_t i = 0; i < elf->count; i++)
        cover(layout, elf->segments[i].vaddr, elf->segments[i].memsz);
    // In PAGECN: two upper tables, the ptables, a mapping for each of these, one for the dispatcher
    // frame, arguments, information, stack and bootinfo, and for each segment one in each ptable.
    return 2 * (2 + layout->ptables) + 5 + elf->count + layout->ptables <= L2_CNODE_SLOTS;
}

bool spawn_layout_make(struct spawn_layout *layout, const struct elf_info *elf,
                       struct spawn_extent extent)
{
    memset(layout, 0, sizeof(*layout));
    if (elf->load_bytes > SPAWN_IMAGE_MAX || !cover_all(layout, elf, extent.bootinfo))
        return false;
    gensize_t cnodes = 0;
    for (cslot_t slot = 0; slot < SPAWN_ROOT_SLOTS; slot++) {
        layout->present[slot] = (slot != ROOTCN_SLOT_MODULECN || extent.modulecn) &&
                                (slot != ROOTCN_SLOT_SUPERCN || extent.supercn);
        cnodes += layout->present[slot] ? OBJSIZE_L2CNODE : 0;
    }
    layout->cnodes = L1_CNODE_SLOTS_MIN * OBJSIZE_CTE;
    layout->vnodes = layout->cnodes + cnodes;
    layout->dispatcher = layout->vnodes + (3 + layout->ptables) * (gensize_t)OBJSIZE_VNODE;
    layout->frame = layout->dispatcher + OBJSIZE_DISPATCHER;
    layout->stack = SPAWN_FRAME_ARGS + SPAWN_ARGS_BYTES;
    for (uint32_t i = 0; i < elf->count; i++) {
        const struct elf_segment *segment = &elf->segments[i];
        layout->segment[i] = layout->stack;
        if (!spawn_is_shared(segment, extent.shared_bytes))
            layout->stack += page_round_up(segment->vaddr % BASE_PAGE_SIZE + segment->memsz);
    }
    // The memory server returns the information last: at the end it does not part what else returns.
    layout->info = layout->frame + layout->stack + STACK_BYTES;
    layout->total = layout->info + BASE_PAGE_SIZE;
    assert(layout->total % BASE_PAGE_SIZE == 0); // SP3
    return true;
}

static bool add_strings(struct spawn_args *args, size_t count, const char *const *strings)
{
    for (size_t i = 0; i < count; i++) {
        size_t bytes = strlen(strings[i]) + 1;
        if (bytes > sizeof(args->strings) - args->strings_bytes)
            return false;
        memcpy(args->strings + args->strings_bytes, strings[i], bytes);
        args->strings_bytes += (uint32_t)bytes;
    }
    return true;
}

bool spawn_args_strings(struct spawn_args *args, size_t argc, const char *const *argv, size_t envc,
                        const char *const *envp)
{
    args->strings_bytes = 0;
    args->argc = (uint32_t)argc;
    args->envc = (uint32_t)envc;
    return argc <= sizeof(args->strings) && envc <= sizeof(args->strings) &&
           add_strings(args, argc, argv) && add_strings(args, envc, envp);
}
