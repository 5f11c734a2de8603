// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Domains that try to take from the services, or from their peers, what these stand on.
#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/ump_chan.h"
#include "cases.h"
#include "if/console.h"
#include "if/monitor.h"

#define CHANNEL_BYTES 4096u

// The frame of a channel is mapped by the server too: revoking it would take the server's memory
// away.
static int revoke_channel(void)
{
    static struct ump_chan chan;
    iref_t iref;
    if (err_is_fail(nameservice_blocking_lookup(CONSOLE_NAME, &iref)) ||
        err_is_fail(ump_chan_bind_blocking(&chan, iref, CHANNEL_BYTES, CHANNEL_BYTES))) {
        return 1;
    }
    errval_t frame_err = cap_revoke(chan.frame);
    errval_t notify_err = capref_is_null(chan.notify) ? SYS_ERR_RIGHTS : cap_revoke(chan.notify);
    bool refused = err_no(frame_err) == SYS_ERR_RIGHTS && err_no(notify_err) == SYS_ERR_RIGHTS;
    ump_chan_close(&chan);
    return refused ? 0 : HOSTILE_WENT_ON;
}

// The operator's endpoint is what halts the machine, not any endpoint of the monitor.
static int halt_machine(void)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_HALT, 0};
    errval_t err = monitor_call(words, NULL_CAP, words, NULL);
    return err_no(err) == SYS_ERR_RIGHTS ? 0 : HOSTILE_WENT_ON;
}

const struct hostile_case hostile_services[] = {
    {"revoke_channel", HOSTILE_ERROR, revoke_channel},
    {"halt_machine", HOSTILE_ERROR, halt_machine},
};
const size_t hostile_services_count = sizeof(hostile_services) / sizeof(hostile_services[0]);
