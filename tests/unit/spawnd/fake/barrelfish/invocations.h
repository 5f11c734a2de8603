// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// In the place of the system calls: the invocations that spawnd makes by itself, answered by the
// test's machine.
#pragma once

#include "barrelfish/caddr.h"
#include "kpi/dispatcher.h"

struct dispatcher_status {
    enum dispatcher_state state;
    enum dispatcher_activity activity;
    uint64_t run_cycles;
    uint64_t scheduled;
};

errval_t invoke_dispatcher_stop(struct capref dispatcher);
errval_t invoke_dispatcher_status(struct capref dispatcher, struct dispatcher_status *status);
errval_t invoke_dispatcher_wait(struct capref dispatcher, enum dispatcher_wait *wait,
                                domainid_t *domain);
errval_t invoke_cap_revoke(struct capref cap);
