// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the processor takes for the parts that a message is made of, for models of the machine: to
// read a line that another core has written and to take one over, each waited for. Lines are
// visited in an order that no prefetcher knows. What many lines behind one another cost is in
// line.c, and what costs no transfer in arch/x86_64/core.c.
#include "channel.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 256 };

struct visited {
    _Alignas(LINE_BYTES) _Atomic uint64_t value;
    uint32_t next; // the next line in the order
};

// Processors fetch lines in pairs: the order has one of each pair.
struct ground {
    struct visited lines[2 * LINES];
};

static bool ground_open(struct channel *channel, size_t slots)
{
    (void)slots;
    struct ground *ground = aligned_alloc(4096, (sizeof(*ground) + 4095) / 4096 * 4096);
    if (ground == NULL) {
        return false;
    }
    memset(ground, 0, sizeof(*ground));
    uint32_t order[LINES];
    uint64_t random = 1;
    for (uint32_t i = 0; i < LINES; i++) {
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); // Knuth
        uint32_t at = (uint32_t)(random >> 33) % (i + 1);
        order[i] = order[at];
        order[at] = 2 * i;
    }
    for (uint32_t i = 0; i < LINES; i++) {
        ground->lines[order[i]].next = order[(i + 1) % LINES];
    }
    *channel = (struct channel){{ground, ground}, ground};
    return true;
}

static void ground_close(struct channel *channel)
{
    free(channel->memory);
}

// Before each of the parts below, which visit half of the lines.
static uint64_t write_all(void *end, uint64_t first, uint64_t count)
{
    struct visited *lines = ((struct ground *)end)->lines;
    (void)count;
    for (uint64_t i = 0; i < 2 * LINES; i++) {
        atomic_store_explicit(&lines[i].value, first, memory_order_release);
    }
    return 0;
}

// The address of each line comes out of the one before. The value does so as well, as far as the
// processor knows.
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

// Whether the read has already brought the line for writing is what this tells.
static uint64_t read_and_take_each(void *end, uint64_t first, uint64_t count)
{
    struct visited *lines = ((struct ground *)end)->lines;
    uint64_t wrong = 0, at = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t value = atomic_load_explicit(&lines[at].value, memory_order_relaxed);
        wrong |= atomic_exchange(&lines[at].value, value + 1) ^ first;
        at = lines[at].next;
    }
    return wrong;
}

#define TRANSFER(id, label, part)                                                                  \
    const struct channel_kind id = {                                                               \
        .name = label,                                                                             \
        .cost = true,                                                                              \
        .trips = LINES,                                                                            \
        .open = ground_open,                                                                       \
        .close = ground_close,                                                                     \
        .prepare = write_all,                                                                      \
        .ping = part,                                                                              \
    }

TRANSFER(read_kind, "read", read_each);
TRANSFER(take_kind, "take", take_each);
TRANSFER(read_take_kind, "read-take", read_and_take_each);
