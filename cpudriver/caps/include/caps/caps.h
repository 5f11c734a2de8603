// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The capability system of one CPU driver: lookup in capability spaces, the operations that every
// capability has, and those on page tables. Pure: all state is in struct caps and in the objects
// themselves, which are reached at physical address + window; the rest of the CPU driver
// appears only as the hooks that it gives.
//
// Every operation decides first and then acts: an error means that nothing changed.
// SYS_ERR_AGAIN means that one bounded step was made and that the same call must be repeated.
// Rights are checked by caps_decode, which stands before every operation that a domain asks for.

#pragma once

#include "caps/mdb.h"
#include "kpi/errors.h"

/// Most objects that one retype may ask for, and that one step of it makes, and bytes that one step
/// clears.
#define CAPS_RETYPE_COUNT_MAX 256u
#define CAPS_RETYPE_STEP_OBJECTS 8u
#define CAPS_RETYPE_STEP_BYTES (64u * 1024u)

/// What one step of delete or revoke may cost: a unit is about one cache line touched, that is one
/// slot or eight page-table entries looked at, or one cleared; taking a capability out of the
/// database, or giving memory back, costs CAPS_COST_DELETE: some 1,000 instructions with 10,000
/// capabilities (bench caps). So a step makes at most 4 deletions, and overshoots by one at the
/// most. tests/system/bounded holds these numbers against the longest event.
#define CAPS_STEP_BUDGET 512
#define CAPS_COST_DELETE 128

struct caps;

/// What the rest of the CPU driver does. None may delete, revoke or retype.
struct caps_hooks {
    /// No capability covers this memory any more. Take it (caps_create a RAM capability for it) and
    /// return true, or return false: it is offered again by caps_step, and its first page holds the
    /// note until then.
    bool (*return_ram)(struct caps *caps, genpaddr_t base, gensize_t bytes);

    /// `last` is the last local copy of an object that other cores may know. Move it (caps_move) to
    /// the monitor and return true; or return false if there is no room now: the deletion is blocked
    /// until there is. To return true without moving it means: delete it as if no other core knew it.
    bool (*return_remote)(struct caps *caps, struct cte *last);

    /// Page-table entries were cleared or changed: before user code runs, the TLB must be flushed.
    void (*tlb_flush)(struct caps *caps);

    /// The endpoint is open again, or closed: nobody is left who could send to its dispatcher, or
    /// the dispatcher has no capability of its own left. It may be so already, and its memory may
    /// have gone.
    void (*endpoint)(struct caps *caps, const struct cap *endpoint, bool closed);

    /// This dispatcher must never run again; its slots are still there. Called once, before they go.
    void (*dispatcher_stop)(struct caps *caps, genpaddr_t dcb);

    /// This root page table is going: if it is loaded, load another. Called before its entries go;
    /// dispatchers may still hold it in dispatcher_slots.vspace, as a zombie.
    void (*vspace_stop)(struct caps *caps, genpaddr_t pml4);
};

/// One core's capabilities.
struct caps {
    struct mdb mdb;
    struct cte *zombies;       ///< containers being emptied; a ring, the one worked on first
    struct cte *unreturned;    ///< memory that no capability covers and nobody had room for
    uint64_t unreturned_bytes; ///< sum of the above
    uint64_t holds;            ///< capabilities with CAPFLAG_HELD
    genpaddr_t reclaim_base;   ///< what lies in this range can only be deleted
    gensize_t reclaim_bytes;
    uintptr_t window; ///< physical address + window = pointer
    coreid_t core;
    const struct caps_hooks *hooks;
};

/// `hooks` must stay.
void caps_init(struct caps *caps, coreid_t core, uintptr_t window, const struct caps_hooks *hooks);

static inline void *caps_ptr(const struct caps *caps, genpaddr_t paddr)
{
    return (void *)(caps->window + paddr);
}

/// The capabilities that a dispatcher lives by.
static inline struct dispatcher_slots *caps_dispatcher_slots(const struct caps *caps,
                                                             genpaddr_t dcb)
{
    return (struct dispatcher_slots *)caps_ptr(caps, dcb);
}

/// A place for a new capability.
struct caps_dest {
    struct cte *slot;
    uint32_t room; ///< slots from this one to the end of its CNode
    bool l1;       ///< it is a slot of an L1CNode, which holds L2CNodes only
};

