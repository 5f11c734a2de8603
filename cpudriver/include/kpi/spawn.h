// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How a new domain finds its world: fixed addresses and the argument page, the same whether a CPU
// driver made the domain (the first of its core) or another domain did. A spawner maps only below
// SPAWN_VADDR_END; libbarrelfish maps only from there on, so that it need not know the spawner's
// page tables.

#pragma once

#include "kpi/types.h"

#define DISPATCHER_VADDR 0x100000UL ///< dispatcher frame, read and write
#define DISPATCHER_FRAME_BYTES 65536u
#define SPAWN_ARGS_VADDR 0x180000UL ///< struct spawn_args, read and write
#define SPAWN_ARGS_BYTES 16384u
#define INFO_VADDR 0x190000UL  ///< struct domain_info (kpi/info.h), one page, to be read
#define STACK_VADDR 0x1c0000UL ///< main thread's stack; the pages around it are not mapped
#define STACK_BYTES 131072u
// BOOTINFO_VADDR, 0x200000: kpi/bootinfo.h; first domains, spawnd and those that are given it
// ELF images from 0x400000
#define SPAWN_VADDR_END (1UL << 39) ///< 512 GiB: second entry of the pml4

/// The endpoint that every spawner makes in a new dispatcher (TASKCN_SLOT_SELFEP, GRANT right kept
/// by the spawner).
#define SELFEP_OFFSET 4096u
#define SELFEP_MESSAGES 64u
/// Endpoints that the domain makes itself lie in [SELFEP_END, DISPATCHER_FRAME_BYTES).
#define SELFEP_END 12288u

#define SPAWN_FLAG_FIRST 0x1u    ///< first domain of its core: no memory server yet
#define SPAWN_FLAG_BOOTINFO 0x2u ///< bootinfo is mapped at BOOTINFO_VADDR
#define SPAWN_FLAG_INFO 0x4u     ///< there is a page at INFO_VADDR

/// Domain numbers (low 16 bits of domainid_t) that are the same on every core.
#define DOMAIN_FIRST 1u
#define DOMAIN_MEM_SERV 2u
#define DOMAIN_MONITOR 3u ///< on the boot core; elsewhere the monitor is DOMAIN_FIRST
#define DOMAIN_SPAWND 4u
#define DOMAIN_OPERATOR 5u ///< the shell, on the boot core: it may end any domain
#define DOMAIN_DYNAMIC 16u

/// Initial registers of a domain: rip = ELF entry, rdi = DISPATCHER_VADDR, rsp = STACK_VADDR +
/// STACK_BYTES, disabled = 1.
struct spawn_args {
    uint32_t argc, envc;
    uint32_t flags;         ///< SPAWN_FLAG_
    uint32_t strings_bytes; ///< used bytes of strings
    uint64_t phdr_vaddr;    ///< the program headers as the ELF image maps them, or 0
    uint32_t phnum;
    uint32_t reserved;
    uint64_t entry;
    uint64_t image_end; ///< first byte after the last segment
    char strings[SPAWN_ARGS_BYTES -
                 48]; ///< argc arguments, then envc "NAME=value", each ended by a zero byte
};
_Static_assert(sizeof(struct spawn_args) == SPAWN_ARGS_BYTES, "kpi layout");
