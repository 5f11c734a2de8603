// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The client's end of a connection being made: its request, the memory, the offer to the server on
// this core or to the server's monitor, and the answer. See protocol/binding.h for the states, B1.

#include "ends.h"

#include "if/monitor.h"
#include "urpc/urpc.h"

#include <assert.h>

/// What speaks against the iref that is asked for, as far as it is known here.
static errval_t check_target(const struct step *step, bool lmp)
{
    const struct binding_event *event = step->event;
    bool here = IREF_CORE(event->iref) == step->state->core;
    if (event->iref >> 48 != 0 || (!here && (lmp || !event->up)))
        return MON_ERR_NO_CORE;
    return here && binding_server_of(step->state, event->iref, event->exporter.domain) == 0
               ? MON_ERR_NO_IREF
               : SYS_ERR_OK;
}

/// Records the client's end of a new connection.
static errval_t begin_end(const struct step *step, bool lmp, struct binding_end **ret)
{
    struct binding_state *state = step->state;
    const struct binding_event *event = step->event;
    errval_t err = check_target(step, lmp);
    if (err_is_fail(err))
        return err;
    struct binding_end *end =
        event->known ? binding_alloc(state, (uint64_t)state->core << 32 | ++state->sequence, false,
                                     event->who)
                     : NULL;
    if (end == NULL)
        return MON_ERR_LIMIT;
    end->lmp = lmp;
    end->owner = event->who;
    end->peer = IREF_CORE(event->iref);
    end->iref = event->iref;
    *ret = end;
    return SYS_ERR_OK;
}

/// Ends a binding that the client has only asked for.
static void fail(const struct step *step, struct binding_end *end, errval_t err)
{
    domainid_t client = end->owner.domain;
    binding_drop(step, end);
    binding_reply(step, client, err);
}

/// The server's end of a connection within this core, or NULL.
static struct binding_end *add_server(const struct step *step, const struct binding_end *client)
{
    struct binding_end *end = binding_alloc(step->state, client->id, true, client->client);
    if (end == NULL)
        return NULL;
    end->lmp = client->lmp;
    end->peer = step->state->core;
    end->iref = client->iref;
    end->out_bytes = client->out_bytes;
    end->in_bytes = client->in_bytes;
    return end;
}

/// The memory is there: the client gets it, and the server the offer.
static void offer_memory(const struct step *step, struct binding_end *end)
{
    end->state = BINDING_ASKED;
    (void)binding_add(step, BINDING_REPLY_FRAME, end);
    if (end->peer != step->state->core) {
        (void)binding_send(
            step, BINDING_SEND_OFFER, end, end->peer,
            (struct intermon_message){INTERMON_BIND, .bind = {.id = end->id,
                                                              .iref = end->iref,
                                                              .out_bytes = end->out_bytes,
                                                              .in_bytes = end->in_bytes,
                                                              .client = end->client.domain,
                                                              .family = end->client.family}});
        return;
    }
    struct binding_end *server = add_server(step, end);
    if (server == NULL) {
        (void)binding_add(step, BINDING_CLEAR, end);
        binding_tell_bound(step, end, MON_ERR_LIMIT, 0, BINDING_CAP_NONE);
        return;
    }
    binding_add(step, BINDING_MOVE, server)->from = (uint16_t)(end - step->state->ends);
    binding_offer(step, server);
}

void binding_memory(const struct step *step)
{
    struct binding_end *end = binding_end_of(step);
    errval_t err = step->event->err;
    if (err_no(err) == SYS_ERR_AGAIN)
        (void)binding_add(step, BINDING_REPLY_ID, end);
    else if (err_is_fail(err))
        fail(step, end, err);
    else
        offer_memory(step, end);
}

/// The service is there.
static void begin(const struct step *step, struct binding_end *end, domainid_t server)
{
    struct binding_effect *effect = binding_add(step, BINDING_MEMORY_BEGIN, end);
    assert(!end->lmp && end->state == BINDING_PROBING); // B1
    end->server_domain = server;
    end->state = BINDING_FILLING;
    effect->most = binding_share(step->state, end->client.family);
    // What a domain has spawned there would count on no account of its own.
    effect->limited_too =
        end->peer == step->state->core || IREF_INDEX(end->iref) != IREF_INDEX_SPAWND;
}

