// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the tests of the machines share: which effects a step had.
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/// Whether these are the kinds of a step's `count` effects, in their order; 0 ends the kinds. An effect
/// has `bytes`, and begins with its kind.
static inline bool effects_are(const void *effects, size_t bytes, unsigned count, va_list kinds)
{
    const char *effect = effects;
    for (int kind; (kind = va_arg(kinds, int)) != 0; effect += bytes, count--)
        if (count == 0 || *(const int *)effect != kind)
            return false;
    return count == 0;
}

// Expects the kinds of effects that follow the argument `last`, ended by 0.
#define EXPECT_EFFECTS(out, last)                                                                  \
    do {                                                                                           \
        va_list kinds;                                                                             \
        va_start(kinds, last);                                                                     \
        CU_ASSERT(effects_are((out).list, sizeof((out).list[0]), (out).count, kinds));             \
        va_end(kinds);                                                                             \
    } while (0)
