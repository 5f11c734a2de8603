// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See fibers.h. In the place of threads.c, thread_sync.c, upcall.c and blocking.c.
#include "fibers.h"

#include "barrelfish/blocking.h"
#include "barrelfish/systime.h"
#include "dispatch/dispatcher.h"

#include <asm/prctl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <testlib/testlib.h>
#include <ucontext.h>
#include <unistd.h>

#define STACK_SIZE 262144u
#define YIELD_US 10u // what a turn of all others takes

struct fiber {
    struct thread thread;
    ucontext_t context;
    void (*run)(void *arg);
    void *arg;
    systime_t deadline; ///< of the wait; 0: none
    char *stack;
};

static struct dispatcher dispatcher;
static struct fiber fibers[FIBERS_MAX];
static unsigned fibers_count;
static systime_t now;

static struct fiber *fiber_of(struct thread *thread)
{
    return (struct fiber *)thread;
}

void fibers_end(void)
{
    for (unsigned i = 1; i < fibers_count; i++)
        free(fibers[i].stack);
    fibers_count = 0;
}

void fibers_start(void)
{
    dispatcher = (struct dispatcher){.poll_channels = waitset_poll_disabled,
                                     .shared.udisp = (uint64_t)&dispatcher,
                                     .shared.tsc_per_ms = 1000 * FIBERS_US,
                                     .current = &fibers[0].thread};
    fibers[0] = (struct fiber){.thread.state = THREAD_RUNNABLE};
    fibers_count = 1;
    now = 1000;
    CU_ASSERT_EQUAL_FATAL(syscall(SYS_arch_prctl, ARCH_SET_GS, &dispatcher), 0);
}

systime_t systime_now(void)
{
    return now++;
}

systime_t blocking_until(delayus_t limit_us)
{
    return now + us_to_systime(limit_us);
}

systime_t blocking_deadline(delayus_t limit_us)
{
    delayus_t set = dispatcher.current->blocking_limit_us;
    limit_us = set != 0 ? set : limit_us;
    return limit_us == BLOCKING_FOREVER ? 0 : blocking_until(limit_us);
}

delayus_t blocking_set_limit(delayus_t limit_us)
{
    delayus_t before = dispatcher.current->blocking_limit_us;
    dispatcher.current->blocking_limit_us = limit_us;
    return before;
}

void dispatch_want_tick(struct dispatcher *disp)
{
    (void)disp;
}

void dispatch_wake_announced(systime_t at)
{
    (void)at;
}

void thread_look_disabled(struct thread *thread)
{
    thread->looked_for = true;
}

struct thread *thread_self(void)
{
    return dispatcher.current;
}

struct thread *fibers_pretend(struct thread *thread)
{
    struct thread *before = dispatcher.current;
    dispatcher.current = thread;
    return before;
}

void thread_wake_disabled(struct thread *thread)
{
    thread->state = THREAD_RUNNABLE;
    thread_ring_add(&dispatcher.run_queue, thread);
}

struct thread *thread_wake_one_disabled(struct list **queue)
{
    struct thread *thread = thread_ring_take(queue);
    if (thread != NULL)
        thread_wake_disabled(thread);
    return thread;
}

/// All wait: lets the soonest deadline pass.
static void let_time_pass(void)
{
    struct fiber *soonest = NULL;
    for (unsigned i = 0; i < fibers_count; i++)
        if (fibers[i].thread.state == THREAD_BLOCKED && fibers[i].deadline != 0 &&
            (soonest == NULL || fibers[i].deadline < soonest->deadline))
            soonest = &fibers[i];
    systime_t timer = deferred_first_disabled(&dispatcher);
    if (timer != 0 && (soonest == NULL || timer < soonest->deadline)) {
        now = now > timer ? now : timer;
        deferred_poll_disabled(&dispatcher);
        return;
    }
    CU_ASSERT_PTR_NOT_NULL_FATAL(soonest); // else all wait for ever
    now = now > soonest->deadline ? now : soonest->deadline;
    soonest->thread.timed_out = true;
    if (soonest->thread.queue != NULL)
        thread_ring_remove(&soonest->thread);
    thread_wake_disabled(&soonest->thread);
}

/// Runs whoever can run, until the caller can and its turn has come.
static void switch_away(void)
{
    struct thread *self = dispatcher.current, *next;
    if (dispatcher.run_queue == NULL)
        dispatch_poll(&dispatcher);
    while ((next = thread_ring_take(&dispatcher.run_queue)) == NULL)
        let_time_pass();
    dispatcher.current = next;
    if (next != self)
        CU_ASSERT_EQUAL_FATAL(swapcontext(&fiber_of(self)->context, &fiber_of(next)->context), 0);
}

bool thread_block_until_disabled(struct list **queue, systime_t deadline)
{
    struct thread *self = dispatcher.current;
    if (deadline != 0 && now >= deadline)
        return false;
    self->timed_out = false;
    self->state = THREAD_BLOCKED;
    fiber_of(self)->deadline = deadline;
    if (queue != NULL)
        thread_ring_add(queue, self);
    switch_away();
    return !self->timed_out;
}

void thread_yield(void)
{
    dispatch_poll(&dispatcher);
    now += YIELD_US * FIBERS_US;
    thread_ring_add(&dispatcher.run_queue, dispatcher.current);
    switch_away();
}

static void fiber_run(void)
{
    struct fiber *self = fiber_of(dispatcher.current);
    self->run(self->arg);
    self->thread.state = THREAD_ENDED;
    switch_away();
}

/// One that has ended is used again.
static struct fiber *fiber_take(void)
{
    for (unsigned i = 1; i < fibers_count; i++)
        if (fibers[i].thread.state == THREAD_ENDED)
            return &fibers[i];
    CU_ASSERT_FATAL(fibers_count < FIBERS_MAX);
    fibers[fibers_count].stack = malloc(STACK_SIZE);
    CU_ASSERT_PTR_NOT_NULL_FATAL(fibers[fibers_count].stack);
    return &fibers[fibers_count++];
}

struct thread *fiber_make(void (*run)(void *arg), void *arg)
{
    struct fiber *fiber = fiber_take();
    *fiber = (struct fiber){.run = run, .arg = arg, .stack = fiber->stack};
    CU_ASSERT_EQUAL_FATAL(getcontext(&fiber->context), 0);
    fiber->context.uc_stack.ss_sp = fiber->stack;
    fiber->context.uc_stack.ss_size = STACK_SIZE;
    makecontext(&fiber->context, fiber_run, 0);
    thread_wake_disabled(&fiber->thread);
    return &fiber->thread;
}

bool fiber_ended(const struct thread *thread)
{
    return thread->state == THREAD_ENDED;
}

static bool all_ended(void)
{
    for (unsigned i = 0; i < fibers_count; i++)
        if (&fibers[i].thread != dispatcher.current && fibers[i].thread.state != THREAD_ENDED)
            return false;
    return true;
}

void fibers_sleep(delayus_t us)
{
    (void)thread_block_until_disabled(NULL, now + us_to_systime(us));
}

void fibers_join(void)
{
    systime_t limit = blocking_until(10 * BLOCKING_LIMIT_US);
    while (!all_ended() && now < limit)
        fibers_sleep(BLOCKING_LIMIT_US / 100);
    CU_ASSERT_TRUE_FATAL(all_ended()); // else somebody waits for ever
}

unsigned fibers_dispatch(struct waitset *ws, unsigned most)
{
    unsigned count = 0;
    while (count <= most && err_is_ok(event_dispatch_non_block(ws)))
        count++;
    CU_ASSERT_TRUE_FATAL(count <= most);
    return count;
}
