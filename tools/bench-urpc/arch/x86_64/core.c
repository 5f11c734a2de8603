// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the core takes for itself, for models of the machine: one cycle, in ticks of the time-stamp
// counter, and one instruction of code like a ring's. No other core takes part.
#include "channel.h"

#include <stdlib.h>

enum { ITEMS = 16384 };

static bool core_open(struct channel *channel, size_t slots)
{
    (void)slots;
    void *words = calloc(4, LINE_BYTES);
    *channel = (struct channel){{words, words}, words};
    return words != NULL;
}

static void core_close(struct channel *channel)
{
    free(channel->memory);
}

/// An addition of two registers takes one cycle, if it needs the result of the one before.
static uint64_t cycles(void *end, uint64_t first, uint64_t count)
{
    uint64_t sum = first, one = 1;
    (void)end;
    for (uint64_t i = 0; i < count / 8; i++) {
        __asm__ volatile("add %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\t"
                         "add %1, %0\n\tadd %1, %0\n\tadd %1, %0\n\tadd %1, %0"
                         : "+r"(sum)
                         : "r"(one));
    }
    return sum ^ (first + count);
}

/// As many instructions as a ring executes for a message: loads, stores, sums and a few branches,
/// all in the first cache, each counter used once.
static uint64_t instructions(void *end, uint64_t first, uint64_t count)
{
    uint64_t *words = end, a, b, left = count / 64;
    words[0] = first;
    __asm__ volatile("1:\n\t"
                     ".irp at, 0, 64, 128, 192\n\t"
                     "mov \\at(%3), %0\n\tmov \\at+8(%3), %1\n\tadd $1, %0\n\tmov %0, \\at(%3)\n\t"
                     "add %0, %1\n\tmov %1, \\at+8(%3)\n\tmov \\at+16(%3), %0\n\t"
                     "mov \\at+24(%3), %1\n\tmov %0, \\at+32(%3)\n\tmov %1, \\at+40(%3)\n\t"
                     "xor %1, %0\n\tor %0, \\at+48(%3)\n\tmov \\at+56(%3), %0\n\t"
                     "mov %0, \\at+48(%3)\n\tcmp $0, %2\n\tje 2f\n\t"
                     ".endr\n\t"
                     "sub $1, %2\n\tjmp 1b\n2:"
                     : "=&r"(a), "=&r"(b), "+r"(left)
                     : "r"(words)
                     : "memory", "cc");
    return words[0] ^ (first + count / 64 + 1);
}

const struct channel_kind cycle_kind = {"cycle", .cost = true, .trips = ITEMS, KIND_MEMORY(core),
                                        .ping = cycles};

const struct channel_kind instruction_kind = {"instruction", .cost = true, .trips = ITEMS,
                                              KIND_MEMORY(core), .ping = instructions};
