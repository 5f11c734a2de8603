// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What bench-urpc measures: a kind of channel between two threads, and the loops that drive it.
// The loops are templates: always inlined, with the kind's own functions as constant arguments,
// so that every kind is called in the same way and none pays for a call through a pointer.
// Contents: word i of message n is n + i. Each receiver compares all words, in a way that costs
// a few cycles without a branch, and the sum of the differences is checked after the timed part.
#pragma once

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MESSAGE_WORDS = 7, // 56 bytes
    LINE_BYTES = 64,
};

/// The ends of one channel, one for each side, and what close() gives back.
struct channel {
    void *end[2];
    void *memory;
};

/// Of the kinds whose time depends on where in memory their lines are, which no process can choose:
/// so many channels, one for each round in turn, make the median that of the machine.
enum { CHANNEL_PLACES = 16 };

/// One thread's part in one measurement, of messages first to first + count - 1. Returns 0, or
/// some other value if the content of any message was wrong.
typedef uint64_t channel_part(void *end, uint64_t first, uint64_t count);

/// What a thread does after polling in vain. What is compared must wait alike.
enum polling {
    POLLING_HARD,    // nothing
    POLLING_PAUSE,   // one PAUSE
    POLLING_RELAXED, // what urpc_relax() does on this processor
    POLLINGS,
};

/// A kind of channel. Parts of a shape that it does not have are NULL.
struct channel_kind {
    const char *name;
    enum polling polling;
    bool cost;         // part of what a message is made of, measured only for --costs
    uint64_t trips;    // round trips in one round
    uint64_t messages; // messages of a stream in one round
    unsigned places;   // channels, at most CHANNEL_PLACES, that take turns; 0: one
    bool (*open)(struct channel *channel, size_t slots);
    void (*close)(struct channel *channel);
    channel_part *prepare;     // by side 1, before each round and not timed; or NULL
    channel_part *ping, *pong; // side 0, side 1
    channel_part *produce, *consume;
};

static inline unsigned channel_places(const struct channel_kind *kind)
{
    return kind->places == 0 ? 1 : kind->places;
}

#define LOOP static inline __attribute__((always_inline))

/// Called after polling in vain, where the channel itself does not rest; `spins` counts since the
/// last success. A processor that is shared, or the only one, is given away after some ten
/// microseconds.
LOOP void poll_vain(unsigned *spins, enum polling polling)
{
    if (polling == POLLING_PAUSE)
        __builtin_ia32_pause();
    if (++*spins % 4096 == 0)
        sched_yield();
}

/// The number is not known before, or compilers would keep all words ready while a ring is full, on
/// the stack, and store them there once for each message.
static inline void words_fill(uint64_t *words, uint64_t number)
{
    __asm__ volatile("" : "+r"(number));
#pragma GCC unroll 7
    for (unsigned i = 0; i < MESSAGE_WORDS; i++)
        words[i] = number + i;
}

static inline uint64_t words_wrong(const uint64_t *words, uint64_t number)
{
    uint64_t wrong = 0;
#pragma GCC unroll 7
    for (unsigned i = 0; i < MESSAGE_WORDS; i++)
        wrong |= words[i] ^ (number + i);
    return wrong;
}

/// Try to send message `number`; try to receive it, and add to `wrong` what differs.
typedef bool try_send(void *end, uint64_t number);
typedef bool try_recv(void *end, uint64_t number, uint64_t *wrong);

LOOP void send_one(void *end, uint64_t number, try_send *send, enum polling polling)
{
    unsigned spins = 0;
    while (!send(end, number))
        poll_vain(&spins, polling);
}

LOOP void recv_one(void *end, uint64_t number, try_recv *recv, uint64_t *wrong,
                   enum polling polling)
{
    unsigned spins = 0;
    while (!recv(end, number, wrong))
        poll_vain(&spins, polling);
}

