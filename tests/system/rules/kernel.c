// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The commands of the Kernel capability. What would end the machine or start a core is only
// refused.
#include "rules.h"

#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/vspace_common.h"
#include "kpi/bootinfo.h"
#include "kpi/vspace.h"

#define KERNEL ObjType_Kernel
#define AT RULES_AT
#define OUT RULES_AT(SLOT_OUT)
#define EP AT(ObjType_EndPointLMP)
#define KCB AT(ObjType_KCB)
#define VECTORS 192u ///< of a core
#define KERNEL_HALF 0xffff800000000000ul
#define ELSEWHERE 0xa0000ul ///< in the window, but in no capability: the old video memory
#define SLOT_COPIES 140u
#define COPIES 40u
#define BOOTINFO SLOT_TEST     ///< a frame of the size that a bootinfo has
#define SHARED (SLOT_TEST + 1) ///< a frame that a new core is to share
#define NO_CORE (BOOTINFO_CORES_MAX - 2)

static void test_counters(void)
{
    RULES_LEAST(KERNEL_CMD_STAT, KERNEL, KERNEL_STAT_EVENTS);
    RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_STAT, KERNEL, KERNEL_STAT_COUNT);
    RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_STAT, KERNEL, ~0ul);
    RULES_LEAST(KERNEL_CMD_TRANSLATE, KERNEL, KERNEL_HALF);
    RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_TRANSLATE, KERNEL, KERNEL_HALF - 1);
    RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_TRANSLATE, KERNEL, 0);
    RULES_LEAST(KERNEL_CMD_CORE_INFO, KERNEL, 0);
    RULES_LEAST(KERNEL_CMD_STAT_RESET, KERNEL, 0);
    RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_HALT, KERNEL, 96);
    RULES_LEAST(KERNEL_CMD_PRINT, KERNEL, KERNEL_HALF, 0);
    RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_PRINT, KERNEL, KERNEL_HALF, KERNEL_PRINT_MAX + 1);
    RULES_EXPECT(SYS_ERR_USER_POINTER, KERNEL_CMD_PRINT, KERNEL, KERNEL_HALF, 1);
    RULES_EXPECT(SYS_ERR_USER_POINTER, KERNEL_CMD_PRINT, KERNEL, 0, KERNEL_PRINT_MAX);
}

/// A vector for an endpoint; `command` makes it, for a capability of `type`.
static void test_vector(uint64_t command, unsigned type)
{
    RULES_EXPECT(SYS_ERR_CNODE_TYPE, command, KERNEL, EP, RULES_ROOT);
    RULES_LEAST(command, KERNEL, EP, OUT);
    struct sysret ret =
        rules_call(command, AT(KERNEL), (const uint64_t[CAP_ARGS]){EP, AT(SLOT_TEST)});
    EXPECT_OK(ret.error);
    EXPECT(rules_look(SLOT_TEST).type == type && (rules_look(SLOT_TEST).base & 0xff) == ret.value);
    // The vector of the least call is still taken: its capability has gone, its listener has not.
    RULES_EXPECT(SYS_ERR_OK, KERNEL_CMD_VECTOR_FREE, KERNEL, ret.value - 1);
    RULES_LEAST(KERNEL_CMD_VECTOR_FREE, KERNEL, ret.value);
    RULES_EXPECT(SYS_ERR_NO_LISTENER, KERNEL_CMD_VECTOR_FREE, KERNEL, ret.value);
    rules_delete(SLOT_TEST);
}

