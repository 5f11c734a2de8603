// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a sleep and wake costs: the time from just before a message is sent to its being received,
// by the time-stamp counter, which is the same on all cores; once by a domain that has gone to
// sleep, and its core with it, and once by one that polls. Each message is sent after a pause that
// is long enough to fall asleep in. The difference is what the polling budget follows.
#include "bench.h"
#include "bench/mark.h"

#include <stdio.h>

#define RUNS 100u
#define PAUSE_US 300u

/// Returns the median. `asleep`: that of the sleepers, or 0: this is it.
static cycles_t measure(const struct options *options, coreid_t core, const char *what,
                        uint32_t polls, cycles_t asleep)
{
    unsigned runs = runs_chosen(options, RUNS), warm = runs / 10;
    cycles_t *samples = samples_new(runs);
    struct ump_chan chan;
    struct note note;
    worker_reach(core, &chan, CHANNEL_BYTES);
    (void)worker_ask(core, worker_POLLS, polls);
    worker_tell(core, worker_STAMP, warm + runs);
    for (unsigned i = 0; i < warm + runs; i++) {
        check(barrelfish_usleep(PAUSE_US), "waiting");
        if (i == warm)
            bench_mark_begin(BENCH_MARK_WAKE);
        cycles_t start = bench_tsc();
        message_send(&chan, 0, 0, 0);
        message_receive(&chan, &note);
        bench_mark_item(BENCH_MARK_WAKE);
        samples[i < warm ? 0 : i - warm] = bench_time_diff(start, note.number);
    }
    bench_mark_end(BENCH_MARK_WAKE);
    (void)worker_answer(core);
    ump_chan_close(&chan);
    (void)worker_ask(core, worker_POLLS, DISP_POLL_ADAPTIVE);
    const struct report_row row = {.what = what,
                                   .from = disp_get_core_id(),
                                   .to = core,
                                   .size = MESSAGE_BYTES,
                                   .ratio = RATIO_TO_BASE,
                                   .base = asleep};
    return report(options, &row, samples, runs);
}

void measure_wake(const struct options *options)
{
    coreid_t up[CORES_MAX], to[CORES_MAX];
    unsigned up_count = cores_chosen(options, up), count = 0;
    for (unsigned i = 0; i < up_count; i++) {
        bool wanted = options->numbers_count == 0;
        for (unsigned k = 0; k < options->numbers_count; k++)
            wanted = wanted || options->numbers[k] == up[i];
        if (wanted && up[i] != disp_get_core_id())
            to[count++] = up[i];
    }
    if (count == 0) {
        printf("wake: there is no other core\n");
        return;
    }
    workers_start(to, count);
    for (unsigned i = 0; i < count; i++) {
        cycles_t asleep = measure(options, to[i], "wake asleep", 0, 0);
        (void)measure(options, to[i], "wake polling", DISP_POLL_ADAPTIVE - 1, asleep);
    }
}
