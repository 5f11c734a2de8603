// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What code made by flounder for messages between monitors stands on. Such a message is a row of
// bytes (flounder/row.h) in whole words, the last of which is filled up with zeros; a capability in
// it is its description. And a message in words for a reader: what is printed never leaves its
// place, and is what snprintf() would have made of it.

#pragma once

#include <stdarg.h>
#include <stdio.h>

#include "flounder/row.h"
#include "kpi/cap_rules.h"

static inline void flounder_put_description(struct flounder_out *row, const struct capability *cap)
{
    row->bad = row->bad || cap->type >= ObjType_Num;
    flounder_put(row, cap, sizeof(*cap));
}

static inline void flounder_get_description(struct flounder_in *row, struct capability *cap)
{
    flounder_get(row, cap, sizeof(*cap));
    if (cap->type < ObjType_Num)
        return;
    row->bad = true;
    *cap = (struct capability){.type = ObjType_Null};
}

/// Fills up the last word; how many there are. False: the message breaks its declaration.
static inline bool flounder_put_end(struct flounder_out *row, unsigned *words)
{
    while (row->at % sizeof(uint64_t) != 0)
        row->bytes[row->at++] = 0;
    *words = (unsigned)(row->at / sizeof(uint64_t));
    return !row->bad;
}

/// Whether all words have been got, and nothing was wrong.
static inline bool flounder_get_end(struct flounder_in *row)
{
    while (row->at % sizeof(uint64_t) != 0)
        row->bad = row->bytes[row->at++] != 0 || row->bad;
    return flounder_complete(row);
}

/// Where a message is printed.
struct flounder_text {
    char *place;
    size_t bytes, length; ///< without the end; more than there is room for if some was cut off
};

__attribute__((format(printf, 2, 3))) static inline void flounder_print(struct flounder_text *out,
                                                                        const char *format, ...)
{
    va_list args;
    size_t left = out->length < out->bytes ? out->bytes - out->length : 0;
    va_start(args, format);
    int length = vsnprintf(left != 0 ? out->place + out->length : NULL, left, format, args);
    va_end(args);
    out->length += length > 0 ? (size_t)length : 0;
}

/// Small numbers count something, large ones are addresses and the like.
static inline void flounder_print_number(struct flounder_text *out, uint64_t number)
{
    flounder_print(out, number > UINT16_MAX ? "%#llx" : "%llu", (unsigned long long)number);
}

static inline void flounder_print_signed(struct flounder_text *out, int64_t number)
{
    flounder_print(out, "%lld", (long long)number);
}

static inline void flounder_print_bool(struct flounder_text *out, bool value)
{
    flounder_print(out, "%s", value ? "true" : "false");
}

static inline void flounder_print_element(struct flounder_text *out, unsigned element,
                                          const char *const *names, unsigned count)
{
    flounder_print(out, "%s", element < count ? names[element] : "?");
}

/// At most `most` bytes. What a console would not show as it is, is shown as a number.
static inline void flounder_print_text(struct flounder_text *out, const char *text, size_t most)
{
    flounder_print(out, "\"");
    for (size_t i = 0; i < most && text[i] != '\0'; i++) {
        bool plain = text[i] >= ' ' && text[i] <= '~' && text[i] != '"' && text[i] != '\\';
        flounder_print(out, plain ? "%c" : "\\x%02x", (unsigned char)text[i]);
    }
    flounder_print(out, "\"");
}

static inline void flounder_print_description(struct flounder_text *out,
                                              const struct capability *cap)
{
    flounder_print(out, "%s", cap->type < ObjType_Num ? cap_type(cap->type)->name : "?");
    if (cap->type == ObjType_Null)
        return;
    flounder_print(out, "(%#llx+%#llx of %u)", (unsigned long long)cap->base,
                   (unsigned long long)cap->bytes, cap->owner);
}
