// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Signals: who gets one and what it does there, handlers and the registers that they see and change,
// masks, waiting for them, and the timer that sends one.
#include "fake_domain.h"
#include "testlib/testlib.h"

#include "barrelfish/systime.h"
#include "personality/linux/linux_signal.h"
#include "personality/linux/linux_table.h"

#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

extern char context_entry_syscall[];

#define BIT(signal) linux_signal_bit(signal)

static struct linux_thread *of(unsigned i)
{
    return linux_of(&fake.threads[i]);
}

// A handler, and what it saw.

static int seen[8];
static unsigned seen_count;
static uint64_t mask_inside;
static bool in_call_inside;
static siginfo_t info_seen;
static ucontext_t context_seen;
static void (*in_handler)(ucontext_t *context);

static void handler(int signal, siginfo_t *info, void *context)
{
    seen[seen_count++ % 8] = signal;
    mask_inside = linux_of(thread_self())->signal_mask;
    in_call_inside = linux_of(thread_self())->in_call;
    info_seen = *info;
    context_seen = *(ucontext_t *)context;
    if (in_handler != NULL)
        in_handler(context);
}

static void handle(int signal, unsigned long flags, uint64_t mask)
{
    struct linux_action action = {.handler = (uintptr_t)handler, .flags = flags, .mask = mask};
    CU_ASSERT_EQUAL(CALL(linux_rt_sigaction, signal, P(&action), 0, 8), 0);
}

static long send(unsigned thread, int signal)
{
    return CALL(linux_tkill, (long)fake.threads[thread].id, signal);
}

static void actions(void)
{
    struct linux_action action = {.handler = (uintptr_t)handler, .flags = 5, .mask = ~0ul}, old;
    CU_ASSERT_EQUAL(CALL(linux_rt_sigaction, SIGHUP, P(&action), P(&old), 8), 0);
    CU_ASSERT_EQUAL(old.handler, LINUX_DEFAULT);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigaction, SIGHUP, 0, P(&old), 8), 0);
    CU_ASSERT_TRUE(old.handler == (uintptr_t)handler && old.flags == 5);
    CU_ASSERT_EQUAL(old.mask, ~(BIT(SIGKILL) | BIT(SIGSTOP)));
    CU_ASSERT_EQUAL(CALL(linux_rt_sigaction, 0, P(&action), 0, 8), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigaction, 65, P(&action), 0, 8), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigaction, 64, P(&action), 0, 8), 0);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigaction, 1, P(&action), 0, 8), 0);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigaction, SIGHUP, P(&action), 0, 4), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigaction, SIGKILL, P(&action), 0, 8), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigaction, SIGSTOP, P(&action), 0, 8), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigaction, SIGKILL, 0, P(&old), 8), 0);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigaction, SIGHUP, P(fake_hole), 0, 8), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigaction, SIGHUP, P(&action), P(fake_readonly), 8), -EFAULT);
    // What is ignored from now on is pending no more, for nobody.
    linux_signals_pending = BIT(SIGUSR1) | BIT(SIGHUP);
    of(0)->signal_pending = of(2)->signal_pending = BIT(SIGUSR1) | BIT(SIGHUP);
    action.handler = LINUX_IGNORED;
    CU_ASSERT_EQUAL(CALL(linux_rt_sigaction, SIGUSR1, P(&action), 0, 8), 0);
    CU_ASSERT_TRUE(linux_signals_pending == BIT(SIGHUP) && of(0)->signal_pending == BIT(SIGHUP) &&
                   of(2)->signal_pending == BIT(SIGHUP));
    action.handler = LINUX_DEFAULT;
    CU_ASSERT_EQUAL(CALL(linux_rt_sigaction, SIGHUP, P(&action), 0, 8), 0);
    CU_ASSERT_EQUAL(of(2)->signal_pending, BIT(SIGHUP));
}

static void dispositions(void)
{
    static const int ignored[] = {SIGCHLD, SIGCONT, SIGURG, SIGWINCH},
                     stops[] = {SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU};
    for (unsigned i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(linux_disposition(ignored[i]), LINUX_IGNORE);
        CU_ASSERT_EQUAL(linux_disposition(stops[i]), LINUX_STOP);
        CU_ASSERT_EQUAL(send(0, stops[i]), -ENOSYS);
        CU_ASSERT_EQUAL(send(0, ignored[i]), 0);
    }
    CU_ASSERT_EQUAL(of(0)->signal_pending, 0);
    CU_ASSERT_EQUAL(linux_disposition(SIGTERM), LINUX_FATAL);
    linux_actions[SIGTERM].handler = LINUX_IGNORED;
    CU_ASSERT_EQUAL(linux_disposition(SIGTERM), LINUX_IGNORE);
    linux_actions[SIGTSTP].handler = (uintptr_t)handler;
    CU_ASSERT_EQUAL(linux_disposition(SIGTSTP), LINUX_HANDLE);
    CU_ASSERT_EQUAL(linux_signal_domain_disabled(fake.disp, SIGSTOP), -ENOSYS);
    LEAVES(FAKE_EXIT, linux_signal_fatal(SIGTERM));
    CU_ASSERT_EQUAL(fake.status, 128 + SIGTERM);
}

