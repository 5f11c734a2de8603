// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What is booted: the CPU driver and the list of boot modules, from the platform and --module.
//
// The CPU driver gets each module with a Multiboot2 command line of words separated by one space,
// `[start:][machine:]NAME [ARGUMENT]...`. The prefix `start:` says that init is to start the
// module, in the order of the modules; `machine:`, that spawnd gives it the machine's capabilities.
// A module `run:NAME` is no program but the text of shell commands.
// Words hold no space, quote or backslash.
#pragma once

#include <stdbool.h>

#include "platform.h"
#include "report.h"

struct module {
    char *name;
    char *path;
    char *command_line;
    bool added; // by --module or for --run: taken as it is, to the byte
};

struct modules {
    char *cpudriver; // path
    struct module *items;
    unsigned count;
};

/// List the platform's modules, from the build folder, and then the `added` ones, which may be any
/// files. An added one with the name of one that is listed takes its place and its arguments.
/// Files are not opened. False with a report: `modules` is empty; else free it.
bool modules_collect(struct modules *modules, const struct platform *platform,
                     const char *build_folder, const char *const *added, unsigned added_count,
                     struct report *report);

/// Add a file with the shell commands of --run, for a machine that has no fw_cfg.
void modules_add_commands(struct modules *modules, const char *path);

void modules_free(struct modules *modules);
