// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Errors in words for whoever typed a command. Pure.
#pragma once

#include "kpi/errors.h"

#define ERROR_TEXT_BYTES 384u

/// Writes what failed, what that was due to, and what the user can do about it, cut if need be.
void error_text(errval_t err, char *text, size_t bytes);
