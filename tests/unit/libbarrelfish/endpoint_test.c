// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Endpoints and the blocks of the dispatcher frame, against a simple model.
#include <stdlib.h>
#include <string.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/lmp_chan.h"
#include "fake_kernel.h"
#include "kpi/syscalls.h"
#include "testlib/testlib.h"
#include "util/block_map.h"

#define BLOCKS 200u
#define RUNS 64u

static void test_block_map(void)
{
    uint64_t map[4] = {0};
    uint8_t owner[BLOCKS] = {0};
    size_t first[RUNS] = {0}, count[RUNS] = {0};
    struct test_random random;
    test_random_init(&random, 11);
    CU_ASSERT_EQUAL(block_map_take(map, BLOCKS, 0), BLOCK_MAP_NONE);
    CU_ASSERT_EQUAL(block_map_take(map, BLOCKS, BLOCKS + 1), BLOCK_MAP_NONE);
    for (int step = 0; step < 20000; step++) {
        size_t run = test_random_below(&random, RUNS);
        if (count[run] > 0) {
            block_map_give(map, first[run], count[run]);
            memset(owner + first[run], 0, count[run]);
            count[run] = 0;
            continue;
        }
        size_t want = 1 + test_random_below(&random, 20);
        size_t free = 0, expected = BLOCK_MAP_NONE;
        for (size_t i = 0; i < BLOCKS && expected == BLOCK_MAP_NONE; i++) {
            free = owner[i] ? 0 : free + 1;
            expected = free == want ? i + 1 - want : expected;
        }
        CU_ASSERT_EQUAL_FATAL(block_map_take(map, BLOCKS, want), expected);
        if (expected != BLOCK_MAP_NONE) {
            first[run] = expected;
            count[run] = want;
            memset(owner + expected, 1, want);
        }
    }
}

static void test_alloc(void)
{
    struct lmp_endpoint *eps[FRAME_BLOCKS];
    size_t count = 0;
    fake_kernel_start();
    CU_ASSERT_EQUAL(lmp_endpoint_alloc(0, &eps[0]), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(lmp_endpoint_alloc(LMP_ENDPOINT_MESSAGES_MAX + 1, &eps[0]),
                    LIB_ERR_INVALID_ARGS);
    while (err_is_ok(lmp_endpoint_alloc(3, &eps[count]))) {
        uint32_t offset = lmp_endpoint_offset(eps[count]);
        CU_ASSERT_EQUAL(eps[count]->messages, 4);
        CU_ASSERT_EQUAL(offset % 64, 0);
        CU_ASSERT_TRUE(offset >= SELFEP_END);
        CU_ASSERT_TRUE(offset + LMP_ENDPOINT_BYTES(4) <= DISPATCHER_FRAME_BYTES);
        count++;
    }
    CU_ASSERT_EQUAL(count, FRAME_BLOCKS / 8);
    CU_ASSERT_EQUAL(lmp_endpoint_alloc(64, &eps[count]), LIB_ERR_ENDPOINT_ALLOC);
    for (size_t i = 0; i < count; i++)
        lmp_endpoint_free(eps[i]);
    CU_ASSERT_EQUAL(lmp_endpoint_alloc(64, &eps[0]), SYS_ERR_OK);
    lmp_endpoint_free(eps[0]);
    for (size_t i = 0; i < FRAME_BLOCK_WORDS; i++)
        CU_ASSERT_EQUAL(fake.disp->frame_blocks[i], 0);
}

static unsigned blocks_used(void)
{
    unsigned used = 0;
    for (size_t i = 0; i < FRAME_BLOCK_WORDS; i++)
        used += (unsigned)__builtin_popcountl(fake.disp->frame_blocks[i]);
    return used;
}

/// As many blocks as it needs, cleared, and no other.
static void test_sizes(void)
{
    static const struct {
        size_t wanted;
        uint32_t messages;
    } sizes[] = {{1, 1}, {2, 2}, {3, 4}, {4, 4}, {5, 8}, {33, 64}, {64, 64}};
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        fake_kernel_start();
        uint8_t *blocks = (uint8_t *)fake.disp + SELFEP_END;
        memset(blocks, 0xff, DISPATCHER_FRAME_BYTES - SELFEP_END);
        size_t bytes = sizeof(struct lmp_endpoint) + LMP_ENDPOINT_BYTES(sizes[i].messages);
        size_t count = (bytes + 63) / 64;
        struct lmp_endpoint *ep;
        CU_ASSERT_EQUAL(lmp_endpoint_alloc(sizes[i].wanted, &ep), SYS_ERR_OK);
        CU_ASSERT_FALSE(disp_is_disabled());
        CU_ASSERT_TRUE((uint8_t *)ep == blocks && (void *)ep->kern == (void *)(ep + 1));
        CU_ASSERT_TRUE(ep->messages == sizes[i].messages && ep->blocks == count);
        CU_ASSERT_EQUAL(blocks_used(), count);
        CU_ASSERT_TRUE(ep->kern->delivered == 0 && ep->kern->recv_slot == 0);
        CU_ASSERT_TRUE(blocks[count * 64 - 1] == 0 && blocks[count * 64] == 0xff);
        CU_ASSERT_EQUAL(ep->waitset_state.chantype, CHANTYPE_LMP_IN);
        lmp_endpoint_free(ep);
        CU_ASSERT_TRUE(blocks_used() == 0 && !disp_is_disabled());
    }
    CU_ASSERT_PTR_EQUAL(lmp_endpoint_self(), &fake.disp->self_ep);
    CU_ASSERT_EQUAL(lmp_endpoint_offset(lmp_endpoint_self()), SELFEP_OFFSET);
    CU_ASSERT_EQUAL(fake.disp->self_ep.waitset_state.chantype, CHANTYPE_LMP_IN);
}

