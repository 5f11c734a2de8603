// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Starting a further core (kpi/bootinfo.h describes what it is given).

#pragma once

#include "invoke/invoke.h"

/// KERNEL_CMD_START_CORE.
errval_t start_core(struct caps_call *call);
