// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Commands that show what is counted: by the CPU driver of each core, which the monitors ask, and
// in the shell's own page of exposed information, for which nobody is asked.
#include "shell.h"

#include "barrelfish/info.h"
#include "bench/bench.h"
#include "event_name.h"

#include <inttypes.h>
#include <stdio.h>

enum unit { UNIT_NONE, UNIT_CYCLES, UNIT_BYTES, UNIT_EVENT };

static const struct counter {
    const char *name;
    enum unit unit;
} counters[KERNEL_STAT_COUNT] = {
    [KERNEL_STAT_EVENTS] = {"events", UNIT_NONE},
    [KERNEL_STAT_SYSCALLS] = {"system calls", UNIT_NONE},
    [KERNEL_STAT_INTERRUPTS] = {"interrupts", UNIT_NONE},
    [KERNEL_STAT_SWITCHES] = {"address space switches", UNIT_NONE},
    [KERNEL_STAT_LONGEST_CYCLES] = {"longest event", UNIT_CYCLES},
    [KERNEL_STAT_LONGEST_WHAT] = {"longest event was", UNIT_EVENT},
    [KERNEL_STAT_MDB_SIZE] = {"capabilities", UNIT_NONE},
    [KERNEL_STAT_IDLE_CYCLES] = {"idle", UNIT_CYCLES},
    [KERNEL_STAT_TICKS] = {"timer interrupts", UNIT_NONE},
    [KERNEL_STAT_RETURNED_BYTES] = {"memory returned", UNIT_BYTES},
    [KERNEL_STAT_UNRETURNED_BYTES] = {"memory to be returned", UNIT_BYTES},
    [KERNEL_STAT_START_TSC] = {"started at", UNIT_CYCLES},
    [KERNEL_STAT_DISPATCHERS] = {"dispatchers set up", UNIT_NONE},
    [KERNEL_STAT_EVENT_CYCLES] = {"time in events", UNIT_CYCLES},
};

static void print_counter(const char *name, uint64_t value, enum unit unit)
{
    char text[EVENT_NAME_BYTES];
    if (unit == UNIT_EVENT) {
        event_name(value, text, sizeof(text));
        printf("  %-24s %s\n", name, text);
    } else if (unit == UNIT_CYCLES) {
        uint64_t ns = bench_cycles_to_ns(value, disp_shared()->tsc_per_ms);
        printf("  %-24s %20" PRIu64 " cycles, %" PRIu64 ".%03u us\n", name, value, ns / 1000,
               (unsigned)(ns % 1000));
    } else {
        printf("  %-24s %20" PRIu64 "%s\n", name, value, unit == UNIT_BYTES ? " bytes" : "");
    }
}

int command_kcb(unsigned argc, char *const argv[])
{
    struct monitor_cores cores;
    int status = cores_wanted(argc, argv, &cores);
    for (unsigned core = 0; status == 0 && next_core(&cores, &core); core++) {
        printf("core %u\n", core);
        for (unsigned stat = 0; stat < KERNEL_STAT_COUNT; stat++) {
            uint64_t value;
            errval_t err = monitor_get_stat((coreid_t)core, (enum kernel_stat)stat, &value);
            if (err_is_fail(err))
                return core_failed(argv[0], core, err);
            print_counter(counters[stat].name, value, counters[stat].unit);
        }
    }
    return status;
}

int command_info(unsigned argc, char *const argv[])
{
    struct info_kernel kernel;
    struct info_memory memory;
    (void)argc;
    errval_t err = info_read_kernel(&kernel);
    if (err_is_ok(err))
        err = info_read_memory(&memory);
    if (err_is_fail(err))
        return command_failed(argv[0], err);
    printf("this domain\n");
    print_counter("time slices", kernel.scheduled, UNIT_NONE);
    print_counter("ran", kernel.run_cycles, UNIT_CYCLES);
    print_counter("memory", memory.bytes, UNIT_BYTES);
    print_counter("in pieces", memory.pieces, UNIT_NONE);
    print_counter("limit (0: none)", memory.limit, UNIT_BYTES);
    printf("core %u\n", disp_get_core_id());
    print_counter("free memory", memory.free_bytes, UNIT_BYTES);
    print_counter("total memory", memory.total_bytes, UNIT_BYTES);
    print_counter("capabilities", kernel.mdb_size, UNIT_NONE);
    print_counter("runnable dispatchers", kernel.runnable, UNIT_NONE);
    print_counter("idle", kernel.idle_cycles, UNIT_CYCLES);
    print_counter("timer interrupts", kernel.ticks, UNIT_NONE);
    print_counter("longest event", kernel.longest_cycles, UNIT_CYCLES);
    print_counter("as of", kernel.tsc, UNIT_CYCLES);
    return 0;
}
