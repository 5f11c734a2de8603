// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Shows that an audit can fail: puts into a cell, from outside, what it could have come by only
// through a mistake of the CPU driver, and looks.
#include "fuzz.h"

#include <stdio.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "kpi/vspace.h"

static uint64_t violations(const struct fuzz_cell *fuzz)
{
    struct fuzz_found found = {0};
    fuzz_audit(fuzz, true, true, &found);
    return found.violations;
}

static void expect_found(const struct fuzz_cell *fuzz, const char *what)
{
    if (!EXPECT(violations(fuzz) > 0))
        printf("  not found: %s\n", what);
}

static void check_capabilities(const struct fuzz_cell *fuzz)
{
    const uint64_t no_grant = CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT;
    const uint64_t no_identify = CAPRIGHTS_ALL & ~CAPRIGHTS_IDENTIFY;
    const struct {
        const char *what;
        struct capref cap;
        uint64_t rights;
        uint64_t badge;
    } plants[] = {
        {"a right gained", fuzz->sink_cap, CAPRIGHTS_ALL, FUZZ_BADGE},
        {"a badge removed", fuzz->sink_cap, no_grant, 0},
        {"a badge changed", fuzz->sink_cap, no_grant, FUZZ_BADGE + 1},
        {"Kernel with the right to write", cap_kernel, no_grant, 0},
        {"memory from elsewhere", cap_dispframe, CAPRIGHTS_READ | CAPRIGHTS_IDENTIFY, 0},
        {"memory from elsewhere that hides", cap_dispframe, CAPRIGHTS_READ, 0},
        {"a device from elsewhere", cap_io, CAPRIGHTS_ALL, 0},
        {"a page of code that can be written", fuzz->cell.slots[7],
         no_identify & ~CAPRIGHTS_EXECUTE, 0},
    };
    struct capref to = fuzz_slot(&fuzz->cell, FUZZ_CNODE_EMPTY, 0);
    for (unsigned i = 0; i < sizeof(plants) / sizeof(plants[0]); i++) {
        if (EXPECT_OK(cap_mint(to, plants[i].cap, plants[i].rights, plants[i].badge))) {
            expect_found(fuzz, plants[i].what);
            EXPECT_OK(cap_delete(to));
        }
    }
}

static struct capref kept(const struct fuzz_cell *fuzz, enum objtype type)
{
    unsigned slot = 0;
    while (slot + 1 < FUZZ_OBJECTS && fuzz->model.types[slot] != type)
        slot++;
    return fuzz->kept[slot];
}

static void check_entries(const struct fuzz_cell *fuzz)
{
    struct capref table = kept(fuzz, ObjType_VNode_x86_64_ptable), mapping;
    struct capref directory = kept(fuzz, ObjType_VNode_x86_64_pdir);
    const struct {
        const char *what;
        struct capref table, mapped;
        uint64_t flags;
    } plants[] = {
        {"a writable page of code", table, fuzz->cell.slots[7], VREGION_FLAGS_READ_WRITE},
        {"a writable page of what can be read", table, fuzz->kept[FUZZ_SLOT_READ_ONLY],
         VREGION_FLAGS_READ_WRITE},
        {"an executable page of what can be read", table, fuzz->kept[FUZZ_SLOT_READ_ONLY],
         VREGION_FLAGS_READ_EXECUTE},
        {"a page from elsewhere", table, cap_dispframe, VREGION_FLAGS_READ},
        {"a table of which not all may be used", directory, fuzz->kept[FUZZ_SLOT_PART_TABLE],
         VREGION_FLAGS_READ},
    };
    if (!EXPECT_OK(slot_alloc(&mapping)))
        return;
    for (unsigned i = 0; i < sizeof(plants) / sizeof(plants[0]); i++) {
        if (EXPECT_OK(vnode_map(plants[i].table, plants[i].mapped, 100, plants[i].flags, 0, 1,
                                mapping))) {
            expect_found(fuzz, plants[i].what);
            EXPECT_OK(vnode_unmap(plants[i].table, mapping));
        }
    }
    EXPECT_OK(slot_free(mapping));
}

void fuzz_self_check(const struct fuzz_cell *fuzz)
{
    EXPECT(violations(fuzz) == 0);
    check_capabilities(fuzz);
    check_entries(fuzz);
    EXPECT(violations(fuzz) == 0);
}
