// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The scalar types, errors and mapping flags that every program sees: those of the CPU driver's
// public headers, and what the library adds. Stands on kpi/; nothing here is state.

#pragma once

#include "kpi/types.h"

#include "kpi/errors.h"
#include "kpi/vspace.h"

/// Marks a function whose error must be looked at.
#define LIB_MUST_CHECK __attribute__((warn_unused_result))

/// Address of a dispatcher's shared frame in the domain: what disp_disable() returns.
typedef uintptr_t dispatcher_handle_t;
