// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The dispatcher that the caller runs on. A dispatcher that is disabled gets no upcalls: its
// threads are not switched, so that what is between disable and enable is atomic among them. It is
// short, calls no foreign system call, and does not fault (a fault while disabled kills the
// dispatcher).

#pragma once

#include "barrelfish/types.h"
#include "kpi/dispatcher.h"

/// Name of the domain: its first argument without folders.
const char *disp_name(void);

/// This dispatcher's address of the frame that it shares with the CPU driver.
struct dispatcher_shared *disp_shared(void);

/// Stops upcalls. Calls do not nest; see disp_try_disable().
dispatcher_handle_t disp_disable(void);

/// Allows upcalls again.
void disp_enable(dispatcher_handle_t handle);

/// Disables; *was_enabled tells whether the caller has to enable afterwards.
dispatcher_handle_t disp_try_disable(bool *was_enabled);

bool disp_is_disabled(void);

#define DISP_POLL_ADAPTIVE UINT32_MAX

/// Sets how often this dispatcher polls channels, with nothing to run, before it sleeps. With
/// DISP_POLL_ADAPTIVE, the default, it follows the measured cost of a sleep and wake, and polls
/// less if that was in vain or if others want the core; a fixed number is for measurements.
void disp_set_poll_limit(uint32_t polls);
