// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The scheduler's beginning, and what it does with nothing to run: how often channels are polled, what
// is armed, until when it sleeps, and what it learns of a sleep.
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>

#include "barrelfish/deferred.h"
#include "barrelfish/domain.h"
#include "barrelfish/idc.h"
#include "barrelfish/systime.h"
#include "fake_threads.h"
#include "kpi/info.h"
#include "testlib/testlib.h"

#define CLOCK_ROUNDS 8u // of polls between two looks at the clock

static struct waitset ws;
static struct waitset_chanstate chans[2];
static unsigned polls, arms, disarms, found_at; // the poll that finds something, or 0
static const struct waitset_chanstate *late;    // something comes before it is armed

static bool poll_some(struct waitset_chanstate *chan)
{
    (void)chan;
    return ++polls == found_at;
}

static bool arm_all(struct waitset_chanstate *chan)
{
    arms += chan != late;
    return chan != late;
}

static void disarm_all(struct waitset_chanstate *chan)
{
    (void)chan;
    disarms++;
}

static void note(void *arg)
{
    ++*(unsigned *)arg;
}

static void begin(unsigned channels)
{
    static unsigned events;
    fake_kernel_start();
    fake_threads_start();
    waitset_init(&ws);
    polls = arms = disarms = found_at = 0;
    late = NULL;
    for (unsigned i = 0; i < channels; i++) {
        waitset_chanstate_init(&chans[i], CHANTYPE_OTHER);
        chans[i].poll = poll_some;
        chans[i].arm = arm_all;
        chans[i].disarm = disarm_all;
        CU_ASSERT_EQUAL(waitset_chan_register_polled(&ws, &chans[i], MKCLOSURE(note, &events)),
                        SYS_ERR_OK);
    }
}

static void trigger_in_sleep(void)
{
    (void)waitset_chan_trigger_disabled(&chans[0]);
    fake.disp->shared.lmp_delivered++;
}

/// A fixed number of polls, in whole rounds, then a sleep for which all are armed, until the first
/// time that anybody waits for.
static void polls_then_sleeps(void)
{
    static const struct {
        unsigned limit, rounds;
    } limits[] = {{0, 0}, {1, 1}, {2, 1}, {3, 2}, {4, 2}, {7, 4}};
    for (unsigned i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
        begin(2);
        disp_set_poll_limit(limits[i].limit);
        struct deferred_event event;
        deferred_event_init(&event);
        CU_ASSERT_EQUAL(deferred_event_register(&event, &ws, 1ul << 40, NOP_CLOSURE), SYS_ERR_OK);
        fake.asleep = trigger_in_sleep;
        CU_ASSERT_EQUAL(event_dispatch(&ws), SYS_ERR_OK);
        // When the event is wanted, when there is nothing to run, the rounds, and after the sleep.
        CU_ASSERT_EQUAL(polls, 2 * (2 + limits[i].rounds) + 1 + 1);
        CU_ASSERT_TRUE(arms == 2 && disarms == 2 && fake.sleeps == 1);
        CU_ASSERT_EQUAL(fake.slept_until, event.time);
        CU_ASSERT_EQUAL(deferred_event_cancel(&event), SYS_ERR_OK);
    }
}

/// Nobody polls if there is nothing to poll, and an event that comes before all is armed ends that.
static void sleeps(void)
{
    begin(0);
    struct lmp_endpoint *ep;
    struct capref cap;
    CU_ASSERT_EQUAL(endpoint_create(1, &cap, &ep), SYS_ERR_OK);
    waitset_chanstate_init(&chans[0], CHANTYPE_OTHER);
    CU_ASSERT_EQUAL(waitset_chan_register(&ws, &chans[0], NOP_CLOSURE), SYS_ERR_OK);
    fake.asleep = trigger_in_sleep;
    uint64_t credit = fake.disp->poll_policy.credit;
    CU_ASSERT_EQUAL(event_dispatch(&ws), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake.sleeps == 1 && fake.slept_until == 0);
    CU_ASSERT_EQUAL(fake.disp->poll_policy.credit, credit); // that was no wait of the policy's
    CU_ASSERT_EQUAL(fake.disp->wait_polled, 0);
    CU_ASSERT_TRUE(fake.ticks == 0 && fake.disp->shared.tick == 0); // there is nobody else
    begin(2);
    disp_set_poll_limit(0);
    late = &chans[1];
    CU_ASSERT_EQUAL(event_dispatch(&ws), SYS_ERR_OK);
    CU_ASSERT_TRUE(arms == 1 && disarms == 1 && fake.sleeps == 0 && !disp_is_disabled());
}

