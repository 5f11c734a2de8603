// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Connections between domains: the table, relayed notifications, and how connections end. How they
// come about is in bind_client.c and bind_server.c. See bind.h for the states, B1 and B2. Messages
// between the domains do not pass here; once a connection is open the monitor only remembers whom
// to tell when one side is gone.

#include "bind.h"

#define SIDES_MAX 512u
#define LEFT_SHARE 32u ///< of a server's family (B2)

static struct side sides[SIDES_MAX];
static struct table by_id;
static struct shares clients, servers;
static struct side *relays; ///< that are due

static uint64_t key_of(uint64_t id, bool server)
{
    return id << 1 | (server ? 1 : 0);
}

unsigned side_share(domainid_t family)
{
    // A client may talk with a service on each core, spawnd for example.
    return family_share(family, SIDES_MAX) + (family_is_local(family) ? monitor.tree.count : 0);
}

bool side_share_is_used(domainid_t family)
{
    return shares_count(&clients, family) >= side_share(family);
}

struct side *side_alloc(uint64_t id, bool server, struct member client)
{
    uint16_t i = side_share_is_used(client.family)
                     ? TABLE_NONE
                     : table_add(&by_id, SIDES_MAX, key_of(id, server));
    if (i == TABLE_NONE)
        return NULL;
    shares_add(&clients, client.family);
    sides[i] = (struct side){.id = id, .server = server, .client = client};
    return &sides[i];
}

static void take_relay_out(const struct side *side)
{
    struct side **link = &relays;
    while (*link != side)
        link = &(*link)->next_relay;
    *link = side->next_relay;
}

void side_free(struct side *side)
{
    if (side->relay_due)
        take_relay_out(side);
    if (side->left)
        shares_remove(&servers, domain_member(side->domain).family);
    else
        shares_remove(&clients, side->client.family);
    table_remove(&by_id, key_of(side->id, side->server), (uint16_t)(side - sides));
    *side = (struct side){.state = SIDE_FREE};
}

struct side *side_find(uint64_t id, bool server)
{
    uint16_t i = table_first(&by_id, key_of(id, server));
    while (i != TABLE_NONE && (sides[i].id != id || sides[i].server != server ||
                               sides[i].state == SIDE_FREE || sides[i].state == SIDE_CLOSED))
        i = table_next(&by_id, i);
    return i == TABLE_NONE ? NULL : &sides[i];
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

static void free_if_done(struct side *side)
{
    if (side->state == SIDE_CLOSED && !side->bound.queued && !side->gone.queued)
        side_free(side);
}

static void bound_sent(struct event *event)
{
    free_if_done((struct side *)((char *)event - offsetof(struct side, bound)));
}

static void gone_sent(struct event *event)
{
    free_if_done((struct side *)((char *)event - offsetof(struct side, gone)));
}

void side_post_bound(struct side *side, const uint64_t *words, struct capref cap)
{
    side->bound = (struct event){.cap_given = true, .cap = cap, .sent = bound_sent};
    for (unsigned i = 0; i < sizeof(side->bound.words) / sizeof(words[0]); i++)
        side->bound.words[i] = words[i];
    domain_post(side->domain, &side->bound);
}

void side_bound(struct side *side, errval_t err, domainid_t server, struct capref cap)
{
    const uint64_t words[6] = {MONITOR_EVENT_BOUND, side->id, err, server};
    side->state = err_is_ok(err) ? SIDE_OPEN : SIDE_CLOSED;
    side_post_bound(side, words, cap);
}

/// Puts a server's side that is to be told on its share; false if that is used up (B2).
static bool leave(struct side *side)
{
    domainid_t family = domain_member(side->domain).family;
    if (shares_count(&servers, family) >= LEFT_SHARE)
        return false;
    shares_remove(&clients, side->client.family);
    shares_add(&servers, family);
    side->left = true;
    return true;
}

/// Tells a domain that the other side is gone.
static void tell(struct side *side)
{
    if (!side->server && side->state == SIDE_ASKED) {
        side_bound(side, LIB_ERR_CHAN_CLOSED, 0, NULL_CAP);
        return;
    }
    if (side->server && !leave(side)) {
        domain_check(side->domain);
        side_free(side);
        return;
    }
    side->state = SIDE_CLOSED;
    side->gone = (struct event){.words = {MONITOR_EVENT_GONE, side->id}, .sent = gone_sent};
    domain_post(side->domain, &side->gone);
}

void side_close(struct side *side, bool to_tell)
{
    channel_memory_cancel(side);
    bool unheard = side->server && side->bound.queued;
    if (to_tell && side->domain != 0 && !unheard) {
        tell(side);
        return;
    }
    domain_event_cancel(side->domain, &side->bound);
    side_free(side);
}

/// Sends IM_GONE or IM_RELAY for the other side of a connection. A domain may ask for as many
/// relays as it likes, so that these are requests.
static errval_t tell_other(enum intermon_op op, const struct side *side)
{
    if (side->state == SIDE_PROBING || side->state == SIDE_FILLING)
        return SYS_ERR_OK; // There is none yet.
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

errval_t bind_check(domainid_t domain, uint64_t id)
{
    return find_of(domain, id) != NULL ? SYS_ERR_OK : LIB_ERR_CHAN_CLOSED;
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
    if (!side->relay_due) {
        side->relay_due = true;
        side->next_relay = relays;
        relays = side;
    }
    return SYS_ERR_OK;
}

void bind_retry(void)
{
    while (relays != NULL) {
        struct side *side = relays;
        if (side->state == SIDE_OPEN && err_no(tell_other(IM_RELAY, side)) == MON_ERR_LIMIT)
            return;
        relays = side->next_relay;
        side->relay_due = false;
    }
}

/// The domain of a side has ended.
static void forget_side(struct side *side)
{
    domainid_t domain = side->domain;
    bool offered = side->server && side->state == SIDE_ASKED;
    if (side->state == SIDE_CLOSED) {
        domain_event_cancel(domain, &side->gone);
        domain_event_cancel(domain, &side->bound);
        return; // free by now
    }
    if (offered)
        bind_answer(side, LIB_ERR_CHAN_CLOSED);
    else if (err_is_fail(tell_other(IM_GONE, side)))
        DEBUG_ERR(MON_ERR_LIMIT, "core %u was not told that domain %#x has ended", side->peer,
                  domain);
    side_close(side, false);
}

void bind_forget(domainid_t domain)
{
    for (unsigned i = 0; i < SIDES_MAX; i++)
        if (sides[i].domain == domain && sides[i].state != SIDE_FREE)
            forget_side(&sides[i]);
    channel_memory_forget(domain);
}

/// Resumes or ends all that wait for `iref`: only for spawnd is waited.
void bind_resume(iref_t iref, errval_t err)
{
    for (unsigned i = 0; i < SIDES_MAX && IREF_INDEX(iref) == IREF_INDEX_SPAWND; i++) {
        struct side *side = &sides[i];
        if (side->state != SIDE_WAITING || side->iref != iref)
            continue;
        if (err_is_fail(err)) {
            bind_answer(side, err);
            side_close(side, false);
            continue;
        }
        const struct side answered = *side; // for its words only
        errval_t result = side_offer(side);
        if (err_is_fail(result))
            bind_answer(&answered, result);
    }
}
