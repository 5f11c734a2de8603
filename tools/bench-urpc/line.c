// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The limits. A round trip's is one cache line that two threads write in turn: nothing can carry an
// answer to a question faster, for either has to see the other's store. That of what lets no line
// be written by both, as the ring does, is two lines, each written by one of them. Where a
// processor gives a line that another has written away for good when it is read, the second is
// slower: the writer of the first finds it in its cache, that of the second must fetch it back. A
// stream's is lines one behind the other, of which one thread writes a word and the other waits for
// each, with the ring's hints; in each round all of them once more.
#include "channel.h"
#include "urpc/arch/x86_64/hint.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 64, STREAM_LINES = 512, PAGE_BYTES = 4096 };

// Lines differ, by as much as a half, in how far the slice of the shared cache is that answers for
// them; the ring goes through many, so each round takes another here.
static _Atomic uint64_t *line_of(void *end, uint64_t first, uint64_t count)
{
    return (_Atomic uint64_t *)((uint8_t *)end + first / count % LINES * LINE_BYTES);
}

static bool line_open(struct channel *channel, size_t slots)
{
    (void)slots;
    void *lines = aligned_alloc(PAGE_BYTES, 2 * PAGE_BYTES);
    if (lines == NULL) {
        return false;
    }
    memset(lines, 0, 2 * PAGE_BYTES);
    *channel = (struct channel){{lines, lines}, lines};
    return true;
}

static void line_close(struct channel *channel)
{
    free(channel->memory);
}

static void wait_for(_Atomic uint64_t *line, uint64_t value)
{
    unsigned spins = 0;
    while (atomic_load_explicit(line, memory_order_acquire) != value) {
        poll_vain(&spins);
    }
}

// The line is zero at first. Nothing but a number is carried, and it is what is waited for.
static uint64_t line_ping(void *end, uint64_t first, uint64_t count)
{
    _Atomic uint64_t *line = line_of(end, first, count);
    for (uint64_t n = first; n < first + count; n++) {
        atomic_store_explicit(line, 2 * n + 1, memory_order_release);
        wait_for(line, 2 * n + 2);
    }
    return 0;
}

static uint64_t line_pong(void *end, uint64_t first, uint64_t count)
{
    _Atomic uint64_t *line = line_of(end, first, count);
    for (uint64_t n = first; n < first + count; n++) {
        wait_for(line, 2 * n + 1);
        atomic_store_explicit(line, 2 * n + 2, memory_order_release);
    }
    return 0;
}

static uint64_t two_ping(void *end, uint64_t first, uint64_t count)
{
    _Atomic uint64_t *there = line_of(end, first, count),
                     *back = there + PAGE_BYTES / sizeof(*back);
    for (uint64_t n = first; n < first + count; n++) {
        atomic_store_explicit(there, n + 1, memory_order_release);
        wait_for(back, n + 1);
    }
    return 0;
}

static uint64_t two_pong(void *end, uint64_t first, uint64_t count)
{
    _Atomic uint64_t *there = line_of(end, first, count),
                     *back = there + PAGE_BYTES / sizeof(*back);
    for (uint64_t n = first; n < first + count; n++) {
        wait_for(there, n + 1);
        atomic_store_explicit(back, n + 1, memory_order_release);
    }
    return 0;
}

static bool lines_open(struct channel *channel, size_t slots)
{
    (void)slots;
    size_t bytes = STREAM_LINES * LINE_BYTES;
    void *lines = aligned_alloc(PAGE_BYTES, bytes);
    if (lines == NULL) {
        return false;
    }
    memset(lines, 0, bytes);
    *channel = (struct channel){{lines, lines}, lines};
    return true;
}

static _Atomic uint64_t *stream_line(void *end, uint64_t number)
{
    return (_Atomic uint64_t *)((uint8_t *)end + number % STREAM_LINES * LINE_BYTES);
}

static uint64_t lines_produce(void *end, uint64_t first, uint64_t count)
{
    for (uint64_t n = first; n < first + count; n++) {
        atomic_store_explicit(stream_line(end, n), n + 1, memory_order_release);
        urpc_hint_pass(stream_line(end, n));
        urpc_hint_own(stream_line(end, n + 2));
    }
    return 0;
}

static uint64_t lines_consume(void *end, uint64_t first, uint64_t count)
{
    for (uint64_t n = first; n < first + count; n++) {
        wait_for(stream_line(end, n), n + 1);
    }
    return 0;
}

const struct channel_kind line_kind = {
    .name = "line",
    .trips = 200,
    .open = line_open,
    .close = line_close,
    .ping = line_ping,
    .pong = line_pong,
};

const struct channel_kind two_lines_kind = {
    .name = "two-lines",
    .trips = 200,
    .open = line_open,
    .close = line_close,
    .ping = two_ping,
    .pong = two_pong,
};

const struct channel_kind lines_kind = {
    .name = "lines",
    .messages = STREAM_LINES,
    .open = lines_open,
    .close = line_close,
    .produce = lines_produce,
    .consume = lines_consume,
};
