// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The server's side of a connection being made: the offer to the domain that exports the service,
// its answer, and the way back to the client. See bind.h for the states. A service that is not
// there yet is waited for only if this monitor is starting it (spawnd).

#include "bind.h"

#include <string.h>

domainid_t side_server_of(iref_t iref)
{
    domainid_t server = export_domain(iref);
    bool spawnd = IREF_CORE(iref) == monitor.core && IREF_INDEX(iref) == IREF_INDEX_SPAWND;
    return server == 0 && spawnd ? (domainid_t)monitor.core << 16 | DOMAIN_SPAWND : server;
}

/// Ends an offer that was not made.
static errval_t give_up(struct side *side, errval_t err)
{
    side_close(side, false);
    return err;
}

errval_t side_offer(struct side *side)
{
    domainid_t domain = export_domain(side->iref);
    if (domain == 0 && side_server_of(side->iref) == 0)
        return give_up(side, MON_ERR_NO_IREF);
    if (domain == 0) {
        errval_t err = spawnd_need();
        if (err_is_fail(err))
            return give_up(side, err);
        side->state = SIDE_WAITING;
        return SYS_ERR_OK;
    }
    struct capref cap = side->cap;
    const uint64_t words[6] = {side->lmp ? MONITOR_EVENT_BIND_LMP : MONITOR_EVENT_BIND,
                               side->id,
                               side->iref,
                               side->out_bytes,
                               side->in_bytes,
                               member_word(side->client)};
    side->cap = NULL_CAP;
    side->domain = domain;
    side->state = SIDE_ASKED;
    side_post_bound(side, words, cap);
    return SYS_ERR_OK;
}

void bind_handle_probe(const struct intermon_msg *msg)
{
    domainid_t server = side_server_of(msg->words[1]);
    struct intermon_msg answer = intermon_msg_make(IM_BIND_PROBED, msg->source, 3);
    answer.words[0] = msg->words[0];
    answer.words[1] = server == 0                                                ? MON_ERR_NO_IREF
                      : side_share_is_used(member_of_word(msg->words[2]).family) ? MON_ERR_LIMIT
                                                                                 : SYS_ERR_OK;
    answer.words[2] = server;
    errval_t err = intermon_send(&answer, false);
    if (err_is_fail(err))
        DEBUG_ERR(err, "core %u does not hear whether a service is here", msg->source);
}

static void send_reply(coreid_t core, uint64_t id, errval_t err, domainid_t server)
{
    struct capability notify = {.type = ObjType_Null};
    struct intermon_msg msg = intermon_msg_make(IM_BIND_REPLY, core, 10);
    if (err_is_ok(err))
        domain_notify_description(server, &notify);
    msg.words[0] = err;
    cap_transfer_put(&msg.words[4], &notify);
    msg.words[8] = id;
    msg.words[9] = server;
    errval_t sent = intermon_send(&msg, false);
    if (err_is_fail(sent))
        DEBUG_ERR(sent, "an answer to a binding from core %u is lost", core);
}

void bind_refuse(const struct intermon_msg *msg, errval_t err)
{
    // Only the words that are sure to be there; the client finds its side by the id.
    if (msg->count == 13)
        send_reply(msg->source, msg->words[8], err, 0);
}

void bind_answer(const struct side *side, errval_t err)
{
    if (side->peer != monitor.core) {
        send_reply(side->peer, side->id, err, 0);
        return;
    }
    struct side *client = side_find(side->id, false);
    if (client != NULL && client->state == SIDE_ASKED)
        side_bound(client, err, 0, NULL_CAP);
}

/// The server's side of an offer from another core, its frame in `cap`.
static errval_t offered(const struct intermon_msg *msg, struct side **ret)
{
    struct frame_identity id;
    // Looked at before the capability is made real: it is not needed then.
    struct side *side = side_server_of(msg->words[9]) != 0
                            ? side_alloc(msg->words[8], true, member_of_word(msg->words[12]))
                            : NULL;
    if (side == NULL) {
        cap_transfer_refuse(msg);
        return side_server_of(msg->words[9]) != 0 ? MON_ERR_LIMIT : MON_ERR_NO_IREF;
    }
    side->peer = msg->source;
    side->iref = msg->words[9];
    side->out_bytes = msg->words[10];
    side->in_bytes = msg->words[11];
    memcpy(side->client_notify, &msg->words[4], sizeof(side->client_notify));
    errval_t err = cap_transfer_receive(msg, &side->cap);
    if (err_is_ok(err))
        err = frame_identify(side->cap, &id);
    // The client's monitor has checked the sizes; what it says is checked once more where the
    // domain maps it.
    if (err_is_ok(err) && (side->out_bytes > id.bytes || side->in_bytes > id.bytes))
        err = MON_ERR_PROTOCOL;
    if (err_is_fail(err))
        return give_up(side, err);
    *ret = side;
    return SYS_ERR_OK;
}

void bind_handle(const struct intermon_msg *msg)
{
    struct side *side;
    errval_t err = offered(msg, &side);
    if (err_is_ok(err))
        err = side_offer(side);
    if (err_is_fail(err))
        bind_refuse(msg, err);
}

/// The server has accepted: gives each side what wakes the other.
static void accept(struct side *side, struct capref ep)
{
    struct side *client = side->peer == monitor.core ? side_find(side->id, false) : NULL;
    uint64_t words[LMP_MSG_LENGTH] = {SYS_ERR_OK};
    side->state = SIDE_OPEN;
    struct capref notify = NULL_CAP;
    if (!side->lmp)
        notify = side_notify(side->client_notify, client != NULL ? client->domain : 0);
    (void)lmp_server_reply(&monitor.server, side->domain, words, notify, false);
    if (!capref_is_null(notify))
        (void)cap_destroy(notify);
    if (side->peer != monitor.core)
        send_reply(side->peer, side->id, SYS_ERR_OK, side->domain);
    else if (client != NULL && client->state == SIDE_ASKED)
        side_bound(client, SYS_ERR_OK, side->domain,
                   side->lmp ? ep : side_notify(NULL, side->domain));
    else if (!capref_is_null(ep))
        (void)cap_destroy(ep);
}

void bind_reply(domainid_t server, const uint64_t *words, struct capref cap)
{
    struct side *side = side_find(words[1], true);
    errval_t answer = words[2];
    errval_t err = SYS_ERR_OK;
    if (side == NULL || side->domain != server || side->state != SIDE_ASKED)
        err = LIB_ERR_CHAN_CLOSED;
    else if (side->lmp && err_is_ok(answer))
        err = check_endpoint(cap);
    if (err_is_ok(err) && err_is_ok(answer)) {
        if (!side->lmp && !capref_is_null(cap)) {
            cap_drop(cap); // Not asked for.
            cap = NULL_CAP;
        }
        accept(side, cap);
        return;
    }
    if (!capref_is_null(cap))
        cap_drop(cap);
    if (err_is_ok(err)) {
        bind_answer(side, err_push(answer, LIB_ERR_BIND_REFUSED));
        side_close(side, false);
    }
    reply_error(server, err);
}
