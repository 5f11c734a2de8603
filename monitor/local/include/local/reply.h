// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Replies to requests of this core's domains, and what is to be known of a request before.

#pragma once

#include "barrelfish/barrelfish.h"

void reply_error(domainid_t domain, errval_t err);
void reply_values(domainid_t domain, uint64_t value1, uint64_t value2, uint64_t value3);
/// The words are all of the reply. The capability (or NULL_CAP) stays the caller's.
void reply_words(domainid_t domain, const uint64_t words[LMP_MSG_LENGTH], struct capref cap);
/// What speaks against a capability that came with a request and is to be an endpoint:
/// LIB_ERR_INVALID_ARGS: there is none; SYS_ERR_CAP_TYPE; those of cap_identify().
errval_t check_endpoint(struct capref cap);
