// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// With arguments the program runs tests/lib/coverage with them, which then runs it without.
#include "testlib/testlib.h"

#include <stdlib.h>
#include <unistd.h>

void test_program_begin(int argc, char **argv)
{
    if (argc > 1) {
        execv("tests/lib/coverage", argv);
        exit(EXIT_FAILURE);
    }
}
