// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Runs the suites of what the CPU driver reads at boot: Multiboot2 and ACPI tables, the memory
// map, the processor's features, and the memory and string functions it brings along.
#include "suites.h"

int main(void)
{
    CU_SuiteInfo suites[] = {
        {.pName = "string", .pTests = string_tests},
        {.pName = "multiboot2", .pTests = multiboot2_tests},
        {.pName = "acpi", .pTests = acpi_tests},
        {.pName = "memory_map", .pTests = memory_map_tests},
        {.pName = "features", .pTests = features_tests},
        CU_SUITE_INFO_NULL,
    };
    return test_main(suites);
}
