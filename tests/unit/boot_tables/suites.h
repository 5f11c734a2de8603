// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The suites of this program, and a copy of bytes in a heap block of exactly their size, so that
// AddressSanitizer sees a read of even one byte too many.
#pragma once

#include <stdlib.h>
#include <string.h>
#include <testlib/testlib.h>

extern CU_TestInfo string_tests[];
extern CU_TestInfo multiboot2_tests[];
extern CU_TestInfo acpi_tests[];
extern CU_TestInfo memory_map_tests[];
extern CU_TestInfo features_tests[];

static inline void *exact_copy(const void *bytes, size_t count)
{
    void *copy = malloc(count > 0 ? count : 1);
    if (copy == NULL)
        abort();
    memcpy(copy, bytes, count);
    return copy;
}