static void sending(void)
{
    handle(SIGUSR1, 0, 0);
    CU_ASSERT_EQUAL(send(0, SIGUSR1), 0);
    CU_ASSERT_EQUAL(of(0)->signal_pending, BIT(SIGUSR1));
    CU_ASSERT_EQUAL(CALL(linux_tkill, 0, SIGUSR1), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_tkill, 9, SIGUSR1), -ESRCH);
    CU_ASSERT_EQUAL(CALL(linux_tkill, 9, 0), -ESRCH);
    CU_ASSERT_EQUAL(send(1, 0), 0);
    CU_ASSERT_EQUAL(of(1)->signal_pending, 0);
    CU_ASSERT_EQUAL(send(1, -1), -EINVAL);
    CU_ASSERT_EQUAL(send(1, 65), -EINVAL);
    CU_ASSERT_EQUAL(send(1, 64), -ENOSYS);
    CU_ASSERT_EQUAL(send(1, 32), -ENOSYS);
    CU_ASSERT_EQUAL(send(1, 34), -ENOSYS);
    handle(LINUX_SIGCANCEL, 0, 0);
    CU_ASSERT_EQUAL(send(1, LINUX_SIGCANCEL), 0);
    handle(31, 0, 0);
    CU_ASSERT_EQUAL(send(1, 31), 0);
    CU_ASSERT_EQUAL(of(1)->signal_pending, BIT(31) | BIT(LINUX_SIGCANCEL));
    CU_ASSERT_EQUAL(CALL(linux_tgkill, FAKE_DOMAIN, 3, SIGUSR1), 0);
    CU_ASSERT_EQUAL(of(2)->signal_pending, BIT(SIGUSR1));
    CU_ASSERT_EQUAL(CALL(linux_tgkill, FAKE_DOMAIN + 1, 3, SIGUSR1), -ESRCH);
    CU_ASSERT_EQUAL(CALL(linux_tgkill, 0, 3, SIGUSR1), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_tgkill, FAKE_DOMAIN, 0, SIGUSR1), -EINVAL);
    handle(SIGUSR2, 0, 0);
    of(0)->signal_pending = 0;
    static const long names[] = {0, (long)FAKE_DOMAIN, -(long)FAKE_DOMAIN};
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(CALL(linux_kill, names[i], SIGUSR2), 0);
        CU_ASSERT_EQUAL(of(0)->signal_pending, BIT(SIGUSR2));
        of(0)->signal_pending = 0;
    }
    CU_ASSERT_EQUAL(CALL(linux_kill, 0, 0), 0);
    CU_ASSERT_EQUAL(CALL(linux_kill, 5, SIGUSR2), -ESRCH);
    CU_ASSERT_EQUAL(CALL(linux_kill, -1, SIGUSR2), -ESRCH);
    CU_ASSERT_EQUAL(CALL(linux_kill, 0, 65), -EINVAL);
}

/// A signal to the domain goes to the caller, or to another thread that takes it, or waits.
static void takers(void)
{
    handle(SIGUSR1, 0, 0);
    of(0)->signal_mask = BIT(SIGUSR1);
    CU_ASSERT_EQUAL(CALL(linux_kill, 0, SIGUSR1), 0);
    CU_ASSERT_EQUAL(of(1)->signal_pending, BIT(SIGUSR1)); // the first in the list
    fake.threads[1].service = true;
    CU_ASSERT_EQUAL(CALL(linux_kill, 0, SIGUSR1), 0);
    CU_ASSERT_EQUAL(of(2)->signal_pending, BIT(SIGUSR1));
    of(1)->signal_pending = of(2)->signal_pending = 0;
    of(2)->signal_mask = BIT(SIGUSR1);
    CU_ASSERT_EQUAL(CALL(linux_kill, 0, SIGUSR1), 0);
    CU_ASSERT_TRUE(linux_signals_pending == BIT(SIGUSR1) && of(1)->signal_pending == 0);
    linux_signals_pending = 0;
    of(2)->signal_wanted = BIT(SIGUSR1);
    linux_signal_raise_disabled(SIGUSR1);
    CU_ASSERT_TRUE(linux_signals_pending == 0 && of(2)->signal_pending == BIT(SIGUSR1));
    of(0)->signal_mask = 0;
    linux_signal_raise_disabled(SIGUSR1);
    CU_ASSERT_EQUAL(of(0)->signal_pending, BIT(SIGUSR1));
}

