// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The CPU driver's memory and string functions against the C library's. Their source is included
// under other names, because the program already has functions of these names.
#include "exact_copy.h"

#include <testlib/testlib.h>

#include <stdint.h>

#define memcpy stave_memcpy
#define memmove stave_memmove
#define memset stave_memset
#define memcmp stave_memcmp
#define strlen stave_strlen
#define strnlen stave_strnlen
#define strcmp stave_strcmp
#define strncmp stave_strncmp
void *memcpy(void *restrict dest, const void *restrict src, size_t bytes);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t max_bytes);
int strncmp(const char *a, const char *b, size_t max_bytes);
#include "../../../cpudriver/lib/string.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp

enum { AREA = 96, ROUNDS = 20000 };

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

static void test_memory(void)
{
    struct test_random random;
    test_random_init(&random, 1);
    uint8_t a[AREA];
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < AREA; i++)
            a[i] = (uint8_t)test_random_below(&random, 3);
        uint8_t b[AREA];
        memcpy(b, a, AREA);
        size_t bytes = test_random_below(&random, AREA / 2);
        size_t from = test_random_below(&random, AREA - bytes);
        size_t to = test_random_below(&random, AREA - bytes);
        CU_ASSERT_PTR_EQUAL(stave_memmove(a + to, a + from, bytes), a + to);
        memmove(b + to, b + from, bytes);
        CU_ASSERT_EQUAL(memcmp(a, b, AREA), 0);
        CU_ASSERT_PTR_EQUAL(stave_memset(a + from, 0x1ff, bytes), a + from);
        memset(b + from, 0x1ff, bytes);
        CU_ASSERT_EQUAL(memcmp(a, b, AREA), 0);
        uint8_t c[AREA] = {0};
        CU_ASSERT_PTR_EQUAL(stave_memcpy(c + to, a + from, bytes), c + to);
        CU_ASSERT_EQUAL(memcmp(c + to, a + from, bytes), 0);
        CU_ASSERT(to + bytes == AREA || c[to + bytes] == 0);
        CU_ASSERT_EQUAL(sign(stave_memcmp(a + from, a + to, bytes)),
                        sign(memcmp(a + from, a + to, bytes)));
    }
}

/// Long runs are filled by way of a vector register, which then is as it was.
static void test_long_fills(void)
{
    enum { LONG = 2048, EDGE = 64 };
    static uint8_t a[LONG + 2 * EDGE], b[LONG + 2 * EDGE];
    const uint64_t before[2] = {0x0123456789abcdef, 0xfedcba9876543210};
    for (size_t bytes = 0; bytes <= LONG; bytes++) {
        uint64_t after[2];
        size_t from = bytes % EDGE;
        memset(a, 1, sizeof(a));
        memset(b, 1, sizeof(b));
        memset(b + from, 0x1fe, bytes);
        __asm__ volatile("movups %0, %%xmm0" : : "m"(before) : "xmm0");
        void *ret = stave_memset(a + from, 0x1fe, bytes);
        __asm__ volatile("movups %%xmm0, %0" : "=m"(after));
        CU_ASSERT_PTR_EQUAL(ret, a + from);
        CU_ASSERT_EQUAL(memcmp(a, b, sizeof(a)), 0);
        CU_ASSERT(bytes < FILL_BYTES || memcmp(before, after, sizeof(before)) == 0);
    }
}

static void test_text(void)
{
    static const char *const texts[] = {"", "a", "ab", "abc", "abd", "\xff", "ab\x80", "aB"};
    size_t count = sizeof(texts) / sizeof(texts[0]);
    for (size_t i = 0; i < count; i++) {
        CU_ASSERT_EQUAL(stave_strlen(texts[i]), strlen(texts[i]));
        for (size_t limit = 0; limit < 5; limit++)
            CU_ASSERT_EQUAL(stave_strnlen(texts[i], limit), strnlen(texts[i], limit));
        for (size_t j = 0; j < count; j++) {
            CU_ASSERT_EQUAL(sign(stave_strcmp(texts[i], texts[j])),
                            sign(strcmp(texts[i], texts[j])));
            for (size_t limit = 0; limit < 5; limit++)
                CU_ASSERT_EQUAL(sign(stave_strncmp(texts[i], texts[j], limit)),
                                sign(strncmp(texts[i], texts[j], limit)));
        }
    }
    char unterminated[3] = {'x', 'y', 'z'};
    char *exact = exact_copy(unterminated, 3);
    CU_ASSERT_EQUAL(stave_strnlen(exact, 3), 3);
    free(exact);
}

TEST_SUITE("string") = {
    {"memory functions against the C library", test_memory},
    {"long fills", test_long_fills},
    {"string functions against the C library", test_text},
};