/// Each choice of those that have something: they have their events in order, and the others stay.
static void test_polled(void)
{
    for (unsigned choice = 0; choice < 16; choice++) {
        struct lmp_endpoint *eps[4];
        struct capref caps[4];
        struct waitset ws;
        fake_kernel_start();
        waitset_init(&ws);
        for (int i = 0; i < 4; i++) {
            CU_ASSERT_EQUAL(endpoint_create(1, &caps[i], &eps[i]), SYS_ERR_OK);
            CU_ASSERT_EQUAL(lmp_endpoint_register(eps[i], &ws, NOP_CLOSURE), SYS_ERR_OK);
            CU_ASSERT_FALSE(disp_is_disabled());
        }
        for (int i = 0; i < 4; i++)
            if (choice >> i & 1)
                CU_ASSERT_EQUAL(fake_send(caps[i], NULL_CAP, 1, 1), SYS_ERR_OK);
        (void)check_for_event(&ws);
        struct list *event = ws.pending, *idle = fake.disp->lmp_registered;
        for (int i = 0; i < 4; i++) {
            bool has = choice >> i & 1;
            struct list *place = has ? event : idle;
            CU_ASSERT_PTR_EQUAL(place, has ? &eps[i]->waitset_state.place : &eps[i]->place);
            event = has && event != NULL ? event->next : event;
            idle = !has && idle != NULL ? idle->next : idle;
        }
        CU_ASSERT_TRUE(event == ws.pending && idle == fake.disp->lmp_registered);
        for (int i = 0; i < 4; i++) {
            CU_ASSERT_EQUAL(lmp_endpoint_deregister(eps[i]), SYS_ERR_OK);
            CU_ASSERT_FALSE(disp_is_disabled());
        }
        CU_ASSERT_TRUE(ws.pending == NULL && fake.disp->lmp_registered == NULL);
    }
}