/// Who polls finds at once what comes meanwhile; and then it will poll as long again.
static void found_while_polling(void)
{
    begin(2);
    disp_set_poll_limit(1000);
    found_at = 11;
    fake.disp->poll_policy.want /= 2;
    CU_ASSERT_EQUAL(event_dispatch(&ws), SYS_ERR_OK);
    CU_ASSERT_TRUE(polls == 13 && fake.sleeps == 0 && arms == 0);
    CU_ASSERT_EQUAL(fake.disp->poll_policy.want, fake.disp->poll_policy.cost);
}

static struct domain_info around;

/// The clock is looked at in each eighth round only, and the first look begins the time that is polled,
/// of which an eighth is left where others want the core.
static void adapts(void)
{
    static const struct {
        uint64_t cost, runnable;
        unsigned found_at, rounds;
    } cases[] = {{0, 0, 0, CLOCK_ROUNDS},
                 {1ul << 40, 1, 4001, 0},
                 {7, 1, 0, 2 * CLOCK_ROUNDS},
                 {7, 2, 0, CLOCK_ROUNDS}};
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        begin(2);
        uint64_t cost = cases[i].cost;
        fake.disp->poll_policy = (struct poll_policy){0, UINT64_MAX / 16, cost, cost, cost};
        fake.disp->wait_start = 1; // of the last wait
        fake.disp->wait_budget = UINT64_MAX;
        fake.disp->info = i > 0 ? &around : NULL;
        around.kernel.runnable = cases[i].runnable;
        found_at = cases[i].found_at;
        fake.asleep = trigger_in_sleep;
        CU_ASSERT_EQUAL(event_dispatch(&ws), SYS_ERR_OK);
        CU_ASSERT_EQUAL(fake.sleeps, found_at == 0);
        // Once when the event is wanted, once when there is nothing to run, and after the sleep.
        CU_ASSERT_EQUAL(polls, found_at != 0 ? found_at + 2 : 2 * (2 + cases[i].rounds) + 2);
    }
}

static struct {
    uint64_t ago, announced; // of the beginning, and after it
} wait;

static void wait_in_sleep(void)
{
    CU_ASSERT_TRUE(fake.disp->wait_start == 0 && fake.disp->wake_announced == 0);
    fake.disp->wait_start = systime_now() - wait.ago;
    fake.disp->wait_polled = 100;
    dispatch_wake_announced(fake.disp->wait_start + wait.announced);
    trigger_in_sleep();
}

/// What the policy is told of a sleep, with a peer's time stamp or without; one of a time before the
/// wait, or still to come, is none.
static void learns(void)
{
    static const uint64_t ago = 1ul << 34;
    const struct {
        uint64_t ago, announced, cost, want, cost_low, cost_high;
    } cases[] = {
        {ago, 1, 4 * ago, 4 * ago, ago - 1, 2 * ago}, // soon announced, late seen
        {ago, 1, ago / 2, ago / 2, ago / 2 + 1, ago}, // the same, where that is dear
        {ago, 0, ago / 2, ago / 4, ago / 2, ago / 2}, // before the wait: only its length is known
        {ago, 0, 4 * ago, 4 * ago, 4 * ago, 4 * ago}, // which is less than a sleep costs
        {ago, 1ul << 60, ago / 2, ago / 4, ago / 2, ago / 2}, // to come
        {ago, ago - 5000, ago / 2, ago / 4, 5000, ago / 2 - 1},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        begin(2);
        struct poll_policy *policy = &fake.disp->poll_policy;
        uint64_t cost = cases[i].cost;
        *policy = (struct poll_policy){1, UINT64_MAX / 16, cost, cost, cost / 2};
        disp_set_poll_limit(0);
        fake.disp->wake_announced = 5; // of the last sleep
        wait.ago = cases[i].ago;
        wait.announced = cases[i].announced;
        fake.asleep = wait_in_sleep;
        CU_ASSERT_EQUAL(event_dispatch(&ws), SYS_ERR_OK);
        CU_ASSERT_EQUAL(policy->want, cases[i].want);
        CU_ASSERT_TRUE(policy->cost >= cases[i].cost_low && policy->cost <= cases[i].cost_high);
    }
}

static int wait_for_time(void *arg)
{
    CU_ASSERT_FALSE(thread_sem_wait_until(arg, UINT64_MAX));
    return 0;
}

