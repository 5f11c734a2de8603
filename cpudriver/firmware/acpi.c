// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The way from the RSDP over the XSDT (or, where that is bad, the RSDT) to the tables that the CPU
// driver reads, with a check of every length and checksum on it; and the two tables of which only
// an address is wanted: FADT (power-management timer) and HPET. Source: ACPI Specification 6.5,
// sections 5.2.5 to 5.2.9, and IA-PC HPET Specification 1.0a, section 3.2.4. The MADT is in
// acpi_madt.c, SRAT and SLIT are in acpi_numa.c. Nothing here follows a pointer from one table to
// another but the root's, so there is no cycle to run into.
#include "acpi_table.h"

enum {
    RSDP_V1_BYTES = 20,
    RSDP_V2_BYTES = 36,
    RSDP_REVISION_OFFSET = 15,
    RSDP_RSDT_OFFSET = 16,
    RSDP_XSDT_OFFSET = 24,
    ROOT_ENTRIES_MAX = 256,
};

enum {
    FADT_PM_TIMER_OFFSET = 76,
    FADT_PM_TIMER_LENGTH_OFFSET = 91,
    FADT_FLAGS_OFFSET = 112,
    FADT_V1_BYTES = 116,
    FADT_X_PM_TIMER_OFFSET = 208,
    FADT_X_PM_TIMER_END = 220,
    FADT_FLAG_TIMER_32_BITS = 1 << 8,
    FADT_FLAG_HARDWARE_REDUCED = 1 << 20,
};

enum { HPET_ADDRESS_OFFSET = 40, HPET_BYTES = 56 };

/// A generic address: space at byte 0, address from byte 4 on (5.2.3.2).
enum { GAS_SPACE_MEMORY = 0, GAS_SPACE_IO = 1, GAS_ADDRESS_OFFSET = 4 };

/// The tables that are wanted, in the order in which they are read: nodes are given to known cores,
/// distances to known nodes.
enum wanted { WANTED_MADT, WANTED_SRAT, WANTED_SLIT, WANTED_FADT, WANTED_HPET, WANTED_COUNT };

static const char wanted_names[WANTED_COUNT][5] = {"APIC", "SRAT", "SLIT", "FACP", "HPET"};

static bool checksum_ok(const uint8_t *start, size_t bytes)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < bytes; i++)
        sum = (uint8_t)(sum + start[i]);
    return sum == 0;
}

/// Map the table at paddr and check it; `name` as for acpi_complain.
static bool open_table(const struct acpi_memory_access *memory, uint64_t paddr, const char *name,
                       struct acpi_info *out, struct acpi_table *table)
{
    const uint8_t *header = memory->map(memory->ctx, paddr, ACPI_HEADER_BYTES);
    if (header == NULL) {
        acpi_complain(out, name, "table not in accessible memory");
        return false;
    }
    if (memcmp(header, name, 4) != 0) {
        acpi_complain(out, name, "wrong signature");
        return false;
    }
    uint32_t bytes = acpi_read32(header + 4);
    if (bytes < ACPI_HEADER_BYTES || bytes > ACPI_TABLE_BYTES_MAX) {
        acpi_complain(out, name, "impossible length");
        return false;
    }
    const uint8_t *start = memory->map(memory->ctx, paddr, bytes);
    if (start == NULL) {
        acpi_complain(out, name, "table reaches beyond accessible memory");
        return false;
    }
    if (!checksum_ok(start, bytes)) {
        acpi_complain(out, name, "wrong checksum");
        return false;
    }
    *table = (struct acpi_table){.start = start, .bytes = bytes};
    return true;
}

static bool rsdp_usable(const uint8_t *rsdp, size_t bytes, struct acpi_info *out)
{
    if (bytes < RSDP_V1_BYTES) {
        acpi_complain(out, "RSDP", "none given");
        return false;
    }
    if (memcmp(rsdp, "RSD PTR ", 8) != 0) {
        acpi_complain(out, "RSDP", "wrong signature");
        return false;
    }
    if (!checksum_ok(rsdp, RSDP_V1_BYTES)) {
        acpi_complain(out, "RSDP", "wrong checksum");
        return false;
    }
    return true;
}

/// Find the root table; *entry_bytes is 8 for a XSDT and 4 for a RSDT.
static bool open_root(const uint8_t *rsdp, size_t rsdp_bytes,
                      const struct acpi_memory_access *memory, struct acpi_info *out,
                      struct acpi_table *root, uint32_t *entry_bytes)
{
    if (!rsdp_usable(rsdp, rsdp_bytes, out))
        return false;
    if (rsdp[RSDP_REVISION_OFFSET] >= 2) {
        if (rsdp_bytes < RSDP_V2_BYTES || !checksum_ok(rsdp, RSDP_V2_BYTES)) {
            acpi_complain(out, "RSDP", "extended part missing or with a wrong checksum");
        } else {
            *entry_bytes = 8;
            uint64_t paddr = acpi_read64(rsdp + RSDP_XSDT_OFFSET);
            if (paddr != 0 && open_table(memory, paddr, "XSDT", out, root))
                return true;
        }
    }
    *entry_bytes = 4;
    return open_table(memory, acpi_read32(rsdp + RSDP_RSDT_OFFSET), "RSDT", out, root);
}

