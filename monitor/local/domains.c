// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The domains of this core that have asked something of the monitor: where they get events and
// notifications. A domain whose endpoint is full is tried again, after twice the time whenever it has
// taken nothing since: one that never takes its events must not keep its core awake. A domain's
// vector is freed when the domain has ended.
//
// V1 An event lies in the record that it is about, and is queued once: queueing one never fails.
// V2 An event that was posted is told to be gone (`sent`) once: when it has been taken, when it is
//    taken back, or when its domain has ended.

#include "local/domains.h"

#include "if/monitor.h"
#include "local/local.h"
#include "protocol/table.h"
#include "state/monitor.h"

#include <assert.h>

#define DOMAINS_MAX 280u ///< what spawnd makes, and the first domains
#define RETRY_US 1000u
#define RETRY_MAX_US 128000u

static struct domain domains[DOMAINS_MAX];
static struct table by_id;

struct domain *domain_find(domainid_t id)
{
    uint16_t i = table_first(&by_id, id);
    while (i != TABLE_NONE && domains[i].id != id)
        i = table_next(&by_id, i);
    return i == TABLE_NONE ? NULL : &domains[i];
}

struct domain *domain_get(domainid_t id)
{
    struct domain *domain = domain_find(id);
    if (domain != NULL)
        return domain;
    uint16_t i = table_add(&by_id, DOMAINS_MAX, id);
    if (i == TABLE_NONE)
        return NULL;
    domain = &domains[i];
    *domain = (struct domain){.id = id, .family = id};
    list_init(&domain->events);
    return domain;
}

errval_t domain_introduce(struct member member)
{
    struct domain *domain = domain_get(member.domain);
    if (domain == NULL)
        return MON_ERR_LIMIT;
    domain->family = member.family;
    return SYS_ERR_OK;
}

struct member domain_member(domainid_t id)
{
    const struct domain *domain = domain_find(id);
    return (struct member){id, domain == NULL ? id : domain->family};
}

bool domain_has_family(struct member member)
{
    bool others = false;
    for (unsigned i = 0; i < by_id.used; i++)
        others |= domains[i].id != 0 && domains[i].id != member.domain &&
                  domains[i].family == member.family;
    return others;
}

unsigned family_share(domainid_t family, unsigned entries)
{
    return shares_of(family, monitor.core, monitor.tree.count, entries);
}

/// Whether it is queued.
static bool is_queued(const struct event *event)
{
    return event->place.next != NULL;
}

/// The event is on its way to nobody any more.
static void event_done(struct event *event)
{
    assert(!is_queued(event)); // V2
    if (event->cap_given && !capref_is_null(event->cap))
        cap_drop(event->cap); // it may be any domain's
    event->cap = NULL_CAP;
    if (event->sent != NULL)
        event->sent(event);
}

static void take_out(struct event *event)
{
    list_remove(&event->place);
    event_done(event);
}

static struct event *first_event(const struct domain *domain)
{
    return list_is_empty(&domain->events) ? NULL
                                          : LIST_OWNER(domain->events.next, struct event, place);
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
    struct event *event;
    while ((event = first_event(domain)) != NULL && !capref_is_null(domain->event_ep)) {
        uint64_t words[LMP_MSG_LENGTH] = {0};
        for (unsigned i = 0; i < sizeof(event->words) / sizeof(event->words[0]); i++)
            words[i] = event->words[i];
        // What is handed out here others hold too, but for what is given away: it must not be revoked.
        errval_t err =
            sys_lmp_send(get_cap_caddr(domain->event_ep), event->grants ? 0 : LMP_FLAG_NO_GRANT,
                         get_cap_caddr(event->cap), LMP_MSG_LENGTH, words);
        if (event->words[0] == MONITOR_EVENT_CAP &&
            err_no(err) == SYS_ERR_LMP_CAPTRANSFER_SRC) { // revoked meanwhile
            event->words[2] = err;
            cap_drop(event->cap);
            event->cap = NULL_CAP;
            continue;
        }
        if (lmp_err_is_transient(err)) {
            try_later(domain);
            return;
        }
        // Other errors are the domain's own doing: it has ended, or has taken its endpoint away.
        take_out(event);
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
        event_done(event);
        return;
    }
    assert(!is_queued(event)); // V1
    list_add(&domain->events, &event->place);
    send_events(domain);
}

