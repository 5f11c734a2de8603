// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What debugging has to know of the domain, which is above it: given at the domain's start. Private
// to the library.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct debug_source {
    const char *name;                               ///< disp_name()
    const void *names;                              ///< table of kpi/elf_names.h, or NULL
    size_t names_bytes;                             //
    void (*stack)(uintptr_t *low, uintptr_t *high); ///< known bounds of the caller's, or 0
    void (*end)(void) __attribute__((noreturn));    ///< of the domain, after a mistake
};

extern struct debug_source debug_source;
