// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the system tests that run on the host share: starting stave-boot and looking at what it
// printed, and checks whose failures make the exit status. Not CUnit: one program is one test here.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define CHECK(cond) host_check((cond), __FILE__, __LINE__, #cond)
bool host_check(bool holds, const char *file, int line, const char *text);

/// Exit status for main().
int host_status(void);

/// What a program printed (standard output and errors together) and its exit status.
struct host_output {
    char *text; ///< ended by a zero byte; to be freed
    size_t bytes;
    int status;
};

/// Run a program (argv ended by NULL) to its end, standard input empty.
struct host_output host_run(const char *const argv[]);

/// Run build/stave-boot with up to a few arguments, ended by NULL.
struct host_output host_boot(const char *first, ...) __attribute__((sentinel));

/// Boot build/pc.iso without stave-boot, on a machine with nothing but what `args` (ended by NULL)
/// adds. The status is (0x10 + that of the commands) << 1 | 1, as isa-debug-exit gives it.
struct host_output host_boot_by_hand(const char *const args[]);

/// Show what a program printed, after a failed check.
void host_show(const struct host_output *output);
