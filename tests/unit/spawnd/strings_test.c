// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The strings of a client, good, wrong and random.
#include <spawn_strings.h>
#include <stdlib.h>
#include <string.h>
#include <testlib/testlib.h>

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
    if (exact == NULL)
        abort();
    for (unsigned round = 0; round < ROUNDS; round++) {
        char piece[SPAWND_PIECE_BYTES];
        for (size_t i = 0; i < sizeof(piece); i++)
            piece[i] = (char)test_random_below(&random, 3);
        size_t offset =
            test_random_below(&random, 4) == 0 ? test_random_below(&random, 50) : exact->used;
        (void)strings_add(exact, offset, test_random_below(&random, 45), piece);
        uint64_t argc = test_random_below(&random, 20), envc = test_random_below(&random, 20);
        if (err_is_ok(strings_split(exact, argc, envc, &argv, &envp))) {
            size_t bytes = 0;
            for (size_t i = 0; i < argc + envc; i++)
                bytes += strlen(argv[i]) + 1;
            CU_ASSERT_EQUAL(bytes, exact->used);
            CU_ASSERT_PTR_EQUAL(envp, argv + argc);
        }
    }
    free(exact);
}

TEST_SUITE("strings") = {
    {"good strings", test_strings},
    {"wrong strings", test_wrong_strings},
    {"limits", test_string_limits},
    {"random pieces", test_random_strings},
};
