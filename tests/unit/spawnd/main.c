// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Runs the suites. spawnd's own main() has another name here.
#include "suites.h"

#undef main

int main(void)
{
    CU_SuiteInfo suites[] = {
        {"domain table", NULL, NULL, NULL, NULL, table_tests},
        {"queue of ends", NULL, NULL, NULL, NULL, queue_tests},
        {"strings", NULL, NULL, NULL, NULL, strings_tests},
        {"words", NULL, NULL, NULL, NULL, words_tests},
        {"boot", NULL, NULL, NULL, NULL, boot_tests},
        {"launching", NULL, NULL, NULL, NULL, launch_tests},
        {"requests", NULL, NULL, NULL, NULL, request_tests},
        {"lists", NULL, NULL, NULL, NULL, list_tests},
        {"ends", NULL, NULL, NULL, NULL, end_tests},
        {"what is said", NULL, NULL, NULL, NULL, say_tests},
        {"other cores", NULL, NULL, NULL, NULL, remote_tests},
        CU_SUITE_INFO_NULL,
    };
    return test_main(suites);
}
