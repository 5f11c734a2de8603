// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the options choose, or a measurement's standard; and where its times are kept.
#include "bench.h"

#include "barrelfish/monitor_client.h"

#include <stdlib.h>

cycles_t *samples_new(unsigned runs)
{
    cycles_t *samples = calloc(runs, sizeof(*samples));
    check(samples != NULL ? SYS_ERR_OK : LIB_ERR_MALLOC_FAIL, "keeping the times");
    return samples;
}

unsigned runs_chosen(const struct options *options, unsigned standard)
{
    return options->runs != 0 ? options->runs : standard;
}

unsigned messages_chosen(const struct options *options, unsigned standard)
{
    return options->messages != 0 ? options->messages : standard;
}

unsigned numbers_chosen(const struct options *options, const unsigned *standard, unsigned count,
                        const unsigned **numbers)
{
    bool given = options->numbers_count > 0;
    *numbers = given ? options->numbers : standard;
    return given ? options->numbers_count : count;
}

cycles_t rate(uint64_t messages, cycles_t cycles)
{
    unsigned __int128 scaled = (unsigned __int128)messages * disp_shared()->tsc_per_ms;
    return (cycles_t)(scaled / (cycles > 0 ? cycles : 1));
}

unsigned cores_chosen(const struct options *options, coreid_t cores[CORES_MAX])
{
    struct monitor_cores state;
    unsigned count = 0;
    check(monitor_get_cores(&state), "asking for the cores");
    for (unsigned core = 0; core < CORES_MAX; core++)
        if ((state.up[core / 64] >> core % 64 & 1) != 0 &&
            (!options->on_given || options->on[core]))
            cores[count++] = (coreid_t)core;
    return count;
}

unsigned others_chosen(const struct options *options, coreid_t to[CORES_MAX])
{
    coreid_t up[CORES_MAX];
    unsigned up_count = cores_chosen(options, up), count = 0;
    bool given = options->numbers_count > 0;
    for (unsigned i = 0; given && i < options->numbers_count; i++)
        to[count++] = (coreid_t)options->numbers[i];
    for (unsigned i = 0; !given && i < up_count; i++)
        if (up[i] != disp_get_core_id())
            to[count++] = up[i];
    return count;
}
