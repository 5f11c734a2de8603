// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// System calls and the commands of each capability type.
//
// Entry is the SYSCALL instruction. rax holds the number; any number that is not one of these is
// *foreign*: the CPU driver leaves all registers as they are, puts the address after the
// instruction into rcx as SYSCALL itself does, and continues at the dispatcher's entry_syscall
// (kpi/dispatcher.h), on the caller's own stack. A call clobbers rcx and r11 only, beyond its
// results.
//
// SYSCALL_INVOKE
//     rdi = capability (caddr_make), rsi = command, rdx, r10, r8, r9, r12, r13 = arguments 1 to 6.
//     Results: rax = errval_t, rdx = value 1, r10 = value 2 (only commands that say so; else kept).
// SYSCALL_LMP_SEND
//     rdi = endpoint, rsi = LMP_FLAG_ bits | words << 8, rdx = capability to send or 0, words 0 to
//     7 in r10, r8, r9, r12, r13, r14, r15, rbx. Result: rax.
//     Errors: ARGS (flags, words); of the endpoint those of a lookup, CAP_TYPE and RIGHTS (WRITE);
//     of the capability LMP_CAPTRANSFER_SRC (it cannot be looked up; to give it away its CNode
//     needs WRITE), RIGHTS (GRANT), NO_COPY, CAP_BUSY; of the receiver LMP_NO_TARGET,
//     LMP_BUF_OVERFLOW, LMP_CAPTRANSFER_DST, CNODE_TYPE.
//     With LMP_FLAG_CALL (LRPC), only while disabled (else ARGS), a caller whose message has been
//     sent also waits for one, as if suspended without a time (but see SYSCALL_WATCH), and then goes on after the system
//     call: rax = 0, rsi = 0, rsp kept, no other register but the FPU's. If the receiver waits in
//     the same way with this endpoint as its lrpc_endpoint, the message goes past the buffer and
//     the receiver runs at once, on what is left of the caller's slice: rax = 0, rsi = LMP_RECV_
//     bits | words << 8, rdx = badge, the words in the registers that they were sent in (those
//     beyond are 0), rsp kept, no other register but the FPU's. A caller that has messages it has
//     not seen does not wait: rax = 0, rsi = 0, the rest kept.
// SYSCALL_YIELD
//     rdi = a dispatcher or endpoint to run next, or 0. Result: rax.
// SYSCALL_SUSPEND
//     rdi = systime_t to be woken at, or 0. Only while disabled. The caller's registers are
//     forgotten: the dispatcher continues at entry_run when a message came or an endpoint was
//     closed (lmp_delivered is not the domain's lmp_seen), at once if that has been already, or
//     when the time has come. Returns only with SYS_ERR_ARGS if the caller is enabled.
// SYSCALL_NOP
//     Result: rax = 0.
// SYSCALL_TICK
//     Looks at `tick` (kpi/dispatcher.h) now, and not only when the next event ends. As long as it
//     is not 0 a dispatcher has slices also when it is alone: at the end of each, if it is enabled,
//     it is entered at entry_run, so that its library OS may choose another thread. Result: rax =
//     0.
// SYSCALL_WATCH
//     The dispatcher is watched from now on (`watched` of kpi/dispatcher.h is 1): a wait with
//     LMP_FLAG_CALL ends after DISPATCHER_WATCH_MS at the latest, as by a message for another
//     endpoint. That ends the watch, and so does it if the dispatcher is found suspended then.
//     Calls cost nothing for it. Result: rax = 0.

#pragma once

#include "kpi/types.h"

#define SYSCALL_BASE 0x53540000u
#define SYSCALL_INVOKE (SYSCALL_BASE + 0)
#define SYSCALL_LMP_SEND (SYSCALL_BASE + 1)
#define SYSCALL_YIELD (SYSCALL_BASE + 2)
#define SYSCALL_SUSPEND (SYSCALL_BASE + 3)
#define SYSCALL_NOP (SYSCALL_BASE + 4)
#define SYSCALL_TICK (SYSCALL_BASE + 5)
#define SYSCALL_WATCH (SYSCALL_BASE + 6)
#define SYSCALL_END (SYSCALL_BASE + 7)

#define KERNEL_PRINT_MAX 64u

#define LMP_FLAG_YIELD 0x01u    ///< run the receiver at once in the sender's place
#define LMP_FLAG_GIVE 0x02u     ///< move the capability instead of copying it
#define LMP_FLAG_NO_GRANT 0x04u ///< the copy lacks GRANT: neither to be revoked nor passed on
#define LMP_FLAG_CALL 0x08u     ///< LRPC: also give the receiver the core and wait for a message
#define LMP_FLAGS (LMP_FLAG_YIELD | LMP_FLAG_GIVE | LMP_FLAG_NO_GRANT | LMP_FLAG_CALL)

#define CAP_ARGS 6u ///< of an invocation

