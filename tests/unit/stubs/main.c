// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Tests of the stubs' library and of the code that the interface compiler makes. The argument, if there
// is one, is the number of messages that a hostile peer sends.
#include "suites.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    CU_SuiteInfo suites[] = {
        {"round trips", NULL, NULL, NULL, NULL, trip_tests},
        {"bindings", NULL, NULL, NULL, NULL, bind_tests},
        {"calls", NULL, NULL, NULL, NULL, call_tests},
        {"a hostile peer", NULL, NULL, NULL, NULL, fuzz_tests},
        CU_SUITE_INFO_NULL,
    };
    if (argc == 2)
        fuzz_messages = strtoull(argv[1], NULL, 10);
    return test_main(suites);
}
