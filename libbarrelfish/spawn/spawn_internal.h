// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// One spawn under way; private to the spawn library. spawn_layout.c decides where everything goes
// (pure), spawn_objects.c makes it, spawn_fill.c fills it in, spawn.c puts the steps together.
// SP1 The objects and mappings of a domain fit in its PAGECN.
// SP2 A destruction ends with its last stage, and then knows of no domain any more.
// SP3 What is cut out of the RAM are whole pages.
#pragma once

#include "barrelfish/spawn.h"
#include "kpi/elf.h"

/// Images lie in the first GiB, so that one pdir is enough.
#define SPAWN_IMAGE_LOW 0x400000ul
#define SPAWN_IMAGE_HIGH (1ul << 30)
#define SPAWN_IMAGE_MAX (128ul << 20)
#define SPAWN_ROOT_SLOTS (ROOTCN_SLOT_ALLOC0 + 1)
#define SPAWN_CHUNKS (SPAWN_IMAGE_HIGH / LARGE_PAGE_SIZE)

// Slots of PAGECN.
#define SPAWN_PAGE_PDPT 0u
#define SPAWN_PAGE_PDIR 1u
#define SPAWN_PAGE_PTABLE 2u ///< the first; mappings follow the last

/// Slot of SEGCN with the frame of all that the domain writes: the dispatcher frame, the arguments,
/// the segments, the stack.
#define SPAWN_SEG_IMAGE 0u
/// Slot of SEGCN with the right to read the exposed information.
#define SPAWN_SEG_INFO 1u

/// Offset of the arguments in the frame.
#define SPAWN_FRAME_ARGS DISPATCHER_FRAME_BYTES

/// Offsets in the one piece of RAM.
struct spawn_layout {
    bool present[SPAWN_ROOT_SLOTS];  ///< L2CNodes to make
    uint8_t ptable_of[SPAWN_CHUNKS]; ///< number + 1 of the ptable of each 2 MiB, or 0
    uint32_t ptables;
    gensize_t cnodes, vnodes, dispatcher, frame, info, total;
    gensize_t segment[ELF_PHNUM_MAX]; ///< offset of each segment in the frame
    gensize_t stack;                  ///< the same of the stack, which is the last
};

struct spawn_work {
    const struct spawn_params *params;
    struct spawn_info si;
    struct elf_info elf;
    struct spawn_layout layout;
    cslot_t next_mapping; ///< in PAGECN
};

/// What there is besides the segments.
struct spawn_extent {
    bool modulecn, supercn, bootinfo;
    size_t shared_bytes; ///< of the image: what is not written is mapped from it; 0: none
};

/// Bytes of the image that can be shared.
static inline size_t spawn_shared_bytes(const struct spawn_params *params)
{
    return capref_is_null(params->image_frame) ? 0 : params->image_bytes;
}

/// Whether a segment can be mapped from the image as it is. If its last page reaches beyond the
/// image, it is copied: what lies there in memory is nobody's to see.
static inline bool spawn_is_shared(const struct elf_segment *segment, size_t shared_bytes)
{
    return (segment->flags & ELF_FLAG_WRITE) == 0 && segment->filesz == segment->memsz &&
           page_round_up(segment->offset + segment->filesz) <= shared_bytes;
}

/// Decide the layout. False: more page tables than PAGECN has room for.
bool spawn_layout_make(struct spawn_layout *layout, const struct elf_info *elf,
                       struct spawn_extent extent);

/// Copy strings one after the other. False: no room.
bool spawn_args_strings(struct spawn_args *args, size_t argc, const char *const *argv, size_t envc,
                        const char *const *envp);

errval_t spawn_make_objects(struct spawn_work *work);
errval_t spawn_make_mappings(struct spawn_work *work);
errval_t spawn_fill(struct spawn_work *work);
