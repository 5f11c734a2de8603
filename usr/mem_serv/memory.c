// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory goes out of the free ranges onto an account and comes back from the CPU driver, which does
// not say whose it was: the held ranges do.
//
// Taking memory back needs slots and blocks, and may come when there is no memory to make any of.
// So these are set aside at the start, for all memory: some 3% of it. Tables that grew and shrank
// with what is handed out would make what is free depend on what once was. Nothing is handed out
// for which M1 does not hold.
// M1 There are as many free slots, blocks of free ranges and blocks of held ranges as all memory
//    that is handed out can become free ranges at most: every other page by itself.
#include "grow.h"
#include "info.h"
#include "mem_serv.h"
#include "pieces.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "kpi/bootinfo.h"

#include <string.h>

#define FIRST_BLOCKS 64u
/// Taking or putting a piece may take memory itself, some pieces deep, before it is noted. So it
/// begins only with this many blocks, and the reserve is filled up in time.
#define DEPTH_BLOCKS 8u
#define RESERVE_BLOCKS 32u
/// What the library's own changes may use up between two refills, beyond its reserve.
#define RESERVE_SLOTS 256u

struct accounts accounts;
struct held_ranges held;
static struct cnoderef returns;
static cslot_t next_return;              ///< the slot of `returns` after the last that was taken
static bool return_left[L2_CNODE_SLOTS]; ///< what is in it could not be taken

/// Ranges that may come to be free, beyond those that are, if `bytes` more are handed out. There
/// are never more than every other page, and those at the ends of regions.
static size_t parts_to_come(gensize_t bytes)
{
    gensize_t all = (pieces_free_bytes() + held.bytes) / BASE_PAGE_SIZE / 2 + BOOTINFO_REGIONS_MAX;
    gensize_t parts = held.parts + (bytes / BASE_PAGE_SIZE + 1) / 2;
    gensize_t left = all > pieces_free_ranges() ? all - pieces_free_ranges() : 0;
    return parts < left ? parts : left;
}

/// Blocks come before slots, whose L2CNodes need blocks.
static bool set_aside(size_t parts)
{
    size_t slots = parts + RESERVE_SLOTS;
    return memory_grow_slab(&held.blocks, parts + RESERVE_BLOCKS) && pieces_reserve(parts) &&
           (slot_free_count() >= slots || err_is_ok(slot_reserve(slots)));
}

/// M1 for everything, and as much again of slots for the library's own use. If memory is too small
/// for all of it, less is handed out.
static void set_aside_all(void)
{
    size_t parts = parts_to_come(pieces_free_bytes());
    slot_keep(parts + 2 * RESERVE_SLOTS);
    (void)set_aside(parts + RESERVE_SLOTS);
}

errval_t memory_take(struct account *account, const struct free_request *request,
                     struct capref *ret, genpaddr_t *base)
{
    if (account->ending)
        return SPAWN_ERR_NO_DOMAIN;
    if (request->bytes > UINT64_MAX - ACCOUNT_PIECE_BYTES ||
        !account_may_take(account, request->bytes + ACCOUNT_PIECE_BYTES))
        return LIB_ERR_RAM_ALLOC_LIMIT;
    bool own = account->domain == disp_get_domain_id();
    if (own ? held_ranges_blocks(&held) < DEPTH_BLOCKS : !set_aside(parts_to_come(request->bytes)))
        return LIB_ERR_RAM_ALLOC;
    struct capref cap;
    genpaddr_t at;
    errval_t err = pieces_take(request, &cap, &at);
    if (err_is_fail(err))
        return err;
    if (!held_ranges_add(&held, account, at, request->bytes)) {
        (void)cap_destroy(cap); // then it comes back as returned memory
        return LIB_ERR_MALLOC_FAIL;
    }
    *ret = cap;
    *base = at;
    return SYS_ERR_OK;
}

