// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Delivery of messages to endpoints on this core (kpi/dispatcher.h has the buffer's layout).

#pragma once

#include "caps/caps.h"
#include "kpi/dispatcher.h"

struct dcb;

/// A message to be delivered.
struct lmp_send {
    const uint64_t *words;
    uint32_t length;   ///< at most LMP_MSG_LENGTH
    struct cte *given; ///< capability to transfer, or NULL
    bool give;         ///< move it instead of copying it
    bool no_grant;     ///< the copy lacks the right to grant
};

/// SYSCALL_LMP_SEND of the current dispatcher: its arguments are in kcb.regs.
errval_t lmp_send(struct dcb *dcb);

/// Deliver to an EndPointLMP capability and wake its dispatcher. On an error nothing has changed.
errval_t lmp_deliver(const struct cap *endpoint, const struct lmp_send *send);

/// Transfer the capability only: the words go another way.
errval_t lmp_transfer(const struct cap *endpoint, const struct lmp_send *send);

/// Deliver words that the CPU driver sends, without a capability.
errval_t lmp_deliver_words(const struct cap *endpoint, const uint64_t *words, uint32_t length);

/// Tell an endpoint's dispatcher that it is open or closed (kpi/dispatcher.h), if that is new.
void lmp_set_closed(const struct cap *endpoint, bool closed);

/// Make sure that the endpoint has a message: an empty one is delivered if its buffer is empty.
void lmp_notify(const struct cap *endpoint);
