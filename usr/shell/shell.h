// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of the shell know of one another.
#pragma once

#include "barrelfish/barrelfish.h"
#include "barrelfish/monitor_client.h"
#include "kpi/bootinfo.h"
#include "parse.h"

/// Exit status of commands that failed by themselves.
#define STATUS_FAILED 1
#define STATUS_USAGE 2
#define STATUS_INTERRUPTED 130
/// The greatest status that a machine can end with.
#define STATUS_MAX 95

/// What the machine was booted with.
static inline const struct bootinfo *shell_bootinfo(void)
{
    return (const struct bootinfo *)BOOTINFO_VADDR;
}

// commands.c

/// Runs a command and returns its exit status.
int command_run(const struct shell_command *command);
/// The words that Tab completes (completion.h): commands and boot modules.
const char *command_word(void *st, bool first, unsigned index);

/// machine.c: the commands that show the machine. argv[0] is the command's name.
int command_cores(unsigned argc, char *const argv[]);
int command_ps(unsigned argc, char *const argv[]);
int command_mem(unsigned argc, char *const argv[]);

/// Cores that a command is about: the one in its argument, or all that are up. Not 0: the command's
/// exit status; what is wrong has been printed.
int cores_wanted(unsigned argc, char *const argv[], struct monitor_cores *cores);
/// Moves *core on to a core that is up, if it is not; false: there is none.
bool next_core(const struct monitor_cores *cores, unsigned *core);

/// Prints the boot modules' names, and ends the line.
void modules_print(void);

/// arch/: whether an emulator interprets this machine's instructions, as it says itself.
bool machine_is_emulated(void);

/// counters.c: what CPU drivers and memory servers count.
int command_kcb(unsigned argc, char *const argv[]);
int command_info(unsigned argc, char *const argv[]);

// programs.c

/// Starts a program on a core, which may hold `memory_bytes` (0: no limit). Waits for its end and
/// returns its exit status; with `job` (else NULL) gives its number and does not wait.
int program_run(coreid_t core, size_t memory_bytes, char *const argv[], domainid_t *job);

/// Somebody types the commands: Ctrl-C ends the program that is waited for.
extern bool programs_typed;

/// Gives a domain that this shell has started the foreground and waits for its end. Returns its exit
/// status, and prints it under this name if it is not 0; STATUS_INTERRUPTED: Ctrl-C ended it.
int program_wait(const char *name, domainid_t id);

int command_kill(unsigned argc, char *const argv[]);
int command_reclaim(unsigned argc, char *const argv[]);

// jobs.c: programs that are not waited for.

/// Remembers a program that runs in the background.
void jobs_add(domainid_t id, char *const argv[]);
/// Tells of those that have ended, once each.
void jobs_report(void);
int command_jobs(unsigned argc, char *const argv[]);
int command_fg(unsigned argc, char *const argv[]);
int command_wait(unsigned argc, char *const argv[]);

/// Ends the machine; returns if that is not possible.
void machine_halt(int status);

// failed.c

/// Prints an error and what can be done about it; returns STATUS_FAILED.
int command_failed(const char *name, errval_t err);
/// The same, of what was asked of a core.
int core_failed(const char *name, unsigned long core, errval_t err);

// numbers.c

/// A domain's ID, in hexadecimal as ps shows it, with 0x or without; false: it is none.
bool domain_parse(const char *text, struct capref *domain);

/// A number in decimal, at most `max`; false: it is none.
bool number_parse(const char *text, unsigned long max, unsigned long *number);

/// A number of bytes, not 0, in decimal, perhaps with K, M or G behind it; false: it is none.
bool bytes_parse(const char *text, size_t *bytes);
