// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Events from the monitor. A thread of its own waits for them on a waitset of its own, so that they
// are handled even while the program's threads block elsewhere; it hands each event to whoever
// waits for it. One mutex protects the lists and holds events back while a request is being made.
// See monitor_events.h.

#include "monitor_events.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/debug.h"
#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/slot_alloc.h"
#include "dispatch/dispatcher.h"

#include <assert.h>

#define EVENT_MESSAGES 16u
#define THREAD_STACK_BYTES 32768u

static struct thread_mutex mutex = THREAD_MUTEX_INITIALIZER;
static bool started;
static bool thread_runs;
static struct waitset events_ws = WAITSET_INITIALIZER;
static struct capref events_cap;
static struct lmp_endpoint *events_ep;
static struct list waits = LIST_EMPTY(waits), peers = LIST_EMPTY(peers);

void (*monitor_bind_requested)(struct monitor_bind_request *request);

void monitor_wait_add(struct monitor_wait *wait, enum monitor_event event, uint64_t id,
                      void (*done)(struct monitor_wait *wait), void *st)
{
    *wait = (struct monitor_wait){.event = event, .id = id, .done = done, .st = st};
    thread_sem_init(&wait->sem, 0);
    list_add(&waits, &wait->place);
}

bool monitor_wait_try(struct monitor_wait *wait, systime_t deadline)
{
    dispatch_say_wait(wait->event == MONITOR_EVENT_NAME ? WAIT_NAME : WAIT_BINDING, 0);
    bool came = thread_sem_wait_until(&wait->sem, deadline);
    dispatch_say_wait(WAIT_UNSAID, 0);
    return came;
}

errval_t monitor_wait_block(struct monitor_wait *wait, systime_t deadline)
{
    if (monitor_wait_try(wait, deadline))
        return wait->err;
    thread_mutex_lock(&mutex);
    bool forgotten = list_is_in(&wait->place);
    list_remove(&wait->place);
    thread_mutex_unlock(&mutex);
    return forgotten ? (errval_t)LIB_ERR_TIMEOUT : wait->err; // else it came after all
}

void monitor_peer_add(struct monitor_peer *peer)
{
    list_add(&peers, &peer->place);
}

void monitor_peer_remove(struct monitor_peer *peer)
{
    list_remove(&peer->place);
}

static struct monitor_peer *peer_at(struct list *place)
{
    return LIST_OWNER(place, struct monitor_peer, place);
}

static struct monitor_wait *wait_find(uint64_t event, uint64_t id)
{
    for (struct list *place = waits.next; place != &waits; place = place->next) {
        struct monitor_wait *wait = LIST_OWNER(place, struct monitor_wait, place);
        if (wait->event == event && wait->id == id)
            return wait;
    }
    return NULL;
}

static void complete_wait(const uint64_t *words, struct capref cap)
{
    struct monitor_wait *wait = wait_find(words[0], words[1]);
    if (wait == NULL) {
        if (!capref_is_null(cap))
            (void)cap_destroy(cap);
        return;
    }
    assert(list_is_in(&wait->place)); // ME1
    list_remove(&wait->place);
    wait->err = words[2];
    wait->value = words[3];
    wait->cap = cap;
    if (wait->done != NULL)
        wait->done(wait);
    else
        thread_sem_post(&wait->sem);
}

static void peer_gone(uint64_t id)
{
    for (struct list *place = peers.next; place != &peers; place = place->next)
        if (peer_at(place)->id == id)
            peer_at(place)->gone(peer_at(place));
}

/// A capability has come for a connection. What is nobody's is deleted; its slot or another one is for
/// the next.
static void take_cap(const uint64_t *words, struct capref cap)
{
    bool server = (words[3] & MONITOR_CAP_SERVER) != 0, had = !capref_is_null(cap);
    struct list *place = peers.next;
    while (place != &peers && (peer_at(place)->id != words[1] || peer_at(place)->server != server))
        place = place->next;
    if (place != &peers)
        cap = peer_at(place)->cap(peer_at(place), words, cap);
    else if (had)
        (void)cap_delete(cap);
    if (had)
        lmp_endpoint_set_recv_slot(events_ep, cap);
}

/// Some connections have ended without an event for each.
static void check_peers(void)
{
    for (struct list *place = peers.next; place != &peers; place = place->next) {
        struct monitor_peer *peer = peer_at(place);
        uint64_t words[LMP_MSG_LENGTH] = {MONITOR_CHECK, peer->id};
        if (err_no(monitor_call(words, NULL_CAP, words, NULL)) == LIB_ERR_CHAN_CLOSED)
            peer->gone(peer);
    }
}

