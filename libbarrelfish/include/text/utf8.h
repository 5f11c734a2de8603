// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Characters in bytes of UTF-8, for those who edit text: where one ends, and how much of a row it
// takes. Pure. A byte that belongs to no character counts as one by itself, so that any bytes can
// be edited and none is lost. Source: The Unicode Standard 15.0, table 3-7 (well-formed sequences)
// and EastAsianWidth.txt (the blocks that are wide).
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define UTF8_BYTES_MAX 4u

/// Whether a byte can only be within a character, not begin one.
static inline bool utf8_continues(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/// Bytes of the first character of a text; 0: the text is empty.
size_t utf8_first(const char *text, size_t bytes);

/// Bytes of the last character of a text; 0: the text is empty.
size_t utf8_last(const char *text, size_t bytes);

/// Whether a text is the beginning of one character of which bytes are still to come.
bool utf8_unfinished(const char *text, size_t bytes);

/// Columns that a text takes on a terminal: 2 for what is wide, 0 for what is put on the character
/// before it, 1 for all else.
size_t utf8_columns(const char *text, size_t bytes);
