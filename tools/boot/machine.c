// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Machine sizes: parsing, limits, defaults and the split over NUMA nodes. No I/O. What QEMU makes
// of the numbers is qemu.c's business.
#include "machine.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

// What one core costs with its kernel, monitor and channels, and what the first one needs besides.
#define MEMORY_PER_CORE_MIB 24u
#define MEMORY_BASE_MIB 128u

bool machine_parse_number(const char *text, const char *what, unsigned low, unsigned high,
                          unsigned *value, struct report *report)
{
    char *end = NULL;
    errno = 0;
    unsigned long number = isdigit((unsigned char)text[0]) ? strtoul(text, &end, 10) : 0;
    if (end == NULL || *end != '\0' || errno != 0 || number < low || number > high) {
        return report_set(report, "%s: '%s' is not a whole number from %u to %u", what, text, low,
                          high);
    }
    *value = (unsigned)number;
    return true;
}

bool machine_parse_memory(const char *text, const char *what, uint64_t *mib, struct report *report)
{
    char *end = NULL;
    errno = 0;
    unsigned long number = isdigit((unsigned char)text[0]) ? strtoul(text, &end, 10) : 0;
    if (end == NULL || errno != 0 || (*end != 'M' && *end != 'G') || end[1] != '\0')
        return report_set(report, "%s: '%s' is not a size like 256M or 2G", what, text);
    unsigned long unit = *end == 'G' ? 1024 : 1;
    if (number < MACHINE_MEMORY_MIN_MIB / unit || number == 0 ||
        number > MACHINE_MEMORY_MAX_MIB / unit) {
        return report_set(report, "%s: '%s' is not from %uM to %uG", what, text,
                          MACHINE_MEMORY_MIN_MIB, MACHINE_MEMORY_MAX_MIB / 1024);
    }
    *mib = number * unit;
    return true;
}

bool machine_resolve(const struct machine *asked, const struct machine *defaults,
                     struct machine *machine, struct report *report)
{
    unsigned cores = asked->cores != 0 ? asked->cores : defaults->cores;
    unsigned nodes = asked->nodes;
    if (nodes == 0)
        nodes = defaults->nodes < cores ? defaults->nodes : cores;
    uint64_t memory_mib = asked->memory_mib;
    if (memory_mib == 0) {
        uint64_t needed_mib = MEMORY_BASE_MIB + (uint64_t)cores * MEMORY_PER_CORE_MIB;
        memory_mib = defaults->memory_mib > needed_mib ? defaults->memory_mib : needed_mib;
    }
    if (nodes > cores) {
        return report_set(report, "%u NUMA nodes need at least as many cores, not %u", nodes,
                          cores);
    }
    *machine = (struct machine){.cores = cores, .nodes = nodes, .memory_mib = memory_mib};
    return true;
}

struct machine_share machine_split(uint64_t total, unsigned nodes, unsigned node)
{
    uint64_t base = total / nodes;
    uint64_t extra = total % nodes;
    uint64_t before = node < extra ? node : extra;
    return (struct machine_share){
        .first = node * base + before,
        .count = base + (node < extra ? 1 : 0),
    };
}
