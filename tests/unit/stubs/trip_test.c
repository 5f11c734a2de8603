// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What is sent arrives: every message of every interface with random values, in both directions, in
// order, also through rings that are too small for it; and every call gets its answer.
#include "fake_caps.h"
#include "pair.h"
#include <testlib/testlib.h>

#include <if/numbers_defs.h>
#include <if/things_defs.h>

#include <stdlib.h>

#define ROUNDS 40u
#define WAITING_MOST 64u

static struct test_random random_numbers;

/// Views of messages that were sent and have not come yet, oldest first.
struct listener {
    struct ear *ear;
    struct view waiting[WAITING_MOST];
    unsigned first, count;
};

static struct listener listeners[2];

static void heard(struct ear *ear, const struct view *view)
{
    struct listener *listener = &listeners[ear == listeners[SERVER].ear];
    CU_ASSERT_TRUE_FATAL(listener->count > 0);
    CU_ASSERT_TRUE(view_same(view, &listener->waiting[listener->first]));
    listener->first = (listener->first + 1) % WAITING_MOST;
    listener->count--;
}

static void listen_to(struct pair *pair)
{
    for (unsigned i = 0; i < 2; i++) {
        listeners[i].first = listeners[i].count = 0;
        listeners[i].ear = &pair->ends[i].ear;
        pair->ends[i].ear.heard = heard;
    }
}

static void open_listening(struct pair *pair, const struct use *use, size_t ring_bytes, bool later)
{
    fake_caps.travel = true;
    static struct pair fresh;
    *pair = fresh;
    pair_open(pair, use, ring_bytes);
    for (unsigned i = 0; i < 2; i++)
        use->handle(pair->ends[i].binding, &pair->ends[i].ear, later);
    listen_to(pair);
}

/// Sends a message, and remembers it if it was taken.
static errval_t send(struct pair *pair, unsigned from, unsigned kind)
{
    struct listener *listener = &listeners[1 - from];
    CU_ASSERT_FATAL(listener->count < WAITING_MOST);
    struct view *view = &listener->waiting[(listener->first + listener->count) % WAITING_MOST];
    const struct use *use = pair->ends[from].use;
    errval_t err = use->sends[kind](pair->ends[from].binding, &random_numbers, view);
    listener->count += err_is_ok(err);
    return err;
}

static void send_one(struct pair *pair, unsigned from, unsigned kind)
{
    CU_ASSERT_EQUAL(send(pair, from, kind), SYS_ERR_OK);
    pair_run(pair);
    CU_ASSERT_EQUAL(listeners[1 - from].count, 0);
}

static void every_message(void)
{
    struct pair pair;
    for (unsigned i = 0; i < uses_count; i++) {
        open_listening(&pair, uses[i], WORLD_RING_BYTES, true);
        for (unsigned kind = 0; kind < uses[i]->interface->count; kind++)
            for (unsigned round = 0; round < ROUNDS; round++)
                send_one(&pair, round % 2, kind);
        CU_ASSERT_EQUAL(pair.ends[CLIENT].ear.ended, SYS_ERR_OK);
        pair_close(&pair);
        CU_ASSERT_EQUAL(err_no(pair.ends[SERVER].ear.ended), LIB_ERR_CHAN_CLOSED);
    }
}

/// Both send as much as they can; now and then one of them gets on.
static void through_small_rings(void)
{
    unsigned busy = 0, sent = 0;
    struct pair pair;
    for (unsigned i = 0; i < uses_count; i++) {
        open_listening(&pair, uses[i], 256, true);
        for (unsigned round = 0; round < 2000; round++) {
            unsigned end = (unsigned)test_random_below(&random_numbers, 2);
            unsigned count = uses[i]->interface->count;
            unsigned kind = (unsigned)test_random_below(&random_numbers, count);
            if (round % 3 == 0)
                (void)fibers_dispatch(&pair.ends[end].ws, 10000);
            if (listeners[1 - end].count == WAITING_MOST)
                continue;
            CU_ASSERT_EQUAL(flounder_can_send(end_stub(&pair.ends[end])),
                            end_stub(&pair.ends[end])->pending_count == 0);
            errval_t err = send(&pair, end, kind);
            CU_ASSERT_TRUE(err_is_ok(err) || err == FLOUNDER_ERR_TX_BUSY);
            sent += err_is_ok(err);
            busy += err_is_fail(err);
        }
        pair_run(&pair);
        CU_ASSERT_TRUE(listeners[0].count == 0 && listeners[1].count == 0);
        pair_close(&pair);
    }
    printf("%u sent, %u refused because others waited\n", sent, busy);
    CU_ASSERT_TRUE(busy > 1000 && sent > 1000);
}

