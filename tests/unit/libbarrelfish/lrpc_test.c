// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls that wait until a time: they do not wait in the CPU driver, which wakes nobody by a time,
// end when it has come, and leave the endpoint as it was for whoever waits next.
#include "barrelfish/capabilities.h"
#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/lrpc.h"
#include "fake_kernel.h"
#include "kpi/syscalls.h"
#include "testlib/testlib.h"

enum { SHORT_US = 300, LONG_US = 10000000 };

static struct capref to; // an endpoint of this same dispatcher's, where nobody listens
static struct lmp_endpoint *ep;
static struct capref answer_to;

/// An endpoint, and what others send with.
static struct lmp_endpoint *create(uint32_t messages, struct capref *ret)
{
    struct capref own;
    struct lmp_endpoint *created;
    CU_ASSERT_EQUAL_FATAL(endpoint_create(messages, &own, &created), SYS_ERR_OK);
    *ret = fake_endpoint(fake.caps[own.slot].offset, messages, 0);
    return created;
}

static void begin(void)
{
    fake_kernel_start();
    (void)create(8, &to);
    ep = create(2, &answer_to);
}

static struct lmp_recv_msg request(void)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    msg.buf.msglen = 1;
    return msg;
}

static void answer(void)
{
    fake.after_send = NULL;
    CU_ASSERT_EQUAL(fake_send(answer_to, NULL_CAP, 2, 42), SYS_ERR_OK);
}

static void expect_answer(const struct lmp_recv_msg *msg)
{
    CU_ASSERT(msg->buf.msglen == 2 && msg->words[0] == 42 && msg->words[1] == 1);
}

/// An answer that is there in time, with and without a deadline.
static void test_in_time(void)
{
    static const delayus_t limits[] = {BLOCKING_FOREVER, LONG_US, BLOCKING_FOREVER, LONG_US};
    begin();
    for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct lmp_recv_msg msg = request();
        unsigned calls = fake.calls;
        fake.after_send = answer;
        CU_ASSERT_EQUAL(lrpc_call_until(to, 0, NULL_CAP, ep, &msg, NULL, blocking_until(limits[i])),
                        SYS_ERR_OK);
        expect_answer(&msg);
        CU_ASSERT_EQUAL(fake.calls - calls, limits[i] == BLOCKING_FOREVER);
        CU_ASSERT(limits[i] == BLOCKING_FOREVER || fake.sent_flags == LMP_FLAG_YIELD);
        CU_ASSERT_FALSE(disp_is_disabled());
    }
}

/// Without a limit, of its own or of the thread's, the core goes with the call.
static void test_no_limit(void)
{
    begin();
    for (unsigned i = 0; i < 2; i++) {
        struct lmp_recv_msg msg = request();
        fake.after_send = answer;
        CU_ASSERT_EQUAL(lrpc_call(to, 0, NULL_CAP, ep, &msg, NULL), SYS_ERR_OK);
        expect_answer(&msg);
        CU_ASSERT(fake.calls == i + 1 && fake.sent_flags == 0);
    }
}

/// None: the call ends, not before its time, and over and over; a late answer is for the next.
static void test_too_late(void)
{
    begin();
    for (unsigned i = 0; i < 3; i++) {
        struct lmp_recv_msg msg = request();
        systime_t deadline = blocking_until(SHORT_US);
        errval_t err = lrpc_call_until(to, 0, NULL_CAP, ep, &msg, NULL, deadline);
        CU_ASSERT_EQUAL(err_no(err), LIB_ERR_RECV_TIMEOUT);
        CU_ASSERT(systime_now() >= deadline);
        CU_ASSERT_FALSE(disp_is_disabled());
    }
    CU_ASSERT_EQUAL(fake.calls, 0);
    struct lmp_recv_msg msg = request();
    answer();
    CU_ASSERT_EQUAL(lrpc_wait_until(ep, &msg, NULL, blocking_until(LONG_US)), SYS_ERR_OK);
    expect_answer(&msg);
    for (unsigned i = 0; i < 3; i++) {
        systime_t deadline = blocking_until(SHORT_US);
        CU_ASSERT_EQUAL(err_no(lrpc_wait_until(ep, &msg, NULL, deadline)), LIB_ERR_RECV_TIMEOUT);
        CU_ASSERT(systime_now() >= deadline);
    }
}

/// The limit of the thread is that of the calls which are given none.
static void test_limit_of_thread(void)
{
    begin();
    struct lmp_recv_msg msg = request();
    delayus_t before = blocking_set_limit(SHORT_US);
    CU_ASSERT_EQUAL(err_no(lrpc_call(to, 0, NULL_CAP, ep, &msg, NULL)), LIB_ERR_RECV_TIMEOUT);
    CU_ASSERT_EQUAL(err_no(lrpc_wait(ep, &msg, NULL)), LIB_ERR_RECV_TIMEOUT);
    CU_ASSERT_EQUAL(blocking_set_limit(before), SHORT_US);
}

/// What cannot be sent is not waited for; a deadline changes nothing about that.
static void test_not_sent(void)
{
    begin();
    for (unsigned i = 0; i < 2; i++) {
        struct lmp_recv_msg msg = request();
        fake.full_left = 1;
        systime_t deadline = i == 0 ? 0 : blocking_until(LONG_US);
        CU_ASSERT_EQUAL(lrpc_call_until(to, 0, NULL_CAP, ep, &msg, NULL, deadline),
                        SYS_ERR_LMP_BUF_OVERFLOW);
        CU_ASSERT_FALSE(disp_is_disabled());
    }
}

/// With a message there already nobody waits in the CPU driver, whatever goes with the request.
static void test_message_there(void)
{
    static const uint32_t flags[] = {0, LMP_FLAG_GIVE, LMP_FLAG_NO_GRANT};
    begin();
    for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        struct lmp_recv_msg msg = request();
        answer();
        CU_ASSERT_EQUAL(lrpc_call_until(to, flags[i], NULL_CAP, ep, &msg, NULL, 0), SYS_ERR_OK);
        expect_answer(&msg);
        CU_ASSERT(fake.calls == 0 && fake.sent_flags == (flags[i] | LMP_FLAG_YIELD));
    }
}

TEST_SUITE("calls until a time") = {
    {"answers in time", test_in_time},    {"no limit", test_no_limit},
    {"no answer in time", test_too_late}, {"the thread's limit", test_limit_of_thread},
    {"what is not sent", test_not_sent},  {"a message is there", test_message_there},
};
