// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Faults of threads: who answers (a memory object, the thread's handler, a signal's, nobody), on
// which stack, and with which registers, the vector state among them, the thread goes on. What
// would be run there is called by the test.
#include "dispatch/dispatcher.h"

#include "barrelfish/domain.h"
#include "barrelfish/memobj.h"
#include "barrelfish/syscalls.h"
#include "barrelfish/terminal.h"
#include "cspace/mm.h"
#include "domain/fault_report.h"
#include "memory/region/pagefault.h"

#include <asm/prctl.h>
#include <sanitizer/asan_interface.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <testlib/testlib.h>
#include <unistd.h>

#define XSAVE_BYTES 832u
#define FPU_LIVE 0x5a ///< what the registers hold when a thread faults

static _Alignas(4096) uint8_t frame[DISPATCHER_FRAME_BYTES];
static struct dispatcher *disp = (struct dispatcher *)frame;
static struct thread threads[2];
static _Alignas(64) uint8_t areas[2][XSAVE_BYTES];
static _Alignas(64) char handler_stack[16384], thread_stack[65536];

static struct {
    jmp_buf leave;
    enum { RESUMED = 1, SCHEDULED, EXITED, STOPPED } left;
    struct registers regs;
    uint8_t fpu[XSAVE_BYTES];
    const uint8_t *fpu_at;
    errval_t answer;
    genvaddr_t asked_address;
    enum pagefault_exception_type asked_type;
    bool inside, fatal_fault, signal_wanted, no_memory;
    unsigned handled, signals, reports, stops, printed, wakes, asked;
    enum exception_type type;
    int subtype, status;
    void *address;
    errval_t reported;
    uint64_t reported_rip;
    struct registers seen;
} around;

__asm__(
    ".data\n.globl context_guard_low, context_guard_high, context_guard_fail\n"
    "context_guard_low: .skip 16\ncontext_guard_high: .skip 1\ncontext_guard_fail: .skip 1\n.text");

__attribute__((noreturn)) static void leave(int how)
{
    around.left = how;
    longjmp(around.leave, 1);
}

void context_resume(const struct registers *regs, const uint8_t *fpu, uint64_t xsave_mask)
{
    CU_ASSERT_TRUE(xsave_mask == 7 && disp->shared.disabled != 0 && (uintptr_t)fpu % 64 == 0);
    around.regs = *regs;
    around.fpu_at = fpu;
    memcpy(around.fpu, fpu, XSAVE_BYTES);
    leave(RESUMED);
}

void context_fpu_save(uint8_t *fpu, uint64_t xsave_mask)
{
    CU_ASSERT_TRUE(xsave_mask == 7 && (uintptr_t)fpu % 64 == 0);
    for (unsigned i = 512; i < 576; i++)
        CU_ASSERT_EQUAL_FATAL(fpu[i], 0); // the header has to be zero
    memset(fpu, FPU_LIVE, 512);
}

void fpu_area_init(uint8_t *area, uint32_t bytes)
{
    CU_ASSERT_EQUAL(bytes, XSAVE_BYTES);
    memset(area, 0, bytes);
}

void dispatch_schedule(struct dispatcher *which)
{
    CU_ASSERT_PTR_EQUAL(which, disp);
    leave(SCHEDULED);
}

void domain_exit(int status)
{
    around.status = status;
    leave(EXITED);
}

struct sysret syscall_invoke(uint64_t caddr, uint64_t cmd, uint64_t arg1, uint64_t arg2,
                             uint64_t arg3, uint64_t arg4, uint64_t arg5, uint64_t arg6)
{
    (void)arg1, (void)arg2, (void)arg3, (void)arg4, (void)arg5, (void)arg6;
    CU_ASSERT_TRUE(caddr == get_cap_caddr(cap_dispatcher) && cmd == DISPATCHER_CMD_STOP);
    if (++around.stops < 3) // it can be refused; it is asked again then
        return (struct sysret){SYS_ERR_CAP_BUSY, 0, 0};
    leave(STOPPED);
}