/// Disabled or not, as the sender was.
static void test_send(void)
{
    static const uint64_t words[LMP_MSG_LENGTH] = {1, 2, 3};
    struct lmp_endpoint *ep;
    struct capref cap;
    fake_kernel_start();
    CU_ASSERT_EQUAL(endpoint_create(2, &cap, &ep), SYS_ERR_OK);
    for (uint32_t disabled = 0; disabled < 3; disabled++) {
        dispatcher_handle_t handle = disp_disable();
        if (disabled == 0)
            disp_enable(handle);
        errval_t wanted = disabled == 2 ? SYS_ERR_LMP_BUF_OVERFLOW : (errval_t)SYS_ERR_OK;
        CU_ASSERT_EQUAL(lmp_send(cap, 4 + disabled, NULL_CAP, 3, words), wanted);
        CU_ASSERT_EQUAL(fake.sent_flags, 4 + disabled);
        CU_ASSERT_EQUAL(disp_is_disabled(), disabled != 0);
        disp_enable(handle);
    }
}

TEST_SUITE("endpoints of each size") = {
    {"sizes", test_sizes},
    {"which have events", test_polled},
    {"sending", test_send},
};

static void count_event(void *arg)
{
    (*(int *)arg)++;
}

static void test_receive(void)
{
    struct lmp_endpoint *ep;
    struct capref cap, received;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    fake_kernel_start();
    CU_ASSERT_EQUAL(endpoint_create(2, &cap, &ep), SYS_ERR_OK);
    CU_ASSERT_EQUAL(lmp_endpoint_recv(ep, &msg.buf, &received), LIB_ERR_NO_LMP_MSG);
    for (uint64_t round = 0; round < 5; round++) {
        CU_ASSERT_EQUAL(fake_send(cap, NULL_CAP, 8, round * 2), SYS_ERR_OK);
        CU_ASSERT_EQUAL(fake_send(cap, NULL_CAP, 1, round * 2 + 1), SYS_ERR_OK);
        CU_ASSERT_EQUAL(fake_send(cap, NULL_CAP, 1, 99), SYS_ERR_LMP_BUF_OVERFLOW);
        CU_ASSERT_EQUAL(lmp_endpoint_recv(ep, &msg.buf, &received), SYS_ERR_OK);
        CU_ASSERT_EQUAL(msg.buf.msglen, 8);
        CU_ASSERT_EQUAL(msg.words[0], round * 2);
        CU_ASSERT_EQUAL(msg.words[7], 7);
        CU_ASSERT_TRUE(capref_is_null(received));
        CU_ASSERT_EQUAL(lmp_endpoint_recv(ep, &msg.buf, NULL), SYS_ERR_OK);
        CU_ASSERT_EQUAL(msg.buf.msglen, 1);
        CU_ASSERT_EQUAL(msg.words[0], round * 2 + 1);
    }
    CU_ASSERT_EQUAL(fake_send(cap, NULL_CAP, 8, 0), SYS_ERR_OK);
    msg.buf.buflen = 7;
    CU_ASSERT_EQUAL(lmp_endpoint_recv(ep, &msg.buf, NULL), LIB_ERR_INVALID_ARGS);
    CU_ASSERT_TRUE(lmp_endpoint_can_recv(ep));
    lmp_endpoint_free(ep);
}

static void test_events(void)
{
    struct lmp_endpoint *eps[3];
    struct capref caps[3];
    struct waitset ws;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    int events = 0;
    fake_kernel_start();
    waitset_init(&ws);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(endpoint_create(1, &caps[i], &eps[i]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake_send(caps[0], NULL_CAP, 1, 1), SYS_ERR_OK); // before it is registered
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(lmp_endpoint_register(eps[i], &ws, MKCLOSURE(count_event, &events)),
                        SYS_ERR_OK);
    }
    CU_ASSERT_EQUAL(lmp_endpoint_register(eps[1], &ws, NOP_CLOSURE),
                    LIB_ERR_CHAN_ALREADY_REGISTERED);
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), SYS_ERR_OK);
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), LIB_ERR_NO_EVENT);
    CU_ASSERT_EQUAL(fake_send(caps[1], NULL_CAP, 1, 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake_send(caps[2], NULL_CAP, 1, 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(lmp_endpoint_deregister(eps[2]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(lmp_endpoint_deregister(eps[2]), LIB_ERR_CHAN_NOT_REGISTERED);
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), SYS_ERR_OK);
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), LIB_ERR_NO_EVENT);
    CU_ASSERT_EQUAL(events, 2);
    CU_ASSERT_EQUAL(lmp_endpoint_recv(eps[1], &msg.buf, NULL), SYS_ERR_OK);
    CU_ASSERT_PTR_NULL(fake.disp->lmp_registered);
    CU_ASSERT_EQUAL(fake.disp->shared.lmp_seen, fake.disp->shared.lmp_delivered);
}

