// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities of messages over a channel (F9, F10): in order with the words, refused, lost, too many at
// once, and whose they are. What carries them is fake_caps.c.
#include "fake_caps.h"
#include "pair.h"
#include "world.h"

#include "stub/stub.h"

#include <if/things_defs.h>

static struct pair pair;
static struct things_binding *client, *server;
static const struct capref a = {{0, 0, CNODE_LEVEL_OTHER}, 201},
                           b = {{0, 0, CNODE_LEVEL_OTHER}, 202},
                           answer = {{0, 0, CNODE_LEVEL_OTHER}, 203};
static const uint8_t data[] = {1, 2, 3};
static unsigned heard, plains;
static struct capref got[3];
static bool takes;
static errval_t handler_error;

static void on_plain(struct things_binding *binding, uint32_t number, const char *name)
{
    (void)binding, (void)number, (void)name;
    plains++;
}

static void on_give(struct things_binding *binding, struct capref thing, bool last)
{
    (void)binding, (void)last;
    got[0] = thing;
    heard++;
}

static void on_lend(struct things_binding *binding, uint32_t number, struct capref thing,
                    const char *name)
{
    (void)binding, (void)name;
    CU_ASSERT_EQUAL(number, heard);
    got[0] = thing;
    heard++;
}

static void on_pass(struct things_binding *binding, struct capref first, uint64_t between,
                    struct capref second, const uint8_t *bytes, size_t length)
{
    (void)binding, (void)bytes;
    CU_ASSERT_TRUE(between == 17 && length == sizeof(data));
    got[0] = first;
    got[1] = second;
    heard++;
}

static errval_t on_trade(struct things_binding *binding, uint32_t number, struct capref mine,
                         bool last, struct capref *yours, uint32_t *price)
{
    (void)last;
    got[0] = mine;
    heard++;
    if (takes)
        flounder_take_cap(&binding->stub, mine);
    *yours = answer;
    *price = number;
    return handler_error;
}

static void begin(void)
{
    fake_caps.travel = true;
    pair_open(&pair, &use_things, WORLD_RING_BYTES);
    client = pair.ends[CLIENT].binding;
    server = pair.ends[SERVER].binding;
    for (unsigned i = 0; i < 2; i++) {
        struct things_binding *binding = pair.ends[i].binding;
        binding->rx_vtbl.plain = on_plain;
        binding->rx_vtbl.give = on_give;
        binding->rx_vtbl.lend = on_lend;
        binding->rx_vtbl.pass = on_pass;
        binding->rpc_rx_vtbl.trade_call = on_trade;
    }
}

static errval_t pass(struct capref first, struct capref second)
{
    return things_pass__tx(client, NOP_CONT, first, 17, second, data, sizeof(data));
}

static errval_t trade(struct capref mine, struct capref *yours)
{
    uint32_t price = 0;
    errval_t err = things_trade(client, 5, mine, false, yours, &price);
    CU_ASSERT_TRUE(err_is_fail(err) || price == 5);
    return err;
}

static void arrive(void)
{
    begin();
    CU_ASSERT_EQUAL(pass(a, b), SYS_ERR_OK);
    pair_run(&pair);
    CU_ASSERT_TRUE(heard == 1 && capcmp(got[0], a) && capcmp(got[1], b));
    CU_ASSERT_EQUAL(pass(NULL_CAP, b), SYS_ERR_OK);
    CU_ASSERT_EQUAL(things_give__tx(server, NOP_CONT, NULL_CAP, true), SYS_ERR_OK);
    pair_run(&pair);
    CU_ASSERT_TRUE(heard == 3 && capref_is_null(got[0]) && capcmp(got[1], b));
    CU_ASSERT_TRUE(fake_caps.sent == 3 && world.caps_destroyed == 0); // the handlers have them
    pair_close(&pair);
}

