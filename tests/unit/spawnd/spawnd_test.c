// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// spawnd's pure halves: the table of domains against its invariants, and the strings of a client,
// good, wrong and random.
#include <domain_table.h>
#include <kpi/spawn.h>
#include <spawn_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <testlib/testlib.h>

#define CORE 5

static struct domain_table table;

static void test_ids(void)
{
    domain_table_init(&table, CORE);
    struct domain *first = domain_table_add(&table, 7, "one");
    struct domain *second = domain_table_add(&table, 7, "two");
    CU_ASSERT_EQUAL(first->id, CORE << 16 | DOMAIN_DYNAMIC);
    CU_ASSERT_EQUAL(second->id, first->id + 1);
    CU_ASSERT_EQUAL(first->parent, 7);
    CU_ASSERT_STRING_EQUAL(second->name, "two");
    CU_ASSERT_PTR_EQUAL(domain_table_find(&table, second->id), second);
    CU_ASSERT_PTR_NULL(domain_table_find(&table, 0));
    CU_ASSERT_PTR_NULL(domain_table_find(&table, second->id + 1));
    domainid_t old = first->id;
    domain_table_remove(&table, first);
    CU_ASSERT_PTR_NULL(domain_table_find(&table, old));
    CU_ASSERT_NOT_EQUAL(domain_table_add(&table, 7, "three")->id, old); // T1
    CU_ASSERT_EQUAL(domain_table_running(&table), 2);
    CU_ASSERT_TRUE(domain_table_valid(&table));
}

static void test_names(void)
{
    domain_table_init(&table, CORE);
    struct domain *domain =
        domain_table_add(&table, 1, "a name that is longer than what the table has room for");
    CU_ASSERT_EQUAL(strlen(domain->name), SPAWND_NAME_BYTES - 1);
    CU_ASSERT_TRUE(domain_table_valid(&table));
}

static void test_full(void)
{
    domain_table_init(&table, CORE);
    struct domain *first = NULL, *second = NULL;
    for (unsigned i = 0; i < DOMAINS_MAX; i++) {
        struct domain *domain = domain_table_add(&table, 1, "d");
        CU_ASSERT_PTR_NOT_NULL_FATAL(domain);
        CU_ASSERT_EQUAL(domain_table_index(&table, domain), i);
        first = i == 10 ? domain : first;
        second = i == 3 ? domain : second;
    }
    CU_ASSERT_PTR_NULL(domain_table_add(&table, 1, "d"));
    domainid_t first_id = first->id, second_id = second->id;
    domain_table_end(&table, first, SPAWND_EXITED, 4);
    domain_table_end(&table, second, SPAWND_DIED, 2);
    CU_ASSERT_EQUAL(domain_table_running(&table), DOMAINS_MAX - 2);
    CU_ASSERT_EQUAL(domain_table_find(&table, first_id)->status, 4);
    CU_ASSERT_PTR_EQUAL(domain_table_add(&table, 1, "new"), first); // T3: it ended first
    CU_ASSERT_PTR_NULL(domain_table_find(&table, first_id));
    CU_ASSERT_EQUAL(domain_table_find(&table, second_id)->state, SPAWND_DIED);
    CU_ASSERT_PTR_EQUAL(domain_table_add(&table, 1, "new"), second);
    CU_ASSERT_PTR_NULL(domain_table_add(&table, 1, "new"));
    CU_ASSERT_TRUE(domain_table_valid(&table));
}

static void test_next(void)
{
    domain_table_init(&table, CORE);
    struct domain *first = domain_table_add(&table, 1, "a");
    struct domain *second = domain_table_add(&table, 1, "b");
    CU_ASSERT_PTR_EQUAL(domain_table_next(&table, 0), first);
    CU_ASSERT_PTR_EQUAL(domain_table_next(&table, first->id), first);
    CU_ASSERT_PTR_EQUAL(domain_table_next(&table, first->id + 1), second);
    CU_ASSERT_PTR_NULL(domain_table_next(&table, second->id + 1));
    domain_table_end(&table, first, SPAWND_KILLED, 0);
    CU_ASSERT_PTR_EQUAL(domain_table_next(&table, 0), second);
}

static void test_random_table(void)
{
    enum { ROUNDS = 200000 };
    struct test_random random;
    test_random_init(&random, 9);
    domain_table_init(&table, CORE);
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct domain *domain = &table.domains[test_random_below(&random, DOMAINS_MAX)];
        unsigned action = (unsigned)test_random_below(&random, 10);
        if (action < 5) {
            bool full = domain_table_running(&table) == DOMAINS_MAX;
            CU_ASSERT_EQUAL(domain_table_add(&table, 1, "x") == NULL, full);
        } else if (domain->id != 0 && action < 9 && domain->state == SPAWND_RUNNING) {
            domain_table_end(&table, domain, SPAWND_EXITED, round);
        } else if (domain->id != 0 && action == 9) {
            domain_table_remove(&table, domain);
        }
        if (round % 1000 == 0) {
            CU_ASSERT_TRUE(domain_table_valid(&table));
        }
    }
    CU_ASSERT_TRUE(domain_table_valid(&table));
}

static struct strings strings;
static const char *const *argv, *const *envp;

static errval_t add(const char *text, size_t bytes)
{
    errval_t err = SYS_ERR_OK;
    for (size_t at = 0; at < bytes && err_is_ok(err); at += SPAWND_PIECE_BYTES) {
        size_t piece = bytes - at < SPAWND_PIECE_BYTES ? bytes - at : SPAWND_PIECE_BYTES;
        err = strings_add(&strings, at, piece, text + at);
    }
    return err;
}

