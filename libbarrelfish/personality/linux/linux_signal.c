// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Signals: what is pending, for whom, and how it gets its attention. A signal is handled by its
// thread itself: at the end of a system call (linux_signals_handle()), which it ends if it waits in
// it; at once, if it was preempted while it computed (context_entry_signal); or when it faults
// (fault.c). The calls are in linux_signal_calls.c. Sources: man pages signal(7), sigaction(2).
#include "linux_signal.h"

#include "barrelfish/domain.h"
#include "linux.h"
#include "linux_signal_state.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <ucontext.h>

#define SIGNAL_STATUS 128 ///< exit status of a death by signal, less the signal
#define INTERRUPT_STACK_BYTES 16384u

struct linux_action linux_actions[LINUX_SIGNALS];
uint64_t linux_signals_pending;

enum linux_disposition linux_disposition(int signal)
{
    uintptr_t handler = linux_actions[signal].handler;
    if (handler != LINUX_DEFAULT)
        return handler == LINUX_IGNORED ? LINUX_IGNORE : LINUX_HANDLE;
    switch (signal) {
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
        return LINUX_IGNORE;
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
        return LINUX_STOP;
    default:
        return LINUX_FATAL;
    }
}

void linux_signal_fatal(int signal)
{
    domain_exit(SIGNAL_STATUS + signal);
}

static void fatal_run(void *arg)
{
    linux_signal_fatal((int)(uintptr_t)arg);
}

static bool computes(const struct dispatcher *disp, const struct thread *thread)
{
    uintptr_t sp = thread->regs.rsp;
    return thread->queue == &disp->run_queue && thread->full_context &&
           !linux_of(thread)->in_call && !thread->in_exception && !linux_of(thread)->diverted &&
           sp <= thread->stack_high && sp >= thread->stack_low + INTERRUPT_STACK_BYTES;
}

/// Makes a thread, which has the signal pending and does not mask it, look.
static void poke_disabled(struct dispatcher *disp, struct thread *thread, int signal)
{
    if (thread == disp->current)
        return; // it is in a system call, at whose end it looks
    if (thread->queue == &linux_waits) {
        linux_of(thread)->interrupted = true;
        thread_ring_remove(thread);
        thread_wake_disabled(thread);
    } else if (linux_disposition(signal) == LINUX_FATAL) {
        if (thread->queue != NULL)
            thread_ring_remove(thread);
        fault_end_disabled(thread, fatal_run, (void *)(uintptr_t)signal);
        thread_wake_disabled(thread);
    } else if (computes(disp, thread)) {
        linux_of(thread)->diverted = true;
        linux_of(thread)->diverted_from = thread->regs;
        thread->regs.rip = (uint64_t)context_entry_signal;
    }
}

long linux_signal_thread_disabled(struct dispatcher *disp, struct thread *thread, int signal)
{
    assert(signal > 0 && signal < LINUX_SIGNALS); // LX3
    enum linux_disposition disposition = linux_disposition(signal);
    uint64_t bit = linux_signal_bit(signal);
    bool masked = (linux_of(thread)->signal_mask & bit) != 0,
         wanted = (linux_of(thread)->signal_wanted & bit) != 0;
    if (disposition == LINUX_STOP)
        return -ENOSYS;
    if (disposition == LINUX_IGNORE && !masked && !wanted)
        return 0;
    linux_of(thread)->signal_pending |= bit;
    if (!masked || wanted)
        poke_disabled(disp, thread, signal);
    return 0;
}

/// The thread that gets a signal to the domain: the current one or any other that takes it.
static struct thread *taker(struct dispatcher *disp, uint64_t bit)
{
    struct thread *found = NULL;
    for (struct thread *thread = disp->all; thread != NULL; thread = thread->all_next) {
        bool takes = (linux_of(thread)->signal_mask & bit) == 0 ||
                     (linux_of(thread)->signal_wanted & bit) != 0;
        if (!thread->service && takes && (found == NULL || thread == disp->current))
            found = thread;
    }
    return found;
}

long linux_signal_domain_disabled(struct dispatcher *disp, int signal)
{
    struct thread *thread = taker(disp, linux_signal_bit(signal));
    if (thread != NULL)
        return linux_signal_thread_disabled(disp, thread, signal);
    if (linux_disposition(signal) == LINUX_STOP)
        return -ENOSYS;
    linux_signals_pending |= linux_signal_bit(signal);
    return 0;
}

void linux_signal_raise_disabled(int signal)
{
    (void)linux_signal_domain_disabled(disp_self(), signal);
}

int linux_signal_take(uint64_t set)
{
    dispatcher_handle_t handle = disp_disable();
    struct thread *self = disp_self()->current;
    uint64_t found = (linux_of(self)->signal_pending | linux_signals_pending) & set;
    int signal = found != 0 ? __builtin_ctzl(found) + 1 : 0;
    if (signal != 0) {
        linux_of(self)->signal_pending &= ~linux_signal_bit(signal);
        linux_signals_pending &= ~linux_signal_bit(signal);
    }
    disp_enable(handle);
    return signal;
}

