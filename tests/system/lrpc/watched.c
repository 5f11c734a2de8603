// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls whose answer is late: a dispatcher that is watched (SYSCALL_WATCH) does not wait in the CPU
// driver for long, however often it has called and has been woken before, and so lrpc_call() has a
// limit. Nothing runs meanwhile, so that in deterministic mode a minute is over at once.
#include "barrelfish/systime.h"
#include "lrpc_test.h"

#define MS 1000ul
#define CALLS 100u
#define SLACK_US (5 * MS)

static uint64_t us_since(systime_t begin)
{
    return systime_to_us(systime_now() - begin);
}

/// A call whose answer comes after so long, and how long it waited in the CPU driver.
static uint64_t call_late(const struct client *client, delayus_t delay_us, uint64_t *recv_flags)
{
    struct lmp_recv_msg msg = {.buf.msglen = LMP_MSG_LENGTH, .words = {REQUEST_LATE, delay_us}};
    systime_t begin = systime_now();
    EXPECT_OK(client_call(client, client->server, LMP_FLAG_CALL, NULL_CAP, &msg, recv_flags));
    return us_since(begin);
}

/// If it did not come in registers.
static void await_late(const struct client *client, uint64_t recv_flags)
{
    if (recv_flags != 0)
        return;
    struct lmp_recv_msg msg;
    EXPECT_OK(lrpc_wait(client->reply, &msg, NULL));
    EXPECT(msg.words[0] == SYS_ERR_OK);
}

static void test_watch(const struct client *client)
{
    uint64_t recv_flags;
    delayus_t late = 3 * DISPATCHER_WATCH_MS * MS;
    EXPECT_OK(barrelfish_usleep(2 * DISPATCHER_WATCH_MS * MS)); // what has called before
    EXPECT(disp_shared()->watched == 0);
    EXPECT(call_late(client, late, &recv_flags) >= late && recv_flags == LMP_RECV_WORDS);

    sys_watch();
    EXPECT(disp_shared()->watched == 1);
    for (unsigned i = 0; i < CALLS; i++) {
        struct lmp_recv_msg msg = {.words = {REQUEST_ECHO}};
        (void)client_call_direct(client, &msg, LMP_MSG_LENGTH);
    }
    EXPECT(disp_shared()->watched == 1);
    EXPECT(call_late(client, late, &recv_flags) <= DISPATCHER_WATCH_MS * MS + SLACK_US);
    EXPECT(recv_flags == 0 && disp_shared()->watched == 0);
    await_late(client, recv_flags);

    // One that runs at that moment, and so may be about to call, stays watched.
    sys_watch();
    systime_t begin = systime_now();
    while (us_since(begin) < DISPATCHER_WATCH_MS * MS + SLACK_US) {
    }
    EXPECT(disp_shared()->watched == 1);
    EXPECT(call_late(client, late, &recv_flags) <= DISPATCHER_WATCH_MS * MS && recv_flags == 0);
    await_late(client, recv_flags);
}

/// Answers within the limit are received, and others given up, each after it has been looked at.
static void test_limit(const struct client *client)
{
    struct lmp_recv_msg msg = {.buf.msglen = 2, .words = {REQUEST_LATE, BLOCKING_LIMIT_US / 2}};
    EXPECT_OK(lrpc_call(client->server, 0, NULL_CAP, client->reply, &msg, NULL));
    EXPECT(msg.words[0] == SYS_ERR_OK);
    msg = (struct lmp_recv_msg){.buf.msglen = 2, .words = {REQUEST_LATE, 2 * BLOCKING_LIMIT_US}};
    systime_t begin = systime_now();
    bool late = EXPECT_ERR(lrpc_call(client->server, 0, NULL_CAP, client->reply, &msg, NULL),
                           LIB_ERR_RECV_TIMEOUT);
    uint64_t waited = us_since(begin);
    EXPECT(waited >= BLOCKING_LIMIT_US &&
           waited <= BLOCKING_LIMIT_US + DISPATCHER_WATCH_MS * MS + SLACK_US);
    if (late)
        await_late(client, 0);
}

void test_watched(const struct client *client)
{
    test_watch(client);
    test_limit(client);
}
