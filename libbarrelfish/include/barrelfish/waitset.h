// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Waitsets: any number of threads wait for events on any number of channels, timers and
// notifications at once. An event is a closure that a thread in event_dispatch() runs. A waitset
// belongs to one dispatcher. How a kind of channel raises events is in barrelfish/waitset_chan.h.
// Model: Barrelfish, technical note 11 (message notifications).

#pragma once

#include "barrelfish/types.h"
#include "kpi/list.h"

/// What runs when an event is dispatched.
struct event_closure {
    void (*handler)(void *arg);
    void *arg;
};

/// Does nothing. Who is given it need not run it.
void event_nop_handler(void *arg);

#define MKCLOSURE(func, closure_arg) ((struct event_closure){(func), (closure_arg)})
#define NOP_CLOSURE MKCLOSURE(event_nop_handler, NULL)
#define MKCONT(func, closure_arg) MKCLOSURE(func, closure_arg)
#define NOP_CONT NOP_CLOSURE

/// Kinds of channels, for debugging.
enum ws_chantype {
    CHANTYPE_LMP_IN = 1,
    CHANTYPE_UMP_IN,
    CHANTYPE_UMP_OUT,
    CHANTYPE_DEFERRED,
    CHANTYPE_EVENT_QUEUE,
    CHANTYPE_OTHER,
};

enum ws_chanstate {
    CHAN_UNREGISTERED, ///< no event can come
    CHAN_IDLE,         ///< waits for waitset_chan_trigger()
    CHAN_POLLED,       ///< its poll() is asked
    CHAN_ARMED,        ///< its peer has to notify; its poll() is not asked
    CHAN_PENDING,      ///< an event waits to be dispatched
};

/// One channel's place in a waitset. Private to waitset_chan.c; visible for allocation, but for the
/// three functions of a polled channel, which its owner sets after waitset_chanstate_init().
struct waitset_chanstate {
    struct waitset *waitset;
    struct list place; ///< in a ring
    struct event_closure closure;
    enum ws_chantype chantype;
    enum ws_chanstate state;
    bool armed;
    bool stays_armed; ///< set by its owner: see waitset_set_wake_endpoint()
    uint16_t misses;  ///< polls in vain while others had events
    domainid_t peer;  ///< set by its owner: from whom events come; 0: not known

    /// Tells whether an event is there. All three are called with the dispatcher disabled: they
    /// must not block, fault, lock or call the C library.
    bool (*poll)(struct waitset_chanstate *chan);
    /// Announces a sleep; false if an event is there and nothing is armed. May be NULL: then the
    /// channel is only ever polled, and the dispatcher sleeps at most POLL_SLEEP_US at a time.
    bool (*arm)(struct waitset_chanstate *chan);
    /// Announces the end of a sleep. May be NULL.
    void (*disarm)(struct waitset_chanstate *chan);
};

/// Private to waitset.c; visible for allocation.
struct waitset {
    struct list *pending; ///< ring, oldest first
    struct list *waiters; ///< ring of threads blocked in event_dispatch()
    bool looked_for;      ///< it has had channels whose events are seen only if one looks
};

#define WAITSET_INITIALIZER                                                                        \
    {                                                                                              \
        NULL, NULL, false                                                                          \
    }

void waitset_init(struct waitset *ws);

/// Ends the use of a waitset. LIB_ERR_INVALID_ARGS: threads wait on it, or events are pending.
LIB_MUST_CHECK errval_t waitset_destroy(struct waitset *ws);

/// Waits for one event and runs its closure. Blocks. Its channel is unregistered before that.
errval_t event_dispatch(struct waitset *ws);

/// As event_dispatch(), until a time at the latest (0: for ever). LIB_ERR_TIMEOUT.
errval_t event_dispatch_until(struct waitset *ws, systime_t deadline);

/// The same, but does not wait once *over is true: LIB_ERR_NO_EVENT. Who sets it calls waitset_wake()
/// behind that.
errval_t event_dispatch_unless(struct waitset *ws, const volatile bool *over, systime_t deadline);

/// Wakes all threads that wait on a waitset; those for whom there is nothing wait again.
void waitset_wake(struct waitset *ws);

/// As event_dispatch(), but returns LIB_ERR_NO_EVENT instead of blocking.
errval_t event_dispatch_non_block(struct waitset *ws);

/// Waits for one event and returns its closure without running it. Blocks.
errval_t get_next_event(struct waitset *ws, struct event_closure *closure);

/// Returns LIB_ERR_NO_EVENT unless an event is pending; runs nothing.
errval_t check_for_event(struct waitset *ws);
