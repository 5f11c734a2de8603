// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Commands that show the machine: what the monitors, the spawnds and the CPU drivers know. Each
// goes through the cores in order and asks each for itself.
#include "shell.h"

#include "barrelfish/spawn_client.h"
#include "kpi/bootinfo.h"

#include <inttypes.h>
#include <stdio.h>

int command_failed(const char *name, errval_t err)
{
    printf("%s: %s\n", name, err_getstring(err));
    return STATUS_FAILED;
}

bool next_core(const struct monitor_cores *cores, unsigned *core)
{
    while (*core < BOOTINFO_CORES_MAX && (cores->up[*core / 64] >> *core % 64 & 1) == 0) {
        (*core)++;
    }
    return *core < BOOTINFO_CORES_MAX;
}

errval_t cores_wanted(unsigned argc, char *const argv[], struct monitor_cores *cores)
{
    errval_t err = monitor_get_cores(cores);
    unsigned long core;
    if (err_is_fail(err) || argc < 2) {
        return err;
    }
    if (argc > 2 || !number_parse(argv[1], BOOTINFO_CORES_MAX - 1, &core) ||
        (cores->up[core / 64] >> core % 64 & 1) == 0) {
        return MON_ERR_NO_CORE;
    }
    uint64_t bit = 1ul << core % 64;
    *cores = (struct monitor_cores){.cores_count = cores->cores_count, .up_count = 1};
    cores->up[core / 64] = bit;
    return SYS_ERR_OK;
}

int command_cores(unsigned argc, char *const argv[])
{
    struct monitor_cores cores;
    (void)argc;
    errval_t err = monitor_get_cores(&cores);
    if (err_is_fail(err)) {
        return command_failed(argv[0], err);
    }
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

// The domains of one core that its spawnd has made.
static errval_t list_core(coreid_t core)
{
    struct spawn_domain_info info = {.id = (domainid_t)core << 16};
    for (;;) {
        errval_t err = spawn_list_next(info.id, &info);
        if (err_is_fail(err) || info.id == 0) {
            return err;
        }
        printf("%8x  %4u  %-8s %7" PRIu64 " KiB %7" PRIu64 " KiB  %s\n", info.id, core, "running",
               info.bytes / 1024, info.given_bytes / 1024, info.name);
        if (spawn_domain_core(++info.id) != core) {
            return SYS_ERR_OK;
        }
    }
}

int command_ps(unsigned argc, char *const argv[])
{
    struct monitor_cores cores;
    errval_t err = cores_wanted(argc, argv, &cores);
    if (err_is_fail(err)) {
        return command_failed(argv[0], err);
    }
    printf("      id  core  state       loaded       given  name\n");
    for (unsigned core = 0; next_core(&cores, &core); core++) {
        err = list_core((coreid_t)core);
        if (err_is_fail(err)) {
            return command_failed(argv[0], err);
        }
    }
    return 0;
}

int command_mem(unsigned argc, char *const argv[])
{
    struct monitor_cores cores;
    uint64_t free_bytes = 0, total_bytes = 0;
    errval_t err = cores_wanted(argc, argv, &cores);
    if (err_is_fail(err)) {
        return command_failed(argv[0], err);
    }
    for (unsigned core = 0; next_core(&cores, &core); core++) {
        struct spawn_core_info info;
        err = spawn_core_info((coreid_t)core, &info);
        if (err_is_fail(err)) {
            return command_failed(argv[0], err);
        }
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
