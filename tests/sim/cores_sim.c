// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A machine that boots: cores that are started, or cannot be, that come up in time, late or never,
// and domains that wait for the boot, in any order. When nothing more can happen, core 0 and every
// core that it can reach agree on which cores are up, those are the ones that came up, and every
// domain there has got one answer.
#include "network.h"
#include "testlib/testlib.h"

#include "if/monitor.h"
#include "protocol/cores.h"

#include <string.h>

enum { CORES = 24, FAN_OUT = 3, STEPS = 600, RUNS = 60 };

/// What happens to a core besides what its monitor knows.
enum fate { FATE_OFF, FATE_STARTED, FATE_NEVER, FATE_RUNS };

struct core {
    struct cores_state state;
    enum fate fate;
    bool kept, deadline; ///< a domain waits; the starter's deadline is to come
    unsigned asked, answered;
};

static struct network net;
static struct test_random rng;
static struct boot_tree tree;
static struct core cores[CORES];
static unsigned late, failed;

/// Gives an effect's result, if it has one.
static struct cores_event carry_out(unsigned self, const struct cores_effect *effect)
{
    struct core *core = &cores[self];
    struct intermon_message message;
    switch (effect->kind) {
    case CORES_SEND_REPORT:
        message = (struct intermon_message){INTERMON_REPORT,
                                            .report = {effect->core, effect->failed, effect->tsc}};
        failed += effect->failed ? 1 : 0;
        CU_ASSERT(network_send(&net, self, 0, &message, false));
        break;
    case CORES_SET_NOTIFY:
        return (struct cores_event){
            .kind = CORES_NOTIFIED, .core = effect->core, .tsc = effect->tsc};
    case CORES_STOP_DEADLINE:
        late += cores[effect->core].deadline ? 0 : 1;
        cores[effect->core].deadline = false;
        break;
    case CORES_SEND_MAP:
        message =
            (struct intermon_message){INTERMON_CORES, .cores = {.complete = core->state.complete}};
        memcpy(message.cores.up, core->state.up, sizeof(message.cores.up));
        CU_ASSERT(network_send(&net, self, effect->core, &message, false));
        break;
    case CORES_KEEP:
        core->kept = true;
        break;
    case CORES_REPLY_ALL:
        core->answered += core->kept ? 1 : 0;
        core->kept = false;
        break;
    case CORES_REPLY:
    case CORES_REFUSE:
        core->answered++;
    }
    return (struct cores_event){.kind = CORES_NO_EVENT};
}

static void take_step(unsigned self, struct cores_event event)
{
    NETWORK_STEPS(cores, self, &cores[self].state, event, CORES_NO_EVENT)
}

/// A core begins: it tells its starter, and starts those below it, or finds that it cannot.
static void begin(unsigned self)
{
    coreid_t children[BOOT_CHILDREN_MAX];
    struct intermon_message up = {INTERMON_UP, .up = {.start = 1000 + self}};
    cores[self].fate = FATE_RUNS;
    take_step(self, (struct cores_event){.kind = CORES_BEGUN, .tsc = 1000});
    if (self != 0)
        CU_ASSERT(network_send(&net, self, tree.parent[self], &up, false));
    unsigned count = boot_tree_children(&tree, (coreid_t)self, children);
    for (unsigned i = 0; i < count; i++) {
        bool cannot = network_happens(&net, 12);
        struct core *child = &cores[children[i]];
        child->fate = cannot ? FATE_OFF : network_happens(&net, 8) ? FATE_NEVER : FATE_STARTED;
        child->deadline = !cannot;
        take_step(self, (struct cores_event){.kind = CORES_STARTED,
                                             .core = children[i],
                                             .err = cannot ? MON_ERR_START : SYS_ERR_OK});
    }
}

static bool pass_deadline(unsigned core)
{
    if (!cores[core].deadline)
        return false;
    cores[core].deadline = false;
    take_step(tree.parent[core],
              (struct cores_event){.kind = CORES_DEADLINE, .core = (coreid_t)core});
    return true;
}

static bool deliver(unsigned core)
{
    struct intermon_message message;
    unsigned from;
    if (cores[core].fate != FATE_RUNS || !network_take_any(&net, core, &from, &message))
        return false;
    take_step(core, (struct cores_event){.kind = message.op,
                                         .core = (coreid_t)from,
                                         .from = (coreid_t)from,
                                         .message = message});
    return true;
}

static void await(unsigned core)
{
    if (cores[core].fate != FATE_RUNS || cores[core].kept)
        return;
    cores[core].asked++;
    take_step(core, (struct cores_event){
                        .kind = CORES_AWAITED, .domain = 20, .known = !network_happens(&net, 8)});
}

static void do_something(void)
{
    unsigned core = network_below(&net, CORES);
    switch (network_below(&net, 16)) {
    case 0:
        (void)pass_deadline(core);
        break;
    case 1:
        await(core);
        break;
    case 2 ... 4:
        if (cores[core].fate == FATE_STARTED)
            begin(core);
        break;
    default:
        (void)deliver(core);
    }
}

static bool act(unsigned core)
{
    bool begins = cores[core].fate == FATE_STARTED;
    if (begins)
        begin(core);
    return deliver(core) || begins;
}

static bool pass_first_deadline(void)
{
    unsigned core = 0;
    while (core < CORES && !pass_deadline(core))
        core++;
    return core < CORES;
}

static void settle(void)
{
    do
        network_settle(&net, act);
    while (pass_first_deadline());
}

static void check(void)
{
    const struct cores_state *first = &cores[0].state;
    CU_ASSERT(first->complete);
    for (coreid_t i = 0; i < CORES; i++) {
        const struct core *core = &cores[i];
        bool runs = core->fate == FATE_RUNS;
        CU_ASSERT_EQUAL(cores_is_up(first, i), runs);
        CU_ASSERT_EQUAL(first->states[i], runs ? MONITOR_CORE_UP : MONITOR_CORE_FAILED);
        if (!runs)
            continue;
        CU_ASSERT_EQUAL(first->start_tsc[i], 1000 + i);
        CU_ASSERT(core->state.complete);
        CU_ASSERT_EQUAL(memcmp(core->state.up, first->up, sizeof(first->up)), 0);
        CU_ASSERT_EQUAL(core->asked, core->answered);
    }
}

static void run(void)
{
    uint16_t nodes[CORES];
    network_init(&net, CORES, sizeof(struct intermon_message), &rng);
    memset(cores, 0, sizeof(cores));
    for (unsigned i = 0; i < CORES; i++)
        nodes[i] = (uint16_t)network_below(&net, 3);
    CU_ASSERT_EQUAL(boot_tree_make(&tree, nodes, CORES, FAN_OUT), SYS_ERR_OK);
    for (unsigned i = 0; i < CORES; i++)
        cores_init(&cores[i].state, (coreid_t)i, &tree);
    begin(0);
    for (unsigned i = 0; i < STEPS; i++)
        do_something();
    settle();
    check();
}

static void test_runs(void)
{
    test_random_init(&rng, 19);
    late = failed = 0;
    for (unsigned i = 0; i < RUNS; i++)
        run();
    CU_ASSERT(late > RUNS / 4 && failed > RUNS);
}

TEST_SUITE("cores that come up") = {
    {"a machine boots, in any order", test_runs},
};
