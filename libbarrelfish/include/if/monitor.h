// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a domain asks of its core's monitor, over lmp_rpc at TASKCN_SLOT_MONITOREP, and what the
// monitor tells a domain by itself: events, at the endpoint that the domain gave with
// MONITOR_EVENTS. No request waits for another domain: what does is answered at once and completed
// by an event. Programs use barrelfish/monitor_client.h, ump_chan.h and nameservice_client.h
// instead.
//
// The monitor's tables are bounded, and a family (MONITOR_INTRODUCE) may have a quarter of each on
// the core where it began; of connections, which the client pays for, one more for each core of the
// machine; on other cores a part that leaves as much to each core; of names, which are core 0's, a
// sixteenth. What goes beyond is answered with MON_ERR_LIMIT: try later, or give something back.
//
// Words: in[0] = operation, out[0] = errval_t. "id" is a connection's number, the same on both
// sides, unique in the machine. A name takes words 2 to 7 and is padded with zeros.

#pragma once

#include "kpi/types.h"

/// Interface references: (core << 32) | index.
#define IREF_MAKE(core, index) ((iref_t)(core) << 32 | (uint32_t)(index))
#define IREF_CORE(iref) ((coreid_t)((iref) >> 32))
#define IREF_INDEX(iref) ((uint32_t)(iref))
/// Index of each core's spawnd, which only that domain can export.
#define IREF_INDEX_SPAWND 1u

/// Badge of the endpoint that its holder may halt the machine with; init gives it to the shell.
#define MONITOR_OPERATOR 0xffffffffu
/// Slot of the shell's ARGCN with that endpoint.
#define SHELL_ARG_OPERATOR 0u

#define MONITOR_NAME_WORD 2u
#define MONITOR_NAME_BYTES 48u

enum monitor_op {
    /// cap: the domain's event endpoint, in place of the one before. MON_ERR_LIMIT;
    /// SYS_ERR_CAP_TYPE: not an LMP endpoint (here and below).
    MONITOR_EVENTS = 1,
    /// cap: the endpoint where the domain wants to be notified of messages between cores; once,
    /// before MONITOR_BIND and MONITOR_BIND_REPLY.
    /// out 1: interrupt vector, or 0 if none was free: then the monitors relay.
    MONITOR_NOTIFY,
    /// 1: index wanted (0: any). out 1: iref. MON_ERR_LIMIT; SYS_ERR_RIGHTS: the index is not the
    /// caller's to take.
    MONITOR_EXPORT,
    /// 1: iref. MON_ERR_NO_IREF.
    MONITOR_UNEXPORT,
    /// 1: iref, 2: bytes of the client's outgoing area, 3: of its incoming area. out 1: id, 2: 0 =
    /// the memory is not ready: MONITOR_BIND_MEMORY; 1 = it is, cap: Frame with the two areas in
    /// this order, which the server gets too; MONITOR_EVENT_BOUND follows. The memory counts
    /// against the client's limit until both sides have let go of it. Answered when the server's
    /// monitor has said that the service is there.
    /// MON_ERR_LIMIT (also: the server keeps the memory of too many channels that have ended),
    /// MON_ERR_NO_CORE, MON_ERR_NO_IREF, LIB_ERR_INVALID_ARGS, LIB_ERR_RAM_ALLOC_LIMIT, those of
    /// frame_alloc(); MON_ERR_SPAWN_LIMITED: another core's spawnd, and a limit.
    MONITOR_BIND,
    /// 1: iref of this core, cap: the client's endpoint. out 1: id; MONITOR_EVENT_BOUND follows.
    MONITOR_BIND_LMP,
    /// 1: id, 2: errval_t (0: accepted), cap (LMP): endpoint for the client. out (UMP): cap =
    /// Notify of the client, or none: relay.
    MONITOR_BIND_REPLY,
    /// 1: id. The other side gets MONITOR_EVENT_GONE.
    MONITOR_DISCONNECT,
    /// 1: id. Notifies the other side of a connection for which no Notify was given.
    MONITOR_NOTIFY_RELAY,
    /// 1: iref, 2-7: name. NS_ERR_NAME, NS_ERR_EXISTS, MON_ERR_LIMIT.
    MONITOR_NAME_REGISTER,
    /// 2-7: name. NS_ERR_NOT_FOUND.
    MONITOR_NAME_UNREGISTER,
    /// 2-7: name. out 1: iref. NS_ERR_NOT_FOUND, NS_ERR_NAME.
    MONITOR_NAME_LOOKUP,
    /// 2-7: name. out 1: number; MONITOR_EVENT_NAME follows when the name is registered.
    /// MON_ERR_LIMIT.
    MONITOR_NAME_WAIT,
    /// out 1-4: cores that are up, as a bit map; 5: cores of the machine; 6: cores that are up; 7:
    /// 1 = the boot is complete.
    MONITOR_CORES,
    /// Answered when every core has come up or has failed to. out as MONITOR_CORES. The domain's
    /// other requests wait meanwhile.
    MONITOR_AWAIT_BOOT,
    /// 1: core. out 1: enum monitor_core_state, 2: APIC ID | node << 32, 3: time-stamp counter at
    /// its CPU driver's first line of C. MON_ERR_NO_CORE.
    MONITOR_CORE_STATUS,
    /// 1: core, 2: enum kernel_stat. out 1: value. MON_ERR_NO_CORE.
    MONITOR_STAT,
    /// 1: exit status, 0 to 95. Ends the machine. Only over the operator's endpoint:
    /// SYS_ERR_RIGHTS.
    MONITOR_HALT,
    /// 1: domain that is about to run, 2: its family: the domain that began it, perhaps on another
    /// core, with all that came of that. A domain that was not introduced is a family of its own.
    /// spawnd and a core's first domain only: SYS_ERR_RIGHTS; MON_ERR_LIMIT.
    MONITOR_INTRODUCE,
    /// 1: domain that has ended. spawnd and a core's first domain only: SYS_ERR_RIGHTS.
    MONITOR_FORGET,
    /// cap: an endpoint of the caller; once. out cap: an IRQDest whose interrupts go there.
    /// MON_ERR_LIMIT, SYS_ERR_NO_VECTOR.
    MONITOR_IRQDEST_CREATE,
    /// 1: id. Makes more of a channel's memory ready. out as MONITOR_BIND, also the errors, after
    /// which the binding is over; LIB_ERR_CHAN_CLOSED: no such binding.
    MONITOR_BIND_MEMORY,
    /// 1: id. LIB_ERR_CHAN_CLOSED: the caller has no such connection, or its other side is gone.
    MONITOR_CHECK,
    /// 1: id, 2: 0, or the errval_t that the other side gets in place of a capability, 3: MONITOR_CAP_
    /// flags, cap: for the other side of the connection, which gets MONITOR_EVENT_CAP. It is not
    /// waited for. LIB_ERR_CHAN_CLOSED: no such connection, or its end is known; MON_ERR_CAP_SEND:
    /// not of a type that crosses cores, and the other side is on another one; MON_ERR_LIMIT:
    /// MONITOR_CAPS_MAX are on their way, or the monitors have no room: try later;
    /// LIB_ERR_INVALID_ARGS, and those of cap_identify().
    MONITOR_CAP,
    /// 1: id, 2: how many capabilities (or errors) of the other side's the caller has taken, 3:
    /// MONITOR_CAP_SERVER or 0. LIB_ERR_CHAN_CLOSED; LIB_ERR_INVALID_ARGS: not so many have come.
    MONITOR_CAP_TAKEN,
    MONITOR_OPS_COUNT
};

