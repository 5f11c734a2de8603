// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which cores are up: a starter and its children, core 0 and the reports, the map on its way down.
// Whole machines are in tests/sim/.
#include <testlib/testlib.h>

#include "effects.h"
#include "if/monitor.h"
#include "protocol/cores.h"

#include <string.h>

/// Core 0 starts 1 and 2, core 1 starts 3 and 4.
enum { CORES = 5, FAN_OUT = 2, CHILD = 3 };

static struct boot_tree tree;
static struct cores_state state;
static struct cores_effects out;

static void begin(coreid_t core)
{
    static const uint16_t nodes[CORES];
    CU_ASSERT_EQUAL(boot_tree_make(&tree, nodes, CORES, FAN_OUT), SYS_ERR_OK);
    CU_ASSERT_EQUAL(tree.parent[CHILD], 1);
    cores_init(&state, core, &tree);
}

/// Takes a step and expects these kinds of effects, ended by 0.
static void step(struct cores_event event, ...)
{
    cores_step(&state, &event, &out);
    EXPECT_EFFECTS(out, event);
}

static struct cores_event of(enum cores_event_kind kind, coreid_t core, errval_t err)
{
    return (struct cores_event){.kind = kind, .core = core, .from = core, .err = err, .tsc = 77};
}

static struct cores_event says_up(coreid_t core)
{
    return (struct cores_event){.kind = INTERMON_UP,
                                .core = core,
                                .from = core,
                                .message = {INTERMON_UP, .up = {.start = 77}}};
}

static void expect_report(unsigned at, coreid_t core, bool failed, uint64_t tsc)
{
    CU_ASSERT_EQUAL(out.list[at].kind, CORES_SEND_REPORT);
    CU_ASSERT_EQUAL(out.list[at].core, core);
    CU_ASSERT_EQUAL(out.list[at].failed, failed);
    CU_ASSERT_EQUAL(out.list[at].tsc, tsc);
}

static void test_begun(void)
{
    begin(1);
    step(of(CORES_NO_EVENT, 0, SYS_ERR_OK), 0);
    CU_ASSERT_FALSE(cores_is_up(&state, 1));
    step(of(CORES_BEGUN, 0, SYS_ERR_OK), 0);
    CU_ASSERT(cores_is_up(&state, 1));
    begin(0);
    step(of(CORES_BEGUN, 0, SYS_ERR_OK), CORES_SEND_REPORT, 0);
    expect_report(0, 0, false, 77);
    CU_ASSERT(cores_is_up(&state, 0));
    CU_ASSERT_FALSE(cores_is_up(&state, 1));
    CU_ASSERT_EQUAL(cores_count_up(&state), 1);
}

static void test_child(void)
{
    begin(1);
    step(says_up(CHILD), 0); // nobody told it to go
    step(of(CORES_STARTED, CHILD, SYS_ERR_OK), 0);
    struct cores_event passed_on = says_up(CHILD);
    passed_on.from = CHILD + 1;
    step(passed_on, 0);
    step(says_up(CHILD), CORES_SET_NOTIFY, 0);
    CU_ASSERT_EQUAL(out.list[0].core, CHILD);
    CU_ASSERT_EQUAL(out.list[0].tsc, 77);
    step(of(CORES_NOTIFIED, CHILD, MON_ERR_PROTOCOL), 0);
    step(says_up(CHILD), CORES_SET_NOTIFY, 0);
    step(of(CORES_NOTIFIED, CHILD, SYS_ERR_OK), CORES_STOP_DEADLINE, CORES_SEND_REPORT, 0);
    CU_ASSERT_EQUAL(out.list[0].core, CHILD);
    expect_report(1, CHILD, false, 77);
    step(says_up(CHILD), 0);
    step(of(CORES_DEADLINE, CHILD, SYS_ERR_OK), 0);
}

static void test_child_fails(void)
{
    begin(1);
    step(of(CORES_STARTED, CHILD, MON_ERR_START), CORES_SEND_REPORT, 0);
    expect_report(0, CHILD, true, 0);
    step(says_up(CHILD), 0);
    step(of(CORES_STARTED, CHILD + 1, SYS_ERR_OK), 0);
    step(of(CORES_DEADLINE, CHILD + 1, SYS_ERR_OK), CORES_SEND_REPORT, 0);
    expect_report(0, CHILD + 1, true, 0);
    step(says_up(CHILD + 1), CORES_SET_NOTIFY, 0); // late
    step(of(CORES_NOTIFIED, CHILD + 1, SYS_ERR_OK), CORES_STOP_DEADLINE, CORES_SEND_REPORT, 0);
    expect_report(1, CHILD + 1, false, 77);
}

static struct cores_event report(coreid_t core, bool failed)
{
    return (struct cores_event){
        .kind = INTERMON_REPORT,
        .message = {INTERMON_REPORT, .report = {core, failed, failed ? 0 : 100u + core}}};
}