static bool area_bytes_valid(uint64_t bytes)
{
    return bytes % URPC_LINE_BYTES == 0 && bytes >= URPC_LINES_MIN * URPC_LINE_BYTES &&
           bytes <= (uint64_t)URPC_LINES_MAX * URPC_LINE_BYTES;
}

void binding_request(const struct step *step)
{
    const struct binding_event *event = step->event;
    struct binding_end *end;
    errval_t err = area_bytes_valid(event->out_bytes) && area_bytes_valid(event->in_bytes)
                       ? begin_end(step, false, &end)
                       : LIB_ERR_INVALID_ARGS;
    if (err_is_fail(err)) {
        binding_reply(step, event->who.domain, err);
        return;
    }
    end->state = BINDING_PROBING;
    end->out_bytes = event->out_bytes;
    end->in_bytes = event->in_bytes;
    if (end->peer == step->state->core)
        begin(step, end, binding_server_of(step->state, end->iref, event->exporter.domain));
    else
        (void)binding_send(
            step, BINDING_SEND_PROBE, end, end->peer,
            (struct intermon_message){
                INTERMON_BIND_PROBE,
                .bind_probe = {end->id, end->iref, end->client.domain, end->client.family}});
}

void binding_request_lmp(const struct step *step)
{
    struct binding_end *end = NULL;
    errval_t err = step->event->endpoint_err;
    if (err_is_ok(err))
        err = begin_end(step, true, &end);
    if (err_is_fail(err)) {
        binding_reply(step, step->event->who.domain, err);
        return;
    }
    end->state = BINDING_ASKED;
    (void)binding_add(step, BINDING_REPLY_ID, end);
    struct binding_end *server = add_server(step, end);
    if (server == NULL) {
        binding_tell_bound(step, end, MON_ERR_LIMIT, 0, BINDING_CAP_NONE);
        return;
    }
    (void)binding_add(step, BINDING_KEEP, server);
    binding_offer(step, server);
}

void binding_request_memory(const struct step *step)
{
    struct binding_end *end = binding_find(step->state, step->event->id, false);
    domainid_t client = step->event->who.domain;
    if (end == NULL || end->owner.domain != client || end->state != BINDING_FILLING)
        binding_reply(step, client, LIB_ERR_CHAN_CLOSED);
    else
        (void)binding_add(step, BINDING_MEMORY_STEP, end);
}

/// The client's end that a message is about, if its sender may speak of it.
static struct binding_end *end_of_message(const struct step *step, uint64_t id,
                                          enum binding_end_state state)
{
    struct binding_end *end = binding_find(step->state, id, false);
    return end != NULL && end->state == state && end->peer == step->event->core ? end : NULL;
}

void binding_probed(const struct step *step)
{
    const struct intermon_bind_probed *probed = &step->event->message.bind_probed;
    struct binding_end *end = end_of_message(step, probed->id, BINDING_PROBING);
    if (end == NULL)
        return;
    if (err_is_fail(probed->err))
        fail(step, end, probed->err);
    else
        begin(step, end, probed->server);
}

void binding_answered(const struct step *step)
{
    const struct intermon_bind_reply *answer = &step->event->message.bind_reply;
    struct binding_end *end = end_of_message(step, answer->id, BINDING_ASKED);
    if (end != NULL)
        binding_tell_bound(step, end, answer->err, answer->server,
                           err_is_ok(answer->err) ? BINDING_CAP_MESSAGE : BINDING_CAP_NONE);
}

void binding_not_sent(const struct step *step, struct binding_end *end)
{
    if (end->state == BINDING_PROBING)
        fail(step, end, step->event->err);
    else
        binding_tell_bound(step, end, step->event->err, 0, BINDING_CAP_NONE);
}
