// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The calls of the cache-line channel: 56-byte messages with 16 bits of control, in both
// directions, never lost, repeated, reordered or torn. It stands on layout.h, whose invariants
// (I1 ...) are cited here. The paths of one message are inline; the rare ones are in ring.c.
// Nothing here blocks, allocates or calls a kernel. One thread at a time may send on an end and
// one may receive on it; the two need no lock between them.
#pragma once

#include "urpc/layout.h"

/// A message outside of the ring, for batches.
struct urpc_msg {
    uint64_t words[URPC_WORDS];
    uint16_t ctrl;
};

/// Makes one end of a channel out of two areas of shared memory. `out` is written by this end and
/// read by the peer, whose `in` it is; both are 64-byte aligned, `lines` long (in lines of 64
/// bytes, URPC_STATE_LINES of them not for messages; URPC_LINES_MIN..URPC_LINES_MAX, no power of
/// two needed), do not overlap, and were zero before either end was made. A page split in halves
/// has 32 lines each. Writes nothing to shared memory, so the peer may have sent already.
/// Returns false, with `chan` untouched, if size or alignment is wrong.
__attribute__((warn_unused_result)) bool urpc_init(struct urpc_chan *chan, void *out, void *in,
                                                   size_t lines);

/// As urpc_init(), with areas of different lengths.
__attribute__((warn_unused_result)) bool
urpc_init_sized(struct urpc_chan *chan, void *out, size_t out_lines, void *in, size_t in_lines);

/// Checks the private state of an end against I2 and I3. For assertions and tests.
bool urpc_valid(const struct urpc_chan *chan);

/// Tells whether `need` lines can be sent now. Asks the peer's acknowledgements only if the room
/// known is too small. Sender only.
bool urpc_has_room(struct urpc_chan *chan, size_t need);

/// Most lines that a sender may wait for: this much room comes once the peer consumed all (I7).
size_t urpc_room_max(const struct urpc_chan *chan);

/// Sends up to `count` messages, returns how many were sent. Sender only.
size_t urpc_send_batch(struct urpc_chan *chan, const struct urpc_msg *msgs, size_t count);

/// Receives up to `count` messages, returns how many came. Receiver only.
size_t urpc_recv_batch(struct urpc_chan *chan, struct urpc_msg *msgs, size_t count);

/// Announces that the caller will sleep until notified. True: it may wait for its notification,
/// which comes for the next message or close, perhaps for nothing, and may already be there. False:
/// a message is there or the peer has closed, and the end is awake. Call it anew after each
/// notification, before the next wait (I11). Receiver only.
__attribute__((warn_unused_result)) bool urpc_arm(struct urpc_chan *chan);

/// Announces that the caller polls again. Call it after waking up. Receiver only.
void urpc_disarm(struct urpc_chan *chan);

/// As urpc_arm(), for a sender that waits until `need` lines (1..urpc_room_max()) can be sent.
/// False: there is room, the peer has closed or the peer is broken.
__attribute__((warn_unused_result)) bool urpc_arm_room(struct urpc_chan *chan, size_t need);

/// As urpc_disarm(), for urpc_arm_room().
void urpc_disarm_room(struct urpc_chan *chan);

/// Tells the peer that nothing more will be sent. Messages sent before stay readable. Call
/// urpc_peer_sleeps() and urpc_peer_waits() afterwards. Sender and receiver must be quiet.
void urpc_close(struct urpc_chan *chan);

/// Slow halves of the calls below; not to be called directly.
bool urpc_check_flag_recv(struct urpc_chan *chan);
bool urpc_check_flag_room(struct urpc_chan *chan);
void urpc_turn(struct urpc_chan *chan);

/// Stops on a broken invariant: the caller broke the rules of this interface.
static inline void urpc_assert(bool holds)
{
    if (__builtin_expect(!holds, 0))
        __builtin_trap();
}

/// Tells whether the peer has closed. A receiver first reads this, then drains the ring until it
/// is empty: then nothing is left.
static inline bool urpc_peer_closed(const struct urpc_chan *chan)
{
    return atomic_load_explicit(&chan->in->closed, memory_order_acquire) != 0;
}

