// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Every capability that an ordinary domain holds at its start, with the most rights that it may
// have and the reason why it has it. What is not in the table, or has more rights, is a fault of
// whoever gave it. The domain was started with boot information, which is more than most get.
#include "start.h"

#include <stdio.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/domain.h"
#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/vspace_common.h"
#include "kpi/bootinfo.h"
#include "systest/systest.h"

#define ALL CAPRIGHTS_ALL
#define NO_GRANT (CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT)
#define LAST (L2_CNODE_SLOTS - 1)
#define TYPE(type) (1u << ObjType_##type)
#define MEMORY (TYPE(RAM) | TYPE(Frame))
#define TABLES                                                                                     \
    (TYPE(VNode_x86_64_pml4) | TYPE(VNode_x86_64_pdpt) | TYPE(VNode_x86_64_pdir) |                 \
     TYPE(VNode_x86_64_ptable))

struct row {
    cslot_t root, root_last; ///< slots of the L1CNode
    cslot_t first, last;     ///< slots of the L2CNode there
    uint32_t types;
    uint8_t rights; ///< the most
    bool badged;    ///< with the domain's own ID
    const char *why;
};

#define TASK(slot, type, rights, badged, why)                                                      \
    {                                                                                              \
        ROOTCN_SLOT_TASKCN, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_##slot, TASKCN_SLOT_##slot,            \
            TYPE(type), rights, badged, why                                                        \
    }

static const struct row rows[] = {
    TASK(ROOTCN, L1CNode, NO_GRANT, false, "to grow it; revoking it is its spawner's"),
    TASK(DISPATCHER, Dispatcher, NO_GRANT, false,
         "to make endpoints; revoking it is its spawner's"),
    TASK(DISPFRAME, Frame, ALL, false, "its own: the CPU driver checks what it writes there"),
    TASK(VROOT, VNode_x86_64_pml4, ALL, false, "to page itself"),
    TASK(ARGSPAGE, Frame, ALL, false, "its own: nobody reads its arguments but itself"),
    TASK(SELFEP, EndPointLMP, ALL, false, "to mint endpoints of itself and to give them away"),
    TASK(MONITOREP, EndPointLMP, NO_GRANT, true, "to ask the monitor, as itself alone"),
    TASK(MEMSERVEP, EndPointLMP, NO_GRANT, true, "to ask the memory server, as itself alone"),
    TASK(SPAWNDEP, EndPointLMP, NO_GRANT, true, "to ask spawnd, as itself alone"),
    TASK(KERNELINFO, Kernel, CAPRIGHTS_READ, false, "to read its core's counters and clock"),
    TASK(BOOTINFO, Frame, CAPRIGHTS_READ | CAPRIGHTS_IDENTIFY, false,
         "to read: spawnd reads it too"),
    {ROOTCN_SLOT_PAGECN, ROOTCN_SLOT_PAGECN, 0, LAST, TABLES | TYPE(Mapping), ALL, false,
     "the tables of its own pages, and what is mapped there"},
    {ROOTCN_SLOT_SEGCN, ROOTCN_SLOT_SEGCN, 0, 0, TYPE(Frame), ALL, false, "its own data and stack"},
    {ROOTCN_SLOT_SEGCN, ROOTCN_SLOT_SEGCN, 1, 1, TYPE(Frame), CAPRIGHTS_READ, false,
     "its page of information, which others write"},
    {ROOTCN_SLOT_ALLOC0, L1_CNODE_SLOTS_MIN - 1, 0, LAST,
     MEMORY | TABLES | TYPE(Mapping) | TYPE(EndPointLMP), ALL, false,
     "made by the library, of memory on its own account"},
    {ROOTCN_SLOT_ALLOC0, L1_CNODE_SLOTS_MIN - 1, 0, LAST,
     TYPE(Notify) | TYPE(Frame) | TYPE(EndPointUMP), NO_GRANT, false,
     "of its channels to other domains"},
};

