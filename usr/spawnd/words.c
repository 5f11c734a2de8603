// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The words of a domain.
#include "words.h"

#include "if/spawnd.h"

#include <string.h>

static const char end[] = "... (this domain has said too much)\n";

bool words_add(struct words *words, const char *piece, size_t bytes, bool more)
{
    size_t left = WORDS_TOTAL_BYTES - words->said;
    size_t room = sizeof(words->text) - words->used;
    bool over = bytes > left && !words->silenced;
    if (bytes > left) {
        piece = end;
        bytes = over ? sizeof(end) - 1 : 0;
        words->said = WORDS_TOTAL_BYTES;
        words->silenced = true;
    } else {
        words->said += bytes;
    }
    size_t count = bytes < room ? bytes : room;
    memcpy(words->text + words->used, piece, count);
    words->used += count;
    bool full = words->used > sizeof(words->text) - SPAWND_PIECE_BYTES; // no room for the next
    return words->used > 0 && (!more || over || full);
}
