// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Commands that show the machine: what the monitors, the spawnds and the CPU drivers know. Each
// goes through the cores in order and asks each for itself.
#include "shell.h"

#include "barrelfish/spawn_client.h"
#include "modules.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

bool next_core(const struct monitor_cores *cores, unsigned *core)
{
    while (*core < BOOTINFO_CORES_MAX && (cores->up[*core / 64] >> *core % 64 & 1) == 0)
        (*core)++;
    return *core < BOOTINFO_CORES_MAX;
}

int cores_wanted(unsigned argc, char *const argv[], struct monitor_cores *cores)
{
    unsigned long core = 0;
    if (argc > 2 || (argc == 2 && !number_parse(argv[1], ULONG_MAX, &core))) {
        printf("usage: %s [CORE]\n", argv[0]);
        return STATUS_USAGE;
    }
    errval_t err = monitor_get_cores(cores);
    if (err_is_fail(err))
        return command_failed(argv[0], err);
    if (argc < 2)
        return 0;
    if (core >= BOOTINFO_CORES_MAX || (cores->up[core / 64] >> core % 64 & 1) == 0)
        return core_failed(argv[0], core, MON_ERR_NO_CORE);
    *cores = (struct monitor_cores){.cores_count = cores->cores_count, .up_count = 1};
    cores->up[core / 64] = 1ul << core % 64;
    return 0;
}

void modules_print(void)
{
    char name[MODULE_NAME_BYTES];
    for (unsigned i = 0; module_name(shell_bootinfo(), i, name); i++)
        printf(" %s", name);
    printf("\n");
}

int command_cores(unsigned argc, char *const argv[])
{
    struct monitor_cores cores;
    (void)argc;
    errval_t err = monitor_get_cores(&cores);
    if (err_is_fail(err))
        return command_failed(argv[0], err);
    uint64_t tsc_per_ms = disp_shared()->tsc_per_ms;
    int status = 0;
    for (unsigned core = 0; core < cores.cores_count; core++) {
        struct monitor_core_status core_status;
        err = monitor_get_core_status((coreid_t)core, &core_status);
        if (err_is_fail(err) || core_status.state != MONITOR_CORE_UP) {
            printf("core %3u  %s\n", core,
                   err_is_fail(err)                           ? err_getstring(err)
                   : core_status.state == MONITOR_CORE_FAILED ? "did not start"
                                                              : "off");
            status = STATUS_FAILED;
            continue;
        }
        uint64_t tenths = core_status.start_tsc * 10 / tsc_per_ms;
        printf("core %3u  APIC ID %3u  NUMA node %u  started at %" PRIu64 ".%" PRIu64 " ms\n", core,
               core_status.apic_id, core_status.node, tenths / 10, tenths % 10);
    }
    return status;
}

static const char *activity_name(enum dispatcher_activity activity)
{
    static const char *const names[ACTIVITIES_COUNT] = {
        [ACTIVITY_NONE] = "ending", [ACTIVITY_RUNS] = "runs",     [ACTIVITY_POLLS] = "polls",
        [ACTIVITY_WAITS] = "waits", [ACTIVITY_SLEEPS] = "sleeps", [ACTIVITY_CALLS] = "in a call",
    };
    return activity < ACTIVITIES_COUNT ? names[activity] : "unknown";
}

#define WAIT_BYTES 24u

static const char *wait_text(const struct spawn_description *what, char text[WAIT_BYTES])
{
    switch (what->wait) {
    case WAIT_MESSAGE:
        snprintf(text, WAIT_BYTES, "%#x", what->waits_for);
        return text;
    case WAIT_END:
        snprintf(text, WAIT_BYTES, "%#x to end", what->waits_for);
        return text;
    case WAIT_CALL:
        snprintf(text, WAIT_BYTES, "%#x to answer", what->waits_for);
        return text;
    case WAIT_NAME:
        return "a name";
    case WAIT_BINDING:
        return "a binding";
    default:
        return "";
    }
}

/// The domains of one core that its spawnd has made.
static errval_t list_core(coreid_t core)
{
    struct spawn_domain_info info = {.id = (domainid_t)core << 16};
    for (;;) {
        errval_t err = spawn_list_next(info.id, &info);
        if (err_is_fail(err) || info.id == 0)
            return err;
        struct spawn_description what;
        char wait[WAIT_BYTES];
        err = spawn_describe(info.id, &what);
        if (err_is_ok(err)) {
            printf("%#10x  %4u  %-9s %-15s %6" PRIu64 ".%03u %7" PRIu64 " KiB %7" PRIu64
                   " KiB  %s\n",
                   info.id, core, activity_name(info.activity), wait_text(&what, wait),
                   what.run_us / 1000000, (unsigned)(what.run_us / 1000 % 1000), info.bytes / 1024,
                   info.given_bytes / 1024, what.command);
        } else if (err_no(err) != SPAWN_ERR_NO_DOMAIN) { // it may have ended meanwhile
            return err;
        }
        if (spawn_domain_core(++info.id) != core)
            return SYS_ERR_OK;
    }
}

int command_ps(unsigned argc, char *const argv[])
{
    struct monitor_cores cores;
    int status = cores_wanted(argc, argv, &cores);
    if (status != 0)
        return status;
    printf(
        "        id  core  does      waits for         ran (s)      loaded       given  command\n");
    for (unsigned core = 0; next_core(&cores, &core); core++) {
        errval_t err = list_core((coreid_t)core);
        if (err_is_fail(err))
            return core_failed(argv[0], core, err);
    }
    return 0;
}

int command_mem(unsigned argc, char *const argv[])
{
    struct monitor_cores cores;
    uint64_t free_bytes = 0, total_bytes = 0;
    int status = cores_wanted(argc, argv, &cores);
    if (status != 0)
        return status;
    for (unsigned core = 0; next_core(&cores, &core); core++) {
        struct spawn_core_info info;
        errval_t err = spawn_core_info((coreid_t)core, &info);
        if (err_is_fail(err))
            return core_failed(argv[0], core, err);
        printf("core %3u  %8" PRIu64 " KiB free of %8" PRIu64 " KiB, %" PRIu64 " domains\n", core,
               info.free_bytes / 1024, info.total_bytes / 1024, info.domains);
        free_bytes += info.free_bytes;
        total_bytes += info.total_bytes;
    }
    if (cores.up_count > 1) {
        printf("all       %8" PRIu64 " KiB free of %8" PRIu64 " KiB\n", free_bytes / 1024,
               total_bytes / 1024);
    }
    return 0;
}
