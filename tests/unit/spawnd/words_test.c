// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What domains say over spawnd, in pieces.
#include <if/spawnd.h>
#include <stdio.h>
#include <string.h>
#include <testlib/testlib.h>
#include <words.h>

static struct words words;

static bool say(const char *piece, bool more)
{
    return words_add(&words, piece, strlen(piece), more);
}

static bool printed(const char *text)
{
    bool same = words.used == strlen(text) && memcmp(words.text, text, words.used) == 0;
    words.used = 0;
    return same;
}

/// What belongs together is printed together, unless it is too long for that.
static void test_words(void)
{
    memset(&words, 0, sizeof(words));
    CU_ASSERT_TRUE(say("one\n", false));
    CU_ASSERT_TRUE(printed("one\n"));
    CU_ASSERT_FALSE(say("", false));
    CU_ASSERT_FALSE(say("two\n", true));
    CU_ASSERT_FALSE(say("three", true));
    CU_ASSERT_TRUE(say("\n", false));
    CU_ASSERT_TRUE(printed("two\nthree\n"));
    unsigned pieces = 1;
    while (!say("0123456789abcdef", true))
        pieces++;
    CU_ASSERT_EQUAL(words.used, 16 * pieces);
    CU_ASSERT(words.used > WORDS_TEXT_BYTES - SPAWND_PIECE_BYTES);
}

/// Pieces as they come from a domain: a text that has to be divided loses nothing.
static void test_long_words(void)
{
    static char text[2 * WORDS_TEXT_BYTES], got[sizeof(text) + WORDS_TEXT_BYTES];
    size_t got_bytes = 0;
    memset(&words, 0, sizeof(words));
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = (char)('a' + i % 23);
    for (size_t at = 0, bytes; at < sizeof(text); at += bytes) {
        bytes = sizeof(text) - at < SPAWND_PIECE_BYTES ? sizeof(text) - at : SPAWND_PIECE_BYTES;
        if (words_add(&words, text + at, bytes, at + bytes < sizeof(text))) {
            CU_ASSERT_FATAL(words.used <= WORDS_TEXT_BYTES);
            memcpy(got + got_bytes, words.text, words.used);
            got_bytes += words.used;
            words.used = 0;
        }
    }
    CU_ASSERT_EQUAL(got_bytes, sizeof(text));
    CU_ASSERT_EQUAL(memcmp(got, text, sizeof(text)), 0);
}

/// Beyond the limit nothing is printed any more, which is said once.
static void test_too_many_words(void)
{
    size_t total = 0;
    unsigned notes = 0;
    memset(&words, 0, sizeof(words));
    for (unsigned i = 0; i < 2 * WORDS_TOTAL_BYTES; i++) {
        if (say(i % 2 == 0 ? "####" : "###\n", i % 2 == 0)) {
            bool note = memchr(words.text, '.', words.used) != NULL;
            notes += note;
            total += note ? 0 : words.used;
            words.used = 0;
        }
    }
    CU_ASSERT_EQUAL(notes, 1);
    CU_ASSERT_TRUE(total <= WORDS_TOTAL_BYTES && total > WORDS_TOTAL_BYTES - 64);
}

TEST_SUITE("words") = {
    {"words", test_words},
    {"words in pieces", test_long_words},
    {"too many words", test_too_many_words},
};
