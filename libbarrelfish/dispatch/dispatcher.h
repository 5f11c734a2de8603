// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of this library that are close to the dispatcher share: the dispatcher's and the
// threads' state. The state of a dispatcher lies in its frame behind what the CPU driver knows, and
// GS points to it, so that one instruction finds it and a domain that spans cores will have one on
// each. Invariants, whenever the dispatcher is enabled:
//   DI1 current is the running thread, and on no queue.
//   DI2 A thread that is on a ring has that ring in its field `queue`; any other has NULL there.
//   DI3 A runnable, unpaused thread that is not current is on the run queue.
//   DI4 A registered channel is CHAN_IDLE, on the ring `polled`, on the ring `armed` or on its
//       waitset's ring `pending`; `polled_count` are on the first of these.
//   DI5 `looked_for` threads have that flag, and are blocked.
//   DI6 The ring `timers` is sorted by time; who is not on it has not been inserted, or has expired.
//   DI7 `programs` of the threads on the list `all` are not `service`.
//   DI8 A semaphore's value is 0 while threads wait for it, and a mutex has an owner exactly while its
//       depth is not 0.
//   DI9 An endpoint, but for the self endpoint, lies in blocks of the frame.
// All of it is changed while disabled only, or by upcalls.

#pragma once

#include <assert.h>
#include <pthread.h>

#include "arch/x86_64/offsets.h"
#include "barrelfish/deferred.h"
#include "barrelfish/dispatch.h"
#include "barrelfish/except.h"
#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/personality.h"
#include "barrelfish/threads.h"
#include "barrelfish/waitset_chan.h"
#include "kpi/spawn.h"
#include "poll_policy.h"
#include "syscall/shared.h"

enum thread_state { THREAD_RUNNABLE, THREAD_BLOCKED, THREAD_ENDED };

#define PERSONALITY_WORDS 28u

/// What the personality, which answers foreign system calls, gives to the library below it.
struct personality {
    char *entry_syscall; ///< kpi/syscalls.h

    /// Whether a signal's handler is to run for a fault of the thread: general registers only; and
    /// its run, as the thread.
    bool (*fault_wanted)(const struct thread *thread, uint64_t vector);
    void (*fault_handle)(struct registers *regs, uint64_t vector, uint64_t address);

    personality_read_fn (*set_read)(personality_read_fn read);
};

struct thread {
    struct registers regs;           ///< all of them if full_context, else rsp and fs_base
    uint8_t *fpu;                    ///< XSAVE area, valid if full_context
    struct registers *syscall_frame; ///< of the foreign system call last entered
    struct list place;
    struct list **queue; ///< the ring that it is on, or NULL
    enum thread_state state;
    bool fpu_owned;    ///< made by thread_alloc(); else it is the main thread
    bool full_context; ///< preempted or new; else it is in context_block()
    bool paused;
    bool timed_out;              ///< the last wait ended by its deadline
    delayus_t blocking_limit_us; ///< blocking_set_limit()
    void *receives;              ///< the bindings that it receives from: flounder/flounder.h, F6
    bool looked_for;             ///< it waits for what is seen only if one looks: time, or a ring
    uintptr_t id;

    // How it was made and how it ends.
    bool created; ///< by thread_create(): freed by the one who joins
    bool detached;
    bool joining;
    thread_func_t start;
    void *start_arg;
    int status;
    pthread_t pthread;
    struct thread *clone_child;      ///< what its next system call for a new thread has to use
    uintptr_t stack_low, stack_high; ///< known bounds of the stack, or 0
    struct thread *all_next;         ///< on the list `all` until it has ended
    bool service;                    ///< the library's own: keeps no program from its end

    // Exceptions.
    exception_handler_fn handler;
    void *handler_stack_low, *handler_stack_high;
    void *handler_stack_owned;
    bool in_exception;

    uint64_t personality[PERSONALITY_WORDS]; ///< its state of the thread, zero at first
};

