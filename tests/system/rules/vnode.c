// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Page tables and Mappings: what may be mapped where and with which flags. What the processor then
// does is in pages.c.
#include "rules.h"

#include "kpi/vspace.h"

#define READ VREGION_FLAGS_READ
#define WRITE VREGION_FLAGS_WRITE
#define EXECUTE VREGION_FLAGS_EXECUTE
#define LARGE VREGION_FLAGS_LARGE

#define PML4 ObjType_VNode_x86_64_pml4
#define PDPT ObjType_VNode_x86_64_pdpt
#define PDIR ObjType_VNode_x86_64_pdir
#define PTABLE ObjType_VNode_x86_64_ptable
#define AT RULES_AT
#define OUT RULES_AT(SLOT_OUT)
#define MADE SLOT_TEST ///< a Mapping to begin with
#define ENTRIES(first, count) ((first) | (uint64_t)(count) << 16)
#define ONE ENTRIES(5, 1)

/// All that can be mapped, in each table that takes it.
static const struct {
    unsigned table, object;
    uint64_t flags;
} pairs[] = {
    {PML4, PDPT, READ},
    {PDPT, PDIR, READ},
    {PDIR, PTABLE, READ},
    {PDPT, ObjType_DevFrame, READ | LARGE},
    {PDIR, SLOT_LARGE, READ | LARGE},
    {PDIR, ObjType_DevFrame, READ | LARGE},
    {PTABLE, SLOT_FRAME, READ},
    {PTABLE, ObjType_DevFrame, READ},
    {PTABLE, ObjType_EndPointUMP, READ},
};

static void test_pair(unsigned table, unsigned object, uint64_t flags)
{
    RULES_LEAST(VNODE_CMD_MAP, table, ONE, AT(object), 0, flags, OUT);
    RULES_EXPECT(SYS_ERR_OK, VNODE_CMD_MAP, table, ENTRIES(9, 1), AT(object), 0, flags, AT(MADE));
    RULES_LEAST(VNODE_CMD_READ, table, 9);
    RULES_LEAST(VNODE_CMD_COPY, table, ONE, AT(MADE), 0, flags, OUT);
    if (cap_type(rules_look(object).type)->pages)
        RULES_LEAST(MAPPING_CMD_MODIFY, MADE, ENTRIES(0, 1), READ | WRITE);
    else
        RULES_EXPECT(SYS_ERR_CAP_TYPE, MAPPING_CMD_MODIFY, MADE, ENTRIES(0, 1), READ);
    RULES_LEAST(VNODE_CMD_UNMAP, table, AT(MADE));
    EXPECT(rules_look(MADE).type == ObjType_Null);
    EXPECT(rules_call(VNODE_CMD_READ, AT(table), (const uint64_t[CAP_ARGS]){9}).value == 0);
}

/// Every flag against every right that it needs.
static void test_flags(unsigned table, unsigned object, uint64_t more)
{
    for (uint64_t rights = 0; rights <= (CAPRIGHTS_READ | CAPRIGHTS_WRITE | CAPRIGHTS_EXECUTE);
         rights++) {
        RULES_EXPECT(SYS_ERR_OK, CAP_CMD_MINT, object, AT(SLOT_TEST + 1), rights);
        for (uint64_t flags = 0; flags <= (READ | WRITE | EXECUTE); flags++) {
            // The flags' bits are those of the rights.
            bool allowed =
                (flags & READ) != 0 && (flags & ~rights) == 0 && flags != (READ | WRITE | EXECUTE);
            enum err_code expected = (rights & CAPRIGHTS_READ) == 0 ? SYS_ERR_RIGHTS
                                     : allowed                      ? SYS_ERR_OK
                                                                    : SYS_ERR_VNODE_FLAGS;
            RULES_EXPECT(expected, VNODE_CMD_MAP, table, ONE, AT(SLOT_TEST + 1), 0, flags | more,
                         AT(MADE));
            if (expected != SYS_ERR_OK)
                continue;
            for (uint64_t changed = 0; changed <= (READ | WRITE | EXECUTE); changed++) {
                bool good = (changed & READ) != 0 && (changed & ~rights) == 0 &&
                            changed != (READ | WRITE | EXECUTE);
                RULES_EXPECT(good ? SYS_ERR_OK : SYS_ERR_VNODE_FLAGS, MAPPING_CMD_MODIFY, MADE,
                             ENTRIES(0, 1), changed);
                RULES_EXPECT(good ? SYS_ERR_OK : SYS_ERR_VNODE_FLAGS, VNODE_CMD_COPY, table,
                             ENTRIES(6, 1), AT(MADE), 0, changed | more, OUT);
                if (good)
                    rules_delete(SLOT_OUT);
            }
            rules_delete(MADE);
        }
        rules_delete(SLOT_TEST + 1);
    }
}