struct thread *thread_self(void)
{
    return disp->current;
}

struct thread *thread_wake_one_disabled(struct list **queue)
{
    struct thread *thread = thread_ring_take(queue);
    around.wakes += thread != NULL;
    return thread;
}

bool mm_is_inside(void)
{
    return around.inside;
}

errval_t vspace_pagefault(genvaddr_t address, enum pagefault_exception_type type)
{
    around.asked_address = address;
    around.asked_type = type;
    around.asked++;
    return around.answer;
}

void fault_report(struct dispatcher *which, uint64_t vector, uint64_t address, uint64_t error_code,
                  errval_t answer)
{
    CU_ASSERT_TRUE(which == disp && vector != 0 && (address != 0 || error_code != 0));
    around.reports++;
    around.reported = answer;
    around.reported_rip = disp->shared.trap_save.rip;
}

const char *fault_report_text(size_t *bytes)
{
    *bytes = 4;
    return "text";
}

size_t terminal_write_last(const char *data, size_t length)
{
    around.printed += length == 4 && memcmp(data, "text", 4) == 0;
    return length;
}

errval_t sys_print(const char *string, size_t length)
{
    around.printed += 10 * (length == 4 && memcmp(string, "text", 4) == 0);
    return SYS_ERR_OK;
}

void *__interceptor_calloc(size_t count, size_t bytes);

void *calloc(size_t count, size_t bytes)
{
    return around.no_memory ? NULL : __interceptor_calloc(count, bytes);
}

static bool signal_is_wanted(const struct thread *thread, uint64_t vector)
{
    CU_ASSERT_TRUE(thread == &threads[0] && vector != 0);
    return around.signal_wanted;
}

static void signal_handle(struct registers *regs, uint64_t vector, uint64_t address)
{
    CU_ASSERT_TRUE(vector == 14 && address == 0x1234 && !threads[0].in_exception);
    around.signals++;
    regs->rip = 0x8888;
}

static const struct personality personality = {.fault_wanted = signal_is_wanted,
                                               .fault_handle = signal_handle};

static void on_exception(enum exception_type type, int subtype, void *address,
                         struct registers *regs)
{
    around.handled++;
    around.type = type;
    around.subtype = subtype;
    around.address = address;
    around.seen = *regs;
    regs->rax = 77;
    CU_ASSERT_TRUE(threads[0].in_exception);
}

static void start(void)
{
    memset(&around, 0, sizeof(around));
    memset(frame, 0, sizeof(frame));
    memset(threads, 0, sizeof(threads));
    memset(areas, 0, sizeof(areas));
    disp->shared.udisp = (uint64_t)frame;
    disp->shared.xsave_mask = 7;
    disp->shared.xsave_bytes = XSAVE_BYTES;
    disp->shared.disabled = 1;
    disp->personality = &personality;
    for (unsigned i = 0; i < 2; i++) {
        threads[i].fpu = areas[i];
        threads[i].stack_low = (uintptr_t)thread_stack;
        threads[i].stack_high = (uintptr_t)thread_stack + sizeof(thread_stack);
    }
    disp->current = &threads[0];
    disp->shared.trap_save = (struct registers){.rip = 0x4444,
                                                .rax = 5,
                                                .rsp = threads[0].stack_high - 4096,
                                                .fs_base = 0x99,
                                                .eflags = 0x246};
    CU_ASSERT_EQUAL_FATAL(syscall(SYS_arch_prctl, ARCH_SET_GS, frame), 0);
}

#define LEAVES(how, run)                                                                           \
    do {                                                                                           \
        around.left = 0;                                                                           \
        if (setjmp(around.leave) == 0)                                                             \
            run;                                                                                   \
        CU_ASSERT_EQUAL(around.left, how);                                                         \
    } while (0)

