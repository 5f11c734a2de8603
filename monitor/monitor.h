// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of the monitor know of one another. Each file owns its state; `monitor` holds what
// all of them need and nobody changes after the start. The monitor is one thread: a handler runs to
// its end, and none waits for another domain but for the memory server of the same core, which
// waits for nobody.

#pragma once

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "if/monitor.h"
#include "intermon.h"
#include "kpi/bootinfo.h"
#include "protocol/binding.h"
#include "protocol/boot_tree.h"
#include "protocol/shares.h"

#define MONITOR_FAN_OUT 3u
/// Time that a core has to come up, in microseconds: long, because on a loaded host many cores
/// share a real one.
#define MONITOR_START_DEADLINE_US 60000000u

struct monitor {
    coreid_t core;
    const struct bootinfo *bootinfo;
    struct boot_tree tree;
    struct waitset ws;
    struct lmp_server server;
};
extern struct monitor monitor;

// cores.c: which cores are up.

/// A core has come up or has failed to, as its starter says; on core 0 the state of the machine
/// follows.
void cores_report(coreid_t core, enum monitor_core_state state, uint64_t start_tsc);
/// Reports a core and all that it would have started as failed, with the reason in words.
void cores_report_failed(coreid_t root, const char *reason);
void cores_handle_report(const struct intermon_msg *msg);
void cores_handle_map(const struct intermon_msg *msg, coreid_t from);
void cores_handle_status(const struct intermon_msg *msg);
bool cores_is_up(coreid_t core);
void cores_reply(domainid_t domain);
void cores_await(domainid_t domain);
/// To be called once, when the state of this core itself is known.
void cores_init(void);

// start.c: starting cores.

/// Divides what bootinfo says that this monitor holds, and starts its children. Ends the domain if
/// the division is impossible.
void start_children(void);
void start_handle_up(const struct intermon_msg *msg, coreid_t from);

// cap_transfer.c: capabilities to and from other cores.

/// Sends a message that carries `cap` (NULL_CAP: none) in words 0 to 3. The capability stays the
/// caller's.
///
/// \return MON_ERR_CAP_SEND: of a type that does not cross cores; errors of intermon_send().
/// Nothing was sent then.
errval_t cap_transfer_send(struct intermon_msg *msg, struct capref cap);
/// On the way: tells whether a message's capability is owned here and the message is to be sent on;
/// does it.
bool cap_transfer_pass(const struct intermon_msg *msg);
/// Makes the capability in words 0 to 3 of a message for this core real, in a slot that is the
/// caller's then; the owner is told.
errval_t cap_transfer_receive(const struct intermon_msg *msg, struct capref *cap);
/// Notes that the CPU driver has given `core` a copy of a capability of ours
/// (KERNEL_CMD_START_CORE).
void cap_transfer_shared(struct capref cap, coreid_t core);
/// Tells the owner that a message's capability is not wanted: as cap_transfer_receive() that
/// failed.
void cap_transfer_refuse(const struct intermon_msg *msg);
/// Has the CPU driver tell this monitor when the last copy of a frame on this core is gone.
errval_t cap_transfer_watch(struct capref frame);
/// Reserves a slot for a frame that other cores may keep, in which it waits for them.
errval_t cap_transfer_reserve(void);
/// Gives one back.
void cap_transfer_unreserve(void);
/// Makes a capability that has no owner (Notify) out of its description; NULL_CAP out of zeros.
errval_t cap_transfer_make_name(const uint64_t *words, struct capref *cap);
/// The same in an empty slot of the caller's, which takes no memory. MON_ERR_PROTOCOL for zeros.
errval_t cap_transfer_make_name_at(const uint64_t *words, struct capref slot);
void cap_transfer_put(uint64_t *words, const struct capability *cap);
void cap_transfer_get(const uint64_t *words, struct capability *cap);
void cap_transfer_handle_ack(const struct intermon_msg *msg);
void cap_transfer_handle_released(const struct intermon_msg *msg);
/// Tries again what found no room among the messages to other monitors.
void cap_transfer_retry(void);
/// Registers the CNode for last copies with the CPU driver. Ends the domain on an error.
void cap_transfer_init(void);