/// What it does to a thread that is not the caller: one that waits, one that computes, one that
/// is to die.
static void pokes(void)
{
    struct thread *other = &fake.threads[1];
    handle(SIGUSR1, 0, 0);
    thread_ring_add(&linux_waits, other);
    CU_ASSERT_EQUAL(send(1, SIGUSR1), 0);
    CU_ASSERT_TRUE(of(1)->interrupted && other->queue == NULL && fake.woken == other &&
                   linux_waits == NULL);
    of(1)->signal_mask = BIT(SIGUSR1);
    of(1)->interrupted = false;
    thread_ring_add(&linux_waits, other);
    CU_ASSERT_EQUAL(send(1, SIGUSR1), 0);
    CU_ASSERT_TRUE(!of(1)->interrupted && other->queue == &linux_waits);
    of(1)->signal_wanted = BIT(SIGUSR1);
    CU_ASSERT_EQUAL(send(1, SIGUSR1), 0);
    CU_ASSERT_TRUE(of(1)->interrupted && other->queue == NULL);
    of(1)->signal_mask = of(1)->signal_wanted = 0;
    // It computes.
    thread_ring_add(&fake.disp->run_queue, other);
    other->full_context = true;
    other->stack_low = 0x100000;
    other->stack_high = 0x200000;
    other->regs.rsp = 0x100000 + 16384;
    other->regs.rip = 0x1234;
    CU_ASSERT_EQUAL(send(1, SIGUSR1), 0);
    CU_ASSERT_TRUE(of(1)->diverted && of(1)->diverted_from.rip == 0x1234);
    CU_ASSERT_EQUAL(other->regs.rip, (uint64_t)context_entry_signal);
    CU_ASSERT_TRUE(other->queue == &fake.disp->run_queue && fake.ended_thread == NULL);
    other->regs.rip = 0x77;
    CU_ASSERT_EQUAL(send(1, SIGUSR1), 0); // once
    CU_ASSERT_TRUE(other->regs.rip == 0x77 && of(1)->diverted_from.rip == 0x1234);
    CU_ASSERT_EQUAL(send(1, SIGTERM), 0); // fatal
    CU_ASSERT_TRUE(fake.ended_thread == other && other->queue == NULL && fake.woken == other);
    LEAVES(FAKE_EXIT, fake.ended_run(fake.ended_arg));
    CU_ASSERT_EQUAL(fake.status, 128 + SIGTERM);
    fake.ended_thread = NULL;
    CU_ASSERT_EQUAL(send(2, SIGTERM), 0); // on no ring
    CU_ASSERT_PTR_EQUAL(fake.ended_thread, &fake.threads[2]);
    fake.ended_thread = NULL;
    CU_ASSERT_EQUAL(send(0, SIGTERM), 0); // the caller looks at the end of the call
    CU_ASSERT_TRUE(fake.ended_thread == NULL && of(0)->signal_pending == BIT(SIGTERM));
}

/// Each thing that a thread must be for it to be diverted.
static void not_diverted(void)
{
    handle(SIGUSR1, 0, 0);
    for (unsigned not = 0; not < 8; not ++) {
        struct thread *other = &fake.threads[1];
        memset(of(1), 0, sizeof(*of(1)));
        other->full_context = not != 0;
        of(1)->in_call = not == 1;
        other->in_exception = not == 2;
        other->stack_low = 0x100000;
        other->stack_high = 0x200000;
        other->regs.rsp = not == 3 ? 0x100000 + 16383 : not == 4 ? 0x200001 : 0x200000;
        other->regs.rip = 5;
        thread_ring_add(not == 5 ? &fake.disp->dead : &fake.disp->run_queue, other);
        of(1)->diverted = not == 6;
        CU_ASSERT_EQUAL(send(1, SIGUSR1), 0);
        CU_ASSERT_EQUAL(other->regs.rip == (uint64_t)context_entry_signal, not == 7);
        CU_ASSERT_EQUAL(of(1)->signal_pending, BIT(SIGUSR1));
        thread_ring_remove(other);
    }
}

static void change_registers(ucontext_t *context)
{
    for (unsigned i = 0; i < 18; i++)
        context->uc_mcontext.gregs[i] += 1000;
    uint64_t mask = BIT(SIGHUP);
    memcpy(&context->uc_sigmask, &mask, sizeof(mask));
}

static struct registers registers_from(uint64_t first)
{
    return (struct registers){.r8 = first,
                              .r9 = first + 1,
                              .r10 = first + 2,
                              .r11 = first + 3,
                              .r12 = first + 4,
                              .r13 = first + 5,
                              .r14 = first + 6,
                              .r15 = first + 7,
                              .rdi = first + 8,
                              .rsi = first + 9,
                              .rbp = first + 10,
                              .rbx = first + 11,
                              .rdx = first + 12,
                              .rax = first + 13,
                              .rcx = first + 14,
                              .rsp = first + 15,
                              .rip = first + 16,
                              .eflags = first + 17,
                              .fs_base = 7,
                              .gs_base = 8};
}

