// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Errors in words. The codes, and err_is_ok(), err_push() and the like, are in kpi/errors.h.

#pragma once

#include "barrelfish/types.h"

/// What the latest code of `err` means. The text is constant.
const char *err_getstring(errval_t err);

/// Name of the latest code of `err`, as in the source.
const char *err_getcode(errval_t err);

/// Prints all codes of `err`, the latest first, one in a line.
void err_print_calltrace(errval_t err);
