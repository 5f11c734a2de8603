// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The commands that every capability has, on a capability of every type: copy, mint, identify,
// delete, retype, revoke. And those that it has not.
#include "rules.h"

#define TYPES_OF(command) (cap_command(command) != NULL ? cap_command(command)->types : 0)
#define SLOT_LAST (L2_CNODE_SLOTS - 1)
#define OBJECTS(type, count) ((uint64_t)(type) | (uint64_t)(count) << 32)

/// Each command on each type that does not have it, and numbers that are none.
void rules_test_illegal(void)
{
    static const uint64_t beyond[] = {CAP_CMD_COUNT, 255, 1ul << 32, 1ul << 63, ~0ul};
    for (unsigned type = 1; type < ObjType_Num; type++) {
        for (uint64_t command = 0; rules_has(type) && command < CAP_CMD_COUNT; command++)
            if ((TYPES_OF(command) >> type & 1) == 0)
                RULES_EXPECT(SYS_ERR_ILLEGAL_INVOCATION, command, type, 0);
        for (size_t i = 0; rules_has(type) && i < sizeof(beyond) / sizeof(beyond[0]); i++)
            RULES_EXPECT(SYS_ERR_ILLEGAL_INVOCATION, beyond[i], type, 0);
    }
    RULES_EXPECT(SYS_ERR_ILLEGAL_INVOCATION, ENDPOINT_CMD_SEND, ObjType_EndPointLMP, 0);
}

/// No copy has a right that its original has not.
static void expect_no_gain(unsigned type)
{
    uint64_t from = SLOT_TEST, to = SLOT_TEST + 1;
    for (uint64_t rights = CAPRIGHTS_IDENTIFY; rights <= CAPRIGHTS_ALL; rights++) {
        RULES_EXPECT(SYS_ERR_OK, CAP_CMD_MINT, type, RULES_AT(from), rights);
        RULES_EXPECT(SYS_ERR_OK, CAP_CMD_MINT, from, RULES_AT(to), ~0ul);
        EXPECT(rules_look(to).rights == rights && rules_look(to).type == type);
        rules_delete(to);
        RULES_EXPECT(SYS_ERR_OK, CAP_CMD_COPY, from, RULES_AT(to));
        EXPECT(rules_look(to).rights == rights);
        rules_delete(to);
        rules_delete(from);
    }
}

static void test_each_type(unsigned type)
{
    struct capability info = {0};
    RULES_LEAST(CAP_CMD_IDENTIFY, type, (uint64_t)&info);
    EXPECT(info.type == type);
    RULES_EXPECT(SYS_ERR_USER_POINTER, CAP_CMD_IDENTIFY, type, 0);
    RULES_EXPECT(SYS_ERR_USER_POINTER, CAP_CMD_IDENTIFY, type, 0xffffffff80200000);
    if (type == ObjType_Mapping) {
        RULES_EXPECT(SYS_ERR_NO_COPY, CAP_CMD_COPY, type, RULES_AT(SLOT_OUT));
        RULES_EXPECT(SYS_ERR_NO_COPY, CAP_CMD_MINT, type, RULES_AT(SLOT_OUT), CAPRIGHTS_ALL);
        return;
    }
    RULES_LEAST(CAP_CMD_COPY, type, RULES_AT(SLOT_OUT));
    RULES_LEAST(CAP_CMD_MINT, type, RULES_AT(SLOT_OUT), CAPRIGHTS_READ, 0);
    expect_no_gain(type);
    RULES_EXPECT(type == ObjType_EndPointLMP ? SYS_ERR_OK : SYS_ERR_ARGS, CAP_CMD_MINT, type,
                 RULES_AT(SLOT_TEST), 0, 7);
    RULES_EXPECT(type == ObjType_L2CNode ? SYS_ERR_OK : SYS_ERR_CNODE_TYPE, CAP_CMD_COPY, type,
                 RULES_ROOT);
    RULES_EXPECT(type == ObjType_L2CNode ? SYS_ERR_SLOT_IN_USE : SYS_ERR_CNODE_TYPE, CAP_CMD_MINT,
                 type, RULES_ROOT, CAPRIGHTS_ALL);
    if (type == ObjType_L2CNode)
        rules_row(&(const struct rules_row){CAP_CMD_DELETE, RULES_ROOT, {0}, SYS_ERR_OK});
    if (type == ObjType_EndPointLMP) {
        RULES_EXPECT(SYS_ERR_ARGS, CAP_CMD_MINT, SLOT_TEST, RULES_AT(SLOT_OUT), 0, 8);
        RULES_EXPECT(SYS_ERR_ARGS, CAP_CMD_MINT, type, RULES_AT(SLOT_OUT), 0, 1ul << 32);
        rules_delete(SLOT_TEST);
    }
    // Deletion needs no right but that of the CNode.
    RULES_EXPECT(SYS_ERR_OK, CAP_CMD_MINT, type, RULES_AT(SLOT_TEST), 0);
    rules_row(
        &(const struct rules_row){CAP_CMD_DELETE, RULES_NO_WRITE(SLOT_TEST), {0}, SYS_ERR_RIGHTS});
    rules_row(&(const struct rules_row){CAP_CMD_DELETE, RULES_NO_READ(SLOT_TEST), {0}, SYS_ERR_OK});
    RULES_EXPECT(SYS_ERR_CAP_NOT_FOUND, CAP_CMD_DELETE, SLOT_TEST, 0);
}

