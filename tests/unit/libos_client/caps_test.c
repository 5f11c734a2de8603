// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities over a channel, on the library's side: reserving, what is asked of the monitor, what
// its events bring, and that no slot is lost.
#include "fake_events.h"
#include "fake_services.h"
#include "fake_slots.h"

#include "barrelfish/domain.h"
#include "channel/ump_internal.h"

static struct ump_chan chan;
static struct capref caps[UMP_CAPS_MAX];
static const struct capref frame = {{0, 0, CNODE_LEVEL_OTHER}, 3},
                           ram = {{0, 0, CNODE_LEVEL_OTHER}, 4};

static void start(void)
{
    ump_caps_call = monitor_call;
    fake.types[frame.slot] = ObjType_Frame;
    fake.types[ram.slot] = ObjType_RAM;
    chan = (struct ump_chan){.id = 7, .recv_chan.peer = (FAKE_CORE + 1) << 16 | 20};
    CU_ASSERT_EQUAL_FATAL(ump_chan_reserve_caps(&chan), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ump_chan_reserve_caps(&chan), SYS_ERR_OK); // once
    CU_ASSERT_EQUAL(fake_slots.made, UMP_CAPS_MAX);
}

/// The monitor's event; the slot for the next capability.
static struct capref event(errval_t err, uint64_t taken, bool has, struct capref cap)
{
    const uint64_t words[LMP_MSG_LENGTH] = {MONITOR_EVENT_CAP, chan.id, err, 0, taken, has};
    return ump_caps_arrived(&chan, words, cap);
}