static void fault(enum exception_type type, uint64_t error_code)
{
    fault_upcall(disp, type, type == EXCEPT_PAGEFAULT ? 14 : 6, 0x1234, error_code);
}

/// What the thread was made to call: enabled, as the call of a function, with fresh FPU registers.
static void diverted(uintptr_t low, uintptr_t high)
{
    CU_ASSERT_TRUE(around.regs.rsp > low && around.regs.rsp < high && around.regs.rsp % 16 == 8);
    CU_ASSERT_TRUE(around.regs.fs_base == 0x99 && around.regs.gs_base == (uint64_t)disp);
    CU_ASSERT_TRUE((around.regs.eflags & 0x202) == 0x202);
    CU_ASSERT_PTR_EQUAL(around.fpu_at, disp->current->fpu);
    for (unsigned i = 0; i < XSAVE_BYTES; i++)
        CU_ASSERT_EQUAL_FATAL(around.fpu[i], 0);
}

/// The stack is one of so many bytes, most of which are free.
static void has_room(size_t bytes)
{
    size_t used = XSAVE_BYTES + 512;
    CU_ASSERT_PTR_NULL(
        __asan_region_is_poisoned((void *)(around.regs.rsp - bytes + used), bytes - used));
}

static void run_diverted(void)
{
    disp->shared.disabled = 0;
    ((void (*)(void *))around.regs.rip)((void *)around.regs.rdi);
}

/// The thread goes on where it was, with all that it had.
static void resumed(uint64_t rip)
{
    CU_ASSERT_EQUAL(around.regs.rip, rip);
    CU_ASSERT_TRUE(around.regs.rsp == disp->current->stack_high - 4096 &&
                   around.regs.fs_base == 0x99);
    for (unsigned i = 0; i < 512; i++)
        CU_ASSERT_EQUAL_FATAL(around.fpu[i], FPU_LIVE);
}

/// A memory object answers; the access is tried again.
static void answered(void)
{
    static const struct {
        uint64_t code;
        enum pagefault_exception_type type;
    } kinds[] = {{4, PAGEFLT_READ}, {6, PAGEFLT_WRITE}, {0x14, PAGEFLT_EXEC}, {0x16, PAGEFLT_EXEC}};
    for (volatile unsigned i = 0; i < 4; i++) {
        start();
        LEAVES(RESUMED, fault(EXCEPT_PAGEFAULT, kinds[i].code));
        diverted(0x1000, UINTPTR_MAX);
        has_room(FAULT_STACK_BYTES);
        uintptr_t sp = around.regs.rsp;
        CU_ASSERT_FALSE(sp - (uintptr_t)thread_stack < sizeof(thread_stack));
        LEAVES(RESUMED, run_diverted());
        resumed(0x4444);
        CU_ASSERT_TRUE(around.asked == 1 && around.asked_address == 0x1234 &&
                       around.asked_type == kinds[i].type);
        CU_ASSERT_EQUAL(around.reports, 0);
    }
}

/// One thread answers at a time; the others wait, all of them are woken, and try again.
static void waits_for_the_stack(void)
{
    start();
    LEAVES(RESUMED, fault(EXCEPT_PAGEFAULT, 4));
    struct registers first = around.regs;
    disp->current = &threads[1];
    disp->shared.disabled = 1;
    disp->shared.trap_save.rip = 0x5555;
    LEAVES(SCHEDULED, fault(EXCEPT_PAGEFAULT, 4));
    CU_ASSERT_TRUE(threads[1].queue != NULL && threads[1].full_context &&
                   threads[1].state == THREAD_BLOCKED);
    CU_ASSERT_TRUE(threads[1].regs.rip == 0x5555 && areas[1][100] == FPU_LIVE);
    disp->current = &threads[0];
    around.regs = first;
    LEAVES(RESUMED, run_diverted());
    CU_ASSERT_TRUE(around.wakes == 1 && threads[1].queue == NULL);
    resumed(0x4444);
    disp->current = &threads[1]; // the stack is free
    disp->shared.disabled = 1;
    LEAVES(RESUMED, fault(EXCEPT_PAGEFAULT, 4));
    LEAVES(RESUMED, run_diverted());
    CU_ASSERT_EQUAL(around.asked, 2);
}

