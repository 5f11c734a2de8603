// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a dispatcher is told by the CPU driver (N1 and N2 of lmp.h): beside requests, when its buffer
// is full, over the wrap of the counters, and whatever it claims to have consumed. No capability is
// transferred here: that is system-lmp's.
#include "lmp/lmp.h"

#include <string.h>
#include <testlib/testlib.h>

#define MESSAGES 4u
#define OFFSET 1024u

static struct dcb dcb;
static _Alignas(64) uint8_t frame[DISPATCHER_FRAME_MIN];
static struct lmp_endpoint_kern *const buffer = (struct lmp_endpoint_kern *)(frame + OFFSET);
static struct lmp_notice notices[2];

errval_t caps_lookup_slot(struct caps *caps, const struct cap *root, uint64_t caddr,
                          struct caps_dest *ret)
{
    (void)caps, (void)root, (void)caddr, (void)ret;
    return SYS_ERR_CAP_NOT_FOUND;
}

errval_t caps_move(struct caps *caps, const struct caps_dest *dest, struct cte *src)
{
    (void)caps, (void)dest, (void)src;
    return SYS_ERR_SLOT_IN_USE;
}

errval_t caps_mint(struct caps *caps, const struct caps_dest *dest, struct cte *src,
                   uint64_t rights, uint64_t badge)
{
    (void)caps, (void)dest, (void)src, (void)rights, (void)badge;
    return SYS_ERR_SLOT_IN_USE;
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

static void test_gone(void)
{
    begin(0);
    dcb.state = DISPATCHER_KILLED;
    lmp_notify(&notices[0]);
    CU_ASSERT_EQUAL(waiting(), 0);
    CU_ASSERT_EQUAL(dcb.untold, 0);
}

int main(void)
{
    CU_TestInfo tests[] = {
        {"beside requests", test_beside_requests},
        {"two that tell", test_two},
        {"a full buffer", test_full},
        {"no longer owed", test_no_longer_owed},
        {"claims", test_claims},
        {"a dead dispatcher", test_gone},
        CU_TEST_INFO_NULL,
    };
    return test_suite("notifications", tests);
}
