// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The CPU driver's part of a dispatcher's exposed information (kpi/info.h).

#pragma once

#include "kpi/errors.h"

struct dcb;
struct caps_call;

/// DISPATCHER_CMD_INFO.
errval_t info_set(struct caps_call *call);

/// Tell a dispatcher what it and the core have, if it has a page for that. Constant time.
void info_update(struct dcb *dcb);
