// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The memory of channels. It is the monitor's own and lent to the client that binds (MEM_SERV_LEND),
// whose limit it counts against; neither side gets the right to grant it, for a side that could
// revoke it would take the other's memory away under its feet. So a limit refuses new channels, and
// never takes one away. The frame is cleared in the CPU driver's steps, one for each request of the
// client, so that others are served in between. It is marked as what other cores may know, also if
// none does: so this monitor is told when the last copy on this core is gone (cap_transfer.c), and
// ends the loan when it is gone everywhere. On whose share a frame is: protocol/frame_table.h.

#include "bind.h"

#include "barrelfish/ram_alloc.h"
#include "protocol/frame_table.h"

static struct frame_table frames;

static gensize_t bytes_of(const struct side *side)
{
    return page_round_up(side->out_bytes + side->in_bytes);
}

static void unlend(domainid_t client, gensize_t bytes)
{
    errval_t err = ram_unlend(client, bytes);
    if (err_is_fail(err))
        DEBUG_ERR(err, "%lu bytes stay lent to domain %#x", bytes, client);
}

static errval_t lend(const struct side *side, gensize_t bytes)
{
    bool limited = false;
    errval_t err = ram_lend(side->client.domain, bytes, &limited);
    if (err_is_fail(err))
        return err;
    // What a domain has spawned there would count on no account of its own.
    if (limited && side->peer != monitor.core && IREF_INDEX(side->iref) == IREF_INDEX_SPAWND) {
        unlend(side->client.domain, bytes);
        return MON_ERR_SPAWN_LIMITED;
    }
    return SYS_ERR_OK;
}

/// Gets the RAM, with large pages where they are, and a slot for what it becomes.
static errval_t get_ram(struct side *side, gensize_t bytes)
{
    errval_t err = slot_alloc(&side->cap);
    if (err_is_fail(err))
        return err;
    err = LIB_ERR_RAM_ALLOC;
    if (bytes >= LARGE_PAGE_SIZE)
        err = ram_alloc_bytes(&side->ram, bytes, LARGE_PAGE_SIZE);
    if (err_no(err) == LIB_ERR_RAM_ALLOC)
        err = ram_alloc_bytes(&side->ram, bytes, BASE_PAGE_SIZE);
    if (err_is_fail(err)) {
        (void)slot_free(side->cap);
        side->ram = side->cap = NULL_CAP;
    }
    return err;
}

errval_t channel_memory_begin(struct side *side)
{
    struct frame_identity id;
    gensize_t bytes = bytes_of(side);
    errval_t err = frame_table_may_add(&frames, side->client, side->peer_domain,
                                       side_share(side->client.family));
    if (err_is_ok(err))
        err = lend(side, bytes);
    if (err_is_fail(err))
        return err;
    err = cap_transfer_reserve();
    if (err_is_fail(err)) {
        unlend(side->client.domain, bytes);
        return err;
    }
    err = get_ram(side, bytes);
    if (err_is_ok(err))
        err = frame_identify(side->ram, &id);
    if (err_is_fail(err)) {
        cap_transfer_unreserve();
        unlend(side->client.domain, bytes);
        return err;
    }
    frame_table_add(&frames, id.base, bytes, side->client, side->peer_domain);
    return SYS_ERR_OK;
}

errval_t channel_memory_step(struct side *side)
{
    errval_t err =
        invoke_cap_retype(side->ram, side->cap, 0, ObjType_EndPointUMP, bytes_of(side), 1, NULL);
    if (err_is_fail(err))
        return err;
    (void)cap_destroy(side->ram);
    side->ram = NULL_CAP;
    return cap_transfer_watch(side->cap);
}

void channel_memory_cancel(struct side *side)
{
    struct frame_identity id;
    if (capref_is_null(side->ram)) {
        if (!capref_is_null(side->cap))
            (void)cap_destroy(side->cap); // comes back by way of the CPU driver
        side->cap = NULL_CAP;
        return;
    }
    errval_t err = frame_identify(side->ram, &id);
    (void)cap_destroy(side->cap);
    (void)cap_destroy(side->ram);
    side->ram = side->cap = NULL_CAP;
    if (err_is_ok(err))
        channel_memory_freed(id.base);
}

void channel_memory_freed(genpaddr_t base)
{
    struct frame_entry frame;
    if (!frame_table_take(&frames, base, &frame))
        return;
    cap_transfer_unreserve();
    unlend(frame.client.domain, frame.bytes);
}

bool channel_memory_is(genpaddr_t base)
{
    return frame_table_has(&frames, base);
}

void channel_memory_left(genpaddr_t base)
{
    frame_table_left(&frames, base);
}

void channel_memory_forget(domainid_t client)
{
    struct member member = domain_member(client);
    frame_table_client_ended(&frames, member, !domain_has_family(member));
}
