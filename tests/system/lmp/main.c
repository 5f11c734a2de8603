// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages on one core: every length, badges, capabilities copied and given away, a full buffer, an
// endpoint that is gone, and the hand-over of the core. Both ends are threads of this domain or
// of a child (`test_lmp echo`), which gets an endpoint of ours in its ARGCN. Ends that go: gone.c.
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/spawn_client.h"
#include "gone.h"
#include "systest/systest.h"

#define BUFFER_MESSAGES 8u
#define ROUNDS 2000u
#define BADGE 77u

static void fill(uint64_t words[LMP_MSG_LENGTH], uint64_t seed)
{
    struct test_random random = {seed};
    for (unsigned i = 0; i < LMP_MSG_LENGTH; i++)
        words[i] = test_random_next(&random);
}

static bool receive(struct lmp_endpoint *ep, struct lmp_recv_msg *msg, struct capref *cap)
{
    *msg = (struct lmp_recv_msg)LMP_RECV_MSG_INIT;
    return err_is_ok(lmp_endpoint_recv(ep, &msg->buf, cap));
}

static void test_lengths(struct capref ep_cap, struct lmp_endpoint *ep)
{
    for (size_t length = 0; length <= LMP_MSG_LENGTH; length++) {
        uint64_t words[LMP_MSG_LENGTH];
        struct lmp_recv_msg msg;
        fill(words, length);
        EXPECT_OK(lmp_send(ep_cap, 0, NULL_CAP, length, words));
        EXPECT(receive(ep, &msg, NULL) && msg.buf.msglen == length && msg.buf.badge == 0);
        EXPECT(memcmp(msg.words, words, length * sizeof(words[0])) == 0);
    }
    uint64_t words[LMP_MSG_LENGTH] = {0};
    EXPECT_ERR(sys_lmp_send(get_cap_caddr(ep_cap), 0, 0, LMP_MSG_LENGTH + 1, words), SYS_ERR_ARGS);
    EXPECT_ERR(sys_lmp_send(get_cap_caddr(ep_cap), 0x80, 0, 0, words), SYS_ERR_ARGS);
}

static void test_full(struct capref ep_cap, struct lmp_endpoint *ep)
{
    uint64_t words[LMP_MSG_LENGTH] = {0};
    struct lmp_recv_msg msg;
    for (words[0] = 0; words[0] < BUFFER_MESSAGES; words[0]++)
        EXPECT_OK(lmp_send(ep_cap, 0, NULL_CAP, 1, words));
    EXPECT_ERR(lmp_send(ep_cap, 0, NULL_CAP, 1, words), SYS_ERR_LMP_BUF_OVERFLOW);
    for (uint64_t i = 0; i < BUFFER_MESSAGES; i++)
        EXPECT(receive(ep, &msg, NULL) && msg.words[0] == i);
    EXPECT(!lmp_endpoint_can_recv(ep));
}

static void test_badge(struct capref ep_cap, struct lmp_endpoint *ep)
{
    struct capref badged, again;
    struct lmp_recv_msg msg;
    uint64_t words[LMP_MSG_LENGTH] = {0};
    EXPECT_OK(slot_alloc(&badged));
    EXPECT_OK(slot_alloc(&again));
    EXPECT_OK(cap_mint(badged, ep_cap, CAPRIGHTS_ALL, BADGE));
    EXPECT_ERR(cap_mint(again, badged, CAPRIGHTS_ALL, BADGE + 1), SYS_ERR_ARGS);
    EXPECT_OK(lmp_send(badged, 0, NULL_CAP, 0, words));
    EXPECT(receive(ep, &msg, NULL) && msg.buf.badge == BADGE);
    EXPECT_OK(cap_delete(badged));
    EXPECT_OK(cap_mint(badged, ep_cap, CAPRIGHTS_READ, 0));
    EXPECT_ERR(lmp_send(badged, 0, NULL_CAP, 0, words), SYS_ERR_RIGHTS);
    EXPECT_OK(cap_destroy(badged));
    EXPECT_OK(slot_free(again));
}

static void test_caps(struct capref ep_cap, struct lmp_endpoint *ep)
{
    struct capref frame, slot, came;
    struct lmp_recv_msg msg;
    struct capability info;
    uint64_t words[LMP_MSG_LENGTH] = {0};
    EXPECT_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    EXPECT_ERR(lmp_send(ep_cap, 0, frame, 0, words), SYS_ERR_LMP_CAPTRANSFER_DST);
    EXPECT_OK(slot_alloc(&slot));
    lmp_endpoint_set_recv_slot(ep, slot);
    EXPECT_OK(lmp_send(ep_cap, 0, frame, 0, words));
    EXPECT_ERR(lmp_send(ep_cap, 0, frame, 0, words), SYS_ERR_LMP_CAPTRANSFER_DST);
    EXPECT(receive(ep, &msg, &came) && capcmp(came, slot));
    EXPECT_OK(cap_identify(came, &info));
    EXPECT(info.type == ObjType_Frame && info.bytes == BASE_PAGE_SIZE);
    EXPECT_OK(cap_delete(came));
    lmp_endpoint_set_recv_slot(ep, slot);
    EXPECT_OK(lmp_send(ep_cap, LMP_FLAG_GIVE, frame, 0, words));
    EXPECT_ERR(cap_identify(frame, &info), SYS_ERR_CAP_NOT_FOUND);
    EXPECT(receive(ep, &msg, &came) && !capref_is_null(came));
    EXPECT_OK(cap_destroy(came));
    EXPECT_OK(slot_free(frame));
    lmp_endpoint_set_recv_slot(ep, NULL_CAP);
}

