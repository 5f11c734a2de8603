// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What test_churn and its children agree on: requests over LMP (barrelfish/lmp_rpc.h) to the
// endpoint that a child finds in slot 0 of its ARGCN.
#pragma once

enum churn_op {
    CHURN_SHARE = 1, ///< capability: a frame, which the parent keeps for a while, mapped or not
    CHURN_BORROW,    ///< reply: capability: a frame that some child has shared, or none
};

#define CHURN_SHARED_BYTES 8192ul

/// The last thing that a child does, after a random number of others.
enum churn_end { CHURN_END_EXIT, CHURN_END_FAULT, CHURN_END_KILLED, CHURN_ENDS };