static void reserving_fails(void)
{
    chan = (struct ump_chan){.id = 0};
    CU_ASSERT_EQUAL(ump_chan_reserve_caps(&chan), SYS_ERR_OK); // nothing is sent there
    CU_ASSERT_EQUAL(ump_chan_send_cap(&chan, frame, false), MON_ERR_CAP_SEND);
    CU_ASSERT_EQUAL(ump_chan_check_cap(&chan, frame), MON_ERR_CAP_SEND);
    CU_ASSERT_FALSE(ump_chan_await_caps(&chan, 1));
    CU_ASSERT_TRUE(ump_chan_has_cap_room(&chan, 1));
    chan.id = 7;
    fake.fail_memory_in = 1;
    CU_ASSERT_EQUAL(ump_chan_reserve_caps(&chan), LIB_ERR_MALLOC_FAIL);
    fake_slots.left = UMP_CAPS_MAX - 1;
    CU_ASSERT_EQUAL(ump_chan_reserve_caps(&chan), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_TRUE(chan.caps == NULL && fake_slots.freed == UMP_CAPS_MAX - 1);
    ump_caps_free(&chan);
}

static void checks(void)
{
    start();
    CU_ASSERT_EQUAL(ump_chan_check_cap(&chan, frame), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ump_chan_check_cap(&chan, ram), MON_ERR_CAP_SEND);
    CU_ASSERT_EQUAL(ump_chan_check_cap(&chan, cap_io), SYS_ERR_CAP_NOT_FOUND);
    chan.recv_chan.peer = FAKE_CORE << 16 | 20;
    CU_ASSERT_EQUAL(ump_chan_check_cap(&chan, ram), SYS_ERR_OK);
    fake.no_grant = true;
    CU_ASSERT_EQUAL(ump_chan_check_cap(&chan, ram), SYS_ERR_RIGHTS);
    ump_caps_free(&chan);
}

static errval_t refuse(struct fake_request *request, uint64_t words[8], struct capref *cap)
{
    (void)cap;
    words[0] = request->words[2] == 1 ? LIB_ERR_CHAN_CLOSED : MON_ERR_LIMIT;
    return SYS_ERR_OK;
}

static void sends(void)
{
    start();
    CU_ASSERT_EQUAL(ump_chan_send_cap(&chan, frame, false), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_asked(0, MONITOR_CAP, 7, 0, 0) && fake.destroyed == 0);
    chan.server = true;
    CU_ASSERT_EQUAL(ump_chan_send_cap(&chan, frame, true), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_asked(0, MONITOR_CAP, 7, 0, MONITOR_CAP_SERVER | MONITOR_CAP_GIVES));
    CU_ASSERT_TRUE(capcmp(fake_last(0)->cap, frame) && fake.destroyed == 1);
    CU_ASSERT_EQUAL(ump_chan_send_cap_error(&chan, LIB_ERR_MALLOC_FAIL), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_asked(0, MONITOR_CAP, 7, LIB_ERR_MALLOC_FAIL, MONITOR_CAP_SERVER));
    fake.answer = refuse;
    errval_t err = ump_chan_send_cap(&chan, frame, true);
    CU_ASSERT_TRUE(err_no(err) == LIB_ERR_UMP_FULL && fake.destroyed == 1);
    CU_ASSERT_EQUAL(ump_chan_send_cap_error(&chan, 1), LIB_ERR_CHAN_CLOSED);
    fake.answer = NULL;
    for (unsigned i = 3; i < UMP_CAPS_MAX; i++)
        CU_ASSERT_EQUAL(ump_chan_send_cap(&chan, frame, false), SYS_ERR_OK);
    unsigned asked = fake.count, triggers = fake_events.triggers;
    CU_ASSERT_EQUAL(ump_chan_send_cap(&chan, frame, false), LIB_ERR_UMP_FULL);
    CU_ASSERT_TRUE(fake.count == asked && !ump_chan_has_cap_room(&chan, 2));
    (void)event(SYS_ERR_OK, 1, false, NULL_CAP);
    CU_ASSERT_EQUAL(fake_events.triggers, triggers);
    (void)event(SYS_ERR_OK, 1, false, NULL_CAP);
    CU_ASSERT_TRUE(fake_events.triggers == triggers + 1 && ump_chan_has_cap_room(&chan, 2));
    (void)event(SYS_ERR_OK, 100, false, NULL_CAP); // more than there are
    CU_ASSERT_TRUE(ump_chan_has_cap_room(&chan, UMP_CAPS_MAX));
    ump_caps_free(&chan);
    CU_ASSERT_EQUAL(fake_slots.freed, fake_slots.made);
}

static void receives(void)
{
    start();
    CU_ASSERT_FALSE(ump_chan_await_caps(&chan, 2));
    struct capref next = event(SYS_ERR_OK, 0, true, frame);
    CU_ASSERT_TRUE(!capref_is_null(next) && !capcmp(next, frame) && fake_events.triggers == 0);
    (void)event(LIB_ERR_MALLOC_FAIL, 0, true, NULL_CAP);
    CU_ASSERT_TRUE(fake_events.triggers == 1 && ump_chan_await_caps(&chan, 2));
    CU_ASSERT_EQUAL(ump_chan_take_caps(&chan, 2, caps), LIB_ERR_MALLOC_FAIL);
    CU_ASSERT_TRUE(capcmp(caps[0], frame) && capref_is_null(caps[1]));
    CU_ASSERT_TRUE(fake_asked(0, MONITOR_CAP_TAKEN, 7, 2, 0));
    unsigned asked = fake.count;
    CU_ASSERT_EQUAL(ump_chan_take_caps(&chan, 0, caps), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fake.count, asked);
    next = event(SYS_ERR_OK, 0, true, frame);
    fake_slots.left = 0; // so that it cannot be taken, but the next one can come
    CU_ASSERT_EQUAL(ump_chan_take_caps(&chan, 1, caps), LIB_ERR_SLOT_ALLOC_NO_SPACE);
    CU_ASSERT_TRUE(capref_is_null(caps[0]) && fake_slots.deleted == 1);
    for (unsigned i = 0; i < UMP_CAPS_MAX; i++)
        next = event(SYS_ERR_OK, 0, true, frame);
    CU_ASSERT_TRUE(capcmp(event(SYS_ERR_OK, 0, true, ram), ram)); // one more than the monitor lets
    CU_ASSERT_EQUAL(fake_slots.deleted, 2);
    ump_caps_free(&chan);
    CU_ASSERT_EQUAL(fake.destroyed, UMP_CAPS_MAX);
    CU_ASSERT_TRUE(capcmp(event(SYS_ERR_OK, 0, true, ram), ram)); // not reserved
    CU_ASSERT_EQUAL(fake_slots.deleted, 3);
}

CLIENT_TEST(reserving_fails)
CLIENT_TEST(checks)
CLIENT_TEST(sends)
CLIENT_TEST(receives)

TEST_SUITE("capabilities over a channel") = {
    {"each step of reserving fails", test_reserving_fails},
    {"types", test_checks},
    {"sending", test_sends},
    {"receiving", test_receives},
};
