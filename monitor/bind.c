// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Connections between domains: the table, the client's side, relayed notifications, and how
// connections end. See bind.h for the states. Messages between the domains do not pass here; once a
// connection is open the monitor only remembers whom to tell when one side is gone.

#include "bind.h"

#include "protocol/share.h"

#define SIDES_MAX 512u

static struct side sides[SIDES_MAX];
static uint32_t sequence;
static bool relays_due; ///< of some side

bool side_share_is_used(domainid_t payer)
{
    // A client may talk with a service on each core, spawnd for example.
    unsigned most = SIDES_MAX / SHARE_PARTS + monitor.tree.count;
    return share_is_used(&sides[0].payer, sizeof(sides[0]), SIDES_MAX, payer, most);
}

struct side *side_alloc(domainid_t payer)
{
    struct side *found = NULL;
    for (unsigned i = 0; i < SIDES_MAX; i++) {
        struct side *side = &sides[i];
        if (side->state == SIDE_CLOSED && !side->bound.queued && !side->gone.queued)
            side->state = SIDE_FREE;
        if (side->state == SIDE_FREE)
            side->payer = 0;
        if (side->state == SIDE_FREE && found == NULL)
            found = side;
    }
    if (found == NULL || side_share_is_used(payer))
        return NULL;
    *found = (struct side){.payer = payer};
    return found;
}

struct side *side_find(uint64_t id, bool server)
{
    for (unsigned i = 0; i < SIDES_MAX; i++)
        if (sides[i].id == id && sides[i].server == server && sides[i].state != SIDE_FREE &&
            sides[i].state != SIDE_CLOSED)
            return &sides[i];
    return NULL;
}

static struct side *find_of(domainid_t domain, uint64_t id)
{
    struct side *side = side_find(id, false);
    if (side == NULL || side->domain != domain)
        side = side_find(id, true);
    return side != NULL && side->domain == domain && domain != 0 ? side : NULL;
}

struct capref side_notify(const uint64_t *words, domainid_t local_domain)
{
    struct domain *domain = domain_find(local_domain);
    struct capref cap = NULL_CAP;
    errval_t err;
    if (domain == NULL) {
        err = cap_transfer_make_name(words, &cap);
    } else {
        if (capref_is_null(domain->notify) || err_is_fail(slot_alloc(&cap)))
            return NULL_CAP;
        err = cap_copy(cap, domain->notify);
        if (err_is_fail(err))
            (void)slot_free(cap);
    }
    // Without a Notify the monitors relay, so a failure costs time only.
    return err_is_ok(err) ? cap : NULL_CAP;
}

void side_bound(struct side *side, errval_t err, domainid_t server, struct capref cap)
{
    side->state = err_is_ok(err) ? SIDE_OPEN : SIDE_CLOSED;
    side->bound = (struct event){
        .cap_given = true,
        .cap = cap,
        .words = {MONITOR_EVENT_BOUND, side->id, err, server},
    };
    domain_post(side->domain, &side->bound);
}

void side_close(struct side *side, bool tell)
{
    if (side->state == SIDE_WAITING && !capref_is_null(side->cap))
        (void)cap_destroy(side->cap);
    bool client_asked = !side->server && side->state == SIDE_ASKED;
    side->state = SIDE_CLOSED;
    side->payer = side->domain;
    if (!tell || side->domain == 0)
        return;
    if (client_asked) {
        side_bound(side, LIB_ERR_CHAN_CLOSED, 0, NULL_CAP);
        return;
    }
    side->gone = (struct event){.words = {MONITOR_EVENT_GONE, side->id}};
    domain_post(side->domain, &side->gone);
}

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
    struct capability cap;
    if (capref_is_null(ep) || err_is_fail(cap_identify(ep, &cap)) ||
        cap.type != ObjType_EndPointLMP) {
        if (!capref_is_null(ep))
            (void)cap_destroy(ep);
        reply_error(client, LIB_ERR_INVALID_ARGS);
        return;
    }
    struct side *side = client_side(client, words[1], true, NULL_CAP);
    if (side == NULL) {
        (void)cap_destroy(ep);
        return;
    }
    errval_t err = offer_here(side, ep);
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

/// Sends IM_GONE or IM_RELAY for the other side of a connection. A domain may ask for as many
/// relays as it likes, so that these are requests.
static errval_t tell_other(enum intermon_op op, const struct side *side)
{
    struct intermon_msg msg = intermon_msg_make(op, side->peer, 2);
    msg.words[0] = side->id;
    msg.words[1] = side->server ? 0 : 1;
    return intermon_send(&msg, op == IM_RELAY);
}

void bind_handle_gone(const struct intermon_msg *msg)
{
    struct side *side = msg->count == 2 ? side_find(msg->words[0], msg->words[1] == 1) : NULL;
    if (side != NULL && side->peer == msg->source)
        side_close(side, true);
}

void bind_handle_relay(const struct intermon_msg *msg)
{
    struct side *side = msg->count == 2 ? side_find(msg->words[0], msg->words[1] == 1) : NULL;
    if (side != NULL && side->peer == msg->source)
        domain_wake(side->domain);
}

errval_t bind_disconnect(domainid_t domain, uint64_t id)
{
    struct side *side = find_of(domain, id);
    if (side == NULL)
        return LIB_ERR_CHAN_CLOSED;
    errval_t err = tell_other(IM_GONE, side);
    side_close(side, false);
    return err;
}

errval_t bind_relay(domainid_t domain, uint64_t id)
{
    struct side *side = find_of(domain, id);
    if (side == NULL)
        return LIB_ERR_CHAN_CLOSED;
    errval_t err = tell_other(IM_RELAY, side);
    if (err_no(err) != MON_ERR_LIMIT)
        return err;
    // Who sleeps must be woken: it is done later, once for all requests until then.
    side->relay_due = relays_due = true;
    return SYS_ERR_OK;
}

void bind_retry(void)
{
    if (!relays_due)
        return;
    relays_due = false;
    for (unsigned i = 0; i < SIDES_MAX; i++) {
        struct side *side = &sides[i];
        if (!side->relay_due)
            continue;
        side->relay_due =
            side->state == SIDE_OPEN && err_no(tell_other(IM_RELAY, side)) == MON_ERR_LIMIT;
        relays_due = relays_due || side->relay_due;
    }
}

void bind_forget(domainid_t domain)
{
    for (unsigned i = 0; i < SIDES_MAX; i++) {
        struct side *side = &sides[i];
        if (side->domain != domain || side->state == SIDE_FREE)
            continue;
        domain_event_cancel(domain, &side->bound);
        domain_event_cancel(domain, &side->gone);
        if (side->state == SIDE_CLOSED)
            continue;
        bool asked = side->server && side->state == SIDE_ASKED;
        if (asked)
            bind_answer(side, LIB_ERR_CHAN_CLOSED);
        else if (err_is_fail(tell_other(IM_GONE, side)))
            debug_printf("core %u was not told that domain %x has ended\n", side->peer, domain);
        side_close(side, false);
    }
}

/// Resumes or ends all that wait for `iref`.
void bind_resume(iref_t iref, errval_t err)
{
    for (unsigned i = 0; i < SIDES_MAX; i++) {
        struct side *side = &sides[i];
        if (side->state != SIDE_WAITING || side->iref != iref)
            continue;
        side->state = SIDE_FREE;
        errval_t result = err;
        if (err_is_ok(err))
            result = side_offer(side);
        else
            (void)cap_destroy(side->cap);
        if (err_is_fail(result))
            bind_answer(side, result);
    }
}