static const struct rules_row map_rows[] = {
    {VNODE_CMD_MAP,
     AT(PTABLE),
     {ENTRIES(512, 1), AT(SLOT_FRAME), 0, READ, OUT},
     SYS_ERR_VNODE_SLOT},
    {VNODE_CMD_MAP,
     AT(PTABLE),
     {ENTRIES(511, 2), AT(SLOT_FRAME), 0, READ, OUT},
     SYS_ERR_VNODE_SLOT},
    {VNODE_CMD_MAP, AT(PTABLE), {ENTRIES(5, 0), AT(SLOT_FRAME), 0, READ, OUT}, SYS_ERR_VNODE_SLOT},
    {VNODE_CMD_MAP, AT(PTABLE), {~0ul, AT(SLOT_FRAME), 0, READ, OUT}, SYS_ERR_VNODE_SLOT},
    {VNODE_CMD_MAP, AT(PML4), {ENTRIES(255, 1), AT(PDPT), 0, READ, OUT}, SYS_ERR_VNODE_SLOT},
    {VNODE_CMD_MAP, AT(PML4), {ENTRIES(511, 1), AT(PDPT), 0, READ, OUT}, SYS_ERR_VNODE_SLOT},
    {VNODE_CMD_MAP,
     AT(PTABLE),
     {ENTRIES(0, 1), AT(SLOT_FRAME), 0, READ, OUT},
     SYS_ERR_VNODE_IN_USE},
    {VNODE_CMD_MAP, AT(PML4), {ONE, AT(PDIR), 0, READ, OUT}, SYS_ERR_VNODE_LEVEL},
    {VNODE_CMD_MAP, AT(PML4), {ONE, AT(PML4), 0, READ, OUT}, SYS_ERR_VNODE_LEVEL},
    {VNODE_CMD_MAP,
     AT(PML4),
     {ONE, AT(ObjType_DevFrame), 0, READ | LARGE, OUT},
     SYS_ERR_VNODE_LEVEL},
    {VNODE_CMD_MAP, AT(PDPT), {ONE, AT(PTABLE), 0, READ, OUT}, SYS_ERR_VNODE_LEVEL},
    {VNODE_CMD_MAP, AT(PDPT), {ONE, AT(PDIR), 0, READ | LARGE, OUT}, SYS_ERR_VNODE_LEVEL},
    {VNODE_CMD_MAP, AT(PDPT), {ONE, AT(ObjType_DevFrame), 0, READ, OUT}, SYS_ERR_VNODE_LEVEL},
    {VNODE_CMD_MAP, AT(PDIR), {ONE, AT(SLOT_LARGE), 0, READ, OUT}, SYS_ERR_VNODE_LEVEL},
    {VNODE_CMD_MAP, AT(PTABLE), {ONE, AT(SLOT_LARGE), 0, READ | LARGE, OUT}, SYS_ERR_VNODE_LEVEL},
    {VNODE_CMD_MAP, AT(PTABLE), {ONE, AT(PTABLE), 0, READ, OUT}, SYS_ERR_VNODE_LEVEL},
    {VNODE_CMD_MAP, AT(PDIR), {ENTRIES(5, 2), AT(PTABLE), 0, READ, OUT}, SYS_ERR_RETYPE_RANGE},
    {VNODE_CMD_MAP, AT(PDIR), {ONE, AT(PTABLE), 4096, READ, OUT}, SYS_ERR_RETYPE_RANGE},
    {VNODE_CMD_MAP, AT(PTABLE), {ONE, AT(SLOT_FRAME), 2048, READ, OUT}, SYS_ERR_RETYPE_RANGE},
    {VNODE_CMD_MAP, AT(PTABLE), {ONE, AT(SLOT_FRAME), 0x4000, READ, OUT}, SYS_ERR_RETYPE_RANGE},
    {VNODE_CMD_MAP, AT(PTABLE), {ONE, AT(SLOT_FRAME), -4096ul, READ, OUT}, SYS_ERR_RETYPE_RANGE},
    {VNODE_CMD_MAP,
     AT(PTABLE),
     {ENTRIES(5, 5), AT(SLOT_FRAME), 0, READ, OUT},
     SYS_ERR_RETYPE_RANGE},
    {VNODE_CMD_MAP, AT(PDIR), {ONE, AT(SLOT_LARGE), 4096, READ | LARGE, OUT}, SYS_ERR_RETYPE_RANGE},
    {VNODE_CMD_MAP,
     AT(PDIR),
     {ENTRIES(5, 2), AT(SLOT_LARGE), 0, READ | LARGE, OUT},
     SYS_ERR_RETYPE_RANGE},
    {VNODE_CMD_MAP, AT(PDIR), {ONE, AT(SLOT_FRAME), 0, READ | LARGE, OUT}, SYS_ERR_RETYPE_RANGE},
    {VNODE_CMD_MAP, AT(PDPT), {ONE, AT(SLOT_LARGE), 0, READ | LARGE, OUT}, SYS_ERR_RETYPE_RANGE},
    {VNODE_CMD_MAP, AT(PTABLE), {ONE, AT(SLOT_FRAME), 0, READ | 0x40, OUT}, SYS_ERR_ARGS},
    {VNODE_CMD_MAP, AT(PDIR), {ONE, AT(PTABLE), 0, 0x40, OUT}, SYS_ERR_ARGS},
    {VNODE_CMD_MAP, AT(PTABLE), {ONE, AT(SLOT_FRAME), 0, READ, RULES_ROOT}, SYS_ERR_CNODE_TYPE},
    {VNODE_CMD_READ, AT(PTABLE), {512}, SYS_ERR_VNODE_SLOT},
    {VNODE_CMD_READ, AT(PML4), {255}, SYS_ERR_VNODE_SLOT},
    {VNODE_CMD_READ, AT(PML4), {256}, SYS_ERR_VNODE_SLOT},
    {VNODE_CMD_READ, AT(PTABLE), {~0ul}, SYS_ERR_VNODE_SLOT},
};

