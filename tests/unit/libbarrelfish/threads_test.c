// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Threads: what one keeps when the core is taken from it, who runs next, and how they are made and
// end. What they wait for is in sync_test.c.
#include "barrelfish/systime.h"
#include "fake_threads.h"
#include "testlib/testlib.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define FAR (UINT64_MAX / 2)
#define PATTERN 0x0101010101010101ul

static char ran[64];

static void begin(void)
{
    fake_kernel_start();
    fake_threads_start();
    memset(ran, 0, sizeof(ran));
}

static void note(char what)
{
    CU_ASSERT_FATAL(strlen(ran) + 1 < sizeof(ran));
    ran[strlen(ran)] = what;
}

/// All general registers but rsp, and parts of the FPU's: xmm0, xmm15, MXCSR, the x87 control word.
enum { GENERAL = 15, FPU = 4, FLAGS, WORDS = GENERAL + FPU + 1 };
uint64_t preempt_in[WORDS], preempt_out[WORDS];
void preempt_with(void);
__asm__(".text\n"
        ".macro each do, to\n"
        "    \\do rax, 0, \\to\n    \\do rbx, 8, \\to\n    \\do rcx, 16, \\to\n"
        "    \\do rdx, 24, \\to\n    \\do rsi, 32, \\to\n    \\do rdi, 40, \\to\n"
        "    \\do rbp, 48, \\to\n    \\do r8, 56, \\to\n    \\do r9, 64, \\to\n"
        "    \\do r10, 72, \\to\n    \\do r11, 80, \\to\n    \\do r12, 88, \\to\n"
        "    \\do r13, 96, \\to\n    \\do r14, 104, \\to\n    \\do r15, 112, \\to\n"
        ".endm\n"
        ".macro load reg, at, from\n    movq \\from+\\at(%rip), %\\reg\n.endm\n"
        ".macro store reg, at, to\n    movq %\\reg, \\to+\\at(%rip)\n.endm\n"
        "preempt_with:\n"
        "    pushq %rbx\n    pushq %rbp\n    pushq %r12\n    pushq %r13\n    pushq %r14\n"
        "    pushq %r15\n    subq $8, %rsp\n    stmxcsr (%rsp)\n    fnstcw 4(%rsp)\n"
        "    movq preempt_in+120(%rip), %xmm0\n    movq preempt_in+128(%rip), %xmm15\n"
        "    ldmxcsr preempt_in+136(%rip)\n    fldcw preempt_in+144(%rip)\n"
        "    each load, preempt_in\n"
        "    stc\n    call fake_preempt\n"
        "    setc preempt_out+152(%rip)\n"
        "    each store, preempt_out\n"
        "    movq %xmm0, preempt_out+120(%rip)\n    movq %xmm15, preempt_out+128(%rip)\n"
        "    stmxcsr preempt_out+136(%rip)\n    fnstcw preempt_out+144(%rip)\n"
        "    ldmxcsr (%rsp)\n    fldcw 4(%rsp)\n    addq $8, %rsp\n"
        "    popq %r15\n    popq %r14\n    popq %r13\n    popq %r12\n    popq %rbp\n"
        "    popq %rbx\n    ret\n");

#define MXCSR_ROUNDS_DOWN (MXCSR_DEFAULT | 0x2000u)
#define X87_ROUNDS_UP 0xb7fu
#define X87_DEFAULT 0x37fu

static void set_fpu(uint32_t mxcsr, uint16_t x87)
{
    __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(x87));
}

static bool fpu_is(uint32_t mxcsr, uint16_t x87)
{
    uint32_t mxcsr_now;
    uint16_t x87_now;
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(mxcsr_now), "=m"(x87_now));
    return (mxcsr_now & 0xffc0u) == mxcsr && x87_now == x87;
}

/// Begins with the FPU as it is at first, and leaves another one to each who comes after it.
static int other_registers(void *arg)
{
    CU_ASSERT_TRUE(fpu_is(MXCSR_DEFAULT, X87_DEFAULT));
    set_fpu(MXCSR_ROUNDS_DOWN, X87_ROUNDS_UP);
    for (int i = 0; i < 3; i++) {
        __asm__ volatile("pxor %%xmm0, %%xmm0\n\tpxor %%xmm15, %%xmm15" : : : "xmm0", "xmm15");
        note('o');
        if (arg != NULL)
            fake_preempt();
        else
            thread_yield();
        CU_ASSERT_TRUE(fpu_is(MXCSR_ROUNDS_DOWN, X87_ROUNDS_UP));
    }
    return 0;
}

