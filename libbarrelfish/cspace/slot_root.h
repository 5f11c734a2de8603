// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A larger L1CNode in the place of the domain's own. Private to slot_alloc.c.
#pragma once

#include "barrelfish/caddr.h"

/// Go on in a new L1CNode of `slots` slots with what the present one, of `present`, holds: all
/// addresses keep their meaning, and no thread or sender sees a time without them. Runs as a growth
/// (mm.h) and needs three slots. On an error nothing has changed. Errors: ram_alloc_bytes()'s, the
/// CPU driver's; LIB_ERR_SLOT_ALLOC_NO_SPACE.
LIB_MUST_CHECK errval_t slot_root_replace(cslot_t present, cslot_t slots);