/// Leaves a time for the peer, before it is notified; and what the peer has left, which is a claim.
static inline void urpc_set_woke_at(struct urpc_chan *chan, uint64_t time)
{
    atomic_store_explicit(&chan->out->woke_at, time, memory_order_relaxed);
}

static inline uint64_t urpc_peer_woke_at(const struct urpc_chan *chan)
{
    return atomic_load_explicit(&chan->in->woke_at, memory_order_relaxed);
}

/// Tells whether the peer has acknowledged what was never sent (I8). It stays so.
static inline bool urpc_peer_broken(const struct urpc_chan *chan)
{
    return atomic_load_explicit(&chan->tx.broken, memory_order_relaxed);
}

/// The line of this lap with number `number`. That it is never NULL spares whoever asks.
static inline struct urpc_line *urpc_line_at(const struct urpc_place *place, uint64_t number)
{
    uintptr_t at = place->origin + number * URPC_LINE_BYTES;
    if (at == 0)
        __builtin_unreachable();
    return (struct urpc_line *)at;
}

/// Tells whether one message can be sent now. Sender only.
static inline bool urpc_can_send(struct urpc_chan *chan)
{
    return chan->tx.sent != chan->tx.place.stop || urpc_has_room(chan, 1);
}

/// Returns the next line, whose `words` the caller may fill in place, or NULL if the ring is full:
/// try later. The peer sees nothing before urpc_publish(). Sender only.
static inline struct urpc_line *urpc_claim(struct urpc_chan *chan)
{
    return urpc_can_send(chan) ? urpc_line_at(&chan->tx.place, chan->tx.sent) : NULL;
}

/// Sends the line that urpc_claim() returned, with `ctrl` for the receiver. Sender only.
static inline void urpc_publish(struct urpc_chan *chan, uint16_t ctrl)
{
    struct urpc_tx *tx = &chan->tx;
    urpc_assert(tx->sent != tx->place.stop); // I3
    // Acquire and release make the count cover only lines already read, even if another thread
    // of this side is the receiver (I5).
    uint64_t consumed = atomic_load_explicit(&chan->rx.consumed, memory_order_acquire);
    struct urpc_line *line = urpc_line_at(&tx->place, tx->sent);
    atomic_store_explicit(&line->header, consumed << URPC_ACK_SHIFT | tx->place.epoch | ctrl,
                          memory_order_release); // I4
    urpc_hint_pass(line);
    tx->sent++;
    if (consumed != tx->rode) {
        tx->rode = consumed; // an answer, not a stream
        if (!chan->manner.fetches)
            return;
    }
    const struct urpc_line *ahead = line + chan->manner.ahead;
    urpc_hint_own(ahead < chan->out_end ? ahead : ahead - chan->out_slots);
}

/// Sends a copy of `words`; false if the ring is full. Sender only.
__attribute__((warn_unused_result)) static inline bool
urpc_send(struct urpc_chan *chan, const uint64_t words[URPC_WORDS], uint16_t ctrl)
{
    struct urpc_line *line = urpc_claim(chan);
    if (line == NULL)
        return false;
        // One word at a time, because the caller has mostly just stored them so: wider reads would have
        // to wait for those stores, which wait for the lines sent before.
#pragma GCC unroll 7
    for (int i = 0; i < URPC_WORDS; i++)
        line->words[i] = words[i];
    urpc_publish(chan, ctrl);
    return true;
}

/// Tells whether the peer sleeps and must be notified now, once for each of its sleeps. After
/// publishing, call it before blocking or turning to other work; until then publications may
/// pile up, because the full fence in here is the price (I10). Sender only.
__attribute__((warn_unused_result)) static inline bool urpc_peer_sleeps(struct urpc_chan *chan)
{
    return chan->tx.checked != chan->tx.sent && urpc_check_flag_recv(chan);
}

/// As urpc_peer_sleeps(), for a peer that waits for room: call it after consuming. It fences only
/// if an acknowledgement went out since the last call. Receiver only.
__attribute__((warn_unused_result)) static inline bool urpc_peer_waits(struct urpc_chan *chan)
{
    return chan->rx.checked != chan->rx.told && urpc_check_flag_room(chan);
}