static void handle_event(const uint64_t *words, struct capref cap)
{
    struct monitor_bind_request request;
    switch (words[0]) {
    case MONITOR_EVENT_BIND:
    case MONITOR_EVENT_BIND_LMP:
        request = (struct monitor_bind_request){
            .id = words[1],
            .iref = words[2],
            .client = (domainid_t)words[5],
            .family = (domainid_t)(words[5] >> 32),
            .lmp = words[0] == MONITOR_EVENT_BIND_LMP,
            .client_out_bytes = words[3],
            .client_in_bytes = words[4],
            .cap = cap,
        };
        monitor_bind_requested(&request);
        break;
    case MONITOR_EVENT_GONE:
        peer_gone(words[1]);
        break;
    case MONITOR_EVENT_CHECK:
        check_peers();
        break;
    default:
        complete_wait(words, cap);
    }
}

static errval_t set_recv_slot(void)
{
    struct capref slot;
    errval_t err = slot_alloc(&slot);
    if (err_is_ok(err))
        lmp_endpoint_set_recv_slot(events_ep, slot);
    return err;
}

/// Takes all events that are there.
static void take_events(void *arg)
{
    (void)arg;
    for (;;) {
        struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
        struct capref cap;
        thread_mutex_lock(&mutex);
        errval_t err = lmp_endpoint_recv(events_ep, (struct lmp_recv_buf *)&msg, &cap);
        if (err_is_ok(err) && msg.words[0] == MONITOR_EVENT_CAP) {
            take_cap(msg.words, cap);
        } else if (err_is_ok(err)) {
            if (!capref_is_null(cap) && err_is_fail(set_recv_slot()))
                USER_PANIC("no slot for capabilities from the monitor");
            handle_event(msg.words, cap);
        }
        thread_mutex_unlock(&mutex);
        if (err_is_fail(err))
            break;
    }
    errval_t err = lmp_endpoint_register(events_ep, &events_ws, MKCLOSURE(take_events, NULL));
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "cannot wait for the monitor");
}

static int events_thread(void *arg)
{
    (void)arg;
    thread_be_service(&events_ws);
    while (err_is_ok(event_dispatch(&events_ws)))
        ;
    return 0;
}

/// Makes the endpoint, with a slot for what comes.
static errval_t make_endpoint(void)
{
    if (events_ep != NULL)
        return SYS_ERR_OK;
    errval_t err = endpoint_create(EVENT_MESSAGES, &events_cap, &events_ep);
    if (err_is_fail(err))
        return err;
    err = set_recv_slot();
    if (err_is_fail(err)) {
        endpoint_destroy(events_cap, events_ep);
        events_ep = NULL;
    }
    return err;
}

static errval_t start_thread(void)
{
    if (thread_runs)
        return SYS_ERR_OK;
    errval_t err = lmp_endpoint_register(events_ep, &events_ws, MKCLOSURE(take_events, NULL));
    if (err_is_fail(err))
        return err;
    thread_runs = thread_create_varstack(events_thread, NULL, THREAD_STACK_BYTES) != NULL;
    if (!thread_runs)
        (void)lmp_endpoint_deregister(events_ep);
    return thread_runs ? SYS_ERR_OK : LIB_ERR_THREAD_CREATE;
}

/// Makes the endpoint, starts the thread and gives the endpoint to the monitor. What was done stays
/// when a later step fails, and is not done again at the next attempt.
static errval_t start(void)
{
    uint64_t words[LMP_MSG_LENGTH] = {MONITOR_EVENTS};
    errval_t err = make_endpoint();
    if (err_is_ok(err))
        err = start_thread();
    return err_is_ok(err) ? monitor_call(words, events_cap, words, NULL) : err;
}

errval_t monitor_events_begin(void)
{
    errval_t err = SYS_ERR_OK;
    thread_mutex_lock(&mutex);
    if (!started)
        err = start();
    started = err_is_ok(err);
    if (err_is_fail(err))
        thread_mutex_unlock(&mutex);
    return err;
}

void monitor_events_hold(void)
{
    thread_mutex_lock(&mutex);
    assert(started); // ME2
}

void monitor_events_end(void)
{
    thread_mutex_unlock(&mutex);
}
