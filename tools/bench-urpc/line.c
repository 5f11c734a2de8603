// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The limits, each with the ways of waiting that a channel is measured with. A round trip's is one
// cache line that two threads write in turn: nothing can carry an answer to a question faster, for
// either has to see the other's store. That of what lets no line be written by both, as the ring
// does, is two lines, each written by one of them. Where a processor gives a line that another has
// written away for good when it is read, the second is slower: the writer of the first finds it in
// its cache, that of the second must fetch it back. That of what goes through many lines is two rows
// of them: it takes longer than the same two, whatever is in them. On a Zen 5 the reason is the even
// distance from each line to the next: rows of up to 8 lines take no longer, of 16 1.03 to 1.05 of two
// lines, of 63 1.08 to 1.09, in any even distance up to 1.10; with distances that grow (0, 1, 3, 6,
// ...) or in a random order 1.03 to 1.05. A stream's is lines one behind
// the other, of which one thread writes a word and the other waits for each, with the ring's hints;
// in each round all of them once more.
#include "channel.h"
#include "urpc/arch/x86_64/hint.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 64, STREAM_LINES = 512, PAGE_BYTES = 4096, LINE_WORDS = 8 };

static struct urpc_manner manner; // of this processor

/// Lines differ, by as much as a half, in how far the slice of the shared cache is that answers for
/// them; the ring goes through many, so each round takes another here.
static _Atomic uint64_t *line_of(void *end, uint64_t first, uint64_t count)
{
    return (_Atomic uint64_t *)((uint8_t *)end + first / count % LINES * LINE_BYTES);
}

static bool line_open(struct channel *channel, size_t slots)
{
    (void)slots;
    void *lines = aligned_alloc(PAGE_BYTES, 2 * PAGE_BYTES);
    if (lines == NULL)
        return false;
    memset(lines, 0, 2 * PAGE_BYTES);
    manner = urpc_hint_manner();
    *channel = (struct channel){{lines, lines}, lines};
    return true;
}

static void line_close(struct channel *channel)
{
    free(channel->memory);
}

/// After each poll in vain, what `polling` says; `own` is the line that this side writes next.
LOOP void wait_for(_Atomic uint64_t *line, uint64_t value, _Atomic uint64_t *own,
                   enum polling polling)
{
    unsigned spins = 0;
    while (atomic_load_explicit(line, memory_order_acquire) != value) {
        if (polling == POLLING_RELAXED)
            urpc_hint_rest(manner, (const void *)own);
        poll_vain(&spins, polling);
    }
}

/// The line is zero at first. Nothing but a number is carried, and it is what is waited for.
LOOP uint64_t one_ping(void *end, uint64_t first, uint64_t count, enum polling polling)
{
    _Atomic uint64_t *line = line_of(end, first, count);
    for (uint64_t n = first; n < first + count; n++) {
        atomic_store_explicit(line, 2 * n + 1, memory_order_release);
        wait_for(line, 2 * n + 2, line, polling);
    }
    return 0;
}

LOOP uint64_t one_pong(void *end, uint64_t first, uint64_t count, enum polling polling)
{
    _Atomic uint64_t *line = line_of(end, first, count);
    for (uint64_t n = first; n < first + count; n++) {
        wait_for(line, 2 * n + 1, line, polling);
        atomic_store_explicit(line, 2 * n + 2, memory_order_release);
    }
    return 0;
}

LOOP uint64_t two_ping(void *end, uint64_t first, uint64_t count, enum polling polling)
{
    _Atomic uint64_t *there = line_of(end, first, count),
                     *back = there + PAGE_BYTES / sizeof(*back);
    for (uint64_t n = first; n < first + count; n++) {
        atomic_store_explicit(there, n + 1, memory_order_release);
        wait_for(back, n + 1, there, polling);
    }
    return 0;
}

LOOP uint64_t two_pong(void *end, uint64_t first, uint64_t count, enum polling polling)
{
    _Atomic uint64_t *there = line_of(end, first, count),
                     *back = there + PAGE_BYTES / sizeof(*back);
    for (uint64_t n = first; n < first + count; n++) {
        wait_for(there, n + 1, back, polling);
        atomic_store_explicit(back, n + 1, memory_order_release);
    }
    return 0;
}

/// As two lines, but the next one for each message, and as many as the rings have.
struct rows {
    _Atomic uint64_t *there, *back;
    uint64_t lines;
};

