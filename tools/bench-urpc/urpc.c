// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The ring of urpc/, in five ways of using it: with copies, in place, in place with urpc_relax() after
// each poll in vain, in batches, and asking after each message whether the peer sleeps.
#include "urpc/urpc.h"
#include "channel.h"

#include <stdlib.h>
#include <string.h>

enum { BATCH = 8 };

struct urpc_pair {
    struct urpc_chan end[2];
    uint8_t *area[2];
};

static bool urpc_chans_open(struct channel *channel, size_t slots)
{
    size_t lines = slots + URPC_STATE_LINES, bytes = lines * URPC_LINE_BYTES;
    // Room to a page, so that the two directions share no pair of lines that is fetched together.
    size_t stride = (bytes + 4095) / 4096 * 4096;
    uint8_t *memory = aligned_alloc(4096, 2 * stride + 2 * 4096);
    if (memory == NULL)
        return false;
    memset(memory, 0, 2 * stride + 2 * 4096);
    uint8_t *ends = memory + 2 * stride;
    _Static_assert(sizeof(struct urpc_chan) <= 4096, "an end has a page");
    struct urpc_chan *end[2] = {(void *)ends, (void *)(ends + 4096)};
    *channel = (struct channel){{end[0], end[1]}, memory};
    return urpc_init(end[0], memory, memory + stride, lines) &&
           urpc_init(end[1], memory + stride, memory, lines);
}

static void urpc_chans_close(struct channel *channel)
{
    free(channel->memory);
}

LOOP bool copy_send(void *end, uint64_t number)
{
    uint64_t words[MESSAGE_WORDS];
    words_fill(words, number);
    return urpc_send(end, words, (uint16_t)number);
}

LOOP bool copy_recv(void *end, uint64_t number, uint64_t *wrong)
{
    uint64_t words[MESSAGE_WORDS];
    uint16_t ctrl;
    if (!urpc_recv(end, words, &ctrl))
        return false;
    *wrong |= words_wrong(words, number);
    return true;
}

LOOP bool place_send(void *end, uint64_t number)
{
    struct urpc_line *line = urpc_claim(end);
    if (line == NULL)
        return false;
    words_fill(line->words, number);
    urpc_publish(end, (uint16_t)number);
    return true;
}

LOOP bool place_recv(void *end, uint64_t number, uint64_t *wrong)
{
    uint16_t ctrl;
    const struct urpc_line *line = urpc_peek(end, &ctrl);
    if (line == NULL)
        return false;
    *wrong |= words_wrong(line->words, number);
    urpc_consume(end);
    return true;
}

/// What a sender does that turns to other work after each message, as ump_chan_send() has to
/// assume.
LOOP bool flushed_send(void *end, uint64_t number)
{
    bool sent = copy_send(end, number);
    if (sent && urpc_peer_sleeps(end))
        __builtin_trap(); // no receiver here ever does
    return sent;
}

LOOP bool relaxed_recv(void *end, uint64_t number, uint64_t *wrong)
{
    bool received = place_recv(end, number, wrong);
    if (!received)
        urpc_relax(end);
    return received;
}

TRIP_PARTS(relaxed, place_send, relaxed_recv, POLLING_RELAXED)
STREAM_PARTS(flushed, flushed_send, copy_recv, POLLING_HARD)

static uint64_t batch_produce(void *end, uint64_t first, uint64_t count)
{
    struct urpc_msg msgs[BATCH];
    unsigned spins = 0;
    for (uint64_t n = first, limit = first + count; n < limit;) {
        size_t want = limit - n < BATCH ? limit - n : BATCH, sent = 0;
        for (size_t i = 0; i < want; i++) {
            words_fill(msgs[i].words, n + i);
            msgs[i].ctrl = (uint16_t)(n + i);
        }
        while (sent < want) {
            size_t now = urpc_send_batch(end, msgs + sent, want - sent);
            if (now == 0)
                poll_vain(&spins, POLLING_HARD);
            sent += now;
        }
        n += sent;
    }
    return 0;
}

static uint64_t batch_consume(void *end, uint64_t first, uint64_t count)
{
    struct urpc_msg msgs[BATCH];
    uint64_t wrong = 0;
    unsigned spins = 0;
    for (uint64_t n = first, limit = first + count; n < limit;) {
        size_t received = urpc_recv_batch(end, msgs, limit - n < BATCH ? limit - n : BATCH);
        for (size_t i = 0; i < received; i++)
            wrong |= words_wrong(msgs[i].words, n + i);
        if (received == 0)
            poll_vain(&spins, POLLING_HARD);
        n += received;
    }
    return wrong;
}

RING_KIND(urpc_copy_kind, "urpc", copy_send, copy_recv, POLLING_HARD, urpc_chans)
RING_KIND(urpc_copy_pause_kind, "urpc-pause", copy_send, copy_recv, POLLING_PAUSE, urpc_chans)
RING_KIND(urpc_place_kind, "urpc-in-place", place_send, place_recv, POLLING_HARD, urpc_chans)
RING_KIND(urpc_place_pause_kind, "urpc-in-place-pause", place_send, place_recv, POLLING_PAUSE,
          urpc_chans)

const struct channel_kind urpc_batch_kind = {"urpc-batch", KIND_MEMORY(urpc_chans),
                                             KIND_STREAM(batch, 4000)};

const struct channel_kind urpc_flushed_kind = {
    "urpc-flushed", KIND_MEMORY(urpc_chans), KIND_STREAM(flushed, 4000), .places = CHANNEL_PLACES};

const struct channel_kind urpc_relaxed_kind = {"urpc-relaxed", POLLING_RELAXED,
                                               KIND_MEMORY(urpc_chans), KIND_TRIPS(relaxed, 200)};