static void test_no_vector(void)
{
    static struct {
        struct capref cap;
        uint64_t vector;
    } taken[VECTORS];
    unsigned count = 0;
    errval_t err = SYS_ERR_OK;
    while (count < VECTORS && err_is_ok(err) && EXPECT_OK(slot_alloc(&taken[count].cap))) {
        err = invoke_kernel_notify_create(cap_kernel, rules_cap(ObjType_EndPointLMP),
                                          taken[count].cap, &taken[count].vector);
        count++;
    }
    RULES_EXPECT(SYS_ERR_NO_VECTOR, KERNEL_CMD_NOTIFY_CREATE, KERNEL, EP, OUT);
    RULES_EXPECT(SYS_ERR_NO_VECTOR, KERNEL_CMD_IRQDEST_CREATE, KERNEL, EP, OUT);
    EXPECT_ERR(err, SYS_ERR_NO_VECTOR);
    for (unsigned i = 0; i + 1 < count; i++) {
        EXPECT_OK(invoke_kernel_vector_free(cap_kernel, taken[i].vector));
        // Freed, but still named: whoever holds the Notify must not wake a stranger.
        EXPECT(i > 0 || err_no(rules_call(KERNEL_CMD_NOTIFY_CREATE, AT(KERNEL),
                                          (const uint64_t[CAP_ARGS]){EP, OUT})
                                   .error) == SYS_ERR_NO_VECTOR);
        EXPECT_OK(cap_destroy(taken[i].cap));
    }
    EXPECT_OK(slot_free(taken[count - 1].cap));
    RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_VECTOR_FREE, KERNEL, 0x2f);
    RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_VECTOR_FREE, KERNEL, 0xf0);
    RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_VECTOR_FREE, KERNEL, ~0ul);
}

/// Memory of this domain's own; errors first, since the least call takes it.
static void test_reclaim(void)
{
    struct capref ram;
    struct frame_identity id = {0};
    EXPECT_OK(ram_alloc_bytes(&ram, 4 * BASE_PAGE_SIZE, BASE_PAGE_SIZE));
    EXPECT_OK(frame_identify(ram, &id));
    RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_RECLAIM, KERNEL, id.base + 1, id.bytes, OUT);
    RULES_EXPECT(SYS_ERR_RETYPE_RANGE, KERNEL_CMD_RECLAIM, KERNEL, id.base, BASE_PAGE_SIZE, OUT);
    RULES_EXPECT(SYS_ERR_CNODE_TYPE, KERNEL_CMD_RECLAIM, KERNEL, id.base, id.bytes, RULES_ROOT);
    RULES_EXPECT(SYS_ERR_SLOT_IN_USE, KERNEL_CMD_RECLAIM, KERNEL, id.base, id.bytes, EP);
    RULES_LEAST(KERNEL_CMD_RECLAIM, KERNEL, id.base, id.bytes, OUT);
    EXPECT_OK(cap_destroy(ram)); // its slot is empty
}

/// What another monitor may have sent, and what none can have.
static void test_create_cap(void)
{
    struct capability raw = {
        .base = 1ul << 60, .bytes = 1, .type = ObjType_ID, .rights = CAPRIGHTS_READ};
    const uint64_t at = (uint64_t)&raw;
    RULES_LEAST(KERNEL_CMD_CREATE_CAP, KERNEL, at, OUT);
    RULES_EXPECT(SYS_ERR_USER_POINTER, KERNEL_CMD_CREATE_CAP, KERNEL, 0, OUT);
    RULES_EXPECT(SYS_ERR_USER_POINTER, KERNEL_CMD_CREATE_CAP, KERNEL, KERNEL_HALF, OUT);
    RULES_EXPECT(SYS_ERR_CNODE_TYPE, KERNEL_CMD_CREATE_CAP, KERNEL, at, RULES_ROOT);
    raw.rights = 0x20;
    RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_CREATE_CAP, KERNEL, at, OUT);
    raw.rights = CAPRIGHTS_ALL;
    raw.bytes = 2;
    RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_CREATE_CAP, KERNEL, at, OUT);
    raw.bytes = 1;
    raw.flags = CAPFLAG_ZOMBIE;
    RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_CREATE_CAP, KERNEL, at, OUT);
    for (unsigned type = 1; type < ObjType_Num; type++) {
        if (rules_has(type)) {
            raw = rules_look(type);
            raw.flags = 0;
            raw.owner = (coreid_t)(disp_get_core_id() + 1);
            bool made = type == ObjType_Mapping || type == ObjType_EndPointLMP;
            const struct cap_type *row = cap_type((uint8_t)type);
            // A second owner of an object that is ours; numbers have no owner.
            enum err_code expected = made || (row->sendable && row->owned) ? SYS_ERR_ARGS
                                     : row->sendable                       ? SYS_ERR_OK
                                                                           : SYS_ERR_CAP_TYPE;
            RULES_EXPECT(expected, KERNEL_CMD_CREATE_CAP, KERNEL, at, OUT);
            if (expected == SYS_ERR_OK)
                rules_delete(SLOT_OUT);
        }
    }
    // Interrupts that no Notify of any core stands for: exceptions, the timer, all cores at once.
    static const uint64_t wrong[] = {0x0e, 0x2f, 0xf0, 0xff, 0xff30, 0x10030};
    raw = rules_look(ObjType_Notify);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        raw.base = wrong[i];
        RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_CREATE_CAP, KERNEL, at, OUT);
    }
    raw = rules_look(SLOT_FRAME);
    raw.bytes *= 8; // across others
    RULES_EXPECT(SYS_ERR_RETYPE_RANGE, KERNEL_CMD_CREATE_CAP, KERNEL, at, OUT);
}

