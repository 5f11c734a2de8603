// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a dispatcher is told by the CPU driver (N1 and N2 of lmp.h): beside requests, when its buffer
// is full, over the wrap of the counters, and whatever it claims to have consumed. And what becomes of
// a message and the capability in it, with what the capability code answers played.
#include "lmp/lmp.h"

#include <string.h>
#include <testlib/testlib.h>

#define MESSAGES 4u
#define OFFSET 1024u

static struct dcb dcb;
static _Alignas(64) uint8_t frame[DISPATCHER_FRAME_MIN];
static struct lmp_endpoint_kern *const buffer = (struct lmp_endpoint_kern *)(frame + OFFSET);
static struct lmp_notice notices[2];

/// What the capability code was asked for, and what it answers.
static struct {
    errval_t lookup, put;
    uint64_t caddr, rights;
    unsigned moves, mints;
} caps_asked;

errval_t caps_lookup_slot(struct caps *caps, const struct cap *root, uint64_t caddr,
                          struct caps_dest *ret)
{
    (void)caps, (void)ret;
    CU_ASSERT_PTR_EQUAL(root, &dcb.slots.cspace.cap);
    caps_asked.caddr = caddr;
    return caps_asked.lookup;
}

errval_t caps_move(struct caps *caps, const struct caps_dest *dest, struct cte *src)
{
    (void)caps, (void)dest, (void)src;
    caps_asked.moves++;
    return caps_asked.put;
}

errval_t caps_mint(struct caps *caps, const struct caps_dest *dest, struct cte *src,
                   uint64_t rights, uint64_t badge)
{
    (void)caps, (void)dest, (void)src, (void)badge;
    caps_asked.mints++;
    caps_asked.rights = rights;
    return caps_asked.put;
}

static struct cap make_endpoint(void)
{
    struct cap cap = cap_make(ObjType_EndPointLMP, (uintptr_t)&dcb - WINDOW_BASE, 1);
    cap.extra = OFFSET;
    cap.aux = MESSAGES;
    return cap;
}

/// A dispatcher that has consumed `count` messages, and two that tell it.
static void begin(uint32_t count)
{
    memset(&dcb, 0, sizeof(dcb));
    memset(frame, 0, sizeof(frame));
    memset(notices, 0, sizeof(notices));
    memset(&caps_asked, 0, sizeof(caps_asked));
    memset(&kcb.schedule, 0, sizeof(kcb.schedule));
    schedule_init(&kcb.schedule, 1);
    schedule_join(&kcb.schedule, &dcb.place, NULL);
    list_init(&dcb.deaths);
    list_init(&dcb.notices);
    dcb.shared = (struct dispatcher_shared *)frame;
    dcb.frame_bytes = sizeof(frame);
    dcb.state = DISPATCHER_BLOCKED;
    dcb.slots.frame.cap = cap_make(ObjType_Frame, 0, sizeof(frame));
    buffer->delivered = buffer->consumed = count;
    for (unsigned i = 0; i < 2; i++) {
        notices[i].endpoint.cap = make_endpoint();
        lmp_notice_begin(&notices[i]);
    }
}

static void request(void)
{
    struct cap endpoint = make_endpoint();
    const uint64_t words[] = {1, 2};
    CU_ASSERT_EQUAL(lmp_deliver_words(&endpoint, words, 2), SYS_ERR_OK);
}

static uint32_t waiting(void)
{
    return buffer->delivered - buffer->consumed;
}

/// Takes the oldest message, and says whether it was a notification.
static bool take(void)
{
    CU_ASSERT_TRUE(waiting() > 0);
    return buffer->messages[buffer->consumed++ % MESSAGES].length == 0;
}

/// What the CPU driver does when the dispatcher is there.
static void enter(void)
{
    lmp_notify_owed(&dcb);
    dcb.untold = !list_is_empty(&dcb.notices);
}

static void test_beside_requests(void)
{
    for (uint32_t first = UINT32_MAX - 6; first != 4; first++) {
        begin(first);
        request();
        lmp_notify(&notices[0]);
        CU_ASSERT_EQUAL(waiting(), 2);
        CU_ASSERT_EQUAL(dcb.state, DISPATCHER_RUNNABLE);
        lmp_notify(&notices[0]); // it is to be read still
        request();
        lmp_notify(&notices[0]);
        CU_ASSERT_EQUAL(waiting(), 3);
        CU_ASSERT_FALSE(take());
        lmp_notify(&notices[0]);
        CU_ASSERT_EQUAL(waiting(), 2);
        CU_ASSERT_TRUE(take());
        lmp_notify(&notices[0]); // news, though a request lies there
        CU_ASSERT_EQUAL(waiting(), 2);
        CU_ASSERT_FALSE(take());
        CU_ASSERT_TRUE(take());
        request();
        CU_ASSERT_FALSE(take());
        lmp_notify(&notices[0]); // the last one was read long ago
        CU_ASSERT_EQUAL(waiting(), 1);
    }
}

