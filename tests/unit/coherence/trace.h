// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A machine without QEMU: a model that is fed by hand, one event at a time, and what it printed.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

/// Begin with `cores` cores and no images; end.
void trace_begin(unsigned cores);
void trace_end(void);
struct model *trace_model(void);

/// Core `core` executes `count` instructions of code without a name: of the CPU driver or not.
void trace_run(unsigned core, unsigned count, bool driver);

/// Core `core` executes one instruction (`driver`: of the CPU driver) that accesses 8 bytes.
void trace_read(unsigned core, uint64_t paddr, bool driver);
void trace_write(unsigned core, uint64_t paddr, bool driver);

/// Core `core` executes a mark of bench/mark.h.
void trace_mark(unsigned core, unsigned op, unsigned what);

/// Core `core` executes the PAUSE at `pc`.
void trace_pause(unsigned core, uint64_t pc);

/// Core `core` executes an instruction of these bytes, which accesses nothing.
void trace_fence(unsigned core, const char *bytes, size_t count);

/// What the model has written so far.
const char *trace_text(void);
const char *trace_csv(void);
