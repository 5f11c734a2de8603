// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Events from the monitor: who each one is for, what becomes of those that nobody waits for, and a
// beginning of which each step fails. The endpoint and the thread are the test's.
#include "fake_services.h"

#include "barrelfish/slot_alloc.h"
#include "client/monitor_events.h"
#include "dispatch/dispatcher.h"

#include <string.h>

static struct {
    unsigned slots, endpoints, destroyed_endpoints, registers, deregisters, threads, recv_slots;
    unsigned slots_left, dispatches;
    errval_t endpoint_error, register_error;
    bool no_thread;
    struct event_closure closure;
    struct waitset *ws;
    thread_func_t thread;
    struct {
        uint64_t words[8];
        struct capref cap;
    } messages[16];
    unsigned count, taken;
    systime_t deadline;
    void (*on_wait)(void);
    struct waitset *service;
} around;

static struct lmp_endpoint endpoint;

errval_t slot_alloc(struct capref *ret)
{
    if (around.slots_left == 0)
        return LIB_ERR_SLOT_ALLOC_NO_SPACE;
    around.slots_left--;
    around.slots++;
    *ret = (struct capref){cnode_task, 100 + around.slots};
    return SYS_ERR_OK;
}

static unsigned cap_deletes;

errval_t cap_delete(struct capref cap)
{
    CU_ASSERT_FALSE(capref_is_null(cap));
    cap_deletes++;
    return SYS_ERR_OK;
}

errval_t endpoint_create(size_t buflen, struct capref *retcap, struct lmp_endpoint **retep)
{
    CU_ASSERT_TRUE(buflen >= 4);
    if (err_is_fail(around.endpoint_error))
        return around.endpoint_error;
    around.endpoints++;
    *retcap = cap_selfep;
    *retep = &endpoint;
    return SYS_ERR_OK;
}

void endpoint_destroy(struct capref cap, struct lmp_endpoint *ep)
{
    CU_ASSERT_TRUE(capcmp(cap, cap_selfep) && ep == &endpoint);
    around.destroyed_endpoints++;
}

void lmp_endpoint_set_recv_slot(struct lmp_endpoint *ep, struct capref slot)
{
    ep->recv_slot = slot;
    around.recv_slots++;
}

errval_t lmp_endpoint_register(struct lmp_endpoint *ep, struct waitset *ws,
                               struct event_closure closure)
{
    CU_ASSERT_PTR_EQUAL(ep, &endpoint);
    around.closure = closure;
    around.ws = ws;
    around.registers += err_is_ok(around.register_error);
    return around.register_error;
}

errval_t lmp_endpoint_deregister(struct lmp_endpoint *ep)
{
    CU_ASSERT_PTR_EQUAL(ep, &endpoint);
    around.deregisters++;
    return SYS_ERR_OK;
}

errval_t lmp_endpoint_recv(struct lmp_endpoint *ep, struct lmp_recv_buf *buf, struct capref *cap)
{
    CU_ASSERT_TRUE(ep == &endpoint && buf->buflen == LMP_MSG_LENGTH);
    CU_ASSERT_EQUAL(fake.locks, 1); // events are held back while one is handled
    if (around.taken == around.count)
        return LIB_ERR_NO_LMP_MSG;
    memcpy(buf->words, around.messages[around.taken].words, 64);
    *cap = around.messages[around.taken++].cap;
    return SYS_ERR_OK;
}

struct thread *thread_create_varstack(thread_func_t start_func, void *arg, size_t stacksize)
{
    CU_ASSERT_TRUE(arg == NULL && stacksize >= 16384);
    around.thread = start_func;
    around.threads += !around.no_thread;
    return around.no_thread ? NULL : (struct thread *)0x2000;
}

void thread_be_service(struct waitset *ws)
{
    around.service = ws;
}

errval_t event_dispatch(struct waitset *ws)
{
    CU_ASSERT_PTR_EQUAL(ws, around.ws);
    return ++around.dispatches < 3 ? SYS_ERR_OK : LIB_ERR_NO_EVENT;
}

void thread_sem_init(struct thread_sem *sem, unsigned int value)
{
    *sem = (struct thread_sem){.value = value};
}