void rules_test_copy(void)
{
    static const uint64_t commands[] = {CAP_CMD_COPY,   CAP_CMD_MINT,     CAP_CMD_RETYPE,
                                        CAP_CMD_REVOKE, CAP_CMD_IDENTIFY, VNODE_CMD_MAP};
    for (unsigned type = 1; type < ObjType_Num; type++)
        if (rules_has(type))
            test_each_type(type);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const struct rules_row rows[] = {
            {commands[i], RULES_AT(SLOT_EMPTY), {0}, SYS_ERR_CAP_NOT_FOUND},
            {commands[i], RULES_AT(SLOT_BUSY), {0}, SYS_ERR_CAP_BUSY},
            {commands[i], RULES_NO_READ(SLOT_FRAME), {0}, SYS_ERR_RIGHTS},
            {commands[i], ~0ul, {0}, SYS_ERR_SLOT_INVALID},
            {commands[i], 0, {0}, SYS_ERR_SLOT_INVALID},
        };
        rules_rows(rows, sizeof(rows) / sizeof(rows[0]));
    }
}

/// Where in the stage's capability of a type nothing has been made yet.
static uint64_t free_offset(unsigned type)
{
    return type == ObjType_PhysAddr ? HUGE_PAGE_SIZE : 0;
}

static void test_graph(void)
{
    for (unsigned from = 1; from < ObjType_Num; from++) {
        for (unsigned to = 0; rules_has(from) && to < ObjType_Num + 2; to++) {
            uint64_t bytes = to < ObjType_Num ? cap_type((uint8_t)to)->min : BASE_PAGE_SIZE;
            if ((cap_type((uint8_t)from)->retype_into >> to & 1) != 0) {
                RULES_LEAST(CAP_CMD_RETYPE, from, free_offset(from), OBJECTS(to, 1), bytes,
                            RULES_AT(SLOT_OUT));
            } else {
                RULES_EXPECT(SYS_ERR_INVALID_RETYPE, CAP_CMD_RETYPE, from, 0, OBJECTS(to, 1), bytes,
                             RULES_AT(SLOT_OUT));
            }
        }
    }
}