/// A handler sees all registers, may change them and the mask, and runs with its signals masked.
static void handlers(void)
{
    struct registers regs = registers_from(100), changed = registers_from(1100);
    handle(SIGUSR1, 0, BIT(SIGTERM));
    of(0)->signal_mask = BIT(SIGALRM);
    of(0)->in_call = true;
    CU_ASSERT_EQUAL(send(0, SIGUSR1), 0);
    CU_ASSERT_TRUE(linux_signals_handle(&regs)); // without SA_RESTART
    CU_ASSERT_TRUE(seen_count == 1 && seen[0] == SIGUSR1 && of(0)->signal_pending == 0);
    CU_ASSERT_EQUAL(mask_inside, BIT(SIGALRM) | BIT(SIGTERM) | BIT(SIGUSR1));
    CU_ASSERT_TRUE(!in_call_inside && of(0)->in_call);
    CU_ASSERT_TRUE(info_seen.si_signo == SIGUSR1 && info_seen.si_code == SI_USER &&
                   info_seen.si_pid == FAKE_DOMAIN);
    CU_ASSERT_EQUAL(of(0)->signal_mask, BIT(SIGALRM));
    static const int order[] = {REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13,
                                REG_R14, REG_R15, REG_RDI, REG_RSI, REG_RBP, REG_RBX,
                                REG_RDX, REG_RAX, REG_RCX, REG_RSP, REG_RIP, REG_EFL};
    for (unsigned i = 0; i < 18; i++)
        CU_ASSERT_EQUAL(context_seen.uc_mcontext.gregs[order[i]], 100 + i);
    uint64_t mask;
    memcpy(&mask, &context_seen.uc_sigmask, sizeof(mask));
    CU_ASSERT_EQUAL(mask, BIT(SIGALRM));
    struct registers same = registers_from(100);
    CU_ASSERT_EQUAL(memcmp(&regs, &same, sizeof(regs)), 0);
    in_handler = change_registers;
    handle(SIGUSR1, SA_RESTART | SA_NODEFER | SA_RESETHAND, 0);
    CU_ASSERT_EQUAL(send(0, SIGUSR1), 0);
    CU_ASSERT_FALSE(linux_signals_handle(&regs));
    CU_ASSERT_EQUAL(mask_inside, BIT(SIGALRM));
    CU_ASSERT_EQUAL(memcmp(&regs, &changed, sizeof(regs)), 0);
    CU_ASSERT_EQUAL(of(0)->signal_mask, BIT(SIGHUP));
    CU_ASSERT_EQUAL(linux_actions[SIGUSR1].handler, LINUX_DEFAULT);
    CU_ASSERT_FALSE(linux_signals_handle(&regs)); // nothing is pending
    CU_ASSERT_EQUAL(seen_count, 2);
}

/// All that are pending, lowest first, the domain's too; a fatal one ends it.
static void several(void)
{
    struct registers regs = registers_from(0);
    handle(SIGUSR1, SA_RESTART, 0);
    handle(SIGUSR2, 0, 0);
    handle(SIGALRM, SA_RESTART, 0);
    of(0)->signal_pending = BIT(SIGALRM) | BIT(SIGUSR1) | BIT(SIGCHLD);
    linux_signals_pending = BIT(SIGUSR2);
    CU_ASSERT_TRUE(linux_signals_handle(&regs));
    CU_ASSERT_TRUE(seen_count == 3 && seen[0] == SIGUSR1 && seen[1] == SIGUSR2 &&
                   seen[2] == SIGALRM);
    CU_ASSERT_TRUE(of(0)->signal_pending == 0 && linux_signals_pending == 0);
    of(0)->signal_mask = BIT(SIGTERM);
    of(0)->signal_pending = BIT(SIGTERM);
    CU_ASSERT_FALSE(linux_signals_handle(&regs));
    of(0)->signal_mask = 0;
    LEAVES(FAKE_EXIT, linux_signals_handle(&regs));
    CU_ASSERT_EQUAL(fake.status, 128 + SIGTERM);
    of(0)->signal_pending = BIT(SIGHUP) | BIT(SIGTERM) | BIT(64);
    linux_signals_pending = BIT(SIGHUP);
    CU_ASSERT_EQUAL(linux_signal_take(BIT(SIGTERM) | BIT(64)), SIGTERM);
    CU_ASSERT_EQUAL(linux_signal_take(BIT(64)), 64);
    CU_ASSERT_EQUAL(linux_signal_take(BIT(64)), 0);
    CU_ASSERT_EQUAL(linux_signal_take(~0ul), SIGHUP);
    CU_ASSERT_TRUE(linux_signals_pending == 0 && of(0)->signal_pending == 0);
}

