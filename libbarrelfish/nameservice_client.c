// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The client of the name service: names into words, see if/monitor.h. Stands on the requests and
// events of monitor_client.c.

#include "barrelfish/nameservice_client.h"

#include "monitor_events.h"

#include <string.h>

static errval_t call(enum monitor_op op, const char *iface, uint64_t value,
                     uint64_t out[LMP_MSG_LENGTH])
{
    uint64_t in[LMP_MSG_LENGTH] = {op, value};
    size_t length = strlen(iface);
    if (length == 0 || length > MONITOR_NAME_BYTES)
        return NS_ERR_NAME;
    memcpy(&in[MONITOR_NAME_WORD], iface, length);
    return monitor_call(in, NULL_CAP, out, NULL);
}

errval_t nameservice_register(const char *iface, iref_t iref)
{
    uint64_t out[LMP_MSG_LENGTH];
    return call(MONITOR_NAME_REGISTER, iface, iref, out);
}

errval_t nameservice_unregister(const char *iface)
{
    uint64_t out[LMP_MSG_LENGTH];
    return call(MONITOR_NAME_UNREGISTER, iface, 0, out);
}

errval_t nameservice_lookup(const char *iface, iref_t *retiref)
{
    uint64_t out[LMP_MSG_LENGTH];
    errval_t err = call(MONITOR_NAME_LOOKUP, iface, 0, out);
    if (err_is_ok(err))
        *retiref = out[1];
    return err;
}

errval_t nameservice_blocking_lookup(const char *iface, iref_t *retiref)
{
    struct monitor_wait wait;
    uint64_t out[LMP_MSG_LENGTH];
    errval_t err = monitor_events_begin();
    if (err_is_fail(err))
        return err;
    err = call(MONITOR_NAME_WAIT, iface, 0, out);
    if (err_is_ok(err))
        monitor_wait_add(&wait, MONITOR_EVENT_NAME, out[1], NULL, NULL);
    monitor_events_end();
    if (err_is_ok(err))
        err = monitor_wait_block(&wait);
    if (err_is_ok(err))
        *retiref = wait.value;
    return err;
}
