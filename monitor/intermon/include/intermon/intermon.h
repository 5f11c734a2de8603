// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages between monitors: layout, operations, and the channels that carry them. A message is a
// header word and up to INTERMON_WORDS_MAX words. It travels as one line of a ring with the header
// and six words, and up to two further lines of seven; the lines of a message follow one another. A
// monitor sends over a direct channel if there is one, else along the start tree
// (protocol/boot_tree.h), where others pass the message on.
//
// IM1 Messages from one monitor to another arrive in the order in which they were sent. A path is
//     FIFO, and a change of path keeps the order (exec/connect.c).
// IM2 Requests are refused when half of a channel's queue is in use, so that replies and what is
//     passed on find room (C10). Those to oneself are not: the tables of their askers bound them.
// IM3 A capability crosses as its description, in INTERMON_CAP_WORDS words, made real by the
//     receiver's monitor only (capops/).
// IM4 A message that was accepted for a core that is up arrives there. One that is to be passed on
//     stays in its ring, with all behind it, until the next queue has room. One for this core stays
//     there until the queues have room for its answers.
// IM5 A queue that is full is made larger for what is no request. Without memory for that, the
//     sender gets an error. A capability's release is then tried again later. What follows from a
//     domain's end, or from its answer to a client, is dropped, and the console says so.
// IM6 Monitors do not wait for one another in a circle. What is passed on keeps to the tree, up and
//     then down. Its destination takes it as soon as there is memory for the answers.
// IM7 A message to oneself is queued as others are. It is handled when the handler that sent it has
//     returned.

#pragma once

#include "intermon/cap_words.h"

#define INTERMON_WORDS_MAX 20u
#define INTERMON_AREA_BYTES 4096u
#define INTERMON_FRAME_BYTES (2 * INTERMON_AREA_BYTES)
#define INTERMON_NONE 0xffffu

/// Operations; the words that each carries. "token" comes back in IM_REPLY's word 0.
enum intermon_op {
    IM_HELLO = 1, ///< neighbours only. 0-3: the starter's Notify
    IM_UP,        ///< neighbours only. 0-3: the started core's Notify, 4: its start TSC
    IM_REPORT,    ///< to core 0. 0: core, 1: 1 = it has failed, 2: start TSC
    IM_CORES,     ///< down the tree. 0-3: bit map of cores that are up, 4: 1 = boot complete
    IM_CONNECT, ///< 0-3: Frame for a direct channel, 4-7: the asker's Notify, 8: the asker's number
    IM_CONNECTED,   ///< 0: errval_t, 1: that number, 4-7: the asked one's Notify
    IM_SWITCH,      ///< the asker's last message before it uses the direct channel
    IM_BIND_PROBE,  ///< 0: id, 1: iref, 2: client and its family (shares.h):
                    ///< could it be bound?
    IM_BIND_PROBED, ///< 0: id, 1: errval_t, 2: the server's domain
    IM_BIND, ///< 0-3: Frame, 4-7: the client's Notify or zeros, 8: id, 9: iref, 10, 11: bytes of
             ///< areas, 12: client and its family
    IM_BIND_REPLY,      ///< 0: errval_t, 4-7: the server's Notify or zeros, 8: id, 9: the server's
                        ///< domain
    IM_GONE,            ///< 0: id, 1: 1 = tell the server's side, 0 = the client's
    IM_RELAY,           ///< as IM_GONE: wake that side
    IM_CAP_ACK,         ///< 0-3: the capability, 4: 1 = made real, 0 = refused
    IM_CAP_RELEASED,    ///< 0-3: the capability: no copy is left on the sender's core
    IM_REPLY,           ///< 0: token, 1: errval_t, 2-4: values
    IM_NAME_REGISTER,   ///< 0: token, 1: domain and family, 2-7: name, 8: iref
    IM_NAME_UNREGISTER, ///< 0: token, 1: domain and family, 2-7: name, 8: 0
    IM_NAME_LOOKUP,     ///< 0: token, 1: domain and family, 2-7: name, 8: 1 = wait
    IM_NAME_FORGET,     ///< 1: domain
    IM_CORE_STATUS,     ///< 0: token, 1: core
    IM_STAT,            ///< 0: token, 1: enum kernel_stat
    IM_OPS_COUNT
};

/// A message. `final` is INTERMON_NONE, but for one with a capability that `source` does not own.
/// Such a message goes to the owner, with its last receiver in `final`; the owner sends it on with
/// its own number there (C11).
struct intermon_msg {
    uint8_t op;
    uint8_t count; ///< words
    coreid_t source;
    coreid_t destination;
    coreid_t final;
    uint64_t words[INTERMON_WORDS_MAX];
};

/// Who is told, given at start.
struct intermon_hooks {
    /// Handles a message for this core, which came from a neighbour or direct peer.
    void (*handle)(const struct intermon_msg *msg, coreid_t from);
    /// A direct channel to a core would be worth its frame.
    void (*wanted)(coreid_t peer);
};

/// Makes this monitor's Notify and registers with its waitset. Ends the domain on an error.
void intermon_init(const struct intermon_hooks *above);

/// This monitor's own Notify, whose description others get.
void intermon_own_notify(struct capability *notify);

/// Adds a channel to `peer` over `frame`, of INTERMON_FRAME_BYTES, whose first area is written by
/// the side that is `first`. Maps the frame; the capability stays in use. It is neither read nor
/// written until intermon_open_rx() and intermon_open_tx().
errval_t intermon_add(coreid_t peer, struct capref frame, bool first);
void intermon_open_rx(coreid_t peer);
void intermon_open_tx(coreid_t peer);

/// Sets the Notify that wakes `peer`, from its description. What was sent before and not notified
/// is notified now.
errval_t intermon_set_notify(coreid_t peer, const struct capability *notify);

/// Tells whether there is a channel to `peer`, open or not.
bool intermon_has_channel(coreid_t peer);

/// Ends a channel on which nothing was opened. The frame stays the caller's.
void intermon_remove(coreid_t peer);

/// Sends a message to destination, which may be this core (IM7).
///
/// \return MON_ERR_NO_CORE, MON_ERR_LIMIT: half of the channel's queue is in use and `request` is
/// set, or there is no memory for a larger queue. The message is not sent then.
errval_t intermon_send(const struct intermon_msg *msg, bool request);

/// As intermon_send(), for a message whose source is another core.
errval_t intermon_forward(const struct intermon_msg *msg, bool request);

/// Makes room for the next messages to `destination`; false if there is no memory. Then try again
/// after the next event.
bool intermon_make_room(coreid_t destination);

/// Writes to the ring of the neighbour or direct peer itself, whatever is routed where.
errval_t intermon_send_direct(coreid_t peer, const struct intermon_msg *msg);

/// Answers a request that came in `msg`, with IM_REPLY.
void intermon_answer(const struct intermon_msg *msg, errval_t err, uint64_t value1, uint64_t value2,
                     uint64_t value3);

/// Notifies the peers that sleep and were sent something. Call it when an event has been handled.
void intermon_flush(void);

/// A message of the words that follow.
#define INTERMON_MSG(op_, destination_, ...)                                                       \
    ((struct intermon_msg){.op = (op_),                                                            \
                           .count = sizeof((uint64_t[]){__VA_ARGS__}) / sizeof(uint64_t),          \
                           .destination = (destination_),                                          \
                           .final = INTERMON_NONE,                                                 \
                           .words = {__VA_ARGS__}})
