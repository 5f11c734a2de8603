// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Booting without GRUB: the CPU driver and all boot modules in one file that QEMU itself puts into
// the machine's memory before the first instruction. The CPU driver sees no difference.
//
// Why there is this second way: a disk read ends at a time that the host decides, so that no boot
// from a disk is ever the same twice, not even under -icount. It is also four times faster.
#pragma once

#include <stdint.h>

#include "modules.h"

/// Write the file for QEMU's -kernel. `memory_mib` is the machine's, which must have room.
bool direct_build(const struct modules *modules, uint64_t memory_mib, const char *output,
                  struct report *report);
