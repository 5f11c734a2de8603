// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Bochs as the runner uses it: a second emulator, which shares no code with QEMU and is stricter in
// some places (a debug exception after SYSCALL, alignment and canonical addresses). It boots an
// image, which also holds the commands of --run: Bochs has no fw_cfg. It takes no input.
// The descriptors that Bochs is to be started with: 0 empty, 1 the last words, 2 its own complaints,
// 3 the console's output.
//
// How the machine ends: Bochs has no device that ends it with a status. So the CPU driver writes
// BOCHS_STATUS_MARK and the byte that QEMU's isa-debug-exit would have got to port 0xe9, to which no
// domain has access unless it is given the machine, and then asks Bochs by port 0x8900 to end.
#pragma once

#include <stdbool.h>

#include "console.h"
#include "machine.h"
#include "qemu.h"
#include "report.h"
#include "strvec.h"

#define BOCHS_PROGRAM "bochs-bin"
#define BOCHS_PACKAGE "bochs, bochsbios and vgabios"
#define BOCHS_CORES_MAX 8u
#define BOCHS_LAST_WORDS_FD 1
#define BOCHS_CONSOLE_FD 3
#define BOCHS_STATUS_MARK 0x1e

/// The text of Bochs' configuration file, to be freed.
char *bochs_config(const struct machine *machine, const char *image);

/// Write the configuration beside the image and append Bochs' command line to `argv`.
bool bochs_prepare(const struct machine *machine, const char *image, struct strvec *argv,
                   struct report *report);

/// What the end of Bochs says about the machine: its last words hold the status.
struct qemu_verdict bochs_verdict(int wait_status, const struct console_tail *last_words);
