// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A message as a row of bytes: how generated code puts values in and gets them out. Numbers are as
// the machine has them, one behind the other without gaps; a bool is a byte, an enum four; an array
// is its length in four bytes and its elements; a text its length with its end in four bytes (0: no
// text at all) and its bytes. Capabilities are beside the row, in order; in it a byte says of each
// whether there is one.
//
// F3 What is got from a row has been checked against the declaration: nothing is read beyond the
//    row's end, no length exceeds its maximum, a bool is 0 or 1, an enum one of its elements, a text
//    ends where it says and not before. After the first fault all that is got is zero.

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "barrelfish/caddr.h"

#define FLOUNDER_LINE_WORDS 7u
#define FLOUNDER_LINE_BYTES 56u
#define FLOUNDER_CAPS_MAX 8u

/// A message that goes in one line of a channel.
struct flounder_line {
    union {
        uint64_t words[FLOUNDER_LINE_WORDS];
        uint8_t bytes[FLOUNDER_LINE_BYTES];
    };
};

/// A row being made; it has room for the longest value of its message.
struct flounder_out {
    uint8_t *bytes;
    size_t at;
    bool bad;            ///< something was longer than its maximum
    unsigned caps_count; ///< of the message
    struct flounder_cap {
        struct capref cap;
        bool gives, own; ///< own: a copy of the stubs'
    } caps[FLOUNDER_CAPS_MAX];
};

static inline void flounder_put(struct flounder_out *row, const void *value, size_t bytes)
{
    memcpy(row->bytes + row->at, value, bytes);
    row->at += bytes;
}

static inline void flounder_put_bool(struct flounder_out *row, const bool *value)
{
    row->bytes[row->at++] = *value;
}

static inline void flounder_put_enum(struct flounder_out *row, const void *value, unsigned elements)
{
    uint32_t number;
    memcpy(&number, value, sizeof(number));
    row->bad = row->bad || number >= elements;
    flounder_put(row, &number, sizeof(number));
}

/// Puts the length of an array; false: it is too long, and the row is bad.
static inline bool flounder_put_count(struct flounder_out *row, size_t count, size_t most)
{
    uint32_t number = (uint32_t)count;
    row->bad = row->bad || count > most;
    flounder_put(row, &number, sizeof(number));
    return count <= most;
}

static inline void flounder_put_text(struct flounder_out *row, const char *text, size_t most)
{
    size_t bytes = text != NULL ? strnlen(text, most) + 1 : 0;
    if (flounder_put_count(row, bytes, most) && bytes > 0)
        flounder_put(row, text, bytes);
}

/// NULL_CAP is said in the row.
static inline void flounder_put_cap(struct flounder_out *row, struct capref cap, bool gives)
{
    bool is_there = !capref_is_null(cap);
    flounder_put_bool(row, &is_there);
    if (is_there)
        row->caps[row->caps_count++] = (struct flounder_cap){cap, gives, false};
}

/// A row that has been received. Its bytes are private: whoever sent them cannot change them.
struct flounder_in {
    const uint8_t *bytes;
    size_t at, end;
    bool line; ///< what is behind the message in its line means nothing
    bool bad;
    bool delivered; ///< the handler has the message, with its capabilities
    bool lent;      ///< the handler has them until it returns, but for what it takes
    uint8_t call;   ///< of an rpc: which one; 0: none
    uint8_t caps_count, caps_taken;
    uint8_t caps_kept; ///< by flounder_take_cap()
    const struct capref *caps;
    struct flounder_stub *stub;
    struct flounder_in *outer; ///< the one that was lent before
    void *memory[2];           ///< of flounder_memory(), until the handler has returned
};

#define FLOUNDER_IN_LINE(stub_, ctrl, words)                                                       \
    {                                                                                              \
        .bytes = (const uint8_t *)(words), .end = FLOUNDER_LINE_BYTES, .line = true,               \
        .call = (ctrl) >> 8 & 0x7f, .stub = (stub_)                                                \
    }

static inline void flounder_get(struct flounder_in *row, void *value, size_t bytes)
{
    if (row->bad || bytes > row->end - row->at) {
        row->bad = true;
        memset(value, 0, bytes);
        return;
    }
    memcpy(value, row->bytes + row->at, bytes);
    row->at += bytes;
}

static inline void flounder_get_bool(struct flounder_in *row, bool *value)
{
    uint8_t byte;
    flounder_get(row, &byte, sizeof(byte));
    row->bad = row->bad || byte > 1;
    *value = byte == 1;
}

static inline void flounder_get_enum(struct flounder_in *row, void *value, unsigned elements)
{
    uint32_t number;
    flounder_get(row, &number, sizeof(number));
    row->bad = row->bad || number >= elements;
    number = row->bad ? 0 : number;
    memcpy(value, &number, sizeof(number));
}

/// Gets the length of an array, 0 after a fault.
static inline size_t flounder_get_count(struct flounder_in *row, size_t most)
{
    uint32_t number;
    flounder_get(row, &number, sizeof(number));
    row->bad = row->bad || number > most;
    return row->bad ? 0 : number;
}

/// Gets a text into `place`, which has room for `most` bytes. NULL: none was sent, or a fault.
static inline const char *flounder_get_text(struct flounder_in *row, char *place, size_t most)
{
    size_t bytes = flounder_get_count(row, most);
    flounder_get(row, place, bytes);
    if (bytes == 0 || row->bad)
        return NULL;
    row->bad = memchr(place, '\0', bytes) != place + bytes - 1;
    return row->bad ? NULL : place;
}

static inline struct capref flounder_get_cap(struct flounder_in *row)
{
    bool is_there;
    flounder_get_bool(row, &is_there);
    if (!is_there)
        return NULL_CAP;
    if (row->caps_taken == row->caps_count) {
        row->bad = true;
        return NULL_CAP;
    }
    return row->caps[row->caps_taken++];
}

/// Whether all has been got, and nothing was wrong.
static inline bool flounder_complete(const struct flounder_in *row)
{
    return !row->bad && (row->line || row->at == row->end) && row->caps_taken == row->caps_count;
}

/// The handler gets the message now: its capabilities are the handler's.
static inline void flounder_deliver(struct flounder_in *row)
{
    row->delivered = true;
}

static inline unsigned flounder_call_of(const struct flounder_in *row)
{
    return row->call;
}

/// A text into a caller's place; no text becomes an empty one.
static inline void flounder_copy_text(char *place, const char *text)
{
    if (text == NULL)
        *place = '\0';
    else
        strcpy(place, text);
}