/// A single slot that belongs to the CPU driver itself (in the kcb or in a dcb).
static inline struct caps_dest caps_dest_kernel(struct cte *slot)
{
    return (struct caps_dest){.slot = slot, .room = 1, .l1 = false};
}

/// A slot of an L2CNode in the space of `root`, if all on the way is usable, and readable or, the
/// L2CNode, has `right`; else NULL, and the lookups below say why not.
static inline struct cte *caps_slot_in(const struct caps *caps, const struct cap *root,
                                       capaddr_t cptr, uint8_t right)
{
    uint64_t l1 = cptr >> L2_CNODE_BITS, l2 = cptr % L2_CNODE_SLOTS;
    if (!cap_has(root, ObjType_L1CNode, CNODE_RIGHT_PASS) || l1 * OBJSIZE_CTE >= root->bytes)
        return NULL;
    const struct cte *slot = (const struct cte *)caps_ptr(caps, root->base) + l1;
    if (!cap_has(&slot->cap, ObjType_L2CNode, right))
        return NULL;
    return (struct cte *)caps_ptr(caps, slot->cap.base) + l2;
}

/// The slot of a level-2 address in the space of `root`, as above.
static inline struct cte *caps_slot_at(const struct caps *caps, const struct cap *root,
                                       uint64_t caddr)
{
    return caddr >> 32 == caddr_make(0, 0, 2) >> 32
               ? caps_slot_in(caps, root, caddr_cptr(caddr), CNODE_RIGHT_PASS)
               : NULL;
}

/// Whether an object lies in the range that is being reclaimed.
static inline bool caps_is_reclaimed(const struct caps *caps, const struct cap *cap)
{
    return cap->base - caps->reclaim_base < caps->reclaim_bytes &&
           cap_type(cap->type)->class == MDB_MEMORY;
}

/// The search of caps_is_held.
bool caps_find_hold(const struct caps *caps, const struct cap *cap);

/// Whether no capability like `cap`, which need not be in a slot, can come into being now, because
/// its object, or what it was made of, is being revoked or deleted (hold.c).
static inline bool caps_is_held(const struct caps *caps, const struct cap *cap)
{
    return (caps->holds != 0 || caps->zombies != NULL) && caps_find_hold(caps, cap);
}

/// Look up a capability. `root` is the caller's L1CNode (usually dispatcher_slots.cspace.cap; it is
/// checked here, any capability will do); `caddr` as in kpi/capabilities.h, any 64 bits will do.
/// Errors: SLOT_INVALID (no such slot), CAP_NOT_FOUND (empty), CAP_BUSY (the capability or one on
/// the way is cleared or deleted, or it is reclaimed), CAP_TYPE (the root's address does not name
/// an L1CNode), RIGHTS (a CNode on the way lacks READ).
errval_t caps_lookup(struct caps *caps, const struct cap *root, uint64_t caddr, struct cte **out);

/// The same for deleting: the slot may hold a zombie or a half-cleared object, and the CNode with
/// the slot must have WRITE.
errval_t caps_lookup_delete(struct caps *caps, const struct cap *root, uint64_t caddr,
                            struct cte **out);

/// Look up a slot to put a capability in; it may be in use. The CNode with the slot must have
/// WRITE.
errval_t caps_lookup_slot(struct caps *caps, const struct cap *root, uint64_t caddr,
                          struct caps_dest *out);

/// What an argument of an invocation names: a capability or a slot, by the table of rules. Of an
/// argument that is a word it is undefined.
struct caps_operand {
    struct cte *cap; ///< NULL: an optional one is not given
    struct caps_dest slot;
};

/// An invocation.
struct caps_call {
    uint64_t command; ///< enum cap_cmd, or anything
    uint64_t args[CAP_ARGS];
    struct cte *target; ///< the capability invoked
    struct caps_operand operands[CAP_ARGS];
    bool has_values; ///< it returns ...
    uint64_t values[2];
};

/// Find and check what an invocation of `target` names; command and args have been filled in.
/// Errors: those of caps_lookup, and as struct cap_command says.
errval_t caps_decode(struct caps *caps, const struct cap *root, struct caps_call *call,
                     uint64_t target);

