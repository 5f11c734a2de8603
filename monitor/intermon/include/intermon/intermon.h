// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The channels that carry messages between monitors (intermon.if). A message is a header (channel.c)
// and up to INTERMON_WORDS_MAX words. It travels as one line of a ring with the header and the first
// words, and as many further lines as it takes; the lines of a message follow one another. A
// monitor sends over a direct channel if there is one, else along the start tree
// (protocol/boot_tree.h), where others pass the message on.
//
// IM1 Messages from one monitor to another arrive in the order in which they were sent. A path is
//     FIFO, and a change of path keeps the order (exec/connect.c).
// IM2 Requests are refused when half of a channel's queue is in use, so that replies and what is
//     passed on find room (C10). Those to oneself are not: the tables of their askers bound them.
// IM3 A capability crosses as its description, made real by the receiver's monitor only (capops/).
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

#include "if/intermon_defs.h"
#include "intermon/cap_name.h"

#define INTERMON_AREA_BYTES 4096u
#define INTERMON_FRAME_BYTES (2 * INTERMON_AREA_BYTES)
#define INTERMON_NONE 0xffffu

/// What a message's way is made of. `final` is INTERMON_NONE, but for one with a capability that
/// `source` does not own. Such a message goes to the owner, with its last receiver in `final`; the
/// owner sends it on with its own number there (C11).
struct intermon_header {
    coreid_t source;
    coreid_t destination;
    coreid_t final;
    coreid_t from; ///< of one that has come: the neighbour or direct peer that it came from
};

/// Who is told, given at start.
struct intermon_hooks {
    /// Handles a message for this core.
    intermon_handler *handle;
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

/// Sends a message to a core, which may be this one (IM7).
///
/// \return MON_ERR_NO_CORE, MON_ERR_PROTOCOL: it is not as intermon.if has it; MON_ERR_LIMIT: half
/// of the channel's queue is in use and `request` is set, or there is no memory for a larger queue.
/// The message is not sent then.
errval_t intermon_send(coreid_t destination, const struct intermon_message *message, bool request);

/// The same, for a message with a header of its own.
errval_t intermon_send_by(const struct intermon_header *header,
                          const struct intermon_message *message, bool request);

/// Makes room for the next messages to `destination`; false if there is no memory. Then try again
/// after the next event.
bool intermon_make_room(coreid_t destination);

/// Writes to the ring of the neighbour or direct peer itself, whatever is routed where.
errval_t intermon_send_direct(coreid_t peer, const struct intermon_message *message);

/// Answers a request of the monitor of a core.
void intermon_answer(coreid_t core, struct intermon_reply reply);

/// Says on the console what is wrong with a message that has come.
void intermon_complain(const char *what, const struct intermon_header *header,
                       const struct intermon_message *message);

/// Notifies the peers that sleep and were sent something. Call it when an event has been handled.
void intermon_flush(void);
