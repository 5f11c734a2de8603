// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// QEMU as the runner uses it: which arguments it gets, and what its end means. Pure functions.
// The descriptors that QEMU is to be started with: 0 the console's input, 1 its output, 2 QEMU's
// own complaints, 3 the last words.
//
// How the machine ends: it writes a byte to port 0xf4. QEMU_STATUS_BASE + s means "the commands
// ended with status s" (s below QEMU_STATUS_COUNT), QEMU_DIED "the CPU driver died". What a dying
// CPU driver has to say it writes to port 0xe9 before: its last words.
#pragma once

#include <stdbool.h>

#include "machine.h"
#include "options.h"
#include "strvec.h"

#define QEMU_PROGRAM "qemu-system-x86_64"
#define QEMU_PACKAGE "qemu-system-x86"
#define QEMU_UEFI_FILE "/usr/share/ovmf/OVMF.fd"
#define QEMU_UEFI_PACKAGE "ovmf"
#define QEMU_LAST_WORDS_FD 3
#define QEMU_RUN_FILE "opt/stave/run" // the commands of --run, in fw_cfg, without an ending NUL

#define QEMU_DIED 0x01
#define QEMU_STATUS_BASE 0x10
#define QEMU_STATUS_COUNT 0x60

/// What the end of QEMU says about the machine.
struct qemu_verdict {
    bool died;
    int status;     // of the commands, if it did not die
    char text[128]; // else: how it died
};

/// Does the processor really offer virtualisation? Takes the text of /proc/cpuinfo. Where the
/// flags are missing, /dev/kvm may exist and be an emulation far slower than TCG.
bool qemu_cpuinfo_has_kvm(const char *cpuinfo);

/// Append QEMU's whole command line to `argv`. `file` is an image, or direct_build()'s file if
/// options->direct.
void qemu_arguments(const struct options *options, const struct machine *machine, const char *file,
                    bool kvm, struct strvec *argv);

/// What a byte means that the machine wrote to port 0xf4.
struct qemu_verdict qemu_verdict_of_byte(int written);

/// Read a wait status.
struct qemu_verdict qemu_verdict(int wait_status);