static struct view got;

static void keep(struct ear *ear, const struct view *view)
{
    (void)ear;
    got = *view;
}

/// Gives the receiver of a message with two capabilities one with so many.
static errval_t receive_caps(struct pair *pair, const struct view *view, unsigned count)
{
    struct flounder_stub *stub = end_stub(&pair->ends[SERVER]);
    struct flounder_in row = {.bytes = view->bytes, .end = view->count, .stub = stub};
    for (unsigned i = 0; i < count; i++)
        stub->assembly.caps[i] = view->caps[i % 2];
    stub->assembly.caps_count = count;
    world.caps_destroyed = 0;
    got.number = 0;
    return use_things.interface->receive(stub, view->number, &row);
}

/// Capabilities come in their order between the other arguments, and are the handler's; those that it
/// does not get are destroyed.
static void capabilities(void)
{
    static struct view view;
    struct pair pair;
    pair_open(&pair, &use_things, 512);
    struct things_binding *binding = pair.ends[SERVER].binding;
    pair.ends[SERVER].ear.heard = keep;
    do {
        CU_ASSERT_EQUAL(use_things.sends[things_pass__msgnum - 1](NULL, &random_numbers, &view),
                        SYS_ERR_OK);
    } while (view.caps_count != 2);
    CU_ASSERT_EQUAL(receive_caps(&pair, &view, 2), SYS_ERR_OK);
    CU_ASSERT_TRUE(view_same(&got, &view) && world.caps_destroyed == 0);
    for (unsigned count = 0; count < 4; count++)
        if (count != 2) {
            CU_ASSERT_EQUAL(receive_caps(&pair, &view, count), FLOUNDER_ERR_RX_INVALID);
            CU_ASSERT_TRUE(got.number == 0 && world.caps_destroyed == count);
        }
    binding->rx_vtbl.pass = NULL;
    CU_ASSERT_EQUAL(receive_caps(&pair, &view, 2), FLOUNDER_ERR_NO_HANDLER);
    CU_ASSERT_EQUAL(world.caps_destroyed, 2);
    pair_close(&pair);
}

static unsigned pauses_heard;

static errval_t control(struct pair *pair, idc_control_t what)
{
    struct numbers_binding *binding = pair->ends[SERVER].binding;
    return binding->control(binding, what);
}

static void pauses(struct ear *ear, const struct view *view)
{
    (void)view;
    struct pair *pair = (struct pair *)((char *)ear - offsetof(struct pair, ends[SERVER].ear));
    pauses_heard++;
    CU_ASSERT_EQUAL(control(pair, IDC_CONTROL_PAUSE), SYS_ERR_OK);
}

/// A server takes one message at a time. What it does not take is not lost, and stops the client; the
/// client's end is heard of when it goes on.
static void one_at_a_time(void)
{
    static struct view view;
    struct pair pair;
    unsigned sent = 0;
    const unsigned kind = numbers_line__msgnum - 1;
    pair_open(&pair, &use_numbers, 256);
    CU_ASSERT_EQUAL(control(&pair, 0), LIB_ERR_INVALID_ARGS);
    pair.ends[SERVER].ear.heard = pauses;
    CU_ASSERT_EQUAL(control(&pair, IDC_CONTROL_PAUSE), SYS_ERR_OK);
    while (err_is_ok(use_numbers.sends[kind](pair.ends[CLIENT].binding, &random_numbers, &view))) {
        sent++;
        pair_run(&pair);
    }
    CU_ASSERT_TRUE(sent > 2 && sent < 10 && pauses_heard == 0);
    for (unsigned i = 1; i <= sent; i++) {
        CU_ASSERT_EQUAL(control(&pair, IDC_CONTROL_RESUME), SYS_ERR_OK);
        pair_run(&pair);
        CU_ASSERT_EQUAL(pauses_heard, i);
    }
    flounder_close(end_stub(&pair.ends[CLIENT]));
    pair.ends[CLIENT].binding = NULL;
    pair_run(&pair);
    CU_ASSERT_EQUAL(pair.ends[SERVER].ear.ended, SYS_ERR_OK);
    CU_ASSERT_EQUAL(control(&pair, IDC_CONTROL_RESUME), SYS_ERR_OK);
    pair_run(&pair);
    CU_ASSERT_EQUAL(err_no(pair.ends[SERVER].ear.ended), LIB_ERR_CHAN_CLOSED);
    pair.ends[SERVER].binding = NULL;
    pair_close(&pair);
}

