// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the processor takes for the parts that a message is made of, for models of the machine: to
// read a line that another core has written and to take one over, each waited for, in an order that
// no prefetcher knows; and to bring whole lines over, one behind the other. What costs no transfer is
// in arch/x86_64/core.c.
#include "channel.h"
#include "urpc/arch/x86_64/hint.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 256, ROW_LINES = 64, ROW_QUARTER = 16 };

struct visited {
    _Alignas(LINE_BYTES) _Atomic uint64_t value;
    uint32_t next; // the next line in the order
};

/// Processors fetch lines in pairs: the order has one of each pair.
struct ground {
    struct visited lines[2 * LINES];
};

static bool ground_open(struct channel *channel, size_t slots)
{
    (void)slots;
    struct ground *ground = aligned_alloc(4096, (sizeof(*ground) + 4095) / 4096 * 4096);
    if (ground == NULL)
        return false;
    memset(ground, 0, sizeof(*ground));
    uint32_t order[LINES];
    uint64_t random = 1;
    for (uint32_t i = 0; i < LINES; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); // Knuth
        uint32_t at = (uint32_t)(random >> 33) % (i + 1);
        order[i] = order[at];
        order[at] = 2 * i;
    }
    for (uint32_t i = 0; i < LINES; i++)
        ground->lines[order[i]].next = order[(i + 1) % LINES];
    *channel = (struct channel){{ground, ground}, ground};
    return true;
}

static void ground_close(struct channel *channel)
{
    free(channel->memory);
}

/// Before each of the parts below, which visit half of the lines.
static uint64_t write_all(void *end, uint64_t first, uint64_t count)
{
    struct visited *lines = ((struct ground *)end)->lines;
    (void)count;
    for (uint64_t i = 0; i < 2 * LINES; i++)
        atomic_store_explicit(&lines[i].value, first, memory_order_release);
    return 0;
}

/// The address of each line comes out of the one before. The value does so as well, as far as the
/// processor knows.
static uint64_t read_each(void *end, uint64_t first, uint64_t count)
{
    struct visited *lines = ((struct ground *)end)->lines;
    uint64_t at = 0, wrong = 0;
    for (uint64_t i = 0; i < count; i++) {
        wrong |= atomic_load_explicit(&lines[at].value, memory_order_relaxed) ^ first;
        at = lines[at].next;
    }
    return wrong;
}

static uint64_t take_each(void *end, uint64_t first, uint64_t count)
{
    struct visited *lines = ((struct ground *)end)->lines;
    uint64_t wrong = 0, at = 0;
    for (uint64_t i = 0; i < count; i++) {
        wrong |= atomic_exchange(&lines[at].value, first + 1) ^ first; // waits for the line
        at = lines[at].next;
    }
    return wrong;
}

/// Whether the read has already brought the line for writing is what this tells. Where the value is
/// written comes out of what was read, or the processor would ask for both at once.
static uint64_t read_and_take_each(void *end, uint64_t first, uint64_t count)
{
    struct visited *lines = ((struct ground *)end)->lines;
    uint64_t wrong = 0, at = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t off = atomic_load_explicit(&lines[at].value, memory_order_relaxed) ^ first;
        wrong |= atomic_exchange(&lines[at + off].value, first + 1) ^ first;
        at = lines[at].next;
    }
    return wrong;
}

/// Messages without a ring: whole lines one behind the other, with the ring's hints. The sender
/// keeps a count, for stores to that hold up those to the lines, and stays within a lap of the
/// receiver's, which it is told every quarter.
struct row {
    struct {
        _Alignas(LINE_BYTES) uint64_t words[MESSAGE_WORDS];
        _Atomic uint64_t number;
    } lines[ROW_LINES];
    _Alignas(4096) _Atomic uint64_t read;
    _Alignas(4096) _Atomic uint64_t sent;
};

static struct urpc_manner manner; // of this processor

static bool row_open(struct channel *channel, size_t slots)
{
    (void)slots;
    struct row *row = aligned_alloc(4096, sizeof(*row));
    if (row == NULL)
        return false;
    memset(row, 0, sizeof(*row));
    manner = urpc_hint_manner();
    *channel = (struct channel){{row, row}, row};
    return true;
}

/// `fenced`: the sender waits until each can be seen.
LOOP uint64_t write_row(struct row *row, uint64_t first, uint64_t count, bool fenced)
{
    unsigned spins = 0;
    for (uint64_t n = first; n < first + count; n++) {
        while (n % ROW_QUARTER == 0 &&
               n >= atomic_load_explicit(&row->read, memory_order_acquire) + ROW_LINES)
            poll_vain(&spins, POLLING_PAUSE);
        uint64_t at = n % ROW_LINES;
        words_fill(row->lines[at].words, n);
        atomic_store_explicit(&row->lines[at].number, n + 1, memory_order_release);
        urpc_hint_pass(&row->lines[at]);
        atomic_store_explicit(&row->sent, n + 1, memory_order_relaxed);
        urpc_hint_own(&row->lines[(n + manner.ahead) % ROW_LINES]);
        if (fenced)
            __sync_synchronize();
    }
    return 0;
}

static uint64_t write_plain(void *end, uint64_t first, uint64_t count)
{
    return write_row(end, first, count, false);
}

static uint64_t write_fenced(void *end, uint64_t first, uint64_t count)
{
    return write_row(end, first, count, true);
}

static uint64_t read_row(void *end, uint64_t first, uint64_t count)
{
    struct row *row = end;
    uint64_t wrong = 0;
    unsigned spins = 0;
    for (uint64_t n = first; n < first + count; n++) {
        uint64_t at = n % ROW_LINES;
        while (atomic_load_explicit(&row->lines[at].number, memory_order_acquire) != n + 1)
            poll_vain(&spins, POLLING_PAUSE);
        wrong |= words_wrong(row->lines[at].words, n);
        if ((n + 1) % ROW_QUARTER == 0)
            atomic_store_explicit(&row->read, n + 1, memory_order_release);
    }
    return wrong;
}

#define TRANSFER(id, label, part)                                                                  \
    const struct channel_kind id = {                                                               \
        label,        .cost = true, .trips = LINES, KIND_MEMORY(ground), .prepare = write_all,     \
        .ping = part,                                                                              \
    }

TRANSFER(read_kind, "read", read_each);
TRANSFER(take_kind, "take", take_each);
TRANSFER(read_take_kind, "read-take", read_and_take_each);

#define ROW(id, label, part)                                                                       \
    const struct channel_kind id = {                                                               \
        .name = label,                                                                             \
        .cost = true,                                                                              \
        .messages = 4000,                                                                          \
        .places = CHANNEL_PLACES,                                                                  \
        .open = row_open,                                                                          \
        .close = ground_close,                                                                     \
        .produce = part,                                                                           \
        .consume = read_row,                                                                       \
    }

ROW(row_kind, "row", write_plain);
ROW(fenced_row_kind, "fenced-row", write_fenced);