#define FRAME_BLOCK_BYTES 64u
#define FRAME_BLOCKS ((DISPATCHER_FRAME_BYTES - SELFEP_END) / FRAME_BLOCK_BYTES)
#define FRAME_BLOCK_WORDS ((FRAME_BLOCKS + 63) / 64)

struct dispatcher {
    struct dispatcher_shared shared;
    uint64_t stack_top; ///< of the stack that upcalls run on
    struct thread *current;
    uint64_t resume_rip;    ///< where context_resume() is about to jump
    struct list *run_queue; ///< ring
    struct list *dead;      ///< ring of ended threads that nobody joins, to be used again
    struct thread *all;     ///< list of those that have not ended
    size_t programs;        ///< of them, those that are not `service`
    struct waitset_chanstate *last_gone; ///< triggered when there is none of these left, or NULL
    uintptr_t last_thread_id;
    size_t looked_for;   ///< blocked threads with that flag
    struct list *polled; ///< ring
    size_t polled_count;
    size_t events_unpolled;       ///< taken since the channels were last polled
    bool poll_found;              ///< the last round of polls found something
    struct list *armed;           ///< ring of channels whose peers have to notify
    struct lmp_endpoint *wake_ep; ///< where they do, or NULL
    systime_t wake_announced;     ///< time stamp of the peer that ended the last sleep, or 0
    systime_t wait_start, wait_polled, wait_budget;
    struct poll_policy poll_policy;
    uint32_t poll_limit;         ///< polls before a sleep, or DISP_POLL_ADAPTIVE
    struct list *timers;         ///< ring, soonest first
    struct list *lmp_registered; ///< ring
    struct lmp_endpoint self_ep;
    uint64_t frame_blocks[FRAME_BLOCK_WORDS]; ///< a bit for each block in use
    struct waitset default_waitset;

    // What is above the scheduler.
    void (*poll_endpoints)(struct dispatcher *disp);
    void (*poll_channels)(struct dispatcher *disp);
    bool (*arm_channels)(struct dispatcher *disp, systime_t *deadline);
    void (*disarm_channels)(struct dispatcher *disp);
    void (*fault)(struct dispatcher *disp, enum exception_type type, uint64_t vector,
                  uint64_t address, uint64_t error_code) __attribute__((noreturn));
    const struct domain_info *info; ///< as disp_info()
    const struct personality *personality;
};

_Static_assert(sizeof(struct dispatcher) <= SELFEP_OFFSET, "the self endpoint's buffer follows");
_Static_assert(offsetof(struct dispatcher, shared.disabled) == DISP_DISABLED, "offsets.h");
_Static_assert(offsetof(struct dispatcher, resume_rip) == DISP_RESUME_RIP, "offsets.h");
_Static_assert(offsetof(struct dispatcher, shared.xsave_bytes) == DISP_XSAVE_BYTES, "offsets.h");
_Static_assert(offsetof(struct dispatcher, shared.xsave_mask) == DISP_XSAVE_MASK, "offsets.h");
_Static_assert(offsetof(struct dispatcher, shared.udisp) == DISP_UDISP, "offsets.h");
_Static_assert(offsetof(struct dispatcher, stack_top) == DISP_STACK_TOP, "offsets.h");
_Static_assert(offsetof(struct dispatcher, current) == DISP_CURRENT, "offsets.h");
_Static_assert(offsetof(struct thread, regs) == 0, "context.S takes a thread for its registers");
_Static_assert(offsetof(struct thread, syscall_frame) == THREAD_SYSCALL_FRAME, "offsets.h");

/// The caller's dispatcher.
static inline struct dispatcher *disp_self(void)
{
    return (struct dispatcher *)shared_self();
}

/// disp_disable() and disp_enable() without a call, for this library's own short paths.
static inline struct dispatcher *dispatch_disable(void)
{
    struct dispatcher *disp = disp_self();
    disp->shared.disabled = 1;
    __asm__ volatile("" ::: "memory");
    return disp;
}

static inline void dispatch_enable(struct dispatcher *disp)
{
    __asm__ volatile("" ::: "memory");
    disp->shared.disabled = 0;
}

