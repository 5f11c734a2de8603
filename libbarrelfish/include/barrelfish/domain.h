// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The domain as a whole: who and where it is, its default waitset, how it ends. Spanning several
// cores is not here yet.

#pragma once

#include "barrelfish/types.h"
#include "kpi/spawn.h"

struct waitset;

/// The waitset that a domain's main loop dispatches.
struct waitset *get_default_waitset(void);

/// The core of the dispatcher that the caller runs on.
coreid_t disp_get_core_id(void);

/// The same; differs from disp_get_core_id() only in domains that span cores.
coreid_t disp_get_current_core_id(void);

domainid_t disp_get_domain_id(void);

/// Arguments and environment as the spawner left them.
const struct spawn_args *domain_spawn_args(void);

/// Ends the domain with an exit status and does not return: its output is flushed and spawnd told.
/// Without a spawnd the dispatcher stops. Called enabled, on a thread.
void domain_exit(int status) __attribute__((noreturn));

/// Ends the domain after a fault or a failed assertion, with status DOMAIN_STATUS_FATAL.
void disp_fatal(void) __attribute__((noreturn));

#define DOMAIN_STATUS_FATAL 134

/// Called on the main thread before the C library is up: makes slots, memory and address space
/// usable. Neither thread-local storage nor the C library's state may be touched. Defined by the
/// library's memory half.
errval_t domain_memory_init(const struct spawn_args *args);
