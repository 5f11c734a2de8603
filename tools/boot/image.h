// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Boot images: one ISO file with GRUB, the CPU driver and the boot modules, which boots under BIOS
// and under UEFI alike.
//
// What GRUB says to the runner: the byte IMAGE_READY on the first serial port just before it jumps
// into the CPU driver. All before it is text of the firmware and of GRUB, which reports there,
// as "error: ...", what it could not load. If it cannot even enter the CPU driver, it writes 1 to
// port 0xf4, as a dying CPU driver does. (The shim of --direct sends the same byte.)
#pragma once

#include <stdbool.h>

#include "modules.h"
#include "report.h"

#define IMAGE_READY 0x11

/// Build the image file `output`. False with a report that names a file that is missing.
bool image_build(const struct modules *modules, const char *output, struct report *report);

/// Write a file in make's syntax that says what an image depends on.
bool image_write_depfile(const struct modules *modules, const char *platform_path,
                         const char *output, const char *depfile, struct report *report);
