// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Channels between cores on real rings: messages and what becomes of them when the ring is full or
// the peer has gone, how one wakes the other, and binding, accepting and closing, step by step.
#include "fake_events.h"
#include "fake_services.h"

#include "barrelfish/blocking.h"
#include "barrelfish/syscalls.h"
#include "barrelfish/systime.h"
#include "barrelfish/vspace_common.h"
#include "channel/ump_internal.h"

#include <string.h>

#define LINES 8u
#define BYTES (LINES * UMP_MSG_BYTES)

static _Alignas(4096) char memory[2 * BYTES + 4096];
static struct ump_chan ours, theirs;
static volatile struct ump_message *message;
static uint64_t words[UMP_PAYLOAD_WORDS] = {1, 2, 3, 4, 5, 6, 7};

// What is around the channel.

static struct {
    size_t frame_bytes;
    errval_t identify_error, map_error, endpoint_error, wait_error;
    unsigned maps, unmaps, endpoints, endpoints_destroyed, notified, announced, waits;
    uint64_t announced_at;
    struct lmp_endpoint *wake;
    systime_t deadline;
    void (*on_wait)(void);
    struct waitset_chanstate *registered;
} around;

static struct lmp_endpoint endpoint;
static struct waitset default_waitset;

errval_t frame_identify(struct capref frame, struct frame_identity *ret)
{
    CU_ASSERT_FALSE(capref_is_null(frame));
    *ret = (struct frame_identity){0x1000, around.frame_bytes};
    return around.identify_error;
}

errval_t vspace_map_one_frame(void **retaddr, size_t size, struct capref frame,
                              struct memobj **retmemobj, struct vregion **retvregion)
{
    (void)frame;
    (void)retmemobj;
    (void)retvregion;
    CU_ASSERT_EQUAL(size, around.frame_bytes);
    around.maps += err_is_ok(around.map_error);
    *retaddr = memory;
    return around.map_error;
}

errval_t vspace_unmap(const void *buf)
{
    CU_ASSERT_PTR_EQUAL(buf, memory);
    around.unmaps++;
    return SYS_ERR_OK;
}

errval_t endpoint_create(size_t buflen, struct capref *retcap, struct lmp_endpoint **retep)
{
    CU_ASSERT_TRUE(buflen >= 1);
    around.endpoints += err_is_ok(around.endpoint_error);
    *retcap = cap_selfep;
    *retep = &endpoint;
    return around.endpoint_error;
}

void endpoint_destroy(struct capref cap, struct lmp_endpoint *ep)
{
    CU_ASSERT_TRUE(capcmp(cap, cap_selfep) && ep == &endpoint);
    around.endpoints_destroyed++;
}

struct waitset *get_default_waitset(void)
{
    return &default_waitset;
}

void waitset_set_wake_endpoint(struct lmp_endpoint *ep)
{
    around.wake = ep;
}

void dispatch_wake_announced(systime_t at)
{
    around.announced++;
    around.announced_at = at;
}

errval_t waitset_chan_register_polled(struct waitset *ws, struct waitset_chanstate *chan,
                                      struct event_closure closure)
{
    (void)closure;
    CU_ASSERT_PTR_EQUAL(ws, &default_waitset);
    around.registered = chan;
    return LIB_ERR_CHAN_ALREADY_REGISTERED;
}

errval_t waitset_chan_wait_polled(struct waitset_chanstate *chan, systime_t deadline)
{
    around.waits++;
    around.deadline = deadline;
    if (around.on_wait != NULL)
        around.on_wait();
    return chan->poll(chan) ? around.wait_error : (errval_t)LIB_ERR_TIMEOUT;
}

struct sysret syscall_invoke(uint64_t caddr, uint64_t cmd, uint64_t arg1, uint64_t arg2,
                             uint64_t arg3, uint64_t arg4, uint64_t arg5, uint64_t arg6)
{
    CU_ASSERT_TRUE(cmd == NOTIFY_CMD_SEND && caddr == get_cap_caddr(cap_io));
    CU_ASSERT_TRUE(arg1 == 0 && arg2 == 0 && arg3 == 0 && arg4 == 0 && arg5 == 0 && arg6 == 0);
    around.notified++;
    return (struct sysret){SYS_ERR_OK, 0, 0};
}