static void with_handler(void)
{
    threads[0].handler = on_exception;
    threads[0].handler_stack_low = handler_stack;
    threads[0].handler_stack_high = handler_stack + sizeof(handler_stack) - 5; // of any alignment
}

/// The thread's handler, for what no object answers and for other faults; with the vector state of
/// the fault, whichever way it came.
static void handled(void)
{
    for (volatile unsigned way = 0; way < 4; way++) {
        start();
        with_handler();
        around.answer = LIB_ERR_PAGEFAULT;
        around.inside = way == 1; // then no object is asked
        static enum exception_type type;
        type = way < 2 ? EXCEPT_PAGEFAULT : way == 2 ? EXCEPT_BREAKPOINT : EXCEPT_OTHER;
        LEAVES(RESUMED, fault(type, 6));
        if (way == 0)
            LEAVES(RESUMED, run_diverted());
        diverted((uintptr_t)handler_stack, (uintptr_t)handler_stack + sizeof(handler_stack));
        CU_ASSERT_TRUE(threads[0].in_exception && around.asked == (way == 0));
        LEAVES(RESUMED, run_diverted());
        resumed(0x4444);
        CU_ASSERT_TRUE(around.handled == 1 && around.type == type &&
                       around.address == (void *)0x1234);
        CU_ASSERT_EQUAL(around.subtype, way < 2 ? (int)PAGEFLT_WRITE : 6);
        CU_ASSERT_TRUE(around.seen.rax == 5 && around.seen.rip == 0x4444 && around.regs.rax == 77);
        CU_ASSERT_FALSE(threads[0].in_exception);
        CU_ASSERT_EQUAL(around.reports, 0);
    }
}

static void signals(void)
{
    start();
    around.answer = LIB_ERR_PAGEFAULT;
    around.signal_wanted = true;
    LEAVES(RESUMED, fault(EXCEPT_PAGEFAULT, 6));
    LEAVES(RESUMED, run_diverted());
    uintptr_t sp = threads[0].stack_high - 4096;
    diverted((uintptr_t)thread_stack, sp - 128); // below what the function may use
    CU_ASSERT_TRUE(threads[0].in_exception);
    LEAVES(RESUMED, run_diverted());
    CU_ASSERT_TRUE(around.signals == 1 && around.regs.rsp == sp);
    resumed(0x8888);
}

/// Whether the handler of a signal can run with the stack pointer so far above the stack's low end.
static bool has_room_for_signal(uintptr_t offset)
{
    start();
    around.signal_wanted = around.inside = true;
    disp->shared.trap_save.rsp = threads[0].stack_low + offset;
    LEAVES(RESUMED, fault(EXCEPT_PAGEFAULT, 6));
    return around.reports == 0;
}

static void stack_too_full(void)
{
    CU_ASSERT_TRUE(has_room_for_signal(65536) && has_room_for_signal(24576));
    CU_ASSERT_FALSE(has_room_for_signal(24575)); // the domain ends
}

static void other_stack(void)
{
    CU_ASSERT_FALSE(has_room_for_signal(65537));
}

