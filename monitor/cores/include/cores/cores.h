// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which cores are up, and (start.c) starting them.

#pragma once

#include "intermon/intermon.h"

/// To be called once, when this core can send.
void cores_begin(void);
/// A core below this one was told to go; it has a deadline from now on.
void cores_started(coreid_t core);
/// It was not, nor will those that it would have started. The reason is in words.
void cores_not_started(coreid_t core, const char *reason);
/// Replies which cores are up; when the boot is complete.
void cores_reply(domainid_t domain);
void cores_await(domainid_t domain);
/// Handles what others say about which cores are up.
intermon_handler cores_handle;
intermon_handler cores_handle_status;
/// Answers what another monitor asks of this core's CPU driver.
intermon_handler cores_handle_stat;

// start.c

/// Divides what bootinfo says that this monitor holds, and starts its children. Ends the domain if
/// the division is impossible.
void start_children(void);
/// The starter's first message: answered with "up" now that this core serves.
intermon_handler start_handle_hello;
