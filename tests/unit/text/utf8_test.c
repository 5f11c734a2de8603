// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Characters in bytes: all that there are, and everything that is none, against the definition (The
// Unicode Standard, chapter 3.9): the shortest form of a number up to 0x10ffff that is no surrogate.
#include "testlib/testlib.h"
#include "text/utf8.h"

#define NUMBERS 0x110000u

static bool surrogate(uint32_t number)
{
    return number >= 0xd800 && number < 0xe000;
}

static size_t length_of(uint32_t number)
{
    return number < 0x80 ? 1 : number < 0x800 ? 2 : number < 0x10000 ? 3 : 4;
}

static size_t encode(uint32_t number, char *text)
{
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t length = length_of(number);
    for (size_t i = length; i-- > 1; number >>= 6)
        text[i] = (char)(0x80 | (number & 0x3f));
    text[0] = (char)(leads[length] | number);
    return length;
}

static void test_all(void)
{
    unsigned wrong = 0;
    for (uint32_t number = 0; number < NUMBERS; number++) {
        char text[6] = {'a', 0, 0, 0, 0, 'b'};
        size_t length = encode(number, text + 1);
        text[1 + length] = 'b';
        size_t seen = surrogate(number) ? 1 : length;
        wrong += utf8_first(text + 1, length) != seen || utf8_first(text + 1, length + 1) != seen;
        wrong += utf8_last(text + 1, length) != seen || utf8_last(text, 1 + length) != seen;
        wrong += utf8_unfinished(text + 1, length) || utf8_unfinished(text + 1, length + 1);
        for (size_t part = 1; part < length && !surrogate(number); part++)
            wrong += !utf8_unfinished(text + 1, part) || utf8_first(text + 1, part) != 1;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(utf8_first("", 0) == 0 && utf8_last("", 0) == 0 && !utf8_unfinished("", 0));
}

/// Bytes of the character that begins there by the definition, or 1.
static size_t defined(const unsigned char *text)
{
    size_t length = text[0] < 0xc0   ? 1
                    : text[0] < 0xe0 ? 2
                    : text[0] < 0xf0 ? 3
                    : text[0] < 0xf8 ? 4
                                     : 1;
    uint32_t number = text[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 1;
        number = number << 6 | (text[i] & 0x3fu);
    }
    return length > 1 && (number >= NUMBERS || surrogate(number) || length_of(number) != length)
               ? 1
               : length;
}

static void test_malformed(void)
{
    static const unsigned char later[] = {0x00, 0x7f, 0x80, 0x8f, 0x90,
                                          0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    unsigned wrong = 0;
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        for (unsigned rest = 0; rest < sizeof(later) * sizeof(later); rest++) {
            unsigned char text[4] = {(unsigned char)(pair >> 8), (unsigned char)pair,
                                     later[rest / sizeof(later)], later[rest % sizeof(later)]};
            wrong += utf8_first((const char *)text, sizeof(text)) != defined(text);
        }
        // With the second byte it is known whether a character can come of it.
        unsigned char least[4] = {(unsigned char)(pair >> 8), (unsigned char)pair, 0x80, 0x80};
        bool more = defined(least) > 2;
        wrong += utf8_unfinished((const char *)least, 2) != more;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static size_t columns(uint32_t number)
{
    char text[4];
    return utf8_columns(text, encode(number, text));
}

static void test_columns(void)
{
    static const uint32_t none[][2] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},
                                       {0x610, 0x61a},   {0x64b, 0x65f},   {0x1ab0, 0x1aff},
                                       {0x1dc0, 0x1dff}, {0x200b, 0x200f}, {0x20d0, 0x20ff},
                                       {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};
    static const uint32_t wide[][2] = {{0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},
                                       {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
                                       {0xff00, 0xff60},   {0xffe0, 0xffe6},   {0x1f300, 0x1f64f},
                                       {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        CU_ASSERT(columns(none[i][0]) == 0 && columns(none[i][1]) == 0);
        CU_ASSERT(columns(none[i][0] - 1) != 0 && columns(none[i][1] + 1) != 0);
    }
    for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
        CU_ASSERT(columns(wide[i][0]) == 2 && columns(wide[i][1]) == 2);
        CU_ASSERT(columns(wide[i][0] - 1) == 1 && columns(wide[i][1] + 1) == 1);
    }
    CU_ASSERT(columns(0xfe30) == 2 && columns(0xfe6f) == 2 && columns(0xfe70) == 1);
    CU_ASSERT(columns('a') == 1 && columns(0) == 1 && utf8_columns("", 0) == 0);
    CU_ASSERT_EQUAL(utf8_columns("a\xcc\x81\xe4\xb8\xad"
                                 "b",
                                 7),
                    4);
    CU_ASSERT_EQUAL(utf8_columns("\xe4\xb8", 2), 2); // each byte that is in no character
}

TEST_SUITE("characters") = {
    {"all characters", test_all},
    {"what is none", test_malformed},
    {"columns", test_columns},
};
