// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Runs the suites of the monitors' protocol modules; with arguments, tests/lib/coverage with them.
#include "suites.h"

#include "testlib/testlib.h"

#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc > 1)
        return execv("tests/lib/coverage", argv);
    CU_SuiteInfo suites[] = {
        {"start tree", NULL, NULL, NULL, NULL, boot_tree_tests},
        {"boot plan", NULL, NULL, NULL, NULL, boot_plan_tests},
        {"directory of holders", NULL, NULL, NULL, NULL, directory_tests},
        {"name table", NULL, NULL, NULL, NULL, name_table_tests},
        {"queue of lines", NULL, NULL, NULL, NULL, line_queue_tests},
        {"tables and shares", NULL, NULL, NULL, NULL, table_tests},
        {"frames of channels", NULL, NULL, NULL, NULL, frame_table_tests},
        {"exported services", NULL, NULL, NULL, NULL, export_table_tests},
        {"requests of domains", NULL, NULL, NULL, NULL, operations_tests},
        {"outstanding answers", NULL, NULL, NULL, NULL, tokens_tests},
        {"direct channels", NULL, NULL, NULL, NULL, connect_tests},
        {"cores that are up", NULL, NULL, NULL, NULL, cores_tests},
        {"binding: ends", NULL, NULL, NULL, NULL, binding_ends_tests},
        {"binding: the client", NULL, NULL, NULL, NULL, binding_client_tests},
        {"binding: the server", NULL, NULL, NULL, NULL, binding_server_tests},
        {"binding: closing", NULL, NULL, NULL, NULL, binding_closing_tests},
        CU_SUITE_INFO_NULL,
    };
    return test_main(suites);
}
