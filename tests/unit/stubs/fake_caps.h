// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities over channels, in place of ump_caps.c and the monitors: what is sent comes at once, or
// when the test says so, and each step can fail.
#pragma once

#include "barrelfish/ump_chan.h"

struct fake_caps {
    bool travel; ///< else no channel is ready for any
    bool late;   ///< what is sent stays on its way
    unsigned sent, copies, slots;
    unsigned fail_send_in; ///< the nth next cannot be sent
    unsigned full_for;     ///< so many sends find no room with the monitors
    errval_t reserve_error, slot_error;
    struct capref refused; ///< of a type that does not cross
    struct capref lost;    ///< arrives as an error
};
extern struct fake_caps fake_caps;

/// What is on its way to a channel comes.
void fake_caps_come(struct ump_chan *to);
