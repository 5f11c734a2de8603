// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A clock for a machine that is not there: one logical clock for each core, as if all cores ran at
// once. In thousandths of a cycle, so that all sums are whole numbers.
//
// K1. An instruction takes the same time whatever it is.
// K2. Reading a line that another core wrote sets the clock to at least the time at which the word
//     was there to see, and the time that a line needs between the nodes of the two cores. Of
//     several writes the first counts that the reader had not seen: it polls, and would have seen
//     that one. So waiting is what follows from messages, and lines on their way overlap.
// K3. Each line that a core takes from another keeps it busy for a while, which bounds the rate at
//     which lines come.
// K4. Writing a line that others hold does not wait for it: the store is there to see once the line
//     has come, stores in their order. A fence, a locked instruction and an interrupt wait for
//     them.
// K5. An interrupt sets the clock to at least its sender's when it was sent, and its own time. Whom
//     it was sent to is not visible: a core takes the latest one that another core sent.
// K6. Polling in vain takes no time. A turn is what a core does from one execution of a PAUSE to
//     the next of the same; it is in vain if it is short, and no line and no interrupt came.
// K7. Some processors give a line that its writer has changed away for good when another core reads
//     it. Where reads take, a core writes what it has just read so at no cost.
// K8. Lines that are written one behind the other, more than one between two that are read, are fetched
//     ahead, by processors and by the ring's hints. From within the node, such a line takes a time of
//     its own.
//
// After Lamport, "Time, clocks, and the ordering of events in a distributed system" (CACM 1978).
// Not modelled: what the caches do not (lines.h), queues before a memory or a line that many want,
// and the decisions that programs take by real time: a core that slept in the emulated machine is
// taken to have slept in the modelled one.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lines.h"

/// All in cycles but for the first, which is in thousandths of one.
struct clock_costs {
    unsigned instruction, near, far, busy, next, memory, interrupt;
    unsigned read_takes; ///< 1: K7; else 0
    unsigned mhz;        ///< of the clock, to tell nanoseconds
};

struct core_clock {
    uint64_t now;
    uint64_t stored;              ///< all stores so far are there to see (K4)
    uint64_t taken;               ///< the last line that was taken to be written, 0: none (K8)
    unsigned row;                 ///< lines taken so since one was read
    uint64_t turn_start, turn_pc; ///< time and place of the last PAUSE; place 0: none
    unsigned turn_instructions;
    bool heard; ///< a line or an interrupt has come since
};

#define CLOCK_SENT_MAX 256u

struct clock {
    struct clock_costs costs;
    uint8_t node[CORES_MAX];
    struct core_clock core[CORES_MAX];
    struct {
        uint64_t at;
        uint8_t core;
    } sent[CLOCK_SENT_MAX]; ///< interrupts that nobody has taken yet
    unsigned sent_count;
};

/// All clocks become the latest of them, and no interrupt is on its way: a measurement begins.
void clock_align(struct clock *clock);

void clock_instruction(struct clock *clock, unsigned core);

/// Core `core` executes the PAUSE at `pc`.
void clock_pause(struct clock *clock, unsigned core, uint64_t pc);

/// An access to some bytes of a line, and what it had as an effect.
struct clock_access {
    uint64_t number; ///< of the line
    unsigned offset, bytes;
    bool write;
    struct line_effect effect;
};
void clock_access(struct clock *clock, unsigned core, struct line_history *line,
                  const struct clock_access *access);

/// Core `core` executes an instruction that waits for its stores.
void clock_fence(struct clock *clock, unsigned core);

void clock_interrupt_sent(struct clock *clock, unsigned core);
void clock_interrupt_taken(struct clock *clock, unsigned core);
