// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests that this monitor sends to another (or to itself) for a domain, until the answer comes.
// A token is an index and a generation, so that a late answer to a request that was forgotten finds
// nobody.

#include "exec/tokens.h"

#include "if/monitor.h"
#include "local/domains.h"
#include "local/reply.h"
#include "state/monitor.h"

#define REQUESTS_MAX 256u

struct request {
    domainid_t domain; ///< 0: free
    bool wait;         ///< answered by an event
    bool done;         ///< the event is on its way
    uint32_t generation;
    struct event event;
};

static struct request requests[REQUESTS_MAX];
static struct table by_domain;
static struct shares shares;

static void release(struct request *request)
{
    table_remove(&by_domain, request->domain, (uint16_t)(request - requests));
    shares_remove(&shares, domain_member(request->domain).family);
    request->domain = 0;
    request->done = false;
}

/// Its event has gone to the domain.
static void event_sent(struct event *event)
{
    release((struct request *)((char *)event - offsetof(struct request, event)));
}

/// A record for a request of `domain`, or NULL.
static struct request *alloc(domainid_t domain)
{
    domainid_t family = domain_member(domain).family;
    if (shares_count(&shares, family) >= family_share(family, REQUESTS_MAX))
        return NULL;
    uint16_t i = table_add(&by_domain, REQUESTS_MAX, domain);
    if (i == TABLE_NONE)
        return NULL;
    shares_add(&shares, family);
    requests[i].domain = domain;
    requests[i].generation++;
    return &requests[i];
}

static uint64_t token_of(const struct request *request)
{
    return (uint64_t)request->generation << 16 | (uint64_t)(request - requests);
}

void request_send(struct intermon_msg *msg, domainid_t domain, bool wait)
{
    struct request *request = domain_get(domain) != NULL ? alloc(domain) : NULL;
    if (request == NULL) {
        reply_error(domain, MON_ERR_LIMIT);
        return;
    }
    request->wait = wait;
    msg->words[0] = token_of(request);
    if (wait)
        reply_values(domain, msg->words[0], 0, 0);
    errval_t err = intermon_send(msg, true);
    if (err_is_fail(err)) {
        struct intermon_msg answer = intermon_msg_make(IM_REPLY, monitor.core, 5);
        answer.words[0] = msg->words[0];
        answer.words[1] = err;
        request_handle_reply(&answer);
    }
}

void request_handle_reply(const struct intermon_msg *msg)
{
    struct request *request = &requests[msg->words[0] % 65536 % REQUESTS_MAX];
    if (msg->count != 5 || request->domain == 0 || request->done ||
        token_of(request) != msg->words[0])
        return;
    if (request->wait) {
        request->done = true;
        request->event = (struct event){
            .sent = event_sent,
            .words = {MONITOR_EVENT_NAME, msg->words[0], msg->words[1], msg->words[2]}};
        domain_post(request->domain, &request->event);
        return;
    }
    domainid_t domain = request->domain;
    release(request);
    if (err_is_fail(msg->words[1]))
        reply_error(domain, msg->words[1]);
    else
        reply_values(domain, msg->words[2], msg->words[3], msg->words[4]);
}

void request_forget(domainid_t domain)
{
    for (unsigned i = 0; i < REQUESTS_MAX; i++) {
        if (requests[i].domain != domain)
            continue;
        domain_event_cancel(domain, &requests[i].event);
        if (requests[i].domain == domain) // what waits for no event any more
            release(&requests[i]);
    }
}
