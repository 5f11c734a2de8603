// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The fake firmware; see fake_acpi.h. Lengths and checksums are written by fake_seal, so that a
// test can damage a table before it is sealed (wrong content) or after (wrong checksum).
#include "fake_acpi.h"

struct mapping {
    struct mapping *next;
    uint8_t *bytes;
};

struct mappings {
    const struct fake_acpi *fake;
    struct mapping *first;
};

static uint8_t sum(const uint8_t *bytes, size_t count)
{
    uint8_t total = 0;
    for (size_t i = 0; i < count; i++)
        total = (uint8_t)(total + bytes[i]);
    return total;
}

void fake_begin(struct fake_acpi *fake)
{
    memset(fake, 0, sizeof(*fake));
    fake->use_xsdt = true;
    fake->rsdp_bytes = 36;
    fake->tables = calloc(FAKE_TABLES_MAX, sizeof(fake->tables[0]));
    if (fake->tables == NULL)
        abort();
}

void fake_end(struct fake_acpi *fake)
{
    free(fake->tables);
}

struct fake_table *fake_add(struct fake_acpi *fake, const char *name, uint8_t revision,
                            size_t bytes)
{
    if (fake->count == FAKE_TABLES_MAX)
        abort();
    struct fake_table *table = &fake->tables[fake->count++];
    table->bytes = bytes;
    memcpy(table->data, name, 4);
    table->data[8] = revision;
    return table;
}

void fake_append(struct fake_table *table, const void *entry, size_t bytes)
{
    if (bytes > FAKE_TABLE_BYTES - table->bytes)
        abort();
    memcpy(table->data + table->bytes, entry, bytes);
    table->bytes += bytes;
}

void fake_put32(struct fake_table *table, size_t offset, uint32_t value)
{
    memcpy(table->data + offset, &value, sizeof(value));
}

void fake_put64(struct fake_table *table, size_t offset, uint64_t value)
{
    memcpy(table->data + offset, &value, sizeof(value));
}

void fake_seal(struct fake_table *table)
{
    fake_put32(table, 4, (uint32_t)table->bytes);
    table->data[9] = 0;
    table->data[9] = (uint8_t)-sum(table->data, table->bytes);
}

void fake_seal_rsdp(struct fake_acpi *fake)
{
    fake->rsdp[8] = 0;
    fake->rsdp[8] = (uint8_t)-sum(fake->rsdp, 20);
    fake->rsdp[32] = 0;
    fake->rsdp[32] = (uint8_t)-sum(fake->rsdp, 36);
}

void fake_finish(struct fake_acpi *fake)
{
    size_t named = fake->count;
    struct fake_table *rsdt = fake_add(fake, "RSDT", 1, 36);
    struct fake_table *xsdt = fake_add(fake, "XSDT", 1, 36);
    for (size_t i = 0; i < named; i++) {
        uint64_t paddr = (i + 1) * FAKE_SPACING;
        fake_append(rsdt, &paddr, 4);
        fake_append(xsdt, &paddr, 8);
    }
    for (size_t i = 0; i < fake->count; i++)
        fake_seal(&fake->tables[i]);
    uint64_t rsdt_paddr = (named + 1) * FAKE_SPACING;
    uint64_t xsdt_paddr = (named + 2) * FAKE_SPACING;
    memcpy(fake->rsdp, "RSD PTR ", 8);
    fake->rsdp[15] = fake->use_xsdt ? 2 : 0;
    memcpy(fake->rsdp + 16, &rsdt_paddr, 4);
    fake->rsdp[20] = 36;
    memcpy(fake->rsdp + 24, &xsdt_paddr, 8);
    fake_seal_rsdp(fake);
}

static const void *map(void *ctx, uint64_t paddr, size_t bytes)
{
    struct mappings *mappings = ctx;
    uint64_t number = paddr / FAKE_SPACING;
    uint64_t offset = paddr % FAKE_SPACING;
    if (number == 0 || number > mappings->fake->count)
        return NULL;
    const struct fake_table *table = &mappings->fake->tables[number - 1];
    if (offset > table->bytes || bytes > table->bytes - offset)
        return NULL;
    struct mapping *mapping = malloc(sizeof(*mapping));
    if (mapping == NULL)
        abort();
    mapping->bytes = exact_copy(table->data + offset, bytes);
    mapping->next = mappings->first;
    mappings->first = mapping;
    return mapping->bytes;
}

static bool well_formed(const struct acpi_info *info)
{
    bool boot_core = false;
    for (uint32_t i = 0; i < info->core_count && i < ACPI_CORES_MAX; i++) {
        boot_core |= info->cores[i].apic_id == 0 && info->cores[i].enabled;
        if (info->cores[i].node >= info->node_count)
            return false;
    }
    for (uint32_t i = 0; i < info->memory_count && i < ACPI_MEMORY_MAX; i++)
        if (info->memory[i].node >= info->node_count)
            return false;
    for (uint32_t i = 0; i < info->node_count && i < ACPI_NODES_MAX; i++)
        if (info->distance[i][i] != ACPI_DISTANCE_LOCAL)
            return false;
    return boot_core && info->core_count <= ACPI_CORES_MAX && info->node_count >= 1 &&
           info->node_count <= ACPI_NODES_MAX && info->memory_count <= ACPI_MEMORY_MAX &&
           info->io_apic_count <= ACPI_IO_APICS_MAX && info->override_count <= ACPI_OVERRIDES_MAX &&
           info->problem_count <= ACPI_PROBLEMS_MAX;
}

bool fake_parse(const struct fake_acpi *fake, struct acpi_info *out)
{
    struct mappings mappings = {.fake = fake};
    struct acpi_memory_access memory = {.map = map, .ctx = &mappings};
    uint8_t *rsdp = exact_copy(fake->rsdp, fake->rsdp_bytes);
    bool good = acpi_parse(rsdp, fake->rsdp_bytes, &memory, 0, out);
    free(rsdp);
    while (mappings.first != NULL) {
        struct mapping *mapping = mappings.first;
        mappings.first = mapping->next;
        free(mapping->bytes);
        free(mapping);
    }
    CU_ASSERT(well_formed(out));
    CU_ASSERT_EQUAL(good, out->problem_count == 0);
    return good;
}

bool fake_complained(const struct acpi_info *info, const char *table, const char *text)
{
    for (uint32_t i = 0; i < info->problem_count; i++)
        if (strcmp(info->problems[i].table, table) == 0 &&
            strstr(info->problems[i].text, text) != NULL)
            return true;
    return false;
}
