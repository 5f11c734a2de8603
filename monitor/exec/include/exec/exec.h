// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the machines of protocol/ are asked, by files: binding.c, connections between domains;
// connect.c, direct channels between monitors, made on demand; tokens.c, requests that other
// monitors answer.

#pragma once

#include "intermon/intermon.h"

// binding.c

void bind_init(void);
/// Serves the requests about connections. The capability that came along is taken over.
void bind_serve(domainid_t domain, const uint64_t *words, struct capref cap);
/// Relays what found no room among the messages to other monitors.
void bind_retry(void);
/// Handles the messages about connections.
void bind_handle(const struct intermon_msg *msg);
/// Answers a bind request of another core with an error.
void bind_refuse(const struct intermon_msg *msg, errval_t err);
void bind_forget(domainid_t domain);
/// A service whose clients waited for it is there now, or (`err`) will not come.
void bind_resume(iref_t iref, errval_t err);

// connect.c

void connect_begin(void);
/// Asks for a direct channel to `peer`; what is sent meanwhile goes along the tree, and so does
/// everything if it comes to nothing. Does nothing if there is one or it has been asked for.
void connect_ask(coreid_t peer);
/// Handles the messages about direct channels.
void connect_handle(const struct intermon_msg *msg);

// tokens.c

void tokens_begin(void);
/// Sends a request to `msg->destination` for a domain, with a token in word 0; the domain gets the
/// answer as its reply, or, with `wait`, an event MONITOR_EVENT_NAME, and its reply at once.
void tokens_send(struct intermon_msg *msg, domainid_t domain, bool wait);
void tokens_handle_reply(const struct intermon_msg *msg);
void tokens_forget(domainid_t domain);
