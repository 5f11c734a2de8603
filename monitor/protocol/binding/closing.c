// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How connections end, and relayed notifications: what one end tells the other's monitor, or does
// with the other end itself if that is on this core. See protocol/binding.h for B2.

#include "ends.h"

/// While its client has not got the memory nobody else knows of a connection.
static bool is_alone(const struct binding_end *end)
{
    return end->state == BINDING_PROBING || end->state == BINDING_FILLING;
}

void binding_tell_gone(const struct step *step, struct binding_end *end)
{
    end->gone_due = false;
    end->telling |= BINDING_TOLD_GONE;
    (void)binding_add(step, BINDING_TELL_GONE, end);
}

/// The other end of a connection is gone: this one closes, and its domain is told.
static void other_gone(const struct step *step, struct binding_end *end)
{
    // (B2)
    if (end->state == BINDING_WAITING ||
        (end->server && (end->telling & BINDING_TOLD_BOUND) != 0)) {
        binding_drop(step, end);
    } else if (!end->server && end->state == BINDING_ASKED) {
        binding_tell_bound(step, end, LIB_ERR_CHAN_CLOSED, 0, BINDING_CAP_NONE);
    } else if (end->server && !binding_leave(step->state, end)) {
        (void)binding_add(step, BINDING_TELL_CHECK, end);
        binding_free(step->state, end);
    } else {
        end->state = BINDING_CLOSED;
        if (!binding_has_cap(end)) {
            binding_tell_gone(step, end);
        } else { // B3
            end->gone_due = true;
            binding_due(step->state, end);
        }
    }
}

struct binding_end *binding_of_message(const struct step *step, uint64_t id, bool to_server)
{
    struct binding_end *end = binding_find(step->state, id, to_server);
    return end != NULL && end->peer == step->event->core && !is_alone(end) ? end : NULL;
}

void binding_gone(const struct step *step)
{
    const struct intermon_gone *gone = &step->event->message.gone;
    struct binding_end *end = binding_of_message(step, gone->id, gone->to_server);
    if (end != NULL)
        other_gone(step, end);
}

void binding_relay(const struct step *step)
{
    const struct intermon_relay *relay = &step->event->message.relay;
    struct binding_end *end = binding_of_message(step, relay->id, relay->to_server);
    if (end != NULL)
        (void)binding_add(step, BINDING_WAKE, end);
}

struct binding_end *binding_other_here(const struct step *step, const struct binding_end *end)
{
    return end->peer == step->state->core ? binding_find(step->state, end->id, !end->server) : NULL;
}

/// Ends a connection for `domain`, which has asked for it, or (0) has ended itself.
static void close_end(const struct step *step, struct binding_end *end, domainid_t domain)
{
    const struct binding_end closed = *end;
    struct binding_end *other = is_alone(end) ? NULL : binding_other_here(step, end);
    if (other != NULL)
        other_gone(step, other);
    binding_drop(step, end);
    if (!is_alone(&closed) && closed.peer != step->state->core) {
        const struct intermon_message gone = {INTERMON_GONE, .gone = {closed.id, !closed.server}};
        binding_send(step, BINDING_SEND_GONE, NULL, closed.peer, gone)->domain = domain;
    } else if (domain != 0) {
        binding_reply(step, domain, SYS_ERR_OK);
    }
}

void binding_request_disconnect(const struct step *step)
{
    domainid_t domain = step->event->who.domain;
    struct binding_end *end = binding_find_of(step->state, domain, step->event->id);
    if (end == NULL)
        binding_reply(step, domain, LIB_ERR_CHAN_CLOSED);
    else
        close_end(step, end, domain);
}

struct binding_effect *binding_send_relay(const struct step *step, const struct binding_end *end)
{
    const struct intermon_message relay = {INTERMON_RELAY, .relay = {end->id, !end->server}};
    return binding_send(step, BINDING_SEND_RELAY, end, end->peer, relay);
}

void binding_request_relay(const struct step *step)
{
    domainid_t domain = step->event->who.domain;
    struct binding_end *end = binding_find_of(step->state, domain, step->event->id);
    if (end != NULL && !is_alone(end) && end->peer != step->state->core) {
        // A domain may ask for as many relays as it likes, so that these are requests.
        (void)binding_send_relay(step, end);
        return;
    }
    struct binding_end *other = end == NULL || is_alone(end) ? NULL : binding_other_here(step, end);
    if (other != NULL)
        (void)binding_add(step, BINDING_WAKE, other);
    binding_reply(step, domain, end == NULL ? LIB_ERR_CHAN_CLOSED : SYS_ERR_OK);
}

void binding_relay_sent(const struct step *step, struct binding_end *end)
{
    domainid_t domain = step->event->who.domain;
    bool full = err_no(step->event->err) == MON_ERR_LIMIT;
    // Who sleeps must be woken: it is done later, once for all requests until then.
    if (full) {
        end->relay_due = true;
        binding_due(step->state, end);
    }
    binding_reply(step, domain, full ? SYS_ERR_OK : step->event->err);
}

void binding_ended(const struct step *step)
{
    struct binding_end *end = binding_end_of(step);
    if (end->state == BINDING_CLOSED)
        binding_drop(step, end);
    else if (end->server && end->state == BINDING_ASKED)
        binding_give_up(step, end, LIB_ERR_CHAN_CLOSED);
    else
        close_end(step, end, 0);
}
