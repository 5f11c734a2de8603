// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The shell's pure halves: its language, its line editor, lines of scripts, its names of events and
// modules, its errors.
#include "suites.h"

int main(void)
{
    CU_SuiteInfo suites[] = {
        {"parse", NULL, NULL, NULL, NULL, parse_tests},
        {"line editor", NULL, NULL, NULL, NULL, line_editor_tests},
        {"event names", NULL, NULL, NULL, NULL, event_name_tests},
        {"script", NULL, NULL, NULL, NULL, script_tests},
        {"completion", NULL, NULL, NULL, NULL, completion_tests},
        {"error texts", NULL, NULL, NULL, NULL, error_text_tests},
        {"modules", NULL, NULL, NULL, NULL, modules_tests},
        CU_SUITE_INFO_NULL,
    };
    return test_main(suites);
}
