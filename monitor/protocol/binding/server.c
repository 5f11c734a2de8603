// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The server's end of a connection being made: the offer to the domain that exports the service,
// its answer, and the way back to the client. See protocol/binding.h for the states. A service that
// is not there yet is waited for only if this monitor is starting it (spawnd).

#include "ends.h"

#include "if/monitor.h"
#include "kpi/spawn.h"

domainid_t binding_server_of(const struct binding_state *state, iref_t iref, domainid_t exporter)
{
    bool spawnd = IREF_CORE(iref) == state->core && IREF_INDEX(iref) == IREF_INDEX_SPAWND;
    return exporter == 0 && spawnd ? (domainid_t)state->core << 16 | DOMAIN_SPAWND : exporter;
}

static void send_answer(const struct step *step, coreid_t core, uint64_t id, errval_t err,
                        domainid_t server)
{
    (void)binding_send(
        step, BINDING_SEND_ANSWER, NULL, core,
        (struct intermon_message){INTERMON_BIND_REPLY,
                                  .bind_reply = {.err = err, .id = id, .server = server}});
}

void binding_give_up(const struct step *step, struct binding_end *end, errval_t err)
{
    struct binding_end *client = binding_find(step->state, end->id, false);
    if (end->peer != step->state->core)
        send_answer(step, end->peer, end->id, err, 0);
    else if (client != NULL && client->state == BINDING_ASKED)
        binding_tell_bound(step, client, err, 0, BINDING_CAP_NONE);
    binding_drop(step, end);
}

void binding_offer(const struct step *step, struct binding_end *end)
{
    struct member exporter = step->event->exporter;
    if (binding_server_of(step->state, end->iref, exporter.domain) == 0) {
        binding_give_up(step, end, MON_ERR_NO_IREF);
    } else if (exporter.domain == 0) {
        end->state = BINDING_WAITING;
        (void)binding_add(step, BINDING_NEED_SPAWND, end);
    } else {
        end->owner = exporter;
        end->state = BINDING_ASKED;
        end->telling = BINDING_TOLD_BOUND;
        (void)binding_add(step, BINDING_TELL_OFFER, end);
    }
}

void binding_probe(const struct step *step)
{
    const struct intermon_bind_probe *probe = &step->event->message.bind_probe;
    domainid_t server = binding_server_of(step->state, probe->iref, step->event->exporter.domain);
    errval_t err = server == 0                                         ? MON_ERR_NO_IREF
                   : binding_share_is_used(step->state, probe->family) ? MON_ERR_LIMIT
                                                                       : SYS_ERR_OK;
    (void)binding_send(
        step, BINDING_SEND_PROBED, NULL, step->event->core,
        (struct intermon_message){INTERMON_BIND_PROBED, .bind_probed = {probe->id, err, server}});
}

void binding_offered(const struct step *step)
{
    const struct binding_event *event = step->event;
    const struct intermon_bind *bind = &event->message.bind;
    struct member client = {bind->client, bind->family};
    // Looked at before the capability is made real: it is not needed then.
    bool served = binding_server_of(step->state, bind->iref, event->exporter.domain) != 0;
    struct binding_end *end = served ? binding_alloc(step->state, bind->id, true, client) : NULL;
    if (end == NULL) {
        (void)binding_add(step, BINDING_REFUSE, NULL);
        send_answer(step, event->core, bind->id, served ? MON_ERR_LIMIT : MON_ERR_NO_IREF, 0);
        return;
    }
    end->state = BINDING_WAITING;
    end->peer = event->core;
    end->iref = bind->iref;
    end->out_bytes = bind->out_bytes;
    end->in_bytes = bind->in_bytes;
    (void)binding_add(step, BINDING_RECEIVE, end);
}

void binding_received(const struct step *step)
{
    struct binding_end *end = binding_end_of(step);
    errval_t err = step->event->err;
    // The client's monitor has checked the sizes; what it says is checked once more where the
    // domain maps it.
    uint64_t bytes = step->event->out_bytes;
    if (err_is_ok(err) && (end->out_bytes > bytes || end->in_bytes > bytes))
        err = MON_ERR_PROTOCOL;
    if (err_is_fail(err))
        binding_give_up(step, end, err);
    else
        binding_offer(step, end);
}

/// The server has accepted: each end gets what wakes the other.
static void accepted(const struct step *step, struct binding_end *end)
{
    struct binding_end *client =
        end->peer == step->state->core ? binding_find(step->state, end->id, false) : NULL;
    end->state = BINDING_OPEN;
    if (end->lmp)
        binding_reply(step, end->owner.domain, SYS_ERR_OK);
    else
        binding_add(step, BINDING_REPLY_NOTIFY, end)->of =
            client != NULL ? client->owner.domain : 0;
    if (end->peer != step->state->core)
        send_answer(step, end->peer, end->id, SYS_ERR_OK, end->owner.domain);
    else if (client != NULL && client->state == BINDING_ASKED)
        binding_tell_bound(step, client, SYS_ERR_OK, end->owner.domain,
                           end->lmp ? BINDING_CAP_GIVEN : BINDING_CAP_SERVER);
}

void binding_request_answer(const struct step *step)
{
    const struct binding_event *event = step->event;
    struct binding_end *end = binding_find(step->state, event->id, true);
    errval_t err = SYS_ERR_OK;
    if (end == NULL || end->owner.domain != event->who.domain || end->state != BINDING_ASKED)
        err = LIB_ERR_CHAN_CLOSED;
    else if (end->lmp && err_is_ok(event->err))
        err = event->endpoint_err;
    if (err_is_ok(err) && err_is_ok(event->err)) {
        accepted(step, end);
        return;
    }
    if (err_is_ok(err))
        binding_give_up(step, end, err_push(event->err, LIB_ERR_BIND_REFUSED));
    binding_reply(step, event->who.domain, err);
}