/// A message waits for all of its capabilities, and what is behind it waits too.
static void wait_for_them(void)
{
    begin();
    fake_caps.late = true;
    CU_ASSERT_EQUAL(pass(a, b), SYS_ERR_OK);
    CU_ASSERT_EQUAL(things_give__tx(client, NOP_CONT, a, true), SYS_ERR_OK);
    CU_ASSERT_EQUAL(things_plain__tx(client, NOP_CONT, 1, "behind"), SYS_ERR_OK);
    pair_run(&pair);
    CU_ASSERT_TRUE(heard == 0 && plains == 0);
    fake_caps_come(&server->stub.chan);
    pair_run(&pair);
    CU_ASSERT_TRUE(heard == 2 && plains == 1);
    CU_ASSERT_EQUAL(things_give__tx(client, NOP_CONT, b, true), SYS_ERR_OK);
    pair_run(&pair);
    server->stub.chan.gone = true; // the other side has ended, and they have not come
    (void)waitset_chan_trigger(&server->stub.chan.recv_chan);
    pair_run(&pair);
    CU_ASSERT_EQUAL(err_no(pair.ends[SERVER].ear.ended), LIB_ERR_CHAN_CLOSED);
    pair_close(&pair);
    CU_ASSERT_EQUAL(heard, 2);
}

static void refused(void)
{
    struct capref yours;
    begin();
    fake_caps.refused = b;
    CU_ASSERT_EQUAL(pass(a, b), MON_ERR_CAP_SEND);
    CU_ASSERT_EQUAL(things_give__tx(client, NOP_CONT, b, true), MON_ERR_CAP_SEND);
    CU_ASSERT_EQUAL(trade(b, &yours), MON_ERR_CAP_SEND);
    pair_run(&pair);
    CU_ASSERT_TRUE(fake_caps.sent == 0 && heard == 0 && world.caps_destroyed == 0);
    CU_ASSERT_EQUAL(pass(a, a), SYS_ERR_OK);
    pair_run(&pair);
    CU_ASSERT_EQUAL(heard, 1);
    pair_close(&pair);
}

/// An error in place of one: of a message it ends the binding.
static void lost_in_message(unsigned not_sent)
{
    begin();
    fake_caps.fail_send_in = not_sent;
    if (not_sent == 0)
        fake_caps.lost = b;
    CU_ASSERT_EQUAL(pass(a, b), SYS_ERR_OK);
    pair_run(&pair);
    CU_ASSERT_EQUAL(pair.ends[SERVER].ear.ended,
                    not_sent > 0 ? SYS_ERR_RIGHTS : LIB_ERR_MALLOC_FAIL);
    // The other one; and what was given away and not sent.
    CU_ASSERT_TRUE(heard == 0 && world.caps_destroyed == (not_sent == 2 ? 2 : 1));
    pair_close(&pair);
}

static void lost(void)
{
    lost_in_message(0);
}

static void not_sent_after_all(void)
{
    lost_in_message(1);
}

static void not_sent_after_another(void)
{
    lost_in_message(2);
}

