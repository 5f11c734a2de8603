// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Connections between domains: makes events of requests and messages, has protocol/binding.h decide,
// and carries out what that leads to. What an end holds (capabilities, events on their way to its
// domain) is in a record with the end's index.

#include "exec/binding.h"

#include "capops/cap_transfer.h"
#include "exec/channel_memory.h"
#include "if/monitor.h"
#include "local/domains.h"
#include "local/exports.h"
#include "local/reply.h"
#include "local/spawnd_start.h"
#include "state/monitor.h"

#include <assert.h>
#include <string.h>

struct record {
    struct channel_memory memory; ///< cap also: the frame or endpoint of an offer
    uint64_t client_notify[INTERMON_CAP_WORDS];
    struct event bound; ///< MONITOR_EVENT_BIND, _BIND_LMP or _BOUND
    struct event gone;
};

static struct binding_state state;
static struct record records[BINDING_ENDS_MAX];
static const struct intermon_msg *message; ///< that is being handled
static struct binding_event result;        ///< of the effect that was carried out last
static struct capref given;                ///< came with a request, and was not taken yet

static struct capref take(struct capref *cap)
{
    struct capref taken = *cap;
    *cap = NULL_CAP;
    return taken;
}

/// A capability for a domain's Notify, or for that which `words` describe; NULL_CAP for zeros.
static struct capref notify_of(domainid_t id, const uint64_t *words)
{
    struct domain *domain = domain_find(id);
    struct capref cap = NULL_CAP;
    errval_t err;
    if (domain == NULL) {
        err = cap_words_make_name(words, &cap);
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

static void run(struct binding_event event);

static void tell_done(uint16_t end, uint8_t told)
{
    run((struct binding_event){.kind = BINDING_TOLD, .end = end, .told = told});
}

static void bound_sent(struct event *event)
{
    struct record *record = (struct record *)((char *)event - offsetof(struct record, bound));
    tell_done((uint16_t)(record - records), BINDING_TOLD_BOUND);
}

static void gone_sent(struct event *event)
{
    struct record *record = (struct record *)((char *)event - offsetof(struct record, gone));
    tell_done((uint16_t)(record - records), BINDING_TOLD_GONE);
}

static void reply(const struct binding_effect *effect)
{
    reply_error(effect->domain, effect->err);
}

static void reply_id(const struct binding_effect *effect)
{
    reply_values(effect->domain, effect->id, 0, 0);
}

static void reply_frame(const struct binding_effect *effect)
{
    const uint64_t words[LMP_MSG_LENGTH] = {SYS_ERR_OK, effect->id, 1};
    reply_words(effect->domain, words, records[effect->end].memory.cap);
}

static void reply_notify(const struct binding_effect *effect)
{
    const uint64_t words[LMP_MSG_LENGTH] = {SYS_ERR_OK};
    struct capref notify = notify_of(effect->of, records[effect->end].client_notify);
    reply_words(effect->domain, words, notify);
    if (!capref_is_null(notify))
        (void)cap_destroy(notify);
}

static void tell_offer(const struct binding_effect *effect)
{
    const struct binding_end *end = &state.ends[effect->end];
    struct record *record = &records[effect->end];
    assert(!capref_is_null(record->memory.cap)); // B1
    record->bound = (struct event){
        .cap_given = true,
        .cap = take(&record->memory.cap),
        .sent = bound_sent,
        .words = {end->lmp ? MONITOR_EVENT_BIND_LMP : MONITOR_EVENT_BIND, end->id, end->iref,
                  end->out_bytes, end->in_bytes, member_word(end->client)},
    };
    domain_post(effect->domain, &record->bound);
}

static struct capref cap_of(const struct binding_effect *effect)
{
    switch (effect->cap) {
    case BINDING_CAP_GIVEN:
        return take(&given);
    case BINDING_CAP_MESSAGE:
        return notify_of(0, &message->words[4]);
    case BINDING_CAP_SERVER:
        return notify_of(effect->of, (const uint64_t[INTERMON_CAP_WORDS]){0});
    default:
        return NULL_CAP;
    }
}

static void tell_bound(const struct binding_effect *effect)
{
    struct event *event = &records[effect->end].bound;
    *event = (struct event){.cap_given = true,
                            .cap = cap_of(effect),
                            .sent = bound_sent,
                            .words = {MONITOR_EVENT_BOUND, effect->id, effect->err, effect->of}};
    domain_post(effect->domain, event);
}

static void tell_gone(const struct binding_effect *effect)
{
    struct event *event = &records[effect->end].gone;
    *event = (struct event){.sent = gone_sent, .words = {MONITOR_EVENT_GONE, effect->id}};
    domain_post(effect->domain, event);
}

static void tell_check(const struct binding_effect *effect)
{
    domain_check(effect->domain);
}

static void wake(const struct binding_effect *effect)
{
    domain_wake(effect->domain);
}

/// Has the machine decide what follows from how an effect of an end's went.
static void set_result(enum binding_event_kind kind, const struct binding_effect *effect,
                       errval_t err)
{
    result = (struct binding_event){.kind = kind,
                                    .what = effect->kind,
                                    .end = effect->end,
                                    .who = {.domain = effect->domain},
                                    .err = err};
}

/// Sends what asks for no answer, or is one: nothing follows from that.
static void send_last(const struct intermon_msg *msg)
{
    errval_t err = intermon_send(msg, false);
    if (err_is_fail(err))
        DEBUG_ERR(err, "message %u about a binding to core %u is lost", msg->op, msg->destination);
}

static void send_probe(const struct binding_effect *effect)
{
    const struct binding_end *end = &state.ends[effect->end];
    struct intermon_msg msg = intermon_msg_make(IM_BIND_PROBE, effect->core, 3);
    msg.words[0] = end->id;
    msg.words[1] = end->iref;
    msg.words[2] = member_word(end->client);
    set_result(BINDING_SENT, effect, intermon_send(&msg, true));
}

static void send_probed(const struct binding_effect *effect)
{
    struct intermon_msg msg = intermon_msg_make(IM_BIND_PROBED, effect->core, 3);
    msg.words[0] = effect->id;
    msg.words[1] = effect->err;
    msg.words[2] = effect->of;
    send_last(&msg);
}

static void send_offer(const struct binding_effect *effect)
{
    const struct binding_end *end = &state.ends[effect->end];
    struct capref frame = take(&records[effect->end].memory.cap);
    struct capability notify;
    struct intermon_msg msg = intermon_msg_make(IM_BIND, effect->core, 13);
    domain_notify_description(effect->domain, &notify);
    cap_words_put(&msg.words[4], &notify);
    msg.words[8] = end->id;
    msg.words[9] = end->iref;
    msg.words[10] = end->out_bytes;
    msg.words[11] = end->in_bytes;
    msg.words[12] = member_word(end->client);
    errval_t err = cap_transfer_send(&msg, frame);
    (void)cap_destroy(frame);
    set_result(BINDING_SENT, effect, err);
}

static void send_answer(const struct binding_effect *effect)
{
    struct capability notify = {.type = ObjType_Null};
    struct intermon_msg msg = intermon_msg_make(IM_BIND_REPLY, effect->core, 10);
    if (err_is_ok(effect->err))
        domain_notify_description(effect->of, &notify);
    msg.words[0] = effect->err;
    cap_words_put(&msg.words[4], &notify);
    msg.words[8] = effect->id;
    msg.words[9] = effect->of;
    send_last(&msg);
}

static void send_gone(const struct binding_effect *effect)
{
    struct intermon_msg msg = intermon_msg_make(IM_GONE, effect->core, 2);
    msg.words[0] = effect->id;
    msg.words[1] = effect->to_server ? 1 : 0;
    if (effect->domain == 0)
        send_last(&msg);
    else
        set_result(BINDING_SENT, effect, intermon_send(&msg, false));
}

static void send_relay(const struct binding_effect *effect)
{
    struct intermon_msg msg = intermon_msg_make(IM_RELAY, effect->core, 2);
    msg.words[0] = effect->id;
    msg.words[1] = state.ends[effect->end].server ? 0 : 1;
    set_result(BINDING_SENT, effect, intermon_send(&msg, true));
}

static void memory_step(const struct binding_effect *effect)
{
    const struct binding_end *end = &state.ends[effect->end];
    errval_t err = channel_memory_step(&records[effect->end].memory, end);
    set_result(BINDING_MEMORY, effect, err);
    result.exporter = export_owner(end->iref);
}

static void memory_begin(const struct binding_effect *effect)
{
    errval_t err = channel_memory_begin(&records[effect->end].memory, &state.ends[effect->end],
                                        effect->most, effect->limited_too);
    if (err_is_ok(err))
        memory_step(effect);
    else
        set_result(BINDING_MEMORY, effect, err);
}

static void keep(const struct binding_effect *effect)
{
    records[effect->end].memory.cap = take(&given);
}

static void move(const struct binding_effect *effect)
{
    records[effect->end].memory.cap = take(&records[effect->from].memory.cap);
}

static void clear(const struct binding_effect *effect)
{
    struct record *record = &records[effect->end];
    channel_memory_cancel(&record->memory);
    // The machine has forgotten them: they are nobody's news.
    record->bound.sent = record->gone.sent = NULL;
    domain_event_cancel(effect->domain, &record->bound);
    domain_event_cancel(effect->domain, &record->gone);
    *record = (struct record){0};
}

static void receive(const struct binding_effect *effect)
{
    struct record *record = &records[effect->end];
    struct frame_identity id = {0};
    memcpy(record->client_notify, &message->words[4], sizeof(record->client_notify));
    errval_t err = cap_transfer_receive(message, &record->memory.cap);
    if (err_is_ok(err))
        err = frame_identify(record->memory.cap, &id);
    set_result(BINDING_RECEIVED, effect, err);
    result.out_bytes = id.bytes;
    result.exporter = export_owner(state.ends[effect->end].iref);
}

static void refuse(const struct binding_effect *effect)
{
    (void)effect;
    cap_transfer_refuse(message);
}

static void need_spawnd(const struct binding_effect *effect)
{
    set_result(BINDING_NEEDED, effect, spawnd_need());
}

static void (*const carry_out[])(const struct binding_effect *effect) = {
    [BINDING_REPLY] = reply,
    [BINDING_REPLY_ID] = reply_id,
    [BINDING_REPLY_FRAME] = reply_frame,
    [BINDING_REPLY_NOTIFY] = reply_notify,
    [BINDING_TELL_OFFER] = tell_offer,
    [BINDING_TELL_BOUND] = tell_bound,
    [BINDING_TELL_GONE] = tell_gone,
    [BINDING_TELL_CHECK] = tell_check,
    [BINDING_WAKE] = wake,
    [BINDING_SEND_PROBE] = send_probe,
    [BINDING_SEND_PROBED] = send_probed,
    [BINDING_SEND_OFFER] = send_offer,
    [BINDING_SEND_ANSWER] = send_answer,
    [BINDING_SEND_GONE] = send_gone,
    [BINDING_SEND_RELAY] = send_relay,
    [BINDING_MEMORY_BEGIN] = memory_begin,
    [BINDING_MEMORY_STEP] = memory_step,
    [BINDING_KEEP] = keep,
    [BINDING_MOVE] = move,
    [BINDING_CLEAR] = clear,
    [BINDING_RECEIVE] = receive,
    [BINDING_REFUSE] = refuse,
    [BINDING_NEED_SPAWND] = need_spawnd,
};

/// Has an event decided, and all that it leads to.
static void run(struct binding_event event)
{
    struct binding_effects effects;
    for (; event.kind != BINDING_NO_EVENT; event = result) {
        binding_step(&state, &event, &effects);
        result.kind = BINDING_NO_EVENT;
        for (unsigned i = 0; i < effects.count; i++) {
            assert(result.kind == BINDING_NO_EVENT); // EF2
            carry_out[effects.list[i].kind](&effects.list[i]);
        }
    }
}

void bind_init(void)
{
    binding_init(&state, monitor.core, monitor.tree.count);
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

void bind_serve(domainid_t domain, const uint64_t *words, struct capref cap)
{
    struct binding_event event = {.kind = request_kinds[words[0]], .id = words[1], .err = words[2]};
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
    event.who = domain_member(domain);
    given = cap;
    run(event);
    if (!capref_is_null(given))
        cap_drop(take(&given)); // Not asked for.
}

void bind_handle(const struct intermon_msg *msg)
{
    const uint64_t *words = msg->words;
    struct binding_event event = {.core = msg->source, .id = words[0]};
    switch (msg->op) {
    case IM_BIND_PROBE:
        event.kind = BINDING_PROBE;
        event.iref = words[1];
        event.exporter = export_owner(event.iref);
        event.who = member_of_word(words[2]);
        break;
    case IM_BIND_PROBED:
        event.kind = BINDING_PROBED;
        event.err = words[1];
        event.server = (domainid_t)words[2];
        break;
    case IM_BIND:
        event.kind = BINDING_OFFERED;
        event.id = words[8];
        event.iref = words[9];
        event.exporter = export_owner(event.iref);
        event.out_bytes = words[10];
        event.in_bytes = words[11];
        event.who = member_of_word(words[12]);
        break;
    case IM_BIND_REPLY:
        event.kind = BINDING_ANSWERED;
        event.err = words[0];
        event.id = words[8];
        event.server = (domainid_t)words[9];
        break;
    default:
        event.kind = msg->op == IM_GONE ? BINDING_GONE : BINDING_RELAY;
        event.to_server = words[1] == 1;
    }
    message = msg;
    run(event);
}

void bind_refuse(const struct intermon_msg *msg, errval_t err)
{
    // Only the words that are sure to be there; the client finds its end by the id.
    const struct binding_effect effect = {.core = msg->source, .id = msg->words[8], .err = err};
    if (msg->op == IM_BIND && msg->count == 13)
        send_answer(&effect);
}

void bind_retry(void)
{
    uint16_t due = TABLE_NONE;
    while (state.relays != due) {
        due = state.relays;
        run((struct binding_event){.kind = BINDING_RETRY});
    }
}

void bind_forget(domainid_t domain)
{
    for (uint16_t i = 0; (i = binding_next_of(&state, i, domain)) != TABLE_NONE; i++)
        run((struct binding_event){.kind = BINDING_ENDED, .end = i, .who = {.domain = domain}});
    channel_memory_forget(domain);
}

void bind_resume(iref_t iref, errval_t err)
{
    if (IREF_INDEX(iref) != IREF_INDEX_SPAWND)
        return; // Only for spawnd is waited.
    for (uint16_t i = 0; (i = binding_next_of(&state, i, 0)) != TABLE_NONE; i++)
        run((struct binding_event){
            .kind = BINDING_SERVICE, .end = i, .err = err, .exporter = export_owner(iref)});
}
