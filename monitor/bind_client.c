// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The client's side of a connection being made: its request, the offer to the server on this core
// or to the server's monitor, and the answer. See bind.h for the states.

#include "bind.h"

static uint32_t sequence;

/// Records the client's side of a new connection and answers the client with its number, and with a
/// capability or NULL_CAP; NULL if that was an error.
static struct side *client_side(domainid_t client, iref_t iref, bool lmp, struct capref cap)
{
    coreid_t core = IREF_CORE(iref);
    struct side *side = side_alloc(client);
    errval_t err = SYS_ERR_OK;
    if (iref >> 48 != 0 || (core != monitor.core && (lmp || !cores_is_up(core))))
        err = MON_ERR_NO_CORE;
    else if (side == NULL || domain_get(client) == NULL)
        err = MON_ERR_LIMIT;
    if (err_is_fail(err)) {
        reply_error(client, err);
        return NULL;
    }
    side->id = (uint64_t)monitor.core << 32 | ++sequence;
    side->state = SIDE_ASKED;
    side->lmp = lmp;
    side->domain = side->client = client;
    side->peer = core;
    side->iref = iref;
    const uint64_t words[LMP_MSG_LENGTH] = {SYS_ERR_OK, side->id};
    (void)lmp_server_reply(&monitor.server, client, words, cap, false);
    return side;
}

/// Offers a connection within this core.
static errval_t offer_here(const struct side *client, struct capref cap)
{
    struct side *side = side_alloc(client->payer);
    if (side == NULL) {
        (void)cap_destroy(cap);
        return MON_ERR_LIMIT;
    }
    *side = *client;
    side->bound = (struct event){0};
    side->server = true;
    side->state = SIDE_FREE;
    side->domain = 0;
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
    msg.words[12] = client->domain;
    errval_t err = cap_transfer_send(&msg, frame);
    (void)cap_destroy(frame);
    return err;
}

static bool area_bytes_valid(uint64_t bytes)
{
    return bytes % URPC_LINE_BYTES == 0 && bytes >= URPC_LINES_MIN * URPC_LINE_BYTES &&
           bytes <= (uint64_t)URPC_LINES_MAX * URPC_LINE_BYTES;
}

static errval_t make_channel_memory(struct capref *ret, gensize_t bytes)
{
    errval_t err = slot_alloc(ret);
    if (err_is_fail(err))
        return err;
    err = ump_endpoint_create(*ret, bytes);
    if (err_is_fail(err))
        (void)slot_free(*ret);
    return err;
}

// The memory is the monitor's own, and neither side gets the right to grant it: a side that could
// revoke it would take the other's memory away under its feet.
void bind_request(domainid_t client, const uint64_t *words)
{
    struct capref frame;
    if (!area_bytes_valid(words[2]) || !area_bytes_valid(words[3])) {
        reply_error(client, LIB_ERR_INVALID_ARGS);
        return;
    }
    gensize_t bytes = page_round_up(words[2] + words[3]);
    errval_t err = make_channel_memory(&frame, bytes);
    if (err_is_fail(err)) {
        reply_error(client, err);
        return;
    }
    struct side *side = client_side(client, words[1], false, frame);
    if (side == NULL) {
        (void)cap_destroy(frame);
        return;
    }
    side->out_bytes = words[2];
    side->in_bytes = words[3];
    bool here = side->peer == monitor.core;
    err = here ? offer_here(side, frame) : offer_there(side, frame);
    if (err_is_fail(err))
        side_bound(side, err, 0, NULL_CAP);
}

void bind_request_lmp(domainid_t client, const uint64_t *words, struct capref ep)
{
    errval_t err = check_endpoint(ep);
    if (err_is_fail(err)) {
        if (!capref_is_null(ep))
            (void)cap_destroy(ep);
        reply_error(client, err);
        return;
    }
    struct side *side = client_side(client, words[1], true, NULL_CAP);
    if (side == NULL) {
        (void)cap_destroy(ep);
        return;
    }
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
