// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Message handling of a domain with a single main loop, on the default waitset.

#pragma once

#include "barrelfish/types.h"

typedef uint32_t idc_bind_flags_t;
typedef uint32_t idc_export_flags_t;
typedef uint32_t idc_control_t;

/// Runs when a service has been offered.
typedef void idc_export_callback_fn(void *st, errval_t err, iref_t iref);

#define IDC_BIND_FLAGS_DEFAULT ((idc_bind_flags_t)0)
/// Over rings within a core, too: for a service that pauses its clients.
#define IDC_BIND_FLAG_UMP ((idc_bind_flags_t)1)
#define IDC_EXPORT_FLAGS_DEFAULT ((idc_export_flags_t)0)

/// For a binding's control(): whether its blocking calls dispatch its waitset while they wait. At first
/// they do not, and receive from this binding only.
#define IDC_CONTROL_DISPATCH ((idc_control_t)1)
#define IDC_CONTROL_DISPATCH_NOT ((idc_control_t)2)
/// Receive nothing from a binding on its waitset, and receive again. A server takes none of its
/// client's messages meanwhile, so that the client waits in the end; a client receives while it waits
/// for the answer to a call, and by flounder_poll(). Only between rings: over LMP
/// LIB_ERR_NOT_IMPLEMENTED, since all clients of a server send to one endpoint.
#define IDC_CONTROL_PAUSE ((idc_control_t)3)
#define IDC_CONTROL_RESUME ((idc_control_t)4)

/// Waits for one event and handles it. Ends the domain on an error.
void messages_wait_and_handle_next(void);

/// Handles events for ever.
void messages_handler_loop(void) __attribute__((noreturn));