static void diverted(void)
{
    static uint8_t fpu[64];
    handle(SIGUSR1, 0, 0);
    of(0)->diverted = true;
    of(0)->diverted_from = registers_from(300);
    of(0)->signal_pending = BIT(SIGUSR1);
    LEAVES(FAKE_RESUME, linux_signal_interrupted(fpu));
    CU_ASSERT_TRUE(fake.resumed.rip == 316 && !of(0)->diverted && seen_count == 1);
}

static void faults(void)
{
    static const struct {
        uint64_t vector;
        int signal;
    } faults[] = {{0, SIGFPE}, {16, SIGFPE}, {19, SIGFPE}, {1, SIGTRAP},  {3, SIGTRAP},
                  {6, SIGILL}, {12, SIGBUS}, {17, SIGBUS}, {14, SIGSEGV}, {13, SIGSEGV}};
    struct registers regs = registers_from(0);
    for (unsigned i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
        int signal = faults[i].signal;
        linux_actions[signal].handler = LINUX_DEFAULT;
        CU_ASSERT_FALSE(linux_signal_fault_wanted(&fake.threads[0], faults[i].vector));
        linux_actions[signal].handler = LINUX_IGNORED;
        CU_ASSERT_FALSE(linux_signal_fault_wanted(&fake.threads[0], faults[i].vector));
        handle(signal, 0, 0);
        CU_ASSERT_TRUE(linux_signal_fault_wanted(&fake.threads[0], faults[i].vector));
        of(0)->signal_mask = BIT(signal);
        CU_ASSERT_FALSE(linux_signal_fault_wanted(&fake.threads[0], faults[i].vector));
        of(0)->signal_mask = 0;
        linux_signal_fault(&regs, faults[i].vector, 0x4321);
        CU_ASSERT_TRUE(info_seen.si_signo == signal && info_seen.si_code == SI_KERNEL &&
                       info_seen.si_addr == (void *)0x4321);
    }
}

static void masks(void)
{
    uint64_t set = BIT(SIGHUP) | BIT(SIGKILL) | BIT(SIGSTOP), old = 0;
    CU_ASSERT_EQUAL(CALL(linux_rt_sigprocmask, SIG_BLOCK, P(&set), P(&old), 8), 0);
    CU_ASSERT_TRUE(old == 0 && of(0)->signal_mask == BIT(SIGHUP));
    set = BIT(SIGINT);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigprocmask, SIG_BLOCK, P(&set), 0, 8), 0);
    CU_ASSERT_EQUAL(of(0)->signal_mask, BIT(SIGHUP) | BIT(SIGINT));
    set = BIT(SIGHUP) | BIT(SIGTERM);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigprocmask, SIG_UNBLOCK, P(&set), P(&old), 8), 0);
    CU_ASSERT_TRUE(old == (BIT(SIGHUP) | BIT(SIGINT)) && of(0)->signal_mask == BIT(SIGINT));
    CU_ASSERT_EQUAL(CALL(linux_rt_sigprocmask, SIG_SETMASK, P(&set), 0, 8), 0);
    CU_ASSERT_EQUAL(of(0)->signal_mask, set);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigprocmask, 77, 0, P(&old), 8), 0);
    CU_ASSERT_EQUAL(old, set);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigprocmask, 77, P(&set), P(&old), 8), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigprocmask, SIG_BLOCK, P(&set), 0, 4), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigprocmask, SIG_BLOCK, P(fake_hole), 0, 8), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigprocmask, SIG_BLOCK, 0, P(fake_readonly), 8), -EFAULT);
    of(0)->signal_pending = BIT(SIGHUP) | BIT(SIGUSR1);
    linux_signals_pending = BIT(SIGTERM) | BIT(SIGUSR2);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigpending, P(&old), 8), 0);
    CU_ASSERT_EQUAL(old, BIT(SIGHUP) | BIT(SIGTERM));
    CU_ASSERT_EQUAL(CALL(linux_rt_sigpending, P(&old), 4), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigpending, P(fake_hole), 8), -EFAULT);
}

static int to_send;

static void sends(systime_t deadline)
{
    (void)deadline;
    if (to_send != 0)
        CU_ASSERT_EQUAL(linux_signal_thread_disabled(fake.disp, &fake.threads[0], to_send), 0);
}

