// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The Multiple APIC Description Table: cores, IO APICs, and where ISA interrupts went. Source: ACPI
// Specification 6.5, section 5.2.12. Entries of other types (NMI sources, SAPICs, GICs) are stepped
// over. A table in which any entry is malformed is not used at all: half a list of cores would be
// worse than a plain failure.
#include "acpi_table.h"

enum { MADT_LOCAL_APIC_OFFSET = 36, MADT_ENTRIES_OFFSET = 44 };

enum madt_entry {
    MADT_LOCAL_APIC = 0,
    MADT_IO_APIC = 1,
    MADT_OVERRIDE = 2,
    MADT_LOCAL_APIC_ADDRESS = 5,
    MADT_LOCAL_X2APIC = 9,
    MADT_ENTRY_TYPES
};

enum { MADT_CORE_ENABLED = 1, MADT_CORE_ONLINE_CAPABLE = 2 };

static const uint8_t madt_entry_bytes[MADT_ENTRY_TYPES] = {
    [MADT_LOCAL_APIC] = 8,          [MADT_IO_APIC] = 12,      [MADT_OVERRIDE] = 10,
    [MADT_LOCAL_APIC_ADDRESS] = 12, [MADT_LOCAL_X2APIC] = 16,
};

static void add_core(struct acpi_info *out, struct acpi_core core, uint32_t flags)
{
    core.enabled = (flags & MADT_CORE_ENABLED) != 0;
    core.online_capable = (flags & MADT_CORE_ONLINE_CAPABLE) != 0;
    if (!core.enabled && !core.online_capable) {
        out->cores_unusable++;
        return;
    }
    bool listed = false;
    for (uint32_t i = 0; i < out->core_count && !listed; i++)
        listed = out->cores[i].apic_id == core.apic_id;
    if (listed || out->core_count == ACPI_CORES_MAX) {
        out->cores_dropped++;
        return;
    }
    out->cores[out->core_count++] = core;
}

/// Whether there is room in a list of `most`; else the rest is left out.
static bool has_room(struct acpi_info *out, uint32_t count, uint32_t most, const char *complaint)
{
    if (count == most)
        acpi_complain(out, "APIC", complaint);
    return count < most;
}

static void add_io_apic(struct acpi_info *out, const uint8_t *entry)
{
    if (has_room(out, out->io_apic_count, ACPI_IO_APICS_MAX, "too many IO APICs, some left out"))
        out->io_apics[out->io_apic_count++] = (struct acpi_io_apic){
            .paddr = acpi_read32(entry + 4), .gsi_base = acpi_read32(entry + 8), .id = entry[2]};
}

static void add_override(struct acpi_info *out, const uint8_t *entry)
{
    if (has_room(out, out->override_count, ACPI_OVERRIDES_MAX,
                 "too many interrupt overrides, some left out"))
        out->overrides[out->override_count++] = (struct acpi_override){
            .gsi = acpi_read32(entry + 4), .flags = acpi_read16(entry + 8), .source = entry[3]};
}

static void read_entry(const uint8_t *entry, struct acpi_info *out)
{
    switch (entry[0]) {
    case MADT_LOCAL_APIC:
        add_core(out, (struct acpi_core){.apic_id = entry[3], .acpi_uid = entry[2]},
                 acpi_read32(entry + 4));
        break;
    case MADT_LOCAL_X2APIC:
        add_core(out,
                 (struct acpi_core){.apic_id = acpi_read32(entry + 4),
                                    .acpi_uid = acpi_read32(entry + 12),
                                    .x2apic = true},
                 acpi_read32(entry + 8));
        break;
    case MADT_IO_APIC:
        add_io_apic(out, entry);
        break;
    case MADT_OVERRIDE:
        add_override(out, entry);
        break;
    case MADT_LOCAL_APIC_ADDRESS:
        out->local_apic_paddr = acpi_read64(entry + 4);
        break;
    default:
        break;
    }
}

void acpi_read_madt(const struct acpi_table *madt, struct acpi_info *out)
{
    if (!acpi_entries_valid(madt, MADT_ENTRIES_OFFSET, madt_entry_bytes, MADT_ENTRY_TYPES)) {
        acpi_complain(out, "APIC", "malformed entry, table not used");
        return;
    }
    out->local_apic_paddr = acpi_read32(madt->start + MADT_LOCAL_APIC_OFFSET);
    for (uint32_t at = MADT_ENTRIES_OFFSET; at < madt->bytes; at += madt->start[at + 1])
        read_entry(madt->start + at, out);
    if (out->cores_dropped > 0)
        acpi_complain(out, "APIC", "cores listed twice or beyond the limit, left out");
}