static bool rows_open(struct channel *channel, size_t slots)
{
    size_t bytes = (slots * LINE_BYTES + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    uint8_t *memory = aligned_alloc(PAGE_BYTES, 2 * bytes + PAGE_BYTES);
    if (memory == NULL)
        return false;
    memset(memory, 0, 2 * bytes);
    struct rows *rows = (void *)(memory + 2 * bytes);
    *rows = (struct rows){(void *)memory, (void *)(memory + bytes), slots};
    manner = urpc_hint_manner();
    *channel = (struct channel){{rows, rows}, memory};
    return true;
}

static uint64_t row_next(const struct rows *rows, uint64_t at)
{
    return at == (rows->lines - 1) * LINE_WORDS ? 0 : at + LINE_WORDS;
}

LOOP uint64_t row_ping(void *end, uint64_t first, uint64_t count, enum polling polling)
{
    const struct rows *rows = end;
    uint64_t at = first % rows->lines * LINE_WORDS;
    for (uint64_t n = first; n < first + count; n++, at = row_next(rows, at)) {
        atomic_store_explicit(&rows->there[at], n + 1, memory_order_release);
        wait_for(&rows->back[at], n + 1, &rows->there[row_next(rows, at)], polling);
    }
    return 0;
}

LOOP uint64_t row_pong(void *end, uint64_t first, uint64_t count, enum polling polling)
{
    const struct rows *rows = end;
    uint64_t at = first % rows->lines * LINE_WORDS;
    for (uint64_t n = first; n < first + count; n++, at = row_next(rows, at)) {
        wait_for(&rows->there[at], n + 1, &rows->back[at], polling);
        atomic_store_explicit(&rows->back[at], n + 1, memory_order_release);
    }
    return 0;
}

static bool lines_open(struct channel *channel, size_t slots)
{
    (void)slots;
    size_t bytes = STREAM_LINES * LINE_BYTES;
    void *lines = aligned_alloc(PAGE_BYTES, bytes);
    if (lines == NULL)
        return false;
    memset(lines, 0, bytes);
    manner = urpc_hint_manner();
    *channel = (struct channel){{lines, lines}, lines};
    return true;
}

static _Atomic uint64_t *stream_line(void *end, uint64_t number)
{
    return (_Atomic uint64_t *)((uint8_t *)end + number % STREAM_LINES * LINE_BYTES);
}

LOOP void stream_store(void *end, uint64_t number)
{
    atomic_store_explicit(stream_line(end, number), number + 1, memory_order_release);
    urpc_hint_pass((const void *)stream_line(end, number));
    urpc_hint_own((const void *)stream_line(end, number + manner.ahead));
}

LOOP uint64_t many_produce(void *end, uint64_t first, uint64_t count, enum polling polling)
{
    (void)polling;
    for (uint64_t n = first; n < first + count; n++)
        stream_store(end, n);
    return 0;
}

LOOP uint64_t many_consume(void *end, uint64_t first, uint64_t count, enum polling polling)
{
    for (uint64_t n = first; n < first + count; n++)
        wait_for(stream_line(end, n), n + 1, NULL, polling);
    return 0;
}

// One side's part of a limit, with a way to wait.
#define PART(name, part, polling)                                                                  \
    static uint64_t name(void *end, uint64_t first, uint64_t count)                                \
    {                                                                                              \
        return part(end, first, count, polling);                                                   \
    }

#define TRIP_LIMIT(id, label, how, part, memory)                                                   \
    PART(id##_ping, part##_ping, how)                                                              \
    PART(id##_pong, part##_pong, how)                                                              \
    const struct channel_kind id = {label, how, .open = memory##_open, .close = line_close,        \
                                    KIND_TRIPS(id, 200)};

#define STREAM_LIMIT(id, label, how)                                                               \
    PART(id##_produce, many_produce, how)                                                          \
    PART(id##_consume, many_consume, how)                                                          \
    const struct channel_kind id = {label, how, .open = lines_open, .close = line_close,           \
                                    KIND_STREAM(id, STREAM_LINES)};

TRIP_LIMIT(line_kind, "line", POLLING_HARD, one, line)
TRIP_LIMIT(line_pause_kind, "line-pause", POLLING_PAUSE, one, line)
TRIP_LIMIT(line_relaxed_kind, "line-relaxed", POLLING_RELAXED, one, line)
TRIP_LIMIT(two_lines_kind, "two-lines", POLLING_HARD, two, line)
TRIP_LIMIT(two_lines_pause_kind, "two-lines-pause", POLLING_PAUSE, two, line)
TRIP_LIMIT(two_lines_relaxed_kind, "two-lines-relaxed", POLLING_RELAXED, two, line)
TRIP_LIMIT(two_rows_kind, "two-rows", POLLING_HARD, row, rows)
TRIP_LIMIT(two_rows_pause_kind, "two-rows-pause", POLLING_PAUSE, row, rows)
TRIP_LIMIT(two_rows_relaxed_kind, "two-rows-relaxed", POLLING_RELAXED, row, rows)
STREAM_LIMIT(lines_kind, "lines", POLLING_HARD)
STREAM_LIMIT(lines_pause_kind, "lines-pause", POLLING_PAUSE)
