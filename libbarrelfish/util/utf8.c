// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Characters in bytes of UTF-8.
#include "text/utf8.h"

#include <stdint.h>

struct range {
    uint32_t first, last;
};

/// Bytes of the character that begins with `lead`; 0: none does.
static size_t length_of(unsigned char lead)
{
    if (lead < 0x80)
        return 1;
    return lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
}

/// How many bytes of a text may be the beginning of one character. The second byte decides whether
/// a shorter form, a surrogate or a number beyond the last would be meant.
static size_t well_formed(const char *text, size_t bytes)
{
    unsigned char lead = (unsigned char)text[0];
    size_t length = length_of(lead), good = length == 0 ? 0 : 1;
    while (good > 0 && good < length && good < bytes && utf8_continues(text[good])) {
        unsigned char byte = (unsigned char)text[good];
        bool wrong = good == 1 && ((lead == 0xe0 && byte < 0xa0) || (lead == 0xed && byte > 0x9f) ||
                                   (lead == 0xf0 && byte < 0x90) || (lead == 0xf4 && byte > 0x8f));
        if (wrong)
            break;
        good++;
    }
    return good;
}

size_t utf8_first(const char *text, size_t bytes)
{
    if (bytes == 0)
        return 0;
    size_t length = length_of((unsigned char)text[0]);
    return length > 1 && well_formed(text, bytes) == length ? length : 1;
}

size_t utf8_last(const char *text, size_t bytes)
{
    for (size_t count = UTF8_BYTES_MAX; count > 1; count--)
        if (count <= bytes && utf8_first(text + bytes - count, count) == count)
            return count;
    return bytes > 0;
}

bool utf8_unfinished(const char *text, size_t bytes)
{
    return bytes > 0 && bytes < length_of((unsigned char)text[0]) &&
           well_formed(text, bytes) == bytes;
}

/// The number of a whole character of more than one byte.
static uint32_t number_of(const char *text, size_t bytes)
{
    uint32_t number = (unsigned char)text[0] & (0xffu >> (bytes + 1));
    for (size_t i = 1; i < bytes; i++)
        number = number << 6 | ((unsigned char)text[i] & 0x3fu);
    return number;
}

static bool is_in(const struct range *ranges, size_t count, uint32_t number)
{
    for (size_t i = 0; i < count; i++)
        if (number >= ranges[i].first && number <= ranges[i].last)
            return true;
    return false;
}

static size_t columns_of(const char *text, size_t bytes)
{
    static const struct range none[] = {
        {0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},   {0x610, 0x61a},
        {0x64b, 0x65f},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200f},
        {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
    };
    static const struct range wide[] = {
        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},   {0xa960, 0xa97f},
        {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
        {0xffe0, 0xffe6},   {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff},
        {0x20000, 0x3fffd},
    };
    uint32_t number = bytes > 1 ? number_of(text, bytes) : 0;
    if (is_in(none, sizeof(none) / sizeof(none[0]), number))
        return 0;
    return is_in(wide, sizeof(wide) / sizeof(wide[0]), number) ? 2 : 1;
}

size_t utf8_columns(const char *text, size_t bytes)
{
    size_t columns = 0;
    for (size_t at = 0, length; at < bytes; at += length) {
        length = utf8_first(text + at, bytes - at);
        columns += columns_of(text + at, length);
    }
    return columns;
}
