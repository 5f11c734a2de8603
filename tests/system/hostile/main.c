// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Hostile domains: each case runs in a child of its own, on a core given, which must get an error
// or die; after it the services answer, and after all of them no memory is missing.
//   test_hostile [CORE [NAME]]     the test: all cases, or one
//   test_hostile child NAME        a child
#include <stdio.h>
#include <string.h>

#include "barrelfish/domain.h"
#include "cases.h"
#include "systest/systest.h"

#define LIMIT_MS 60000u
#define LIMIT_SHORT_MS 60u ///< for those that never end

static const struct hostile_case *const groups[] = {
    hostile_memory,  hostile_instructions, hostile_dispatcher, hostile_services,
    hostile_greedy,  hostile_messages,     hostile_binds,      hostile_copiers,
    hostile_refused, // the last two
    hostile_helpers,
};
#define GROUPS (sizeof(groups) / sizeof(groups[0]))
#define GROUPS_RUN (GROUPS - 2)

static bool second_round;

static int run_child(const char *name)
{
    for (size_t g = 0; g < GROUPS; g++) {
        for (const struct hostile_case *hostile = groups[g]; hostile->name != NULL; hostile++)
            if (strcmp(hostile->name, name) == 0)
                return hostile->run();
    }
    return 1;
}

static bool as_wanted(enum hostile_end wanted, const struct test_child *child)
{
    bool good = child->end == TEST_END_STATUS && child->status == 0;
    switch (wanted) {
    case HOSTILE_DIES:
    case HOSTILE_UMIP:
    case HOSTILE_CHECKED:
        return child->end == TEST_END_DIED;
    case HOSTILE_ERROR:
        return good;
    case HOSTILE_HANGS:
        return child->end == TEST_END_KILLED;
    default:
        return child->end == TEST_END_DIED || child->end == TEST_END_KILLED || good;
    }
}

static void run_case(coreid_t core, const struct hostile_case *hostile)
{
    const char *args[] = {"child", hostile->name, NULL};
    bool endless = hostile->end == HOSTILE_HANGS || hostile->end == HOSTILE_STUCK;
    struct test_child child =
        test_run_child(core, "test_hostile", args, endless ? LIMIT_SHORT_MS : LIMIT_MS);
    const char *lacks = hostile_lacks(hostile->end);
    if (lacks != NULL && !second_round)
        test_skipped(hostile->name, lacks);
    if (!EXPECT(lacks != NULL ? child.end != TEST_END_NO_SPAWN : as_wanted(hostile->end, &child)))
        printf("  %s: end %d, status %u\n", hostile->name, child.end, child.status);
}

static void run_all(coreid_t core, const char *only)
{
    for (size_t g = 0; g < GROUPS_RUN; g++) {
        for (const struct hostile_case *hostile = groups[g]; hostile->name != NULL; hostile++)
            if (only == NULL || strcmp(hostile->name, only) == 0)
                run_case(core, hostile);
        EXPECT_SERVICES(core);
        EXPECT_SERVICES(disp_get_core_id());
    }
}

int main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "child") == 0)
        return run_child(argv[2]);
    coreid_t core = (coreid_t)test_argument(argc, argv, 1, disp_get_core_id());
    const char *only = argc > 2 ? argv[2] : NULL;
    run_all(core, only); // the services' tables and heaps grow in this round, and may in the next
    second_round = true;
    uint64_t before = 0, after = 1;
    for (unsigned round = 0; round < 2 && before != after; round++) {
        before = test_memory_settled();
        run_all(core, only);
        after = test_memory_settled();
    }
    EXPECT_MEMORY(before);
    return test_summary("hostile");
}
