// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The shim: the few 32-bit instructions that turn what QEMU's own loader hands over (Multiboot 1)
// into what GRUB would have handed over (Multiboot2). Shared by shim.S and direct.c; see there.
// Source: Multiboot Specification 0.6.96; Multiboot2 Specification 2.0, section 3.6.
#pragma once

#define SHIM_LOAD_ADDRESS 0x2000000 // above all that a CPU driver is linked for
#define SHIM_SEGMENTS_MAX 8

#ifndef __ASSEMBLER__

#include <stdint.h>

/// A part of the CPU driver: where it is loaded, where it belongs, and how many zeros follow it.
/// Physical addresses.
struct shim_segment {
    uint32_t from;
    uint32_t to;
    uint32_t file_bytes;
    uint32_t zero_bytes;
};

/// What direct.c tells the shim.
struct shim_parameters {
    uint32_t entry;      // of the CPU driver
    uint32_t info;       // the Multiboot2 information structure
    uint32_t info_bytes; // of it, already there; the shim appends memory map, RSDP and end
    uint32_t segments_count;
    struct shim_segment segments[SHIM_SEGMENTS_MAX];
};

_Static_assert(sizeof(struct shim_parameters) == 16 + 16 * SHIM_SEGMENTS_MAX, "shim.S knows this");

/// The shim's bytes, to be loaded at SHIM_LOAD_ADDRESS, and its parameters among them.
extern const char shim_start[];
extern const char shim_parameters[];
extern const char shim_end[];

#endif