static void suspends(void)
{
    uint64_t mask = BIT(SIGHUP), before = BIT(SIGUSR1);
    handle(SIGUSR1, 0, 0);
    of(0)->signal_mask = before;
    fake.on_block = sends;
    to_send = SIGUSR1;
    CU_ASSERT_EQUAL(CALL(linux_rt_sigsuspend, P(&mask), 8), -EINTR);
    CU_ASSERT_TRUE(seen_count == 1 && of(0)->signal_mask == before && fake.blocks == 1 &&
                   fake.deadline == 0);
    CU_ASSERT_EQUAL(mask_inside, BIT(SIGHUP) | BIT(SIGUSR1));
    linux_signals_pending = BIT(SIGUSR1);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigsuspend, P(&mask), 8), -EINTR); // it is there
    CU_ASSERT_TRUE(seen_count == 2 && fake.blocks == 1);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigsuspend, P(&mask), 4), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigsuspend, P(fake_hole), 8), -EFAULT);
    of(0)->signal_mask = 0;
    CU_ASSERT_EQUAL(CALL(linux_pause, 0), -EINTR);
    CU_ASSERT_TRUE(seen_count == 3 && fake.blocks == 2);
    mask = ~0ul; // these two can never be
    to_send = SIGKILL;
    LEAVES(FAKE_EXIT, CALL(linux_rt_sigsuspend, P(&mask), 8));
    CU_ASSERT_EQUAL(fake.status, 128 + SIGKILL);
}

static void waits_for_signals(void)
{
    uint64_t set = BIT(SIGUSR1) | BIT(SIGCHLD);
    siginfo_t info = {.si_code = 99};
    struct timespec time = {3, 0}, wrong = {0, -1};
    of(0)->signal_mask = set;
    of(0)->signal_pending = BIT(SIGUSR1);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigtimedwait, P(&set), P(&info), P(&time), 8), SIGUSR1);
    CU_ASSERT_TRUE(info.si_signo == SIGUSR1 && info.si_code == SI_USER &&
                   info.si_pid == FAKE_DOMAIN);
    CU_ASSERT_TRUE(fake.blocks == 0 && of(0)->signal_pending == 0);
    fake.on_block = sends;
    to_send = SIGCHLD; // although nobody handles it
    CU_ASSERT_EQUAL(CALL(linux_rt_sigtimedwait, P(&set), 0, 0, 8), SIGCHLD);
    CU_ASSERT_TRUE(fake.blocks == 1 && fake.deadline == 0 && of(0)->signal_wanted == 0);
    to_send = 0;
    systime_t now = systime_now();
    CU_ASSERT_EQUAL(CALL(linux_rt_sigtimedwait, P(&set), P(&info), P(&time), 8), -EAGAIN);
    CU_ASSERT_TRUE(fake.deadline >= now + 3000 * FAKE_TSC_PER_MS &&
                   fake.deadline <= systime_now() + 3000 * FAKE_TSC_PER_MS);
    CU_ASSERT_EQUAL(info.si_signo, SIGUSR1);
    handle(SIGUSR2, 0, 0);
    to_send = SIGUSR2; // another one
    CU_ASSERT_EQUAL(CALL(linux_rt_sigtimedwait, P(&set), 0, P(&time), 8), -EINTR);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigtimedwait, P(&set), 0, P(&time), 4), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigtimedwait, P(&set), 0, P(&wrong), 8), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigtimedwait, P(fake_hole), 0, P(&time), 8), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigtimedwait, P(&set), P(fake_hole), P(&time), 8), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_rt_sigtimedwait, P(&set), 0, P(fake_hole), 8), -EFAULT);
    of(0)->signal_pending = 0;
    to_send = 0;
    set = BIT(SIGKILL);
    of(0)->signal_pending = 0;
    linux_signals_pending = 0;
    CU_ASSERT_EQUAL(CALL(linux_rt_sigtimedwait, P(&set), 0, P(&time), 8), -EAGAIN);
}

static struct deferred_event *timer(void)
{
    CU_ASSERT_PTR_NOT_NULL_FATAL(fake.disp->timers);
    return LIST_OWNER(fake.disp->timers, struct deferred_event, place);
}

static void expire(void)
{
    struct deferred_event *event = timer();
    fake.disp->shared.disabled = 1;
    ring_remove(&fake.disp->timers, &event->place);
    event->expired(event);
    fake.disp->shared.disabled = 0;
}