// Each register of a context, as f(NAME, name).
#define CONTEXT_EACH(f)                                                                            \
    REGS_EACH(f) f(RDI, rdi) f(RCX, rcx) f(R11, r11) f(RSP, rsp) f(RIP, rip) f(EFL, eflags)
#define TO_CONTEXT(NAME, name) [REG_##NAME] = (greg_t)regs->name,
#define FROM_CONTEXT(NAME, name) .name = (uint64_t)values[REG_##NAME],

static void to_context(ucontext_t *context, const struct registers *regs, uint64_t mask)
{
    const greg_t values[] = {CONTEXT_EACH(TO_CONTEXT)};
    memset(context, 0, sizeof(*context));
    memcpy(context->uc_mcontext.gregs, values, sizeof(values));
    memcpy(&context->uc_sigmask, &mask, sizeof(mask));
}

static void from_context(struct registers *regs, const ucontext_t *context)
{
    const greg_t *values = context->uc_mcontext.gregs;
    *regs = (struct registers){
        .fs_base = regs->fs_base, .gs_base = regs->gs_base, CONTEXT_EACH(FROM_CONTEXT)};
}

/// Runs a handler as a call, with the signals masked that it wants, and puts back what it leaves.
static void run_handler(int signal, siginfo_t *info, struct registers *regs)
{
    struct thread *self = thread_self();
    struct linux_action action = linux_actions[signal];
    uint64_t before = linux_of(self)->signal_mask;
    ucontext_t context;
    to_context(&context, regs, before);
    if ((action.flags & SA_RESETHAND) != 0)
        linux_actions[signal].handler = LINUX_DEFAULT;
    linux_of(self)->signal_mask |= action.mask;
    linux_of(self)->signal_mask |= (action.flags & SA_NODEFER) == 0 ? linux_signal_bit(signal) : 0;
    bool was_in_call = linux_of(self)->in_call;
    linux_of(self)->in_call = false;
    ((void (*)(int, siginfo_t *, void *))action.handler)(signal, info, &context);
    linux_of(self)->in_call = was_in_call;
    memcpy(&linux_of(self)->signal_mask, &context.uc_sigmask, sizeof(linux_of(self)->signal_mask));
    from_context(regs, &context);
}

bool linux_signals_handle(struct registers *regs)
{
    struct thread *self = thread_self();
    bool interrupts = false;
    int signal;
    while (((linux_of(self)->signal_pending | linux_signals_pending) &
            ~linux_of(self)->signal_mask) != 0 &&
           (signal = linux_signal_take(~linux_of(self)->signal_mask)) != 0) {
        enum linux_disposition disposition = linux_disposition(signal);
        if (disposition == LINUX_FATAL) {
            linux_signal_fatal(signal);
        } else if (disposition == LINUX_HANDLE) {
            siginfo_t info = {.si_signo = signal, .si_code = SI_USER};
            info.si_pid = (pid_t)disp_get_domain_id();
            interrupts = interrupts || (linux_actions[signal].flags & SA_RESTART) == 0;
            run_handler(signal, &info, regs);
        }
    }
    return interrupts;
}

void linux_signal_interrupted(uint8_t *fpu)
{
    struct thread *self = thread_self();
    assert(linux_of(self)->diverted); // LX2
    struct registers regs = linux_of(self)->diverted_from;
    linux_of(self)->diverted = false;
    (void)linux_signals_handle(&regs);
    struct dispatcher *disp = (struct dispatcher *)disp_disable();
    context_resume(&regs, fpu, disp->shared.xsave_mask);
}

/// Intel SDM vol. 3, table 6-1, as Linux tells it.
__attribute__((target("general-regs-only"))) static int signal_of_vector(uint64_t vector)
{
    switch (vector) {
    case 0:
    case 16:
    case 19:
        return SIGFPE;
    case 1:
    case 3:
        return SIGTRAP;
    case 6:
        return SIGILL;
    case 12:
    case 17:
        return SIGBUS;
    default:
        return SIGSEGV;
    }
}

__attribute__((target("general-regs-only"))) bool
linux_signal_fault_wanted(const struct thread *thread, uint64_t vector)
{
    int signal = signal_of_vector(vector);
    uintptr_t handler = linux_actions[signal].handler;
    return handler != LINUX_DEFAULT && handler != LINUX_IGNORED &&
           (linux_of(thread)->signal_mask >> (signal - 1) & 1) == 0;
}

void linux_signal_fault(struct registers *regs, uint64_t vector, uint64_t address)
{
    siginfo_t info = {.si_signo = signal_of_vector(vector), .si_code = SI_KERNEL};
    info.si_addr = (void *)address;
    run_handler(info.si_signo, &info, regs);
}
