// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A copy of bytes in a heap block of exactly their size, so that AddressSanitizer sees a read of
// even one byte too many.
#pragma once

#include <stdlib.h>
#include <string.h>

static inline void *exact_copy(const void *bytes, size_t count)
{
    void *copy = malloc(count > 0 ? count : 1);
    if (copy == NULL)
        abort();
    memcpy(copy, bytes, count);
    return copy;
}
