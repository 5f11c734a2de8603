// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The FPU, SSE and AVX registers of dispatchers, switched lazily: they stay in the processor until
// another dispatcher uses its own (device-not-available exception), which never sees those of the
// one before.

#pragma once

#include <stdbool.h>

struct dcb;

/// Find the components and their size; enable XSAVE.
void fpu_init(void);

/// dcb comes onto the core: let it at the registers only if they hold its state.
void fpu_switch(struct dcb *dcb);

/// The current dispatcher used the registers while they were closed. Returns false if it was no
/// such exception.
bool fpu_open(struct dcb *dcb);

/// dcb goes for good.
void fpu_forget(struct dcb *dcb);
