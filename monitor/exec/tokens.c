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
static struct intermon_msg *message;    ///< that is to be sent
static struct tokens_event result;      ///< of the effect that was carried out last

static void run(struct tokens_event event);

static void event_sent(struct event *event)
{
    run((struct tokens_event){.kind = TOKENS_TOLD, .index = (uint16_t)(event - events)});
}

static void refuse(const struct tokens_effect *effect)
{
    reply_error(effect->domain, effect->err);
}

static void reply(const struct tokens_effect *effect)
{
    reply_values(effect->domain, effect->values[0], effect->values[1], effect->values[2]);
}

static void send(const struct tokens_effect *effect)
{
    message->words[0] = effect->token;
    result = (struct tokens_event){
        .kind = TOKENS_SENT, .token = effect->token, .err = intermon_send(message, true)};
}

static void tell(const struct tokens_effect *effect)
{
    struct event *event = &events[effect->index];
    *event = (struct event){
        .sent = event_sent,
        .words = {MONITOR_EVENT_NAME, effect->token, effect->err, effect->values[0]}};
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

void tokens_send(struct intermon_msg *msg, domainid_t domain, bool wait)
{
    bool known = domain_get(domain) != NULL;
    message = msg;
    run((struct tokens_event){
        .kind = TOKENS_ASKED, .who = domain_member(domain), .known = known, .wait = wait});
}

void tokens_handle_reply(const struct intermon_msg *msg)
{
    const uint64_t *words = msg->words;
    run((struct tokens_event){.kind = TOKENS_ANSWERED,
                              .token = words[0],
                              .err = words[1],
                              .values = {words[2], words[3], words[4]}});
}

void tokens_forget(domainid_t domain)
{
    for (uint16_t i = 0; (i = tokens_next_of(&state, i, domain)) != TABLE_NONE; i++)
        run((struct tokens_event){.kind = TOKENS_ENDED, .index = i});
}