static void timers(void)
{
    struct itimerval value = {{0, 0}, {2, 500000}}, old, none = {{0, 0}, {0, 0}};
    handle(SIGALRM, 0, 0);
    CU_ASSERT_EQUAL(CALL(linux_getitimer, ITIMER_REAL, P(&old)), 0);
    CU_ASSERT_TRUE(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);
    systime_t now = systime_now();
    CU_ASSERT_EQUAL(CALL(linux_setitimer, ITIMER_REAL, P(&value), P(&old)), 0);
    CU_ASSERT_TRUE(fake.inserts == 1 && fake.disp->looked_for == 1 && fake.ticks == 1);
    CU_ASSERT_TRUE(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 0);
    systime_t at = timer()->time;
    CU_ASSERT_TRUE(at >= now + 2500 * FAKE_TSC_PER_MS &&
                   at <= systime_now() + 2500 * FAKE_TSC_PER_MS);
    CU_ASSERT_EQUAL(CALL(linux_getitimer, ITIMER_REAL, P(&old)), 0);
    CU_ASSERT_TRUE(old.it_value.tv_sec >= 1 && old.it_value.tv_sec <= 2 &&
                   old.it_interval.tv_sec == 0);
    expire();
    CU_ASSERT_TRUE(of(0)->signal_pending == BIT(SIGALRM) && fake.disp->looked_for == 0 &&
                   fake.inserts == 1);
    of(0)->signal_pending = 0;
    value.it_interval = (struct timeval){10, 0};
    CU_ASSERT_EQUAL(CALL(linux_setitimer, ITIMER_REAL, P(&value), 0), 0);
    at = timer()->time;
    expire();
    CU_ASSERT_TRUE(of(0)->signal_pending == BIT(SIGALRM) && fake.inserts == 3 &&
                   fake.disp->looked_for == 1);
    CU_ASSERT_EQUAL(timer()->time, at + 10000 * FAKE_TSC_PER_MS);
    timer()->time = 5; // far too late: what was missed is not made up for
    now = systime_now();
    expire();
    CU_ASSERT_TRUE(timer()->time >= now + 10000 * FAKE_TSC_PER_MS);
    CU_ASSERT_EQUAL(CALL(linux_setitimer, ITIMER_REAL, 0, P(&old)), 0); // as none
    CU_ASSERT_TRUE(old.it_interval.tv_sec == 10 && old.it_value.tv_sec >= 9 && fake.removes == 1 &&
                   fake.disp->looked_for == 0);
    CU_ASSERT_EQUAL(CALL(linux_getitimer, ITIMER_REAL, P(&old)), 0);
    CU_ASSERT_TRUE(old.it_interval.tv_sec == 0 && old.it_value.tv_sec == 0 &&
                   old.it_value.tv_usec == 0);
    CU_ASSERT_EQUAL(CALL(linux_setitimer, ITIMER_REAL, P(&value), 0), 0);
    timer()->time = 5;
    CU_ASSERT_EQUAL(CALL(linux_getitimer, ITIMER_REAL, P(&old)), 0);
    CU_ASSERT_TRUE(old.it_value.tv_sec == 0 && old.it_value.tv_usec == 1); // due, but not over
    CU_ASSERT_EQUAL(CALL(linux_setitimer, ITIMER_REAL, P(&none), 0), 0);
    CU_ASSERT_EQUAL(fake.disp->looked_for, 0);
}

static void wrong_timers(void)
{
    struct itimerval value = {{0, 0}, {1, 0}};
    CU_ASSERT_EQUAL(CALL(linux_setitimer, ITIMER_VIRTUAL, P(&value), 0), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_getitimer, ITIMER_PROF, P(&value)), -EINVAL);
    CU_ASSERT_EQUAL(CALL(linux_setitimer, ITIMER_REAL, P(fake_hole), 0), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_setitimer, ITIMER_REAL, P(&value), P(fake_readonly)), -EFAULT);
    CU_ASSERT_EQUAL(CALL(linux_getitimer, ITIMER_REAL, P(fake_readonly)), -EFAULT);
    static const struct timeval wrong[] = {{-1, 0}, {1l << 40, 0}, {0, -1}, {0, 1000000}};
    static const struct timeval right[] = {{0, 1}, {(1l << 40) - 1, 0}, {0, 999999}};
    for (unsigned i = 0; i < 4; i++) {
        value = (struct itimerval){{0, 0}, wrong[i]};
        CU_ASSERT_EQUAL(CALL(linux_setitimer, ITIMER_REAL, P(&value), 0), -EINVAL);
        value = (struct itimerval){wrong[i], {1, 0}};
        CU_ASSERT_EQUAL(CALL(linux_setitimer, ITIMER_REAL, P(&value), 0), -EINVAL);
    }
    CU_ASSERT_EQUAL(fake.inserts, 0);
    for (unsigned i = 0; i < 3; i++) {
        value = (struct itimerval){{0, 0}, right[i]};
        CU_ASSERT_EQUAL(CALL(linux_setitimer, ITIMER_REAL, P(&value), 0), 0);
        CU_ASSERT_EQUAL(fake.inserts, i + 1);
    }
}

