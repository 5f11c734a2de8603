// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Looks at a cell's page tables: every entry of every table that the audit has found and may read.
// An entry must be one that the model allows; one that a Mapping which was found has made must show
// only the Mapping's object, with no more than the Mapping's rights.
#include "fuzz.h"

#include <inttypes.h>
#include <stdio.h>

#include "barrelfish/invocations.h"

#define ROOT_USER_END 255u ///< entries of a root table that user space can have

static bool is_table(uint8_t type)
{
    return type >= ObjType_VNode_x86_64_pml4 && type <= ObjType_VNode_x86_64_ptable;
}

static bool seen(const struct fuzz_tables *tables, genpaddr_t base)
{
    for (unsigned i = 0; i < tables->tables_count; i++)
        if (tables->tables[i].base == base)
            return true;
    return false;
}

void fuzz_tables_add(struct fuzz_tables *tables, uint64_t caddr, const struct capability *held)
{
    if (is_table(held->type) && (held->rights & CAPRIGHTS_READ) != 0 && !seen(tables, held->base) &&
        tables->tables_count < FUZZ_TABLES_MAX) {
        tables->tables[tables->tables_count++] =
            (struct fuzz_table){.caddr = caddr, .base = held->base, .type = held->type};
    }
    if (held->type == ObjType_Mapping && tables->mappings_count < FUZZ_MAPPINGS_MAX)
        tables->mappings[tables->mappings_count++] = (struct fuzz_mapping){caddr, *held};
}

static const struct fuzz_mapping *mapping_of(const struct fuzz_tables *tables, genpaddr_t table,
                                             uint64_t index)
{
    for (unsigned i = 0; i < tables->mappings_count; i++) {
        const struct fuzz_mapping *mapping = &tables->mappings[i];
        uint64_t first = mapping->held.extra - table;
        if (first <= index && index < first + mapping->held.aux)
            return mapping;
    }
    return NULL;
}

/// The CPU driver goes on with what the cell has deleted while we look, and with the last copy of a
/// frame its Mappings go, wherever they are.
static bool is_gone(const struct fuzz_mapping *mapping)
{
    struct capability now;
    errval_t err =
        syscall_invoke(mapping->caddr, CAP_CMD_IDENTIFY, (uint64_t)&now, 0, 0, 0, 0, 0).error;
    return err_is_fail(err) || now.type != ObjType_Mapping || now.extra != mapping->held.extra;
}

/// Whether an entry shows only a part of what its Mapping maps. A table: the whole.
static bool shows(const struct capability *mapping, uint8_t table, uint64_t entry)
{
    genpaddr_t address = entry & FUZZ_PTE_ADDRESS;
    bool page = table == ObjType_VNode_x86_64_ptable || (entry & FUZZ_PTE_LARGE) != 0;
    uint64_t bytes = (uint64_t)BASE_PAGE_SIZE << 9 * (ObjType_VNode_x86_64_ptable - table);
    if (!page)
        return address == mapping->base && mapping->bytes == OBJSIZE_VNODE;
    bool write = (entry & FUZZ_PTE_WRITE) != 0, execute = (entry & FUZZ_PTE_NO_EXECUTE) == 0;
    return address >= mapping->base && bytes <= mapping->bytes &&
           address - mapping->base <= mapping->bytes - bytes &&
           (!write || (mapping->rights & CAPRIGHTS_WRITE) != 0) &&
           (!execute || (mapping->rights & CAPRIGHTS_EXECUTE) != 0);
}

static errval_t read_entry(const struct fuzz_table *table, uint64_t index, uint64_t *entry)
{
    struct sysret ret = syscall_invoke(table->caddr, VNODE_CMD_READ, index, 0, 0, 0, 0, 0);
    *entry = ret.value;
    return ret.error;
}

static void look_at_entry(const struct fuzz_tables *tables, const struct fuzz_table *table,
                          uint64_t index, const struct fuzz_model *model, bool quiet,
                          struct fuzz_found *found)
{
    uint64_t entry = 0;
    if (!EXPECT_OK(read_entry(table, index, &entry)))
        return;
    found->entries++;
    const struct fuzz_mapping *mapping = mapping_of(tables, table->base, index);
    if (fuzz_model_allows_entry(model, table->type, entry) &&
        (mapping == NULL ||
         ((entry & FUZZ_PTE_PRESENT) != 0 && shows(&mapping->held, table->type, entry)) ||
         is_gone(mapping)))
        return;
    found->violations++;
    if (!quiet) {
        printf("  table %#" PRIx64 " of type %u, entry %" PRIu64 ": %#" PRIx64 "\n", table->base,
               table->type, index, entry);
    }
}

void fuzz_tables_audit(const struct fuzz_tables *tables, const struct fuzz_model *model, bool quiet,
                       struct fuzz_found *found)
{
    for (unsigned i = 0; i < tables->tables_count; i++) {
        const struct fuzz_table *table = &tables->tables[i];
        bool root = table->type == ObjType_VNode_x86_64_pml4;
        uint64_t end = root ? ROOT_USER_END : VNODE_ENTRIES, entry;
        for (uint64_t index = 0; index < end; index++)
            look_at_entry(tables, table, index, model, quiet, found);
        EXPECT_ERR(read_entry(table, end, &entry), SYS_ERR_VNODE_SLOT);
    }
}
