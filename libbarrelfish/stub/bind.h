// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the monitor's part of binding tells its other half.
#pragma once

#include "barrelfish/monitor_client.h"
#include "stub.h"

/// Takes the channel of a client that binds; the request is answered in any case. On an error
/// flounder_destroy() is next.
LIB_MUST_CHECK errval_t flounder_accept_request(struct flounder_stub *stub,
                                                struct monitor_bind_request *request);