errval_t memory_put(struct capref cap)
{
    genpaddr_t base;
    gensize_t bytes;
    if (held_ranges_blocks(&held) == 0)
        return LIB_ERR_MALLOC_FAIL;
    errval_t err = pieces_put(cap, &base, &bytes);
    if (err_is_ok(err)) {
        const struct held_range *range = held_ranges_first(&held, base, bytes);
        domainid_t domain = range != NULL ? range->account->domain : 0;
        (void)held_ranges_release(&held, base, bytes);
        memory_publish(domain);
    }
    return err;
}

void memory_publish(domainid_t domain)
{
    gensize_t free_bytes = pieces_free_bytes();
    const struct account *account = domain != 0 ? accounts_find(&accounts, domain) : NULL;
    info_publish(account, free_bytes, free_bytes + held.bytes);
}

/// Takes what is in a slot of `returns`; false if that is empty.
static bool take_returned(cslot_t index)
{
    struct capref slot = {returns, index};
    errval_t err = memory_put(slot);
    if (err_no(err) == SYS_ERR_CAP_NOT_FOUND)
        return false;
    memory_refill();
    if (err_is_fail(err)) { // perhaps for want of what there is again now
        err = memory_put(slot);
        memory_refill();
    }
    return_left[index] = err_is_fail(err);
    return true;
}

/// The CPU driver fills the slots in turn, but those that are full, so that the first empty one is
/// the end. One that could not be taken is tried again when the CPU driver has passed over it,
/// which is seen by the next one: if it were emptied before, nobody could tell whether it was.
void memory_drain(void)
{
    for (unsigned taken = 0; taken < L2_CNODE_SLOTS; taken++) {
        cslot_t slot = next_return;
        unsigned passed = 0;
        for (; passed < KERNEL_RETURNS_LOOK && return_left[slot]; passed++)
            slot = (slot + 1) % L2_CNODE_SLOTS;
        if (passed == KERNEL_RETURNS_LOOK) {
            (void)take_returned(next_return); // the CPU driver waits for it, and fills it next
            return;
        }
        if (!take_returned(slot))
            return;
        for (; next_return != slot; next_return = (next_return + 1) % L2_CNODE_SLOTS)
            (void)take_returned(next_return);
        next_return = (next_return + 1) % L2_CNODE_SLOTS;
    }
}

void memory_refill(void)
{
    // Fails only where there was less than wanted before; then nothing is handed out.
    (void)set_aside(parts_to_come(0));
}

void memory_end(struct account *account)
{
    info_remove(account);
    while (account->newest != NULL)
        held_ranges_move(account->newest, &accounts.ownerless);
    accounts_close(&accounts, account);
}

/// The server's own ram_alloc().
static errval_t serve_self(struct capref *ret, const struct ram_request *request)
{
    genpaddr_t base;
    struct free_request mine = {request->bytes, request->alignment, request->minbase,
                                request->maxlimit};
    return memory_take(accounts_find(&accounts, disp_get_domain_id()), &mine, ret, &base);
}

errval_t memory_init(void)
{
    static char first_blocks[SLAB_BUFFER_BYTES(FIRST_BLOCKS, sizeof(struct held_range))];
    static struct ram_rest rest[BOOTINFO_REGIONS_MAX];
    struct capref returns_cap;
    size_t count = 0;
    next_return = 0;
    memset(return_left, 0, sizeof(return_left));
    pieces_init();
    accounts_init(&accounts);
    (void)accounts_get(&accounts, disp_get_domain_id());
    held_ranges_init(&held);
    held_ranges_grow(&held, first_blocks, sizeof(first_blocks));
    errval_t err = cnode_create_l2(&returns_cap, &returns);
    if (err_is_ok(err))
        err = invoke_kernel_set_returns(cap_kernel, KERNEL_RETURNS_RAM, returns_cap, cap_selfep);
    if (err_is_ok(err))
        err = ram_alloc_end_regions(rest, BOOTINFO_REGIONS_MAX, &count);
    for (size_t i = 0; i < count && err_is_ok(err); i++) {
        err = memory_put(rest[i].cap);
        (void)slot_free(rest[i].cap); // some are in SUPERCN
    }
    ram_alloc_set(serve_self);
    if (err_is_ok(err))
        set_aside_all();
    return err;
}
