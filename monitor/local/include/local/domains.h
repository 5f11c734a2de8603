// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What is known of a domain of this core, and events to it.

#pragma once

#include "barrelfish/barrelfish.h"
#include "kpi/list.h"
#include "protocol/shares.h"

/// An event on its way to a domain; lies in the record that it is about. Zero is unused.
struct event {
    struct list place;
    void (*sent)(struct event *event); ///< or NULL; it has gone to the domain, or will not
    bool cap_given;                    ///< cap is deleted when the event is gone
    bool grants;                       ///< its copy has the right to grant
    struct capref cap;
    uint64_t words[6];
};

struct domain {
    domainid_t id; ///< 0: free
    domainid_t family;
    struct capref event_ep;
    struct capref notify_ep; ///< only if there is no Notify
    struct capref notify;
    uint64_t vector;
    struct capref irq_dest; ///< made by MONITOR_IRQDEST_CREATE
    uint64_t irq_vector;
    bool awaits_boot; ///< gets its reply when the boot is complete
    struct list events;
    struct event check;          ///< MONITOR_EVENT_CHECK
    struct deferred_event retry; ///< while its endpoint is full
    bool retry_pending;
    delayus_t retry_us; ///< last delay, 0 if it has taken an event since
};

/// The record of a domain of this core, made if it is not there; NULL if there are too many.
struct domain *domain_get(domainid_t id);
struct domain *domain_find(domainid_t id);
/// Notes to which family a domain belongs that is about to run. MON_ERR_LIMIT.
errval_t domain_introduce(struct member member);
/// A domain of this core with its family; one that was not introduced (those of the trusted base) is
/// a family of its own.
struct member domain_member(domainid_t id);
/// Whether there is another domain of its family on this core.
bool domain_has_family(struct member member);
/// How many entries of a table of this core a family may have (shares_of()).
unsigned family_share(domainid_t family, unsigned entries);
/// Queues an event, which must not be queued, and sends what can be sent: `sent` may be called
/// before this returns. If the domain is unknown it is dropped.
void domain_post(domainid_t id, struct event *event);
/// Takes an event that is queued back, deletes its capability and calls `sent`.
void domain_event_cancel(domainid_t id, struct event *event);
/// The endpoint of a domain's events, which is taken over, in place of the one before.
errval_t domain_set_events(domainid_t id, struct capref ep);
errval_t domain_set_notify(domainid_t id, struct capref ep, uint64_t *vector);
/// Makes an IRQDest for a domain's own endpoint, once. `dest` stays the domain record's.
errval_t domain_create_irqdest(domainid_t id, struct capref ep, struct capref *dest);
/// Description of the Notify of a domain, all zero if it has none.
void domain_notify_description(domainid_t id, struct capability *notify);
/// A copy of it, or NULL_CAP.
struct capref domain_notify_copy(domainid_t id);
/// Tells a domain that some of its connections are gone, without saying which.
void domain_check(domainid_t id);
/// Wakes a domain that has no Notify, on behalf of a peer.
void domain_wake(domainid_t id);
/// Answers, by `answer`, all that wait for the boot to be complete (awaits_boot).
void domains_answer_boot(void (*answer)(domainid_t id));
void domain_forget(domainid_t id);
