// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests that other monitors answer.

#pragma once

#include "intermon/intermon.h"

/// To be called before all others.
void tokens_begin(void);
/// Sends a request to `msg->destination` for a domain, with a token in word 0; the domain gets the
/// answer as its reply, or, with `wait`, an event MONITOR_EVENT_NAME, and its reply at once.
void tokens_send(struct intermon_msg *msg, domainid_t domain, bool wait);
void tokens_handle_reply(const struct intermon_msg *msg);
void tokens_forget(domainid_t domain);
