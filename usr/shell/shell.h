// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of the shell know of one another.
#pragma once

#include "barrelfish/barrelfish.h"
#include "barrelfish/monitor_client.h"
#include "parse.h"

/// Exit status of commands that failed by themselves.
#define STATUS_FAILED 1
#define STATUS_USAGE 2
/// The greatest status that a machine can end with.
#define STATUS_MAX 95

// commands.c

/// Runs a command and returns its exit status.
int command_run(const struct shell_command *command);

// machine.c: the commands that show the machine. argv[0] is the command's name.
int command_cores(unsigned argc, char *const argv[]);
int command_ps(unsigned argc, char *const argv[]);
int command_mem(unsigned argc, char *const argv[]);
int command_kcb(unsigned argc, char *const argv[]);

// programs.c

/// Starts a program on a core, and waits for its end unless `background`. Returns its exit status.
int program_run(coreid_t core, unsigned argc, char *const argv[], bool background);

int command_kill(unsigned argc, char *const argv[]);

/// Ends the machine; returns if that is not possible.
void machine_halt(int status);

/// A number in decimal, at most `max`; false: it is none.
bool number_parse(const char *text, unsigned long max, unsigned long *number);
