// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Delivery of messages to endpoints on this core (kpi/dispatcher.h has the buffer's layout), and of
// notices (struct lmp_notice), which are messages without words. A notice that has not been read yet
// says it again: whoever reads it looks at all that there is.
//
// N1  A notification that was asked for is in the buffer, or owed: its dispatcher is told as soon
//     as it has made room and enters the CPU driver, or is interrupted.
// N2  Whether the last one has been read is seen by what the receiver says to have consumed, and
//     believed: by a false word it spoils its own notifications only. Another message hides none.
// N3  A buffer has as many messages as a power of two: whatever the receiver writes, a message goes
//     into one of them.
// N4  Who is owed anything is untold, and is told when it enters.

#pragma once

#include "kcb/dcb.h"

/// A message to be delivered.
struct lmp_send {
    const uint64_t *words;
    uint32_t length;   ///< at most LMP_MSG_LENGTH
    struct cte *given; ///< capability to transfer, or NULL
    bool give;         ///< move it instead of copying it
    bool no_grant;     ///< the copy lacks the right to grant
};

/// Deliver to an EndPointLMP capability and wake its dispatcher. On an error nothing has changed.
errval_t lmp_deliver(const struct cap *endpoint, const struct lmp_send *send);

/// Transfer the capability only: the words go another way.
errval_t lmp_transfer(const struct cap *endpoint, const struct lmp_send *send);

/// Deliver words that the CPU driver sends, without a capability.
errval_t lmp_deliver_words(const struct cap *endpoint, const uint64_t *words, uint32_t length);

/// Tell an endpoint's dispatcher that it is open or closed (kpi/dispatcher.h), if that is new.
void lmp_set_closed(const struct cap *endpoint, bool closed);

/// Another endpoint is in notice->endpoint: it has not been told anything.
void lmp_notice_begin(struct lmp_notice *notice);

/// Tell the endpoint, if there is one, unless what it was last told is still to be read.
void lmp_notify(struct lmp_notice *notice);

/// Try again to give a dispatcher the oldest notification that it is owed.
void lmp_notify_owed(struct dcb *dcb);
