// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Direct channels between any two monitors, made on demand. The asker allocates the frame and sends
// it along the tree; from then on:
//   asked, at CONNECT:   maps, answers CONNECTED along the tree, then *sends* directly; does not
//                        read the new ring yet
//   asker, at CONNECTED: everything that the other sent along the tree has arrived: *reads* the new
//                        ring; sends SWITCH along the tree, then sends directly
//   asked, at SWITCH:    everything that the asker sent along the tree has arrived: reads the new
//                        ring
// This keeps the order of messages (IM1). If both ask at once, the request of the core with the
// lower number counts and the other is refused. No channel stays half open: whatever can fail is
// done before CONNECTED says so, and there is room for answers (IM4); a channel that did not come
// about is gone on both sides, and asked for again some messages later. Requests have numbers, so
// that a refusal that comes late is not taken for that of the next.

#include "exec/connect.h"

#include "capops/cap_transfer.h"
#include "state/monitor.h"

/// Frames of requests under way, by peer.
static struct capref asked_frame[BOOTINFO_CORES_MAX];
static uint64_t asked_number[BOOTINFO_CORES_MAX];

/// Forgets a request and what was made for it.
static void take_back(coreid_t peer)
{
    intermon_remove(peer);
    (void)cap_destroy(asked_frame[peer]);
    asked_frame[peer] = NULL_CAP;
}

void connect_ask(coreid_t peer)
{
    if (peer == monitor.core || intermon_has_channel(peer) || !monitor_core_is_up(peer))
        return;
    struct capref frame;
    errval_t err = frame_alloc(&frame, INTERMON_FRAME_BYTES, NULL);
    if (err_is_fail(err))
        return; // The tree serves as well.
    err = intermon_add(peer, frame, true);
    if (err_is_fail(err)) {
        (void)cap_destroy(frame);
        return;
    }
    struct capability notify;
    struct intermon_msg msg = intermon_msg_make(IM_CONNECT, peer, 9);
    intermon_own_notify(&notify);
    cap_words_put(&msg.words[4], &notify);
    msg.words[8] = ++asked_number[peer];
    asked_frame[peer] = frame;
    err = cap_transfer_send(&msg, frame);
    if (err_is_fail(err))
        take_back(peer);
}

/// Sets up the asked side; the frame is destroyed on an error.
static errval_t accept(const struct intermon_msg *msg, struct capref frame)
{
    struct capability notify;
    struct frame_identity id;
    cap_words_get(&msg->words[4], &notify);
    errval_t err = frame_identify(frame, &id);
    if (err_is_ok(err) && id.bytes != INTERMON_FRAME_BYTES)
        err = MON_ERR_PROTOCOL;
    if (err_is_ok(err))
        err = intermon_add(msg->source, frame, false);
    if (err_is_ok(err)) {
        err = intermon_set_notify(msg->source, &notify);
        if (err_is_fail(err))
            intermon_remove(msg->source);
    }
    if (err_is_fail(err))
        (void)cap_destroy(frame);
    return err;
}

void connect_handle(const struct intermon_msg *msg)
{
    struct capref frame;
    coreid_t peer = msg->source;
    errval_t err = cap_transfer_receive(msg, &frame);
    if (err_is_ok(err) && intermon_has_channel(peer)) {
        if (capref_is_null(asked_frame[peer]) || monitor.core < peer) {
            err = MON_ERR_LIMIT;
            (void)cap_destroy(frame);
        } else { // Both have asked; the other one's request counts, and it refuses ours.
            take_back(peer);
        }
    }
    if (err_is_ok(err))
        err = accept(msg, frame);
    struct capability notify;
    struct intermon_msg answer = intermon_msg_make(IM_CONNECTED, peer, 8);
    intermon_own_notify(&notify);
    answer.words[0] = err;
    answer.words[1] = msg->words[8];
    cap_words_put(&answer.words[4], &notify);
    errval_t sent = intermon_send(&answer, false);
    if (err_is_fail(sent))
        USER_PANIC_ERR(sent, "there is no room for an answer"); // IM4
    if (err_is_ok(err))
        intermon_open_tx(peer);
}

void connect_handle_connected(const struct intermon_msg *msg)
{
    coreid_t peer = msg->source;
    struct capability notify;
    if (capref_is_null(asked_frame[peer]) || msg->words[1] != asked_number[peer])
        return; // Refused after our request gave way to the peer's.
    errval_t err = msg->words[0];
    cap_words_get(&msg->words[4], &notify);
    if (err_is_ok(err))
        err = intermon_set_notify(peer, &notify);
    if (err_is_fail(err)) {
        take_back(peer);
        return;
    }
    asked_frame[peer] = NULL_CAP;
    intermon_open_rx(peer);
    struct intermon_msg msg_switch = intermon_msg_make(IM_SWITCH, peer, 0);
    err = intermon_send(&msg_switch, false);
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "there is no room for an answer"); // IM4
    intermon_open_tx(peer);
}

void connect_handle_switch(const struct intermon_msg *msg)
{
    if (intermon_has_channel(msg->source))
        intermon_open_rx(msg->source);
}
