// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Direct channels between any two monitors: has protocol/connect.h decide, and makes frames and
// channels of what that leads to.

#include "exec/exec.h"

#include "capops/cap_transfer.h"
#include "protocol/connect.h"
#include "state/monitor.h"

static struct connect_state state;
static struct capref asked_frame[BOOTINFO_CORES_MAX]; ///< of requests under way, by peer
static struct connect_event result;                   ///< of the effect that was carried out last
/// The message that is being handled.
static const struct intermon_header *header;
static const struct intermon_message *message;

static void take_back(const struct connect_effect *effect)
{
    intermon_remove(effect->peer);
    (void)cap_destroy(asked_frame[effect->peer]);
}

static errval_t make_and_send(const struct connect_effect *effect)
{
    struct capref *frame = &asked_frame[effect->peer];
    errval_t err = frame_alloc(frame, INTERMON_FRAME_BYTES, NULL);
    if (err_is_fail(err))
        return err;
    err = intermon_add(effect->peer, *frame, true);
    if (err_is_fail(err)) {
        (void)cap_destroy(*frame);
        return err;
    }
    struct intermon_message connect = {INTERMON_CONNECT, .connect = {.number = effect->number}};
    intermon_own_notify(&connect.connect.notify);
    err = cap_transfer_send(effect->peer, &connect, *frame);
    if (err_is_fail(err))
        take_back(effect);
    return err;
}

static void set_result(enum connect_event_kind kind, const struct connect_effect *effect,
                       errval_t err)
{
    result = (struct connect_event){
        .kind = kind, .peer = effect->peer, .number = effect->number, .err = err};
}

static void ask(const struct connect_effect *effect)
{
    // If it fails, the tree serves as well.
    set_result(CONNECT_SENT, effect, make_and_send(effect));
}

/// Makes a channel over the frame, which is destroyed on an error.
static errval_t add_channel(coreid_t peer, struct capref frame)
{
    struct frame_identity id;
    errval_t err = frame_identify(frame, &id);
    if (err_is_ok(err) && id.bytes != INTERMON_FRAME_BYTES)
        err = MON_ERR_PROTOCOL;
    if (err_is_ok(err))
        err = intermon_add(peer, frame, false);
    if (err_is_ok(err)) {
        err = intermon_set_notify(peer, &message->connect.notify);
        if (err_is_fail(err))
            intermon_remove(peer);
    }
    if (err_is_fail(err))
        (void)cap_destroy(frame);
    return err;
}

static void accept_frame(const struct connect_effect *effect)
{
    struct capref frame;
    errval_t err = cap_transfer_receive(header, &message->connect.frame, &frame);
    if (err_is_ok(err))
        err = add_channel(effect->peer, frame);
    set_result(CONNECT_ACCEPTED, effect, err);
}

static void refuse(const struct connect_effect *effect)
{
    (void)effect;
    cap_transfer_refuse(header, &message->connect.frame);
}

static void send(coreid_t peer, const struct intermon_message *answer)
{
    errval_t err = intermon_send(peer, answer, false);
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "there is no room for an answer"); // IM4
}

static void reply(const struct connect_effect *effect)
{
    struct intermon_message answer = {INTERMON_CONNECTED,
                                      .connected = {effect->err, effect->number}};
    intermon_own_notify(&answer.connected.notify);
    send(effect->peer, &answer);
}

static void notify(const struct connect_effect *effect)
{
    set_result(CONNECT_NOTIFIED, effect,
               intermon_set_notify(effect->peer, &message->connected.notify));
}

static void send_switch(const struct connect_effect *effect)
{
    send(effect->peer, &(struct intermon_message){.op = INTERMON_SWITCHED});
}

static void read_ring(const struct connect_effect *effect)
{
    intermon_open_rx(effect->peer);
}

static void write_ring(const struct connect_effect *effect)
{
    intermon_open_tx(effect->peer);
}

MACHINE_CARRIED_OUT(
    connect,
    &state, [CONNECT_ASK] = ask, [CONNECT_TAKE_BACK] = take_back, [CONNECT_ACCEPT] = accept_frame,
    [CONNECT_REFUSE] = refuse, [CONNECT_REPLY] = reply, [CONNECT_SET_NOTIFY] = notify,
    [CONNECT_READ] = read_ring, [CONNECT_SEND_SWITCH] = send_switch, [CONNECT_WRITE] = write_ring)

void connect_begin(void)
{
    connect_init(&state, monitor.core, &monitor.tree);
}

void connect_ask(coreid_t peer)
{
    run((struct connect_event){
        .kind = CONNECT_WANTED, .peer = peer, .up = cores_is_up(&monitor.cores, peer)});
}

void connect_handle(const struct intermon_header *way, const struct intermon_message *what)
{
    header = way;
    message = what;
    run((struct connect_event){.kind = what->op, .peer = way->source, .message = *what});
}
