// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A domain that cannot be connected to the events of its monitor at first can be later, and has
// lost nothing by it.
#include "client/monitor_events.h"

#include "barrelfish/capabilities.h"
#include "fake_kernel.h"
#include "testlib/testlib.h"

static errval_t answer;
static unsigned asked;
static struct capref given;

errval_t monitor_call(const uint64_t in[LMP_MSG_LENGTH], struct capref send_cap,
                      uint64_t out[LMP_MSG_LENGTH], struct capref *recv_cap)
{
    (void)out;
    CU_ASSERT_EQUAL(in[0], MONITOR_EVENTS);
    CU_ASSERT_PTR_NULL(recv_cap);
    given = send_cap;
    asked++;
    return answer;
}

static void test_failed_first(void)
{
    fake_kernel_start();
    asked = 0;
    for (unsigned free = 0; free < 2; free++) { // the endpoint, and where capabilities arrive
        fake.slots_free = free;
        CU_ASSERT_EQUAL(monitor_events_begin(), LIB_ERR_SLOT_ALLOC_NO_SPACE);
        CU_ASSERT_EQUAL(fake.slots_free, free);
        CU_ASSERT_EQUAL(fake_caps_present(), 0);
    }
    CU_ASSERT_EQUAL(asked, 0);
    fake.slots_free = 2;
    answer = MON_ERR_LIMIT;
    for (unsigned i = 0; i < 100; i++) {
        CU_ASSERT_EQUAL(monitor_events_begin(), MON_ERR_LIMIT);
        CU_ASSERT_EQUAL(fake_caps_present(), 1);
    }
    CU_ASSERT_EQUAL(asked, 100);
    struct capref before = given;
    answer = SYS_ERR_OK;
    CU_ASSERT_EQUAL(monitor_events_begin(), SYS_ERR_OK);
    monitor_events_end();
    CU_ASSERT_EQUAL(given.slot, before.slot);
    CU_ASSERT_EQUAL(monitor_events_begin(), SYS_ERR_OK);
    monitor_events_end();
    CU_ASSERT_EQUAL(asked, 101);
}

TEST_SUITE("events of the monitor") = {
    {"a connection that failed first", test_failed_first},
};
