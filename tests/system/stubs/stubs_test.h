// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Bindings of an interface between domains of this program (stubs.if): one offers the service,
// others call, in several ways, and end or are ended in the midst of it.
#pragma once

#include "barrelfish/domain.h"
#include "if/stubs_defs.h"
#include "systest/systest.h"

/// service.c: offers the service and handles it in a thread of its own.
iref_t service_start(void);
/// Handles what the service does on a binding, also on a client's side.
void service_handle(struct stubs_binding *binding);
/// Bindings that have been opened, and that have ended; calls of echo that were handled.
unsigned service_opened(void), service_ended(void), service_echoes(void);

/// circle.c: domains on these cores, the first of them this one, call one another in a circle. What
/// one of the others does for ever.
void circle_run(const coreid_t cores[], unsigned members);
void circle_member(uint64_t what);

/// caps.c: capabilities; handled by the service, sent by a client, `here`: on its core.
void caps_handle(struct stubs_binding *binding);
void caps_run(struct stubs_binding *binding, bool here);
/// One call with some each way.
errval_t caps_swap(struct stubs_binding *binding, uint32_t pages, bool keeps);

/// peer.c: a client in a domain of its own, by the name of what it does; its exit status.
int peer_run(const char *what, iref_t iref);
/// Binds to the service.
struct stubs_binding *peer_bind(iref_t iref);
/// Calls until the service has ended; checks that the call says so.
void peer_call_for_ever(struct stubs_binding *binding);
/// The service of the peer that serves under a number.
iref_t peer_find(uint64_t number);