static unsigned take_events(struct waitset *ws)
{
    unsigned events = 0;
    while (err_is_ok(event_dispatch_non_block(ws)))
        events++;
    return events;
}

static void test_closed(void)
{
    struct lmp_endpoint *ep;
    struct capref cap, sender;
    struct waitset ws;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    fake_kernel_start();
    waitset_init(&ws);
    CU_ASSERT_EQUAL(endpoint_create(2, &cap, &ep), SYS_ERR_OK);
    CU_ASSERT_EQUAL(lmp_endpoint_register(ep, &ws, NOP_CLOSURE), SYS_ERR_OK);
    CU_ASSERT_EQUAL(take_events(&ws), 0); // nobody was given anything
    for (unsigned round = 0; round < 3; round++) {
        sender = fake_endpoint(lmp_endpoint_offset(ep), 2, 0);
        CU_ASSERT_EQUAL(fake_send(sender, NULL_CAP, 1, round), SYS_ERR_OK);
        CU_ASSERT_EQUAL(cap_destroy(sender), SYS_ERR_OK);
        CU_ASSERT_EQUAL(take_events(&ws), 1);
        CU_ASSERT_TRUE(lmp_endpoint_is_closed(ep));
        // What came before is received before, and the end is an event of its own.
        CU_ASSERT_EQUAL(lmp_endpoint_recv(ep, &msg.buf, NULL), SYS_ERR_OK);
        CU_ASSERT_EQUAL(msg.words[0], round);
        CU_ASSERT_EQUAL(lmp_endpoint_register(ep, &ws, NOP_CLOSURE), SYS_ERR_OK);
        CU_ASSERT_EQUAL(take_events(&ws), 1);
        CU_ASSERT_EQUAL(lmp_endpoint_recv(ep, &msg.buf, NULL), LIB_ERR_CHAN_CLOSED);
        CU_ASSERT_EQUAL(lmp_endpoint_recv(ep, &msg.buf, NULL), LIB_ERR_CHAN_CLOSED);
        // Who has received it is not told again, until there was somebody in between.
        CU_ASSERT_EQUAL(lmp_endpoint_register(ep, &ws, NOP_CLOSURE), SYS_ERR_OK);
        CU_ASSERT_EQUAL(take_events(&ws), 0);
        ep->kern->closings++; // open
        CU_ASSERT_EQUAL(take_events(&ws), 0);
        CU_ASSERT_FALSE(lmp_endpoint_is_closed(ep));
        CU_ASSERT_EQUAL(lmp_endpoint_recv(ep, &msg.buf, NULL), LIB_ERR_NO_LMP_MSG);
    }
    lmp_endpoint_free(ep);
}

/// Whoever still has a copy sends to nobody, and what has come and was not taken is gone.
static void test_destroyed(void)
{
    struct lmp_chan chan;
    fake_kernel_start();
    CU_ASSERT_EQUAL(lmp_chan_accept(&chan, 2 * LMP_MSG_LENGTH, fake_endpoint(SELFEP_OFFSET, 4, 7)),
                    SYS_ERR_OK);
    struct lmp_endpoint_kern *kern = chan.endpoint->kern;
    struct capref copy = fake_endpoint(lmp_endpoint_offset(chan.endpoint), 2, 0);
    struct capref sent = fake_endpoint(SELFEP_END, 1, 77);
    CU_ASSERT_EQUAL(lmp_chan_alloc_recv_slot(&chan), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake_send(copy, sent, 1, 0), SYS_ERR_OK);
    lmp_chan_destroy(&chan);
    CU_ASSERT_EQUAL(fake_send(copy, NULL_CAP, 1, 0), SYS_ERR_CAP_NOT_FOUND);
    CU_ASSERT_EQUAL(kern->delivered, 1);
    CU_ASSERT_EQUAL(fake_caps_present(), 1); // `sent`
    CU_ASSERT_EQUAL(fake_slots_used(), 2);   // and the slot of `copy`
    CU_ASSERT_EQUAL(fake.disp->frame_blocks[0], 0);
}

