// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Every kind of event has its words, and no number is without any.
#include "event_name.h"
#include "kpi/cap_rules.h"
#include "testlib/testlib.h"

#include <string.h>

static bool is(uint64_t what, const char *text)
{
    char name[EVENT_NAME_BYTES];
    event_name(what, name, sizeof(name));
    return strcmp(name, text) == 0;
}

static void test_commands(void)
{
    CU_ASSERT_TRUE(is(CAP_CMD_COPY, "invocation of any type: copy"));
    CU_ASSERT_TRUE(is(CAP_CMD_DELETE, "invocation of any type: delete"));
    CU_ASSERT_TRUE(is(VNODE_CMD_UNMAP, "invocation of VNode: unmap"));
    CU_ASSERT_TRUE(is(MAPPING_CMD_MODIFY, "invocation of Mapping: modify mapping"));
    CU_ASSERT_TRUE(is(DISPATCHER_CMD_STOP, "invocation of Dispatcher: stop dispatcher"));
    CU_ASSERT_TRUE(is(KERNEL_CMD_HALT, "invocation of Kernel: halt"));
}

static void test_others(void)
{
    CU_ASSERT_TRUE(is(SYSCALL_INVOKE, "invocation with no known command"));
    CU_ASSERT_TRUE(is(SYSCALL_LMP_SEND, "system call: LMP send"));
    CU_ASSERT_TRUE(is(SYSCALL_NOP, "system call: nop"));
    CU_ASSERT_TRUE(is(SYSCALL_TICK, "system call: tick"));
    CU_ASSERT_TRUE(is(SYSCALL_WATCH, "system call: watch"));
    CU_ASSERT_TRUE(is(KERNEL_EVENT_FOREIGN, "foreign system call"));
    CU_ASSERT_TRUE(is(KERNEL_EVENT_START, "start of the core"));
    CU_ASSERT_TRUE(is(KERNEL_EVENT_VECTOR | 14, "exception 14: page fault"));
    CU_ASSERT_TRUE(is(KERNEL_EVENT_VECTOR | 9, "exception 9: reserved"));
    CU_ASSERT_TRUE(is(KERNEL_EVENT_VECTOR | KERNEL_VECTOR_TIMER, "interrupt 0xf0: timer"));
    CU_ASSERT_TRUE(is(KERNEL_EVENT_VECTOR | 0xef, "interrupt 0xef: notification"));
    CU_ASSERT_TRUE(is(KERNEL_EVENT_VECTOR | 0x2f, "interrupt 0x2f: unknown"));
    CU_ASSERT_TRUE(is(KERNEL_EVENT_VECTOR | 0xff, "interrupt 0xff: spurious"));
    CU_ASSERT_TRUE(is(CAP_CMD_COUNT, "event 0x60"));
    CU_ASSERT_TRUE(is(SYSCALL_END, "event 0x53540007"));
    CU_ASSERT_TRUE(is(UINT64_MAX, "event 0xffffffffffffffff"));
}

/// All names of commands and types fit.
static void test_lengths(void)
{
    for (uint64_t command = 0; command < CAP_CMD_COUNT; command++) {
        char name[EVENT_NAME_BYTES];
        event_name(command, name, sizeof(name));
        CU_ASSERT_TRUE(strlen(name) + 1 < sizeof(name));
    }
}

TEST_SUITE("event names") = {
    {"commands", test_commands},
    {"other events", test_others},
    {"lengths", test_lengths},
};
