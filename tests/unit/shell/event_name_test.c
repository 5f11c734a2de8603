// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Every kind of event has its words, and no number is without any.
#include "event_name.h"
#include "kpi/cap_rules.h"
#include "testlib/testlib.h"

#include <string.h>

static const struct {
    uint64_t what;
    const char *name;
} events[] = {
    {CAP_CMD_COPY, "invocation of any type: copy"},
    {CAP_CMD_DELETE, "invocation of any type: delete"},
    {VNODE_CMD_UNMAP, "invocation of VNode: unmap"},
    {MAPPING_CMD_MODIFY, "invocation of Mapping: modify mapping"},
    {DISPATCHER_CMD_STOP, "invocation of Dispatcher: stop dispatcher"},
    {KERNEL_CMD_HALT, "invocation of Kernel: halt"},
    {SYSCALL_INVOKE, "invocation with no known command"},
    {SYSCALL_LMP_SEND, "system call: LMP send"},
    {SYSCALL_NOP, "system call: nop"},
    {SYSCALL_TICK, "system call: tick"},
    {SYSCALL_WATCH, "system call: watch"},
    {KERNEL_EVENT_FOREIGN, "foreign system call"},
    {KERNEL_EVENT_START, "start of the core"},
    {KERNEL_EVENT_VECTOR | 14, "exception 14: page fault"},
    {KERNEL_EVENT_VECTOR | 9, "exception 9: reserved"},
    {KERNEL_EVENT_VECTOR | KERNEL_VECTOR_TIMER, "interrupt 0xf0: timer"},
    {KERNEL_EVENT_VECTOR | 0xef, "interrupt 0xef: notification"},
    {KERNEL_EVENT_VECTOR | 0x2f, "interrupt 0x2f: unknown"},
    {KERNEL_EVENT_VECTOR | 0xff, "interrupt 0xff: spurious"},
    {CAP_CMD_COUNT, "event 0x60"},
    {SYSCALL_END, "event 0x53540007"},
    {UINT64_MAX, "event 0xffffffffffffffff"},
};

static void test_names(void)
{
    char name[EVENT_NAME_BYTES];
    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        event_name(events[i].what, name, sizeof(name));
        CU_ASSERT_STRING_EQUAL(name, events[i].name);
    }
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
    {"commands and other events", test_names},
    {"lengths", test_lengths},
};
