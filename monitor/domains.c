// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The domains of this core that have asked something of the monitor: where they get events and
// notifications. An event lies in the record that it is about, so that queueing one never fails. A
// domain whose endpoint is full is tried again, after twice the time whenever it has taken nothing
// since: one that never takes its events must not keep its core awake. A domain's vector is freed
// when the domain has ended.

#include "monitor.h"

#define DOMAINS_MAX 256u
#define RETRY_US 1000u
#define RETRY_MAX_US 128000u

static struct domain domains[DOMAINS_MAX];

struct domain *domain_find(domainid_t id)
{
    for (unsigned i = 0; i < DOMAINS_MAX && id != 0; i++)
        if (domains[i].id == id)
            return &domains[i];
    return NULL;
}

struct domain *domain_get(domainid_t id)
{
    struct domain *domain = domain_find(id);
    for (unsigned i = 0; i < DOMAINS_MAX && domain == NULL; i++) {
        if (domains[i].id != 0)
            continue;
        domain = &domains[i];
        *domain = (struct domain){.id = id};
        domain->events_tail = &domain->events;
    }
    return domain;
}

static void take_first(struct domain *domain)
{
    struct event *event = domain->events;
    domain->events = event->next;
    if (domain->events == NULL)
        domain->events_tail = &domain->events;
    event->queued = false;
    if (event->cap_given && !capref_is_null(event->cap))
        (void)cap_destroy(event->cap);
    event->cap = NULL_CAP;
}

static void try_again(void *arg);

static void try_later(struct domain *domain)
{
    if (domain->retry_pending)
        return; // An event was posted meanwhile; it waits behind the others.
    domain->retry_us = domain->retry_us == 0             ? RETRY_US
                       : domain->retry_us < RETRY_MAX_US ? 2 * domain->retry_us
                                                         : RETRY_MAX_US;
    deferred_event_init(&domain->retry);
    errval_t err = deferred_event_register(&domain->retry, &monitor.ws, domain->retry_us,
                                           MKCLOSURE(try_again, domain));
    domain->retry_pending = err_is_ok(err);
}

/// Sends what is queued, as far as the domain's endpoint has room.
static void send_events(struct domain *domain)
{
    while (domain->events != NULL && !capref_is_null(domain->event_ep)) {
        struct event *event = domain->events;
        uint64_t words[LMP_MSG_LENGTH] = {0};
        for (unsigned i = 0; i < sizeof(event->words) / sizeof(event->words[0]); i++)
            words[i] = event->words[i];
        // What is handed out here others hold too: it must not be revoked.
        errval_t err = sys_lmp_send(get_cap_caddr(domain->event_ep), LMP_FLAG_NO_GRANT,
                                    get_cap_caddr(event->cap), LMP_MSG_LENGTH, words);
        if (lmp_err_is_transient(err)) {
            try_later(domain);
            return;
        }
        // One that has ended needs none; its spawnd is about to say so.
        if (err_is_fail(err) && err_no(err) != SYS_ERR_LMP_NO_TARGET)
            DEBUG_ERR(err, "an event for domain %x is lost", domain->id);
        take_first(domain);
        domain->retry_us = 0;
    }
}

static void try_again(void *arg)
{
    struct domain *domain = arg;
    domain->retry_pending = false;
    send_events(domain);
}

void domain_post(domainid_t id, struct event *event)
{
    struct domain *domain = domain_find(id);
    if (domain == NULL) {
        if (event->cap_given && !capref_is_null(event->cap))
            (void)cap_destroy(event->cap);
        return;
    }
    event->next = NULL;
    event->queued = true;
    *domain->events_tail = event;
    domain->events_tail = &event->next;
    send_events(domain);
}

