// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Both rings of a channel between cores as messages, without a waitset: urpc under Barrelfish's
// names. Nothing here blocks or wakes anybody; see barrelfish/ump_chan.h for that. One thread at a
// time may send and one may receive.

#pragma once

#include "urpc/urpc.h"

#define UMP_PAYLOAD_WORDS 7u
#define UMP_PAYLOAD_BYTES (UMP_PAYLOAD_WORDS * sizeof(uint64_t))
#define UMP_MSG_BYTES 64u
#define DEFAULT_UMP_BUFLEN 4096u ///< bytes of one direction

_Static_assert(UMP_PAYLOAD_WORDS == URPC_WORDS && UMP_MSG_BYTES == sizeof(struct urpc_line),
               "a message is a line");

/// Bits of a message that are the user's; all else of its header word is the ring's.
struct ump_control {
    uint64_t header : 16;
    uint64_t ring : 48;
};

/// A message, in the ring when it is sent, outside of it when it has been received.
struct ump_message {
    uint64_t data[UMP_PAYLOAD_WORDS];
    union {
        struct ump_control control;
        uint64_t raw;
    } header;
};
_Static_assert(sizeof(struct ump_message) == UMP_MSG_BYTES, "a message is a line");

/// Private to ump_chan.c; visible for allocation.
struct ump_chan_state {
    struct urpc_chan ring;
    struct ump_message last; ///< the last message received
};

/// Receives a message, which stays valid until the next call; NULL: there is none. Its words were
/// read once, so that the sender cannot change them any more.
static inline volatile struct ump_message *ump_impl_recv(struct ump_chan_state *c)
{
    uint16_t ctrl;
    if (!urpc_recv(&c->ring, c->last.data, &ctrl))
        return NULL;
    c->last.header.raw = ctrl;
    return &c->last;
}

/// Does nothing: a message is given back to the sender when it is received.
static inline void ump_impl_free_message(volatile struct ump_message *msg)
{
    (void)msg;
}

/// Returns the next message to be sent, to be filled in in place, or NULL if the ring is full.
/// *ctrl is all zero. It is sent by ump_impl_publish(); storing the header, as Barrelfish's
/// programs do, sends nothing.
static inline volatile struct ump_message *ump_impl_get_next(struct ump_chan_state *c,
                                                             struct ump_control *ctrl)
{
    *ctrl = (struct ump_control){0};
    return (volatile struct ump_message *)urpc_claim(&c->ring);
}

static inline void ump_impl_publish(struct ump_chan_state *c, struct ump_control ctrl)
{
    urpc_publish(&c->ring, (uint16_t)ctrl.header);
}
