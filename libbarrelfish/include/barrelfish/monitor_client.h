// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A domain's view of its monitor: the machine's state, and the service side of connections.
// Everything connects by itself at the first call. Each call blocks for the time of one request
// unless it says more; any thread may call. Connections over UMP are in barrelfish/ump_chan.h,
// names in barrelfish/nameservice_client.h.
//
// Events from the monitor are taken by a thread of the library, made at the first export or bind,
// so that they are handled whatever waitset the program dispatches.

#pragma once

#include "barrelfish/caddr.h"
#include "barrelfish/waitset.h"
#include "if/monitor.h"
#include "kpi/dispatcher.h"
#include "kpi/syscalls.h"

/// Stands for the connection to the monitor; opaque, there is one.
struct monitor_binding;
struct monitor_binding *get_monitor_binding(void);

/// Which cores are up, as this core's monitor knows it.
struct monitor_cores {
    uint64_t up[4];       ///< bit map
    unsigned cores_count; ///< of the machine
    unsigned up_count;
    bool complete; ///< every core has come up or has failed to
};

struct monitor_core_status {
    enum monitor_core_state state;
    uint32_t apic_id;
    uint16_t node;
    cycles_t
        start_tsc; ///< time-stamp counter at its CPU driver's first line of C; 0 if it is not up
};

/// Sends a request of if/monitor.h, with a copy of `send_cap` (NULL_CAP: none); see lmp_rpc_call().
LIB_MUST_CHECK errval_t monitor_call(const uint64_t in[LMP_MSG_LENGTH], struct capref send_cap,
                                     uint64_t out[LMP_MSG_LENGTH], struct capref *recv_cap);

LIB_MUST_CHECK errval_t monitor_get_cores(struct monitor_cores *cores);

/// Waits until every core has come up or has failed to. The domain's other requests to its monitor
/// wait as well.
LIB_MUST_CHECK errval_t monitor_await_boot(struct monitor_cores *cores);

/// MON_ERR_NO_CORE: the machine has no such core.
LIB_MUST_CHECK errval_t monitor_get_core_status(coreid_t core, struct monitor_core_status *status);

/// Reads a counter of a core's CPU driver. MON_ERR_NO_CORE.
LIB_MUST_CHECK errval_t monitor_get_stat(coreid_t core, enum kernel_stat which, uint64_t *value);

/// Ends the machine with an exit status from 0 to 95. `operator_ep` is the endpoint that init gave
/// to the shell (MONITOR_OPERATOR). Returns on an error only.
errval_t monitor_halt(struct capref operator_ep, int status);

/// Makes an IRQDest for an endpoint of the caller, to which interrupts (IRQSrc) can be routed; once
/// for each domain. SYS_ERR_NO_VECTOR, MON_ERR_LIMIT.
LIB_MUST_CHECK errval_t monitor_create_irqdest(struct capref ep, struct capref *dest);

/// Tells the monitor to which family a domain of this core belongs that is about to run
/// (MONITOR_INTRODUCE). spawnd only: SYS_ERR_RIGHTS.
LIB_MUST_CHECK errval_t monitor_introduce(domainid_t domain, domainid_t family);

/// Tells the monitor that a domain of this core has ended. spawnd only: SYS_ERR_RIGHTS.
LIB_MUST_CHECK errval_t monitor_forget(domainid_t domain);

/// A client wants to bind. The server answers with ump_chan_accept(), monitor_accept_lmp() or
/// monitor_refuse(), exactly once; until then the capability is the request's, from an answer on it
/// belongs to the channel or is gone.
struct monitor_bind_request {
    uint64_t id;
    iref_t iref;
    domainid_t client;
    domainid_t family; ///< the client's: on its share a server counts what it keeps of clients
    bool lmp;
    uint64_t client_out_bytes, client_in_bytes; ///< UMP: areas of the frame, in this order
    struct capref cap;                          ///< UMP: the frame; LMP: the client's endpoint
};

#define MONITOR_EXPORT_QUEUE 16u

/// A service. Private to monitor_export.c; visible for allocation. Must live as long as the service
/// is exported.
struct monitor_export {
    struct list place;
    iref_t iref;
    struct waitset *ws;
    struct waitset_chanstate chan;
    void (*connect)(void *st, struct monitor_bind_request *request);
    void *st;
    unsigned first, count;
    struct monitor_bind_request queue[MONITOR_EXPORT_QUEUE];
};

/// Offers a service: event_dispatch(ws) runs `connect` for each client that binds. The request is
/// valid during the call; a server that answers later copies it. More clients at once than
/// MONITOR_EXPORT_QUEUE are refused. MON_ERR_LIMIT.
///
/// \param index  0, or IREF_INDEX_SPAWND, which is spawnd's: SYS_ERR_RIGHTS
LIB_MUST_CHECK errval_t monitor_export_service(
    struct monitor_export *service, uint32_t index, struct waitset *ws,
    void (*connect)(void *st, struct monitor_bind_request *request), void *st, iref_t *iref);

/// Ends the offer. Connections stay.
errval_t monitor_unexport_service(struct monitor_export *service);

/// Answers a client with an error, which its bind returns under LIB_ERR_BIND_REFUSED.
errval_t monitor_refuse(struct monitor_bind_request *request, errval_t err);

/// Accepts a client on the same core: it gets a copy of `endpoint`, and request->cap is the
/// server's from now on.
LIB_MUST_CHECK errval_t monitor_accept_lmp(struct monitor_bind_request *request,
                                           struct capref endpoint);

/// Binds to a service of this core over LMP: the server gets a copy of `endpoint`, *remote is its
/// answer. Blocks until the server has answered. MON_ERR_NO_CORE: another core's; MON_ERR_NO_IREF;
/// LIB_ERR_BIND_REFUSED.
LIB_MUST_CHECK errval_t monitor_bind_lmp(iref_t iref, struct capref endpoint,
                                         struct capref *remote);