static inline struct thread *thread_at(struct list *place)
{
    return LIST_OWNER(place, struct thread, place);
}

static inline void thread_ring_add(struct list **queue, struct thread *thread)
{
    ring_add(queue, &thread->place);
    thread->queue = queue;
}

static inline void thread_ring_remove(struct thread *thread)
{
    assert(thread->queue != NULL); // DI2
    ring_remove(thread->queue, &thread->place);
    thread->queue = NULL;
}

/// Takes the first thread of a ring, or NULL.
static inline struct thread *thread_ring_take(struct list **queue)
{
    struct thread *thread = *queue != NULL ? thread_at(*queue) : NULL;
    if (thread != NULL)
        thread_ring_remove(thread);
    return thread;
}

/// Says what a thread is about to wait for, or, WAIT_UNSAID, that it does no more.
static inline void dispatch_say_wait(enum dispatcher_wait wait, domainid_t domain)
{
    disp_self()->shared.waits_for = DISPATCHER_WAIT(wait, domain);
}

// dispatch_init.c

/// Prepares the first dispatcher and makes the caller its main thread; still disabled afterwards. The
/// entries of struct dispatcher that belong to others are the caller's to fill in.
void dispatch_init(struct dispatcher *disp);

// upcall.c

/// Asks for an upcall at the end of the slice, because another thread than the current one is or
/// may become runnable: if no other dispatcher waits for this core the CPU driver would not come
/// back by itself. Disabled.
void dispatch_want_tick(struct dispatcher *disp);

/// Tells when the peer announced the message that was found just now, by its time stamp. Disabled.
void dispatch_wake_announced(systime_t at);

/// Runs the next thread, or sleeps. Disabled, on the dispatcher stack.
void dispatch_schedule(struct dispatcher *disp) __attribute__((noreturn));

// fault.c, as struct dispatcher wants it

/// Runs the thread's exception handler, or reports and ends the domain. The FPU's registers are the
/// thread's.
void fault_upcall(struct dispatcher *disp, enum exception_type type, uint64_t vector,
                  uint64_t address, uint64_t error_code) __attribute__((noreturn));

/// Makes a thread, which is not the current one, run end(arg) instead of what it did; it is the end
/// of the domain. Disabled.
void fault_end_disabled(struct thread *thread, void (*end)(void *arg), void *arg);

// threads.c

/// Makes a blocked thread runnable; it is on no ring.
void thread_wake_disabled(struct thread *thread);

/// Wakes the first thread of a ring, if any.
struct thread *thread_wake_one_disabled(struct list **queue);

/// Blocks the caller on a ring until it is woken. Returns disabled.
void thread_block_disabled(struct list **queue);

/// Notes that a thread, which blocks, waits for what is seen only if one looks.
void thread_look_disabled(struct thread *thread);

/// As thread_block_disabled(), until `deadline` (0: none) at the latest; false if it came.
bool thread_block_until_disabled(struct list **queue, systime_t deadline);

/// A thread that is on no ring and has no context yet, or NULL.
struct thread *thread_alloc(void);

/// The same, an ended one if there is any.
struct thread *thread_take(void);

/// Gives a thread its number and, for a new XSAVE area, the FPU's initial state, and enters it in
/// the list of all.
void thread_prepare(struct thread *thread);
void fpu_area_init(uint8_t *area, uint32_t bytes);

// thread_list.c

/// Enters a thread in the list of all, or takes it out. Disabled.
static inline void thread_list_add(struct dispatcher *disp, struct thread *thread)
{
    thread->all_next = disp->all;
    disp->all = thread;
    disp->programs++;
}

void thread_list_remove(struct dispatcher *disp, struct thread *thread);

/// The calling thread is the library's own: when all others have ended, so does the program. An
/// event of `ws` (may be NULL), which this thread dispatches, sees to that.
void thread_be_service(struct waitset *ws);

// waitset.c, waitset_chan.c, timers.c, lmp_endpoints.c

/// Takes a waitset's oldest event, if there is any. Disabled.
bool waitset_take_disabled(struct waitset *ws, struct event_closure *closure);

