// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests of a core's domains (if/monitor.h): which step serves each, who may ask for it, how others
// are refused, and whether it takes a capability. One pure table.
//
// O1 A capability that comes with a request that takes none is dropped.
// O2 Badge 0 is the CPU driver's: it tells of a domain's death, whatever the words seem to ask for.

#pragma once

#include "kpi/errors.h"
#include "kpi/types.h"

enum operation_step {
    OPERATION_IGNORE,
    OPERATION_REFUSE, ///< with `err`
    OPERATION_DEATH,
    OPERATION_EVENTS,
    OPERATION_NOTIFY,
    OPERATION_IRQDEST,
    OPERATION_EXPORT,
    OPERATION_UNEXPORT,
    OPERATION_CONNECTION, ///< what protocol/binding.h decides about
    OPERATION_NAME,
    OPERATION_CORES,
    OPERATION_AWAIT_BOOT,
    OPERATION_CORE_STATUS,
    OPERATION_STAT,
    OPERATION_HALT,
    OPERATION_INTRODUCE,
    OPERATION_FORGET,
    OPERATION_STEPS
};

struct operation {
    enum operation_step step;
    bool takes_cap; ///< O1
    errval_t err;
};

/// What to do about `length` words that came to the monitor of `core` over an endpoint with `badge`:
/// that of a domain or MONITOR_OPERATOR. There are at least three words; behind `length` they are
/// claims of nobody.
struct operation operation_of(coreid_t core, uint32_t badge, const uint64_t *words, size_t length);
