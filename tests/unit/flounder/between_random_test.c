// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Words at random, and right messages that were changed, into the decoders of two interfaces between
// monitors: one of each construct, and the monitors' own. A decoder takes what the declaration allows
// (layout.h says it once more) and nothing else, encodes it as it was, and prints all within bounds.
// An argument is the number of messages. STAVE_SEED repeats a run.
#include "layout.h"

#include <if/between_defs.h>
#include <if/intermon_defs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = BETWEEN_WORDS_MAX + 8, TEXT_BYTES = 300 };
_Static_assert(BETWEEN_WORDS_MAX == 255, "the longest message that may be");

#define POINT "n4be3n2n2cn5"
#define TWO_DOMAINS "n4n4"

static const char *const between_layouts[BETWEEN_OPS_COUNT] = {
    [BETWEEN_NOTHING] = "",
    [BETWEEN_NUMBERS] = "n1n2n4n8n1n8n2n8",
    [BETWEEN_FLAGS] = "bb",
    [BETWEEN_PAINT] = "e3e3",
    [BETWEEN_CAPS] = "ccc",
    [BETWEEN_TEXTS] = "t8t255",
    [BETWEEN_FIGURES] = POINT "r2(" POINT ")n8n5",
    [BETWEEN_LISTS] = "a40(n1)a3(" POINT ")a4(n2n2)a9(b)a2(c)",
    [BETWEEN_PRESENT] = "c",
    [BETWEEN_FULL] = "n2036n4",
};

static const char *const intermon_layouts[INTERMON_OPS_COUNT] = {
    [INTERMON_HELLO] = "c",
    [INTERMON_UP] = "cn8",
    [INTERMON_REPORT] = "n2bn8",
    [INTERMON_CORES] = "n32b",
    [INTERMON_CONNECT] = "ccn8",
    [INTERMON_CONNECTED] = "n8n8c",
    [INTERMON_SWITCHED] = "",
    [INTERMON_BIND_PROBE] = "n8n8" TWO_DOMAINS,
    [INTERMON_BIND_PROBED] = "n8n8n4",
    [INTERMON_BIND] = "ccn8n8n8n8" TWO_DOMAINS,
    [INTERMON_BIND_REPLY] = "n8cn8n4",
    [INTERMON_GONE] = "n8b",
    [INTERMON_RELAY] = "n8b",
    [INTERMON_CONNECTION_CAP] = "cn8n8bbn1",
    [INTERMON_CAPS_TAKEN] = "n8bn1",
    [INTERMON_CAP_ACK] = "cb",
    [INTERMON_CAP_RELEASED] = "c",
    [INTERMON_REPLY] = "n8n8r3(n8)",
    [INTERMON_NAME] = "n8e4" TWO_DOMAINS "t49n8",
    [INTERMON_NAME_FORGET] = "n4",
    [INTERMON_CORE_STATUS] = "n8n2",
    [INTERMON_STAT] = "n8n4",
};

static unsigned long rounds = 100000;
static struct test_random random_numbers;
static unsigned long taken[BETWEEN_OPS_COUNT + INTERMON_OPS_COUNT], refused;

void test_program_begin(int argc, char **argv)
{
    if (argc == 2)
        rounds = strtoul(argv[1], NULL, 10);
}

static unsigned below(unsigned bound)
{
    return (unsigned)test_random_below(&random_numbers, bound);
}