void thread_sem_post(struct thread_sem *sem)
{
    sem->value++;
}

bool thread_sem_wait_until(struct thread_sem *sem, systime_t deadline)
{
    around.deadline = deadline;
    fake.waits_for = fake_dispatcher()->waits_for;
    if (around.on_wait != NULL)
        around.on_wait();
    bool came = sem->value > 0;
    sem->value -= came;
    return came;
}

static void begin(void)
{
    around.slots_left = 100;
    CU_ASSERT_EQUAL_FATAL(monitor_events_begin(), SYS_ERR_OK);
}

static void event(uint64_t op, uint64_t one, uint64_t two, uint64_t three, struct capref cap)
{
    CU_ASSERT_FATAL(around.count < 16);
    memcpy(around.messages[around.count].words,
           (uint64_t[8]){op, one, two, three, 4, 5 | 6ul << 32}, 64);
    around.messages[around.count++].cap = cap;
}

static void take(void)
{
    unsigned registers = around.registers;
    around.closure.handler(around.closure.arg);
    CU_ASSERT_TRUE(around.taken == around.count && around.registers == registers + 1);
    around.taken = around.count = 0;
}

static void begins(void)
{
    around.slots_left = 100;
    around.endpoint_error = LIB_ERR_ENDPOINT_ALLOC;
    CU_ASSERT_EQUAL(monitor_events_begin(), LIB_ERR_ENDPOINT_ALLOC);
    around.endpoint_error = SYS_ERR_OK;
    around.slots_left = 0;
    CU_ASSERT_EQUAL(monitor_events_begin(), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_TRUE(around.endpoints == 1 && around.destroyed_endpoints == 1);
    around.slots_left = 100;
    around.register_error = LIB_ERR_CHAN_ALREADY_REGISTERED;
    CU_ASSERT_EQUAL(monitor_events_begin(), LIB_ERR_CHAN_ALREADY_REGISTERED);
    around.register_error = SYS_ERR_OK;
    around.no_thread = true;
    CU_ASSERT_EQUAL(monitor_events_begin(), LIB_ERR_THREAD_CREATE);
    CU_ASSERT_TRUE(around.deregisters == 1 && around.threads == 0);
    around.no_thread = false;
    fake.answer = fake_answer_words;
    fake_words[0] = MON_ERR_LIMIT;
    CU_ASSERT_EQUAL(monitor_events_begin(), MON_ERR_LIMIT);
    CU_ASSERT_TRUE(fake.locks == 0 && fake.count == 1);
    fake_words[0] = SYS_ERR_OK;
    CU_ASSERT_EQUAL(monitor_events_begin(), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake.locks == 1 && fake.count == 2 && fake_last(0)->words[0] == MONITOR_EVENTS &&
                   capcmp(fake_last(0)->cap, cap_selfep));
    monitor_events_end();
    CU_ASSERT_EQUAL(monitor_events_begin(), SYS_ERR_OK);
    monitor_events_end();
    monitor_events_hold();
    CU_ASSERT_EQUAL(fake.locks, 1);
    monitor_events_end();
    CU_ASSERT_TRUE(fake.count == 2 && around.endpoints == 2 && around.threads == 1 &&
                   around.registers == 2);
    CU_ASSERT_EQUAL(around.thread(NULL), 0);
    CU_ASSERT_TRUE(around.service == around.ws && around.dispatches == 3);
}

static struct monitor_wait first, second;
static struct monitor_wait *done_with;

static void done(struct monitor_wait *wait)
{
    done_with = wait;
}

static void completes(void)
{
    begin();
    monitor_wait_add(&first, MONITOR_EVENT_BOUND, 7, NULL, NULL);
    monitor_wait_add(&second, MONITOR_EVENT_NAME, 7, done, &first);
    monitor_events_end();
    event(MONITOR_EVENT_NAME, 7, MON_ERR_LIMIT, 55, NULL_CAP);
    event(MONITOR_EVENT_BOUND, 8, 0, 0, cap_io);  // nobody's
    event(MONITOR_EVENT_NAME, 7, 0, 0, NULL_CAP); // nobody's any more
    take();
    CU_ASSERT_TRUE(done_with == &second && second.err == MON_ERR_LIMIT && second.value == 55 &&
                   second.sem.value == 0 && second.st == &first);
    CU_ASSERT_TRUE(fake.destroyed == 1 && first.sem.value == 0);
    CU_ASSERT_TRUE(around.recv_slots == 2 &&
                   around.slots == 2); // in the place of the one that was used
    event(MONITOR_EVENT_BOUND, 7, 0, 9, cap_io);
    take();
    CU_ASSERT_EQUAL(first.sem.value, 1);
    CU_ASSERT_EQUAL(monitor_wait_block(&first, 33), SYS_ERR_OK);
    CU_ASSERT_TRUE(capcmp(first.cap, cap_io) && first.value == 9 && around.deadline == 33 &&
                   fake.destroyed == 1);
    CU_ASSERT_EQUAL(fake.waits_for, DISPATCHER_WAIT(WAIT_BINDING, 0));
    CU_ASSERT_EQUAL(fake_dispatcher()->waits_for, DISPATCHER_WAIT(WAIT_UNSAID, 0));
    CU_ASSERT_FALSE(monitor_wait_try(&second, 34));
    CU_ASSERT_EQUAL(fake.waits_for, DISPATCHER_WAIT(WAIT_NAME, 0));
}

static void comes_after_all(void)
{
    event(MONITOR_EVENT_BOUND, 7, MON_ERR_NO_IREF, 0, NULL_CAP);
    around.on_wait = NULL;
    take();
    first.sem.value = 0; // the wait had ended by time just before
}

static void times_out(void)
{
    begin();
    monitor_wait_add(&first, MONITOR_EVENT_BOUND, 7, NULL, NULL);
    monitor_wait_add(&second, MONITOR_EVENT_NAME, 7, NULL, NULL);
    monitor_events_end();
    CU_ASSERT_EQUAL(monitor_wait_block(&first, 5), LIB_ERR_TIMEOUT);
    event(MONITOR_EVENT_BOUND, 7, 0, 0, cap_io);
    take();
    CU_ASSERT_TRUE(fake.destroyed == 1 && first.sem.value == 0); // it was forgotten
    CU_ASSERT_FALSE(monitor_wait_try(&second, 5));
    CU_ASSERT_EQUAL(fake.waits_for & UINT32_MAX, WAIT_NAME);
    event(MONITOR_EVENT_NAME, 7, 0, 0, NULL_CAP);
    take();
    CU_ASSERT_TRUE(monitor_wait_try(&second, 5)); // it was not
    monitor_events_hold();
    monitor_wait_add(&first, MONITOR_EVENT_BOUND, 7, NULL, NULL);
    monitor_events_end();
    around.on_wait = comes_after_all;
    CU_ASSERT_EQUAL(monitor_wait_block(&first, 5), MON_ERR_NO_IREF);
}

static struct monitor_peer peers[3];
static unsigned gone[3];

static void is_gone(struct monitor_peer *peer)
{
    gone[peer - peers]++;
}

static errval_t check(struct fake_request *request, uint64_t words[8], struct capref *cap)
{
    (void)cap;
    if (request->words[0] == MONITOR_CHECK)
        words[0] = request->words[1] == 12   ? LIB_ERR_CHAN_CLOSED
                   : request->words[1] == 11 ? MON_ERR_LIMIT
                                             : SYS_ERR_OK;
    return SYS_ERR_OK;
}

static void peers_go(void)
{
    fake.answer = check;
    begin();
    for (unsigned i = 0; i < 3; i++) {
        peers[i] = (struct monitor_peer){.id = 10 + i, .gone = is_gone};
        monitor_peer_add(&peers[i]);
    }
    monitor_events_end();
    event(MONITOR_EVENT_GONE, 11, 0, 0, NULL_CAP);
    event(MONITOR_EVENT_GONE, 99, 0, 0, NULL_CAP);
    take();
    CU_ASSERT_TRUE(gone[0] == 0 && gone[1] == 1 && gone[2] == 0);
    event(MONITOR_EVENT_CHECK, 0, 0, 0, NULL_CAP);
    take();
    CU_ASSERT_TRUE(gone[0] == 0 && gone[1] == 1 && gone[2] == 1 && fake.count == 4);
    monitor_events_hold();
    monitor_peer_remove(&peers[1]);
    monitor_events_end();
    event(MONITOR_EVENT_GONE, 11, 0, 0, NULL_CAP);
    event(MONITOR_EVENT_GONE, 10, 0, 0, NULL_CAP);
    take();
    CU_ASSERT_TRUE(gone[0] == 1 && gone[1] == 1);
}

static struct capref came;
static unsigned caps;

static struct capref cap_comes(struct monitor_peer *peer, const uint64_t *words, struct capref cap)
{
    CU_ASSERT_TRUE(peer == &peers[1] && words[1] == 11);
    caps++;
    came = cap;
    return capref_is_null(cap) ? cap : cap_vroot;
}

/// A capability goes to its side of a connection; the endpoint gets a slot for the next one.
static void caps_come(void)
{
    begin();
    for (unsigned i = 0; i < 2; i++) {
        peers[i] = (struct monitor_peer){.id = 11, .server = i == 1, .cap = cap_comes};
        monitor_peer_add(&peers[i]);
    }
    monitor_events_end();
    unsigned slots = around.slots, deleted = cap_deletes;
    event(MONITOR_EVENT_CAP, 11, 0, MONITOR_CAP_SERVER, cap_io);
    take();
    CU_ASSERT_TRUE(caps == 1 && capcmp(came, cap_io) && capcmp(endpoint.recv_slot, cap_vroot));
    event(MONITOR_EVENT_CAP, 11, LIB_ERR_MALLOC_FAIL, MONITOR_CAP_SERVER, NULL_CAP);
    take();
    CU_ASSERT_TRUE(caps == 2 && capcmp(endpoint.recv_slot, cap_vroot) && deleted == cap_deletes);
    event(MONITOR_EVENT_CAP, 12, 0, MONITOR_CAP_SERVER, cap_io);
    take();
    CU_ASSERT_TRUE(caps == 2 && capcmp(endpoint.recv_slot, cap_io) && cap_deletes == deleted + 1);
    CU_ASSERT_EQUAL(around.slots, slots);
}

static struct monitor_bind_request requested;
static unsigned requests;

static void wants_to_bind(struct monitor_bind_request *request)
{
    requested = *request;
    requests++;
}

static void binds(void)
{
    begin();
    monitor_bind_requested = wants_to_bind;
    monitor_events_end();
    event(MONITOR_EVENT_BIND, 1, 2, 3, cap_io);
    take();
    CU_ASSERT_TRUE(requested.id == 1 && requested.iref == 2 && requested.client_out_bytes == 3 &&
                   requested.client_in_bytes == 4);
    CU_ASSERT_TRUE(requested.client == 5 && requested.family == 6 && !requested.lmp &&
                   capcmp(requested.cap, cap_io));
    event(MONITOR_EVENT_BIND_LMP, 1, 2, 3, cap_io);
    take();
    CU_ASSERT_TRUE(requests == 2 && requested.lmp);
}

static void no_slot_for_the_next(void)
{
    begin();
    monitor_events_end();
    event(MONITOR_EVENT_NAME, 1, 2, 3, cap_io);
    around.slots_left = 0;
    around.closure.handler(around.closure.arg);
}

static void is_registered_already(void)
{
    begin();
    monitor_events_end();
    around.register_error = LIB_ERR_CHAN_ALREADY_REGISTERED;
    around.closure.handler(around.closure.arg);
}

/// What would make the domain deaf ends it.
static void ends_the_domain(void)
{
    test_dies(no_slot_for_the_next);
    test_dies(is_registered_already);
}

CLIENT_TEST(begins)
CLIENT_TEST(completes)
CLIENT_TEST(times_out)
CLIENT_TEST(peers_go)
CLIENT_TEST(caps_come)
CLIENT_TEST(binds)
CLIENT_TEST(ends_the_domain)

TEST_SUITE("events") = {
    {"beginning", test_begins},
    {"waits are completed", test_completes},
    {"waits time out", test_times_out},
    {"peers go", test_peers_go},
    {"capabilities come", test_caps_come},
    {"clients want to bind", test_binds},
    {"the end", test_ends_the_domain},
};
