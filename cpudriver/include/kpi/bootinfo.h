// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the first domain of a core learns of the machine, in a frame (TASKCN_SLOT_BOOTINFO) that is
// mapped at BOOTINFO_VADDR. On the boot core the CPU driver fills it in. For a further core the
// monitor that starts it prepares one and passes its frame to KERNEL_CMD_START_CORE, which takes
// from the caller the capabilities that `regions` names and lets the new core's CPU driver make
// them anew there:
//   RAM     moved: the caller must hold the only copy, without descendants; slot = its caddr
//   KCB     filled in by START_CORE from its own argument: the new core keeps OBJSIZE_KCB of it and
//           passes on the rest
//   SHARED  a Frame of the starting core that both cores keep (the channel between the two
//           monitors); slot = its caddr
// On the new core `slot` is the slot in SUPERCN.

#pragma once

#include "kpi/types.h"

#define BOOTINFO_MAGIC 0x5374617665424931UL // "StaveBI1"
#define BOOTINFO_BYTES 65536u
#define BOOTINFO_VADDR 0x200000UL
#define BOOTINFO_CORES_MAX 256u
#define BOOTINFO_NODES_MAX 8u
#define BOOTINFO_MODULES_MAX 64u
#define BOOTINFO_REGIONS_MAX 64u
#define BOOTINFO_REGIONS_START_MAX BOOTINFO_REGIONS_MAX ///< most regions that START_CORE takes
#define BOOTINFO_RAM_REGIONS_MAX 40u ///< of the boot core's: leaves room for KCB regions and cuts
#define BOOTINFO_CORE_RAM_MIN (3ul << 20) ///< what a core needs to start, in one piece
#define BOOTINFO_COMMANDS_MAX 16384u      ///< less one byte
#define BOOTINFO_STRING_MAX 192u

enum region_kind { REGION_RAM = 1, REGION_KCB, REGION_SHARED, REGION_DEVICE };

struct bootinfo_region {
    genpaddr_t base;
    gensize_t bytes;
    uint64_t slot;
    uint16_t kind;  ///< enum region_kind
    uint16_t node;  ///< NUMA node
    uint16_t owner; ///< SHARED: core that owns the frame
    uint16_t reserved;
};

struct bootinfo_module {
    genpaddr_t base; ///< physical address, page aligned
    uint64_t bytes;  ///< exact size of the file; the frame in slot is rounded up to pages
    uint32_t slot;   ///< slot in MODULECN
    uint32_t reserved;
    char string[BOOTINFO_STRING_MAX]; ///< the boot loader's words: name and arguments
};

struct bootinfo_core {
    uint32_t apic_id;
    uint16_t node;
    uint16_t flags; ///< reserved, 0
};

struct bootinfo {
    uint64_t magic;
    coreid_t core_id;
    uint16_t cores_count; ///< of the machine; cores[0] is the boot core
    uint16_t nodes_count;
    uint16_t modules_count;
    uint16_t regions_count;
    uint16_t commands_bytes; ///< of --run; 0 when there are none
    uint32_t flags;          ///< BOOTINFO_FLAG_
    uint64_t tsc_per_ms;
    uint64_t apic_ticks_per_ms;
    uint64_t boot_tsc;  ///< time-stamp counter at the boot core's first line of C
    uint64_t ram_bytes; ///< memory of the machine that is RAM
    uint8_t distance[BOOTINFO_NODES_MAX][BOOTINFO_NODES_MAX]; ///< as in ACPI's SLIT: 10 is local
    struct bootinfo_core cores[BOOTINFO_CORES_MAX];
    struct bootinfo_region regions[BOOTINFO_REGIONS_MAX];
    struct bootinfo_module modules[BOOTINFO_MODULES_MAX];
    char commands[BOOTINFO_COMMANDS_MAX];
};
_Static_assert(sizeof(struct bootinfo) <= BOOTINFO_BYTES, "kpi layout");

#define BOOTINFO_FLAG_COMMANDS 0x1u ///< --run was given (also when it is empty)