/// Of a call and of an answer it is the call's error, and the binding goes on.
static void lost_in_call(void)
{
    struct capref yours = NULL_CAP;
    begin();
    end_serve(&pair.ends[SERVER]);
    fake_caps.lost = a;
    CU_ASSERT_EQUAL(trade(a, &yours), LIB_ERR_MALLOC_FAIL);
    CU_ASSERT_TRUE(heard == 0 && world.caps_destroyed == 0);
    fake_caps.lost = answer;
    CU_ASSERT_EQUAL(trade(a, &yours), LIB_ERR_MALLOC_FAIL);
    CU_ASSERT_TRUE(heard == 1 && world.caps_destroyed == 1 && capcmp(world.cap_destroyed, a));
    fake_caps.lost = NULL_CAP;
    fake_caps.refused = answer;
    CU_ASSERT_EQUAL(trade(a, &yours), MON_ERR_CAP_SEND);
    CU_ASSERT_EQUAL(world.caps_destroyed, 3); // the handler's answer too
    fake_caps.refused = NULL_CAP;
    handler_error = SYS_ERR_RIGHTS;
    CU_ASSERT_EQUAL(trade(a, &yours), SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(world.caps_destroyed, 5);
    handler_error = SYS_ERR_OK;
    CU_ASSERT_EQUAL(trade(a, &yours), SYS_ERR_OK);
    CU_ASSERT_TRUE(capcmp(yours, answer) && world.caps_destroyed == 6);
    takes = true;
    CU_ASSERT_EQUAL(trade(b, &yours), SYS_ERR_OK);
    CU_ASSERT_EQUAL(world.caps_destroyed, 6);
    flounder_take_cap(&server->stub, b); // no handler runs
    end_serving_stops();
    pair_close(&pair);
}

/// What finds no room is kept, with copies of what is lent; so is what is behind it.
static void too_many(void)
{
    begin();
    for (unsigned i = 0; i < UMP_CAPS_MAX; i++)
        CU_ASSERT_EQUAL(things_lend__tx(client, NOP_CONT, i, a, "x"), SYS_ERR_OK);
    CU_ASSERT_TRUE(flounder_can_send(&client->stub) && fake_caps.copies == 0);
    fake_caps.slot_error = LIB_ERR_SLOT_ALLOC_NO_SPACE;
    CU_ASSERT_EQUAL(things_lend__tx(client, NOP_CONT, UMP_CAPS_MAX, a, "x"),
                    LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_TRUE(flounder_can_send(&client->stub) && world.caps_destroyed == 0);
    fake_caps.slot_error = SYS_ERR_OK;
    CU_ASSERT_EQUAL(things_lend__tx(client, NOP_CONT, UMP_CAPS_MAX, b, "x"), SYS_ERR_OK);
    CU_ASSERT_TRUE(!flounder_can_send(&client->stub) && fake_caps.copies == 1);
    CU_ASSERT_EQUAL(things_give__tx(client, NOP_CONT, a, true), FLOUNDER_ERR_TX_BUSY);
    pair_run(&pair);
    CU_ASSERT_TRUE(heard == UMP_CAPS_MAX + 1 && capcmp(got[0], b) && world.caps_destroyed == 1);
    CU_ASSERT_TRUE(flounder_can_send(&client->stub));
    fake_caps.full_for = 3; // the monitors have no room for a while
    CU_ASSERT_EQUAL(things_give__tx(client, NOP_CONT, a, true), SYS_ERR_OK);
    fake_caps.late = true;
    for (unsigned i = 0; i < UMP_CAPS_MAX; i++)
        CU_ASSERT_EQUAL(things_give__tx(client, NOP_CONT, a, true), SYS_ERR_OK);
    pair_close(&pair); // with one that is kept
    CU_ASSERT_EQUAL(world.caps_destroyed, 2);
}

static void no_slots(void)
{
    fake_caps.travel = true;
    fake_caps.reserve_error = LIB_ERR_SLOT_ALLOC_NO_SPACE;
    struct rings rings = rings_make(WORLD_RING_BYTES);
    struct waitset ws = WAITSET_INITIALIZER;
    CU_ASSERT_EQUAL(flounder_accept(use_things.interface, rings.ends[0], rings.bytes, rings.ends[1],
                                    rings.bytes, NULL, NULL, &ws, true),
                    LIB_ERR_SLOT_ALLOC_NO_SPACE);
    rings_free(rings);
}

WORLD_TEST(arrive)
WORLD_TEST(wait_for_them)
WORLD_TEST(refused)
WORLD_TEST(lost)
WORLD_TEST(not_sent_after_all)
WORLD_TEST(not_sent_after_another)
WORLD_TEST(lost_in_call)
WORLD_TEST(too_many)
WORLD_TEST(no_slots)

TEST_SUITE("capabilities of messages") = {
    {"they arrive, or are none", test_in_arrive},
    {"a message waits for them", test_in_wait_for_them},
    {"not to be sent", test_in_refused},
    {"lost with a message", test_in_lost},
    {"not sent after all", test_in_not_sent_after_all},
    {"not sent after another", test_in_not_sent_after_another},
    {"lost with a call or an answer; whose they are", test_in_lost_in_call},
    {"more than find room", test_in_too_many},
    {"no slots", test_in_no_slots},
};