/// One notification does not stand for another one's.
static void test_two(void)
{
    begin(0);
    lmp_notify(&notices[0]);
    lmp_notify(&notices[1]);
    lmp_notify(&notices[0]);
    CU_ASSERT_EQUAL(waiting(), 2);
    CU_ASSERT_TRUE(take());
    lmp_notify(&notices[1]);
    CU_ASSERT_EQUAL(waiting(), 1);
    lmp_notify(&notices[0]);
    CU_ASSERT_EQUAL(waiting(), 2);
}

static void test_full(void)
{
    begin(7);
    for (unsigned i = 0; i < MESSAGES; i++)
        request();
    CU_ASSERT_EQUAL(dcb.untold, 0);
    for (unsigned i = 0; i < 2; i++) {
        lmp_notify(&notices[0]);
        lmp_notify(&notices[1]);
    }
    CU_ASSERT_EQUAL(dcb.untold, 1);
    enter(); // without having made room
    CU_ASSERT_EQUAL(waiting(), MESSAGES);
    CU_ASSERT_EQUAL(dcb.untold, 1);
    CU_ASSERT_FALSE(take());
    enter();
    CU_ASSERT_EQUAL(waiting(), MESSAGES);
    CU_ASSERT_EQUAL(dcb.untold, 1);
    for (unsigned i = 1; i < MESSAGES; i++)
        CU_ASSERT_FALSE(take());
    CU_ASSERT_TRUE(take());
    enter();
    CU_ASSERT_EQUAL(dcb.untold, 0);
    CU_ASSERT_TRUE(take());
    CU_ASSERT_EQUAL(waiting(), 0);
}

/// What is owed comes once, if it has been told at another occasion meanwhile; and never, if the
/// vector or the returns have got another endpoint or none.
static void test_no_longer_owed(void)
{
    begin(0);
    for (unsigned i = 0; i < MESSAGES; i++)
        request();
    lmp_notify(&notices[0]);
    lmp_notify(&notices[1]);
    buffer->consumed = MESSAGES;
    lmp_notify(&notices[0]);
    lmp_notice_begin(&notices[1]);
    enter();
    enter();
    CU_ASSERT_EQUAL(dcb.untold, 0);
    CU_ASSERT_EQUAL(waiting(), 1);
    notices[1].endpoint.cap.type = ObjType_Null;
    lmp_notify(&notices[1]);
    CU_ASSERT_EQUAL(waiting(), 1);
}

/// It may claim anything: the CPU driver stays in the buffer, and with the next true word all is
/// well.
static void test_claims(void)
{
    static const uint32_t claims[] = {1, MESSAGES, MESSAGES + 1, 1u << 31, UINT32_MAX};
    for (unsigned i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        begin(100);
        memset(&buffer->messages[MESSAGES], 0xa5, sizeof(struct lmp_message));
        lmp_notify(&notices[0]);
        uint32_t true_word = buffer->delivered;
        buffer->consumed = true_word + claims[i];
        for (unsigned calls = 0; calls < 3 * MESSAGES; calls++)
            lmp_notify(&notices[0]);
        enter();
        const uint8_t *behind = (const uint8_t *)&buffer->messages[MESSAGES];
        for (size_t byte = 0; byte < sizeof(struct lmp_message); byte++)
            CU_ASSERT_EQUAL(behind[byte], 0xa5);
        buffer->consumed = buffer->delivered;
        lmp_notify(&notices[0]);
        CU_ASSERT_EQUAL(waiting(), 1);
    }
}

/// Of two claims next to one another the first leaves the last notification unread, the second not.
static void test_claimed_limit(void)
{
    for (uint32_t beyond = 0; beyond < 2; beyond++) {
        begin(100);
        lmp_notify(&notices[0]);
        buffer->consumed = buffer->delivered - MESSAGES - beyond;
        lmp_notify(&notices[0]);
        CU_ASSERT_EQUAL(dcb.untold, beyond); // there is no room for another one
    }
}

/// Another endpoint has not been told what the one before was.
static void test_begun_again(void)
{
    begin(0);
    lmp_notify(&notices[0]);
    lmp_notice_begin(&notices[0]);
    lmp_notify(&notices[0]);
    CU_ASSERT_EQUAL(waiting(), 2);
}

