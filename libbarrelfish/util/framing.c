// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Framed input.
#include "text/framing.h"

#define DECIDED (FRAMING_BEGIN_BYTES + 1)

/// The line is plain: what looked like a beginning was input.
static size_t decide_plain(struct framing *framing, char byte, char out[FRAMING_DECODED_MAX])
{
    static const char begin[] = {FRAMING_BEGIN, FRAMING_ESCAPE};
    size_t count = 0;
    while (count < framing->begun) {
        out[count] = begin[count];
        count++;
    }
    out[count++] = byte;
    framing->begun = DECIDED;
    return count;
}

/// F1
static size_t begin(struct framing *framing, char byte, char out[FRAMING_DECODED_MAX])
{
    bool letter = framing->begun == 2 && (byte == FRAMING_TERMINAL || byte == FRAMING_PIPE);
    if (letter) {
        framing->source = (enum framing_source)byte;
        framing->begun = DECIDED;
    } else if (framing->begun < 2 &&
               byte == (framing->begun == 0 ? FRAMING_BEGIN : FRAMING_ESCAPE)) {
        framing->begun++;
    } else {
        return decide_plain(framing, byte, out);
    }
    return 0;
}

size_t framing_decode(struct framing *framing, char byte, char out[FRAMING_DECODED_MAX])
{
    if (framing->begun != DECIDED)
        return begin(framing, byte, out);
    if (framing->ended)
        return 0;
    if (framing->source != FRAMING_PLAIN && !framing->escaped && byte == FRAMING_ESCAPE) {
        framing->escaped = true;
        return 0;
    }
    framing->ended = framing->escaped && byte == FRAMING_END;
    framing->escaped = false;
    out[0] = byte;
    return framing->ended ? 0 : 1;
}

void framing_encode_begin(enum framing_source source, char out[FRAMING_BEGIN_BYTES])
{
    out[0] = FRAMING_BEGIN;
    out[1] = FRAMING_ESCAPE;
    out[2] = (char)source;
}

size_t framing_encode(char byte, char out[FRAMING_ENCODED_MAX])
{
    size_t count = 0;
    if (byte == FRAMING_ESCAPE)
        out[count++] = FRAMING_ESCAPE;
    out[count++] = byte;
    return count;
}

void framing_encode_end(char out[FRAMING_END_BYTES])
{
    out[0] = FRAMING_ESCAPE;
    out[1] = FRAMING_END;
}
