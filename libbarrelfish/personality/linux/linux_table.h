// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What answers a system call.
#pragma once

#include "linux.h"

/// The function for a number, whatever it is; for one that nobody knows, -ENOSYS.
linux_call linux_call_of(long nr);
