// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a domain may tell the personality that answers its foreign system calls. The personality of
// this library is that of Linux, as far as a static C library needs it.
#pragma once

#include "barrelfish/types.h"

/// Reads up to `bytes` (not 0) bytes of standard input; blocks until there is at least one.
/// Returns their number; 0 at the end of input.
typedef size_t (*personality_read_fn)(char *buf, size_t bytes);

/// Sets where standard input comes from; NULL, as at the start: it is empty. Returns what was set
/// before.
personality_read_fn personality_set_read(personality_read_fn read);
