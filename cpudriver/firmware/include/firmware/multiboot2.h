// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a Multiboot2 boot loader hands over, read out of its information structure without
// trusting a single size in it. Source: Multiboot2 Specification 2.0, section 3.6. Tags that the
// CPU driver has no use for (framebuffer, EFI tables, ...) are stepped over.
#pragma once

#include "firmware/memory_map.h"

#define MULTIBOOT2_BOOTLOADER_MAGIC 0x36d76289u ///< what EAX holds on entry
#define MULTIBOOT2_MEMORY_MAX 128
#define MULTIBOOT2_MODULES_MAX 64
#define MULTIBOOT2_RSDP_MAX 36

enum multiboot2_error {
    MULTIBOOT2_OK,
    MULTIBOOT2_NO_ROOM,        ///< not even the fixed header fits into max_bytes
    MULTIBOOT2_BAD_TOTAL_SIZE, ///< total size below the header's or above max_bytes
    MULTIBOOT2_TAG_TOO_SMALL,  ///< a tag shorter than what its type needs
    MULTIBOOT2_TAG_OVERRUN,    ///< a tag that reaches beyond the structure
    MULTIBOOT2_NO_END_TAG,
    MULTIBOOT2_BAD_STRING,       ///< a string without a NUL inside its tag
    MULTIBOOT2_BAD_MODULE,       ///< a module that ends before it starts
    MULTIBOOT2_BAD_MEMORY_ENTRY, ///< memory map entries smaller than 24 bytes
    MULTIBOOT2_NO_MEMORY_MAP,
    MULTIBOOT2_ERROR_COUNT
};

/// A boot module: physical addresses [start, end), and its command line inside the information
/// structure.
struct multiboot2_module {
    uint64_t start;
    uint64_t end;
    const char *command_line;
};

/// The result. Strings point into the information structure and live as long as it does; they are
/// never NULL. What did not fit is counted, not kept.
struct multiboot2_info {
    const char *command_line;
    const char *loader_name;
    size_t memory_count;
    size_t memory_dropped;
    size_t module_count;
    size_t modules_dropped;
    size_t rsdp_bytes; ///< 20 or 36; 0: none. The newer version is taken if there are both
    uint8_t rsdp[MULTIBOOT2_RSDP_MAX];
    struct memory_entry memory[MULTIBOOT2_MEMORY_MAX];
    struct multiboot2_module modules[MULTIBOOT2_MODULES_MAX];
    size_t error_offset; ///< after an error: where in the structure
};

/// Read the information structure at `info`, of which max_bytes bytes can be read. After an error
/// *out is still well-formed and holds what came before the error, so that the last words can go to
/// the right console.
enum multiboot2_error multiboot2_parse(const void *info, size_t max_bytes,
                                       struct multiboot2_info *out);

/// The error in words; never NULL.
const char *multiboot2_error_text(enum multiboot2_error error);
