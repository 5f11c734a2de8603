// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The memory of channels: made in steps for binding.c, and given back when no copy is left.

#pragma once

#include "barrelfish/barrelfish.h"
#include "protocol/binding.h"

/// What is made, and of what. NULL_CAP: there is none.
struct channel_memory {
    struct capref ram, cap;
};

/// Lends a client the memory for a channel, and gets it. `most`: as frame_table_may_add() has it;
/// `limited_too`: also if the client's memory is limited.
///
/// \return MON_ERR_LIMIT, MON_ERR_SPAWN_LIMITED, LIB_ERR_RAM_ALLOC_LIMIT, SPAWN_ERR_NO_DOMAIN,
///         errors of slot_alloc() and ram_alloc_bytes()
errval_t channel_memory_begin(struct channel_memory *memory, const struct binding_end *client,
                              unsigned most, bool limited_too);
/// Makes some of it usable. SYS_ERR_AGAIN: there is more to do. Then `cap` is the frame.
errval_t channel_memory_step(struct channel_memory *memory, const struct binding_end *client);
/// Gives back what the two above have made, if anything, or deletes what was put there.
void channel_memory_cancel(struct channel_memory *memory);
/// Tells whether there is a channel's memory at a base.
bool channel_memory_is(genpaddr_t base);
/// No copy of a frame, perhaps of a channel, is left anywhere.
void channel_memory_freed(genpaddr_t base);
/// No copy is left on this core, but there is one elsewhere.
void channel_memory_left(genpaddr_t base);
void channel_memory_forget(domainid_t client);