/// Commands. CAP_CMD_ ones work on any capability; the invoked capability is the slot operated on.
/// Which types have which, and the rights that they need, is in kpi/cap_rules.h.
enum cap_cmd {
    CAP_CMD_COPY, ///< args: destination slot (caddr)
    CAP_CMD_MINT, ///< args: destination slot, rights to keep, badge (EndPointLMP) or type specific
    CAP_CMD_RETYPE,   ///< args: offset, type | count << 32, objsize, first destination slot;
                      ///< SYS_ERR_AGAIN with value 1 = objects finished: call again with the same
                      ///< arguments; objects that exist already are continued
    CAP_CMD_DELETE,   ///< SYS_ERR_AGAIN until done
    CAP_CMD_REVOKE,   ///< SYS_ERR_AGAIN until done
    CAP_CMD_IDENTIFY, ///< args: buffer for a struct capability (user address)
    CAP_CMD_GENERIC_END = 16,

    VNODE_CMD_MAP = 16, ///< args: first entry | count << 16, object (caddr), offset,
                        ///< VREGION_FLAGS_, slot for the Mapping
    VNODE_CMD_UNMAP,    ///< args: Mapping (caddr), which is deleted
    VNODE_CMD_READ,     ///< args: entry; value 1 = the page-table entry
    VNODE_CMD_COPY,     ///< args: first entry | count << 16, Mapping made in a table of this level,
                        ///< its first entry to copy, VREGION_FLAGS_, slot for the new Mapping
    MAPPING_CMD_MODIFY, ///< args: first entry relative to the mapping's | count << 16,
                        ///< VREGION_FLAGS_; large pages stay large, small ones small

    DISPATCHER_CMD_SETUP =
        32, ///< args: L1CNode, pml4, dispatcher frame, endpoint told of its death (or 0), domain
            ///< ID, user address of the dispatcher frame in its own address space
    DISPATCHER_CMD_RUN,  ///< makes it runnable
    DISPATCHER_CMD_STOP, ///< takes it off the run queue for good: no further instruction of it runs
    DISPATCHER_CMD_ENDPOINT, ///< args: offset in the dispatcher frame | messages << 32, slot; makes
                             ///< an EndPointLMP
    DISPATCHER_CMD_STATE,    ///< value 1 = DISPATCHER_STATE_VALUE, value 2 = times scheduled
    DISPATCHER_CMD_INFO, ///< args: Frame with READ and WRITE: exposed information (kpi/info.h) goes
                         ///< there; once, unless that frame has been revoked
    DISPATCHER_CMD_CSPACE, ///< args: L1CNode: the dispatcher, which is set up, goes on in this
                           ///< capability space. SYS_ERR_LAST_COPY if the former one would be
                           ///< deleted with that: a bounded event cannot do it
    DISPATCHER_CMD_WAIT,   ///< value 1 = DISPATCHER_WAIT()

    ENDPOINT_CMD_SEND = 44, ///< SYSCALL_LMP_SEND in the table of rules; cannot be invoked

    NOTIFY_CMD_SEND = 48, ///< interrupts the core that it names

    IRQSRC_CMD_CONNECT =
        56, ///< args: global interrupt, IRQDest: routes the interrupt there, unmasked; what was
            ///< routed there before is masked. SYS_ERR_ARGS: not in the range, or not in the
            ///< machine; SYS_ERR_NO_LISTENER: the IRQDest's vector was freed
    IRQSRC_CMD_ACK, ///< args: global interrupt: unmasks it again after it was delivered.
                    ///< SYS_ERR_NO_LISTENER: it is routed to no vector

    IO_CMD_IN = 64, ///< args: port, bytes (1, 2, 4); value 1
    IO_CMD_OUT,     ///< args: port, bytes (1, 2, 4), value

