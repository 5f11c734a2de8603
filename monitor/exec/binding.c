// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Connections between domains: has protocol/binding.h decide about requests (binding_events.h) and
// messages, and carries out what that leads to. What an end holds (capabilities, events on their way to
// its domain) is in records with the end's index.

#include "exec/exec.h"

#include "binding_events.h"
#include "capops/cap_transfer.h"
#include "exec/channel_memory.h"
#include "if/monitor.h"
#include "local/domains.h"
#include "local/local.h"
#include "state/monitor.h"

/// A capability on its way to a domain, or an error in its place.
struct kept_cap {
    struct capref cap;
    errval_t err;
};

struct record {
    struct channel_memory memory; ///< cap also: the frame or endpoint of an offer
    struct capability client_notify;
    struct kept_cap caps[BINDING_CAPS_MAX]; ///< by number
};

enum { BOUND_EVENT, GONE_EVENT, CAP_EVENT, END_EVENTS };

static struct binding_state state;
static struct record records[BINDING_ENDS_MAX];
static struct event events[BINDING_ENDS_MAX][END_EVENTS];
static struct binding_event result; ///< of the effect that was carried out last
static struct capref given;         ///< came with a request, and was not taken yet
/// The message that is being handled.
static const struct intermon_header *header;
static const struct intermon_message *message;

static struct capref take(struct capref *cap)
{
    struct capref taken = *cap;
    *cap = NULL_CAP;
    return taken;
}

/// The Notify of a description, or NULL_CAP. Without one the monitors relay, so a failure costs time
/// only.
static struct capref notify_made(const struct capability *description)
{
    struct capref cap = NULL_CAP;
    return err_is_ok(cap_name_make(description, &cap)) ? cap : NULL_CAP;
}

static void run(struct binding_event event);

static void event_sent(struct event *event)
{
    unsigned index = (unsigned)(event - events[0]);
    run((struct binding_event){.kind = BINDING_TOLD,
                               .end = (uint16_t)(index / END_EVENTS),
                               .told = (uint8_t)(1u << index % END_EVENTS)});
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
    struct capref notify = effect->of != 0 ? domain_notify_copy(effect->of)
                                           : notify_made(&records[effect->end].client_notify);
    reply_words(effect->domain, words, notify);
    if (!capref_is_null(notify))
        (void)cap_destroy(notify);
}

static void tell(const struct binding_effect *effect, unsigned which, struct event event)
{
    struct event *place = &events[effect->end][which];
    event.sent = event_sent;
    *place = event;
    domain_post(effect->domain, place);
}

static void tell_offer(const struct binding_effect *effect)
{
    const struct binding_end *end = &state.ends[effect->end];
    struct capref *cap = &records[effect->end].memory.cap;
    assert(!capref_is_null(*cap)); // B1
    tell(effect, BOUND_EVENT,
         (struct event){.cap_given = true,
                        .cap = take(cap),
                        .words = {end->lmp ? MONITOR_EVENT_BIND_LMP : MONITOR_EVENT_BIND, end->id,
                                  end->iref, end->out_bytes, end->in_bytes,
                                  member_word(end->client)}});
}

static struct capref cap_of(const struct binding_effect *effect)
{
    switch (effect->cap) {
    case BINDING_CAP_GIVEN:
        return take(&given);
    case BINDING_CAP_MESSAGE:
        return notify_made(&message->bind_reply.notify);
    case BINDING_CAP_SERVER:
        return domain_notify_copy(effect->of);
    default:
        return NULL_CAP;
    }
}

static void tell_bound(const struct binding_effect *effect)
{
    tell(effect, BOUND_EVENT,
         (struct event){.cap_given = true,
                        .cap = cap_of(effect),
                        .words = {MONITOR_EVENT_BOUND, effect->id, effect->err, effect->of}});
}

static void tell_gone(const struct binding_effect *effect)
{
    tell(effect, GONE_EVENT, (struct event){.words = {MONITOR_EVENT_GONE, effect->id}});
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
                                    .exporter = export_owner(state.ends[effect->end].iref),
                                    .err = err};
}

