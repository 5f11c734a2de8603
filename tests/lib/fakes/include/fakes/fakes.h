// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What several tests put in the place of the library, below a service that runs on the host: the
// beginning of its program, its replies over LMP, and its default waitset.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Run a service's main() until it serves (fake_program_serves()). False: it returned, or panicked. A
/// panic at any other time ends the test.
bool fake_program_run(int (*program)(void));
_Noreturn void fake_program_serves(void);

/// The replies to clients, which are told by their badges. Nothing is left of those of earlier tests.
void fake_replies_start(void);
/// Keep a reply of LMP_MSG_LENGTH words.
void fake_reply_add(uint32_t badge, const uint64_t *words);
/// Take the client's oldest reply, of which `count` words are wanted. False: there is none.
bool fake_reply_take(uint32_t badge, uint64_t *words, size_t count);

/// The default waitset, with its closures that were triggered: nothing is left of earlier tests.
void fake_waitset_start(void);
/// Run the closure that was triggered first. False: there is none.
bool fake_waitset_dispatch(void);
unsigned fake_waitset_pending(void);