/// Sends words to a decoder; what it takes comes back as it was. `layout` NULL: there is no such
/// message.
#define TELL(name, op, layout, words, count)                                                       \
    do {                                                                                           \
        struct name##_message message;                                                             \
        uint64_t again[WORDS_MAX];                                                                 \
        unsigned again_count = 0;                                                                  \
        size_t bytes = below(TEXT_BYTES);                                                          \
        char *text = malloc(bytes);                                                                \
        bool right = (layout) != NULL && layout_allows(layout, words, count);                      \
        CU_ASSERT_EQUAL(name##_decode(words, count, op, &message), right);                         \
        (void)name##_print(text, bytes, &message);                                                 \
        CU_ASSERT(bytes == 0 || memchr(text, '\0', bytes) != NULL);                                \
        free(text);                                                                                \
        if (!right)                                                                                \
            break;                                                                                 \
        CU_ASSERT(name##_encode(&message, again, &again_count));                                   \
        CU_ASSERT_EQUAL(again_count, count);                                                       \
        CU_ASSERT_EQUAL(memcmp(again, words, 8 * (size_t)(count)), 0);                             \
    } while (0)

/// The copy is as long as the message, so that a byte behind it is a fault of the sanitizers.
static void tell(bool own, unsigned op, const uint64_t *words, unsigned count)
{
    uint64_t *copy = malloc(8 * (size_t)count + 1);
    const char *layout = own ? op < INTERMON_OPS_COUNT ? intermon_layouts[op] : NULL
                         : op < BETWEEN_OPS_COUNT ? between_layouts[op]
                                                  : NULL;
    memcpy(copy, words, 8 * (size_t)count);
    if (layout != NULL && layout_allows(layout, copy, count))
        taken[own ? BETWEEN_OPS_COUNT + op : op]++;
    else
        refused++;
    if (own)
        TELL(intermon, op, layout, copy, count);
    else
        TELL(between, op, layout, copy, count);
    free(copy);
}

static void change(uint64_t *words, unsigned *count)
{
    static const uint32_t extremes[] = {0,  1,  2,  3,  4,  5,   8,   9,
                                        22, 40, 41, 49, 50, 255, 256, UINT32_MAX};
    size_t bytes = 8 * (size_t)*count;
    uint8_t *row = (uint8_t *)words;
    size_t at = bytes == 0 ? 0 : test_random_below(&random_numbers, bytes);
    switch (below(5)) {
    case 0:                                   // a bit
        row[at] ^= (uint8_t)(1u << below(8)); // behind the end there is room
        break;
    case 1: // a byte
        row[at] = (uint8_t)extremes[below(sizeof(extremes) / sizeof(extremes[0]))];
        break;
    case 2: // what may be a length
        memcpy(row + (at & ~(size_t)3), &extremes[below(sizeof(extremes) / sizeof(extremes[0]))],
               4);
        break;
    case 3: // cut
        *count = below(*count + 1);
        break;
    default: // longer
        words[(*count)++] = below(2) == 0 ? 0 : test_random_next(&random_numbers);
    }
}

static void test_changed(void)
{
    test_random_init(&random_numbers, 23);
    for (unsigned long round = 0; round < rounds; round++) {
        uint64_t words[WORDS_MAX + 1] = {0};
        bool own = below(2) == 0;
        unsigned ops = own ? INTERMON_OPS_COUNT : BETWEEN_OPS_COUNT, op = 1 + below(ops - 1);
        const char *layout = own ? intermon_layouts[op] : between_layouts[op];
        CU_ASSERT_PTR_NOT_NULL_FATAL(layout);
        unsigned count = layout_make(layout, &random_numbers, words, BETWEEN_WORDS_MAX);
        for (unsigned changes = below(4); changes > 0; changes--)
            change(words, &count);
        if (below(16) == 0)
            op = below(ops + 2);
        tell(own, op, words, count);
    }
}

static void test_random_words(void)
{
    for (unsigned long round = 0; round < rounds / 8; round++) {
        uint64_t words[WORDS_MAX];
        bool own = below(2) == 0;
        unsigned count = below(16);
        for (unsigned i = 0; i < count; i++)
            words[i] = below(2) == 0 ? below(8) : test_random_next(&random_numbers);
        tell(own, below(24), words, count);
    }
}

/// Every message has been taken, and more than a few have not.
static void test_counts(void)
{
    for (unsigned op = 1; op < BETWEEN_OPS_COUNT; op++)
        CU_ASSERT(taken[op] > rounds / 400);
    for (unsigned op = 1; op < INTERMON_OPS_COUNT; op++)
        CU_ASSERT(taken[BETWEEN_OPS_COUNT + op] > rounds / 400);
    CU_ASSERT(refused > rounds / 10);
}

TEST_SUITE("any words between monitors") = {
    {"changed messages", test_changed},
    {"random words", test_random_words},
    {"all were taken, some refused", test_counts},
};
