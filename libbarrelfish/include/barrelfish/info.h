// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the domain and its core have: time slices, capabilities, memory. Read out of a page that the
// CPU driver and the memory server keep up to date (kpi/info.h says who writes what and when), so
// that a policy can look at it as often as it likes: no call here enters the CPU driver, unless
// the memory server was interrupted in the middle of writing; then it is given the core. Any thread
// may call them, and they do not block.
#pragma once

#include "barrelfish/types.h"
#include "kpi/info.h"

/// The page itself, or NULL in a domain that has none (the first of a core). What is read out of
/// it piecemeal may be of different times.
const struct domain_info *disp_info(void);

/// What the CPU driver tells, all of one time. LIB_ERR_NOT_IMPLEMENTED: this domain has no page.
LIB_MUST_CHECK errval_t info_read_kernel(struct info_kernel *ret);

/// What the memory server tells. LIB_ERR_NOT_IMPLEMENTED: this domain has no page, or its spawner
/// does not let the memory server know of it.
LIB_MUST_CHECK errval_t info_read_memory(struct info_memory *ret);