void rules_test_retype(void)
{
    const uint64_t page = BASE_PAGE_SIZE, out = RULES_AT(SLOT_OUT);
    const uint64_t frame = OBJECTS(ObjType_Frame, 1), cnodes = OBJECTS(ObjType_L2CNode, 2);
    const uint64_t ram = RULES_AT(ObjType_RAM), bytes = 0x40000;
    const struct rules_row rows[] = {
        {CAP_CMD_RETYPE, ram, {0, OBJECTS(ObjType_Frame, 0), page, out}, SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE, ram, {0, OBJECTS(ObjType_Frame, 257), page, out}, SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE, ram, {0, OBJECTS(ObjType_Frame, ~0u), page, out}, SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE, ram, {0, frame, 0, out}, SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE, ram, {0, frame, page + 1, out}, SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE, ram, {1, frame, page, out}, SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE, ram, {bytes, frame, page, out}, SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE, ram, {-page, frame, page, out}, SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE, ram, {0, frame, -page, out}, SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE, ram, {page, frame, bytes, out}, SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE, ram, {0, OBJECTS(ObjType_RAM, 1), bytes, out}, SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE,
         ram,
         {0, OBJECTS(ObjType_L1CNode, 1), 3 * 0x4000, out},
         SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE, ram, {0, OBJECTS(ObjType_L1CNode, 1), 0x2000, out}, SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE,
         ram,
         {0, OBJECTS(ObjType_Dispatcher, 1), 0x2000, out},
         SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE, ram, {0, cnodes, 0, RULES_AT(SLOT_LAST)}, SYS_ERR_SLOT_INVALID},
        {CAP_CMD_RETYPE, ram, {0, cnodes, 0, RULES_AT(SLOT_LARGE - 1)}, SYS_ERR_SLOT_IN_USE},
        {CAP_CMD_RETYPE, ram, {0, frame, page, RULES_ROOT}, SYS_ERR_CNODE_TYPE},
        {CAP_CMD_RETYPE, ram, {0, frame, bytes, out}, SYS_ERR_OK}, // by way of SYS_ERR_AGAIN
        {CAP_CMD_RETYPE, ram, {0, frame, bytes, out}, SYS_ERR_SLOT_IN_USE},
        {CAP_CMD_RETYPE, ram, {0, frame, page, RULES_AT(SLOT_TEST)}, SYS_ERR_REVOKE_FIRST},
        {CAP_CMD_RETYPE, ram, {0x4000, cnodes, 0, RULES_AT(SLOT_TEST)}, SYS_ERR_REVOKE_FIRST},
        {CAP_CMD_DELETE, out, {0}, SYS_ERR_OK},
        {CAP_CMD_RETYPE, ram, {0, OBJECTS(ObjType_L1CNode, 1), 0x20000, out}, SYS_ERR_OK},
        {CAP_CMD_DELETE, out, {0}, SYS_ERR_OK}, // in steps
        {CAP_CMD_RETYPE, ram, {0, OBJECTS(ObjType_L2CNode, 1), 0, RULES_ROOT}, SYS_ERR_OK},
        {CAP_CMD_DELETE, RULES_ROOT, {0}, SYS_ERR_OK},
        {CAP_CMD_RETYPE,
         RULES_AT(ObjType_IO),
         {1, OBJECTS(ObjType_IO, 1), 2, out},
         SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE,
         RULES_AT(ObjType_KCB),
         {0, OBJECTS(ObjType_KCB, 1), page, out},
         SYS_ERR_RETYPE_RANGE},
        {CAP_CMD_RETYPE,
         RULES_AT(ObjType_PhysAddr),
         {0, OBJECTS(ObjType_DevFrame, 1), page, out},
         SYS_ERR_REVOKE_FIRST},
    };
    test_graph();
    rules_rows(rows, sizeof(rows) / sizeof(rows[0]));
}

/// What is made of an endpoint with a badge is that badge's, whoever made it.
static void test_revoke_badge(void)
{
    const uint64_t endpoint = ObjType_EndPointLMP, seven = SLOT_TEST, eight = SLOT_TEST + 1;
    RULES_EXPECT(SYS_ERR_OK, CAP_CMD_MINT, endpoint, RULES_AT(seven), CAPRIGHTS_ALL, 7);
    RULES_EXPECT(SYS_ERR_OK, CAP_CMD_MINT, endpoint, RULES_AT(eight), CAPRIGHTS_ALL, 8);
    RULES_EXPECT(SYS_ERR_OK, CAP_CMD_MINT, endpoint, RULES_AT(SLOT_TEST + 2), CAPRIGHTS_WRITE, 7);
    RULES_EXPECT(SYS_ERR_OK, CAP_CMD_COPY, seven, RULES_AT(SLOT_TEST + 3));
    RULES_EXPECT(SYS_ERR_RIGHTS, CAP_CMD_REVOKE, SLOT_TEST + 2, 0);
    RULES_EXPECT(SYS_ERR_OK, CAP_CMD_REVOKE, seven, 0);
    EXPECT(rules_look(SLOT_TEST + 2).type == ObjType_Null);
    EXPECT(rules_look(SLOT_TEST + 3).type == ObjType_Null);
    EXPECT(rules_look(seven).extra >> 32 == 7 && rules_look(eight).extra >> 32 == 8);
    EXPECT(rules_look(endpoint).type == endpoint);
    rules_delete(seven);
    rules_delete(eight);
}

/// One step of a revocation that needs several.
static void revoke_once(uint64_t slot)
{
    errval_t err =
        syscall_invoke(rules_caddr(RULES_AT(slot)), CAP_CMD_REVOKE, 0, 0, 0, 0, 0, 0).error;
    rules_account(CAP_CMD_REVOKE, err);
    EXPECT_ERR(err, SYS_ERR_AGAIN);
}

#define COPIES 12u ///< more than one step of a revocation deletes
#define LAST_COPY (SLOT_TEST + COPIES - 1)

static void copy_often(uint64_t target)
{
    for (uint64_t slot = SLOT_TEST; slot <= LAST_COPY; slot++)
        RULES_EXPECT(SYS_ERR_OK, CAP_CMD_COPY, target, RULES_AT(slot));
}