static void test_gone(void)
{
    begin(0);
    dcb.state = DISPATCHER_KILLED;
    lmp_notify(&notices[0]);
    CU_ASSERT_EQUAL(waiting(), 0);
    CU_ASSERT_EQUAL(dcb.untold, 0);
}

static void test_words(void)
{
    const uint64_t words[LMP_MSG_LENGTH] = {11, 12, 13, 14, 15, 16, 17, 18};
    for (uint32_t length = 0; length <= LMP_MSG_LENGTH; length++) {
        begin(UINT32_MAX);
        memset(buffer->messages, 0xa5, sizeof(struct lmp_message) * MESSAGES);
        struct cap endpoint = make_endpoint();
        endpoint.extra |= 0xbad9eul << 32;
        CU_ASSERT_EQUAL(lmp_deliver_words(&endpoint, words, length), SYS_ERR_OK);
        const struct lmp_message *message = &buffer->messages[UINT32_MAX % MESSAGES];
        CU_ASSERT_EQUAL(message->length, length);
        CU_ASSERT_EQUAL(message->flags, 0);
        CU_ASSERT_EQUAL(message->badge, 0xbad9e);
        for (uint32_t i = 0; i < LMP_MSG_LENGTH; i++)
            CU_ASSERT_EQUAL(message->words[i], i < length ? words[i] : 0xa5a5a5a5a5a5a5a5);
        CU_ASSERT_EQUAL(waiting(), 1);
        CU_ASSERT_EQUAL(dcb.lmp_delivered, 1);
        CU_ASSERT_EQUAL(dcb.shared->lmp_delivered, 1);
        CU_ASSERT_PTR_EQUAL(dcb_picked(), &dcb);
    }
}

/// One message with a capability; returns what came of it.
static errval_t send_cap(bool give, bool no_grant)
{
    struct cap endpoint = make_endpoint();
    struct cte given = {0};
    struct lmp_send send = {.length = 0, .given = &given, .give = give, .no_grant = no_grant};
    return lmp_deliver(&endpoint, &send);
}

static void test_transfer(void)
{
    for (unsigned way = 0; way < 3; way++) {
        begin(0);
        buffer->recv_slot = 77;
        CU_ASSERT_EQUAL(send_cap(way == 1, way == 2), SYS_ERR_OK);
        CU_ASSERT_EQUAL(caps_asked.caddr, 77);
        CU_ASSERT_EQUAL(caps_asked.moves, way == 1);
        CU_ASSERT_EQUAL(caps_asked.mints, way != 1);
        uint64_t without = CAPRIGHTS_ALL & ~CAPRIGHTS_GRANT;
        CU_ASSERT_EQUAL(caps_asked.rights, way == 0 ? CAPRIGHTS_ALL : way == 1 ? 0 : without);
        CU_ASSERT_EQUAL(buffer->messages[0].flags, LMP_RECV_HAS_CAP);
        CU_ASSERT_EQUAL(buffer->recv_slot, 0);
        CU_ASSERT_EQUAL(send_cap(way == 1, false), SYS_ERR_LMP_CAPTRANSFER_DST); // no slot is ready
        CU_ASSERT_EQUAL(waiting(), 1);
    }
}

/// A message that is refused leaves everything as it was.
static void test_transfer_fails(void)
{
    static const struct {
        errval_t lookup, put, expected;
    } cases[] = {
        {SYS_ERR_SLOT_INVALID, SYS_ERR_OK, SYS_ERR_LMP_CAPTRANSFER_DST},
        {SYS_ERR_OK, SYS_ERR_SLOT_IN_USE, SYS_ERR_LMP_CAPTRANSFER_DST},
        {SYS_ERR_OK, SYS_ERR_CAP_BUSY, SYS_ERR_CAP_BUSY},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(0);
        buffer->recv_slot = 77;
        caps_asked.lookup = cases[i].lookup;
        caps_asked.put = cases[i].put;
        CU_ASSERT_EQUAL(send_cap(false, false), cases[i].expected);
        CU_ASSERT_EQUAL(waiting(), 0);
        CU_ASSERT_EQUAL(buffer->recv_slot, 77);
        CU_ASSERT_EQUAL(dcb.state, DISPATCHER_BLOCKED);
    }
}

