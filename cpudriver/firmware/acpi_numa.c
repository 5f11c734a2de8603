// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// NUMA: the System Resource Affinity Table says which cores and which memory are near one another
// (a proximity domain), the System Locality Information Table how far domains are apart. Source:
// ACPI Specification 6.5, sections 5.2.16 and 5.2.17. Domains are any 32-bit numbers; nodes are
// counted from 0 in the order of their domains. A malformed table is not used at all.
#include "acpi_table.h"

enum { SRAT_ENTRIES_OFFSET = 48, SLIT_COUNT_OFFSET = 36, SLIT_MATRIX_OFFSET = 44 };

enum srat_entry { SRAT_LOCAL_APIC = 0, SRAT_MEMORY = 1, SRAT_LOCAL_X2APIC = 2, SRAT_ENTRY_TYPES };

enum { SRAT_ENABLED = 1 };

static const uint8_t srat_entry_bytes[SRAT_ENTRY_TYPES] = {
    [SRAT_LOCAL_APIC] = 16, [SRAT_MEMORY] = 40, [SRAT_LOCAL_X2APIC] = 24};

/// A SRAT entry in one shape, whatever its type.
struct affinity {
    enum srat_entry type;
    uint32_t domain;
    uint32_t apic_id;
    uint64_t base;
    uint64_t bytes;
};

void acpi_set_one_node(struct acpi_info *out)
{
    out->memory_count = 0;
    out->node_count = 1;
    out->node_domain[0] = 0;
    for (uint32_t i = 0; i < out->core_count; i++)
        out->cores[i].node = 0;
    for (uint32_t i = 0; i < ACPI_NODES_MAX; i++)
        for (uint32_t j = 0; j < ACPI_NODES_MAX; j++)
            out->distance[i][j] = i == j ? ACPI_DISTANCE_LOCAL : ACPI_DISTANCE_REMOTE;
}

/// False for entries that are disabled, empty, or of a type not used here.
static bool read_affinity(const struct acpi_table *srat, uint32_t at, struct affinity *out)
{
    const uint8_t *entry = srat->start + at;
    *out = (struct affinity){.type = entry[0]};
    switch (entry[0]) {
    case SRAT_LOCAL_APIC:
        // Revision 1 had eight bits of domain and left the other bytes reserved.
        out->domain = entry[2];
        if (srat->start[ACPI_REVISION_OFFSET] >= 2)
            out->domain |= acpi_read32(entry + 8) & 0xffffff00u;
        out->apic_id = entry[3];
        return (acpi_read32(entry + 4) & SRAT_ENABLED) != 0;
    case SRAT_LOCAL_X2APIC:
        out->domain = acpi_read32(entry + 4);
        out->apic_id = acpi_read32(entry + 8);
        return (acpi_read32(entry + 12) & SRAT_ENABLED) != 0;
    case SRAT_MEMORY:
        out->domain = acpi_read32(entry + 2);
        out->base = acpi_read64(entry + 8);
        out->bytes = acpi_read64(entry + 16);
        return (acpi_read32(entry + 28) & SRAT_ENABLED) != 0 && out->bytes > 0;
    default:
        return false;
    }
}

/// The node of a domain, or node_count if it has none.
static uint32_t find_node(const struct acpi_info *out, uint32_t domain)
{
    uint32_t node = 0;
    while (node < out->node_count && out->node_domain[node] != domain)
        node++;
    return node;
}

static bool add_domain(struct acpi_info *out, uint32_t domain)
{
    if (find_node(out, domain) < out->node_count)
        return true;
    if (out->node_count == ACPI_NODES_MAX)
        return false;
    uint32_t at = out->node_count++;
    for (; at > 0 && out->node_domain[at - 1] > domain; at--)
        out->node_domain[at] = out->node_domain[at - 1];
    out->node_domain[at] = domain;
    return true;
}

