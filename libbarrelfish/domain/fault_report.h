// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The last words of a domain. Private to this library.

#pragma once

#include "dispatch/dispatcher.h"

/// Writes down what happened, the registers in trap_save and a backtrace.
/// `answer`: why the memory object there did not answer, or SYS_ERR_OK if none was asked. Disabled;
/// reads the thread's stack only within its known bounds.
void fault_report(struct dispatcher *disp, uint64_t vector, uint64_t address, uint64_t error_code,
                  errval_t answer);

/// What was written down last, to be printed as a whole.
const char *fault_report_text(size_t *bytes);