/// Of a Mapping of four pages in the ptable.
static const struct rules_row made_rows[] = {
    {VNODE_CMD_MAP, AT(PTABLE), {ENTRIES(16, 4), AT(SLOT_FRAME), 0, READ, AT(MADE)}, SYS_ERR_OK},
    {VNODE_CMD_COPY, AT(SLOT_TABLE), {ENTRIES(0, 5), AT(MADE), 0, READ, OUT}, SYS_ERR_VNODE_SLOT},
    {VNODE_CMD_COPY, AT(SLOT_TABLE), {ENTRIES(0, 2), AT(MADE), 3, READ, OUT}, SYS_ERR_VNODE_SLOT},
    {VNODE_CMD_COPY,
     AT(SLOT_TABLE),
     {ENTRIES(0, 1), AT(MADE), ~0ul, READ, OUT},
     SYS_ERR_VNODE_SLOT},
    {VNODE_CMD_COPY, AT(SLOT_TABLE), {ENTRIES(0, 0), AT(MADE), 0, READ, OUT}, SYS_ERR_VNODE_SLOT},
    {VNODE_CMD_COPY, AT(SLOT_TABLE), {ENTRIES(512, 1), AT(MADE), 0, READ, OUT}, SYS_ERR_VNODE_SLOT},
    {VNODE_CMD_COPY,
     AT(PDIR),
     {ENTRIES(0, 1), AT(MADE), 0, READ | LARGE, OUT},
     SYS_ERR_VNODE_LEVEL},
    {VNODE_CMD_COPY, AT(PTABLE), {ENTRIES(16, 1), AT(MADE), 0, READ, OUT}, SYS_ERR_VNODE_IN_USE},
    {VNODE_CMD_COPY,
     AT(SLOT_TABLE),
     {ENTRIES(0, 1), AT(MADE), 0, READ | LARGE, OUT},
     SYS_ERR_VNODE_LEVEL},
    {VNODE_CMD_COPY, AT(SLOT_TABLE), {ENTRIES(0, 1), AT(MADE), 0, READ | 0x40, OUT}, SYS_ERR_ARGS},
    {VNODE_CMD_COPY,
     AT(SLOT_TABLE),
     {ENTRIES(0, 1), AT(MADE), 0, READ, RULES_ROOT},
     SYS_ERR_CNODE_TYPE},
    {VNODE_CMD_COPY, AT(SLOT_TABLE), {ENTRIES(0, 2), AT(MADE), 2, READ, OUT}, SYS_ERR_OK},
    {VNODE_CMD_UNMAP, AT(PTABLE), {OUT}, SYS_ERR_ARGS}, // made in another table
    {MAPPING_CMD_MODIFY, AT(MADE), {ENTRIES(0, 5), READ}, SYS_ERR_VNODE_SLOT},
    {MAPPING_CMD_MODIFY, AT(MADE), {ENTRIES(4, 1), READ}, SYS_ERR_VNODE_SLOT},
    {MAPPING_CMD_MODIFY, AT(MADE), {ENTRIES(0, 0), READ}, SYS_ERR_VNODE_SLOT},
    {MAPPING_CMD_MODIFY, AT(MADE), {~0ul, READ}, SYS_ERR_VNODE_SLOT},
    {MAPPING_CMD_MODIFY, AT(MADE), {ENTRIES(0, 1), READ | 0x40}, SYS_ERR_ARGS},
    {CAP_CMD_DELETE, AT(MADE), {0}, SYS_ERR_OK},
    {VNODE_CMD_UNMAP, AT(SLOT_TABLE), {OUT}, SYS_ERR_OK}, // and the copy has lived on
};