/// Of an endpoint that is being revoked nothing is made, by no command and by no message; but it
/// can be used and deleted.
static void test_held_endpoint(void)
{
    const uint64_t endpoint = ObjType_EndPointLMP, out = RULES_AT(SLOT_OUT);
    struct capability info;
    struct lmp_recv_msg msg;
    copy_often(endpoint);
    revoke_once(endpoint);
    RULES_EXPECT(SYS_ERR_CAP_BUSY, CAP_CMD_COPY, LAST_COPY, out);
    RULES_EXPECT(SYS_ERR_CAP_BUSY, CAP_CMD_MINT, LAST_COPY, out, CAPRIGHTS_ALL, 7);
    RULES_EXPECT(SYS_ERR_CAP_BUSY, CAP_CMD_COPY, endpoint, out);
    RULES_EXPECT(SYS_ERR_CAP_BUSY, KERNEL_CMD_NOTIFY_CREATE, ObjType_Kernel, RULES_AT(LAST_COPY),
                 out);
    lmp_endpoint_set_recv_slot(rules_stage.endpoint, rules_cap(SLOT_OUT));
    EXPECT_ERR(rules_send(RULES_AT(endpoint), 0, RULES_AT(LAST_COPY), 1), SYS_ERR_CAP_BUSY);
    EXPECT_OK(rules_send(RULES_AT(LAST_COPY), 0, 0, 1));
    EXPECT(rules_receive(&msg));
    lmp_endpoint_set_recv_slot(rules_stage.endpoint, NULL_CAP);
    RULES_EXPECT(SYS_ERR_OK, CAP_CMD_IDENTIFY, LAST_COPY, (uint64_t)&info);
    rules_delete(LAST_COPY);
    RULES_EXPECT(SYS_ERR_OK, CAP_CMD_REVOKE, endpoint, 0);
    RULES_EXPECT(SYS_ERR_OK, CAP_CMD_COPY, endpoint, out);
    rules_delete(SLOT_OUT);
}

/// Nor of memory, by way of its mappings either.
static void test_held_frame(void)
{
    const uint64_t out = RULES_AT(SLOT_OUT), frame = SLOT_TEST + COPIES, mapping = frame + 1;
    const uint64_t table = SLOT_TABLE, at = 1ul << 16 | 20, next = 1ul << 16 | 21;
    RULES_EXPECT(SYS_ERR_OK, CAP_CMD_RETYPE, ObjType_RAM, 0, OBJECTS(ObjType_Frame, 1), 0x4000,
                 RULES_AT(frame));
    RULES_EXPECT(SYS_ERR_OK, VNODE_CMD_MAP, table, at, RULES_AT(frame), 0, VREGION_FLAGS_READ,
                 RULES_AT(mapping));
    copy_often(frame);
    revoke_once(frame);
    RULES_EXPECT(SYS_ERR_CAP_BUSY, CAP_CMD_COPY, LAST_COPY, out);
    RULES_EXPECT(SYS_ERR_CAP_BUSY, CAP_CMD_RETYPE, LAST_COPY, 0, OBJECTS(ObjType_Frame, 1), 0x1000,
                 out);
    RULES_EXPECT(SYS_ERR_CAP_BUSY, VNODE_CMD_MAP, table, next, RULES_AT(LAST_COPY), 0,
                 VREGION_FLAGS_READ, out);
    RULES_EXPECT(SYS_ERR_CAP_BUSY, VNODE_CMD_COPY, table, next, RULES_AT(mapping), 0,
                 VREGION_FLAGS_READ, out);
    RULES_EXPECT(SYS_ERR_OK, VNODE_CMD_UNMAP, table, RULES_AT(mapping));
    RULES_EXPECT(SYS_ERR_OK, CAP_CMD_REVOKE, frame, 0);
    rules_delete(frame);
}

/// Ancestors after what was made of them, for a revocation takes that away.
void rules_test_revoke(void)
{
    test_revoke_badge();
    test_held_endpoint();
    test_held_frame();
    for (unsigned type = ObjType_Num - 1; type > 0; type--) {
        // Of Kernel everyone on the core has a copy.
        if (!rules_has(type) || type == ObjType_Kernel)
            continue;
        if (type == ObjType_Mapping) {
            RULES_EXPECT(SYS_ERR_OK, CAP_CMD_REVOKE, type, 0);
            continue;
        }
        if (!EXPECT(rules_look(type).type == type))
            continue;
        RULES_EXPECT(SYS_ERR_OK, CAP_CMD_COPY, type, RULES_AT(SLOT_TEST));
        RULES_EXPECT(SYS_ERR_OK, CAP_CMD_COPY, type, RULES_AT(SLOT_TEST + 1));
        RULES_LEAST(CAP_CMD_REVOKE, SLOT_TEST, 0);
        EXPECT(rules_look(SLOT_TEST).type == ObjType_Null);
        EXPECT(rules_look(SLOT_TEST + 1).type == ObjType_Null);
        EXPECT(rules_look(type).type == ObjType_Null);
    }
}
