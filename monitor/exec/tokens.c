// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests that this monitor sends to another (or to itself) for a domain, until the answer comes:
// has protocol/tokens.h decide, and carries out what that leads to.

#include "exec/exec.h"

#include "if/monitor.h"
#include "local/domains.h"
#include "local/local.h"
#include "protocol/tokens.h"
#include "state/monitor.h"

static struct tokens_state state;
static struct event events[TOKENS_MAX]; ///< MONITOR_EVENT_NAME, by index
static struct tokens_event result;      ///< of the effect that was carried out last
/// The request that is to be sent, and where its token is.
static struct {
    coreid_t core;
    const struct intermon_message *message;
    uint64_t *token;
} request;

static void run(struct tokens_event event);

static void event_sent(struct event *event)
{
    run((struct tokens_event){.kind = TOKENS_TOLD, .index = (uint16_t)(event - events)});
}

static void refuse(const struct tokens_effect *effect)
{
    reply_error(effect->domain, effect->reply.err);
}

static void reply(const struct tokens_effect *effect)
{
    const uint64_t *values = effect->reply.values;
    reply_values(effect->domain, values[0], values[1], values[2]);
}

static void send(const struct tokens_effect *effect)
{
    *request.token = effect->reply.token;
    result = (struct tokens_event){.kind = TOKENS_SENT, .reply.token = effect->reply.token};
    result.reply.err = intermon_send(request.core, request.message, true);
}

static void tell(const struct tokens_effect *effect)
{
    struct event *event = &events[effect->index];
    *event = (struct event){.sent = event_sent,
                            .words = {MONITOR_EVENT_NAME, effect->reply.token, effect->reply.err,
                                      effect->reply.values[0]}};
    domain_post(effect->domain, event);
}

static void take_back(const struct tokens_effect *effect)
{
    events[effect->index].sent = NULL;
    domain_event_cancel(effect->domain, &events[effect->index]);
}

MACHINE_CARRIED_OUT(tokens, &state, [TOKENS_REFUSE] = refuse, [TOKENS_REPLY] = reply,
                    [TOKENS_SEND] = send, [TOKENS_TELL] = tell, [TOKENS_TAKE_BACK] = take_back)

void tokens_begin(void)
{
    tokens_init(&state, monitor.core, monitor.tree.count);
}

void tokens_send(coreid_t core, const struct intermon_message *message, uint64_t *token,
                 domainid_t domain, bool wait)
{
    bool known = domain_get(domain) != NULL;
    request.core = core;
    request.message = message;
    request.token = token;
    run((struct tokens_event){
        .kind = TOKENS_ASKED, .who = domain_member(domain), .known = known, .wait = wait});
}

void tokens_handle_reply(const struct intermon_header *header,
                         const struct intermon_message *message)
{
    (void)header;
    run((struct tokens_event){.kind = INTERMON_REPLY, .reply = message->reply});
}

void tokens_forget(domainid_t domain)
{
    for (uint16_t i = 0; (i = tokens_next_of(&state, i, domain)) != TABLE_NONE; i++)
        run((struct tokens_event){.kind = TOKENS_ENDED, .index = i});
}
