// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The size of the machine to boot: cores, memory, NUMA nodes. Pure arithmetic, checked here once,
// so that the platform file and the command line obey the same limits.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "report.h"

#define MACHINE_CORES_MAX 255u // QEMU's TCG has xAPIC only: APIC IDs 0 to 254
#define MACHINE_NODES_MAX 8u
#define MACHINE_MEMORY_MIN_MIB 16u
#define MACHINE_MEMORY_MAX_MIB (1024u * 1024u)

/// Zero in a field means "not said".
struct machine {
    unsigned cores;
    unsigned nodes;
    uint64_t memory_mib;
};

/// Node `node`'s share: `count` items beginning with item `first`.
struct machine_share {
    uint64_t first;
    uint64_t count;
};

/// Read a whole decimal number from `low` to `high`; `what` names it in the message.
bool machine_parse_number(const char *text, const char *what, unsigned low, unsigned high,
                          unsigned *value, struct report *report);

/// Read a memory size: a whole number followed by M (MiB) or G (GiB).
bool machine_parse_memory(const char *text, const char *what, uint64_t *mib, struct report *report);

/// Fill what `asked` leaves open with the platform's `defaults`, the memory with at least enough
/// for that many cores, and check that the whole makes sense.
bool machine_resolve(const struct machine *asked, const struct machine *defaults,
                     struct machine *machine, struct report *report);

/// Split `total` items over `nodes` nodes, as evenly as whole items allow; the first nodes get
/// what is left over.
struct machine_share machine_split(uint64_t total, unsigned nodes, unsigned node);