/// Who runs while another one is ready, or waits for a time, has the CPU driver come back.
static void ticks(void)
{
    begin(0);
    struct thread_sem never = THREAD_SEM_INITIALIZER;
    struct thread *thread = thread_create(wait_for_time, &never);
    CU_ASSERT_TRUE(fake.ticks == 1 && fake.disp->shared.tick == 1);
    thread_yield();
    fake_preempt();
    CU_ASSERT_TRUE(fake.ticks == 2 && fake.disp->shared.tick == 1); // it waits for its time
    fake_expire();
    CU_ASSERT_EQUAL(thread_join(thread, NULL), SYS_ERR_OK);
    fake_preempt();
    CU_ASSERT_EQUAL(fake.disp->shared.tick, 0);
    unsigned before = fake.ticks;
    thread = thread_create(wait_for_time, &never);
    fake.disp->shared.tick = 0;
    (void)disp_disable();
    thread_pause(thread);
    thread_resume(thread);
    fake.disp->shared.tick = 0;
    disp_enable((dispatcher_handle_t)fake.disp);
    thread_yield();
    CU_ASSERT_TRUE(fake.disp->shared.tick == 1 && fake.ticks >= before + 3);
    fake_expire();
    CU_ASSERT_EQUAL(thread_join(thread, NULL), SYS_ERR_OK);
}

static int dispatch_one(void *arg)
{
    (void)arg;
    return event_dispatch(&ws) == SYS_ERR_OK ? 0 : 1;
}