    KERNEL_CMD_START_CORE = 80, ///< args: core ID, APIC ID, bootinfo frame, KCB; kpi/bootinfo.h;
                                ///< SYS_ERR_AGAIN until done
    KERNEL_CMD_NOTIFY_CREATE,  ///< args: endpoint, slot: takes a free vector; makes a Notify; value
                               ///< 1 = vector
    KERNEL_CMD_IRQDEST_CREATE, ///< args: endpoint, slot: takes a free vector; makes an IRQDest;
                               ///< value 1 = vector
    KERNEL_CMD_VECTOR_FREE,    ///< args: vector: no longer stands for its endpoint
    KERNEL_CMD_CREATE_CAP,  ///< args: user address of a struct capability, slot: a capability that
                            ///< another core's monitor sent
    KERNEL_CMD_SET_REMOTE,  ///< args: capability, 0 or 1: other cores may hold copies
    KERNEL_CMD_SET_RETURNS, ///< args: enum kernel_returns, L2CNode, endpoint
    KERNEL_CMD_ID_CREATE,   ///< args: slot: an ID that no other core has made or will make
    KERNEL_CMD_STAT, ///< args: enum kernel_stat; value 1. Needs the right to read only, as do the
                     ///< next two
    KERNEL_CMD_TRANSLATE, ///< args: virtual address in the kernel's half; value 1 = physical
                          ///< address | KERNEL_TRANSLATE_ bits or 0 if unmapped, value 2 = bytes to
                          ///< the end of this page or hole
    KERNEL_CMD_CORE_INFO, ///< value 1 = core ID | APIC ID << 16, value 2 = physical address of its
                          ///< private pages
    KERNEL_CMD_STAT_RESET, ///< forgets the longest event; value 1 and 2 = its
                           ///< KERNEL_STAT_LONGEST_CYCLES and _WHAT until now
    KERNEL_CMD_HALT,       ///< args: exit status 0 to 95: ends the machine
    KERNEL_CMD_RECLAIM, ///< args: base, bytes, slot, from (0 at first): the slot gets RAM for the
                        ///< range, all else there is deleted; value 1 = `from` for the next call;
                        ///< SYS_ERR_AGAIN until done; SYS_ERR_REMOTE: what other cores may hold
                        ///< stays
    KERNEL_CMD_PRINT,   ///< args: text (user address), bytes (at most KERNEL_PRINT_MAX): to the
                        ///< serial port, as much as its FIFO takes now; value 1 = bytes taken. For
                        ///< the trusted base's early and last words: others have a console
    KERNEL_CMD_BEGIN_GROUP, ///< args: Dispatcher, number below KERNEL_GROUPS: a group begins with
                            ///< this dispatcher, which is set up but has not run, and with what
                            ///< its members set up. It takes turns as a whole
    CAP_CMD_COUNT
};

/// Groups that take turns on a core. The core's first domain is in number 0.
#define KERNEL_GROUPS 272u

/// What SET_RETURNS registers. RAM: memory that no capability covers any more comes back as RAM in
/// a free slot of the CNode: in turn, passing over fewer than KERNEL_RETURNS_LOOK that are full;
/// behind more of these it waits. REMOTE: the last local copy of an object that other cores know is
/// moved there, so that the monitor runs the protocol. The endpoint gets an empty message, unless
/// the last such one is still to be read: whoever reads one looks for all that has come. If it is
/// full it gets it when it has room.
enum kernel_returns { KERNEL_RETURNS_RAM, KERNEL_RETURNS_REMOTE, KERNEL_RETURNS_COUNT };
#define KERNEL_RETURNS_LOOK 8u

/// Counters of a CPU driver.
enum kernel_stat {
    KERNEL_STAT_EVENTS, ///< entries into the CPU driver
    KERNEL_STAT_SYSCALLS,
    KERNEL_STAT_INTERRUPTS,
    KERNEL_STAT_SWITCHES,         ///< switches of address space
    KERNEL_STAT_LONGEST_CYCLES,   ///< longest event, in cycles ...
    KERNEL_STAT_LONGEST_WHAT,     ///< ... and what it was: KERNEL_EVENT_
    KERNEL_STAT_MDB_SIZE,         ///< capabilities on this core
    KERNEL_STAT_IDLE_CYCLES,      ///< time halted
    KERNEL_STAT_TICKS,            ///< timer interrupts
    KERNEL_STAT_RETURNED_BYTES,   ///< memory returned as RAM
    KERNEL_STAT_UNRETURNED_BYTES, ///< memory waiting for room in the RAM returns CNode
    KERNEL_STAT_START_TSC,        ///< time-stamp counter at this CPU driver's first line of C
    KERNEL_STAT_DISPATCHERS,      ///< dispatchers set up
    KERNEL_STAT_EVENT_CYCLES, ///< time in events, from the first reading of the clock to the last
    KERNEL_STAT_COUNT
};

/// Asked for as a counter: 1 if all structures of the CPU driver are as their invariants say. It takes
/// as long as there is to look at, so only the image `cpudriver-checked` has it, which tests boot;
/// SYS_ERR_ARGS in others.
#define KERNEL_STAT_VALID KERNEL_STAT_COUNT

// What an event was: the command of an invocation (enum cap_cmd), the number of another system call
// of Stave's (SYSCALL_), or one of these.
#define KERNEL_EVENT_VECTOR (1ul << 32)  ///< | vector: an exception or an interrupt
#define KERNEL_EVENT_FOREIGN (2ul << 32) ///< a foreign system call
#define KERNEL_EVENT_START (3ul << 32)   ///< the core's first entry into a dispatcher

// Interrupt vectors.
#define KERNEL_VECTOR_INTERRUPTS 32u     ///< those below are exceptions
#define KERNEL_VECTOR_NOTIFY_FIRST 0x30u ///< vectors that can stand for an endpoint ...
#define KERNEL_VECTOR_NOTIFY_END 0xf0u   ///< ... end here
#define KERNEL_VECTOR_TIMER 0xf0u
#define KERNEL_VECTOR_SPURIOUS 0xffu

#define KERNEL_TRANSLATE_PRESENT 0x1u
#define KERNEL_TRANSLATE_WRITE 0x2u
#define KERNEL_TRANSLATE_USER 0x4u
#define KERNEL_TRANSLATE_EXEC 0x8u
