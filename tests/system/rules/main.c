// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Every rule of the capability system on a running machine, by the table that the CPU driver obeys:
// on each type each command with the least rights and without each of them, and every error that a
// domain can reach. The module is trusted with the machine, for it holds a capability of each type.
//   test_rules           nothing else runs: what is refused must leave the database as it was
//   test_rules busy      other domains of this core may run as well
#include "rules.h"

#include <string.h>

static void run_all(void)
{
    if (rules_stage_make()) {
        rules_test_illegal();
        rules_test_copy();
        rules_test_retype();
        rules_test_vnode();
        rules_test_pages();
        rules_test_message();
        rules_test_device();
        rules_test_kernel();
        rules_test_dispatcher();
        rules_test_revoke();
    }
    rules_stage_destroy();
}

int main(int argc, char **argv)
{
    rules_alone = argc < 2 || strcmp(argv[1], "busy") != 0;
    run_all(); // the domain's own tables grow in this round
    uint64_t before = test_memory_settled(), database = rules_database();
    rules_account_begin();
    run_all();
    rules_account_check();
    EXPECT_MEMORY(before);
    EXPECT(rules_database() == database);
    EXPECT_SERVICES(disp_get_core_id());
    return test_summary("rules");
}
