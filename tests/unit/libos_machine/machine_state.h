// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the machine's parts know of one another.
#pragma once

#include "caps/caps.h"
#include "machine.h"

extern struct caps machine_caps;

/// Physical memory, all free; then the domain in it.
void machine_memory_start(void);
void machine_domain_start(void);

/// Whether a command is to be refused now, and how.
bool machine_refuses(uint64_t command, errval_t *err);

/// Where the domain's page tables begin.
genpaddr_t machine_pml4(void);

/// The domain's own dispatcher.
genpaddr_t machine_own_dispatcher(void);

/// A command of a dispatcher's or of the CPU driver's own.
errval_t machine_kernel(struct caps_call *call);

/// Where the domain's capabilities are looked up.
struct dispatcher_slots *machine_slots(void);
