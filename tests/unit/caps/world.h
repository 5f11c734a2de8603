// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A CPU driver's surroundings for the capability system: physical memory, slots that belong to no
// CNode, and the hooks, which write down what they were told and check what must never happen.
#pragma once

#include "caps/caps.h"

#include <testlib/testlib.h>

#define WORLD_BASE 0x40000000ul ///< physical address of the memory: a multiple of 1 GiB
#define WORLD_BYTES (8ul << 20)
#define WORLD_PAGES (WORLD_BYTES / BASE_PAGE_SIZE)
#define WORLD_SLOTS 512u
#define WORLD_CORE 3u
#define WORLD_ENDPOINTS 32u ///< of a dispatcher, at multiples of 256 bytes

struct world {
    struct caps caps;
    struct cte slots[WORLD_SLOTS];    ///< all empty in the beginning
    bool returned[WORLD_PAGES];       ///< given back and not used again yet
    gensize_t returned_bytes;         ///< sum of the above
    bool ram_refused, remote_refused; ///< hooks say that there is no room
    struct cte *remote_slot;          ///< first slot that the last remote copies are moved to
    unsigned remote_room;             ///< more of them; 0 as 1
    unsigned returns, remotes, flushes, dispatcher_stops, vspace_stops;
    genpaddr_t stopped;
    bool closed[WORLD_PAGES][WORLD_ENDPOINTS]; ///< what was told of endpoints
    unsigned closings;
};
extern struct world world;

/// A single slot as a destination, and an expected result.
#define TO(cte) (&(struct caps_dest){.slot = (cte), .room = 1, .l1 = false})
#define EXPECT(call, error) CU_ASSERT_EQUAL((call), (error))

/// What caps_decode would say of an invocation of this capability, its arguments aside.
static inline errval_t allowed(uint64_t command, const struct cte *cte)
{
    return cap_command_check(command, cte->cap.type, cte->cap.rights);
}

/// Begin anew: memory full of garbage that no capability covers and that counts as not returned.
void world_reset(void);

/// Whether all memory from `base` on has been returned, and no other.
bool world_returned_only(genpaddr_t base, gensize_t bytes);

/// Memory comes back: from the hook, or because another core that it was given to gives it back.
void world_return(genpaddr_t base, gensize_t bytes);

/// Take returned memory as one RAM capability.
void world_take(struct cte *slot, genpaddr_t base, gensize_t bytes);

/// Whether the last that was told of an endpoint is that it is closed.
bool *world_closed(const struct cap *endpoint);

/// Make a capability; the test fails if that fails.
struct cte *make(struct cte *slot, enum objtype type, genpaddr_t base, gensize_t bytes);

/// Retype the whole into one object at `offset`, driven to its end.
struct cte *retype_one(struct cte *slot, struct cte *src, gensize_t offset, enum objtype type,
                       gensize_t bytes);

struct cte *copy(struct cte *slot, struct cte *src);

/// Drive a deletion or revocation, and whatever is left behind, to the end.
errval_t delete_all(struct cte *cte);
errval_t revoke_all(struct cte *cte);
void step_all(void);

/// A server's dispatcher with an endpoint, out of RAM of so many bytes. In the slots of the world are
/// then, from 0 on, the RAM, the dispatcher's frame, the dispatcher, its own capability of the endpoint,
/// and one that was handed out.
void make_server(gensize_t bytes);

/// The slot of a CNode.
struct cte *slot_in(const struct cte *cnode, uint32_t index);

/// Call `visit` for each capability in the database.
void world_visit(void (*visit)(struct cte *cte, void *arg), void *arg);
