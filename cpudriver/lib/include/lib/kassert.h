// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Invariants. One that is broken raises an exception whose handler finds the text (machine/panic.h):
// so the lowest rooms, and those that a test runs on a host, need nobody who prints.

#pragma once

#include "arch/cpu.h"

#define KASSERT_TEXT(line) #line
#define KASSERT_LINE(line) KASSERT_TEXT(line)

#define kassert(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            cpu_raise(__FILE__ ":" KASSERT_LINE(__LINE__) ": broken invariant: " #condition);      \
    } while (0)
