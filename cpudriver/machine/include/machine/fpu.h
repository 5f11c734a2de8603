// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The FPU, SSE and AVX registers of dispatchers: each has its own, and none ever sees another's.

#pragma once

struct dcb;

/// Find the components and their size; enable XSAVE.
void fpu_init(void);

/// dcb comes onto the core: its registers are loaded, the selectors of ds, es, fs and gs among them,
/// and those of the last one kept, if they differ.
void fpu_switch(struct dcb *dcb);

/// dcb goes for good.
void fpu_forget(struct dcb *dcb);
