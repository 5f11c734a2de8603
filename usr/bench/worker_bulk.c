// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Bulk transfers. The memory that two workers share is the frame of a channel of its own, which the
// monitors pass once, as they do for every channel; nothing is ever sent over that channel. A block
// is passed by a message with its offset and size; it is the receiver's until it acknowledges. For
// comparison the same block is copied through the ring of the other channel.
#include "bench.h"
#include "bench/mark.h"

#include <stdlib.h>

#define WORD_STEP (64u / sizeof(uint64_t))

/// What is copied from or to. It is made for the first block, which is not measured, so that no other
/// measurement starts workers with memory that it does not use.
static uint64_t *copied_block(void)
{
    static uint64_t *block;
    if (block == NULL)
        block = calloc(BULK_BYTES_MAX / sizeof(uint64_t) + UMP_PAYLOAD_WORDS, sizeof(*block));
    check(block != NULL ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL, "keeping a block");
    return block;
}

static uint64_t messages_of(uint64_t bytes)
{
    return (bytes + UMP_PAYLOAD_BYTES - 1) / UMP_PAYLOAD_BYTES;
}

static void acknowledged(struct ump_chan *chan, uint64_t number)
{
    struct note note;
    message_receive(chan, &note);
    check(note.number == number ? SYS_ERR_OK : LIB_ERR_UMP_PEER, "hearing that a block has come");
    bench_mark_item(BENCH_MARK_BULK);
}

void send_references(struct worker *worker, const struct order *order, uint64_t results[2])
{
    uint64_t count = order->first, bytes = order->second;
    volatile uint64_t *area = worker->area.buf;
    results[0] = bench_tsc();
    for (uint64_t i = 0; i < count; i++) {
        uint64_t offset = i % (AREA_BYTES / BULK_BYTES_MAX) * BULK_BYTES_MAX;
        for (uint64_t at = 0; order->what == worker_BULK_SEND && at < bytes / sizeof(uint64_t);
             at += WORD_STEP)
            area[offset / sizeof(uint64_t) + at] = i;
        message_send(&worker->up, i, offset, bytes);
        acknowledged(&worker->up, i);
    }
    results[1] = bench_tsc();
}

void receive_references(struct worker *worker, const struct order *order, uint64_t results[2])
{
    (void)results;
    bool read = order->what == worker_BULK_RECEIVE;
    struct ump_chan *chan = &worker->peers[0]->chan;
    // The client's outgoing area is the first in the frame.
    const volatile uint64_t *area = worker->peers[1]->chan.buf;
    for (uint64_t i = 0; i < order->first; i++) {
        struct note note; // where the block is, and its bytes
        message_receive(chan, &note);
        bool inside = note.second < AREA_BYTES && note.third <= AREA_BYTES - note.second;
        check(inside ? SYS_ERR_OK : LIB_ERR_UMP_PEER, "checking a reference");
        for (uint64_t at = 0; read && at < note.third / sizeof(uint64_t); at += WORD_STEP) {
            uint64_t word = area[note.second / sizeof(uint64_t) + at];
            check(word == i ? SYS_ERR_OK : LIB_ERR_UMP_PEER, "checking a block");
        }
        message_send(chan, i, 0, 0);
    }
}

void send_copies(struct worker *worker, const struct order *order, uint64_t results[2])
{
    uint64_t *copied = copied_block();
    results[0] = bench_tsc();
    for (uint64_t i = 0; i < order->first; i++) {
        uint64_t words = 0;
        for (uint64_t left = messages_of(order->second); left > 0; left--) {
            check(ump_chan_send_blocking(&worker->up, &copied[words], 0), "sending a piece");
            words += UMP_PAYLOAD_WORDS;
        }
        acknowledged(&worker->up, i);
    }
    results[1] = bench_tsc();
}

void receive_copies(struct worker *worker, const struct order *order, uint64_t results[2])
{
    (void)results;
    struct ump_chan *chan = &worker->peers[0]->chan;
    uint64_t *copied = copied_block();
    for (uint64_t i = 0; i < order->first; i++) {
        uint64_t words = 0;
        for (uint64_t left = messages_of(order->second); left > 0; left--) {
            volatile struct ump_message *message;
            check(ump_chan_recv_blocking(chan, &message), "receiving a piece");
            for (unsigned k = 0; k < UMP_PAYLOAD_WORDS; k++)
                copied[words++] = message->data[k];
        }
        message_send(chan, i, 0, 0);
    }
}