/// Lines consumed so far. Receiver only.
static inline uint64_t urpc_consumed(const struct urpc_chan *chan)
{
    return atomic_load_explicit(&chan->rx.consumed, memory_order_relaxed);
}

/// Returns the next line if it is a message, and its header; else NULL.
static inline const struct urpc_line *urpc_next(const struct urpc_chan *chan, uint64_t consumed,
                                                uint64_t *header)
{
    const struct urpc_line *line = urpc_line_at(&chan->rx.place, consumed);
    *header = atomic_load_explicit(&line->header, memory_order_acquire); // I4
    return (*header & URPC_EPOCH) == chan->rx.place.epoch ? line : NULL; // I2
}

/// Makes it `consumed` lines, one more than before.
static inline void urpc_advance(struct urpc_chan *chan, uint64_t consumed)
{
    atomic_store_explicit(&chan->rx.consumed, consumed, memory_order_release); // I5
    if (consumed == chan->rx.place.stop)
        urpc_turn(chan);
}

/// Returns the next message in place and its control bits, or NULL if none has come. It stays
/// until urpc_consume(). A hostile peer may change the words at any time: where that matters, use
/// urpc_recv(). Receiver only.
static inline const struct urpc_line *urpc_peek(struct urpc_chan *chan, uint16_t *ctrl)
{
    uint64_t header, consumed = urpc_consumed(chan);
    const struct urpc_line *line = urpc_next(chan, consumed, &header);
    if (line != NULL) {
        chan->rx.peeked = consumed + 1;
        *ctrl = (uint16_t)header;
    }
    return line;
}

/// Gives the line that urpc_peek() returned back to the peer. Receiver only.
static inline void urpc_consume(struct urpc_chan *chan)
{
    uint64_t consumed = urpc_consumed(chan) + 1;
    urpc_assert(chan->rx.peeked == consumed); // I3: consumed <= sent
    urpc_advance(chan, consumed);
}

/// Tells whether a message has come. Receiver only.
static inline bool urpc_can_recv(const struct urpc_chan *chan)
{
    uint64_t header;
    return urpc_next(chan, urpc_consumed(chan), &header) != NULL;
}

/// Rests for a moment: what a thread that answers messages, or waits for an answer, does after each
/// poll in vain. For how long, and whether it fetches the next line to send meanwhile, depends on
/// the processor (urpc_hint_manner()); polling without any rest makes a round trip a third longer,
/// and more. Sender and receiver in one.
static inline void urpc_relax(struct urpc_chan *chan)
{
    const struct urpc_place *place = &chan->tx.place;
    bool ends = chan->tx.sent - place->lap == chan->out_slots;
    urpc_hint_rest(chan->manner, ends ? chan->out->ring : urpc_line_at(place, chan->tx.sent));
}

/// Copies the payload, each word read once. Two words are moved at a time, because the caller's
/// compiler may read two at a time, and that would have to wait for two single stores.
static inline void urpc_extract(const struct urpc_line *line, uint64_t words[URPC_WORDS])
{
    const volatile urpc_two_words *shared = (const volatile urpc_two_words *)line->words; // I8
    urpc_two_words pairs[] = {shared[0], shared[1], shared[2]};
    words[6] = *(const volatile uint64_t *)&line->words[6];
    __builtin_memcpy(words, pairs, sizeof(pairs));
}

/// Copies the next message out and consumes it; false if none has come. Each word is read once,
/// so what the caller checks is what it uses. Receiver only.
__attribute__((warn_unused_result)) static inline bool
urpc_recv(struct urpc_chan *chan, uint64_t words[URPC_WORDS], uint16_t *ctrl)
{
    uint64_t header, consumed = urpc_consumed(chan);
    const struct urpc_line *line = urpc_next(chan, consumed, &header);
    if (line == NULL)
        return false;
    urpc_extract(line, words);
    *ctrl = (uint16_t)header;
    urpc_advance(chan, consumed + 1);
    return true;
}
