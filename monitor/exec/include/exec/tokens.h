// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests that other monitors answer.

#pragma once

#include "intermon/intermon.h"

/// Sends a request to `msg->destination` for a domain, with a token in word 0; the domain gets the
/// answer as its reply, or, with `wait`, an event MONITOR_EVENT_NAME, and its reply at once.
void request_send(struct intermon_msg *msg, domainid_t domain, bool wait);
void request_handle_reply(const struct intermon_msg *msg);
void request_forget(domainid_t domain);