/// Nobody answers: a report, on a stack for that, and the end.
static void ends(void)
{
    start();
    around.answer = LIB_ERR_PAGEFAULT;
    LEAVES(RESUMED, fault(EXCEPT_PAGEFAULT, 6));
    disp->shared.trap_save.rip = 0x7777; // another thread has faulted since
    LEAVES(RESUMED, run_diverted());
    diverted(0x1000, UINTPTR_MAX);
    CU_ASSERT_TRUE(around.reports == 1 && around.reported == LIB_ERR_PAGEFAULT &&
                   around.reported_rip == 0x4444);
    has_room(16384);
    uintptr_t sp = around.regs.rsp;
    LEAVES(EXITED, run_diverted());
    CU_ASSERT_TRUE(around.printed == 1 && around.status == DOMAIN_STATUS_FATAL);
    disp->shared.disabled = 1;
    around.signal_wanted = true;
    with_handler(); // a fault in that end: not even a handler is asked
    around.inside = true;
    LEAVES(STOPPED, fault(EXCEPT_OTHER, 1));
    CU_ASSERT_TRUE(around.printed == 11 && around.stops == 3 && around.reports == 2);
    fault_end_disabled(&threads[1], free, NULL); // on the same stack
    CU_ASSERT_EQUAL(threads[1].regs.rsp, sp);
}

static void ends_in_handler(void)
{
    start();
    with_handler();
    threads[0].in_exception = true;
    around.signal_wanted = true;
    LEAVES(RESUMED, fault(EXCEPT_OTHER, 1));
    CU_ASSERT_TRUE(around.reports == 1 && err_is_ok(around.reported));
    LEAVES(EXITED, run_diverted());
}

static void ends_without_thread(void)
{
    start();
    disp->current = NULL; // the library's own mistake
    LEAVES(STOPPED, fault(EXCEPT_PAGEFAULT, 6));
    CU_ASSERT_TRUE(around.reports == 1 && around.printed == 10 && around.asked == 0);
}

static void ends_while_another_answers(void)
{
    start();
    LEAVES(RESUMED, fault(EXCEPT_PAGEFAULT, 6));
    disp->current = NULL;
    disp->shared.disabled = 1;
    LEAVES(STOPPED, fault(EXCEPT_PAGEFAULT, 6));
    CU_ASSERT_TRUE(around.reports == 1 && around.asked == 0);
}

/// A fault while an object answers is the thread's: it is not asked again.
static void faults_while_answering(void)
{
    start();
    with_handler();
    LEAVES(RESUMED, fault(EXCEPT_PAGEFAULT, 6));
    disp->shared.disabled = 1;
    disp->shared.trap_save.rip = 0x6666;
    LEAVES(RESUMED, fault(EXCEPT_PAGEFAULT, 6));
    diverted((uintptr_t)handler_stack, (uintptr_t)handler_stack + sizeof(handler_stack));
    CU_ASSERT_EQUAL(around.asked, 0);
}

/// The access was a question: the answer is no, whatever handlers there are.
static void questions(void)
{
    for (volatile unsigned i = 0; i < 4; i++) {
        static const struct {
            long at;
            bool asks;
        } places[] = {{0, true}, {15, true}, {16, false}, {-1, false}};
        start();
        with_handler();
        memset(areas, 0xff, sizeof(areas));
        around.inside = true;
        disp->shared.trap_save.rip = (uint64_t)context_guard_low + (uint64_t)places[i].at;
        LEAVES(RESUMED, fault(EXCEPT_PAGEFAULT, 4));
        CU_ASSERT_EQUAL(threads[0].in_exception, !places[i].asks);
        if (places[i].asks)
            resumed((uint64_t)context_guard_fail);
    }
    start(); // after an object has been asked
    around.answer = LIB_ERR_PAGEFAULT;
    disp->shared.trap_save.rip = (uint64_t)context_guard_low;
    LEAVES(RESUMED, fault(EXCEPT_PAGEFAULT, 4));
    LEAVES(RESUMED, run_diverted());
    resumed((uint64_t)context_guard_fail);
}