/// Beside another that is preempted as well, or that yields.
static void registers(void)
{
    for (uint64_t other = 0; other < 2; other++) {
        begin();
        struct thread *thread = thread_create(other_registers, (void *)other);
        for (uint64_t i = 0; i < WORDS; i++)
            preempt_in[i] = PATTERN * (i + 1 + 30 * other);
        preempt_in[GENERAL + 2] = MXCSR_ROUNDS_DOWN + 0x2000; // up
        preempt_in[GENERAL + 3] = X87_ROUNDS_UP - 0x400;      // down
        preempt_in[WORDS - 1] = 1;
        for (int i = 0; i < 3; i++) {
            memset(preempt_out, 0, sizeof(preempt_out));
            preempt_with();
            for (int k = 0; k < GENERAL + 2; k++)
                CU_ASSERT_EQUAL(preempt_out[k], preempt_in[k]);
            CU_ASSERT_EQUAL((uint32_t)preempt_out[GENERAL + 2] & 0xffc0u, preempt_in[GENERAL + 2]);
            CU_ASSERT_EQUAL((uint16_t)preempt_out[GENERAL + 3], preempt_in[GENERAL + 3]);
            CU_ASSERT_EQUAL(preempt_out[WORDS - 1], 1); // carry
            CU_ASSERT_FALSE(disp_is_disabled());
        }
        CU_ASSERT_STRING_EQUAL(ran, "ooo");
        CU_ASSERT_EQUAL(thread_join(thread, NULL), SYS_ERR_OK);
    }
}

static int run_once(void *arg)
{
    note((char)(uintptr_t)arg);
    return 7;
}

static struct thread *create(char name)
{
    return thread_create(run_once, (void *)(uintptr_t)name);
}

