// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// This core's side, by files, but for what is known of each domain (domains.h).

#pragma once

#include "barrelfish/barrelfish.h"
#include "intermon/intermon.h"
#include "protocol/shares.h"

// exports.c: services that domains of this core export

errval_t export_add(domainid_t domain, uint32_t index, iref_t *iref);
errval_t export_remove(domainid_t domain, iref_t iref);
/// Who exports `iref`, if it is this core's; domain 0: nobody.
struct member export_owner(iref_t iref);
/// Frees the exports of a domain that has ended.
void export_forget(domainid_t domain);

// names.c: the name service, on core 0

void names_init(void);
intermon_handler names_handle;
intermon_handler names_handle_forget;
void names_forget(domainid_t domain);

// reply.c: replies to requests, and what is to be known of a request before

void reply_error(domainid_t domain, errval_t err);
void reply_values(domainid_t domain, uint64_t value1, uint64_t value2, uint64_t value3);
/// The words are all of the reply. The capability (or NULL_CAP) stays the caller's.
void reply_words(domainid_t domain, const uint64_t words[LMP_MSG_LENGTH], struct capref cap);
/// What speaks against a capability that came with a request and is to be an endpoint:
/// LIB_ERR_INVALID_ARGS: there is none; SYS_ERR_CAP_TYPE; those of cap_identify().
errval_t check_endpoint(struct capref cap);

// spawnd_start.c: this core's spawnd, started when first needed

/// Starts it if it is not there. An error says that it will not come.
errval_t spawnd_need(void);
/// A domain that this monitor started has died. Tells whether it was spawnd; then nobody can speak
/// with its number any more.
bool spawnd_died(domainid_t domain);
