// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities that have no owner, and are mere names: made real of their descriptions (IM3).

#pragma once

#include "barrelfish/caddr.h"
#include "kpi/errors.h"

/// Tells whether those of a type are.
bool cap_name_is(uint8_t type);
/// Makes one real; NULL_CAP of a description of nothing. MON_ERR_PROTOCOL: it is no name.
errval_t cap_name_make(const struct capability *description, struct capref *cap);
/// The same in an empty slot of the caller's, which takes no memory. MON_ERR_PROTOCOL also for
/// nothing.
errval_t cap_name_make_at(const struct capability *description, struct capref slot);