static void test_gone(void)
{
    struct capref ep_cap, other;
    struct lmp_endpoint *ep;
    uint64_t words[LMP_MSG_LENGTH] = {0};
    EXPECT_OK(endpoint_create(BUFFER_MESSAGES, &ep_cap, &ep));
    EXPECT_OK(slot_alloc(&other));
    EXPECT_ERR(lmp_send(other, 0, NULL_CAP, 0, words), SYS_ERR_CAP_NOT_FOUND);
    EXPECT_OK(cap_destroy(ep_cap));
    lmp_endpoint_free(ep);
    EXPECT_OK(slot_free(other));
    EXPECT_ERR(lmp_send(cap_root, 0, NULL_CAP, 0, words), SYS_ERR_CAP_TYPE);
}

/// The child: sends its own endpoint to ours (slot 0 of ARGCN), then returns what it gets, plus
/// one.
static int echo(void)
{
    struct lmp_chan chan;
    lmp_chan_init(&chan);
    struct capref ours = {cnode_arg, 0};
    if (err_is_fail(lmp_chan_accept(&chan, BUFFER_MESSAGES * LMP_MSG_LENGTH, ours)) ||
        err_is_fail(lmp_chan_send0(&chan, LMP_SEND_FLAGS_DEFAULT, chan.local_cap)))
        return 1;
    struct waitset ws;
    waitset_init(&ws);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
        if (err_is_fail(lmp_chan_register_recv(&chan, &ws, NOP_CLOSURE)) ||
            err_is_fail(event_dispatch(&ws)) || err_is_fail(lmp_chan_recv(&chan, &msg, NULL)) ||
            err_is_fail(lmp_chan_send2(&chan, LMP_SEND_FLAGS_DEFAULT, NULL_CAP, msg.words[0] + 1,
                                       msg.buf.badge)))
            return 2;
    }
    return 0;
}

static bool await(struct lmp_endpoint *ep, struct lmp_recv_msg *msg, struct capref *cap)
{
    struct waitset ws;
    waitset_init(&ws);
    return EXPECT_OK(lmp_endpoint_register(ep, &ws, NOP_CLOSURE)) &&
           EXPECT_OK(event_dispatch(&ws)) && EXPECT(receive(ep, msg, cap));
}

static void exchange(struct lmp_endpoint *ep, struct capref child_ep)
{
    struct lmp_recv_msg msg;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        uint64_t words[LMP_MSG_LENGTH] = {i * i};
        EXPECT_OK(lmp_send(child_ep, i % 2 == 0 ? LMP_FLAG_YIELD : 0, NULL_CAP, 1, words));
        if (!await(ep, &msg, NULL) || !EXPECT(msg.words[0] == i * i + 1 && msg.words[1] == 0))
            return;
    }
}

static void test_domains(void)
{
    struct capref ep_cap, slot, child_ep, cnode_cap, domain;
    struct cnoderef cnode;
    struct lmp_endpoint *ep;
    struct lmp_recv_msg msg;
    uint8_t status = 1;
    char *argv[] = {"test_lmp", "echo", NULL};
    EXPECT_OK(endpoint_create(BUFFER_MESSAGES, &ep_cap, &ep));
    EXPECT_OK(slot_alloc(&slot));
    lmp_endpoint_set_recv_slot(ep, slot);
    EXPECT_OK(cnode_create_l2(&cnode_cap, &cnode));
    EXPECT_OK(cap_mint((struct capref){cnode, 0}, ep_cap, CAPRIGHTS_ALL, BADGE));
    EXPECT_OK(spawn_program_with_caps(disp_get_core_id(), disp_name(), argv, NULL, NULL_CAP,
                                      cnode_cap, SPAWN_FLAGS_DEFAULT, &domain));
    if (await(ep, &msg, &child_ep) && EXPECT(msg.buf.badge == BADGE))
        exchange(ep, child_ep);
    EXPECT_OK(spawn_wait(domain, &status, false));
    EXPECT(status == 0);
    // The child is gone, and with it its endpoint.
    uint64_t words[LMP_MSG_LENGTH] = {0};
    EXPECT(err_is_fail(lmp_send(child_ep, 0, NULL_CAP, 0, words)));
    errval_t err = cap_delete(child_ep);
    EXPECT(err_is_ok(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND);
    EXPECT_OK(slot_free(child_ep));
    EXPECT_OK(cap_destroy(cnode_cap));
    EXPECT_OK(cap_destroy(ep_cap));
    lmp_endpoint_free(ep);
}

static void run_all(void)
{
    struct capref ep_cap;
    struct lmp_endpoint *ep;
    EXPECT_OK(endpoint_create(BUFFER_MESSAGES, &ep_cap, &ep));
    test_lengths(ep_cap, ep);
    test_full(ep_cap, ep);
    test_badge(ep_cap, ep);
    test_caps(ep_cap, ep);
    EXPECT_OK(cap_destroy(ep_cap));
    lmp_endpoint_free(ep);
    test_gone();
    test_domains();
    test_gone_servers();
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "echo") == 0)
        return echo();
    if (argc > 1 && strcmp(argv[1], "server") == 0)
        return gone_server();
    if (argc > 1 && strcmp(argv[1], "rpc-server") == 0)
        return gone_rpc_server();
    run_all();
    uint64_t before = test_memory_settled();
    run_all();
    EXPECT_MEMORY(before);
    return test_summary("lmp");
}
