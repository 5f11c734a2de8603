// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities as messages carry them: descriptions of INTERMON_CAP_WORDS words (IM3).

#pragma once

#include "barrelfish/caddr.h"
#include "kpi/capabilities.h"
#include "kpi/errors.h"

#define INTERMON_CAP_WORDS 4u

void cap_words_put(uint64_t *words, const struct capability *cap);
void cap_words_get(const uint64_t *words, struct capability *cap);
/// Tells whether capabilities of a type have no owner: they are mere names.
bool cap_words_is_name(uint8_t type);
/// Makes a capability that has no owner (Notify) out of its description; NULL_CAP out of zeros.
errval_t cap_words_make_name(const uint64_t *words, struct capref *cap);
/// The same in an empty slot of the caller's, which takes no memory. MON_ERR_PROTOCOL for zeros.
errval_t cap_words_make_name_at(const uint64_t *words, struct capref slot);
