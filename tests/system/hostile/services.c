// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Domains that try to take from the services, or from their peers, what these stand on, or that do
// not take what these send.
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/ump_chan.h"
#include "cases.h"
#include "if/console.h"
#include "if/monitor.h"

#define CHANNEL_BYTES 4096u
#define EVENTS 12u
#define SAMPLES 3u
#define SLEEP_US 300000u
#define WAKES_MAX 60u ///< of the monitor in that time

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

// Takes one event after the other; false if there is none.
static bool take_event(struct lmp_endpoint *ep, uint64_t *number)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    if (err_is_fail(lmp_endpoint_recv(ep, &msg.buf, NULL))) {
        return false;
    }
    *number = msg.words[1];
    return msg.words[0] == MONITOR_EVENT_NAME;
}

// How often the core goes to another domain while this one sleeps: least and most of some samples,
// because the test's parent has work of its own on it, less if the host is busy.
static bool count_wakes(uint64_t *least, uint64_t *most)
{
    coreid_t core = disp_get_core_id();
    *least = UINT64_MAX;
    *most = 0;
    for (unsigned i = 0; i < SAMPLES; i++) {
        uint64_t before, after;
        if (err_is_fail(monitor_get_stat(core, KERNEL_STAT_SWITCHES, &before)) ||
            err_is_fail(barrelfish_usleep(SLEEP_US)) ||
            err_is_fail(monitor_get_stat(core, KERNEL_STAT_SWITCHES, &after))) {
            return false;
        }
        *least = after - before < *least ? after - before : *least;
        *most = after - before > *most ? after - before : *most;
    }
    return true;
}

// Its buffer is full for a while. Neither does its monitor keep the core awake meanwhile, nor is
// anything lost.
static int events_not_taken(void)
{
    struct capref cap;
    struct lmp_endpoint *ep;
    uint64_t numbers[EVENTS], number, quiet, stuck, unused;
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_EVENTS};
    if (err_is_fail(endpoint_create(1, &cap, &ep)) ||
        err_is_fail(monitor_call(words, cap, words, NULL)) || !count_wakes(&unused, &quiet)) {
        return 1;
    }
    for (unsigned i = 0; i < EVENTS; i++) {
        uint64_t wait[LMP_MSG_LENGTH] = {MONITOR_NAME_WAIT};
        memcpy(&wait[MONITOR_NAME_WORD], CONSOLE_NAME, strlen(CONSOLE_NAME));
        if (err_is_fail(monitor_call(wait, NULL_CAP, wait, NULL))) {
            return 2;
        }
        numbers[i] = wait[1];
    }
    if (!count_wakes(&stuck, &unused)) {
        return 3;
    }
    if (stuck > quiet + WAKES_MAX) {
        return HOSTILE_WENT_ON;
    }
    for (unsigned i = 0; i < EVENTS; i++) {
        while (!take_event(ep, &number)) {
            if (err_is_fail(barrelfish_usleep(1000))) {
                return 4;
            }
        }
        if (number != numbers[i]) {
            return 5;
        }
    }
    return 0;
}

const struct hostile_case hostile_services[] = {
    {"revoke_channel", HOSTILE_ERROR, revoke_channel},
    {"halt_machine", HOSTILE_ERROR, halt_machine},
    {"events_not_taken", HOSTILE_ERROR, events_not_taken},
};
const size_t hostile_services_count = sizeof(hostile_services) / sizeof(hostile_services[0]);