/// The capability alone goes the same way, without a message.
static void test_transfer_only(void)
{
    begin(0);
    buffer->recv_slot = 77;
    struct cap endpoint = make_endpoint();
    struct cte given = {0};
    struct lmp_send send = {.given = &given};
    CU_ASSERT_EQUAL(lmp_transfer(&endpoint, &send), SYS_ERR_OK);
    CU_ASSERT_EQUAL(caps_asked.mints, 1);
    CU_ASSERT_EQUAL(waiting(), 0);
    CU_ASSERT_EQUAL(lmp_transfer(&endpoint, &send), SYS_ERR_LMP_CAPTRANSFER_DST);
    dcb.state = DISPATCHER_STOPPED;
    CU_ASSERT_EQUAL(lmp_transfer(&endpoint, &send), SYS_ERR_LMP_NO_TARGET);
}

/// Who is dead, or has lost its frame, or a part of it, takes no message.
static void test_no_target(void)
{
    for (unsigned way = 0; way < 6; way++) {
        begin(0);
        struct cap endpoint = make_endpoint();
        if (way < 2)
            dcb.state = way == 0 ? DISPATCHER_KILLED : DISPATCHER_STOPPED;
        else if (way == 2)
            dcb.slots.frame.cap.type = ObjType_Null;
        else if (way == 3)
            dcb.shared = NULL;
        else
            dcb.frame_bytes = OFFSET + LMP_ENDPOINT_BYTES(MESSAGES) - (way == 4);
        CU_ASSERT_EQUAL(lmp_deliver_words(&endpoint, NULL, 0),
                        way < 5 ? SYS_ERR_LMP_NO_TARGET : SYS_ERR_OK);
        lmp_set_closed(&endpoint, true);
        CU_ASSERT_EQUAL(buffer->closings, way == 5);
    }
}

/// Told once each time that it changes; to be closed wakes.
static void test_closed(void)
{
    begin(0);
    struct cap endpoint = make_endpoint();
    static const bool closed[] = {false, true, true, false, false, true};
    static const uint32_t closings[] = {0, 1, 1, 2, 2, 3}, wakings[] = {0, 1, 1, 1, 1, 2};
    for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
        lmp_set_closed(&endpoint, closed[i]);
        CU_ASSERT_EQUAL(buffer->closings, closings[i]);
        CU_ASSERT_EQUAL(dcb.lmp_delivered, wakings[i]);
        CU_ASSERT_EQUAL(dcb.state, i == 0 ? DISPATCHER_BLOCKED : DISPATCHER_RUNNABLE);
    }
}

/// Only one that is new or blocked becomes runnable, and its sleep is over.
static void test_runnable(void)
{
    for (uint8_t state = DISPATCHER_NEW; state <= DISPATCHER_KILLED; state++) {
        begin(0);
        memset(&kcb.timers, 0, sizeof(kcb.timers));
        timer_init(&kcb.timers, 1000, 0);
        timer_add(&kcb.timers, &dcb.sleep, 5000, 0);
        dcb.state = state;
        dispatcher_make_runnable(&dcb);
        bool wakes = state == DISPATCHER_NEW || state == DISPATCHER_BLOCKED;
        CU_ASSERT_EQUAL(dcb.state, wakes ? DISPATCHER_RUNNABLE : state);
        CU_ASSERT_EQUAL(dcb_picked() == &dcb, wakes);
        CU_ASSERT_EQUAL(dcb.sleep.at == 0, wakes);
    }
}

static void deliver_to_odd_buffer(void)
{
    struct cap endpoint = make_endpoint();
    endpoint.aux = MESSAGES - 1;
    (void)lmp_deliver_words(&endpoint, NULL, 0);
}

static void owe_to_unaware(void)
{
    list_add(&dcb.notices, &notices[0].owed);
    lmp_notify_owed(&dcb);
}

/// N3 and N4 are asserted.
static void test_broken(void)
{
    begin(0);
    test_dies(deliver_to_odd_buffer);
    test_dies(owe_to_unaware);
}

TEST_SUITE("messages") = {
    {"beside requests", test_beside_requests},
    {"two that tell", test_two},
    {"a full buffer", test_full},
    {"no longer owed", test_no_longer_owed},
    {"claims", test_claims},
    {"a claim at the limit", test_claimed_limit},
    {"another endpoint", test_begun_again},
    {"a dead dispatcher", test_gone},
    {"words", test_words},
    {"a capability", test_transfer},
    {"a capability that is refused", test_transfer_fails},
    {"a capability alone", test_transfer_only},
    {"no target", test_no_target},
    {"closed endpoints", test_closed},
    {"who becomes runnable", test_runnable},
    {"broken invariants", test_broken},
};
