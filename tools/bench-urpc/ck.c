// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Concurrency Kit's ring for one producer and one consumer, with elements by value: of 56 bytes,
// packed, and of 64 bytes, each in a cache line. A ring of 2^k holds 2^k - 1 elements.
#include "channel.h"

#include <ck_ring.h>
#include <stdlib.h>
#include <string.h>

struct message56 {
    uint64_t words[MESSAGE_WORDS];
};

struct message64 {
    _Alignas(LINE_BYTES) uint64_t words[MESSAGE_WORDS];
};

CK_RING_PROTOTYPE(of_56, message56)
CK_RING_PROTOTYPE(of_64, message64)

struct direction {
    _Alignas(4096) ck_ring_t ring;
    _Alignas(4096) uint8_t buffer[];
};

struct side {
    _Alignas(LINE_BYTES) struct direction *out;
    struct direction *in;
};

static bool ck_open(struct channel *channel, size_t slots)
{
    size_t size = slots + 1; // a power of two, which options.c sees to
    size_t bytes = sizeof(struct direction) + (size * LINE_BYTES + 4095) / 4096 * 4096;
    size_t total = 2 * bytes + 4096;
    uint8_t *memory = aligned_alloc(4096, total);
    if (memory == NULL)
        return false;
    memset(memory, 0, total);
    struct direction *way[2] = {(void *)memory, (void *)(memory + bytes)};
    struct side *sides = (void *)(memory + 2 * bytes);
    for (unsigned i = 0; i < 2; i++) {
        ck_ring_init(&way[i]->ring, (unsigned)size);
        sides[i] = (struct side){way[i], way[!i]};
    }
    *channel = (struct channel){{&sides[0], &sides[1]}, memory};
    return true;
}

static void ck_close(struct channel *channel)
{
    free(channel->memory);
}

// How messages of so many bytes are sent and received.
#define CK_PARTS(bytes)                                                                            \
    LOOP bool send##bytes(void *end, uint64_t number)                                              \
    {                                                                                              \
        struct direction *out = ((struct side *)end)->out;                                         \
        struct message##bytes message = {{0}};                                                     \
        words_fill(message.words, number);                                                         \
        return CK_RING_ENQUEUE_SPSC(of_##bytes, &out->ring, (struct message##bytes *)out->buffer,  \
                                    &message);                                                     \
    }                                                                                              \
    LOOP bool recv##bytes(void *end, uint64_t number, uint64_t *wrong)                             \
    {                                                                                              \
        struct direction *in = ((struct side *)end)->in;                                           \
        struct message##bytes message;                                                             \
        if (!CK_RING_DEQUEUE_SPSC(of_##bytes, &in->ring, (struct message##bytes *)in->buffer,      \
                                  &message))                                                       \
            return false;                                                                          \
        *wrong |= words_wrong(message.words, number);                                              \
        return true;                                                                               \
    }

CK_PARTS(56)
CK_PARTS(64)

RING_KIND(ck56_kind, "ck-56", send56, recv56, POLLING_HARD, ck)
RING_KIND(ck64_kind, "ck-64", send64, recv64, POLLING_HARD, ck)
RING_KIND(ck64_pause_kind, "ck-64-pause", send64, recv64, POLLING_PAUSE, ck)
