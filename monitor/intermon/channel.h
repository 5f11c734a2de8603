// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// One channel between two monitors, private to intermon.c and channel.c.

#pragma once

#include "intermon/intermon.h"
#include "protocol/line_queue.h"

/// A message on its way, as the wire has it: nobody but its receiver looks into the words.
struct parcel {
    struct intermon_header header;
    uint8_t op;    ///< enum intermon_op
    uint8_t count; ///< of words
    uint64_t words[INTERMON_WORDS_MAX];
};

#define CHANNEL_QUEUE_LINES 192u
/// For what is passed on. The rest is for the monitor's own messages, should there be no memory for
/// a larger queue just then.
#define CHANNEL_PASS_LINES (CHANNEL_QUEUE_LINES * 3 / 4)

struct channel {
    struct urpc_chan ring;
    struct capref notify; ///< wakes the peer; an empty slot until it is known
    bool notify_known;
    coreid_t peer;
    bool rx_open, tx_open;
    bool dirty;        ///< sent to since the last flush
    unsigned rx_words; ///< of rx_parcel that have come
    unsigned rx_lines; ///< of rx_parcel that are still to come
    bool rx_whole;     ///< rx_parcel waits for room where it leads to (IM4)
    struct parcel rx_parcel;
    struct line_queue queue;
    struct urpc_msg queue_lines[CHANNEL_QUEUE_LINES]; ///< the queue's until it must be larger
};

/// Lines of a message with so many words.
unsigned channel_lines(unsigned words);

/// Makes the queue larger if need be, so that so many lines find room; false if there is no memory.
/// It stays so: how large it gets is bounded by what the tables of other monitors let them ask for.
bool channel_make_room(struct channel *chan, unsigned lines);

/// Writes queued lines as long as the ring has room.
void channel_drain(struct channel *chan);

/// Queues a message and writes what can be written. For the errors see intermon_send(); MON_ERR_NO_CORE
/// if there is no channel.
errval_t channel_pass(struct channel *chan, const struct parcel *parcel, bool request);
/// The same with one that is no parcel yet.
errval_t channel_send(struct channel *chan, const struct intermon_header *header,
                      const struct intermon_message *message, bool request);

/// Takes a line into the channel's message; true when it is whole. A malformed line is dropped with
/// its message.
bool channel_take_line(struct channel *chan, const uint64_t *words, uint16_t ctrl);