/// A paused client receives in calls and when it looks, but for no event; who waits for room hears of
/// the other side's end.
static void paused_client(void)
{
    static struct view view;
    struct pair pair;
    const unsigned kind = numbers_line__msgnum - 1;
    pair_open(&pair, &use_numbers, 256);
    struct numbers_binding *client = pair.ends[CLIENT].binding, *server = pair.ends[SERVER].binding;
    struct waitset room = WAITSET_INITIALIZER;
    CU_ASSERT_EQUAL(client->control(client, IDC_CONTROL_PAUSE), SYS_ERR_OK);
    pair.ends[CLIENT].ear.heard = keep;
    got.number = 0;
    CU_ASSERT_EQUAL(use_numbers.sends[kind](server, &random_numbers, &view), SYS_ERR_OK);
    pair_run(&pair);
    CU_ASSERT_EQUAL(got.number, 0);
    CU_ASSERT_EQUAL(flounder_poll(&client->stub), SYS_ERR_OK);
    CU_ASSERT_TRUE(view_same(&got, &view));
    end_serve(&pair.ends[SERVER]);
    CU_ASSERT_EQUAL(numbers_ping(client), SYS_ERR_OK);
    end_serving_stops();
    CU_ASSERT_EQUAL(control(&pair, IDC_CONTROL_PAUSE), SYS_ERR_OK);
    while (err_is_ok(use_numbers.sends[kind](client, &random_numbers, &view)))
        continue;
    CU_ASSERT_EQUAL(client->register_send(client, &room, NOP_CLOSURE), SYS_ERR_OK);
    flounder_close(&server->stub);
    pair.ends[SERVER].binding = NULL;
    pair_run(&pair);
    CU_ASSERT_EQUAL(event_dispatch_non_block(&room), SYS_ERR_OK);
    CU_ASSERT_EQUAL(pair.ends[CLIENT].ear.ended, SYS_ERR_OK);
    CU_ASSERT_EQUAL(flounder_poll(&client->stub), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(err_no(pair.ends[CLIENT].ear.ended), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(waitset_destroy(&room), SYS_ERR_OK);
    pair_close(&pair);
}

static void ear_ignores(struct ear *ear, const struct view *view)
{
    (void)ear;
    CU_ASSERT_FALSE(view->wrong);
}

static void call_each(struct pair *pair, const struct use *use)
{
    static struct view in, out, wanted;
    for (unsigned i = 0; use->calls[i] != NULL; i++)
        for (unsigned round = 0; round < 2 * ROUNDS; round++) {
            errval_t err =
                use->calls[i](pair->ends[round % 2].binding, &random_numbers, &in, &out, &wanted);
            CU_ASSERT_EQUAL(err, SYS_ERR_OK);
            CU_ASSERT_TRUE(view_same(&out, &wanted));
        }
}

/// Calls in both directions, while others dispatch both waitsets.
static void every_call(void)
{
    static const size_t sizes[] = {256, 1024, WORLD_RING_BYTES};
    struct pair pair;
    for (unsigned i = 0; i < uses_count; i++)
        for (unsigned j = 0; j < 3; j++) {
            open_listening(&pair, uses[i], sizes[j], false);
            pair.ends[CLIENT].ear.heard = pair.ends[SERVER].ear.heard = ear_ignores;
            end_serve(&pair.ends[SERVER]);
            end_serve(&pair.ends[CLIENT]);
            call_each(&pair, uses[i]);
            end_serving_stops();
            CU_ASSERT_EQUAL(pair.ends[CLIENT].ear.ended, SYS_ERR_OK);
            pair_close(&pair);
        }
}

WORLD_TEST(every_message)
WORLD_TEST(through_small_rings)
WORLD_TEST(every_call)
WORLD_TEST(capabilities)
WORLD_TEST(one_at_a_time)
WORLD_TEST(paused_client)

static void test_seed(void)
{
    test_random_init(&random_numbers, 1);
}

TEST_SUITE("round trips") = {
    {"the seed", test_seed},
    {"every message", test_in_every_message},
    {"through small rings", test_in_through_small_rings},
    {"every call", test_in_every_call},
    {"capabilities", test_in_capabilities},
    {"a server that pauses", test_in_one_at_a_time},
    {"a client that pauses", test_in_paused_client},
};