/// Make a capability out of nothing: boot, and objects that the CPU driver itself hands out
/// (Notify, ID). `cap` gives type, base, bytes, rights, extra and aux; the owner becomes this core.
/// The memory of a container must have been cleared.
/// Errors: SLOT_IN_USE, CNODE_TYPE, ARGS (malformed), RETYPE_RANGE (an existing object is
/// overlapped other than as ancestor or descendant, or there are too many inside), CAP_BUSY (its
/// copy, ancestor or a descendant is cleared or deleted, or it is held).
errval_t caps_create(struct caps *caps, const struct caps_dest *dest, const struct cap *cap);

/// Make a capability that another core's monitor sent (KERNEL_CMD_CREATE_CAP). A foreign one is
/// always marked CAPFLAG_REMOTE; one owned here if `sent` says so. If this core has a copy
/// already, owner must agree with it and the mark is that copy's. Errors: as caps_create; ARGS
/// (also: another owner than the copy's); CAP_TYPE (the type does not cross cores).
errval_t caps_create_foreign(struct caps *caps, const struct caps_dest *dest,
                             const struct capability *sent);

/// Errors: CAP_NOT_FOUND, CAP_BUSY (also: it is held), NO_COPY, SLOT_IN_USE, CNODE_TYPE.
errval_t caps_copy(struct caps *caps, const struct caps_dest *dest, struct cte *src);

/// Copy with the rights in `rights` only. `badge` marks an EndPointLMP that has no badge yet;
/// otherwise it must be 0. Errors: as caps_copy; ARGS (badge).
errval_t caps_mint(struct caps *caps, const struct caps_dest *dest, struct cte *src,
                   uint64_t rights, uint64_t badge);

/// What is being revoked with `src` is so no longer.
/// Errors: CAP_NOT_FOUND, CAP_BUSY, SLOT_IN_USE, CNODE_TYPE.
errval_t caps_move(struct caps *caps, const struct caps_dest *dest, struct cte *src);

/// Errors: CAP_NOT_FOUND, CAP_BUSY.
errval_t caps_identify(const struct cte *cte, struct capability *out);

/// Mark or unmark all local copies: other cores may know of the object. Unmarking a foreign one
/// says that its owner has forgotten this core, so that its last copy may go without asking.
/// Errors: AGAIN, CAP_NOT_FOUND, CAP_BUSY, CAP_TYPE (the type does not cross cores).
errval_t caps_set_remote(struct caps *caps, struct cte *cte, bool remote);

/// Make `count` objects of `objsize` bytes out of [offset, ...) of `src` in consecutive slots from
/// `dest`. `objsize` may be 0 for types of fixed size. For IO and IRQSrc offset and size are
/// numbers. *done is the number of objects finished, also with AGAIN. Objects that are there
/// already, as the earlier steps left them, are continued. Errors: AGAIN, CAP_NOT_FOUND,
/// INVALID_RETYPE, CAP_BUSY, REMOTE (another core owns it or may hold copies), RETYPE_RANGE (also:
/// it would be a copy), CNODE_TYPE, SLOT_INVALID (too few slots left in the CNode), SLOT_IN_USE,
/// REVOKE_FIRST.
errval_t caps_retype(struct caps *caps, struct cte *src, gensize_t offset, uint32_t type,
                     gensize_t objsize, uint32_t count, const struct caps_dest *dest,
                     uint32_t *done);

/// Empty a slot. The object of a last copy goes with it: mappings of a frame, contents of a
/// container, and its memory, where nothing else covers it, is returned. Errors: AGAIN,
/// CAP_NOT_FOUND. Between two calls the slot holds a usable, perhaps smaller, object or a zombie.
errval_t caps_delete(struct caps *caps, struct cte *cte);

/// Delete all other copies and all descendants; of an EndPointLMP with a badge all other copies with
/// the same badge, and no others. Errors: AGAIN, CAP_NOT_FOUND (also if `cte` was itself inside of
/// what went), CAP_BUSY, REMOTE. While it is AGAIN nothing new can be made of what is to go, nor of
/// `cte` itself (hold.c).
errval_t caps_revoke(struct caps *caps, struct cte *cte);

/// Take all memory of a range back: an empty slot at `dest` gets a RAM capability for the range,
/// and every other capability to memory inside of it is deleted, outermost objects first. From the
/// first step to the last what is left there is not found by caps_lookup (CAP_BUSY). Objects that
/// other cores may hold (CAPFLAG_REMOTE) stay, with what lies in them. All before *from is done
/// with: begin with 0 and pass on what comes back. One range at a time. Errors: AGAIN; before
/// anything changes: ARGS (no range of pages, or the slot lies in it), SLOT_IN_USE, CNODE_TYPE,
/// RETYPE_RANGE (an object covers more, or reaches across the border), CAP_BUSY (memory waits to be
/// returned: take it, then try again), REMOTE (the object of just this range is one that other
/// cores may hold); at the end: REMOTE (all is done, but something stays), CAP_NOT_FOUND (the slot
/// went as well).
errval_t caps_reclaim(struct caps *caps, const struct caps_dest *dest, genpaddr_t base,
                      gensize_t bytes, genpaddr_t *from);

