// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What clients do with spawnd, for its tests.
#pragma once

#include "machine.h"

#include "end_queue.h"

/// A domain of the trusted base, of this core.
#define BASE ((domainid_t)machine_core << 16 | DOMAIN_FIRST)
/// The ID that is given first.
#define FIRST ((domainid_t)machine_core << 16 | DOMAIN_DYNAMIC)

/// Sends a request without a capability.
void ask(domainid_t who, enum spawnd_op op, uint64_t word1, uint64_t word2, uint64_t word3);
/// Takes a reply, and says whether its words 0 to 2 are these.
bool answered(domainid_t who, errval_t err, uint64_t word1, uint64_t word2);
/// Whether there is none.
bool unanswered(domainid_t who);
/// Sends strings that end with a further zero byte.
void say_strings(domainid_t who, const char *strings, size_t bytes);
/// A domain named "prog", started by `who`; `log` is forgotten.
domainid_t start(domainid_t who);
/// Sends a piece of text.
void print(domainid_t who, const char *text, bool more);
/// A domain dies; all that is to be done then is done.
void die(domainid_t id);
/// The memory server has taken back what it was to; all that is to be done then is done.
void settle(void);
/// All that was sent to the console, as text: "[", then "]" or, if more belongs to it, "+"; a question
/// whether all is shown is "?".
bool console_got(const char *text);
