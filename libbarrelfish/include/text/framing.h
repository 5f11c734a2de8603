// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How input comes over the machine's serial line. Any byte can be input, so that the end of the
// input, and whether somebody types it, must be told beside the bytes. stave-boot frames what it
// sends; a terminal that is wired to the line does not. Pure; both halves are here.
//
// F1 A framed line begins, once, with FRAMING_BEGIN FRAMING_ESCAPE and the letter of its source.
//    What begins otherwise is plain for ever: typed, each byte itself, without an end.
// F2 After that FRAMING_ESCAPE twice is that byte once, FRAMING_ESCAPE FRAMING_END is the end of
//    the input, and every other byte is itself. Nothing follows the end.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define FRAMING_BEGIN 0x00
#define FRAMING_ESCAPE 0x10 // DLE
#define FRAMING_END 0x04    // EOT

enum framing_source {
    FRAMING_PLAIN = 0,
    FRAMING_TERMINAL = 'T', ///< somebody types
    FRAMING_PIPE = 'P',     ///< a file or a pipe: data
};

#define FRAMING_BEGIN_BYTES 3u
#define FRAMING_END_BYTES 2u
/// Most bytes that one becomes, in each direction.
#define FRAMING_ENCODED_MAX 2u
#define FRAMING_DECODED_MAX 3u

/// The receiver's half. Private to framing.c but for `source` and `ended`; all zero: nothing came.
struct framing {
    enum framing_source source;
    bool ended;
    unsigned begun; ///< bytes of F1 that have come; more than FRAMING_BEGIN_BYTES: decided
    bool escaped;
};

/// A byte has come: puts the input that it stands for into `out`; returns the number of bytes.
size_t framing_decode(struct framing *framing, char byte, char out[FRAMING_DECODED_MAX]);

/// What the sender puts before all, for each byte (returns the number of bytes), and behind all.
void framing_encode_begin(enum framing_source source, char out[FRAMING_BEGIN_BYTES]);
size_t framing_encode(char byte, char out[FRAMING_ENCODED_MAX]);
void framing_encode_end(char out[FRAMING_END_BYTES]);
