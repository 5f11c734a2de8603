// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A CPU driver for one dispatcher on the host: a capability space of endpoints, delivery of LMP
// messages and closing as kpi/dispatcher.h describes them, and counters.
#pragma once

#include "barrelfish/caddr.h"
#include "debug/backtrace.h"
#include "dispatch/dispatcher.h"

#define FAKE_SLOTS 1024u

struct fake_cap {
    bool slot_used; // handed out by slot_alloc()
    bool present;
    uint32_t offset; // of the endpoint in the frame
    uint32_t messages;
    uint32_t badge;
    bool revoked; // and so not present
    bool own;     // of the dispatcher; its copies are what others can send with
};

struct fake_kernel {
    struct dispatcher *disp;
    struct fake_cap caps[FAKE_SLOTS];
    unsigned slots_free; // that slot_alloc() still gives
    void (*after_send)(void);
    unsigned full_left; // sends still to be refused because the buffer is full
    unsigned yields;
    uint64_t yielded_to; // last
    unsigned sleeps;
    systime_t slept_until; // last
    void (*asleep)(void);  // called in each sleep, or NULL
    unsigned ticks;        // asked for
    unsigned calls;        // with LMP_FLAG_CALL; what comes for every other one comes in registers
    void (*ended)(void);   // by domain_exit() or a panic; NULL: no test does that
    int exit_status;
    errval_t panic;
    struct backtrace trace; // the last that was asked for
    unsigned trace_lines;   // of each
    size_t *said;           // where the length of what sys_print() prints goes, or NULL
    uint32_t sent_flags;    // of the last sys_lmp_send()
    errval_t refusal;       // of the next endpoint
};

extern struct fake_kernel fake;

/// Makes a new dispatcher, enabled, with the caller as its main thread. Returns 0.
int fake_kernel_start(void);

/// Number of slots handed out and of capabilities present.
unsigned fake_slots_used(void);
unsigned fake_caps_present(void);

/// An endpoint capability in a new slot.
struct capref fake_endpoint(uint32_t offset, uint32_t messages, uint32_t badge);

/// Delivers a message as if another dispatcher had sent it.
errval_t fake_send(struct capref endpoint, struct capref cap, size_t length, uint64_t word0);

/// As if the time of the soonest timer had come; said to be seen like a message, in a sleep too.
void fake_expire(void);