static void test_strings(void)
{
    static const char text[] = "prog\0a long argument that needs more than one piece\0\0X=1\0Y=2";
    memset(&strings, 0, sizeof(strings));
    CU_ASSERT_EQUAL(add(text, sizeof(text)), SYS_ERR_OK);
    CU_ASSERT_EQUAL_FATAL(strings_split(&strings, 3, 2, &argv, &envp), SYS_ERR_OK);
    CU_ASSERT_STRING_EQUAL(argv[0], "prog");
    CU_ASSERT_STRING_EQUAL(argv[1], "a long argument that needs more than one piece");
    CU_ASSERT_STRING_EQUAL(argv[2], "");
    CU_ASSERT_STRING_EQUAL(envp[0], "X=1");
    CU_ASSERT_STRING_EQUAL(envp[1], "Y=2");
    CU_ASSERT_EQUAL(add("other", 6), SYS_ERR_OK); // offset 0 begins anew
    CU_ASSERT_EQUAL(strings_split(&strings, 1, 0, &argv, &envp), SYS_ERR_OK);
    CU_ASSERT_STRING_EQUAL(argv[0], "other");
}

static void test_wrong_strings(void)
{
    char piece[SPAWND_PIECE_BYTES + 1] = "a";
    memset(&strings, 0, sizeof(strings));
    CU_ASSERT_EQUAL(strings_split(&strings, 1, 0, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_add(&strings, 0, SPAWND_PIECE_BYTES + 1, piece), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_add(&strings, 1, 1, piece), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_add(&strings, 0, UINT64_MAX, piece), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_add(&strings, 0, 2, piece), SYS_ERR_OK);
    CU_ASSERT_EQUAL(strings_split(&strings, 0, 1, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_split(&strings, 1, 1, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_split(&strings, UINT64_MAX, 2, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_split(&strings, 1, UINT64_MAX, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_split(&strings, 1, 0, &argv, &envp), SYS_ERR_OK);
    CU_ASSERT_EQUAL(strings_add(&strings, 2, 1, piece), SYS_ERR_OK); // not ended
    CU_ASSERT_EQUAL(strings_split(&strings, 1, 0, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_split(&strings, 2, 0, &argv, &envp), SPAWN_ERR_ARGS);
}

static void test_string_limits(void)
{
    static char text[SPAWND_STRINGS_MAX + 1];
    memset(&strings, 0, sizeof(strings));
    memset(text, 'x', sizeof(text));
    text[SPAWND_STRINGS_MAX - 1] = '\0';
    CU_ASSERT_EQUAL(add(text, SPAWND_STRINGS_MAX + 1), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(add(text, SPAWND_STRINGS_MAX), SYS_ERR_OK);
    CU_ASSERT_EQUAL(strings_split(&strings, 1, 0, &argv, &envp), SYS_ERR_OK);
    CU_ASSERT_EQUAL(strlen(argv[0]), SPAWND_STRINGS_MAX - 1);
    memset(text, 0, sizeof(text));
    CU_ASSERT_EQUAL(add(text, SPAWND_COUNT_MAX + 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(strings_split(&strings, SPAWND_COUNT_MAX + 1, 0, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(strings_split(&strings, SPAWND_COUNT_MAX, 1, &argv, &envp), SPAWN_ERR_ARGS);
    CU_ASSERT_EQUAL(add(text, SPAWND_COUNT_MAX), SYS_ERR_OK);
    CU_ASSERT_EQUAL(strings_split(&strings, SPAWND_COUNT_MAX - 1, 1, &argv, &envp), SYS_ERR_OK);
}

static void test_random_strings(void)
{
    enum { ROUNDS = 20000 };
    struct test_random random;
    test_random_init(&random, 4);
    struct strings *exact = calloc(1, sizeof(*exact)); // for AddressSanitizer
    if (exact == NULL) {
        abort();
    }
    for (unsigned round = 0; round < ROUNDS; round++) {
        char piece[SPAWND_PIECE_BYTES];
        for (size_t i = 0; i < sizeof(piece); i++) {
            piece[i] = (char)test_random_below(&random, 3);
        }
        size_t offset =
            test_random_below(&random, 4) == 0 ? test_random_below(&random, 50) : exact->used;
        (void)strings_add(exact, offset, test_random_below(&random, 45), piece);
        uint64_t argc = test_random_below(&random, 20), envc = test_random_below(&random, 20);
        if (err_is_ok(strings_split(exact, argc, envc, &argv, &envp))) {
            size_t bytes = 0;
            for (size_t i = 0; i < argc + envc; i++) {
                bytes += strlen(argv[i]) + 1;
            }
            CU_ASSERT_EQUAL(bytes, exact->used);
            CU_ASSERT_PTR_EQUAL(envp, argv + argc);
        }
    }
    free(exact);
}

int main(void)
{
    CU_TestInfo table_tests[] = {
        {"IDs", test_ids},
        {"names", test_names},
        {"a full table", test_full},
        {"the next domain", test_next},
        {"random use", test_random_table},
        CU_TEST_INFO_NULL,
    };
    CU_TestInfo strings_tests[] = {
        {"good strings", test_strings},
        {"wrong strings", test_wrong_strings},
        {"limits", test_string_limits},
        {"random pieces", test_random_strings},
        CU_TEST_INFO_NULL,
    };
    CU_SuiteInfo suites[] = {
        {"domain table", NULL, NULL, NULL, NULL, table_tests},
        {"strings", NULL, NULL, NULL, NULL, strings_tests},
        CU_SUITE_INFO_NULL,
    };
    return test_main(suites);
}
