// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What domains ask about connections. See if/monitor.h for the words.

#include "binding_events.h"

#include "capops/cap_transfer.h"
#include "exec/exec.h"
#include "if/monitor.h"
#include "local/domains.h"
#include "local/local.h"
#include "state/monitor.h"

static const enum binding_event_kind request_kinds[MONITOR_OPS_COUNT] = {
    [MONITOR_BIND] = BINDING_REQUEST,
    [MONITOR_BIND_LMP] = BINDING_REQUEST_LMP,
    [MONITOR_BIND_MEMORY] = BINDING_REQUEST_MEMORY,
    [MONITOR_BIND_REPLY] = BINDING_REQUEST_ANSWER,
    [MONITOR_DISCONNECT] = BINDING_REQUEST_DISCONNECT,
    [MONITOR_NOTIFY_RELAY] = BINDING_REQUEST_RELAY,
    [MONITOR_CHECK] = BINDING_REQUEST_CHECK,
    [MONITOR_CAP] = BINDING_REQUEST_CAP,
    [MONITOR_CAP_TAKEN] = BINDING_REQUEST_TAKEN,
};

struct binding_event binding_event_of_request(domainid_t domain, const uint64_t *words,
                                              struct capref cap)
{
    struct binding_event event = {.kind = request_kinds[words[0]],
                                  .who = domain_member(domain),
                                  .id = words[1],
                                  .err = words[2]};
    if (words[0] == MONITOR_BIND || words[0] == MONITOR_BIND_LMP) {
        event.iref = words[1];
        event.out_bytes = words[2];
        event.in_bytes = words[3];
        event.exporter = export_owner(event.iref);
        event.up = cores_is_up(&monitor.cores, IREF_CORE(event.iref));
        event.known = domain_get(domain) != NULL;
    }
    if (words[0] == MONITOR_BIND_LMP || words[0] == MONITOR_BIND_REPLY)
        event.endpoint_err = check_endpoint(cap);
    if (words[0] == MONITOR_CAP || words[0] == MONITOR_CAP_TAKEN) {
        event.server = (words[3] & MONITOR_CAP_SERVER) != 0;
        event.gives = (words[3] & MONITOR_CAP_GIVES) != 0;
        event.count = words[2] <= MONITOR_CAPS_MAX ? (uint8_t)words[2] : MONITOR_CAPS_MAX + 1;
    }
    if (words[0] == MONITOR_CAP)
        event.endpoint_err = capref_is_null(cap) == err_is_ok(event.err) ? LIB_ERR_INVALID_ARGS
                             : capref_is_null(cap)                       ? SYS_ERR_OK
                                                                         : cap_transfer_check(cap);
    return event;
}
