// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What comes in about connections, and the messages that go out. See if/monitor.h and intermon.h for
// the words.

#include "binding_events.h"

#include "capops/cap_transfer.h"
#include "exec/exec.h"
#include "if/monitor.h"
#include "local/domains.h"
#include "local/local.h"
#include "state/monitor.h"

static errval_t send_probe(const struct binding_effect *effect, const struct binding_end *end)
{
    const struct intermon_msg msg =
        INTERMON_MSG(IM_BIND_PROBE, effect->core, end->id, end->iref, member_word(end->client));
    return intermon_send(&msg, true);
}

static errval_t send_answer(const struct binding_effect *effect)
{
    struct capability notify = {.type = ObjType_Null};
    struct intermon_msg msg = INTERMON_MSG(IM_BIND_REPLY, effect->core, effect->err, 0, 0, 0, 0, 0,
                                           0, 0, effect->id, effect->of);
    if (err_is_ok(effect->err))
        domain_notify_description(effect->of, &notify);
    cap_words_put(&msg.words[4], &notify);
    return intermon_send(&msg, false);
}

static errval_t send_offer(const struct binding_effect *effect, const struct binding_end *end,
                           struct capref frame)
{
    struct capability notify;
    struct intermon_msg msg =
        INTERMON_MSG(IM_BIND, effect->core, 0, 0, 0, 0, 0, 0, 0, 0, end->id, end->iref,
                     end->out_bytes, end->in_bytes, member_word(end->client));
    domain_notify_description(effect->domain, &notify);
    cap_words_put(&msg.words[4], &notify);
    return cap_transfer_send(&msg, frame);
}

errval_t binding_send(const struct binding_effect *effect, const struct binding_end *end,
                      struct capref frame)
{
    struct intermon_msg msg;
    switch (effect->kind) {
    case BINDING_SEND_PROBE:
        return send_probe(effect, end);
    case BINDING_SEND_OFFER:
        return send_offer(effect, end, frame);
    case BINDING_SEND_ANSWER:
        return send_answer(effect);
    case BINDING_SEND_PROBED:
        msg = INTERMON_MSG(IM_BIND_PROBED, effect->core, effect->id, effect->err, effect->of);
        return intermon_send(&msg, false);
    case BINDING_SEND_GONE:
        msg = INTERMON_MSG(IM_GONE, effect->core, effect->id, effect->to_server);
        return intermon_send(&msg, false);
    default:
        msg = INTERMON_MSG(IM_RELAY, effect->core, effect->id, !end->server);
        return intermon_send(&msg, true);
    }
}

static struct binding_event offered(const uint64_t *words)
{
    return (struct binding_event){.kind = BINDING_OFFERED,
                                  .id = words[8],
                                  .iref = words[9],
                                  .out_bytes = words[10],
                                  .in_bytes = words[11],
                                  .who = member_of_word(words[12])};
}

static struct binding_event answered(enum binding_event_kind kind, uint64_t id, errval_t err,
                                     uint64_t server)
{
    return (struct binding_event){.kind = kind, .id = id, .err = err, .server = (domainid_t)server};
}

struct binding_event binding_event_of_message(const struct intermon_msg *msg)
{
    const uint64_t *words = msg->words;
    struct binding_event event;
    switch (msg->op) {
    case IM_BIND_PROBE:
        event = (struct binding_event){.kind = BINDING_PROBE,
                                       .id = words[0],
                                       .iref = words[1],
                                       .who = member_of_word(words[2])};
        break;
    case IM_BIND_PROBED:
        event = answered(BINDING_PROBED, words[0], words[1], words[2]);
        break;
    case IM_BIND:
        event = offered(words);
        break;
    case IM_BIND_REPLY:
        event = answered(BINDING_ANSWERED, words[8], words[0], words[9]);
        break;
    default:
        event = (struct binding_event){.kind = msg->op == IM_GONE ? BINDING_GONE : BINDING_RELAY,
                                       .id = words[0],
                                       .to_server = words[1] == 1};
    }
    event.core = msg->source;
    event.exporter = export_owner(event.iref);
    return event;
}

static const enum binding_event_kind request_kinds[MONITOR_OPS_COUNT] = {
    [MONITOR_BIND] = BINDING_REQUEST,
    [MONITOR_BIND_LMP] = BINDING_REQUEST_LMP,
    [MONITOR_BIND_MEMORY] = BINDING_REQUEST_MEMORY,
    [MONITOR_BIND_REPLY] = BINDING_REQUEST_ANSWER,
    [MONITOR_DISCONNECT] = BINDING_REQUEST_DISCONNECT,
    [MONITOR_NOTIFY_RELAY] = BINDING_REQUEST_RELAY,
    [MONITOR_CHECK] = BINDING_REQUEST_CHECK,
};

struct binding_event binding_event_of_request(domainid_t domain, const uint64_t *words,
                                              struct capref cap)
{
    struct binding_event event = {.kind = request_kinds[words[0]],
                                  .who = domain_member(domain),
                                  .id = words[1],
                                  .err = words[2]};
    if (words[0] == MONITOR_BIND || words[0] == MONITOR_BIND_LMP) {
        event.iref = words[1];
        event.out_bytes = words[2];
        event.in_bytes = words[3];
        event.exporter = export_owner(event.iref);
        event.up = cores_is_up(&monitor.cores, IREF_CORE(event.iref));
        event.known = domain_get(domain) != NULL;
    }
    if (words[0] == MONITOR_BIND_LMP || words[0] == MONITOR_BIND_REPLY)
        event.endpoint_err = check_endpoint(cap);
    return event;
}

void bind_refuse(const struct intermon_msg *msg, errval_t err)
{
    // Only the words that are sure to be there; the client finds its end by the id.
    const struct binding_effect effect = {.core = msg->source, .id = msg->words[8], .err = err};
    if (msg->op != IM_BIND || msg->count != 13)
        return;
    err = send_answer(&effect);
    if (err_is_fail(err))
        DEBUG_ERR(err, "a binding's refusal to core %u is lost", msg->source);
}