static void start(void)
{
    memset(memory, 0, sizeof(memory));
    CU_ASSERT_EQUAL_FATAL(ump_chan_init(&ours, memory, BYTES, memory + BYTES, BYTES), SYS_ERR_OK);
    CU_ASSERT_EQUAL_FATAL(ump_chan_init(&theirs, memory + BYTES, BYTES, memory, BYTES), SYS_ERR_OK);
    CU_ASSERT_TRUE(ours.recv_chan.chantype == CHANTYPE_UMP_IN &&
                   ours.send_chan.chantype == CHANTYPE_UMP_OUT &&
                   ours.bind_chan.chantype == CHANTYPE_OTHER);
}

static unsigned relayed;

static void relay(uint64_t id)
{
    relayed += id == 5;
}

/// As if it had been bound: with a Notify, or relayed by the monitors.
static void connected(struct capref notify)
{
    start();
    ump_waking = (struct ump_waking){&endpoint, relay};
    ours.id = 5;
    ours.notify = notify;
    ump_chan_setup(&ours);
}

static void sizes(void)
{
    CU_ASSERT_EQUAL(ump_chan_init(&ours, memory, BYTES + 1, memory + BYTES, BYTES),
                    LIB_ERR_UMP_BUFSIZE);
    CU_ASSERT_EQUAL(ump_chan_init(&ours, memory, BYTES, memory + BYTES, BYTES + 8),
                    LIB_ERR_UMP_BUFSIZE);
    CU_ASSERT_EQUAL(ump_chan_init(&ours, memory, 0, memory + BYTES, BYTES), LIB_ERR_UMP_BUFSIZE);
    start();
    CU_ASSERT_TRUE(ours.id == 0 && ours.recv_chan.arm == NULL && !ours.recv_chan.stays_armed);
    CU_ASSERT_PTR_NULL(around.wake);
}

static void messages(void)
{
    start();
    CU_ASSERT_FALSE(ump_chan_can_recv(&theirs));
    CU_ASSERT_EQUAL(ump_chan_recv(&theirs, &message), LIB_ERR_NO_UMP_MSG);
    for (unsigned i = 0; i < 40; i++) {
        words[0] = i;
        CU_ASSERT_EQUAL(ump_chan_send(&ours, words, (uint16_t)(i * 3)), SYS_ERR_OK);
        CU_ASSERT_TRUE(ump_chan_can_recv(&theirs));
        CU_ASSERT_EQUAL(ump_chan_recv(&theirs, &message), SYS_ERR_OK);
        CU_ASSERT_TRUE(message->data[0] == i && message->data[6] == 7 &&
                       message->header.control.header == i * 3);
        CU_ASSERT_EQUAL(ump_chan_send(&theirs, words, 1), SYS_ERR_OK);
        CU_ASSERT_EQUAL(ump_chan_recv(&ours, &message), SYS_ERR_OK);
    }
    struct ump_control control;
    volatile struct ump_message *next = ump_chan_get_next(&ours, &control);
    CU_ASSERT_PTR_NOT_NULL_FATAL(next);
    next->data[3] = 99;
    control.header = 5;
    CU_ASSERT_FALSE(ump_chan_can_recv(&theirs));
    ump_chan_publish(&ours, control);
    CU_ASSERT_EQUAL(ump_chan_recv(&theirs, &message), SYS_ERR_OK);
    CU_ASSERT_TRUE(message->data[3] == 99 && message->header.control.header == 5);
}

static unsigned fill(void)
{
    unsigned count = 0;
    while (err_is_ok(ump_chan_send(&ours, words, 0)))
        count++;
    return count;
}

static void take_one(void)
{
    CU_ASSERT_EQUAL(ump_chan_recv(&theirs, &message), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ump_chan_send(&theirs, words, 0), SYS_ERR_OK); // says so
}

