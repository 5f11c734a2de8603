// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities to and from other cores.

#pragma once

#include "intermon/intermon.h"

/// What layers above want to know; each frame or endpoint is named by its base. Given at start.
struct cap_transfer_hooks {
    /// Tells whether there is a channel's memory at a base.
    bool (*is_channel)(genpaddr_t base);
    /// No copy is left anywhere.
    void (*freed)(genpaddr_t base);
    /// No copy is left on this core, but there is one elsewhere.
    void (*left)(genpaddr_t base);
    /// A message with a capability cannot be sent on.
    void (*refused)(const struct intermon_header *header, const struct intermon_message *message,
                    errval_t err);
};

/// What speaks against sending `cap` to another core: MON_ERR_CAP_SEND: its type; errors of
/// cap_identify().
errval_t cap_transfer_check(struct capref cap);
/// Sends a message that gives `cap` (NULL_CAP: none), whose description is filled in. The capability
/// stays the caller's.
///
/// \return MON_ERR_CAP_SEND: of a type that does not cross cores; errors of intermon_send().
/// Nothing was sent then.
errval_t cap_transfer_send(coreid_t destination, struct intermon_message *message,
                           struct capref cap);
/// On the way: tells whether a message's capability is owned here and the message is to be sent on;
/// does it.
bool cap_transfer_pass(const struct intermon_header *header,
                       const struct intermon_message *message);
/// Makes the capability that a message for this core gives real, in a slot that is the caller's
/// then; the owner, if it has one, is told.
errval_t cap_transfer_receive(const struct intermon_header *header, const struct capability *given,
                              struct capref *cap);
/// Notes that the CPU driver has given `core` a copy of a capability of ours
/// (KERNEL_CMD_START_CORE).
void cap_transfer_shared(struct capref cap, coreid_t core);
/// Tells the owner that a message's capability is not wanted: as cap_transfer_receive() that
/// failed.
void cap_transfer_refuse(const struct intermon_header *header, const struct capability *given);
/// Has the CPU driver tell this monitor when the last copy of a frame on this core is gone.
errval_t cap_transfer_watch(struct capref frame);
/// Reserves a slot for a frame that other cores may keep, in which it waits for them.
errval_t cap_transfer_reserve(void);
/// Gives one back.
void cap_transfer_unreserve(void);
intermon_handler cap_transfer_handle_ack;
intermon_handler cap_transfer_handle_released;
/// Tries again what found no room among the messages to other monitors.
void cap_transfer_retry(void);
/// Registers the CNode for last copies with the CPU driver. Ends the domain on an error.
void cap_transfer_init(const struct cap_transfer_hooks *above);
