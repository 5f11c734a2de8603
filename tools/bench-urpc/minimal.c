// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The least that a ring of lines can be, to measure urpc/ against: one line per message with an
// epoch word, an acknowledgement of its own line every quarter turn. No control bits, no checks of
// what the peer stores, no sleep, no close.
#include "channel.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    _Alignas(LINE_BYTES) uint64_t words[MESSAGE_WORDS];
    _Atomic uint64_t lap;
};

struct direction {
    _Alignas(4096) _Atomic uint64_t acked;
    _Alignas(4096) struct slot slots[];
};

/// Each side's own state is in pages that the other does not touch.
struct side {
    _Alignas(4096) struct direction *out;
    uint64_t sent, known, out_index, out_lap;
    _Alignas(LINE_BYTES) struct direction *in;
    uint64_t received, in_index, in_lap, told;
    uint64_t slots, quarter;
};

static bool minimal_open(struct channel *channel, size_t slots)
{
    size_t bytes = sizeof(struct direction) + (slots * LINE_BYTES + 4095) / 4096 * 4096;
    size_t total = 2 * bytes + 2 * sizeof(struct side);
    uint8_t *memory = aligned_alloc(4096, total);
    if (memory == NULL)
        return false;
    memset(memory, 0, total);
    struct side *sides = (void *)(memory + 2 * bytes);
    for (unsigned i = 0; i < 2; i++) {
        sides[i] = (struct side){.out = (void *)(memory + i * bytes),
                                 .in = (void *)(memory + !i * bytes),
                                 .out_lap = 1,
                                 .in_lap = 1,
                                 .slots = slots,
                                 .quarter = slots < 4 ? 1 : slots / 4};
    }
    *channel = (struct channel){{&sides[0], &sides[1]}, memory};
    return true;
}

static void minimal_close(struct channel *channel)
{
    free(channel->memory);
}

LOOP bool minimal_send(void *end, uint64_t number)
{
    struct side *side = end;
    if (side->sent - side->known == side->slots) {
        side->known = atomic_load_explicit(&side->out->acked, memory_order_acquire);
        if (side->sent - side->known == side->slots)
            return false;
    }
    struct slot *slot = &side->out->slots[side->out_index];
    words_fill(slot->words, number);
    atomic_store_explicit(&slot->lap, side->out_lap, memory_order_release);
    side->sent++;
    if (++side->out_index == side->slots) {
        side->out_index = 0;
        side->out_lap++;
    }
    return true;
}

LOOP bool minimal_recv(void *end, uint64_t number, uint64_t *wrong)
{
    struct side *side = end;
    struct slot *slot = &side->in->slots[side->in_index];
    if (atomic_load_explicit(&slot->lap, memory_order_acquire) != side->in_lap)
        return false;
    *wrong |= words_wrong(slot->words, number);
    if (++side->in_index == side->slots) {
        side->in_index = 0;
        side->in_lap++;
    }
    if (++side->received - side->told == side->quarter) {
        side->told = side->received;
        atomic_store_explicit(&side->in->acked, side->received, memory_order_release);
    }
    return true;
}

RING_KIND(minimal_kind, "minimal", minimal_send, minimal_recv, POLLING_HARD, minimal)
RING_KIND(minimal_pause_kind, "minimal-pause", minimal_send, minimal_recv, POLLING_PAUSE, minimal)
