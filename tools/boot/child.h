// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Other programs: starting one with chosen descriptors, and running one to its end. No shell is
// ever in between. A child dies with the runner, whatever kills the runner.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "report.h"
#include "strvec.h"

/// Start argv[0], looked up in PATH, with fds[i] as its descriptor i for each i < fds_count (all
/// others closed on exec if they are so marked) and no signal blocked. The fds must be above
/// those they become. False if it could not be started; the report then names the program, and
/// `package` as what to install if there is no such program.
bool child_start(const struct strvec *argv, const int fds[], size_t fds_count, const char *package,
                 pid_t *pid, struct report *report);

/// Wait for a child to end; its status as waitpid() gives it.
int child_wait(pid_t pid);

/// Run a program to its end with /dev/null as its input. Its output is shown (on standard error)
/// only if it fails; then the result is false.
bool child_run(const struct strvec *argv, const char *package, struct report *report);
