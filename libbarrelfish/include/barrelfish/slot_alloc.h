// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Free slots of the own capability space. Names and meanings are Barrelfish's.
#pragma once

#include "barrelfish/caddr.h"

struct slot_allocator;

/// Prepare the allocator; called once by the library before anything else allocates.
errval_t slot_alloc_init(void);

/// An empty slot in an L2CNode. May make a further L2CNode, for which it asks the memory server.
/// LIB_ERR_SLOT_ALLOC_NO_SPACE: there is none left. Any thread may call it.
LIB_MUST_CHECK errval_t slot_alloc(struct capref *ret);

/// An empty slot of the own L1CNode, for an L2CNode. LIB_ERR_SLOT_ALLOC_NO_SPACE.
LIB_MUST_CHECK errval_t slot_alloc_root(struct capref *ret);

/// Give back a slot of slot_alloc() or slot_alloc_root() that is empty again.
/// LIB_ERR_INVALID_ARGS: it is no such slot.
errval_t slot_free(struct capref ret);

/// Put into *ret a slot of slot_alloc() in which something was made, or, if that has failed with
/// `err`, give the slot back and leave *ret. Returns `err`.
static inline errval_t slot_settle(struct capref slot, errval_t err, struct capref *ret)
{
    if (err_is_ok(err))
        *ret = slot;
    else
        (void)slot_free(slot);
    return err;
}

/// Make sure that the next `count` calls of slot_alloc() succeed without asking anyone, if other
/// threads do not take the slots. LIB_ERR_SLOT_ALLOC_NO_SPACE or the memory server's error.
LIB_MUST_CHECK errval_t slot_reserve(size_t count);

/// From now on do not give slots back to the memory server unless this many are free besides. A
/// smaller number than before changes nothing.
void slot_keep(size_t count);

/// Slots that are free without asking anyone.
size_t slot_free_count(void);

/// The only allocator that a domain has.
struct slot_allocator *get_default_slot_allocator(void);
