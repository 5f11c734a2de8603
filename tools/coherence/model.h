// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The emulated machine as the plug-in sees it, one event at a time: an instruction, an access to
// memory. The order of calls is the machine's own, for a counted machine runs in one thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "audit.h"
#include "clock.h"
#include "config.h"
#include "counts.h"
#include "lines.h"

/// An instruction as it was translated; the same for all its executions.
struct site {
    uint64_t pc;
    int image;
    uint32_t code; ///< symbol
    bool driver;   ///< in the CPU driver's half
    bool mark, pause;
    bool fence;     ///< waits for the core's stores
    bool interrupt; ///< the first of what an interrupt of another core may start
    unsigned mark_op, mark_what;
};

struct model {
    struct config *config;
    struct lines lines;
    struct clock clock;
    struct region region;
    struct audit audit;
    struct map sites;
    uint64_t interrupts, interrupts_end; ///< code that interrupts enter, in the CPU driver
};

void model_init(struct model *model, struct config *config);

/// Whether these bytes are a mark of bench/mark.h, and which.
bool model_decode_mark(const uint8_t *bytes, size_t count, unsigned *op, unsigned *what);

/// The site of an instruction: its bytes, and the image that they come from (images_match()).
const struct site *model_site(struct model *model, uint64_t pc, int image, const uint8_t *bytes,
                              size_t count);

/// Core `core` executes the instruction; its accesses follow.
void model_instruction(struct model *model, unsigned core, const struct site *site);

/// The instruction reads or writes memory: `bytes` from `vaddr`, which is `paddr`, within a page.
void model_access(struct model *model, unsigned core, const struct site *site, uint64_t vaddr,
                  uint64_t paddr, unsigned bytes, bool write);

/// The same for the audit alone: nothing is counted, and no instruction need be told.
void model_audit(struct model *model, unsigned core, const struct site *site, uint64_t vaddr,
                 uint64_t paddr, unsigned bytes, bool write);

/// The instruction writes to the device register at `paddr`.
void model_device_write(struct model *model, unsigned core, uint64_t paddr);

/// The machine has ended.
void model_finish(struct model *model);
void model_free(struct model *model);