static void tell_cap(const struct binding_effect *effect)
{
    struct kept_cap *place = &records[effect->end].caps[effect->number % BINDING_CAPS_MAX];
    uint64_t side = state.ends[effect->end].server ? MONITOR_CAP_SERVER : 0;
    struct event event = {
        .cap_given = true,
        .grants = effect->gives,
        .words = {MONITOR_EVENT_CAP, effect->id, SYS_ERR_OK, side, effect->count, effect->has}};
    if (effect->has) {
        event.cap = take(&place->cap);
        event.words[2] = place->err;
    }
    tell(effect, CAP_EVENT, event);
    set_result(BINDING_SENT, effect, SYS_ERR_OK);
}

static void offer(const struct binding_effect *effect)
{
    struct intermon_message bind = effect->message;
    struct capref frame = take(&records[effect->end].memory.cap);
    domain_notify_description(effect->domain, &bind.bind.notify);
    set_result(BINDING_SENT, effect, cap_transfer_send(effect->core, &bind, frame));
    (void)cap_destroy(frame);
}

static void send_cap(const struct binding_effect *effect)
{
    struct intermon_message cap = effect->message;
    set_result(BINDING_SENT, effect, cap_transfer_send(effect->core, &cap, given));
}

/// Sends a message. What a domain may cause as often as it likes is a request (IM2). Nothing follows
/// from what asks for no answer, or is one.
static void send(const struct binding_effect *effect)
{
    struct intermon_message news = effect->message;
    bool asks = effect->kind == BINDING_SEND_PROBE || effect->kind == BINDING_SEND_RELAY ||
                effect->kind == BINDING_SEND_TAKEN;
    if (effect->kind == BINDING_SEND_ANSWER && err_is_ok(news.bind_reply.err))
        domain_notify_description(news.bind_reply.server, &news.bind_reply.notify);
    errval_t err = intermon_send(effect->core, &news, asks);
    if (asks || (effect->kind == BINDING_SEND_GONE && effect->domain != 0))
        set_result(BINDING_SENT, effect, err);
    else if (err_is_fail(err))
        DEBUG_ERR(err, "a message about a binding to core %u is lost", effect->core);
}

static void memory_step(const struct binding_effect *effect)
{
    set_result(BINDING_MEMORY, effect,
               channel_memory_step(&records[effect->end].memory, &state.ends[effect->end]));
}

static void memory_begin(const struct binding_effect *effect)
{
    errval_t err = channel_memory_begin(&records[effect->end].memory, &state.ends[effect->end],
                                        effect->most, effect->limited_too);
    set_result(BINDING_MEMORY, effect, err);
    if (err_is_ok(err))
        memory_step(effect);
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
    for (unsigned i = 0; i < BINDING_CAPS_MAX; i++)
        if (!capref_is_null(record->caps[i].cap))
            cap_drop(record->caps[i].cap);
    *record = (struct record){0};
    for (unsigned i = 0; i < END_EVENTS; i++) {
        struct event *event = &events[effect->end][i];
        event->sent = NULL; // The machine has forgotten it: it is nobody's news.
        domain_event_cancel(effect->domain, event);
    }
}

static void receive(const struct binding_effect *effect)
{
    struct record *record = &records[effect->end];
    struct frame_identity id = {0};
    record->client_notify = message->bind.notify;
    errval_t err = cap_transfer_receive(header, &message->bind.frame, &record->memory.cap);
    if (err_is_ok(err))
        err = frame_identify(record->memory.cap, &id);
    set_result(BINDING_RECEIVED, effect, err);
    result.out_bytes = id.bytes;
}

static void refuse(const struct binding_effect *effect)
{
    (void)effect;
    cap_transfer_refuse(header, message->op == INTERMON_BIND ? &message->bind.frame
                                                             : &message->connection_cap.cap);
}

