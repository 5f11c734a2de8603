// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What arrives at a monitor, and who handles it: two tables.

#pragma once

#include "intermon/intermon.h"

/// messages.c: handles a message of another monitor, or of this one.
intermon_handler messages_handle;

/// operations.c: serves the domains of this core from now on. Ends the domain on an error.
void operations_init(void);
