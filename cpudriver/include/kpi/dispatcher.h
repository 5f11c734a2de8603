// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a dispatcher and its CPU driver share: the start of the dispatcher frame, and the LMP
// endpoints further in it. The domain maps the frame; the CPU driver reads it through its physical
// window. What the domain writes is a claim that the CPU driver checks at each use; what the CPU
// driver writes, the domain can spoil only for itself.
//
// A dispatcher is *disabled* while `disabled` is not 0 or its rip is in [crit_pc_low,
// crit_pc_high). Taken off the core while disabled, its registers go to disabled_save and it is
// resumed from there exactly. Taken off while enabled, they go to enabled_save, and it is next
// entered by an upcall: disabled = 1, rdi = the dispatcher frame's address, rip = entry_run, no
// other register defined except the FPU's, which are as the interrupted thread left them, and
// fs_base and gs_base and the selectors of ds, es, fs and gs, likewise. One that waits in a system call (LMP_FLAG_CALL) returns from it
// instead. A fault while enabled saves to trap_save and upcalls entry_pagefault (rsi = address, rdx
// = error code) or entry_trap (rsi = vector, rdx = error code). A fault while disabled kills the
// dispatcher.

#pragma once

#include "kpi/registers.h"
#include "kpi/types.h"

/// Word-wise register file; the order is known to assembly (kpi/registers.h).
struct registers {
    uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t rip, eflags, fs_base, gs_base;
};
_Static_assert(sizeof(struct registers) == REGS_BYTES, "kpi/registers.h");
_Static_assert(offsetof(struct registers, rsp) == REGS_RSP, "kpi/registers.h");
_Static_assert(offsetof(struct registers, r15) == REGS_R15, "kpi/registers.h");
_Static_assert(offsetof(struct registers, rip) == REGS_RIP, "kpi/registers.h");
_Static_assert(offsetof(struct registers, eflags) == REGS_EFLAGS, "kpi/registers.h");
_Static_assert(offsetof(struct registers, fs_base) == REGS_FS_BASE, "kpi/registers.h");
_Static_assert(offsetof(struct registers, gs_base) == REGS_GS_BASE, "kpi/registers.h");

#define LMP_MSG_LENGTH 8u ///< payload words of a message
#define LMP_RECV_HAS_CAP 0x1u
#define LMP_RECV_WORDS 0x8u ///< only with LMP_FLAG_CALL: the words are in registers

/// One message in an endpoint's buffer, written by the CPU driver only.
struct lmp_message {
    uint32_t length; ///< words that are valid
    uint32_t flags;  ///< LMP_RECV_
    uint64_t badge;  ///< of the endpoint capability that was invoked
    uint64_t words[LMP_MSG_LENGTH];
};
_Static_assert(sizeof(struct lmp_message) == 80, "kpi layout");

/// An endpoint's buffer, in the dispatcher frame at the offset that its capability names (a
/// multiple of 64). The number of messages that it holds is a power of two and stands in the
/// capability. Empty: delivered == consumed. Full: delivered - consumed >= number.
///
/// A capability that the dispatcher itself made is its *own* (CAPFLAG_OWN). Each that was made from
/// one, or that was an own one and was given away, is *handed out*, and so is what others made. The
/// endpoint is closed when the last one of either kind goes while there are ones of the other: when
/// nobody is left who could send, or the dispatcher would not hear of it any more. That counts in
/// lmp_delivered like a message. It is open again when an own capability is made, or one is handed
/// out from an own one.
struct lmp_endpoint_kern {
    volatile uint32_t delivered; ///< CPU driver: messages ever delivered
    volatile uint32_t closings;  ///< CPU driver: goes up with each change; odd: closed
    volatile uint32_t consumed;  ///< domain: messages ever consumed
    uint32_t closings_seen;      ///< domain: closings as of the last closing that it has taken
    volatile uint64_t recv_slot; ///< domain: empty slot (caddr) for a capability, or 0: none is
                                 ///< accepted; the CPU driver makes it 0 when it has put one there
    uint64_t reserved2[5];
    struct lmp_message messages[];
};
_Static_assert(sizeof(struct lmp_endpoint_kern) == 64, "kpi layout");
#define LMP_ENDPOINT_BYTES(messages)                                                               \
    (sizeof(struct lmp_endpoint_kern) + (size_t)(messages) * sizeof(struct lmp_message))
#define LMP_ENDPOINT_MESSAGES_MAX 64u

enum dispatcher_state {
    DISPATCHER_NEW,
    DISPATCHER_RUNNABLE,
    DISPATCHER_BLOCKED,
    DISPATCHER_STOPPED,
    DISPATCHER_KILLED
};