void domain_event_cancel(domainid_t id, struct event *event)
{
    if (domain_find(id) != NULL && is_queued(event))
        take_out(event);
}

/// The record of a domain that gives an endpoint.
static errval_t get_for(domainid_t id, struct capref ep, struct domain **domain)
{
    errval_t err = check_endpoint(ep);
    if (err_is_ok(err) && (*domain = domain_get(id)) == NULL)
        err = MON_ERR_LIMIT;
    return err;
}

errval_t domain_set_events(domainid_t id, struct capref ep)
{
    struct domain *domain;
    errval_t err = get_for(id, ep, &domain);
    if (err_is_fail(err))
        return err;
    if (!capref_is_null(domain->event_ep))
        (void)cap_destroy(domain->event_ep);
    domain->event_ep = ep;
    send_events(domain);
    return SYS_ERR_OK;
}

/// Makes a Notify or an IRQDest for an endpoint, in a slot of its own.
static errval_t make_vector(struct capref ep, bool irq, struct capref *cap, uint64_t *vector)
{
    struct capref slot;
    errval_t err = slot_alloc(&slot);
    if (err_is_fail(err))
        return err;
    err = irq ? invoke_kernel_irqdest_create(cap_kernel, ep, slot, vector)
              : invoke_kernel_notify_create(cap_kernel, ep, slot, vector);
    return slot_settle(slot, err, cap);
}

errval_t domain_set_notify(domainid_t id, struct capref ep, uint64_t *vector)
{
    struct domain *domain;
    errval_t err = get_for(id, ep, &domain);
    if (err_is_fail(err) || !capref_is_null(domain->notify_ep))
        return err_is_fail(err) ? err : MON_ERR_LIMIT;
    err = make_vector(ep, false, &domain->notify, &domain->vector);
    if (err_is_fail(err) && err_no(err) != SYS_ERR_NO_VECTOR)
        return err;
    *vector = err_is_ok(err) ? domain->vector : 0;
    domain->notify_ep = ep;
    return SYS_ERR_OK;
}

errval_t domain_create_irqdest(domainid_t id, struct capref ep, struct capref *dest)
{
    struct domain *domain;
    errval_t err = get_for(id, ep, &domain);
    if (err_is_ok(err) && !capref_is_null(domain->irq_dest))
        err = MON_ERR_LIMIT;
    if (err_is_ok(err))
        err = make_vector(ep, true, &domain->irq_dest, &domain->irq_vector);
    if (err_is_ok(err))
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

struct capref domain_notify_copy(domainid_t id)
{
    struct domain *domain = domain_find(id);
    struct capref slot, copy = NULL_CAP;
    if (domain != NULL && !capref_is_null(domain->notify) && err_is_ok(slot_alloc(&slot)))
        (void)slot_settle(slot, cap_copy(slot, domain->notify), &copy);
    return copy;
}

void domain_check(domainid_t id)
{
    struct domain *domain = domain_find(id);
    if (domain == NULL || is_queued(&domain->check))
        return;
    domain->check = (struct event){.words = {MONITOR_EVENT_CHECK}};
    domain_post(id, &domain->check);
}

void domain_wake(domainid_t id)
{
    struct domain *domain = domain_find(id);
    uint64_t words[LMP_MSG_LENGTH] = {0};
    if (domain == NULL || capref_is_null(domain->notify_ep))
        return;
    // A full endpoint holds a notification that was not looked at yet, and one that is gone was
    // taken away by the domain.
    (void)!sys_lmp_send(get_cap_caddr(domain->notify_ep), 0, 0, 0, words);
}

void domains_answer_boot(void (*answer)(domainid_t id))
{
    for (unsigned i = 0; i < by_id.used; i++) {
        if (domains[i].awaits_boot)
            answer(domains[i].id);
        domains[i].awaits_boot = false;
    }
}

void domain_forget(domainid_t id)
{
    struct domain *domain = domain_find(id);
    if (domain == NULL)
        return;
    struct event *event;
    while ((event = first_event(domain)) != NULL)
        take_out(event);
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
    table_remove(&by_id, id, (uint16_t)(domain - domains));
}