static const struct row *find_row(cslot_t root, cslot_t slot, uint8_t type)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct row *row = &rows[i];
        if (root >= row->root && root <= row->root_last && slot >= row->first &&
            slot <= row->last && (type == ObjType_Null || (row->types >> type & 1) != 0))
            return row;
    }
    return NULL;
}

/// One slot; what cannot be identified must be where the table allows no more, or the mapping of a
/// frame that allows no more.
static void check_slot(cslot_t root, cslot_t slot, unsigned *count)
{
    struct capability info = {0};
    errval_t err = cap_identify((struct capref){ROOTCN_CNODE(root), slot}, &info);
    if (err_no(err) == SYS_ERR_CAP_NOT_FOUND)
        return;
    ++*count;
    const struct row *row = find_row(root, slot, info.type);
    bool good = row != NULL;
    if (err_no(err) == SYS_ERR_RIGHTS) {
        good = good && ((row->rights & CAPRIGHTS_IDENTIFY) == 0 || root == ROOTCN_SLOT_PAGECN);
    } else {
        good = good && err_is_ok(err) && (info.rights & ~row->rights) == 0 &&
               (!row->badged || info.extra >> 32 == disp_get_domain_id());
    }
    if (!EXPECT(good)) {
        printf("  L1 slot %u, slot %u: type %u with rights %x, allowed %x (%s)\n", root, slot,
               info.type, info.rights, row != NULL ? row->rights : 0u,
               row != NULL ? row->why : "it is not in the table");
    }
}

static void check_table(void)
{
    unsigned count = 0;
    for (cslot_t root = 0; root < L1_CNODE_SLOTS_MIN; root++) {
        struct capability info;
        if (err_is_fail(cap_identify((struct capref){cnode_root, root}, &info)))
            continue;
        EXPECT(info.type == ObjType_L2CNode && root != ROOTCN_SLOT_MODULECN &&
               root != ROOTCN_SLOT_SUPERCN);
        for (cslot_t slot = 0; slot < L2_CNODE_SLOTS; slot++)
            check_slot(root, slot, &count);
    }
    EXPECT(count > 16); // It looked where they are.
}

/// What spawnd decides by can neither be written nor taken away.
static void attack_bootinfo(void)
{
    struct capref copy = NULL_CAP;
    void *at;
    EXPECT(((const struct bootinfo *)BOOTINFO_VADDR)->magic == BOOTINFO_MAGIC);
    EXPECT_OK(slot_alloc(&copy));
    EXPECT_OK(cap_mint(copy, cap_bootinfo, CAPRIGHTS_ALL, 0));
    EXPECT(err_is_fail(vspace_map_one_frame(&at, BOOTINFO_BYTES, copy, NULL, NULL)));
    EXPECT_ERR(cap_revoke(copy), SYS_ERR_RIGHTS);
    EXPECT_ERR(cap_revoke(cap_bootinfo), SYS_ERR_RIGHTS);
    EXPECT_OK(cap_destroy(copy));
}

/// A service's endpoint is for this domain alone: it can neither end others' nor lend its own.
static void attack_services(void)
{
    const struct capref services[] = {cap_monitorep, cap_memservep, cap_spawndep};
    const uint64_t words[LMP_MSG_LENGTH] = {1};
    for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
        struct capref copy = NULL_CAP;
        EXPECT_OK(slot_alloc(&copy));
        EXPECT_OK(cap_mint(copy, services[i], CAPRIGHTS_ALL, 0));
        EXPECT_ERR(cap_revoke(copy), SYS_ERR_RIGHTS);
        EXPECT_ERR(cap_revoke(services[i]), SYS_ERR_RIGHTS);
        EXPECT_ERR(lmp_send(cap_selfep, 0, services[i], 1, words), SYS_ERR_RIGHTS);
        EXPECT_OK(cap_destroy(copy));
    }
}

int start_check(void)
{
    check_table();
    attack_bootinfo();
    attack_services();
    return test_failures() == 0 ? 0 : 1;
}