/// What a dispatcher is at, as far as its CPU driver sees.
enum dispatcher_activity {
    ACTIVITY_NONE,   ///< not started, or stopped
    ACTIVITY_RUNS,   ///< a thread is on the core, or was when the core was taken away
    ACTIVITY_POLLS,  ///< the same, but it was disabled: mostly, it polls for messages
    ACTIVITY_WAITS,  ///< for a message
    ACTIVITY_SLEEPS, ///< until a time, or a message
    ACTIVITY_CALLS,  ///< for the answer to a message (LMP_FLAG_CALL)
    ACTIVITIES_COUNT
};

/// What a dispatcher that is blocked says that it waits for. It is its claim.
enum dispatcher_wait {
    WAIT_UNSAID,
    WAIT_MESSAGE, ///< of a domain, or until that has taken one
    WAIT_END,     ///< of a domain
    WAIT_BINDING, ///< the answer to one
    WAIT_NAME,    ///< a service of some name
    WAIT_CALL,    ///< the answer to a call, of a domain
    WAITS_COUNT
};
/// Value 1 of DISPATCHER_CMD_WAIT; `domain` is 0 if there is none to name.
#define DISPATCHER_WAIT(wait, domain) ((uint64_t)(wait) | (uint64_t)(domain) << 32)

/// Value 1 of DISPATCHER_CMD_STATE: enum dispatcher_state, enum dispatcher_activity, and the time that
/// it ran outside of the CPU driver, in units of DISPATCHER_STATE_CYCLES of the time-stamp counter.
#define DISPATCHER_STATE_CYCLES 1024u
#define DISPATCHER_STATE_VALUE(state, activity, cycles)                                            \
    ((uint64_t)(state) | (uint64_t)(activity) << 8 | (cycles) / DISPATCHER_STATE_CYCLES << 16)

/// Why the CPU driver stopped a dispatcher: first word of the message to its death endpoint; the
/// second is the domain ID, the third rip, the fourth the fault address, the fifth the trap's error
/// code, the sixth rsp.
#define DEATH_WORDS 6u
enum dispatcher_death {
    DEATH_STOPPED = 1,      ///< DISPATCHER_CMD_STOP
    DEATH_FAULT_DISABLED,   ///< page fault while disabled
    DEATH_TRAP_DISABLED,    ///< other exception while disabled
    DEATH_BAD_ENTRY,        ///< an entry point is not a user address
    DEATH_NO_SYSCALL_ENTRY, ///< foreign system call without an entry_syscall
    DEATH_DELETED,          ///< its last capability was deleted
};

struct dispatcher_shared {
    // Written by the domain.
    volatile uint32_t disabled;
    volatile uint32_t
        lmp_seen; ///< value of lmp_delivered up to which the domain has looked at its endpoints
    uint64_t entry_run;
    uint64_t entry_pagefault;
    uint64_t entry_trap;
    uint64_t entry_syscall; ///< foreign system calls; 0: they kill the dispatcher
    uint64_t crit_pc_low, crit_pc_high;
    uint64_t lrpc_endpoint; ///< offset of the endpoint where a message may come in registers
                            ///< (LMP_FLAG_CALL), or 0: none

    // Written by the CPU driver.
    volatile uint32_t lmp_delivered; ///< messages ever delivered, and endpoints closed
    coreid_t core_id;
    uint16_t reserved1;
    domainid_t domain_id;
    uint32_t xsave_bytes; ///< size of an XSAVE area
    uint64_t xsave_mask;  ///< components that are enabled (XCR0)
    uint64_t tsc_per_ms;
    uint64_t udisp;            ///< user address of this structure
    volatile uint64_t watched; ///< 1: it is (SYSCALL_WATCH)

    // Written by the domain.
    volatile uint64_t waits_for; ///< DISPATCHER_WAIT(), for those who look (`ps`)
    volatile uint64_t tick;      ///< not 0: more than one thread is or may become runnable. See
                                 ///< SYSCALL_TICK

    struct registers enabled_save;
    struct registers disabled_save; ///< the spawner puts the first registers here
    struct registers trap_save;
};
_Static_assert(offsetof(struct dispatcher_shared, lmp_delivered) == 64, "kpi layout");
_Static_assert(offsetof(struct dispatcher_shared, enabled_save) == 128, "kpi layout");

/// How long a call waits at most in a dispatcher that is watched.
#define DISPATCHER_WATCH_MS 1000u

/// Least size of a dispatcher frame in bytes; its base is aligned to a page.
#define DISPATCHER_FRAME_MIN 4096u
#define DISPATCHER_FRAME_MAX (1u << 20)
