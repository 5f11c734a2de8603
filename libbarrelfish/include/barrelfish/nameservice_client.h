// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Names of services, the same on all cores. A name has 1 to 48 bytes; what a domain registered goes
// when the domain ends. All calls block for a request to core 0's monitor. Names and argument
// orders are Barrelfish's.

#pragma once

#include "barrelfish/types.h"

/// Registers a reference under a name. NS_ERR_EXISTS, NS_ERR_NAME, MON_ERR_LIMIT.
LIB_MUST_CHECK errval_t nameservice_register(const char *iface, iref_t iref);

/// Removes a name that this domain registered. NS_ERR_NOT_FOUND.
errval_t nameservice_unregister(const char *iface);

/// NS_ERR_NOT_FOUND, NS_ERR_NAME.
LIB_MUST_CHECK errval_t nameservice_lookup(const char *iface, iref_t *retiref);

/// As nameservice_lookup(), but waits until the name is registered. MON_ERR_LIMIT.
LIB_MUST_CHECK errval_t nameservice_blocking_lookup(const char *iface, iref_t *retiref);
