// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities that come back: uncovered memory to the memory server, last copies of objects that
// other cores know to the monitor.

#pragma once

#include "invoke/invoke.h"

/// KERNEL_CMD_SET_RETURNS.
errval_t returns_set(struct caps_call *call);

/// The answers to what happens in caps/.
extern const struct caps_hooks returns_hooks;

/// What was in a slot has been deleted: if it was returned memory, the next that waits for room is
/// returned. So who takes memory back drives that, and it does not wait for the core to be idle.
void returns_slot_deleted(const struct cte *slot);
