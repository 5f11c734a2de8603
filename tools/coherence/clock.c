// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The rules K1 to K5 of clock.h, a function each.
#include "clock.h"

#include <string.h>

#define MILLI 1000u
#define TURN_INSTRUCTIONS_MAX 1000u // more than any loop that only polls

void clock_align(struct clock *clock)
{
    uint64_t latest = 0;
    for (unsigned i = 0; i < CORES_MAX; i++) {
        latest = clock->core[i].now > latest ? clock->core[i].now : latest;
    }
    for (unsigned i = 0; i < CORES_MAX; i++) {
        clock->core[i] = (struct core_clock){.now = latest};
    }
    clock->sent_count = 0;
}

void clock_instruction(struct clock *clock, unsigned core)
{
    clock->core[core].now += clock->costs.instruction;
    clock->core[core].turn_instructions++;
}

void clock_pause(struct clock *clock, unsigned core, uint64_t pc)
{
    struct core_clock *own = &clock->core[core];
    if (own->turn_pc == pc && !own->heard && own->turn_instructions <= TURN_INSTRUCTIONS_MAX) {
        own->now = own->turn_start;
    }
    own->turn_start = own->now;
    own->turn_pc = pc;
    own->turn_instructions = 0;
    own->heard = false;
}

static void wait_until(struct core_clock *own, uint64_t time)
{
    own->now = own->now > time ? own->now : time;
    own->heard = true;
}

void clock_access(struct clock *clock, unsigned core, const struct line *line,
                  const struct line_effect *effect)
{
    struct core_clock *own = &clock->core[core];
    const struct clock_costs *costs = &clock->costs;
    if (effect->transferred && line->written && line->writer != core) {
        bool near = clock->node[core] == clock->node[line->writer];
        wait_until(own, line->written_at + MILLI * (near ? costs->near : costs->far));
    }
    if (effect->from_memory) {
        own->now += MILLI * costs->memory;
    }
    if (effect->from_memory || effect->transferred) {
        own->now += MILLI * costs->busy;
        own->heard = true;
    }
}

void clock_interrupt_sent(struct clock *clock, unsigned core)
{
    if (clock->sent_count == CLOCK_SENT_MAX) { // the oldest was for nobody, or one with another
        memmove(clock->sent, clock->sent + 1, sizeof(clock->sent) - sizeof(clock->sent[0]));
        clock->sent_count--;
    }
    clock->sent[clock->sent_count].at = clock->core[core].now;
    clock->sent[clock->sent_count++].core = (uint8_t)core;
}

void clock_interrupt_taken(struct clock *clock, unsigned core)
{
    for (unsigned i = clock->sent_count; i-- > 0;) {
        if (clock->sent[i].core != core) {
            wait_until(&clock->core[core], clock->sent[i].at + MILLI * clock->costs.interrupt);
            clock->sent_count--;
            memmove(clock->sent + i, clock->sent + i + 1,
                    (clock->sent_count - i) * sizeof(clock->sent[0]));
            return;
        }
    }
}
