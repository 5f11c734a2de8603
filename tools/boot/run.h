// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// One boot from beginning to end: QEMU is started, its console served, its end awaited, and what
// that end means turned into the exit status that options_help documents.
#pragma once

#include "machine.h"
#include "options.h"
#include "report.h"

#define RUN_STATUS_ARGUMENTS 2
#define RUN_STATUS_DIED 3
#define RUN_STATUS_TIMEOUT 124

/// Boot an image and return the exit status. Says on standard error how the machine died; what
/// kept it from starting goes into the report.
int run_machine(const struct options *options, const struct machine *machine, const char *image,
                struct report *report);
