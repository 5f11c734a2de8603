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

#include "exec/channel_memory.h"

#include "capops/cap_transfer.h"
#include "local/domains.h"
#include "protocol/frame_table.h"

static struct frame_table frames;

static gensize_t bytes_of(const struct binding_end *end)
{
    return page_round_up(end->out_bytes + end->in_bytes);
}

static void unlend(domainid_t client, gensize_t bytes)
{
    errval_t err = ram_unlend(client, bytes);
    if (err_is_fail(err))
        DEBUG_ERR(err, "%lu bytes stay lent to domain %#x", bytes, client);
}

static errval_t lend(domainid_t client, gensize_t bytes, bool limited_too)
{
    bool limited = false;
    errval_t err = ram_lend(client, bytes, &limited);
    if (err_is_fail(err) || limited_too || !limited)
        return err;
    unlend(client, bytes);
    return MON_ERR_SPAWN_LIMITED;
}

/// Gets the RAM, with large pages where they are, and a slot for what it becomes.
static errval_t get_ram(struct channel_memory *memory, gensize_t bytes)
{
    errval_t err = slot_alloc(&memory->cap);
    if (err_is_fail(err))
        return err;
    err = LIB_ERR_RAM_ALLOC;
    if (bytes >= LARGE_PAGE_SIZE)
        err = ram_alloc_bytes(&memory->ram, bytes, LARGE_PAGE_SIZE);
    if (err_no(err) == LIB_ERR_RAM_ALLOC)
        err = ram_alloc_bytes(&memory->ram, bytes, BASE_PAGE_SIZE);
    if (err_is_fail(err)) {
        (void)slot_free(memory->cap);
        *memory = (struct channel_memory){NULL_CAP, NULL_CAP};
    }
    return err;
}

errval_t channel_memory_begin(struct channel_memory *memory, const struct binding_end *client,
                              unsigned most, bool limited_too)
{
    struct frame_identity id;
    gensize_t bytes = bytes_of(client);
    errval_t err = frame_table_may_add(&frames, client->client, client->server_domain, most);
    if (err_is_ok(err))
        err = lend(client->client.domain, bytes, limited_too);
    if (err_is_fail(err))
        return err;
    err = cap_transfer_reserve();
    if (err_is_fail(err)) {
        unlend(client->client.domain, bytes);
        return err;
    }
    err = get_ram(memory, bytes);
    if (err_is_ok(err))
        err = frame_identify(memory->ram, &id);
    if (err_is_fail(err)) {
        cap_transfer_unreserve();
        unlend(client->client.domain, bytes);
        return err;
    }
    frame_table_add(&frames, id.base, bytes, client->client, client->server_domain);
    return SYS_ERR_OK;
}

errval_t channel_memory_step(struct channel_memory *memory, const struct binding_end *client)
{
    errval_t err = invoke_cap_retype(memory->ram, memory->cap, 0, ObjType_EndPointUMP,
                                     bytes_of(client), 1, NULL);
    if (err_is_fail(err))
        return err;
    (void)cap_destroy(memory->ram);
    memory->ram = NULL_CAP;
    return cap_transfer_watch(memory->cap);
}

void channel_memory_cancel(struct channel_memory *memory)
{
    const struct channel_memory old = *memory;
    struct frame_identity id;
    *memory = (struct channel_memory){NULL_CAP, NULL_CAP};
    if (capref_is_null(old.ram)) {
        if (!capref_is_null(old.cap))
            (void)cap_destroy(old.cap); // comes back by way of the CPU driver
        return;
    }
    errval_t err = frame_identify(old.ram, &id);
    (void)cap_destroy(old.cap);
    (void)cap_destroy(old.ram);
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
