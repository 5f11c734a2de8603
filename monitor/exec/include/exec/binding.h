// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Connections between domains.

#pragma once

#include "intermon/intermon.h"

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
