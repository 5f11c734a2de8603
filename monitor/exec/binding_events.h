// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Events of binding.c made of requests and messages, and its messages to other monitors.

#pragma once

#include "intermon/intermon.h"
#include "protocol/binding.h"

struct binding_event binding_event_of_request(domainid_t domain, const uint64_t *words,
                                              struct capref cap);
struct binding_event binding_event_of_message(const struct intermon_msg *msg);
/// Sends what an effect BINDING_SEND_* says, about `end` if it is about one, and for an offer its
/// frame, which stays the caller's. What a domain may cause as often as it likes is a request (IM2).
errval_t binding_send(const struct binding_effect *effect, const struct binding_end *end,
                      struct capref frame);
