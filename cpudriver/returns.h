// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities that come back: uncovered memory to the memory server, last copies of objects that
// other cores know to the monitor.

#pragma once

#include "invoke.h"

/// KERNEL_CMD_SET_RETURNS.
errval_t returns_set(struct caps_call *call);
