// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What an operating system offers: a pipe in each direction, which block.
#include "channel.h"

#include <stdlib.h>
#include <unistd.h>

struct side {
    int out, in;
};

static bool pipe_open(struct channel *channel, size_t slots)
{
    (void)slots; // a pipe holds what it holds
    struct side *sides = malloc(2 * sizeof(*sides));
    int there[2], back[2];
    if (sides == NULL || pipe(there) != 0) {
        free(sides);
        return false;
    }
    if (pipe(back) != 0) {
        close(there[0]);
        close(there[1]);
        free(sides);
        return false;
    }
    sides[0] = (struct side){there[1], back[0]};
    sides[1] = (struct side){back[1], there[0]};
    *channel = (struct channel){{&sides[0], &sides[1]}, sides};
    return true;
}

static void pipe_close(struct channel *channel)
{
    struct side *sides = channel->memory;
    for (unsigned i = 0; i < 2; i++) {
        close(sides[i].out);
        close(sides[i].in);
    }
    free(sides);
}

static bool pipe_send(void *end, uint64_t number)
{
    uint64_t words[MESSAGE_WORDS];
    words_fill(words, number);
    return write(((struct side *)end)->out, words, sizeof(words)) == sizeof(words);
}

/// A reader may get part of a message that the writer has not yet written whole.
static bool pipe_recv(void *end, uint64_t number, uint64_t *wrong)
{
    uint64_t words[MESSAGE_WORDS];
    for (size_t have = 0; have < sizeof(words);) {
        ssize_t got = read(((struct side *)end)->in, (uint8_t *)words + have, sizeof(words) - have);
        have += got > 0 ? (size_t)got : 0;
    }
    *wrong |= words_wrong(words, number);
    return true;
}

TRIP_PARTS(pipe, pipe_send, pipe_recv, POLLING_HARD)
STREAM_PARTS(pipe, pipe_send, pipe_recv, POLLING_HARD)

const struct channel_kind pipe_kind = {"pipe", KIND_MEMORY(pipe), KIND_TRIPS(pipe, 10),
                                       KIND_STREAM(pipe, 200)};
