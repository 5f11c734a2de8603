// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Touching memory that may not be there. See touch.c.
#pragma once

#include <stdbool.h>
#include <stdint.h>

/// Catch the calling thread's page faults; false if that cannot be done.
bool touch_begin(void);
void touch_end(void);

/// Whether this works, or faults.
bool touch_read(uint64_t address, uint64_t *value);
bool touch_write(uint64_t address, uint64_t value);

/// Call what is there: code that returns and changes nothing.
bool touch_execute(uint64_t address);