/// Whether an object can be given to another core wholly: this is its only capability, nothing
/// covers it and nothing was made of it. Errors: CAP_NOT_FOUND, CAP_BUSY, CAP_TYPE (the type does
/// not cross cores), REMOTE, HAS_COPIES (or an ancestor), REVOKE_FIRST.
errval_t caps_surrender_check(const struct caps *caps, const struct cte *cte);

/// Give it away: the slot is emptied and the memory is not returned.
void caps_surrender(struct caps *caps, struct cte *cte);

/// Advance deletions that nobody drives any more by one step. Returns true if it is worth calling
/// again at once. For the idle loop and the timer tick.
bool caps_step(struct caps *caps);

/// Offer the first piece of memory that waits to be returned again. Returns whether it was taken.
bool caps_return_again(struct caps *caps);

/// Make an EndPointLMP of a dispatcher, which is its own (CAPFLAG_OWN) if the dispatcher itself
/// asks for it. A copy of an own one is handed out, and so is an own one that is moved; when an
/// endpoint is open and when closed is in kpi/dispatcher.h. Errors: CAP_TYPE, ARGS (offset not a
/// multiple of 64 or inside of struct dispatcher_shared; messages not a power of two up to
/// LMP_ENDPOINT_MESSAGES_MAX; an endpoint of another size is there), DISP_NOT_READY (no dispatcher
/// frame), DISP_FRAME (does not fit into it), SLOT_IN_USE, CNODE_TYPE, CAP_BUSY.
errval_t caps_endpoint_create(struct caps *caps, struct cte *dispatcher, uint64_t offset,
                              uint64_t messages, bool own, const struct caps_dest *dest);

/// Map `count` pages of `object` from `offset` on, or one lower VNode, from entry `first` of
/// `table` on, and put the Mapping into `dest`. Errors: CAP_TYPE, CAP_BUSY, VNODE_SLOT,
/// VNODE_IN_USE, VNODE_LEVEL (object or page size does not belong in this table), VNODE_FLAGS (more
/// than the object's rights, or both writable and executable), RETYPE_RANGE (alignment, or beyond
/// the object), ARGS (unknown flags), SLOT_IN_USE, CNODE_TYPE.
errval_t caps_vnode_map(struct caps *caps, struct cte *table, uint64_t first, uint64_t count,
                        struct cte *object, uint64_t offset, uint64_t flags,
                        const struct caps_dest *dest);

/// Map what `count` entries of a Mapping, from its entry `from` on, map, from entry `first` of
/// `table` on, with no more rights than that Mapping has. Errors: as caps_vnode_map, but for
/// RETYPE_RANGE; VNODE_LEVEL (also: the Mapping was made in a table of another level); VNODE_SLOT
/// (also: it has not these entries).
errval_t caps_vnode_copy(struct caps *caps, struct cte *table, uint64_t first, uint64_t count,
                         struct cte *mapping, uint64_t from, uint64_t flags,
                         const struct caps_dest *dest);

/// Delete a Mapping that was made in this table. Errors: CAP_TYPE, CAP_BUSY, ARGS (of another
/// table).
errval_t caps_vnode_unmap(struct caps *caps, struct cte *table, struct cte *mapping);

/// Errors: CAP_TYPE, CAP_BUSY, VNODE_SLOT.
errval_t caps_vnode_read(struct caps *caps, const struct cte *table, uint64_t entry, uint64_t *out);

/// Change the rights of pages of a Mapping; VREGION_FLAGS_LARGE is ignored, the pages keep their
/// size. Errors: CAP_TYPE (also: maps a lower VNode), VNODE_SLOT, VNODE_FLAGS, ARGS.
errval_t caps_mapping_modify(struct caps *caps, struct cte *mapping, uint64_t first, uint64_t count,
                             uint64_t flags);

/// Check every invariant of database, zombies and unreturned memory; costs O(n log n).
bool caps_valid(const struct caps *caps);