static void full(void)
{
    struct ump_control control;
    start();
    unsigned count = fill();
    CU_ASSERT_TRUE(count > 0 && count <= LINES);
    CU_ASSERT_EQUAL(ump_chan_send(&ours, words, 0), LIB_ERR_UMP_FULL);
    CU_ASSERT_PTR_NULL(ump_chan_get_next(&ours, &control));
    CU_ASSERT_FALSE(ours.send_chan.poll(&ours.send_chan));
    CU_ASSERT_EQUAL(ump_chan_send_until(&ours, words, 0, 77),
                    err_push(LIB_ERR_TIMEOUT, LIB_ERR_SEND_TIMEOUT));
    CU_ASSERT_EQUAL(around.deadline, 77);
    CU_ASSERT_EQUAL(ump_chan_send_blocking(&ours, words, 0),
                    err_push(LIB_ERR_TIMEOUT, LIB_ERR_SEND_TIMEOUT));
    CU_ASSERT_EQUAL(around.deadline, BLOCKING_LIMIT_US + 1);
    around.on_wait = take_one;
    around.waits = 0;
    CU_ASSERT_EQUAL(ump_chan_send_blocking(&ours, words, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(around.waits, 1);
    CU_ASSERT_EQUAL(fill(), 0);
    CU_ASSERT_EQUAL(ump_chan_send_until(&ours, words, 0, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(around.waits, 2);
    around.wait_error = LIB_ERR_CHAN_ALREADY_REGISTERED;
    CU_ASSERT_EQUAL(ump_chan_send_until(&ours, words, 0, 0), LIB_ERR_CHAN_ALREADY_REGISTERED);
    while (err_is_ok(ump_chan_recv(&theirs, &message)))
        count--;
    CU_ASSERT_EQUAL(ump_chan_send(&theirs, words, 0), SYS_ERR_OK);
    around.waits = 0;
    CU_ASSERT_EQUAL(ump_chan_send_blocking(&ours, words, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(around.waits, 0); // the clock is not looked at
}

static void send_one(void)
{
    CU_ASSERT_EQUAL(ump_chan_send(&theirs, words, 3), SYS_ERR_OK);
}

static void waits_for_messages(void)
{
    start();
    CU_ASSERT_EQUAL(ump_chan_recv_until(&ours, &message, 55),
                    err_push(LIB_ERR_TIMEOUT, LIB_ERR_RECV_TIMEOUT));
    CU_ASSERT_EQUAL(around.deadline, 55);
    CU_ASSERT_EQUAL(ump_chan_recv_blocking(&ours, &message),
                    err_push(LIB_ERR_TIMEOUT, LIB_ERR_RECV_TIMEOUT));
    CU_ASSERT_EQUAL(around.deadline, 0);
    around.on_wait = send_one;
    CU_ASSERT_EQUAL(ump_chan_recv_until(&ours, &message, 55), SYS_ERR_OK);
    CU_ASSERT_EQUAL(message->header.control.header, 3);
    CU_ASSERT_EQUAL(ump_chan_recv_blocking(&ours, &message), SYS_ERR_OK);
    around.waits = 0;
    send_one();
    send_one();
    CU_ASSERT_EQUAL(ump_chan_recv_blocking(&ours, &message), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ump_chan_recv_until(&ours, &message, 55), SYS_ERR_OK);
    CU_ASSERT_EQUAL(around.waits, 0);
    around.wait_error = LIB_ERR_CHAN_ALREADY_REGISTERED;
    CU_ASSERT_EQUAL(ump_chan_recv_until(&ours, &message, 55), LIB_ERR_CHAN_ALREADY_REGISTERED);
}

/// What was sent before the end is received; then there is none any more.
static void closed(void)
{
    start();
    CU_ASSERT_EQUAL(ump_chan_send(&theirs, words, 0), SYS_ERR_OK);
    ump_chan_close(&theirs);
    CU_ASSERT_EQUAL(fake_events.deregisters, 2);
    CU_ASSERT_TRUE(ours.recv_chan.poll(&ours.recv_chan) && ours.send_chan.poll(&ours.send_chan));
    CU_ASSERT_EQUAL(ump_chan_send(&ours, words, 0), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(ump_chan_recv(&ours, &message), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ump_chan_recv(&ours, &message), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(ump_chan_recv_blocking(&ours, &message), LIB_ERR_CHAN_CLOSED);
    start();
    ours.gone = true;
    CU_ASSERT_TRUE(ours.recv_chan.poll(&ours.recv_chan) && ours.send_chan.poll(&ours.send_chan));
    CU_ASSERT_EQUAL(ump_chan_send(&ours, words, 0), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(ump_chan_recv(&ours, &message), LIB_ERR_CHAN_CLOSED);
}

/// The peer acknowledges what was never sent.
static void broken(void)
{
    start();
    unsigned count = fill();
    theirs.state.ring.rx.consumed += 100 * count;
    CU_ASSERT_EQUAL(ump_chan_send(&theirs, words, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ump_chan_recv(&ours, &message), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ump_chan_send(&ours, words, 0), LIB_ERR_UMP_PEER);
    CU_ASSERT_TRUE(ours.send_chan.poll(&ours.send_chan));
    CU_ASSERT_EQUAL(ump_chan_send(&ours, words, 0), LIB_ERR_UMP_PEER);
}

/// One that sleeps is woken by the first message, once; with a time stamp.
static void wakes(void)
{
    connected(cap_io);
    CU_ASSERT_TRUE(around.wake == &endpoint && ours.recv_chan.stays_armed &&
                   ours.send_chan.stays_armed);
    CU_ASSERT_EQUAL(ump_chan_send(&ours, words, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(around.notified, 0);
    CU_ASSERT_EQUAL(ump_chan_recv(&theirs, &message), SYS_ERR_OK);
    CU_ASSERT_TRUE(urpc_arm(&theirs.state.ring));
    systime_t before = systime_now();
    CU_ASSERT_EQUAL(ump_chan_send(&ours, words, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(around.notified, 1);
    CU_ASSERT_TRUE(urpc_peer_woke_at(&theirs.state.ring) >= before);
    CU_ASSERT_EQUAL(ump_chan_recv(&theirs, &message), SYS_ERR_OK);
    urpc_disarm(&theirs.state.ring);
    CU_ASSERT_TRUE(urpc_arm(&theirs.state.ring));
    struct ump_control control;
    CU_ASSERT_PTR_NOT_NULL(ump_chan_get_next(&ours, &control));
    ump_chan_publish(&ours, control);
    CU_ASSERT_EQUAL(around.notified, 1);
    ump_chan_flush(&ours);
    CU_ASSERT_EQUAL(around.notified, 2);
    ump_chan_flush(&ours); // nothing was sent since
    CU_ASSERT_EQUAL(around.notified, 2);
}

static void wakes_otherwise(void)
{
    connected(NULL_CAP);
    CU_ASSERT_TRUE(urpc_arm(&theirs.state.ring));
    CU_ASSERT_EQUAL(ump_chan_send(&ours, words, 0), SYS_ERR_OK);
    CU_ASSERT_TRUE(relayed == 1 && around.notified == 0);
    connected(cap_io);
    CU_ASSERT_TRUE(urpc_arm(&theirs.state.ring));
    CU_ASSERT_EQUAL(ump_chan_send(&ours, words, 0), SYS_ERR_OK);
    CU_ASSERT_TRUE(relayed == 1 && around.notified == 1);
    start(); // no connection: nobody to be woken
    CU_ASSERT_TRUE(urpc_arm(&theirs.state.ring));
    CU_ASSERT_EQUAL(ump_chan_send(&ours, words, 0), SYS_ERR_OK);
    CU_ASSERT_TRUE(relayed == 1 && around.notified == 1);
    // Who waits for room.
    connected(cap_io);
    while (err_is_ok(ump_chan_send(&theirs, words, 0)))
        continue;
    CU_ASSERT_TRUE(urpc_arm_room(&theirs.state.ring, 1));
    while (err_is_ok(ump_chan_recv(&ours, &message)))
        continue;
    CU_ASSERT_TRUE(around.notified >= 1);
    ump_chan_flush(&ours);
    CU_ASSERT_EQUAL(around.notified, 2);
}

/// A sleep is due as long as nothing is there; else the peer may say since when.
static void arms(void)
{
    connected(cap_io);
    CU_ASSERT_TRUE(ours.recv_chan.arm(&ours.recv_chan));
    ours.recv_chan.disarm(&ours.recv_chan);
    CU_ASSERT_FALSE(ours.recv_chan.poll(&ours.recv_chan));
    theirs.id = 6;
    urpc_set_woke_at(&theirs.state.ring, 4242);
    CU_ASSERT_EQUAL(ump_chan_send(&theirs, words, 0), SYS_ERR_OK);
    CU_ASSERT_TRUE(ours.recv_chan.poll(&ours.recv_chan));
    CU_ASSERT_FALSE(ours.recv_chan.arm(&ours.recv_chan));
    CU_ASSERT_TRUE(around.announced == 1 && around.announced_at == 4242);
    CU_ASSERT_EQUAL(ump_chan_recv(&ours, &message), SYS_ERR_OK);
    CU_ASSERT_FALSE(ours.send_chan.arm(&ours.send_chan)); // there is room
    CU_ASSERT_EQUAL(around.announced, 2);
    (void)fill();
    CU_ASSERT_TRUE(ours.send_chan.arm(&ours.send_chan));
    ours.send_chan.disarm(&ours.send_chan);
    ours.gone = true;
    CU_ASSERT_FALSE(ours.recv_chan.arm(&ours.recv_chan) || ours.send_chan.arm(&ours.send_chan));
    struct event_closure none = {NULL, NULL};
    CU_ASSERT_EQUAL(ump_chan_register_recv(&ours, &default_waitset, none),
                    LIB_ERR_CHAN_ALREADY_REGISTERED);
    CU_ASSERT_PTR_EQUAL(around.registered, &ours.recv_chan);
    CU_ASSERT_EQUAL(ump_chan_register_send(&ours, &default_waitset, none),
                    LIB_ERR_CHAN_ALREADY_REGISTERED);
    CU_ASSERT_PTR_EQUAL(around.registered, &ours.send_chan);
    CU_ASSERT_EQUAL(ump_chan_deregister_recv(&ours), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ump_chan_deregister_send(&ours), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake_events.deregisters, 2);
}

// Binding.

static unsigned steps_left; ///< requests until the memory is ready
static uint64_t fail_op;
static errval_t fail_with;
static struct capref fail_cap; ///< that comes with the error
static bool no_frame;

static errval_t monitor(struct fake_request *request, uint64_t out[8], struct capref *cap)
{
    if (request->words[0] == fail_op) {
        out[0] = fail_with;
        *cap = fail_cap;
        return SYS_ERR_OK;
    }
    switch (request->words[0]) {
    case MONITOR_BIND:
    case MONITOR_BIND_MEMORY:
        out[1] = 31;
        out[2] = steps_left == 0;
        if (steps_left == 0 && !no_frame)
            *cap = cap_dispframe;
        else if (steps_left == 2)
            *cap = cap_argspage; // too early
        steps_left -= steps_left > 0;
        return SYS_ERR_OK;
    case MONITOR_BIND_REPLY:
        *cap = request->words[2] == SYS_ERR_OK ? cap_io : NULL_CAP;
        return SYS_ERR_OK;
    default:
        return SYS_ERR_OK;
    }
}

static void prepare(void)
{
    fake.answer = monitor;
    around.frame_bytes = 2 * BYTES;
}

static void accepted(struct monitor_wait *wait)
{
    CU_ASSERT_EQUAL(wait->event, MONITOR_EVENT_BOUND);
    fake_event(wait, SYS_ERR_OK, 88, cap_io);
}

static void refused(struct monitor_wait *wait)
{
    fake_event(wait, MON_ERR_NO_IREF, 0, NULL_CAP);
}

static void binds(void)
{
    prepare();
    fake_events.on_wait = accepted;
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, BYTES - 1, BYTES - 63), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_asked(0, MONITOR_BIND, 70, BYTES, BYTES) &&
                   fake_asked(1, MONITOR_NOTIFY, 0, 0, 0));
    CU_ASSERT_TRUE(capcmp(fake_last(1)->cap, cap_selfep) && around.endpoints == 1);
    CU_ASSERT_EQUAL(fake_events.deadline, BLOCKING_LIMIT_US + 1);
    CU_ASSERT_TRUE(ours.id == 31 && capcmp(ours.notify, cap_io) &&
                   capcmp(ours.frame, cap_dispframe));
    CU_ASSERT_TRUE(ours.recv_chan.peer == 88 && ours.send_chan.peer == 88 &&
                   ours.recv_chan.stays_armed);
    CU_ASSERT_TRUE(fake_events.peer->id == 31 && ours.buf == memory && around.maps == 1);
    // The client's outgoing area is the first.
    CU_ASSERT_EQUAL(ump_chan_init(&theirs, memory, BYTES, memory + BYTES, BYTES), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ump_chan_send(&ours, words, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ump_chan_recv(&theirs, &message), SYS_ERR_OK);
    fake_events.peer->gone(fake_events.peer);
    CU_ASSERT_TRUE(ours.gone && fake_events.triggers == 2);
    unsigned sent = fake.count;
    ump_chan_close(&ours);
    CU_ASSERT_TRUE(fake.count == sent && fake_events.peers_removed == 1 && around.unmaps == 1 &&
                   fake.destroyed == 2);
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, BYTES, BYTES), SYS_ERR_OK);
    CU_ASSERT_EQUAL(around.endpoints, 1); // once for all
    ump_chan_close(&ours);
    CU_ASSERT_TRUE(fake_asked(0, MONITOR_DISCONNECT, 31, 0, 0));
    CU_ASSERT_TRUE(around.unmaps == 2 && fake.destroyed == 4 &&
                   urpc_peer_closed(&theirs.state.ring));
}

static void large_memory(void)
{
    prepare();
    fake_events.on_wait = accepted;
    steps_left = 3;
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, BYTES, BYTES), SYS_ERR_OK);
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_TRUE(fake_asked(i, MONITOR_BIND_MEMORY, 31, 0, fake_last(i)->words[3]));
    CU_ASSERT_TRUE(fake_asked(3, MONITOR_BIND, 70, BYTES, BYTES) && fake.destroyed == 1);
    const size_t most = (size_t)URPC_LINES_MAX * UMP_MSG_BYTES;
    unsigned sent = fake.count;
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, most + 1, BYTES), LIB_ERR_UMP_BUFSIZE);
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, BYTES, most + 1), LIB_ERR_UMP_BUFSIZE);
    CU_ASSERT_EQUAL(fake.count, sent);
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, most, most),
                    LIB_ERR_UMP_BUFSIZE); // the frame is smaller
    CU_ASSERT_EQUAL(fake.count, sent + 2);
    CU_ASSERT_TRUE(fake_asked(0, MONITOR_DISCONNECT, 31, 0, 0));
}

/// Each step of a bind fails: nothing is left, and the monitor knows.
static void bind_fails(void)
{
    prepare();
    fake_events.begin_error = LIB_ERR_MALLOC_FAIL;
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, BYTES, BYTES), LIB_ERR_MALLOC_FAIL);
    fake_events.begin_error = SYS_ERR_OK;
    around.endpoint_error = LIB_ERR_ENDPOINT_ALLOC;
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, BYTES, BYTES), LIB_ERR_ENDPOINT_ALLOC);
    around.endpoint_error = SYS_ERR_OK;
    CU_ASSERT_EQUAL(fake.count, 0);
    fail_op = MONITOR_NOTIFY;
    fail_with = MON_ERR_LIMIT;
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, BYTES, BYTES), MON_ERR_LIMIT);
    CU_ASSERT_TRUE(around.endpoints_destroyed == 1 && ump_waking.ep == NULL);
    fail_op = MONITOR_BIND;
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, BYTES, BYTES), MON_ERR_LIMIT);
    fail_op = 0;
    no_frame = true;
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, BYTES, BYTES), LIB_ERR_RPC_REPLY);
    no_frame = false;
    unsigned gone = fake.destroyed;
    around.identify_error = SYS_ERR_CAP_NOT_FOUND;
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, BYTES, BYTES), SYS_ERR_CAP_NOT_FOUND);
    CU_ASSERT_TRUE(fake_asked(0, MONITOR_DISCONNECT, 31, 0, 0) && fake.destroyed == gone + 1);
    around.identify_error = SYS_ERR_OK;
    around.map_error = LIB_ERR_VSPACE_FULL;
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, BYTES, BYTES), LIB_ERR_VSPACE_FULL);
    around.map_error = SYS_ERR_OK;
    fake.fail_memory_in = 1;
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, BYTES, BYTES), LIB_ERR_MALLOC_FAIL);
    around.frame_bytes = 2 * BYTES - 1;
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, BYTES, BYTES), LIB_ERR_UMP_BUFSIZE);
    around.frame_bytes = 2 * BYTES;
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, 64, BYTES), LIB_ERR_UMP_BUFSIZE); // no ring
    CU_ASSERT_TRUE(around.maps == 1 && around.unmaps == 1 && fake_events.held == 0 &&
                   fake_events.waits_count == 0);
    CU_ASSERT_EQUAL(fake.destroyed, gone + 5);
    fake_events.on_wait = refused;
    CU_ASSERT_EQUAL(ump_chan_bind_blocking(&ours, 70, BYTES, BYTES), MON_ERR_NO_IREF);
    CU_ASSERT_TRUE(around.unmaps == 2 && fake.destroyed == gone + 6 && ours.buf == NULL);
    fake_events.on_wait = NULL;
    CU_ASSERT_EQUAL(err_no(ump_chan_bind_blocking(&ours, 70, BYTES, BYTES)), LIB_ERR_BIND_TIMEOUT);
    CU_ASSERT_TRUE(fake_asked(0, MONITOR_DISCONNECT, 31, 0, 0) && around.unmaps == 3);
}

