// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The command line of stave-boot, which has two forms: `stave-boot image ...` builds a boot image,
// `stave-boot ...` boots one. Parsing does no I/O beyond reading the arguments, so that the unit
// tests can try every bad one.
#pragma once

#include <stdbool.h>

#include "machine.h"
#include "report.h"

#define OPTIONS_MODULES_MAX 32u
#define OPTIONS_QEMU_ARGS_MAX 32u
#define OPTIONS_RUN_BYTES_MAX 16383u // BOOTINFO_COMMANDS_MAX of the CPU driver, less one
#define OPTIONS_TIMEOUT_S_MAX 1000000u
#define OPTIONS_TIMEOUT_UNSET (~0u)

enum options_accel {
    OPTIONS_ACCEL_AUTO,
    OPTIONS_ACCEL_TCG,
    OPTIONS_ACCEL_KVM,
};

/// Strings belong to argv and live as long as it does; NULL means "not given".
struct options {
    bool help;
    bool build_image; // the `image` form: only platform to depfile count
    const char *platform;
    const char *output;
    const char *build; // the folder of the files that the image is made of
    const char *depfile;

    const char *image;
    const char *run;
    const char *log;
    const char *count_csv; // sets count
    const char *costs;     // likewise
    struct machine machine;
    enum options_accel accel;
    unsigned timeout_s; // 0: none; OPTIONS_TIMEOUT_UNSET: the default of the way it is used
    bool direct;        // set by deterministic, too
    bool deterministic; // set by count and audit, too
    bool count;
    bool audit;
    const char *behalf;
    bool gdb;
    bool uefi;
    bool bochs;
    bool verbose;
    const char *modules[OPTIONS_MODULES_MAX];
    unsigned modules_count;
    const char *qemu_args[OPTIONS_QEMU_ARGS_MAX];
    unsigned qemu_args_count;
};

/// The text that --help prints.
extern const char options_help[];

/// Read the command line. False: the report names the argument that is wrong.
bool options_parse(struct options *options, int argc, char *argv[], struct report *report);
