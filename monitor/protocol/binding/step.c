// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which event goes where. What names a connection by its id is looked up by the handler.

#include "ends.h"

/// The domain of an end was told something.
static void told(const struct step *step)
{
    struct binding_end *end = binding_end_of(step);
    end->telling &= (uint8_t)~step->event->told;
    if (end->state == BINDING_CLOSED && end->telling == 0 && !end->gone_due)
        binding_free(step->state, end);
    else if (step->event->told == BINDING_TOLD_CAP)
        binding_due(step->state, end); // There may be more.
}

static void serve_check(const struct step *step)
{
    domainid_t domain = step->event->who.domain;
    bool found = binding_find_of(step->state, domain, step->event->id) != NULL;
    binding_reply(step, domain, found ? SYS_ERR_OK : LIB_ERR_CHAN_CLOSED);
}

static void sent(const struct step *step)
{
    struct binding_end *end = binding_end_of(step);
    const struct binding_event *event = step->event;
    if (event->what == BINDING_SEND_GONE)
        binding_reply(step, event->who.domain, event->err);
    else if (event->what == BINDING_SEND_RELAY && event->who.domain != 0)
        binding_relay_sent(step, end);
    else if (end->state == BINDING_OPEN || end->state == BINDING_CLOSED)
        binding_due_sent(step, end);
    else if (err_is_fail(event->err))
        binding_not_sent(step, end);
}

static void service(const struct step *step)
{
    struct binding_end *end = binding_end_of(step);
    if (err_is_fail(step->event->err))
        binding_give_up(step, end, step->event->err);
    else
        binding_offer(step, end);
}

static void needed(const struct step *step)
{
    struct binding_end *end = binding_end_of(step);
    if (err_is_fail(step->event->err))
        binding_give_up(step, end, step->event->err);
}

MACHINE_HANDLED(
    binding, [INTERMON_BIND_PROBE] = binding_probe, [INTERMON_BIND_PROBED] = binding_probed,
    [INTERMON_BIND] = binding_offered, [INTERMON_BIND_REPLY] = binding_answered,
    [INTERMON_GONE] = binding_gone, [INTERMON_RELAY] = binding_relay,
    [INTERMON_CONNECTION_CAP] = binding_cap, [INTERMON_CAPS_TAKEN] = binding_taken,
    [BINDING_REQUEST] = binding_request, [BINDING_REQUEST_LMP] = binding_request_lmp,
    [BINDING_REQUEST_MEMORY] = binding_request_memory,
    [BINDING_REQUEST_ANSWER] = binding_request_answer,
    [BINDING_REQUEST_DISCONNECT] = binding_request_disconnect,
    [BINDING_REQUEST_RELAY] = binding_request_relay, [BINDING_REQUEST_CHECK] = serve_check,
    [BINDING_REQUEST_CAP] = binding_request_cap, [BINDING_REQUEST_TAKEN] = binding_request_taken,
    [BINDING_RETRY] = binding_retry, [BINDING_ENDED] = binding_ended, [BINDING_SERVICE] = service,
    [BINDING_TOLD] = told, [BINDING_SENT] = sent, [BINDING_MEMORY] = binding_memory,
    [BINDING_RECEIVED] = binding_received, [BINDING_NEEDED] = needed)