static void test_remote(void)
{
    for (unsigned type = 1; type < ObjType_Num; type++) {
        const struct cap_type *row = cap_type((uint8_t)type);
        if (rules_has(type) && !(row->sendable && row->owned))
            RULES_EXPECT(SYS_ERR_CAP_TYPE, KERNEL_CMD_SET_REMOTE, KERNEL, AT(type), 1);
    }
    RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_SET_REMOTE, KERNEL, AT(SLOT_FRAME), 2);
    RULES_LEAST(KERNEL_CMD_SET_REMOTE, KERNEL, AT(SLOT_FRAME), 1);
    EXPECT(rules_look(SLOT_FRAME).flags == CAPFLAG_REMOTE);
    RULES_EXPECT(SYS_ERR_REMOTE, CAP_CMD_REVOKE, SLOT_FRAME, 0);
    RULES_EXPECT(SYS_ERR_REMOTE, CAP_CMD_RETYPE, SLOT_FRAME, 0, ObjType_Frame | 1ul << 32,
                 BASE_PAGE_SIZE, OUT);
    RULES_EXPECT(SYS_ERR_OK, KERNEL_CMD_SET_REMOTE, KERNEL, AT(SLOT_FRAME), 0);
    EXPECT(rules_look(SLOT_FRAME).flags == 0);
    // So many copies that they are marked in steps.
    for (unsigned i = 0; i < COPIES; i++)
        EXPECT_OK(cap_copy(rules_cap(SLOT_COPIES + i), rules_cap(SLOT_FRAME)));
    for (uint64_t mark = 2; mark > 0; mark--) {
        RULES_EXPECT(SYS_ERR_OK, KERNEL_CMD_SET_REMOTE, KERNEL, AT(SLOT_FRAME), mark - 1);
        EXPECT((rules_look(SLOT_COPIES + COPIES - 1).flags != 0) == (mark == 2));
    }
    RULES_EXPECT(SYS_ERR_OK, CAP_CMD_REVOKE, SLOT_FRAME, 0);
    EXPECT(rules_look(SLOT_COPIES).type == ObjType_Null);
    RULES_EXPECT(SYS_ERR_OK, VNODE_CMD_MAP, ObjType_VNode_x86_64_ptable, 1ul << 16, AT(SLOT_FRAME),
                 0, VREGION_FLAGS_READ, AT(SLOT_MAPPING));
}

