// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Connections between domains: the table, relayed notifications, and how connections end. How they
// come about is in bind_client.c and bind_server.c. See bind.h for the states. Messages between the
// domains do not pass here; once a connection is open the monitor only remembers whom to tell when
// one side is gone.

#include "bind.h"

#include "protocol/share.h"

#define SIDES_MAX 512u

static struct side sides[SIDES_MAX];
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