/// The one that ran goes to the end, whether it yields or is preempted.
static void takes_turns(void)
{
    begin();
    struct thread *threads[4];
    for (int i = 0; i < 4; i++)
        threads[i] = create((char)('a' + i));
    CU_ASSERT_STRING_EQUAL(ran, "");
    thread_yield();
    CU_ASSERT_STRING_EQUAL(ran, "abcd");
    CU_ASSERT_EQUAL(fake.yields, 0);
    for (int i = 0; i < 4; i++)
        CU_ASSERT_EQUAL(thread_join(threads[i], NULL), SYS_ERR_OK);
    struct thread *e = create('e'), *f = create('f');
    fake_preempt();
    CU_ASSERT_STRING_EQUAL(ran, "abcdef");
    CU_ASSERT_TRUE(fake.disp->current->state == THREAD_RUNNABLE && fake.disp->current->id == 1);
    CU_ASSERT_EQUAL(thread_join(e, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(thread_join(f, NULL), SYS_ERR_OK);
}

static void ready(void *arg)
{
    (void)arg;
    note('!');
}

/// With nobody to run the core goes to another dispatcher, or to the one that is named, even so; and
/// one looks for events before and afterwards.
static void yields(void)
{
    begin();
    thread_yield();
    CU_ASSERT_TRUE(fake.yields == 1 && fake.yielded_to == 0);
    thread_yield_dispatcher(0x77);
    CU_ASSERT_TRUE(fake.yields == 2 && fake.yielded_to == 0x77);
    struct thread *thread = create('a');
    thread_yield_dispatcher(0x78);
    CU_ASSERT_TRUE(fake.yields == 3 && fake.yielded_to == 0x78);
    CU_ASSERT_STRING_EQUAL(ran, "a");
    CU_ASSERT_EQUAL(thread_join(thread, NULL), SYS_ERR_OK);
    struct thread *late = create('b');
    dispatcher_handle_t handle = disp_disable();
    thread_yield(); // to nobody: it is disabled
    CU_ASSERT_TRUE(disp_is_disabled() && fake.disp->current->id == 1);
    CU_ASSERT_STRING_EQUAL(ran, "a");
    CU_ASSERT_EQUAL(fake.yields, 3);
    disp_enable(handle);
    CU_ASSERT_EQUAL(thread_join(late, NULL), SYS_ERR_OK);
    struct waitset ws;
    struct deferred_event event;
    waitset_init(&ws);
    deferred_event_init(&event);
    CU_ASSERT_EQUAL(deferred_event_register(&event, &ws, 0, MKCLOSURE(ready, NULL)), SYS_ERR_OK);
    unsigned before = fake.yields;
    thread_yield();
    CU_ASSERT_TRUE(event.waitset_state.state == CHAN_PENDING && fake.yields == before + 1);
    CU_ASSERT_EQUAL(event_dispatch(&ws), SYS_ERR_OK);
}

static struct thread_sem never;

static int wait_once(void *arg)
{
    note('w');
    systime_t deadline = arg != NULL ? FAR : 0;
    CU_ASSERT_EQUAL(thread_sem_wait_until(&never, deadline), arg == NULL);
    note('x');
    return 0;
}

/// A thread that is paused runs no more, whatever it was at, until it is resumed; twice is once.
static void pauses(void)
{
    begin();
    struct thread *thread = create('a');
    thread_pause(thread);
    thread_pause(thread);
    CU_ASSERT_TRUE(thread->queue == NULL && fake.disp->run_queue == NULL);
    thread_yield();
    CU_ASSERT_STRING_EQUAL(ran, "");
    fake.ticks = 0;
    fake.disp->shared.tick = 0;
    thread_resume(thread);
    CU_ASSERT_EQUAL(fake.ticks, 1); // else the core would not come back to it by itself
    thread_resume(thread);
    CU_ASSERT_PTR_EQUAL(thread->queue, &fake.disp->run_queue);
    thread_pause(thread_self()); // who runs, runs on
    thread_resume(thread_self());
    CU_ASSERT_TRUE(thread_self()->queue == NULL && !thread_self()->paused);
    CU_ASSERT_EQUAL(thread_join(thread, NULL), SYS_ERR_OK);
    thread = thread_create(wait_once, NULL);
    thread_sem_init(&never, 0);
    thread_yield();
    thread_pause(thread);
    CU_ASSERT_PTR_EQUAL(thread->queue, &never.queue); // it waits on
    thread_resume(thread);
    CU_ASSERT_PTR_EQUAL(thread->queue, &never.queue);
    thread_pause(thread);
    thread_sem_post(&never);
    CU_ASSERT_TRUE(thread->queue == NULL && thread->state == THREAD_RUNNABLE);
    thread_yield();
    CU_ASSERT_STRING_EQUAL(ran, "aw");
    thread_resume(thread);
    CU_ASSERT_EQUAL(thread_join(thread, NULL), SYS_ERR_OK);
    CU_ASSERT_STRING_EQUAL(ran, "awx");
}

/// A wait ends by its time, with the main thread asleep.
static void times_out(void)
{
    begin();
    struct thread *thread = thread_create(wait_once, (void *)1);
    thread_sem_init(&never, 0);
    thread_yield();
    CU_ASSERT_TRUE(thread->looked_for && fake.disp->looked_for == 1);
    CU_ASSERT_EQUAL(deferred_first_disabled(fake.disp), FAR);
    fake.asleep = fake_expire;
    CU_ASSERT_FALSE(thread_sem_wait_until(&never, FAR + 1));
    CU_ASSERT_TRUE(fake.sleeps == 2 && fake.slept_until == FAR + 1);
    CU_ASSERT_STRING_EQUAL(ran, "wx");
    CU_ASSERT_TRUE(fake.disp->looked_for == 0 && fake.disp->timers == NULL && never.queue == NULL);
    CU_ASSERT_EQUAL(thread_join(thread, NULL), SYS_ERR_OK);
}

static int exit_early(void *arg)
{
    thread_exit((int)(uintptr_t)arg);
}

static void joins(void)
{
    int status = 5;
    begin();
    CU_ASSERT_EQUAL(thread_join(thread_self(), &status), LIB_ERR_THREAD_JOIN);
    CU_ASSERT_EQUAL(thread_detach(thread_self()), LIB_ERR_THREAD_JOIN);
    struct thread *thread = create('a');
    CU_ASSERT_EQUAL(thread_get_id(thread), 2);
    fake_threads.error = 3; // the C library refuses; that was its one time
    CU_ASSERT_EQUAL(thread_join(thread, &status), LIB_ERR_THREAD_JOIN);
    CU_ASSERT_EQUAL(thread_join(thread, &status), LIB_ERR_THREAD_JOIN);
    CU_ASSERT_EQUAL(thread_detach(thread), LIB_ERR_THREAD_JOIN);
    CU_ASSERT_EQUAL(status, 5);
    CU_ASSERT_TRUE(fake_threads.detached == 0 && !thread->detached && !disp_is_disabled());
    thread->joining = false;
    CU_ASSERT_EQUAL(thread_join(thread, &status), SYS_ERR_OK);
    CU_ASSERT_EQUAL(status, 7);
    thread = thread_create(exit_early, (void *)9);
    CU_ASSERT_EQUAL(thread_get_id(thread), 3);
    CU_ASSERT_EQUAL(thread_join(thread, &status), SYS_ERR_OK);
    CU_ASSERT_EQUAL(status, 9);
}

static struct thread *joined;

static int join_self(void *arg)
{
    (void)arg;
    CU_ASSERT_EQUAL(thread_join(thread_self(), NULL), LIB_ERR_THREAD_JOIN);
    return thread_join(joined, NULL) == LIB_ERR_THREAD_JOIN ? 4 : 3;
}

/// By itself, or by two.
static void joins_nobody(void)
{
    int status = 0;
    begin();
    thread_sem_init(&never, 0);
    joined = thread_create(wait_once, NULL);
    struct thread *thread = thread_create(join_self, NULL);
    joined->joining = true; // as the main thread's thread_join() would leave it while it waits
    thread_yield();         // before anybody joins it
    CU_ASSERT_EQUAL(thread_join(thread, &status), SYS_ERR_OK);
    CU_ASSERT_EQUAL(status, 4);
    joined->joining = false;
    thread_sem_post(&never);
    CU_ASSERT_EQUAL(thread_join(joined, NULL), SYS_ERR_OK);
}

static void any_handler(enum exception_type type, int subtype, void *address,
                        struct registers *regs)
{
    (void)type, (void)subtype, (void)address, (void)regs;
}

/// The memory of a thread that nobody joins is used again, whenever that was said, and nothing of what
/// it was is left.
static void used_again(void)
{
    begin();
    struct thread *early = create('a'), *late = create('b');
    CU_ASSERT_EQUAL(thread_detach(early), SYS_ERR_OK);
    CU_ASSERT_EQUAL(thread_detach(early), LIB_ERR_THREAD_JOIN);
    CU_ASSERT_EQUAL(thread_join(early, NULL), LIB_ERR_THREAD_JOIN);
    CU_ASSERT_TRUE(early->detached && early->queue == &fake.disp->run_queue);
    thread_yield();
    CU_ASSERT_TRUE(early->queue == &fake.disp->dead && late->queue == NULL);
    early->handler_stack_owned = malloc(16); // freed with it
    early->handler = any_handler;
    early->in_exception = early->paused = early->timed_out = true;
    fake_threads.error = 3;
    CU_ASSERT_EQUAL(thread_detach(late), LIB_ERR_THREAD_JOIN); // but it is
    CU_ASSERT_TRUE(fake_threads.detached == 2 && late->queue == &fake.disp->dead);
    uint8_t *fpu = early->fpu;
    struct thread *again = create('c'), *more = create('d');
    CU_ASSERT_TRUE(again == early && more == late && fake.disp->dead == NULL);
    CU_ASSERT_TRUE(again->fpu == fpu && again->fpu_owned && again->handler == NULL);
    CU_ASSERT_TRUE(again->handler_stack_owned == NULL && !again->in_exception && !again->paused);
    CU_ASSERT_TRUE(again->created && !again->detached && again->id == 4 && more->id == 5);
    CU_ASSERT_EQUAL(thread_join(again, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(thread_join(more, NULL), SYS_ERR_OK);
    CU_ASSERT_STRING_EQUAL(ran, "abcd");
}

static void creates(void)
{
    begin();
    size_t least = page_round_up(PTHREAD_STACK_MIN);
    const struct {
        size_t wanted, given;
    } stacks[] = {{0, least},     {least, least}, {least + 1, least + 4096}, {2 * least, 2 * least},
                  {65536, 65536}, {65537, 69632}};
    for (unsigned i = 0; i < sizeof(stacks) / sizeof(*stacks); i++) {
        struct thread *thread = thread_create_varstack(run_once, (void *)'a', stacks[i].wanted);
        CU_ASSERT_EQUAL(fake_threads.stack, stacks[i].given);
        CU_ASSERT_TRUE(thread->fpu_owned && (uintptr_t)thread->fpu % 64 == 0);
        CU_ASSERT_EQUAL(thread_join(thread, NULL), SYS_ERR_OK);
    }
    struct thread *thread = create('b');
    CU_ASSERT_EQUAL(fake_threads.stack, THREADS_DEFAULT_STACK_BYTES);
    CU_ASSERT_EQUAL(thread_join(thread, NULL), SYS_ERR_OK);
}

/// Nothing is left of a thread that could not be made.
static void refusals(void)
{
    begin();
    for (unsigned i = 1; i <= 2; i++) {
        fake_threads.allocations = i;
        CU_ASSERT_PTR_NULL(create('a'));
        CU_ASSERT_EQUAL(fake_threads.allocations, 0);
    }
    fake_threads.error = 11;
    CU_ASSERT_PTR_NULL(create('a'));
    CU_ASSERT_PTR_NULL(thread_create_varstack(run_once, (void *)'a', SIZE_MAX / 2));
    CU_ASSERT_TRUE(thread_self()->clone_child == NULL && fake.disp->run_queue == NULL);
    CU_ASSERT_TRUE(fake.disp->all == thread_self() && !disp_is_disabled());
    thread_yield();
    CU_ASSERT_STRING_EQUAL(ran, "");
}

/// A thread is prepared enabled or disabled.
static void prepared(void)
{
    begin();
    uint32_t bytes = fake.disp->shared.xsave_bytes;
    struct thread *thread = thread_alloc();
    CU_ASSERT_PTR_NOT_NULL_FATAL(thread);
    memset(thread->fpu, 0xff, bytes);
    (void)disp_disable();
    thread_prepare(thread);
    CU_ASSERT_TRUE(disp_is_disabled());
    disp_enable((dispatcher_handle_t)fake.disp);
    CU_ASSERT_TRUE(fake.disp->all == thread && fake.disp->programs == 2 && thread->id == 2);
    for (uint32_t i = 0; i < bytes; i++)
        CU_ASSERT_EQUAL(thread->fpu[i], i == 24 ? 0x80 : i == 25 ? 0x1f : 0);
    thread_list_remove(fake.disp, thread);
    thread_prepare(thread);
    CU_ASSERT_FALSE(disp_is_disabled());
    CU_ASSERT_EQUAL(thread->id, 3);
    thread_list_remove(fake.disp, thread);
    free(thread->fpu);
    free(thread);
}

static void local_storage(void)
{
    begin();
    void *before = thread_get_tls();
    CU_ASSERT_PTR_EQUAL(before, *(void **)before); // where the C library has its own address
    thread_set_tls((char *)before + 16);
    void *now = thread_get_tls();
    thread_set_tls(before);
    CU_ASSERT_PTR_EQUAL(now, (char *)before + 16);
}

TEST_ISOLATED(registers)
TEST_ISOLATED(takes_turns)
TEST_ISOLATED(yields)
TEST_ISOLATED(pauses)
TEST_ISOLATED(times_out)
TEST_ISOLATED(joins)
TEST_ISOLATED(joins_nobody)
TEST_ISOLATED(used_again)
TEST_ISOLATED(creates)
TEST_ISOLATED(refusals)
TEST_ISOLATED(prepared)
TEST_ISOLATED(local_storage)

TEST_SUITE("threads") = {
    {"registers", test_registers},
    {"turns", test_takes_turns},
    {"yielding", test_yields},
    {"pausing", test_pauses},
    {"a time", test_times_out},
    {"joining", test_joins},
    {"joining oneself, and one whom another joins", test_joins_nobody},
    {"used again", test_used_again},
    {"creating", test_creates},
    {"refusals", test_refusals},
    {"preparing", test_prepared},
    {"thread-local storage", test_local_storage},
};