// domains.c: what is known of a domain of this core, and events to it.

/// An event on its way to a domain; lies in the record that it is about. Zero is unused.
struct event {
    struct event *next, *prev;
    bool queued;
    void (*sent)(struct event *event); ///< or NULL; it has gone to the domain, or will not
    bool cap_given;                    ///< cap is deleted when the event is gone
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
    struct event *events, *events_last;
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
/// Tells a domain that some of its connections are gone, without saying which.
void domain_check(domainid_t id);
/// Wakes a domain that has no Notify, on behalf of a peer.
void domain_wake(domainid_t id);
/// The boot is complete: answers those that wait for it.
void domains_answer_boot(void);
void domain_forget(domainid_t id);

// requests.c: requests that other monitors answer.

/// Sends a request to `msg->destination` for a domain, with a token in word 0; the domain gets the
/// answer as its reply, or, with `wait`, an event MONITOR_EVENT_NAME, and its reply at once.
void request_send(struct intermon_msg *msg, domainid_t domain, bool wait);
void request_handle_reply(const struct intermon_msg *msg);
/// Answers a request that came in `msg`.
void request_answer(const struct intermon_msg *msg, errval_t err, uint64_t value1, uint64_t value2,
                    uint64_t value3);
void request_forget(domainid_t domain);

/// names.c: the name service, on core 0.
void names_init(void);
void names_handle(const struct intermon_msg *msg);
void names_handle_forget(const struct intermon_msg *msg);
void names_forget(domainid_t domain);

/// exports.c: services of this core.
errval_t export_add(domainid_t domain, uint32_t index, iref_t *iref);
errval_t export_remove(domainid_t domain, iref_t iref);
/// Who exports `iref`, if it is this core's; domain 0: nobody.
struct member export_owner(iref_t iref);
/// Frees the exports of a domain that has ended.
void export_forget(domainid_t domain);

/// exec/channel_memory.c: the frames of channels.
bool channel_memory_is(genpaddr_t base);
/// No copy of a frame, perhaps of a channel, is left anywhere.
void channel_memory_freed(genpaddr_t base);
/// No copy is left on this core, but there is one elsewhere.
void channel_memory_left(genpaddr_t base);
void channel_memory_forget(domainid_t client);

/// exec/binding.c: connections between domains.
void bind_init(void);
/// Serves the requests about connections. The capability that came along is taken over.
void bind_serve(domainid_t domain, const uint64_t *words, struct capref cap);
/// Relays what found no room among the messages to other monitors.
void bind_retry(void);
/// Handles the messages about connections.
void bind_handle(const struct intermon_msg *msg);
/// Answers a bind request of another core with an error.
void bind_refuse(const struct intermon_msg *msg, errval_t err);
void bind_forget(domainid_t domain);
/// A service whose clients waited for it is there now, or (`err`) will not come.
void bind_resume(iref_t iref, errval_t err);

/// spawnd.c: this core's spawnd, started when first needed.
/// Starts it if it is not there. An error says that it will not come.
errval_t spawnd_need(void);
/// A domain that this monitor started has died. Tells whether it was spawnd; then nobody can speak
/// with its number any more, and once that is forgotten spawnd_forgotten() is to be called.
bool spawnd_died(domainid_t domain);
void spawnd_forgotten(void);

/// service.c: requests of domains.
void service_init(void);
/// What speaks against a capability that came with a request and is to be an endpoint:
/// LIB_ERR_INVALID_ARGS: there is none; SYS_ERR_CAP_TYPE; those of cap_identify().
errval_t check_endpoint(struct capref cap);
void reply_error(domainid_t domain, errval_t err);
void reply_values(domainid_t domain, uint64_t value1, uint64_t value2, uint64_t value3);
