// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How long a thread's blocking calls wait for another domain. Nobody has to trust a peer: who does
// not dispatch its waitset answers no binding, who does not read keeps a ring full. So each call
// that waits for what a working peer does at once gives up after BLOCKING_LIMIT_US, with an error
// that says what was waited for. A call that waits for a message has no limit by itself, because
// silence is no fault; but it can be given one.
//
//   ump_chan_bind_blocking(), monitor_bind_lmp()   LIB_ERR_BIND_TIMEOUT
//   ump_chan_send_blocking()                       LIB_ERR_SEND_TIMEOUT
//   nameservice_blocking_lookup()                  LIB_ERR_LOOKUP_TIMEOUT
//   lrpc_call(), calls of an interface             LIB_ERR_RECV_TIMEOUT
//   ump_chan_recv_blocking(), lrpc_wait(),
//   lrpc_reply_and_wait()                          LIB_ERR_RECV_TIMEOUT, if blocking_set_limit()
//
// Calls to the monitor, the memory server and spawnd are not limited; those to other servers over
// LMP are if lmp_rpc_init_limited() says so.
#pragma once

#include "barrelfish/types.h"

#define BLOCKING_LIMIT_US 60000000ul
#define BLOCKING_FOREVER UINT64_MAX

/// Sets the limit of all the calls above, by the calling thread, in microseconds. 0: back to what
/// each has by itself. Returns what was set before.
delayus_t blocking_set_limit(delayus_t limit_us);

/// The time `limit_us` from now; 0 (never) if that is beyond all times.
systime_t blocking_until(delayus_t limit_us);

/// When a call that begins now gives up (0: never), if it has the limit `limit_us` by itself.
systime_t blocking_deadline(delayus_t limit_us);
