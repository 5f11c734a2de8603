// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Where things are in the kernel's half of every core's address space.
//
//   window     all RAM and the first 4 GiB at WINDOW_BASE + physical address, except the pool of
//              private pages; the image's pages are read-only there
//   devices    local APIC and I/O APIC, uncached
//   image      text, read-only data (shared), then this core's private pages
//
// A KCB region of OBJSIZE_KCB bytes holds one core's private memory: its page tables first, then
// the private pages of the image.

#pragma once

#include "kpi/types.h"

#define WINDOW_BASE 0xffff800000000000ul
#define WINDOW_END 0xffff808000000000ul ///< 512 GiB: one PML4 entry
#define IMAGE_BASE 0xffffffff80000000ul ///< KERNEL_BASE of the linker script
#define DEVICE_BASE 0xffffffffc0000000ul
#define DEVICE_LOCAL_APIC DEVICE_BASE
#define DEVICE_IO_APIC (DEVICE_BASE + 0x1000)

#define DEVICE_TABLES (DEVICE_BASE + 0x10000) ///< this core's own page tables, read-only

/// Share of a core's private memory for its page tables; then come the private pages of the image.
#define TABLES_BYTES 0x20000ul

#define POOL_REGIONS_MAX 16u

#ifndef __ASSEMBLER__
extern char image_start[], etext[], private_start[], private_data_end[], private_end[], boot_end[];

static inline void *window_ptr(lpaddr_t paddr)
{
    return (void *)(WINDOW_BASE + paddr);
}

/// Physical address of a symbol of the image's shared part.
static inline lpaddr_t image_paddr(const void *symbol)
{
    return (lpaddr_t)symbol - IMAGE_BASE;
}
#endif
