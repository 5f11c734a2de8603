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
/// Tells and sends what is due about connections.
void bind_retry(void);
/// Handles the messages about connections.
intermon_handler bind_handle;
/// A message with a capability goes no further: its asker, or who was to get it, gets the error.
void bind_refuse(const struct intermon_header *header, const struct intermon_message *message,
                 errval_t err);
void bind_forget(domainid_t domain);
/// A service whose clients waited for it is there now, or (`err`) will not come.
void bind_resume(iref_t iref, errval_t err);

// connect.c

void connect_begin(void);
/// Asks for a direct channel to `peer`; what is sent meanwhile goes along the tree, and so does
/// everything if it comes to nothing. Does nothing if there is one or it has been asked for.
void connect_ask(coreid_t peer);
/// Handles the messages about direct channels.
intermon_handler connect_handle;

// tokens.c

void tokens_begin(void);
/// Sends a request to the monitor of a core for a domain, with a token in `token`, which is the
/// message's; the domain gets the answer as its reply, or, with `wait`, an event MONITOR_EVENT_NAME,
/// and its reply at once.
void tokens_send(coreid_t core, const struct intermon_message *message, uint64_t *token,
                 domainid_t domain, bool wait);
intermon_handler tokens_handle_reply;
void tokens_forget(domainid_t domain);