/// Add a range of memory; NULL, or what is wrong with it.
static const char *add_memory(struct acpi_info *out, const struct affinity *affinity, uint8_t node)
{
    if (affinity->base + affinity->bytes < affinity->base)
        return "memory range wraps around, table not used";
    for (uint32_t i = 0; i < out->memory_count; i++) {
        const struct memory_affinity *other = &out->memory[i];
        if (other->node != node && affinity->base < other->base + other->bytes &&
            other->base < affinity->base + affinity->bytes)
            return "memory in two nodes, table not used";
    }
    for (uint32_t i = 0; i < out->memory_count; i++) {
        struct memory_affinity *before = &out->memory[i];
        if (before->node == node && before->base + before->bytes == affinity->base) {
            before->bytes += affinity->bytes;
            return NULL;
        }
    }
    if (out->memory_count == ACPI_MEMORY_MAX)
        return "too many memory ranges, table not used";
    out->memory[out->memory_count++] =
        (struct memory_affinity){.base = affinity->base, .bytes = affinity->bytes, .node = node};
    return NULL;
}

static const char *add_affinity(struct acpi_info *out, const struct affinity *affinity)
{
    uint8_t node = (uint8_t)find_node(out, affinity->domain);
    if (affinity->type == SRAT_MEMORY)
        return add_memory(out, affinity, node);
    for (uint32_t i = 0; i < out->core_count; i++)
        if (out->cores[i].apic_id == affinity->apic_id)
            out->cores[i].node = node;
    return NULL;
}

static const char *read_srat_entries(const struct acpi_table *srat, struct acpi_info *out)
{
    if (!acpi_entries_valid(srat, SRAT_ENTRIES_OFFSET, srat_entry_bytes, SRAT_ENTRY_TYPES))
        return "malformed entry, table not used";
    struct affinity affinity;
    out->node_count = 0;
    for (uint32_t at = SRAT_ENTRIES_OFFSET; at < srat->bytes; at += srat->start[at + 1])
        if (read_affinity(srat, at, &affinity) && !add_domain(out, affinity.domain))
            return "too many nodes, table not used";
    if (out->node_count == 0)
        return "no node in it, table not used";
    for (uint32_t at = SRAT_ENTRIES_OFFSET; at < srat->bytes; at += srat->start[at + 1]) {
        if (!read_affinity(srat, at, &affinity))
            continue;
        const char *problem = add_affinity(out, &affinity);
        if (problem != NULL)
            return problem;
    }
    return NULL;
}

void acpi_read_srat(const struct acpi_table *srat, struct acpi_info *out)
{
    const char *problem = read_srat_entries(srat, out);
    if (problem != NULL) {
        acpi_complain(out, "SRAT", problem);
        acpi_set_one_node(out);
    }
}

static const char *check_slit(const struct acpi_table *slit, const struct acpi_info *out)
{
    if (slit->bytes < SLIT_MATRIX_OFFSET)
        return "too short";
    uint64_t domains = acpi_read64(slit->start + SLIT_COUNT_OFFSET);
    // The first comparison keeps the product in the second one small.
    if (domains > slit->bytes || domains * domains > slit->bytes - SLIT_MATRIX_OFFSET)
        return "matrix larger than the table";
    for (uint32_t i = 0; i < out->node_count; i++)
        if (out->node_domain[i] >= domains)
            return "no distances for a node of the SRAT";
    const uint8_t *matrix = slit->start + SLIT_MATRIX_OFFSET;
    for (uint64_t i = 0; i < domains; i++) {
        for (uint64_t j = 0; j < domains; j++) {
            uint8_t distance = matrix[i * domains + j];
            if (i == j ? distance != ACPI_DISTANCE_LOCAL : distance < ACPI_DISTANCE_LOCAL)
                return "impossible distance";
        }
    }
    return NULL;
}

void acpi_read_slit(const struct acpi_table *slit, struct acpi_info *out)
{
    const char *problem = check_slit(slit, out);
    if (problem != NULL) {
        acpi_complain(out, "SLIT", problem);
        return;
    }
    uint64_t domains = acpi_read64(slit->start + SLIT_COUNT_OFFSET);
    for (uint32_t i = 0; i < out->node_count; i++) {
        const uint8_t *row = slit->start + SLIT_MATRIX_OFFSET + out->node_domain[i] * domains;
        for (uint32_t j = 0; j < out->node_count; j++)
            out->distance[i][j] = row[out->node_domain[j]];
    }
}
