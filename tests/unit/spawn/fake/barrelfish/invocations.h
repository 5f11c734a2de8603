// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// In the place of the system calls: the invocations by which a domain is destroyed, answered by the
// test.
#pragma once

#include "barrelfish/caddr.h"

errval_t invoke_dispatcher_stop(struct capref dispatcher);
errval_t invoke_cap_revoke(struct capref cap);
errval_t invoke_cap_delete(struct capref cap);
