// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the firmware's ACPI tables say about cores, interrupt controllers, timers and NUMA nodes.
// Source: ACPI Specification 6.5, chapters 5.2 and 17. The tables are claims: each is
// used only if its length, checksum and entries are right, and what is wrong with the others is
// kept in words. The machine boots in any case: without a good MADT as one core, without a good
// SRAT as one node. Deliberately not here: AML, and everything that needs it.
#pragma once

#include "firmware/memory_map.h"

#define ACPI_CORES_MAX 1024
#define ACPI_MEMORY_MAX 256
#define ACPI_NODES_MAX 8
#define ACPI_IO_APICS_MAX 32
#define ACPI_OVERRIDES_MAX 32
#define ACPI_PROBLEMS_MAX 16
#define ACPI_TABLE_BYTES_MAX (256u * 1024)
#define ACPI_DISTANCE_LOCAL 10
#define ACPI_DISTANCE_REMOTE 20 ///< assumed where no SLIT says better
#define ACPI_LOCAL_APIC_DEFAULT 0xfee00000ull

/// How to read physical memory: map returns `bytes` readable bytes at paddr that stay readable
/// until acpi_parse returns, or NULL where there is no such memory.
struct acpi_memory_access {
    const void *(*map)(void *ctx, uint64_t paddr, size_t bytes);
    void *ctx;
};

/// A core that can be started: now (enabled) or after it was plugged in (online_capable).
struct acpi_core {
    uint32_t apic_id;
    uint32_t acpi_uid;
    uint8_t node;
    bool enabled;
    bool online_capable;
    bool x2apic; ///< listed by an x2APIC entry
};

struct acpi_io_apic {
    uint64_t paddr;
    uint32_t gsi_base;
    uint8_t id;
};

/// The ISA interrupt `source` arrives as global interrupt `gsi`. The flags are those of the MADT:
/// bits 0-1 polarity, 2-3 trigger mode; 0 means as usual for the bus.
struct acpi_override {
    uint32_t gsi;
    uint16_t flags;
    uint8_t source;
};

/// Something found wrong: in which table, and what.
struct acpi_problem {
    char table[5];
    const char *text;
};

/// The result; nothing in it points into a table.
struct acpi_info {
    uint64_t local_apic_paddr;
    uint64_t hpet_paddr;     ///< 0: none
    uint16_t pm_timer_port;  ///< 0: none
    uint8_t pm_timer_bits;   ///< 24 or 32
    uint32_t core_count;     ///< at least 1; the boot core is always among them
    uint32_t cores_unusable; ///< listed, but neither enabled nor online capable
    uint32_t cores_dropped;  ///< beyond ACPI_CORES_MAX, or listed twice
    uint32_t io_apic_count;
    uint32_t override_count;
    uint32_t memory_count; ///< 0 without a good SRAT
    uint32_t node_count;   ///< at least 1
    uint32_t problem_count;
    uint32_t node_domain[ACPI_NODES_MAX]; ///< SRAT proximity domain of each node, ascending
    uint8_t distance[ACPI_NODES_MAX][ACPI_NODES_MAX]; ///< 10: local; 255: no way
    struct acpi_core cores[ACPI_CORES_MAX];           ///< in the order of the MADT
    struct acpi_io_apic io_apics[ACPI_IO_APICS_MAX];
    struct acpi_override overrides[ACPI_OVERRIDES_MAX];
    struct memory_affinity memory[ACPI_MEMORY_MAX];
    struct acpi_problem problems[ACPI_PROBLEMS_MAX];
};

/// Walk the tables from the RSDP (a copy of it, 20 or 36 bytes; 0 if there is none). boot_apic_id
/// is the core that runs this. Fills *out in any case and returns true if there was nothing to
/// complain about.
bool acpi_parse(const void *rsdp, size_t rsdp_bytes, const struct acpi_memory_access *memory,
                uint32_t boot_apic_id, struct acpi_info *out);