static void end_of_another(void)
{
    start();
    threads[1].regs.fs_base = 0x99;
    threads[1].paused = true;
    memset(areas[1], 1, XSAVE_BYTES);
    fault_end_disabled(&threads[1], free, (void *)0x10);
    struct registers *regs = &threads[1].regs;
    CU_ASSERT_TRUE(regs->rip == (uint64_t)free && regs->rdi == 0x10 && regs->rsp % 16 == 8);
    CU_ASSERT_TRUE(regs->fs_base == 0x99 && regs->gs_base == (uint64_t)disp &&
                   (regs->eflags & 0x202) == 0x202);
    CU_ASSERT_TRUE(threads[1].full_context && !threads[1].paused && areas[1][5] == 0);
    LEAVES(STOPPED, fault(EXCEPT_OTHER, 1)); // that was the end
}

static void sets_handlers(void)
{
    exception_handler_fn old = NULL;
    void *low = NULL, *high = NULL;
    start();
    disp->shared.disabled = 0;
    CU_ASSERT_EQUAL(thread_set_exception_handler(on_exception, &old, handler_stack,
                                                 handler_stack + 8191, &low, &high),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(thread_set_exception_handler(on_exception, &old, handler_stack + 9000,
                                                 handler_stack, &low, &high),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_PTR_NULL(threads[0].handler);
    CU_ASSERT_EQUAL(thread_set_exception_handler(on_exception, &old, handler_stack,
                                                 handler_stack + 8192, &low, &high),
                    SYS_ERR_OK);
    CU_ASSERT_TRUE(old == NULL && low == NULL && threads[0].handler == on_exception &&
                   threads[0].handler_stack_high == handler_stack + 8192);
    around.no_memory = true;
    CU_ASSERT_EQUAL(thread_set_exception_handler(on_exception, NULL, NULL, NULL, NULL, NULL),
                    LIB_ERR_MALLOC_FAIL);
    around.no_memory = false;
    CU_ASSERT_EQUAL(thread_set_exception_handler(on_exception, &old, NULL, NULL, &low, &high),
                    SYS_ERR_OK);
    CU_ASSERT_TRUE(old == on_exception && low == handler_stack && high == handler_stack + 8192);
    char *own = threads[0].handler_stack_low;
    CU_ASSERT_TRUE(own != NULL && threads[0].handler_stack_owned == own);
    CU_ASSERT_TRUE((char *)threads[0].handler_stack_high - own >= 8192);
    CU_ASSERT_EQUAL(thread_set_exception_handler(NULL, NULL, NULL, NULL, NULL, NULL),
                    SYS_ERR_OK); // frees it
    CU_ASSERT_TRUE(threads[0].handler == NULL && threads[0].handler_stack_owned == NULL &&
                   disp->shared.disabled == 0);
}

TEST_ISOLATED(answered)
TEST_ISOLATED(waits_for_the_stack)
TEST_ISOLATED(handled)
TEST_ISOLATED(signals)
TEST_ISOLATED(ends)
TEST_ISOLATED(ends_in_handler)
TEST_ISOLATED(ends_without_thread)
TEST_ISOLATED(ends_while_another_answers)
TEST_ISOLATED(stack_too_full)
TEST_ISOLATED(other_stack)
TEST_ISOLATED(faults_while_answering)
TEST_ISOLATED(questions)
TEST_ISOLATED(end_of_another)
TEST_ISOLATED(sets_handlers)

TEST_SUITE("faults") = {
    {"an object answers", test_answered},
    {"waiting for the stack", test_waits_for_the_stack},
    {"a handler", test_handled},
    {"signals", test_signals},
    {"the end", test_ends},
    {"the end, in a handler", test_ends_in_handler},
    {"the end, without a thread", test_ends_without_thread},
    {"the same while another answers", test_ends_while_another_answers},
    {"a stack too full for a signal", test_stack_too_full},
    {"a stack that is not the thread's", test_other_stack},
    {"a fault while answering", test_faults_while_answering},
    {"questions", test_questions},
    {"the end of another", test_end_of_another},
    {"handlers are set", test_sets_handlers},
};