/// A frame that another core owns can be had, but not cut, revoked, or lived in. Its owner, who
/// never heard of it, is said to have forgotten it, so that it goes without a word.
static void test_foreign(void)
{
    struct capability raw = {.base = ELSEWHERE,
                             .bytes = 4 * BASE_PAGE_SIZE,
                             .type = ObjType_Frame,
                             .rights = CAPRIGHTS_ALL,
                             .owner = (coreid_t)(disp_get_core_id() + 1)};
    const uint64_t foreign = AT(SLOT_TEST), disp = AT(ObjType_Dispatcher);
    const uint64_t root = AT(ObjType_L1CNode), pml4 = AT(ObjType_VNode_x86_64_pml4);
    const uint64_t frame = ObjType_Frame | 1ul << 32;
    const struct rules_row rows[] = {
        {KERNEL_CMD_CREATE_CAP, AT(KERNEL), {(uint64_t)&raw, foreign}, SYS_ERR_OK},
        {CAP_CMD_RETYPE, foreign, {0, frame, BASE_PAGE_SIZE, OUT}, SYS_ERR_REMOTE},
        {CAP_CMD_REVOKE, foreign, {0}, SYS_ERR_REMOTE},
        {DISPATCHER_CMD_SETUP, disp, {root, pml4, foreign, 0, 1, 0x200000}, SYS_ERR_DISP_FRAME},
        {DISPATCHER_CMD_INFO, disp, {foreign}, SYS_ERR_DISP_FRAME},
        {KERNEL_CMD_SET_REMOTE, AT(KERNEL), {foreign, 0}, SYS_ERR_OK},
        {CAP_CMD_RETYPE, foreign, {0, frame, BASE_PAGE_SIZE, OUT}, SYS_ERR_REMOTE},
        {CAP_CMD_DELETE, foreign, {0}, SYS_ERR_OK},
    };
    rules_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

/// Writes a good bootinfo for a core that is not there, to share the frame in a slot.
static void write_bootinfo(uint64_t shared)
{
    struct bootinfo *bootinfo;
    struct frame_identity id = {0};
    EXPECT_OK(frame_identify(rules_cap(shared), &id));
    if (!EXPECT_OK(vspace_map_one_frame((void **)&bootinfo, BOOTINFO_BYTES, rules_cap(BOOTINFO),
                                        NULL, NULL)))
        return;
    bootinfo->magic = BOOTINFO_MAGIC;
    bootinfo->core_id = NO_CORE;
    bootinfo->regions_count = 1;
    bootinfo->regions[0] = (struct bootinfo_region){
        .base = id.base, .bytes = id.bytes, .slot = rules_caddr(AT(shared)), .kind = REGION_SHARED};
    EXPECT_OK(vspace_unmap(bootinfo));
}

/// What a new core shares stays with this one, so it cannot be what it gets. Its copies are marked
/// in steps, before the core starts: it never does, for nobody asks again.
static void test_share(void)
{
    const uint64_t frame = AT(BOOTINFO);
    EXPECT_OK(frame_create(rules_cap(BOOTINFO), BOOTINFO_BYTES, NULL));
    EXPECT_OK(frame_create(rules_cap(SHARED), BASE_PAGE_SIZE, NULL));
    write_bootinfo(BOOTINFO);
    RULES_EXPECT(SYS_ERR_CORE_DATA, KERNEL_CMD_START_CORE, KERNEL, NO_CORE, NO_CORE, frame, KCB);
    write_bootinfo(SHARED);
    for (unsigned i = 0; i < COPIES; i++)
        EXPECT_OK(cap_copy(rules_cap(SLOT_COPIES + i), rules_cap(SHARED)));
    errval_t err = syscall_invoke(rules_caddr(AT(KERNEL)), KERNEL_CMD_START_CORE, NO_CORE, NO_CORE,
                                  rules_caddr(frame), rules_caddr(KCB), 0, 0)
                       .error;
    rules_account(KERNEL_CMD_START_CORE, err);
    EXPECT_ERR(err, SYS_ERR_AGAIN);
    EXPECT(rules_look(SHARED).flags == (CAPFLAG_REMOTE | CAPFLAG_HELD));
    EXPECT(rules_look(SLOT_COPIES + COPIES - 1).flags == 0);
    RULES_EXPECT(SYS_ERR_CAP_BUSY, CAP_CMD_COPY, SLOT_COPIES, AT(SLOT_OUT));
    RULES_EXPECT(SYS_ERR_OK, KERNEL_CMD_SET_REMOTE, KERNEL, AT(SHARED), 0);
    RULES_EXPECT(SYS_ERR_OK, CAP_CMD_REVOKE, SHARED, 0);
    rules_delete(SHARED);
    rules_delete(BOOTINFO);
}

/// A core never starts here: no bootinfo has the magic number.
static void test_start_core(void)
{
    uint64_t info =
        rules_call(KERNEL_CMD_CORE_INFO, AT(KERNEL), (const uint64_t[CAP_ARGS]){0}).value;
    uint64_t apic = info >> 16, none = NO_CORE;
    const uint64_t frame = AT(BOOTINFO);
    EXPECT_OK(frame_create(rules_cap(BOOTINFO), BOOTINFO_BYTES, NULL));
    const struct rules_row rows[] = {
        {KERNEL_CMD_START_CORE, AT(KERNEL), {0, none, frame, KCB}, SYS_ERR_CORE_INVALID},
        {KERNEL_CMD_START_CORE,
         AT(KERNEL),
         {BOOTINFO_CORES_MAX, none, frame, KCB},
         SYS_ERR_CORE_INVALID},
        {KERNEL_CMD_START_CORE, AT(KERNEL), {none, 255, frame, KCB}, SYS_ERR_CORE_INVALID},
        {KERNEL_CMD_START_CORE, AT(KERNEL), {none, apic, frame, KCB}, SYS_ERR_CORE_INVALID},
        {KERNEL_CMD_START_CORE,
         AT(KERNEL),
         {none, apic ^ 1, frame, KCB},
         SYS_ERR_CORE_INVALID}, // up
        {KERNEL_CMD_START_CORE, AT(KERNEL), {none, none, AT(SLOT_LARGE), KCB}, SYS_ERR_CORE_DATA},
        {KERNEL_CMD_START_CORE, AT(KERNEL), {none, none, frame, KCB}, SYS_ERR_CORE_DATA},
        {KERNEL_CMD_START_CORE, AT(KERNEL), {none, none, KCB, KCB}, SYS_ERR_CAP_TYPE},
        {KERNEL_CMD_START_CORE, AT(KERNEL), {none, none, frame, frame}, SYS_ERR_CAP_TYPE},
        {CAP_CMD_COPY, frame, {OUT}, SYS_ERR_OK},
        {KERNEL_CMD_START_CORE, AT(KERNEL), {none, none, frame, KCB}, SYS_ERR_HAS_COPIES},
        {CAP_CMD_DELETE, OUT, {0}, SYS_ERR_OK},
        {CAP_CMD_RETYPE, KCB, {0, ObjType_KCB | 1ul << 32, OBJSIZE_KCB, OUT}, SYS_ERR_OK},
        {KERNEL_CMD_START_CORE, AT(KERNEL), {none, none, frame, KCB}, SYS_ERR_REVOKE_FIRST},
        {CAP_CMD_DELETE, OUT, {0}, SYS_ERR_OK},
        {KERNEL_CMD_SET_REMOTE, AT(KERNEL), {frame, 1}, SYS_ERR_OK},
        {KERNEL_CMD_START_CORE, AT(KERNEL), {none, none, frame, KCB}, SYS_ERR_REMOTE},
        {KERNEL_CMD_SET_REMOTE, AT(KERNEL), {frame, 0}, SYS_ERR_OK},
        {CAP_CMD_DELETE, frame, {0}, SYS_ERR_OK},
        {KERNEL_CMD_SET_RETURNS,
         AT(KERNEL),
         {KERNEL_RETURNS_COUNT, AT(ObjType_L2CNode), EP},
         SYS_ERR_ARGS},
        {KERNEL_CMD_SET_RETURNS,
         AT(KERNEL),
         {KERNEL_RETURNS_RAM, AT(ObjType_L2CNode), EP},
         SYS_ERR_SLOT_IN_USE},
        {KERNEL_CMD_SET_RETURNS,
         AT(KERNEL),
         {KERNEL_RETURNS_REMOTE, AT(ObjType_L2CNode), EP},
         SYS_ERR_SLOT_IN_USE},
    };
    RULES_REFUSED(KERNEL_CMD_START_CORE, KERNEL, none, none, frame, KCB);
    RULES_REFUSED(KERNEL_CMD_SET_RETURNS, KERNEL, KERNEL_RETURNS_RAM, AT(ObjType_L2CNode), EP);
    RULES_REFUSED(KERNEL_CMD_HALT, KERNEL, 0);
    rules_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

void rules_test_kernel(void)
{
    test_counters();
    test_vector(KERNEL_CMD_NOTIFY_CREATE, ObjType_Notify);
    test_vector(KERNEL_CMD_IRQDEST_CREATE, ObjType_IRQDest);
    test_no_vector();
    test_reclaim();
    test_create_cap();
    test_remote();
    test_foreign();
    test_start_core();
    test_share();
    RULES_LEAST(KERNEL_CMD_ID_CREATE, KERNEL, OUT);
    RULES_EXPECT(SYS_ERR_CNODE_TYPE, KERNEL_CMD_ID_CREATE, KERNEL, RULES_ROOT);
}