static void test_reports(void)
{
    begin(0);
    step(report(0, false), 0);
    step(report(CORES, false), 0);
    step(report(UINT16_MAX, true), 0);
    step(report(2, false), 0);
    step(report(4, false), 0);
    CU_ASSERT_FALSE(state.complete);
    step(report(1, true), CORES_SEND_MAP, CORES_REPLY_ALL, 0); // and 3, but not 4
    CU_ASSERT_EQUAL(out.list[0].core, 2);
    CU_ASSERT(state.complete);
    static const uint8_t expected[CORES] = {MONITOR_CORE_UP, MONITOR_CORE_FAILED, MONITOR_CORE_UP,
                                            MONITOR_CORE_FAILED, MONITOR_CORE_UP};
    for (coreid_t i = 0; i < CORES; i++) {
        CU_ASSERT_EQUAL(state.states[i], expected[i]);
        CU_ASSERT_EQUAL(state.start_tsc[i], expected[i] == MONITOR_CORE_UP ? 100u + i : 0);
        CU_ASSERT_EQUAL(cores_is_up(&state, i), expected[i] == MONITOR_CORE_UP);
    }
    CU_ASSERT_EQUAL(cores_count_up(&state), 3);
    CU_ASSERT_FALSE(cores_is_up(&state, CORES));
    step(report(1, true), 0); // nothing new
    step(report(2, true), 0); // R1
    CU_ASSERT_EQUAL(state.states[2], MONITOR_CORE_UP);
    struct cores_event again = report(2, false);
    again.message.report.start = 5;
    step(again, 0);
    CU_ASSERT_EQUAL(state.start_tsc[2], 102);
    step(report(1, false), CORES_SEND_MAP, CORES_SEND_MAP, CORES_REPLY_ALL, 0); // late
    CU_ASSERT_EQUAL(out.list[0].core, 1);
    CU_ASSERT_EQUAL(out.list[1].core, 2);
    CU_ASSERT_EQUAL(state.states[1], MONITOR_CORE_UP);
    begin(1);
    step(report(1, false), 0); // not core 0's
    CU_ASSERT_EQUAL(state.states[1], MONITOR_CORE_OFF);
}

static void test_map(void)
{
    begin(1);
    struct cores_event event = {.kind = INTERMON_CORES,
                                .message = {INTERMON_CORES, .cores = {{0xf, 2, 0, 1}, false}}};
    struct intermon_cores *map = &event.message.cores;
    step(event, CORES_SEND_MAP, 0);
    CU_ASSERT_EQUAL(out.list[0].core, CHILD);
    CU_ASSERT_EQUAL(memcmp(state.up, map->up, sizeof(state.up)), 0);
    CU_ASSERT_FALSE(state.complete);
    map->up[0] = 0x1f;
    map->complete = true;
    event.from = 2;
    step(event, 0); // R3
    CU_ASSERT_FALSE(cores_is_up(&state, 4));
    event.from = 0;
    step(event, CORES_SEND_MAP, CORES_SEND_MAP, CORES_REPLY_ALL, 0);
    CU_ASSERT(state.complete);
    CU_ASSERT(cores_is_up(&state, 4));
    begin(0);
    event.from = BOOT_CORE_NONE; // the root's parent
    step(event, 0);
}

static void test_awaited(void)
{
    begin(1);
    struct cores_event event = {.kind = CORES_AWAITED, .domain = 20};
    step(event, CORES_REFUSE, 0);
    CU_ASSERT_EQUAL(out.list[0].err, MON_ERR_LIMIT);
    CU_ASSERT_EQUAL(out.list[0].domain, 20);
    event.known = true;
    step(event, CORES_KEEP, 0);
    CU_ASSERT_EQUAL(out.list[0].domain, 20);
    state.complete = true;
    step(event, CORES_REPLY, 0);
    event.known = false;
    step(event, CORES_REPLY, 0);
    CU_ASSERT_EQUAL(out.list[0].domain, 20);
}

/// Effects of a step are bounded also where a core has the most children.
static void test_most_children(void)
{
    static uint16_t nodes[BOOTINFO_CORES_MAX];
    for (unsigned i = 0; i < BOOTINFO_CORES_MAX; i++)
        nodes[i] = (uint16_t)(i % BOOTINFO_NODES_MAX);
    CU_ASSERT_EQUAL(boot_tree_make(&tree, nodes, BOOTINFO_CORES_MAX, BOOT_FAN_OUT_MAX), SYS_ERR_OK);
    cores_init(&state, 0, &tree);
    for (coreid_t i = 0; i < BOOTINFO_CORES_MAX - 1; i++)
        step(report(i, false), 0);
    struct cores_event last = report(BOOTINFO_CORES_MAX - 1, false);
    cores_step(&state, &last, &out);
    CU_ASSERT_EQUAL(out.count, CORES_EFFECTS_MAX);
    CU_ASSERT_EQUAL(out.list[out.count - 1].kind, CORES_REPLY_ALL);
    CU_ASSERT_EQUAL(cores_count_up(&state), BOOTINFO_CORES_MAX);
}

TEST_SUITE("cores that are up") = {
    {"a core begins", test_begun},
    {"a child comes up", test_child},
    {"a child fails", test_child_fails},
    {"reports to core 0", test_reports},
    {"the map", test_map},
    {"domains that wait", test_awaited},
    {"the most children", test_most_children},
};
