// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Starting cores.

#pragma once

#include "intermon/intermon.h"

/// Divides what bootinfo says that this monitor holds, and starts its children. Ends the domain if
/// the division is impossible.
void start_children(void);
/// The starter's first message: answered with "up" now that this core serves.
void start_handle_hello(const struct intermon_msg *msg, coreid_t from);