/// An endpoint that cannot be made takes nothing: no room in the frame, none in the capability space.
static void test_refused(void)
{
    struct lmp_endpoint *ep = NULL;
    struct capref cap = NULL_CAP;
    fake_kernel_start();
    CU_ASSERT_EQUAL(endpoint_create(0, &cap, &ep), LIB_ERR_INVALID_ARGS);
    fake.refusal = SYS_ERR_SLOT_IN_USE;
    CU_ASSERT_EQUAL(endpoint_create(1, &cap, &ep), SYS_ERR_SLOT_IN_USE);
    CU_ASSERT_TRUE(ep == NULL && capref_is_null(cap));
    CU_ASSERT_TRUE(fake_slots_used() == 0 && fake.disp->frame_blocks[0] == 0);
}

/// A channel whose other end is its own.
static void make_channel(struct lmp_chan *chan)
{
    fake_kernel_start();
    CU_ASSERT_EQUAL(lmp_chan_accept(chan, 2 * LMP_MSG_LENGTH, NULL_CAP), SYS_ERR_OK);
    chan->remote_cap = fake_endpoint(lmp_endpoint_offset(chan->endpoint), 2, 5);
}

static void test_channel(void)
{
    static const uint64_t words[LMP_MSG_LENGTH] = {11, 12, 13, 14};
    struct lmp_chan chan;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    struct capref got = cap_io, slot;
    make_channel(&chan);
    CU_ASSERT_FALSE(lmp_chan_can_recv(&chan));
    CU_ASSERT_EQUAL(lmp_chan_recv(&chan, &msg, &got), LIB_ERR_NO_LMP_MSG);
    CU_ASSERT_EQUAL(lmp_chan_send(&chan, LMP_FLAG_YIELD, NULL_CAP, 3, words), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake.sent_flags == LMP_FLAG_YIELD && lmp_chan_can_recv(&chan));
    CU_ASSERT_EQUAL(lmp_chan_recv(&chan, &msg, &got), SYS_ERR_OK);
    CU_ASSERT_TRUE(msg.buf.msglen == 3 && msg.buf.badge == 5 && msg.words[2] == 13 &&
                   msg.words[3] == 0 && capref_is_null(got));
    struct capref given = fake_endpoint(SELFEP_END, 1, 77);
    CU_ASSERT_EQUAL(lmp_chan_send(&chan, 0, given, 1, words), SYS_ERR_LMP_CAPTRANSFER_DST);
    CU_ASSERT_EQUAL(lmp_chan_alloc_recv_slot(&chan), SYS_ERR_OK);
    slot = chan.endpoint->recv_slot;
    CU_ASSERT_EQUAL(lmp_chan_send(&chan, LMP_FLAG_GIVE, given, 1, words), SYS_ERR_OK);
    CU_ASSERT_EQUAL(lmp_chan_recv(&chan, &msg, &got), SYS_ERR_OK);
    CU_ASSERT_TRUE(capcmp(got, slot) && fake.caps[got.slot].badge == 77 &&
                   capref_is_null(chan.endpoint->recv_slot));
    fake.slots_free = 0;
    CU_ASSERT_EQUAL(lmp_chan_alloc_recv_slot(&chan), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_TRUE(capref_is_null(chan.endpoint->recv_slot));
    lmp_chan_set_recv_slot(&chan, given); // empty by now
    CU_ASSERT_EQUAL(lmp_chan_send(&chan, LMP_FLAG_GIVE, got, 1, words), SYS_ERR_OK);
    CU_ASSERT_EQUAL(lmp_chan_recv(&chan, &msg, &got), SYS_ERR_OK);
    CU_ASSERT_TRUE(capcmp(got, given));
    chan.remote_cap = NULL_CAP;
    CU_ASSERT_EQUAL(lmp_chan_send(&chan, 0, NULL_CAP, 3, words), SYS_ERR_CAP_NOT_FOUND);
}

static void test_channel_events(void)
{
    struct lmp_chan chan;
    struct waitset ws;
    int events = 0;
    struct event_closure closure = MKCLOSURE(count_event, &events);
    waitset_init(&ws);
    make_channel(&chan);
    CU_ASSERT_EQUAL(lmp_chan_register_recv(&chan, &ws, closure), SYS_ERR_OK);
    CU_ASSERT_EQUAL(lmp_chan_register_recv(&chan, &ws, closure), LIB_ERR_CHAN_ALREADY_REGISTERED);
    CU_ASSERT_EQUAL(fake_send(chan.remote_cap, NULL_CAP, 0, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), SYS_ERR_OK);
    CU_ASSERT_EQUAL(events, 1);
    CU_ASSERT_EQUAL(lmp_chan_register_recv(&chan, &ws, closure), SYS_ERR_OK);
    CU_ASSERT_EQUAL(lmp_chan_deregister_recv(&chan), SYS_ERR_OK);
    CU_ASSERT_EQUAL(lmp_chan_deregister_recv(&chan), LIB_ERR_CHAN_NOT_REGISTERED);
    CU_ASSERT_EQUAL(event_dispatch_non_block(&ws), LIB_ERR_NO_EVENT);
}

/// Room is given in words, rounded up to messages; one that could not be made can be destroyed.
static void test_channel_sizes(void)
{
    static const struct {
        size_t words;
        uint32_t messages;
    } sizes[] = {{1, 1}, {8, 1}, {9, 2}, {16, 2}, {17, 4}};
    struct lmp_chan chan;
    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        fake_kernel_start();
        CU_ASSERT_EQUAL(lmp_chan_accept(&chan, sizes[i].words, NULL_CAP), SYS_ERR_OK);
        CU_ASSERT_EQUAL(chan.endpoint->messages, sizes[i].messages);
        lmp_chan_destroy(&chan);
        CU_ASSERT_TRUE(fake_slots_used() == 0 && chan.endpoint == NULL &&
                       capref_is_null(chan.local_cap));
    }
    lmp_chan_destroy(&chan);
    fake.slots_free = 0;
    CU_ASSERT_EQUAL(lmp_chan_accept(&chan, 8, cap_io), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_TRUE(capref_is_null(chan.remote_cap));
    lmp_chan_destroy(&chan);
}

static void test_no_slot(void)
{
    struct lmp_endpoint *ep = NULL;
    struct capref cap = NULL_CAP;
    fake_kernel_start();
    fake.slots_free = 0;
    CU_ASSERT_EQUAL(endpoint_create(1, &cap, &ep), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_PTR_NULL(ep);
    CU_ASSERT_TRUE(capref_is_null(cap));
    CU_ASSERT_EQUAL(lmp_endpoint_create_in_slot(1, cap_root, &ep), SYS_ERR_ILLEGAL_INVOCATION);
    CU_ASSERT_EQUAL(fake.disp->frame_blocks[0], 0);
}

TEST_SUITE("endpoint") = {
    {"blocks against a model", test_block_map},
    {"endpoints in the frame", test_alloc},
    {"receiving", test_receive},
    {"events", test_events},
    {"nobody is left who could send", test_closed},
    {"a channel that was ended", test_destroyed},
    {"an endpoint that is refused", test_refused},
    {"a channel", test_channel},
    {"events of a channel", test_channel_events},
    {"sizes of channels", test_channel_sizes},
    {"no slot", test_no_slot},
};