static void keep_cap(const struct binding_effect *effect)
{
    struct kept_cap *place = &records[effect->end].caps[effect->number % BINDING_CAPS_MAX];
    assert(capref_is_null(place->cap)); // B3
    *place = (struct kept_cap){NULL_CAP, effect->err};
    if (effect->cap == BINDING_CAP_GIVEN)
        place->cap = take(&given);
    else if (err_is_ok(place->err))
        place->err = cap_transfer_receive(header, &message->connection_cap.cap, &place->cap);
}

static void need_spawnd(const struct binding_effect *effect)
{
    set_result(BINDING_NEEDED, effect, spawnd_need());
}

MACHINE_CARRIED_OUT(
    binding, &state, [BINDING_REPLY] = reply, [BINDING_REPLY_ID] = reply_id,
    [BINDING_REPLY_FRAME] = reply_frame, [BINDING_REPLY_NOTIFY] = reply_notify,
    [BINDING_TELL_OFFER] = tell_offer, [BINDING_TELL_BOUND] = tell_bound,
    [BINDING_TELL_GONE] = tell_gone, [BINDING_TELL_CAP] = tell_cap,
    [BINDING_TELL_CHECK] = tell_check, [BINDING_WAKE] = wake, [BINDING_SEND_PROBE] = send,
    [BINDING_SEND_PROBED] = send, [BINDING_SEND_OFFER] = offer, [BINDING_SEND_ANSWER] = send,
    [BINDING_SEND_GONE] = send, [BINDING_SEND_RELAY] = send, [BINDING_SEND_CAP] = send_cap,
    [BINDING_SEND_TAKEN] = send, [BINDING_MEMORY_BEGIN] = memory_begin,
    [BINDING_MEMORY_STEP] = memory_step, [BINDING_KEEP] = keep, [BINDING_MOVE] = move,
    [BINDING_CLEAR] = clear, [BINDING_KEEP_CAP] = keep_cap, [BINDING_RECEIVE] = receive,
    [BINDING_REFUSE] = refuse, [BINDING_NEED_SPAWND] = need_spawnd)

void bind_init(void)
{
    binding_init(&state, monitor.core, monitor.tree.count);
}

void bind_serve(domainid_t domain, const uint64_t *words, struct capref cap)
{
    given = cap;
    run(binding_event_of_request(domain, words, cap));
    if (!capref_is_null(given))
        cap_drop(take(&given)); // Not asked for.
}

void bind_handle(const struct intermon_header *way, const struct intermon_message *what)
{
    iref_t iref = what->op == INTERMON_BIND_PROBE ? what->bind_probe.iref
                  : what->op == INTERMON_BIND     ? what->bind.iref
                                                  : 0;
    header = way;
    message = what;
    run((struct binding_event){
        .kind = what->op, .core = way->source, .exporter = export_owner(iref), .message = *what});
}

/// Who was to get a capability gets an error in its place, as if the sender had sent that.
static void refuse_cap(const struct intermon_header *way, const struct intermon_connection_cap *cap,
                       errval_t err)
{
    struct intermon_header onward = *way;
    struct intermon_message instead = {INTERMON_CONNECTION_CAP, .connection_cap = *cap};
    onward.destination = way->final;
    onward.final = INTERMON_NONE;
    instead.connection_cap.cap = (struct capability){.type = ObjType_Null};
    instead.connection_cap.err = err;
    err = intermon_send_by(&onward, &instead, false);
    if (err_is_fail(err))
        DEBUG_ERR(err, "a capability's refusal to core %u is lost", onward.destination);
}

void bind_refuse(const struct intermon_header *way, const struct intermon_message *what,
                 errval_t err)
{
    if (what->op == INTERMON_CONNECTION_CAP)
        refuse_cap(way, &what->connection_cap, err);
    else if (what->op == INTERMON_BIND)
        send(&(struct binding_effect){
            .kind = BINDING_SEND_ANSWER,
            .core = way->source,
            .message = {INTERMON_BIND_REPLY, .bind_reply = {.err = err, .id = what->bind.id}}});
}

void bind_retry(void)
{
    while (!list_is_empty(&state.due))
        run((struct binding_event){.kind = BINDING_RETRY});
    run((struct binding_event){.kind = BINDING_RETRY}); // what has failed is due again
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
