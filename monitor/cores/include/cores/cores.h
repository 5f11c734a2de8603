// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which cores are up.

#pragma once

#include "if/monitor.h"
#include "intermon/intermon.h"

/// A core has come up or has failed to, as its starter says; on core 0 the state of the machine
/// follows.
void cores_report(coreid_t core, enum monitor_core_state state, uint64_t start_tsc);
/// Reports a core and all that it would have started as failed, with the reason in words.
void cores_report_failed(coreid_t root, const char *reason);
void cores_handle_report(const struct intermon_msg *msg);
void cores_handle_map(const struct intermon_msg *msg, coreid_t from);
void cores_handle_status(const struct intermon_msg *msg);
void cores_reply(domainid_t domain);
void cores_await(domainid_t domain);
/// To be called once, when the state of this core itself is known.
void cores_init(void);
/// Answers what another monitor asks of this core's CPU driver.
void cores_handle_stat(const struct intermon_msg *msg);
