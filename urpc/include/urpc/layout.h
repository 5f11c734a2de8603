// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The cache-line channel: what lies in shared memory, what each side keeps for itself, and the
// invariants that make it right. A channel is two areas, one for each direction; an area is
// written by one side only and read by the other. It stands on C11 atomics and on 64-byte cache
// lines, and on nothing else. Not here: the calls (urpc.h), notification, waitsets, fragments.
// Source: Bershad et al., URPC (TOCS 1991); Baumann et al., The Multikernel (SOSP 2009), 4.6.
//
// Invariants. "Sender" and "receiver" are the two ends of one area's ring; the acknowledgements
// and flags about that ring lie in the receiver's own area. N is the number of ring lines.
//
// I1 One writer. Each word in shared memory is written by one side only, for ever. No line is
//    written by both, so no store ever waits for more than one transfer of a line.
// I2 Valid. Ring line sent as number k (from 0) has lap k / N; its epoch bit is 1 in even laps and
//    0 in odd ones. A line holds an unread message exactly if its epoch bit is the one that the
//    receiver expects of its next line. Zeroed memory is lap -1: nothing valid, all counts 0.
// I3 Room. acked <= consumed <= sent <= acked + N. A sender writes line k only if k < acked + N,
//    so a line is never overwritten unread, and a line shows its own lap or the one before (which
//    is why one epoch bit suffices).
// I4 Untorn. The sender writes the payload and then, with release, the header. The receiver reads
//    the header with acquire before the payload: it sees the epoch flip only with the payload.
// I5 Reuse. A count of consumed lines is stored with release after those lines were read, and
//    loaded with acquire before they are written anew. So no read of an old message sees the
//    next one.
// I6 Two ways for an acknowledgement. (a) Every header carries how many lines of the opposite ring
//    its sender has consumed (ACK_BITS low bits). It is looked for in the line that was consumed
//    last, which has it until the peer needs that line again, and then a newer one. (b) The receiver stores the count in its
//    acknowledgement line after every N / 4 lines. The sender reads (b) only when (a) leaves it
//    without room; as long as it does not, (b) stays in the receiver's cache and costs no
//    transfer. (b) takes no room in any ring: an acknowledgement needs no acknowledgement, never
//    waits, and the two directions cannot block one another.
// I7 Progress. When all that was sent is consumed, less than max(1, N / 4) of it is unknown
//    through (b). So a sender that waits for at most urpc_room_max() lines gets them.
// I8 Claims. What the peer stores is checked where it is used. An acknowledgement outside
//    (acked, sent] changes nothing; beyond sent it also marks the peer as broken. No index or
//    pointer is ever derived from shared memory. A message may be garbage, local state may not.
// I9 Age. A header's count is taken relative to acked, which is right as long as no line stands
//    unread while 2^(ACK_BITS - 1) others pass in the other direction (eight days at 100 million a
//    second). It is looked at once, so that an idle direction does not age.
//
// Sleep and wake. A receiver is awake (its flag is even) or armed (odd); urpc_arm() goes to armed,
// urpc_disarm() back, and each arming uses a new number. With a notification that is sticky (one
// that comes before the wait makes the wait return at once), nothing is slept through:
//
// I10 Either sees the other. The receiver stores its flag, fences, then polls its next line. The
//     sender stores the header, fences, then loads the flag. The two full fences forbid that both
//     loads miss the other's store (store buffering, the only reordering that x86 has): either
//     urpc_arm() finds the message and returns false, or urpc_peer_sleeps() finds the flag.
// I11 One notification for each arming. The sender notifies each odd number once. So whoever took
//     a notification calls urpc_arm() anew before it waits again, for each end that the
//     notification may have been for; then the notification for the number that is shown is not
//     used up yet.
// I12 The same holds for a sender that waits for room: it stores flag_room, fences, reads (b); the
//     receiver stores (b), fences, reads flag_room. By I7 a further (b) comes if there is no room.
//
// The price is one full fence for each urpc_peer_sleeps() after a publication, not for each
// publication: a sender may publish many lines and ask once, before it blocks or turns to other
// work. The load itself hits the sender's cache until the receiver really goes to sleep, because
// flags and acknowledgements lie in different lines. A flag in the headers of the other direction
// would save that line but not the fence, and would keep a receiver with nothing to say awake.
//
// Hints. A publication tells the processor two things that change no content and no order, so no
// invariant rests on them: that the line just sent will be read elsewhere, and that one some lines
// ahead will be written here. Without the second, stores to the sender's own state, which stand
// between those to two lines, keep the processor from fetching the lines ahead. The next line itself
// is the one that a waiting receiver polls: fetching it then brings nothing, because the poll takes it
// away again; urpc_relax() is for that. How far ahead, and whether also when each message answers one,
// so that the receiver's poll will come to any line before it is written, depends on the processor.
//
// urpc/model/ is this as a Spin model, which `ninja test` searches for a counter-example.
#pragma once

