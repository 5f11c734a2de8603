// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a processor must have for the CPU driver and the domains to run on it. SMEP, SMAP, UMIP and
// AVX are not among it: they are used where they are (trap.c, fpu.c).

#pragma once

#include "arch/cpu.h"

/// The first needed feature that a processor lacks, by the name that QEMU's -cpu has for it, or
/// NULL. `id` reads CPUID: cpu_id, or a test's.
const char *features_missing(struct cpuid (*id)(uint32_t leaf, uint32_t subleaf));
