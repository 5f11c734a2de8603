// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Operations on capabilities, as domains use them: those of barrelfish/invocations.h, repeated
// until all their bounded steps are done, and what takes slots and memory besides. Names and
// argument orders are Barrelfish's. Any thread may call them; those that allocate may wait for the
// memory server. Errors without a word here are the CPU driver's (kpi/errors.h), unchanged.
#pragma once

#include "barrelfish/lmp_endpoints.h" // endpoint_create()

/// The memory behind a Frame, DevFrame or RAM.
struct frame_identity {
    genpaddr_t base;
    gensize_t bytes;
};

/// CAPFLAG_ bits, as cap_get_state() gives them.
typedef uint8_t distcap_state_t;

/// Copy into the empty slot `dest`, with all rights of `src`.
LIB_MUST_CHECK errval_t cap_copy(struct capref dest, struct capref src);

/// Copy with fewer rights or with a badge. param1: CAPRIGHTS_ to keep; param2: the badge, for an
/// EndPointLMP, else 0.
LIB_MUST_CHECK errval_t cap_mint(struct capref dest, struct capref src, uint64_t param1,
                                 uint64_t param2);

/// Make `count` objects of `objsize` bytes each out of `src` from `offset` on, in the empty slots
/// from `dest_start` on. objsize is ignored for types of one size. Objects are cleared, but for
/// RAM. After an error there is none of them.
LIB_MUST_CHECK errval_t cap_retype(struct capref dest_start, struct capref src, gensize_t offset,
                                   enum objtype new_type, gensize_t objsize, size_t count);

/// Delete the capability; the slot stays the caller's. Memory that no capability covers any more
/// goes back to the memory server.
errval_t cap_delete(struct capref cap);

/// Delete all copies and descendants of the capability, not itself; of an EndPointLMP with a badge
/// the copies with that badge only.
errval_t cap_revoke(struct capref cap);

/// Delete the capability and free its slot; also if it has gone already, with what it was made of.
errval_t cap_destroy(struct capref cap);

/// The same in bounded time, for what others have sent, which may be large: the CPU driver goes on
/// with the deletion by itself, and the slot is freed at a later call.
void cap_drop(struct capref cap);

/// What the capability is.
LIB_MUST_CHECK errval_t cap_identify(struct capref cap, struct capability *ret);

/// Base and size of a Frame, DevFrame or RAM. SYS_ERR_CAP_TYPE for another type.
LIB_MUST_CHECK errval_t frame_identify(struct capref frame, struct frame_identity *ret);

/// The capability's CAPFLAG_ bits.
LIB_MUST_CHECK errval_t cap_get_state(struct capref cap, distcap_state_t *state);

/// Map `pte_count` entries of the page table `dest` from `slot` on to `src` at `off`; the Mapping
/// goes to the empty slot `mapping`. attr: VREGION_FLAGS_.
LIB_MUST_CHECK errval_t vnode_map(struct capref dest, struct capref src, capaddr_t slot,
                                  uint64_t attr, uint64_t off, uint64_t pte_count,
                                  struct capref mapping);

/// Map what `pte_count` entries of the Mapping `src`, from its entry `off` on, map, from `slot` of
/// the page table `dest` on, which must be of the same level; the new Mapping goes to `mapping`.
LIB_MUST_CHECK errval_t vnode_copy_remap(struct capref dest, struct capref src, capaddr_t slot,
                                         uint64_t attr, uint64_t off, uint64_t pte_count,
                                         struct capref mapping);

/// Empty the entries of a mapping in its page table; the Mapping is deleted, its slot stays.
errval_t vnode_unmap(struct capref pgtl, struct capref mapping);

/// Change the flags of `num_pages` entries, from `entry` (counted from the mapping's first) on.
/// The first argument is the Mapping.
LIB_MUST_CHECK errval_t vnode_modify_flags(struct capref mapping, size_t entry, size_t num_pages,
                                           uint64_t attr);

/// Make a page table in the empty slot `dest`.
LIB_MUST_CHECK errval_t vnode_create(struct capref dest, enum objtype type);

/// Make a Frame of at least `bytes`, rounded up to pages, in the empty slot `dest`. Its memory is
/// zero. *retbytes (may be NULL): its size. LIB_ERR_RAM_ALLOC: there is no such memory.
LIB_MUST_CHECK errval_t frame_create(struct capref dest, size_t bytes, size_t *retbytes);

/// Make an EndPointUMP, memory for a channel between cores, as frame_create() makes a Frame.
LIB_MUST_CHECK errval_t ump_endpoint_create(struct capref dest, size_t bytes);

/// As frame_create(), in a slot of its own.
LIB_MUST_CHECK errval_t frame_alloc(struct capref *dest, size_t bytes, size_t *retbytes);

/// Make a DevFrame of 2^bits bytes in the empty slot `dest` out of the start of a PhysAddr.
LIB_MUST_CHECK errval_t devframe_type(struct capref dest, struct capref src, uint8_t bits);

/// Make an ID that no other call on any core returns, in a slot of its own. Needs cap_kernel with
/// all rights: for the trusted base only.
LIB_MUST_CHECK errval_t idcap_alloc(struct capref *dest);

/// Make an L2CNode in a free slot of the own L1CNode. Either result may be NULL.
LIB_MUST_CHECK errval_t cnode_create_l2(struct capref *ret_dest, struct cnoderef *cnoderef);

/// Make an L1CNode of L1_CNODE_SLOTS_MIN slots for another capability space.
LIB_MUST_CHECK errval_t cnode_create_l1(struct capref *ret_dest, struct cnoderef *cnoderef);

/// As cnode_create_l2(); LIB_ERR_INVALID_ARGS for more than L2_CNODE_SLOTS slots.
LIB_MUST_CHECK errval_t cnode_create(struct capref *ret_dest, struct cnoderef *cnoderef,
                                     cslot_t slots, cslot_t *retslots);

/// Make a CNode of type cntype with `slots` slots out of the start of the RAM `src`, in the empty
/// slot `dest`. cnoderef may be NULL.
LIB_MUST_CHECK errval_t cnode_create_from_mem(struct capref dest, struct capref src,
                                              enum objtype cntype, struct cnoderef *cnoderef,
                                              size_t slots);