#include "urpc/arch/x86_64/hint.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    URPC_LINE_BYTES = 64,
    URPC_WORDS = 7,       // payload words of a line
    URPC_STATE_LINES = 2, // lines of an area that are not ring lines
    URPC_LINES_MIN = 4,   // of an area, state lines included
    URPC_LINES_MAX = 1 << 20,
    URPC_ACK_BITS = 47,
    URPC_ACK_SHIFT = 17,
};

// The header word: control 0..15 (the user's), epoch 16, acknowledgement 17..63.
#define URPC_EPOCH (UINT64_C(1) << 16)

/// One message in its ring line.
struct urpc_line {
    _Alignas(URPC_LINE_BYTES) uint64_t words[URPC_WORDS];
    _Atomic uint64_t header;
};

/// Two payload words that are moved at once.
typedef uint64_t urpc_two_words __attribute__((vector_size(16), may_alias));

/// One side's half of a channel. The side whose outgoing area it is writes all of it.
struct urpc_area {
    // I6 (b): lines consumed of the ring in the other area.
    _Alignas(URPC_LINE_BYTES) _Atomic uint64_t consumed;

    _Alignas(URPC_LINE_BYTES) _Atomic uint64_t flag_recv; // odd: sleeps until a line comes
    _Atomic uint64_t flag_room;                           // odd: sleeps until there is room
    _Atomic uint64_t closed;                              // not 0: nothing more will be sent
    _Atomic uint64_t woke_at; // the user's: time of the last notification

    struct urpc_line ring[];
};

_Static_assert(sizeof(struct urpc_line) == URPC_LINE_BYTES, "a message is one cache line");
_Static_assert(offsetof(struct urpc_line, header) == URPC_LINE_BYTES - 8, "header is last");
_Static_assert(offsetof(struct urpc_area, ring) == URPC_STATE_LINES * URPC_LINE_BYTES,
               "two state lines precede the ring");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "shared words need lock-free atomics");

/// Where a line of a ring is, and whether the next one needs a second look: `number` counts lines
/// from 0, for ever. A line's address is origin + number * URPC_LINE_BYTES, so that a message
/// changes nothing but one count.
struct urpc_place {
    uint64_t stop;    // the number at which the next step is a rare one (urpc_claim, urpc_consume)
    uintptr_t origin; // of this lap; wraps
    uint64_t epoch;   // URPC_EPOCH or 0, of this lap (I2)
    uint64_t lap;     // number of this lap's first line
};

/// Written by the thread that sends. Private to urpc; visible for allocation.
struct urpc_tx {
    uint64_t sent;           // lines published
    struct urpc_place place; // stop: no more room is known, or the lap ends
    uint64_t checked;        // sent, when the peer's flag_recv was last looked at
    uint64_t rode;           // lines consumed, as the last header carried them (I6 a)
    uint64_t acked;          // of the lines published, known to be consumed
    uint64_t ride;           // the last header whose acknowledgement was looked at (I9)
    uint64_t notified;       // the peer's last flag_recv that was answered (I11)
    uint64_t flag;           // own flag_room
    _Atomic bool broken;
};

/// Written by the thread that receives; `consumed` is read by the one that sends. Private to urpc;
/// visible for allocation.
struct urpc_rx {
    _Atomic uint64_t consumed; // lines consumed
    struct urpc_place place;   // stop: an acknowledgement is due, or the lap ends
    uint64_t peeked;           // lines that urpc_peek() has seen valid
    uint64_t told;             // consumed, as last stored in the own area (I6 b)
    uint64_t checked;          // told, when the peer's flag_room was last looked at
    uint64_t notified;         // the peer's last flag_room that was answered (I11)
    uint64_t flag;             // own flag_recv
};

/// One end of a channel. Padding instead of alignment keeps the writers apart, so that a channel
/// may lie in anything that malloc() returns. Private to urpc; visible for allocation.
struct urpc_chan {
    struct urpc_area *out;
    struct urpc_area *in;
    const struct urpc_line *out_end; // of the ring
    uint32_t out_slots;              // ring lines
    uint32_t in_slots;
    uint32_t tell_every; // lines between two stores of I6 (b)
    struct urpc_manner manner;
    uint8_t pad_const[URPC_LINE_BYTES];
    struct urpc_tx tx;
    uint8_t pad_tx[URPC_LINE_BYTES];
    struct urpc_rx rx;
    uint8_t pad_rx[URPC_LINE_BYTES];
};