static errval_t continued_with;
static unsigned continued;

static void go_on(void *st, errval_t err, struct ump_chan *uc, struct capref notify_cap)
{
    CU_ASSERT_TRUE(st == &continued && uc == &ours && capref_is_null(notify_cap));
    continued++;
    continued_with = err;
}

static void binds_later(void)
{
    struct ump_bind_continuation none = {NULL, NULL}, next = {go_on, &continued};
    prepare();
    CU_ASSERT_EQUAL(ump_chan_bind(&ours, none, NULL, 70, NULL, BYTES, BYTES, NULL_CAP),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(ump_chan_bind(&ours, next, NULL, 70, NULL, BYTES, BYTES, NULL_CAP), SYS_ERR_OK);
    CU_ASSERT_TRUE(continued == 0 && fake_events.waits_count == 1);
    accepted(fake_events.waits[0]);
    CU_ASSERT_TRUE(fake_events.posts == 0 && fake_events.triggered_on == &default_waitset &&
                   continued == 0);
    fake_events.triggered.handler(fake_events.triggered.arg);
    CU_ASSERT_TRUE(continued == 1 && err_is_ok(continued_with) && ours.id == 31 &&
                   around.unmaps == 0);
    CU_ASSERT_EQUAL(ump_chan_bind(&ours, next, NULL, 70, NULL, BYTES, BYTES, NULL_CAP), SYS_ERR_OK);
    refused(fake_events.waits[1]);
    fake_events.triggered.handler(fake_events.triggered.arg);
    CU_ASSERT_TRUE(continued == 2 && continued_with == MON_ERR_NO_IREF && around.unmaps == 1 &&
                   ours.buf == NULL);
}

static struct monitor_bind_request request(void)
{
    return (struct monitor_bind_request){.id = 41,
                                         .client = 9,
                                         .client_out_bytes = 512,
                                         .client_in_bytes = 256,
                                         .cap = cap_dispframe};
}

static void accepts(void)
{
    struct monitor_bind_request r = request();
    prepare();
    CU_ASSERT_FALSE(ump_request_is_large(&r));
    CU_ASSERT_EQUAL(ump_chan_accept(&ours, &r), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_asked(0, MONITOR_BIND_REPLY, 41, SYS_ERR_OK, 0) &&
                   fake_asked(1, MONITOR_NOTIFY, 0, 0, 0));
    CU_ASSERT_TRUE(ours.id == 41 && capcmp(ours.notify, cap_io) && ours.recv_chan.peer == 9 &&
                   capref_is_null(r.cap));
    CU_ASSERT_EQUAL(ump_chan_init(&theirs, memory + 512, 256, memory, 512), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ump_chan_send(&theirs, words, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ump_chan_recv(&ours, &message), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ump_chan_send(&ours, words, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ump_chan_recv(&theirs, &message), SYS_ERR_OK);
    r = request();
    r.client_in_bytes = UMP_REQUESTS_BYTES + 1;
    CU_ASSERT_TRUE(ump_request_is_large(&r));
    // The client says what it asked for, which may be anything.
    CU_ASSERT_EQUAL(ump_chan_accept(&theirs, &r), LIB_ERR_UMP_BUFSIZE);
    CU_ASSERT_TRUE(fake_asked(0, MONITOR_BIND_REPLY, 41, LIB_ERR_UMP_BUFSIZE, 0) &&
                   fake.destroyed == 1);
    static const uint64_t claims[][2] = {
        {512, UINT64_MAX - 511}, {UINT64_MAX - 255, 256}, {512, 320}, {576, 256}};
    around.frame_bytes = 768;
    for (unsigned i = 0; i < 4; i++) {
        unsigned unmaps = around.unmaps;
        r = request();
        r.client_out_bytes = claims[i][0];
        r.client_in_bytes = claims[i][1];
        CU_ASSERT_EQUAL(ump_chan_accept(&theirs, &r), LIB_ERR_UMP_BUFSIZE);
        CU_ASSERT_EQUAL(around.unmaps, unmaps); // it was not mapped for that
    }
    r = request();
    CU_ASSERT_EQUAL(ump_chan_accept(&theirs, &r), SYS_ERR_OK); // all of it
    ump_chan_close(&theirs);
    r = request();
    r.lmp = true;
    CU_ASSERT_EQUAL(ump_chan_accept(&theirs, &r), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_TRUE(fake_asked(0, MONITOR_BIND_REPLY, 41, LIB_ERR_INVALID_ARGS, 0));
}

static void accept_fails(void)
{
    struct monitor_bind_request r = request();
    prepare();
    fake_events.begin_error = LIB_ERR_MALLOC_FAIL;
    CU_ASSERT_EQUAL(ump_chan_accept(&ours, &r), LIB_ERR_MALLOC_FAIL);
    CU_ASSERT_TRUE(around.unmaps == 1 && fake.destroyed == 1 && ours.buf == NULL);
    fake_events.begin_error = SYS_ERR_OK;
    around.endpoint_error = LIB_ERR_ENDPOINT_ALLOC;
    r = request();
    CU_ASSERT_EQUAL(ump_chan_accept(&ours, &r), LIB_ERR_ENDPOINT_ALLOC);
    CU_ASSERT_TRUE(fake_asked(0, MONITOR_BIND_REPLY, 41, LIB_ERR_ENDPOINT_ALLOC, 0));
    CU_ASSERT_TRUE(around.unmaps == 2 && fake.destroyed == 2);
    around.endpoint_error = SYS_ERR_OK;
    fail_op = MONITOR_BIND_REPLY;
    fail_with = LIB_ERR_CHAN_CLOSED;
    r = request();
    CU_ASSERT_EQUAL(ump_chan_accept(&ours, &r), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_TRUE(around.unmaps == 3 && fake.destroyed == 3 && fake_events.peer == NULL &&
                   fake_events.held == 0);
    fail_cap = cap_io;
    r = request();
    CU_ASSERT_EQUAL(ump_chan_accept(&ours, &r), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_TRUE(around.unmaps == 4 && fake.destroyed == 5); // the frame and the Notify
}

CLIENT_TEST(sizes)
CLIENT_TEST(messages)
CLIENT_TEST(full)
CLIENT_TEST(waits_for_messages)
CLIENT_TEST(closed)
CLIENT_TEST(broken)
CLIENT_TEST(wakes)
CLIENT_TEST(wakes_otherwise)
CLIENT_TEST(arms)
CLIENT_TEST(binds)
CLIENT_TEST(large_memory)
CLIENT_TEST(bind_fails)
CLIENT_TEST(binds_later)
CLIENT_TEST(accepts)
CLIENT_TEST(accept_fails)

TEST_SUITE("channels") = {
    {"sizes", test_sizes},
    {"messages", test_messages},
    {"a full ring", test_full},
    {"waiting for messages", test_waits_for_messages},
    {"closed", test_closed},
    {"broken", test_broken},
    {"waking", test_wakes},
    {"waking otherwise", test_wakes_otherwise},
    {"arming", test_arms},
    {"bind", test_binds},
    {"large memory", test_large_memory},
    {"each step of a bind fails", test_bind_fails},
    {"bind later", test_binds_later},
    {"accept", test_accepts},
    {"accepting fails", test_accept_fails},
};
