// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// This core's spawnd, started when first needed.

#pragma once

#include "kpi/errors.h"
#include "kpi/types.h"

/// Starts it if it is not there. An error says that it will not come.
errval_t spawnd_need(void);
/// A domain that this monitor started has died. Tells whether it was spawnd; then nobody can speak
/// with its number any more.
bool spawnd_died(domainid_t domain);