/// A Mapping has the rights of the capability that was mapped, and cannot be minted.
static void test_own_rights(void)
{
    const uint64_t missing[][2] = {{CAP_CMD_IDENTIFY, CAPRIGHTS_IDENTIFY},
                                   {CAP_CMD_REVOKE, CAPRIGHTS_GRANT}};
    static struct capability info;
    for (size_t i = 0; i < 2; i++) {
        RULES_EXPECT(SYS_ERR_OK, CAP_CMD_MINT, SLOT_FRAME, AT(SLOT_TEST + 1),
                     CAPRIGHTS_ALL & ~missing[i][1]);
        RULES_EXPECT(SYS_ERR_OK, VNODE_CMD_MAP, PTABLE, ONE, AT(SLOT_TEST + 1), 0, READ, AT(MADE));
        RULES_EXPECT(SYS_ERR_RIGHTS, missing[i][0], MADE, (uint64_t)&info);
        rules_delete(MADE);
        rules_delete(SLOT_TEST + 1);
    }
}

void rules_test_vnode(void)
{
    test_own_rights();
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        test_pair(pairs[i].table, pairs[i].object, pairs[i].flags);
    test_flags(PTABLE, SLOT_FRAME, 0);
    test_flags(PTABLE, ObjType_DevFrame, 0);
    test_flags(PTABLE, ObjType_EndPointUMP, 0);
    test_flags(PDIR, SLOT_LARGE, LARGE);
    test_flags(PDPT, ObjType_DevFrame, LARGE);
    rules_rows(map_rows, sizeof(map_rows) / sizeof(map_rows[0]));
    rules_rows(made_rows, sizeof(made_rows) / sizeof(made_rows[0]));
}
