// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What went wrong, in words. Every fallible function of the runner takes a report as its last
// argument, fills it when it fails, and returns false; only main() prints. That is why the unit
// tests can read every message. It stands on nothing and holds one message, the first.
#pragma once

#include <stdbool.h>

struct report {
    char text[1024];
};

/// Put a message (without newline) into the report unless it has one, and return false, so that
/// a function can end with `return report_set(report, ...)`.
bool report_set(struct report *report, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
