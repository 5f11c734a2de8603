// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Private to the ACPI reader (acpi.c, acpi_madt.c, acpi_numa.c): a table whose length and checksum
// have been checked, how its fields are read, and how a complaint is noted. Offsets into tables are
// those of the ACPI Specification 6.5. Fields are unaligned, hence the copies.
#pragma once

#include "firmware/acpi.h"

#include "lib/string.h"

enum { ACPI_HEADER_BYTES = 36, ACPI_REVISION_OFFSET = 8 };

struct acpi_table {
    const uint8_t *start;
    uint32_t bytes; // at least ACPI_HEADER_BYTES
};

static inline uint16_t acpi_read16(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint32_t acpi_read32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint64_t acpi_read64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

/// Note what is wrong with a table; the first ACPI_PROBLEMS_MAX complaints are kept. The name comes
/// out of the table or is a literal of four letters; a byte that is no printable character shows as
/// '?'.
static inline void acpi_complain(struct acpi_info *out, const void *name, const char *text)
{
    if (out->problem_count == ACPI_PROBLEMS_MAX)
        return;
    struct acpi_problem *problem = &out->problems[out->problem_count++];
    memcpy(problem->table, name, 4);
    problem->table[4] = '\0';
    for (size_t i = 0; i < 4; i++)
        if (problem->table[i] < ' ' || problem->table[i] > '~')
            problem->table[i] = '?';
    problem->text = text;
}

/// Check that the list of (type, length, ...) entries from `first` on fills the table exactly and
/// that each entry has at least the bytes that min_bytes[type] asks for. After that they can be
/// walked by length without a further check.
static inline bool acpi_entries_valid(const struct acpi_table *table, uint32_t first,
                                      const uint8_t *min_bytes, size_t types)
{
    if (table->bytes < first)
        return false;
    for (uint32_t offset = first; offset < table->bytes;) {
        if (table->bytes - offset < 2)
            return false;
        uint8_t type = table->start[offset];
        uint8_t length = table->start[offset + 1];
        uint8_t least = type < types && min_bytes[type] > 2 ? min_bytes[type] : 2;
        if (length < least || length > table->bytes - offset)
            return false;
        offset += length;
    }
    return true;
}

/// Read cores, IO APICs and overrides into *out; or note what is wrong and leave them empty.
void acpi_read_madt(const struct acpi_table *madt, struct acpi_info *out);

/// Set one node and no memory affinity: the state without a SRAT.
void acpi_set_one_node(struct acpi_info *out);

/// Read nodes and memory affinity, and give each core of *out its node; or note what is wrong and
/// leave one node.
void acpi_read_srat(const struct acpi_table *srat, struct acpi_info *out);

/// Read the distances between the nodes of *out; or note what is wrong and leave them as they are.
void acpi_read_slit(const struct acpi_table *slit, struct acpi_info *out);
