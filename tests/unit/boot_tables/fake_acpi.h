// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Firmware for the ACPI tests: physical memory that holds tables put together by the test, and
// nothing between them. Each mapping is a heap block of exactly the bytes asked for.
#pragma once

#include "exact_copy.h"
#include "firmware/acpi.h"
#include "testlib/testlib.h"

enum { FAKE_TABLES_MAX = 320, FAKE_TABLE_BYTES = 24576, FAKE_SPACING = 0x10000 };

struct fake_table {
    size_t bytes;
    uint8_t data[FAKE_TABLE_BYTES];
};

struct fake_acpi {
    size_t count;
    struct fake_table *tables; // table i is at physical address (i + 1) * FAKE_SPACING
    uint8_t rsdp[36];
    size_t rsdp_bytes;
    bool use_xsdt;
};

void fake_begin(struct fake_acpi *fake);
void fake_end(struct fake_acpi *fake);

/// Begin a table with a header of this name and revision, `bytes` bytes long, zero after its
/// header.
struct fake_table *fake_add(struct fake_acpi *fake, const char *name, uint8_t revision,
                            size_t bytes);

/// Append an entry to a table.
void fake_append(struct fake_table *table, const void *entry, size_t bytes);

void fake_put32(struct fake_table *table, size_t offset, uint32_t value);
void fake_put64(struct fake_table *table, size_t offset, uint64_t value);

/// Set length and checksum of a table to what they should be.
void fake_seal(struct fake_table *table);

/// Seal all tables, write a root table that names them and a RSDP that names the root. Call it
/// last.
void fake_finish(struct fake_acpi *fake);
void fake_seal_rsdp(struct fake_acpi *fake);

/// Run acpi_parse with boot core 0 and check that what comes out is well-formed.
bool fake_parse(const struct fake_acpi *fake, struct acpi_info *out);

/// Whether a problem with this table and text was noted.
bool fake_complained(const struct acpi_info *info, const char *table, const char *text);
