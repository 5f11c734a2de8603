// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The rounds. The two threads meet before each part by counting to the same number, in lines that
// each writes alone; nothing is timed but what comes between two meetings.
#include "rounds.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct gate {
    _Alignas(4096) _Atomic uint64_t arrived;
};

struct crew {
    struct rounds *rounds;
    _Atomic bool stop;
    uint64_t done; // rounds
    struct gate gates[2];
};

struct member {
    struct crew *crew;
    unsigned side;
    uint64_t met;
};

static void meet(struct member *member)
{
    unsigned spins = 0;
    struct gate *gates = member->crew->gates;
    atomic_store_explicit(&gates[member->side].arrived, ++member->met, memory_order_release);
    while (atomic_load_explicit(&gates[!member->side].arrived, memory_order_acquire) < member->met)
        poll_vain(&spins, POLLING_HARD);
}

static void measure(struct member *member, struct measurement *m, uint64_t round)
{
    const struct channel_kind *kind = m->kind;
    bool trip = m->shape == SHAPE_TRIP;
    channel_part *part = member->side == 0 ? trip ? kind->ping : kind->produce
                         : trip            ? kind->pong
                                           : kind->consume;
    void *end = m->channels[round % channel_places(kind)].end[member->side];
    uint64_t first = round / channel_places(kind) * m->per_round;
    if (kind->prepare != NULL) {
        if (member->side == 1)
            kind->prepare(end, first, m->per_round);
        meet(member);
    }
    meet(member);
    cycles_t start = bench_tsc();
    uint64_t wrong = part == NULL ? 0 : part(end, first, m->per_round);
    cycles_t stop = bench_tsc();
    if (member->side == (trip ? 0 : 1))
        m->times[round] = bench_time_diff(start, stop);
    if (wrong != 0)
        __atomic_fetch_or(&m->wrong, wrong, __ATOMIC_RELAXED);
}

static bool over(struct crew *crew, uint64_t round, time_t begin, time_t *shown)
{
    const struct rounds *rounds = crew->rounds;
    time_t now = time(NULL);
    if (now - begin >= 2 && now != *shown) {
        fprintf(stderr, "bench-urpc: %zu of %zu rounds\n", (size_t)round, rounds->rounds);
        *shown = now;
    }
    return round == rounds->rounds ||
           (rounds->limit_s != 0 && round > 0 && now - begin >= (time_t)rounds->limit_s);
}

static void *work(void *arg)
{
    struct member *member = arg;
    struct crew *crew = member->crew;
    time_t begin = time(NULL), shown = begin;
    for (uint64_t round = 0;; round++) {
        if (member->side == 0) {
            crew->done = round;
            atomic_store_explicit(&crew->stop, over(crew, round, begin, &shown),
                                  memory_order_relaxed);
        }
        meet(member);
        if (atomic_load_explicit(&crew->stop, memory_order_relaxed))
            return NULL;
        for (size_t i = 0; i < crew->rounds->count; i++)
            measure(member, &crew->rounds->list[i], round);
    }
}

static bool start(pthread_t *thread, struct member *member)
{
    cpu_set_t set;
    pthread_attr_t attr;
    CPU_ZERO(&set);
    CPU_SET(member->crew->rounds->cores[member->side], &set);
    if (pthread_attr_init(&attr) != 0)
        return false;
    bool started = pthread_attr_setaffinity_np(&attr, sizeof(set), &set) == 0 &&
                   pthread_create(thread, &attr, work, member) == 0;
    pthread_attr_destroy(&attr);
    return started;
}

static double milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

const char *rounds_run(struct rounds *rounds)
{
    static struct crew crew;
    crew = (struct crew){.rounds = rounds};
    struct member members[2] = {{&crew, 0, 0}, {&crew, 1, 0}};
    pthread_t threads[2];
    bench_init();
    for (size_t i = 0; i < rounds->count; i++) {
        struct measurement *m = &rounds->list[i];
        m->times = calloc(rounds->rounds, sizeof(*m->times));
        bool opened = m->times != NULL;
        for (size_t place = 0; opened && place < channel_places(m->kind); place++)
            opened = m->kind->open(&m->channels[place], rounds->slots);
        if (!opened)
            return "no memory or no files for the channels";
    }
    double begin_ms = milliseconds();
    cycles_t begin = bench_tsc();
    for (unsigned side = 0; side < 2; side++)
        if (!start(&threads[side], &members[side]))
            return "a thread could not be started on its processor";
    for (unsigned side = 0; side < 2; side++)
        pthread_join(threads[side], NULL);
    rounds->ticks_per_ms = (double)(bench_tsc() - begin) / (milliseconds() - begin_ms);
    rounds->rounds = crew.done;
    return NULL;
}

void rounds_drop(struct rounds *rounds)
{
    for (size_t i = 0; i < rounds->count; i++) {
        struct measurement *m = &rounds->list[i];
        for (size_t place = 0; place < channel_places(m->kind); place++)
            m->kind->close(&m->channels[place]);
        free(m->times);
    }
}
