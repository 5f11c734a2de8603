// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The client's side of a connection being made: its request, the memory, the offer to the server on
// this core or to the server's monitor, and the answer. See bind.h for the states and B1.

#include "bind.h"

static uint32_t sequence;

/// What speaks against an iref, as far as it is known here.
static errval_t check_target(iref_t iref, bool lmp)
{
    coreid_t core = IREF_CORE(iref);
    if (iref >> 48 != 0 || (core != monitor.core && (lmp || !cores_is_up(core))))
        return MON_ERR_NO_CORE;
    return core == monitor.core && side_server_of(iref) == 0 ? MON_ERR_NO_IREF : SYS_ERR_OK;
}

/// Records the client's side of a new connection.
static errval_t client_side(domainid_t client, iref_t iref, bool lmp, struct side **ret)
{
    errval_t err = check_target(iref, lmp);
    if (err_is_fail(err))
        return err;
    struct side *side =
        domain_get(client) != NULL
            ? side_alloc((uint64_t)monitor.core << 32 | ++sequence, false, domain_member(client))
            : NULL;
    if (side == NULL)
        return MON_ERR_LIMIT;
    side->lmp = lmp;
    side->domain = client;
    side->peer = IREF_CORE(iref);
    side->iref = iref;
    *ret = side;
    return SYS_ERR_OK;
}

/// Ends a binding that the client has only asked for.
static void fail(struct side *side, errval_t err)
{
    domainid_t client = side->domain;
    side_close(side, false);
    reply_error(client, err);
}

/// Offers a connection within this core.
static errval_t offer_here(const struct side *client, struct capref cap)
{
    struct side *side = side_alloc(client->id, true, client->client);
    if (side == NULL) {
        (void)cap_destroy(cap);
        return MON_ERR_LIMIT;
    }
    side->lmp = client->lmp;
    side->peer = monitor.core;
    side->iref = client->iref;
    side->out_bytes = client->out_bytes;
    side->in_bytes = client->in_bytes;
    side->cap = cap;
    return side_offer(side);
}

/// Sends the client's request to the server's monitor.
static errval_t offer_there(const struct side *client, struct capref frame)
{
    struct capability notify;
    struct intermon_msg msg = intermon_msg_make(IM_BIND, client->peer, 13);
    domain_notify_description(client->domain, &notify);
    cap_transfer_put(&msg.words[4], &notify);
    msg.words[8] = client->id;
    msg.words[9] = client->iref;
    msg.words[10] = client->out_bytes;
    msg.words[11] = client->in_bytes;
    msg.words[12] = member_word(client->client);
    errval_t err = cap_transfer_send(&msg, frame);
    (void)cap_destroy(frame);
    return err;
}

/// The memory is there: the client gets it, and the server the offer.
static void finish(struct side *side)
{
    struct capref frame = side->cap;
    const uint64_t words[LMP_MSG_LENGTH] = {SYS_ERR_OK, side->id, 1};
    side->cap = NULL_CAP;
    side->state = SIDE_ASKED;
    (void)lmp_server_reply(&monitor.server, side->domain, words, frame, false);
    errval_t err = side->peer == monitor.core ? offer_here(side, frame) : offer_there(side, frame);
    if (err_is_fail(err))
        side_bound(side, err, 0, NULL_CAP);
}

static void make_memory(struct side *side)
{
    errval_t err = channel_memory_step(side);
    if (err_no(err) == SYS_ERR_AGAIN)
        reply_values(side->domain, side->id, 0, 0);
    else if (err_is_fail(err))
        fail(side, err);
    else
        finish(side);
}

/// The service is there.
static void begin(struct side *side, domainid_t server)
{
    side->peer_domain = server;
    errval_t err = channel_memory_begin(side);
    if (err_is_fail(err)) {
        fail(side, err);
        return;
    }
    side->state = SIDE_FILLING;
    make_memory(side);
}

static bool area_bytes_valid(uint64_t bytes)
{
    return bytes % URPC_LINE_BYTES == 0 && bytes >= URPC_LINES_MIN * URPC_LINE_BYTES &&
           bytes <= (uint64_t)URPC_LINES_MAX * URPC_LINE_BYTES;
}

void bind_request(domainid_t client, const uint64_t *words)
{
    struct side *side;
    errval_t err = area_bytes_valid(words[2]) && area_bytes_valid(words[3])
                       ? client_side(client, words[1], false, &side)
                       : LIB_ERR_INVALID_ARGS;
    if (err_is_fail(err)) {
        reply_error(client, err);
        return;
    }
    side->state = SIDE_PROBING;
    side->out_bytes = words[2];
    side->in_bytes = words[3];
    if (side->peer == monitor.core) {
        begin(side, side_server_of(side->iref));
        return;
    }
    struct intermon_msg msg = intermon_msg_make(IM_BIND_PROBE, side->peer, 3);
    msg.words[0] = side->id;
    msg.words[1] = side->iref;
    msg.words[2] = member_word(side->client);
    err = intermon_send(&msg, true);
    if (err_is_fail(err))
        fail(side, err);
}

void bind_memory(domainid_t client, const uint64_t *words)
{
    struct side *side = side_find(words[1], false);
    if (side == NULL || side->domain != client || side->state != SIDE_FILLING)
        reply_error(client, LIB_ERR_CHAN_CLOSED);
    else
        make_memory(side);
}

void bind_handle_probed(const struct intermon_msg *msg)
{
    struct side *side = side_find(msg->words[0], false);
    if (side == NULL || side->state != SIDE_PROBING || side->peer != msg->source)
        return;
    if (err_is_fail(msg->words[1]))
        fail(side, msg->words[1]);
    else
        begin(side, (domainid_t)msg->words[2]);
}

void bind_request_lmp(domainid_t client, const uint64_t *words, struct capref ep)
{
    struct side *side = NULL;
    errval_t err = check_endpoint(ep);
    if (err_is_ok(err))
        err = client_side(client, words[1], true, &side);
    if (err_is_fail(err)) {
        if (!capref_is_null(ep))
            cap_drop(ep);
        reply_error(client, err);
        return;
    }
    side->state = SIDE_ASKED;
    reply_values(client, side->id, 0, 0);
    err = offer_here(side, ep);
    if (err_is_fail(err))
        side_bound(side, err, 0, NULL_CAP);
}

void bind_handle_reply(const struct intermon_msg *msg)
{
    struct side *side = msg->count == 10 ? side_find(msg->words[8], false) : NULL;
    if (side == NULL || side->state != SIDE_ASKED || side->peer != msg->source)
        return;
    errval_t err = msg->words[0];
    struct capref notify = err_is_ok(err) ? side_notify(&msg->words[4], 0) : NULL_CAP;
    side_bound(side, err, (domainid_t)msg->words[9], notify);
}