/// Note the first address of each wanted table; 0 where there is none.
static void find_tables(const struct acpi_table *root, uint32_t entry_bytes,
                        const struct acpi_memory_access *memory, struct acpi_info *out,
                        uint64_t paddrs[WANTED_COUNT])
{
    uint32_t count = (root->bytes - ACPI_HEADER_BYTES) / entry_bytes;
    if (count > ROOT_ENTRIES_MAX) {
        acpi_complain(out, root->start, "too many tables, some not looked at");
        count = ROOT_ENTRIES_MAX;
    }
    for (uint32_t i = 0; i < count; i++) {
        const uint8_t *entry = root->start + ACPI_HEADER_BYTES + (size_t)i * entry_bytes;
        uint64_t paddr = entry_bytes == 8 ? acpi_read64(entry) : acpi_read32(entry);
        const uint8_t *header = memory->map(memory->ctx, paddr, ACPI_HEADER_BYTES);
        if (header == NULL) {
            acpi_complain(out, root->start, "entry outside accessible memory");
            continue;
        }
        for (size_t w = 0; w < WANTED_COUNT; w++)
            if (paddrs[w] == 0 && memcmp(header, wanted_names[w], 4) == 0)
                paddrs[w] = paddr;
    }
}

static void read_fadt(const struct acpi_table *fadt, struct acpi_info *out)
{
    if (fadt->bytes < FADT_V1_BYTES) {
        acpi_complain(out, "FACP", "too short");
        return;
    }
    uint32_t flags = acpi_read32(fadt->start + FADT_FLAGS_OFFSET);
    if ((flags & FADT_FLAG_HARDWARE_REDUCED) != 0)
        return;
    uint64_t port = 0;
    if (fadt->start[FADT_PM_TIMER_LENGTH_OFFSET] == 4)
        port = acpi_read32(fadt->start + FADT_PM_TIMER_OFFSET);
    if (fadt->bytes >= FADT_X_PM_TIMER_END) {
        const uint8_t *address = fadt->start + FADT_X_PM_TIMER_OFFSET;
        uint64_t extended = acpi_read64(address + GAS_ADDRESS_OFFSET);
        if (extended != 0 && address[0] == GAS_SPACE_IO)
            port = extended;
    }
    if (port > 0xfffc) {
        acpi_complain(out, "FACP", "impossible port of the timer");
        return;
    }
    if (port != 0) {
        out->pm_timer_port = (uint16_t)port;
        out->pm_timer_bits = (flags & FADT_FLAG_TIMER_32_BITS) != 0 ? 32 : 24;
    }
}

static void read_hpet(const struct acpi_table *hpet, struct acpi_info *out)
{
    const uint8_t *address = hpet->start + HPET_ADDRESS_OFFSET;
    if (hpet->bytes < HPET_BYTES)
        acpi_complain(out, "HPET", "too short");
    else if (address[0] != GAS_SPACE_MEMORY)
        acpi_complain(out, "HPET", "not in memory");
    else
        out->hpet_paddr = acpi_read64(address + GAS_ADDRESS_OFFSET);
}

static void read_tables(const uint64_t paddrs[WANTED_COUNT],
                        const struct acpi_memory_access *memory, struct acpi_info *out)
{
    static void (*const readers[WANTED_COUNT])(const struct acpi_table *, struct acpi_info *) = {
        [WANTED_MADT] = acpi_read_madt, [WANTED_SRAT] = acpi_read_srat,
        [WANTED_SLIT] = acpi_read_slit, [WANTED_FADT] = read_fadt,
        [WANTED_HPET] = read_hpet,
    };
    for (size_t w = 0; w < WANTED_COUNT; w++) {
        struct acpi_table table;
        if (paddrs[w] != 0 && open_table(memory, paddrs[w], wanted_names[w], out, &table))
            readers[w](&table, out);
    }
}

/// Whatever the tables say, the core that reads them exists: enter it where it is missing, in place
/// of the last core if the list is full. Runs after the SRAT, so it then stands in node 0.
static void ensure_boot_core(uint32_t boot_apic_id, struct acpi_info *out)
{
    for (uint32_t i = 0; i < out->core_count; i++) {
        if (out->cores[i].apic_id == boot_apic_id) {
            out->cores[i].enabled = true;
            return;
        }
    }
    acpi_complain(out, "APIC", "boot core not listed, added");
    if (out->core_count == ACPI_CORES_MAX) {
        out->core_count--;
        out->cores_dropped++;
    }
    out->cores[out->core_count++] = (struct acpi_core){.apic_id = boot_apic_id, .enabled = true};
}

bool acpi_parse(const void *rsdp, size_t rsdp_bytes, const struct acpi_memory_access *memory,
                uint32_t boot_apic_id, struct acpi_info *out)
{
    memset(out, 0, sizeof(*out));
    out->local_apic_paddr = ACPI_LOCAL_APIC_DEFAULT;
    acpi_set_one_node(out);
    struct acpi_table root;
    uint32_t entry_bytes;
    uint64_t paddrs[WANTED_COUNT] = {0};
    if (open_root(rsdp, rsdp_bytes, memory, out, &root, &entry_bytes)) {
        find_tables(&root, entry_bytes, memory, out, paddrs);
        read_tables(paddrs, memory, out);
    }
    ensure_boot_core(boot_apic_id, out);
    return out->problem_count == 0;
}
