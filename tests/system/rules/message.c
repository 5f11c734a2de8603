// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages with capabilities: sending needs WRITE on the endpoint and GRANT on what is sent, and no
// receiver has a right that the sender had not.
#include "rules.h"

#include "kpi/vspace.h"

#define EP ObjType_EndPointLMP
#define SENT SLOT_TEST
#define MESSAGES 8u ///< that the stage's endpoint holds
#define EXPECT_SEND(expected, ...) EXPECT_ERR(rules_send(__VA_ARGS__), expected)

/// Sends a Frame with certain rights and looks at what comes.
static void expect_rights(uint64_t rights, uint64_t flags)
{
    const bool grant = (rights & CAPRIGHTS_GRANT) != 0;
    struct lmp_recv_msg msg;
    uint64_t before = rules_database_alone();
    RULES_EXPECT(SYS_ERR_OK, CAP_CMD_MINT, SLOT_FRAME, RULES_AT(SENT), rights);
    EXPECT_SEND(grant ? SYS_ERR_OK : SYS_ERR_RIGHTS, RULES_AT(EP), flags, RULES_AT(SENT), 1);
    EXPECT(rules_receive(&msg) == grant);
    if (grant) {
        uint64_t came = (flags & LMP_FLAG_NO_GRANT) != 0 ? rights & ~CAPRIGHTS_GRANT : rights;
        bool given = (flags & LMP_FLAG_GIVE) != 0;
        RULES_EXPECT(given ? SYS_ERR_CAP_NOT_FOUND : SYS_ERR_OK, CAP_CMD_MINT, SENT,
                     RULES_AT(SLOT_TEST + 1), CAPRIGHTS_ALL);
        if (!given)
            rules_delete(SLOT_TEST + 1);
        EXPECT((rules_look(SLOT_OUT).type == ObjType_Frame) == ((came & CAPRIGHTS_IDENTIFY) != 0));
        EXPECT((came & CAPRIGHTS_IDENTIFY) == 0 || rules_look(SLOT_OUT).rights == came);
        rules_delete(SLOT_OUT);
        lmp_endpoint_set_recv_slot(rules_stage.endpoint, rules_cap(SLOT_OUT));
    }
    errval_t err = cap_delete(rules_cap(SENT));
    EXPECT(err_is_ok(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND);
    EXPECT(rules_database_alone() == before);
}

static void test_rights(void)
{
    lmp_endpoint_set_recv_slot(rules_stage.endpoint, rules_cap(SLOT_OUT));
    for (uint64_t rights = 0; rights <= CAPRIGHTS_ALL; rights++) {
        expect_rights(rights, 0);
        expect_rights(rights, LMP_FLAG_NO_GRANT);
        expect_rights(rights, LMP_FLAG_GIVE);
    }
    for (uint64_t rights = 0; rights <= CAPRIGHTS_ALL; rights++) {
        struct lmp_recv_msg msg;
        bool write = (rights & CAPRIGHTS_WRITE) != 0;
        RULES_EXPECT(SYS_ERR_OK, CAP_CMD_MINT, EP, RULES_AT(SENT), rights);
        EXPECT_SEND(write ? SYS_ERR_OK : SYS_ERR_RIGHTS, RULES_AT(SENT), 0, 0, 8);
        EXPECT(rules_receive(&msg) == write);
        EXPECT(!write || (msg.buf.msglen == 8 && msg.words[7] == 8));
        rules_delete(SENT);
    }
}

static void test_errors(void)
{
    struct lmp_recv_msg msg;
    const uint64_t ep = RULES_AT(EP), frame = RULES_AT(SLOT_FRAME);
    uint64_t before = rules_database_alone();
    for (unsigned type = 1; type < ObjType_Num; type++)
        if (type != EP && rules_has(type))
            EXPECT_SEND(SYS_ERR_CAP_TYPE, RULES_AT(type), 0, 0, 0);
    EXPECT_SEND(SYS_ERR_CAP_NOT_FOUND, RULES_AT(SLOT_EMPTY), 0, 0, 0);
    EXPECT_SEND(SYS_ERR_CAP_BUSY, RULES_AT(SLOT_BUSY), 0, 0, 0);
    EXPECT_SEND(SYS_ERR_SLOT_INVALID, ~0ul, 0, 0, 0);
    EXPECT_SEND(SYS_ERR_RIGHTS, RULES_NO_READ(EP), 0, 0, 0);
    EXPECT_SEND(SYS_ERR_ARGS, ep, 0, 0, LMP_MSG_LENGTH + 1);
    EXPECT_SEND(SYS_ERR_ARGS, ep, 8, 0, 0);
    EXPECT_SEND(SYS_ERR_ARGS, ep, LMP_FLAG_GIVE | LMP_FLAG_NO_GRANT, frame, 0);
    EXPECT_SEND(SYS_ERR_LMP_CAPTRANSFER_SRC, ep, 0, RULES_AT(SLOT_EMPTY), 0);
    EXPECT_SEND(SYS_ERR_LMP_CAPTRANSFER_SRC, ep, 0, RULES_AT(SLOT_BUSY), 0);
    EXPECT_SEND(SYS_ERR_LMP_CAPTRANSFER_SRC, ep, 0, ~0ul, 0);
    EXPECT_SEND(SYS_ERR_LMP_CAPTRANSFER_SRC, ep, 0, RULES_NO_READ(SLOT_FRAME), 0);
    EXPECT_SEND(SYS_ERR_LMP_CAPTRANSFER_SRC, ep, LMP_FLAG_GIVE, RULES_NO_WRITE(SLOT_FRAME), 0);
    EXPECT_SEND(SYS_ERR_NO_COPY, ep, 0, RULES_AT(SLOT_MAPPING), 0);
    lmp_endpoint_set_recv_slot(rules_stage.endpoint, rules_cap(SLOT_DISPFRAME));
    EXPECT_SEND(SYS_ERR_LMP_CAPTRANSFER_DST, ep, 0, frame, 0);
    lmp_endpoint_set_recv_slot(rules_stage.endpoint, NULL_CAP);
    EXPECT_SEND(SYS_ERR_LMP_CAPTRANSFER_DST, ep, 0, frame, 0);
    EXPECT(!rules_receive(&msg));
    for (unsigned i = 0; i < MESSAGES; i++)
        EXPECT_SEND(SYS_ERR_OK, ep, 0, 0, i);
    EXPECT_SEND(SYS_ERR_LMP_BUF_OVERFLOW, ep, 0, 0, 0);
    for (unsigned i = 0; i < MESSAGES; i++)
        EXPECT(rules_receive(&msg) && msg.buf.msglen == i);
    EXPECT(rules_database_alone() == before);
}

/// A Mapping cannot be copied, but it can be given away, and still works.
static void test_give_mapping(void)
{
    struct lmp_recv_msg msg;
    lmp_endpoint_set_recv_slot(rules_stage.endpoint, rules_cap(SLOT_OUT));
    RULES_EXPECT(SYS_ERR_OK, VNODE_CMD_MAP, SLOT_TABLE, 1ul << 16, RULES_AT(SLOT_FRAME), 0,
                 VREGION_FLAGS_READ, RULES_AT(SENT));
    EXPECT_SEND(SYS_ERR_OK, RULES_AT(EP), LMP_FLAG_GIVE, RULES_AT(SENT), 0);
    EXPECT(rules_receive(&msg) && rules_look(SENT).type == ObjType_Null);
    RULES_EXPECT(SYS_ERR_OK, VNODE_CMD_UNMAP, SLOT_TABLE, RULES_AT(SLOT_OUT));
    lmp_endpoint_set_recv_slot(rules_stage.endpoint, NULL_CAP);
}

void rules_test_message(void)
{
    test_rights();
    test_errors();
    test_give_mapping();
}