/// Threads that wait for what only those see who look: from the first such channel on.
static void looked_for(void)
{
    begin(0);
    struct thread *threads[3];
    waitset_chanstate_init(&chans[0], CHANTYPE_OTHER);
    waitset_chanstate_init(&chans[1], CHANTYPE_OTHER);
    for (int i = 0; i < 2; i++)
        threads[i] = thread_create(dispatch_one, NULL);
    thread_yield();
    CU_ASSERT_TRUE(ws.waiters == &threads[0]->place && fake.disp->looked_for == 0);
    fake.disp->shared.tick = 0;
    chans[1].poll = poll_some;
    CU_ASSERT_EQUAL(waitset_chan_register_polled(&ws, &chans[1], NOP_CLOSURE), SYS_ERR_OK);
    CU_ASSERT_TRUE(threads[0]->looked_for && threads[1]->looked_for && fake.disp->looked_for == 2);
    CU_ASSERT_EQUAL(fake.disp->shared.tick, 1); // this one runs on
    threads[2] = thread_create(dispatch_one, NULL);
    thread_yield();
    CU_ASSERT_TRUE(fake.disp->looked_for == 3 && ws.looked_for);
    for (int i = 0; i < 3; i++) { // woken in order
        int status = 5;
        CU_ASSERT_EQUAL(waitset_chan_trigger_closure(&ws, &chans[0], NOP_CLOSURE), SYS_ERR_OK);
        CU_ASSERT_EQUAL(thread_join(threads[i], &status), SYS_ERR_OK);
        CU_ASSERT_TRUE(status == 0 && fake.disp->looked_for == 2 - (size_t)i);
    }
    struct waitset other = WAITSET_INITIALIZER;
    fake.disp->shared.tick = 0;
    CU_ASSERT_EQUAL(waitset_chan_deregister(&chans[1]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(waitset_chan_register_polled(&other, &chans[1], NOP_CLOSURE), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake.disp->shared.tick, 0); // nobody waits there
}

void upcall_pagefault(struct dispatcher *disp, uint64_t address, uint64_t error_code);
void upcall_trap(struct dispatcher *disp, uint64_t vector, uint64_t error_code);

static jmp_buf faulted;
static struct {
    enum exception_type type;
    uint64_t vector, address, error_code;
} fault;

static void __attribute__((noreturn))
note_fault(struct dispatcher *disp, enum exception_type type, uint64_t vector, uint64_t address,
           uint64_t error_code)
{
    CU_ASSERT_PTR_EQUAL(disp, fake.disp);
    fault.type = type;
    fault.vector = vector;
    fault.address = address;
    fault.error_code = error_code;
    longjmp(faulted, 1);
}

static void faults(void)
{
    static const enum exception_type types[] = {EXCEPT_OTHER, EXCEPT_SINGLESTEP, EXCEPT_OTHER,
                                                EXCEPT_BREAKPOINT, EXCEPT_OTHER};
    begin(0);
    fake.disp->fault = note_fault;
    fake.disp->shared.trap_save.rip = 0x4444;
    for (volatile uint64_t vector = 0; vector < 5; vector++) {
        if (setjmp(faulted) == 0)
            upcall_trap(fake.disp, vector, 9);
        CU_ASSERT_TRUE(fault.type == types[vector] && fault.vector == vector);
        CU_ASSERT_TRUE(fault.address == 0x4444 && fault.error_code == 9);
    }
    if (setjmp(faulted) == 0)
        upcall_pagefault(fake.disp, 0x5555, 6);
    CU_ASSERT_TRUE(fault.type == EXCEPT_PAGEFAULT && fault.vector == 14);
    CU_ASSERT_TRUE(fault.address == 0x5555 && fault.error_code == 6);
}

/// The main thread, and what the CPU driver has to know.
static void initialised(void)
{
    begin(0);
    const struct dispatcher *disp = fake.disp;
    const struct thread *self = thread_self();
    CU_ASSERT_TRUE(disp->all == self && self->all_next == NULL && disp->programs == 1);
    CU_ASSERT_TRUE(self->id == 1 && disp->last_thread_id == 1 && !self->fpu_owned);
    CU_ASSERT_TRUE(self->stack_low == STACK_VADDR && self->stack_high == STACK_VADDR + STACK_BYTES);
    CU_ASSERT_TRUE((uintptr_t)self->fpu % 64 == 0 && *(uint32_t *)(self->fpu + 24) == 0x1f80);
    CU_ASSERT_TRUE(disp->stack_top % 64 == 0 && disp->poll_limit == DISP_POLL_ADAPTIVE);
    CU_ASSERT_TRUE(disp->poll_policy.cost == 50000 && disp->self_ep.messages == SELFEP_MESSAGES);
    CU_ASSERT_EQUAL(disp->shared.entry_run, (uint64_t)context_entry_run);
    CU_ASSERT_EQUAL(disp->shared.entry_pagefault, (uint64_t)context_entry_pagefault);
    CU_ASSERT_EQUAL(disp->shared.entry_trap, (uint64_t)context_entry_trap);
    CU_ASSERT_EQUAL(disp->shared.crit_pc_low, (uint64_t)context_crit_low);
    CU_ASSERT_EQUAL(disp->shared.crit_pc_high, (uint64_t)context_crit_high);
    struct waitset *waitset = get_default_waitset();
    CU_ASSERT_TRUE(waitset == &disp->default_waitset && waitset->waiters == NULL);
}

/// A processor with more state than there is room for.
static size_t *said;

static void begins_with_4097(void)
{
    fake.disp->shared.xsave_bytes = 4097;
    fake.said = said;
    dispatch_init(fake.disp);
}

static void area_too_large(void)
{
    begin(0);
    fake.disp->shared.xsave_bytes = 4096;
    dispatch_init(fake.disp);
    said = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    test_dies(begins_with_4097);
    CU_ASSERT_EQUAL(*said, strlen("libbarrelfish: the processor's XSAVE area is too large\n"));
}

static unsigned handled;

static void handle(void *arg)
{
    if (++handled == 2)
        thread_exit(5);
    waitset_chanstate_init(&chans[0], CHANTYPE_OTHER);
    CU_ASSERT_EQUAL(waitset_chan_trigger_closure(arg, &chans[0], MKCLOSURE(handle, arg)),
                    SYS_ERR_OK);
}

static int main_loop(void *arg)
{
    (void)arg;
    for (;;)
        messages_wait_and_handle_next();
    return 0;
}

static size_t read_nothing(char *buf, size_t bytes)
{
    (void)buf;
    return bytes;
}

static personality_read_fn set_read;

static personality_read_fn note_read(personality_read_fn read)
{
    personality_read_fn before = set_read;
    set_read = read;
    return before;
}

/// The main loop, and what the personality is told.
static void main_loops(void)
{
    int status = 0;
    begin(0);
    handle(get_default_waitset());
    struct thread *thread = thread_create(main_loop, NULL);
    CU_ASSERT_EQUAL(thread_join(thread, &status), SYS_ERR_OK);
    CU_ASSERT_TRUE(status == 5 && handled == 2);
    static const struct personality personality = {.set_read = note_read};
    fake.disp->personality = &personality;
    CU_ASSERT_PTR_NULL(personality_set_read(read_nothing));
    CU_ASSERT_TRUE(set_read == read_nothing && personality_set_read(NULL) == read_nothing);
}

TEST_ISOLATED(polls_then_sleeps)
TEST_ISOLATED(sleeps)
TEST_ISOLATED(found_while_polling)
TEST_ISOLATED(adapts)
TEST_ISOLATED(learns)
TEST_ISOLATED(ticks)
TEST_ISOLATED(looked_for)
TEST_ISOLATED(faults)
TEST_ISOLATED(initialised)
TEST_ISOLATED(area_too_large)
TEST_ISOLATED(main_loops)

TEST_SUITE("scheduler") = {
    {"polls, then a sleep", test_polls_then_sleeps},
    {"a sleep", test_sleeps},
    {"found while polling", test_found_while_polling},
    {"the clock", test_adapts},
    {"what a sleep teaches", test_learns},
    {"ticks", test_ticks},
    {"who is looked for", test_looked_for},
    {"faults", test_faults},
    {"a new dispatcher", test_initialised},
    {"too large an XSAVE area", test_area_too_large},
    {"the main loop", test_main_loops},
};