void domain_event_cancel(domainid_t id, struct event *event)
{
    struct domain *domain = domain_find(id);
    if (domain == NULL || !event->queued)
        return;
    struct event **link = &domain->events;
    while (*link != event)
        link = &(*link)->next;
    *link = event->next;
    if (*link == NULL)
        domain->events_tail = link;
    event->queued = false;
    if (event->cap_given && !capref_is_null(event->cap))
        (void)cap_destroy(event->cap);
}

errval_t domain_set_events(domainid_t id, struct capref ep)
{
    struct domain *domain = domain_get(id);
    if (domain == NULL || !capref_is_null(domain->event_ep))
        return MON_ERR_LIMIT;
    domain->event_ep = ep;
    send_events(domain);
    return SYS_ERR_OK;
}

/// Makes a Notify or an IRQDest for an endpoint, in a slot of its own.
static errval_t make_vector(struct capref ep, bool irq, struct capref *cap, uint64_t *vector)
{
    errval_t err = slot_alloc(cap);
    if (err_is_fail(err))
        return err;
    err = irq ? invoke_kernel_irqdest_create(cap_kernel, ep, *cap, vector)
              : invoke_kernel_notify_create(cap_kernel, ep, *cap, vector);
    if (err_is_fail(err)) {
        (void)slot_free(*cap);
        *cap = NULL_CAP;
    }
    return err;
}

errval_t domain_set_notify(domainid_t id, struct capref ep, uint64_t *vector)
{
    struct domain *domain = domain_get(id);
    if (domain == NULL || !capref_is_null(domain->notify_ep))
        return MON_ERR_LIMIT;
    errval_t err = make_vector(ep, false, &domain->notify, &domain->vector);
    if (err_is_fail(err) && err_no(err) != SYS_ERR_NO_VECTOR)
        return err;
    *vector = err_is_ok(err) ? domain->vector : 0;
    domain->notify_ep = ep;
    return SYS_ERR_OK;
}

errval_t domain_create_irqdest(domainid_t id, struct capref ep, struct capref *dest)
{
    struct domain *domain = domain_get(id);
    if (domain == NULL || !capref_is_null(domain->irq_dest))
        return MON_ERR_LIMIT;
    errval_t err = make_vector(ep, true, &domain->irq_dest, &domain->irq_vector);
    *dest = domain->irq_dest;
    return err;
}

void domain_notify_description(domainid_t id, struct capability *notify)
{
    struct domain *domain = domain_find(id);
    if (domain == NULL || capref_is_null(domain->notify) ||
        err_is_fail(cap_identify(domain->notify, notify)))
        *notify = (struct capability){.type = ObjType_Null};
}

void domain_wake(domainid_t id)
{
    struct domain *domain = domain_find(id);
    uint64_t words[LMP_MSG_LENGTH] = {0};
    if (domain == NULL || capref_is_null(domain->notify_ep))
        return;
    // A full endpoint holds a notification that was not looked at yet.
    errval_t err = sys_lmp_send(get_cap_caddr(domain->notify_ep), 0, 0, 0, words);
    if (err_is_fail(err) && !lmp_err_is_transient(err))
        DEBUG_ERR(err, "domain %x cannot be notified", id);
}

void domain_forget(domainid_t id)
{
    struct domain *domain = domain_find(id);
    if (domain == NULL)
        return;
    while (domain->events != NULL)
        take_first(domain);
    if (domain->retry_pending)
        (void)deferred_event_cancel(&domain->retry);
    if (!capref_is_null(domain->notify)) {
        (void)!invoke_kernel_vector_free(cap_kernel, domain->vector);
        (void)cap_destroy(domain->notify);
    }
    if (!capref_is_null(domain->irq_dest)) {
        (void)!invoke_kernel_vector_free(cap_kernel, domain->irq_vector);
        (void)cap_destroy(domain->irq_dest);
    }
    if (!capref_is_null(domain->notify_ep))
        (void)cap_destroy(domain->notify_ep);
    if (!capref_is_null(domain->event_ep))
        (void)cap_destroy(domain->event_ep);
    *domain = (struct domain){0};
}
