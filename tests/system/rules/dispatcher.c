// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Dispatchers: what one needs to be set up, what can be done with it then, and its endpoints. The
// first is stopped before it ever runs, the second runs and dies at once, for it has no code.
#include "rules.h"

#define FIRST ObjType_Dispatcher
#define SECOND SLOT_DISPATCHER_2
#define AT RULES_AT
#define OUT RULES_AT(SLOT_OUT)
#define ROOT AT(ObjType_L1CNode)
#define PML4 AT(ObjType_VNode_x86_64_pml4)
#define FRAME AT(SLOT_DISPFRAME)
#define DEATH AT(ObjType_EndPointLMP)
#define ID 0xffff0002u
#define UDISP 0x220000ul
#define ENDPOINT(offset, messages) ((uint64_t)(offset) | (uint64_t)(messages) << 32)
#define TURNS_MAX 1000u
#define KERNEL ObjType_Kernel
#define GROUP (KERNEL_GROUPS - 1) ///< of a domain that is not there

static const struct rules_row new_rows[] = {
    {DISPATCHER_CMD_RUN, AT(FIRST), {0}, SYS_ERR_DISP_NOT_READY},
    {DISPATCHER_CMD_STOP, AT(FIRST), {0}, SYS_ERR_DISP_NOT_READY},
    {DISPATCHER_CMD_ENDPOINT, AT(FIRST), {ENDPOINT(1024, 4), OUT}, SYS_ERR_DISP_NOT_READY},
    {DISPATCHER_CMD_CSPACE, AT(FIRST), {ROOT}, SYS_ERR_DISP_NOT_READY},
    {DISPATCHER_CMD_WAIT, AT(FIRST), {0}, SYS_ERR_DISP_NOT_READY},
    {DISPATCHER_CMD_SETUP, AT(FIRST), {ROOT, PML4, FRAME, 0, ID, UDISP + 8}, SYS_ERR_DISP_FRAME},
    {DISPATCHER_CMD_SETUP,
     AT(FIRST),
     {ROOT, PML4, FRAME, 0, ID, USER_VADDR_TOP},
     SYS_ERR_DISP_FRAME},
    {DISPATCHER_CMD_SETUP, AT(FIRST), {ROOT, PML4, FRAME, 0, ID, -4096ul}, SYS_ERR_DISP_FRAME},
    {DISPATCHER_CMD_SETUP,
     AT(FIRST),
     {ROOT, PML4, AT(SLOT_LARGE), 0, ID, UDISP},
     SYS_ERR_DISP_FRAME},
};

static const struct rules_row endpoint_rows[] = {
    {DISPATCHER_CMD_SETUP, AT(FIRST), {ROOT, PML4, FRAME, DEATH, ID, UDISP}, SYS_ERR_DISP_RUNNING},
    {DISPATCHER_CMD_ENDPOINT, AT(FIRST), {ENDPOINT(1032, 4), OUT}, SYS_ERR_ARGS},
    {DISPATCHER_CMD_ENDPOINT, AT(FIRST), {ENDPOINT(0, 4), OUT}, SYS_ERR_ARGS},
    {DISPATCHER_CMD_ENDPOINT, AT(FIRST), {ENDPOINT(1u << 31, 4), OUT}, SYS_ERR_ARGS},
    {DISPATCHER_CMD_ENDPOINT, AT(FIRST), {ENDPOINT(1024, 0), OUT}, SYS_ERR_ARGS},
    {DISPATCHER_CMD_ENDPOINT, AT(FIRST), {ENDPOINT(1024, 3), OUT}, SYS_ERR_ARGS},
    {DISPATCHER_CMD_ENDPOINT, AT(FIRST), {ENDPOINT(1024, 128), OUT}, SYS_ERR_ARGS},
    {DISPATCHER_CMD_ENDPOINT, AT(FIRST), {ENDPOINT(0x3fc0, 4), OUT}, SYS_ERR_DISP_FRAME},
    {DISPATCHER_CMD_ENDPOINT, AT(FIRST), {ENDPOINT(1024, 4), RULES_ROOT}, SYS_ERR_CNODE_TYPE},
    {DISPATCHER_CMD_ENDPOINT, AT(FIRST), {ENDPOINT(1024, 4), AT(SLOT_TEST)}, SYS_ERR_OK},
    {DISPATCHER_CMD_ENDPOINT, AT(FIRST), {ENDPOINT(1024, 8), OUT}, SYS_ERR_ARGS}, // is there with 4
};

static uint64_t state_of(unsigned slot)
{
    return rules_call(DISPATCHER_CMD_STATE, AT(slot), (const uint64_t[CAP_ARGS]){0}).value & 0xff;
}

static void expect_death(enum dispatcher_death cause)
{
    struct lmp_recv_msg msg;
    EXPECT(rules_receive(&msg) && msg.words[0] == cause && msg.words[1] == ID);
    EXPECT(!rules_receive(&msg));
}

