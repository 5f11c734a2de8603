// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The rules K1 to K8 of clock.h, a function each.
#include "clock.h"

#include <string.h>

#define MILLI 1000u
#define TURN_INSTRUCTIONS_MAX 1000u // more than any loop that only polls

void clock_align(struct clock *clock)
{
    uint64_t latest = 0;
    for (unsigned i = 0; i < CORES_MAX; i++)
        latest = clock->core[i].now > latest ? clock->core[i].now : latest;
    for (unsigned i = 0; i < CORES_MAX; i++)
        clock->core[i] = (struct core_clock){.now = latest};
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
    if (own->turn_pc == pc && !own->heard && own->turn_instructions <= TURN_INSTRUCTIONS_MAX)
        own->now = own->turn_start;
    own->turn_start = own->now;
    own->turn_pc = pc;
    own->turn_instructions = 0;
    own->heard = false;
}

static uint64_t later(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static void wait_until(struct core_clock *own, uint64_t time)
{
    own->now = later(own->now, time);
    own->heard = true;
}

void clock_fence(struct clock *clock, unsigned core)
{
    struct core_clock *own = &clock->core[core];
    own->now = later(own->now, own->stored);
}

static uint64_t way(const struct clock *clock, unsigned from, unsigned to)
{
    bool near = clock->node[from] == clock->node[to];
    return (uint64_t)MILLI * (near ? clock->costs.near : clock->costs.far);
}

/// When the words that an access touches were there to see.
static uint64_t seen_at(const struct line_history *line, const struct clock_access *access)
{
    uint64_t at = line->taken_at;
    for (unsigned word = access->offset / 8; word <= (access->offset + access->bytes - 1) / 8;
         word++)
        at = later(at, line->word_at[word]);
    return at;
}

static void take_to_read(struct clock *clock, unsigned core, struct line_history *line,
                         const struct clock_access *access)
{
    struct core_clock *own = &clock->core[core];
    own->now += (uint64_t)MILLI * clock->costs.busy; // K3
    own->taken = own->row > 1 ? own->taken : 0;      // K8
    own->row = 0;
    if (line->written && line->writer != core)
        own->now = later(own->now, seen_at(line, access) + way(clock, line->writer, core)); // K2
    line->reader = (uint8_t)core;
    line->passed = line->dirty;
    line->dirty = false;
}

/// What the line takes from `from` to be written by `core`.
static uint64_t write_way(const struct clock *clock, unsigned from, unsigned core, uint64_t number)
{
    bool ahead = number == clock->core[core].taken + 1 && clock->node[from] == clock->node[core];
    return ahead ? (uint64_t)MILLI * clock->costs.next : way(clock, from, core); // K8
}

static void take_to_write(struct clock *clock, unsigned core, const struct line_history *line,
                          uint64_t number)
{
    struct core_clock *own = &clock->core[core];
    if (clock->costs.read_takes != 0 && line->passed && line->reader == core)
        return; // K7
    unsigned from = !line->written ? core : line->writer != core ? line->writer : line->reader;
    own->stored = later(own->stored, own->now + write_way(clock, from, core, number)); // K4
    own->taken = number;
    own->row++;
    own->now += (uint64_t)MILLI * clock->costs.busy;
}

static void record_write(const struct core_clock *own, unsigned core, struct line_history *line,
                         const struct clock_access *access)
{
    uint64_t at = later(own->now, own->stored);
    if (!line->written || access->effect.invalidated != 0)
        *line = (struct line_history){.reader = line->reader, .taken_at = at};
    for (unsigned word = access->offset / 8; word <= (access->offset + access->bytes - 1) / 8;
         word++)
        line->word_at[word] = line->word_at[word] == 0 ? at : line->word_at[word];
    line->written = true;
    line->dirty = true;
    line->passed = false;
    line->writer = (uint8_t)core;
}

void clock_access(struct clock *clock, unsigned core, struct line_history *line,
                  const struct clock_access *access)
{
    struct core_clock *own = &clock->core[core];
    if (access->effect.from_memory)
        own->now += (uint64_t)MILLI * clock->costs.memory;
    else if (access->effect.transferred && access->write)
        take_to_write(clock, core, line, access->number);
    else if (access->effect.transferred)
        take_to_read(clock, core, line, access);
    own->heard |= access->effect.from_memory || access->effect.transferred;
    if (access->write)
        record_write(own, core, line, access);
}

void clock_interrupt_sent(struct clock *clock, unsigned core)
{
    if (clock->sent_count == CLOCK_SENT_MAX) { // the oldest was for nobody, or one with another
        memmove(clock->sent, clock->sent + 1, sizeof(clock->sent) - sizeof(clock->sent[0]));
        clock->sent_count--;
    }
    clock_fence(clock, core);
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