/// System calls as a whole: what is pending is handled at the end, and some are made again.
static void calls(void)
{
    struct registers *frame = &fake.frames[0];
    handle(SIGUSR1, SA_RESTART, 0);
    *frame = registers_from(500);
    CU_ASSERT_EQUAL(linux_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0), FAKE_DOMAIN);
    CU_ASSERT_EQUAL(seen_count, 0);
    CU_ASSERT_EQUAL(linux_syscall(SYS_tkill, 1, SIGUSR1, 0, 0, 0, 0), 0);
    CU_ASSERT_TRUE(seen_count == 1 && frame->rip == 516 && !of(0)->in_call);
    linux_signals_pending = BIT(SIGUSR1);
    CU_ASSERT_EQUAL(linux_syscall(SYS_getpid, 0, 0, 0, 0, 0, 0), FAKE_DOMAIN);
    CU_ASSERT_EQUAL(seen_count, 2);
    of(0)->signal_mask = BIT(SIGUSR1);
    CU_ASSERT_EQUAL(linux_syscall(SYS_tkill, 1, SIGUSR1, 0, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(seen_count, 2);
    of(0)->signal_mask = of(0)->signal_pending = 0;
}

static unsigned sent;

static void sends_once(systime_t deadline)
{
    (void)deadline;
    if (sent++ == 0)
        (void)!linux_signal_thread_disabled(fake.disp, &fake.threads[0], SIGUSR1);
    else
        (void)linux_futex_wake_disabled(linux_of(&fake.threads[0])->futex, 1);
}

/// Another thread has taken the signal that ended the wait.
static void interrupts_only(systime_t deadline)
{
    (void)deadline;
    if (sent++ == 0) {
        of(0)->interrupted = true;
        thread_ring_remove(&fake.threads[0]);
    } else {
        (void)linux_futex_wake_disabled(of(0)->futex, 1);
    }
}

static void goes_elsewhere(ucontext_t *context)
{
    context->uc_mcontext.gregs[REG_RIP] = 0x9999;
}

static void calls_again(void)
{
    static uint32_t word = 7;
    struct registers *frame = &fake.frames[0];
    *frame = registers_from(500);
    fake.on_block = sends_once;
    handle(SIGUSR1, SA_RESTART, 0);
    CU_ASSERT_EQUAL(linux_syscall(SYS_futex, P(&word), 0, 7, 0, 0, 0), 0);
    CU_ASSERT_TRUE(fake.blocks == 2 && seen_count == 1 && frame->rip == 516);
    CU_ASSERT_EQUAL(context_seen.uc_mcontext.gregs[REG_RIP], 514); // at the instruction
    handle(SIGUSR1, 0, 0);
    sent = 0;
    CU_ASSERT_EQUAL(linux_syscall(SYS_futex, P(&word), 0, 7, 0, 0, 0), -EINTR);
    CU_ASSERT_TRUE(fake.blocks == 3 && seen_count == 2 && frame->rip == 516);
    sent = 0;
    fake.on_block = interrupts_only;
    CU_ASSERT_EQUAL(linux_syscall(SYS_futex, P(&word), 0, 7, 0, 0, 0), 0);
    CU_ASSERT_EQUAL(sent, 2);
    fake.on_block = sends_once;
    struct timespec time = {1000, 0}; // that one is never made again
    handle(SIGUSR1, SA_RESTART, 0);
    sent = 0;
    CU_ASSERT_EQUAL(linux_syscall(SYS_nanosleep, P(&time), 0, 0, 0, 0, 0), -EINTR);
    CU_ASSERT_EQUAL(context_seen.uc_mcontext.gregs[REG_RIP], 516);
    in_handler = goes_elsewhere;
    sent = 0;
    CU_ASSERT_EQUAL(linux_syscall(SYS_futex, P(&word), 0, 7, 0, 0, 0), -EINTR);
    CU_ASSERT_EQUAL(frame->rip, 0x9999);
    CU_ASSERT_PTR_EQUAL(linux_personality.entry_syscall, context_entry_syscall);
}

LINUX_TEST(actions)
LINUX_TEST(dispositions)
LINUX_TEST(sending)
LINUX_TEST(takers)
LINUX_TEST(pokes)
LINUX_TEST(not_diverted)
LINUX_TEST(handlers)
LINUX_TEST(several)
LINUX_TEST(diverted)
LINUX_TEST(faults)
LINUX_TEST(masks)
LINUX_TEST(suspends)
LINUX_TEST(waits_for_signals)
LINUX_TEST(timers)
LINUX_TEST(wrong_timers)
LINUX_TEST(calls)
LINUX_TEST(calls_again)

TEST_SUITE("signals") = {
    {"actions", test_actions},
    {"dispositions", test_dispositions},
    {"sending", test_sending},
    {"takers", test_takers},
    {"threads that get one", test_pokes},
    {"threads that are not diverted", test_not_diverted},
    {"handlers", test_handlers},
    {"several", test_several},
    {"diverted", test_diverted},
    {"faults", test_faults},
    {"masks", test_masks},
    {"suspend", test_suspends},
    {"waiting", test_waits_for_signals},
    {"timers", test_timers},
    {"wrong timers", test_wrong_timers},
    {"system calls", test_calls},
    {"system calls again", test_calls_again},
};