LOOP uint64_t loop_ping(void *end, uint64_t first, uint64_t count, try_send *send, try_recv *recv,
                        enum polling polling)
{
    uint64_t wrong = 0;
    for (uint64_t n = first; n < first + count; n++) {
        send_one(end, n, send, polling);
        recv_one(end, n, recv, &wrong, polling);
    }
    return wrong;
}

LOOP uint64_t loop_pong(void *end, uint64_t first, uint64_t count, try_send *send, try_recv *recv,
                        enum polling polling)
{
    uint64_t wrong = 0;
    for (uint64_t n = first; n < first + count; n++) {
        recv_one(end, n, recv, &wrong, polling);
        send_one(end, n, send, polling);
    }
    return wrong;
}

LOOP uint64_t loop_produce(void *end, uint64_t first, uint64_t count, try_send *send,
                           enum polling polling)
{
    for (uint64_t n = first; n < first + count; n++)
        send_one(end, n, send, polling);
    return 0;
}

LOOP uint64_t loop_consume(void *end, uint64_t first, uint64_t count, try_recv *recv,
                           enum polling polling)
{
    uint64_t wrong = 0;
    for (uint64_t n = first; n < first + count; n++)
        recv_one(end, n, recv, &wrong, polling);
    return wrong;
}

// A kind's parts, as name_ping, name_pong, name_produce and name_consume, out of how it sends and
// receives one message and waits.
#define TRIP_PARTS(name, send, recv, polling)                                                      \
    static uint64_t name##_ping(void *end, uint64_t first, uint64_t count)                         \
    {                                                                                              \
        return loop_ping(end, first, count, send, recv, polling);                                  \
    }                                                                                              \
    static uint64_t name##_pong(void *end, uint64_t first, uint64_t count)                         \
    {                                                                                              \
        return loop_pong(end, first, count, send, recv, polling);                                  \
    }

#define STREAM_PARTS(name, send, recv, polling)                                                    \
    static uint64_t name##_produce(void *end, uint64_t first, uint64_t count)                      \
    {                                                                                              \
        return loop_produce(end, first, count, send, polling);                                     \
    }                                                                                              \
    static uint64_t name##_consume(void *end, uint64_t first, uint64_t count)                      \
    {                                                                                              \
        return loop_consume(end, first, count, recv, polling);                                     \
    }

// What a kind says of its memory, and of its parts, by the names that they begin with.
#define KIND_MEMORY(memory) .open = memory##_open, .close = memory##_close
#define KIND_TRIPS(part, count) .trips = (count), .ping = part##_ping, .pong = part##_pong
#define KIND_STREAM(part, count)                                                                   \
    .messages = (count), .produce = part##_produce, .consume = part##_consume

// A kind of both shapes, out of how it sends and receives one message and waits.
#define RING_KIND(id, label, send, recv, how, memory)                                              \
    TRIP_PARTS(id, send, recv, how)                                                                \
    STREAM_PARTS(id, send, recv, how)                                                              \
    const struct channel_kind id = {label, how, KIND_MEMORY(memory), KIND_TRIPS(id, 200),          \
                                    KIND_STREAM(id, 4000)};

/// All of the following, ended by NULL.
extern const struct channel_kind *const channel_kinds[];

/// Messages.
extern const struct channel_kind line_kind, line_pause_kind, line_relaxed_kind, two_lines_kind,
    two_lines_pause_kind, two_lines_relaxed_kind, two_rows_kind, two_rows_pause_kind,
    two_rows_relaxed_kind, lines_kind, lines_pause_kind, urpc_copy_kind, urpc_copy_pause_kind,
    urpc_place_kind, urpc_place_pause_kind, urpc_relaxed_kind, urpc_batch_kind, urpc_flushed_kind,
    minimal_kind, minimal_pause_kind, ck56_kind, ck64_kind, ck64_pause_kind, pipe_kind;

/// What messages are made of.
extern const struct channel_kind read_kind, take_kind, read_take_kind, row_kind, fenced_row_kind,
    instruction_kind, cycle_kind;