#define MONITOR_CAPS_MAX 8u ///< of each direction of a connection, sent and not taken

#define MONITOR_CAP_SERVER 1u ///< it is the server's side that speaks, or that is spoken to
#define MONITOR_CAP_GIVES 2u  ///< what arrives has the right to grant: the sender keeps nothing

enum monitor_core_state { MONITOR_CORE_OFF, MONITOR_CORE_UP, MONITOR_CORE_FAILED };

/// First word of an event. Word 1 is the id, unless said otherwise.
enum monitor_event {
    /// A client wants to bind; answer with MONITOR_BIND_REPLY. 2: iref, 3: bytes of the client's
    /// outgoing area, 4: of its incoming area, 5: the client's domain | its family << 32, cap: Frame.
    MONITOR_EVENT_BIND = 1,
    /// As MONITOR_EVENT_BIND, over LMP. 2: iref, 5: as there, cap: the client's endpoint.
    MONITOR_EVENT_BIND_LMP,
    /// A binding is complete. 2: errval_t, 3: the server's domain, cap: Notify of the server (none:
    /// relay), or its endpoint (LMP).
    MONITOR_EVENT_BOUND,
    /// The other side has disconnected or its domain has ended.
    MONITOR_EVENT_GONE,
    /// 1: number from MONITOR_NAME_WAIT, 2: errval_t, 3: iref.
    MONITOR_EVENT_NAME,
    /// Too many connections have ended for an event each: MONITOR_CHECK says which.
    MONITOR_EVENT_CHECK,
    /// 2: errval_t, 3: MONITOR_CAP_SERVER or 0, 4: how many of this side's capabilities the other one
    /// has taken since the last such event, 5: 1 = a capability has come, cap, or word 2 in its place.
    MONITOR_EVENT_CAP,
};