/// As waitset_chan_register_polled(), disabled.
LIB_MUST_CHECK errval_t waitset_chan_register_polled_disabled(struct dispatcher *disp,
                                                              struct waitset *ws,
                                                              struct waitset_chanstate *chan,
                                                              struct event_closure closure);

void waitset_poll_disabled(struct dispatcher *disp);

/// Events of this waitset come by time or in a ring, so somebody has to look for them. Disabled.
void waitset_look_disabled(struct waitset *ws);

/// Announces a sleep to all polled channels. False: an event is there. *deadline (0: none) is
/// brought forward for channels that can only be polled.
bool waitset_arm_disabled(struct dispatcher *disp, systime_t *deadline);

/// Ends it, but for channels that stay armed.
void waitset_disarm_disabled(struct dispatcher *disp);

void deferred_poll_disabled(struct dispatcher *disp);
void deferred_insert_disabled(struct dispatcher *disp, struct deferred_event *event);
void deferred_remove_disabled(struct dispatcher *disp, struct deferred_event *event);

/// The time of the soonest timer, or 0.
systime_t deferred_first_disabled(const struct dispatcher *disp);

void lmp_endpoints_init(struct dispatcher *disp);
void lmp_endpoints_poll_disabled(struct dispatcher *disp);

/// Looks for events of all kinds. Disabled.
static inline void dispatch_poll(struct dispatcher *disp)
{
    if (disp->shared.lmp_delivered != disp->shared.lmp_seen)
        disp->poll_endpoints(disp);
    if (disp->timers != NULL)
        deferred_poll_disabled(disp);
    if (disp->polled != NULL || disp->armed != NULL)
        disp->poll_channels(disp);
}

// lmp_endpoints.c, lrpc.c

/// A message came, with a capability or without: *cap (may be NULL) as of lmp_endpoint_recv().
void lmp_endpoint_take_cap(struct lmp_endpoint *ep, bool has_cap, struct capref *cap);

/// After dispatch_poll(): sends *msg; if the dispatcher would sleep otherwise and `ep` is empty, also waits, until the
/// next message came straight to `ep` (it is in *msg, and *received has LMP_RECV_ bits) or another
/// one has to be looked for (*received is 0, which it has to be before). `to`, `send_cap`: of
/// get_cap_caddr(). Disabled. Errors: of lmp_send().
LIB_MUST_CHECK errval_t lrpc_try_disabled(struct dispatcher *disp, uint64_t to, uint64_t flags,
                                          uint64_t send_cap, struct lmp_endpoint *ep,
                                          struct lmp_recv_msg *msg, uint64_t *received);

// arch/x86_64/context.S

/// Saves what a call preserves into `thread` and continues at dispatch_schedule() on the dispatcher
/// stack. Returns, disabled, when context_continue() is called for the thread.
void context_block(struct thread *thread);

/// Continues a thread that is in context_block().
void context_continue(struct thread *thread) __attribute__((noreturn));

/// Continues as the same thread, enabled, at func(arg) on another stack.
void context_move(uintptr_t stack_top, void (*func)(void *arg), void *arg)
    __attribute__((noreturn));

/// Whether a byte can be read, or written. A fault of theirs is an answer (fault.c).
bool context_can_read(const void *address);
bool context_can_write(void *address);
extern char context_guard_low[], context_guard_high[], context_guard_fail[];

/// Loads all registers and enables. May be called on any stack.
void context_resume(const struct registers *regs, const uint8_t *fpu, uint64_t xsave_mask)
    __attribute__((noreturn));

/// Continues at func(disp) on the dispatcher stack.
void context_leave(void (*func)(struct dispatcher *disp)) __attribute__((noreturn));

/// Saves the FPU's registers, whose area must have been zero before its first use, and gives them
/// the values that the ABI wants at a function's entry.
void context_fpu_save(uint8_t *fpu, uint64_t xsave_mask);

extern char context_entry_run[], context_entry_pagefault[], context_entry_trap[];
extern char context_crit_low[], context_crit_high[];