/// A dispatcher may leave a space, but not as the last that keeps it.
static void test_cspace(void)
{
    struct capref other;
    RULES_LEAST(DISPATCHER_CMD_CSPACE, FIRST, ROOT);
    if (EXPECT_OK(cnode_create_l1(&other, NULL)) &&
        EXPECT_OK(cap_copy(rules_cap(SLOT_TEST + 1), other)) && EXPECT_OK(cap_destroy(other))) {
        RULES_EXPECT(SYS_ERR_OK, DISPATCHER_CMD_CSPACE, FIRST, AT(SLOT_TEST + 1));
        rules_delete(SLOT_TEST + 1);
        RULES_EXPECT(SYS_ERR_LAST_COPY, DISPATCHER_CMD_CSPACE, FIRST, ROOT);
    }
}

static void test_first(void)
{
    rules_rows(new_rows, sizeof(new_rows) / sizeof(new_rows[0]));
    RULES_LEAST(DISPATCHER_CMD_STATE, FIRST, 0);
    RULES_EXPECT(SYS_ERR_DISP_NOT_READY, KERNEL_CMD_BEGIN_GROUP, KERNEL, AT(FIRST), GROUP);
    RULES_LEAST(DISPATCHER_CMD_SETUP, FIRST, ROOT, PML4, FRAME, DEATH, ID, UDISP);
    RULES_EXPECT(SYS_ERR_ARGS, KERNEL_CMD_BEGIN_GROUP, KERNEL, AT(FIRST), KERNEL_GROUPS);
    RULES_LEAST(KERNEL_CMD_BEGIN_GROUP, KERNEL, AT(FIRST), GROUP);
    RULES_LEAST(DISPATCHER_CMD_WAIT, FIRST, 0);
    rules_rows(endpoint_rows, sizeof(endpoint_rows) / sizeof(endpoint_rows[0]));
    RULES_LEAST(DISPATCHER_CMD_ENDPOINT, FIRST, ENDPOINT(2048, 4), OUT);
    RULES_LEAST(DISPATCHER_CMD_INFO, FIRST, AT(SLOT_FRAME));
    RULES_EXPECT(SYS_ERR_SLOT_IN_USE, DISPATCHER_CMD_INFO, FIRST, AT(SLOT_FRAME));
    test_cspace();
    EXPECT(state_of(FIRST) == DISPATCHER_NEW);
    RULES_LEAST(DISPATCHER_CMD_STOP, FIRST, 0);
    EXPECT(state_of(FIRST) == DISPATCHER_STOPPED);
    expect_death(DEATH_STOPPED);
    RULES_EXPECT(SYS_ERR_DISP_RUNNING, DISPATCHER_CMD_RUN, FIRST, 0);
    RULES_EXPECT(SYS_ERR_DISP_RUNNING, KERNEL_CMD_BEGIN_GROUP, KERNEL, AT(FIRST), GROUP);
    EXPECT_ERR(rules_send(AT(SLOT_TEST), 0, 0, 0), SYS_ERR_LMP_NO_TARGET);
    rules_delete(SLOT_TEST);
}

/// What it lived by is taken away: it gets no endpoint and no message.
static void test_without_frame(void)
{
    RULES_EXPECT(SYS_ERR_OK, DISPATCHER_CMD_ENDPOINT, SECOND, ENDPOINT(1024, 4), AT(SLOT_TEST));
    EXPECT_OK(cap_revoke(rules_cap(SLOT_DISPFRAME)));
    RULES_EXPECT(SYS_ERR_DISP_NOT_READY, DISPATCHER_CMD_ENDPOINT, SECOND, ENDPOINT(2048, 4), OUT);
    EXPECT_ERR(rules_send(AT(SLOT_TEST), 0, 0, 0), SYS_ERR_LMP_NO_TARGET);
    rules_delete(SLOT_TEST);
}

static void test_second(void)
{
    RULES_LEAST(DISPATCHER_CMD_SETUP, SECOND, ROOT, PML4, FRAME, DEATH, ID, UDISP);
    RULES_LEAST(DISPATCHER_CMD_RUN, SECOND, 0);
    RULES_EXPECT(SYS_ERR_DISP_RUNNING, DISPATCHER_CMD_RUN, SECOND, 0);
    for (unsigned i = 0; i < TURNS_MAX && state_of(SECOND) == DISPATCHER_RUNNABLE; i++)
        EXPECT_OK(sys_yield(rules_caddr(AT(SECOND))));
    EXPECT(state_of(SECOND) == DISPATCHER_KILLED);
    expect_death(DEATH_BAD_ENTRY);
    RULES_LEAST(DISPATCHER_CMD_STOP, SECOND, 0); // again and again
    test_without_frame();
}

void rules_test_dispatcher(void)
{
    test_first();
    test_second();
    // Who may be handed the core.
    EXPECT_ERR(sys_yield(rules_caddr(AT(SLOT_FRAME))), SYS_ERR_CAP_TYPE);
    EXPECT_ERR(sys_yield(rules_caddr(AT(SLOT_EMPTY))), SYS_ERR_CAP_NOT_FOUND);
}
