// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Nobody waits for a server that is gone: whatever way it goes, its client gets
// LIB_ERR_CHAN_CLOSED, at once and not before what the server said last; and not as long as any
// other domain could answer in its place.
#include "gone.h"

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/deferred.h"
#include "barrelfish/invocations.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/lrpc.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/spawn_client.h"
#include "systest/systest.h"

#define KILL_US 20000u
#define UNDRIVEN 16u
#define QUIET_US 20000u
#define QUIET_EVENTS 1000u // of the core in that time, at most

struct client {
    struct capref own, server, domain;
    struct lmp_endpoint *ep;
};

static struct client client_make(void)
{
    struct client client = {0};
    EXPECT_OK(endpoint_create(4, &client.own, &client.ep));
    return client;
}

static void client_free(struct client *client)
{
    EXPECT_OK(cap_destroy(client->own));
    lmp_endpoint_free(client->ep);
}

/// Starts a server that alone has a copy of the client's endpoint, and of `other` if that is not
/// NULL_CAP, and waits for what it says first.
static bool server_start(struct client *client, char *kind, struct capref other)
{
    struct capref args, slot;
    struct cnoderef cnode;
    struct lmp_recv_msg msg;
    char *argv[] = {"test_lmp", kind, NULL};
    EXPECT_OK(cnode_create_l2(&args, &cnode));
    EXPECT_OK(cap_copy((struct capref){cnode, GONE_ARG_REPLY}, client->own));
    if (!capref_is_null(other))
        EXPECT_OK(cap_copy((struct capref){cnode, GONE_ARG_OTHER}, other));
    EXPECT_OK(spawn_program_with_caps(disp_get_core_id(), disp_name(), argv, NULL, NULL_CAP, args,
                                      SPAWN_FLAGS_DEFAULT, &client->domain));
    EXPECT_OK(cap_destroy(args));
    EXPECT_OK(slot_alloc(&slot));
    lmp_endpoint_set_recv_slot(client->ep, slot);
    return EXPECT_OK(lrpc_wait(client->ep, &msg, &client->server)) &&
           EXPECT(!capref_is_null(client->server));
}

static void server_await(struct client *client, uint8_t expected)
{
    uint8_t status = 0;
    EXPECT_OK(spawn_wait(client->domain, &status, false));
    EXPECT(status == expected);
    EXPECT_OK(cap_destroy(client->server));
}

static void server_kill(struct client *client)
{
    EXPECT_OK(spawn_kill(client->domain));
    server_await(client, SPAWN_STATUS_DIED);
}

static void send(const struct client *client, enum gone_request request)
{
    const uint64_t words[LMP_MSG_LENGTH] = {request};
    EXPECT_OK(lmp_send(client->server, 0, NULL_CAP, 1, words));
}

static errval_t call(const struct client *client, enum gone_request request)
{
    struct lmp_recv_msg msg = {.buf.msglen = 1, .words = {request}};
    errval_t err = lrpc_call(client->server, 0, NULL_CAP, client->ep, &msg, NULL);
    EXPECT(err_is_fail(err) || msg.words[0] == GONE_ANSWERED);
    return err;
}

static errval_t wait_for_answer(const struct client *client)
{
    struct lmp_recv_msg msg;
    return lrpc_wait(client->ep, &msg, NULL);
}

/// The same endpoint for one server after another: it is open again with the next.
static void test_ends(void)
{
    static const struct {
        enum gone_request request;
        uint8_t status;
    } ends[] = {
        {GONE_EXIT, GONE_STATUS_EXIT},
        {GONE_FAULT, SPAWN_STATUS_DIED},
        {GONE_FAULT_DISABLED, SPAWN_STATUS_DIED},
    };
    struct client client = client_make();
    for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        EXPECT(lmp_endpoint_is_closed(client.ep) == (i > 0));
        if (server_start(&client, "server", NULL_CAP)) {
            EXPECT_OK(call(&client, GONE_ANSWER));
            EXPECT_ERR(call(&client, ends[i].request), LIB_ERR_CHAN_CLOSED);
            EXPECT_ERR(wait_for_answer(&client), LIB_ERR_CHAN_CLOSED);
            server_await(&client, ends[i].status);
        }
    }
    if (server_start(&client, "server", NULL_CAP)) {
        send(&client, GONE_LAST);
        server_await(&client, GONE_STATUS_EXIT);
        EXPECT(lmp_endpoint_is_closed(client.ep));
        EXPECT_OK(wait_for_answer(&client)); // it had said something
        EXPECT_ERR(wait_for_answer(&client), LIB_ERR_CHAN_CLOSED);
    }
    client_free(&client);
}

static void test_lets_go(enum gone_request request)
{
    struct client client = client_make();
    struct capability info;
    if (server_start(&client, "server", NULL_CAP)) {
        EXPECT_ERR(call(&client, request), LIB_ERR_CHAN_CLOSED);
        EXPECT_ERR(call(&client, GONE_SILENT), LIB_ERR_CHAN_CLOSED); // nor later
        EXPECT(err_is_ok(cap_identify(client.own, &info)) == (request == GONE_DELETE));
        server_kill(&client);
    }
    client_free(&client);
}

static int killer(void *arg)
{
    struct client *client = arg;
    return err_is_ok(barrelfish_usleep(KILL_US)) && err_is_ok(spawn_kill(client->domain)) ? 0 : 1;
}

static void test_killed(void)
{
    struct client client = client_make();
    int status = 1;
    if (server_start(&client, "server", NULL_CAP)) {
        struct thread *thread = thread_create(killer, &client);
        EXPECT_ERR(call(&client, GONE_SILENT), LIB_ERR_CHAN_CLOSED);
        EXPECT(thread != NULL && err_is_ok(thread_join(thread, &status)) && status == 0);
        server_await(&client, SPAWN_STATUS_DIED);
    }
    client_free(&client);
}

/// A third domain has the endpoint by now: it is not closed before that ends as well.
static void test_given_away(void)
{
    struct client first = client_make(), third = client_make();
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    if (server_start(&third, "server", NULL_CAP) && server_start(&first, "server", third.server)) {
        send(&first, GONE_GIVE);
        send(&first, GONE_EXIT);
        server_await(&first, GONE_STATUS_EXIT);
        EXPECT(!lmp_endpoint_is_closed(first.ep));
        EXPECT_ERR(lmp_endpoint_recv(first.ep, &msg.buf, NULL), LIB_ERR_NO_LMP_MSG);
        send(&third, GONE_ANSWER);
        EXPECT_OK(wait_for_answer(&first));
        server_kill(&third);
        EXPECT_ERR(wait_for_answer(&first), LIB_ERR_CHAN_CLOSED);
    }
    client_free(&first);
    client_free(&third);
}

/// A server with two clients: both hear of its end, each once, on a waitset.
static void test_two_clients(void)
{
    struct client clients[2] = {client_make(), client_make()};
    struct waitset ws;
    waitset_init(&ws);
    if (server_start(&clients[0], "server", clients[1].own)) {
        for (unsigned i = 0; i < 2; i++)
            EXPECT_OK(lmp_endpoint_register(clients[i].ep, &ws, NOP_CLOSURE));
        send(&clients[0], GONE_EXIT);
        for (unsigned i = 0; i < 2; i++)
            EXPECT_OK(event_dispatch(&ws));
        for (unsigned i = 0; i < 2; i++) {
            EXPECT_ERR(wait_for_answer(&clients[i]), LIB_ERR_CHAN_CLOSED);
            EXPECT_OK(lmp_endpoint_register(clients[i].ep, &ws, NOP_CLOSURE));
        }
        EXPECT_ERR(event_dispatch_non_block(&ws), LIB_ERR_NO_EVENT);
        server_await(&clients[0], GONE_STATUS_EXIT);
    }
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(lmp_endpoint_deregister(clients[i].ep));
        client_free(&clients[i]);
    }
}

/// The other way round: a server that waits hears that its only client is gone.
static void test_client_goes(void)
{
    struct client client = client_make();
    if (server_start(&client, "server", NULL_CAP)) {
        EXPECT_OK(call(&client, GONE_ANSWER));
        EXPECT_OK(cap_delete(client.server));
        server_await(&client, GONE_STATUS_CLOSED);
    }
    client_free(&client);
}

/// Nobody drives the deletion of what holds the copy: the core does, while all others sleep. With
/// more or fewer capabilities before it, it goes in the last step or in one before. No memory comes
/// back meanwhile, which would wake the memory server.
static void test_undriven(void)
{
    struct client client = client_make();
    struct capref ram;
    EXPECT_OK(ram_alloc_bytes(&ram, OBJSIZE_L2CNODE, OBJSIZE_L2CNODE));
    for (unsigned before = 0; before < UNDRIVEN; before++) {
        struct capref holder;
        struct cnoderef cnode;
        EXPECT_OK(slot_alloc_root(&holder));
        EXPECT_OK(cnode_create_from_mem(holder, ram, ObjType_L2CNode, &cnode, L2_CNODE_SLOTS));
        for (cslot_t slot = 0; slot < before; slot++)
            EXPECT_OK(cap_copy((struct capref){cnode, slot}, cap_dispatcher));
        EXPECT_OK(cap_copy((struct capref){cnode, L2_CNODE_SLOTS - 1}, client.own));
        EXPECT_ERR(invoke_cap_delete(holder), SYS_ERR_AGAIN);
        EXPECT_ERR(wait_for_answer(&client), LIB_ERR_CHAN_CLOSED);
        EXPECT_OK(cap_destroy(holder));
    }
    EXPECT_OK(cap_destroy(ram));
    client_free(&client);
}

static errval_t rpc_call(struct lmp_rpc *rpc, uint64_t operation)
{
    uint64_t words[LMP_MSG_LENGTH] = {operation};
    return lmp_rpc_call(rpc, words, NULL_CAP, words, NULL);
}

static uint64_t events(void)
{
    uint64_t value = 0;
    EXPECT_OK(invoke_kernel_stat(cap_kernelinfo, KERNEL_STAT_EVENTS, &value));
    return value;
}

/// A client that has the server answer to a server's endpoint, its own, does not keep it busy.
static void answer_to_itself(struct capref server)
{
    const uint64_t connect[LMP_MSG_LENGTH] = {RPC_REQUEST | RPC_OP_CONNECT};
    EXPECT_OK(lmp_send(server, LMP_FLAG_YIELD, server, LMP_MSG_LENGTH, connect));
    EXPECT_OK(barrelfish_usleep(QUIET_US));
    uint64_t before = events();
    EXPECT_OK(barrelfish_usleep(QUIET_US));
    EXPECT(events() - before < QUIET_EVENTS);
}

static void test_rpc(void)
{
    struct client client = client_make();
    struct lmp_rpc rpc;
    if (server_start(&client, "rpc-server", NULL_CAP) &&
        EXPECT_OK(lmp_rpc_init(&rpc, client.server))) {
        answer_to_itself(client.server);
        lmp_rpc_destroy(&rpc);
        EXPECT_OK(lmp_rpc_init(&rpc, client.server));
        for (unsigned i = 0; i < 2; i++) {
            EXPECT_OK(rpc_call(&rpc, GONE_RPC_ANSWER));
            EXPECT_ERR(rpc_call(&rpc, GONE_RPC_FORGET), LIB_ERR_CHAN_CLOSED);
        }
        EXPECT_OK(rpc_call(&rpc, GONE_RPC_ANSWER)); // knows it again
        EXPECT_ERR(rpc_call(&rpc, GONE_RPC_EXIT), LIB_ERR_CHAN_CLOSED);
        EXPECT_ERR(rpc_call(&rpc, GONE_RPC_ANSWER), SYS_ERR_CAP_NOT_FOUND);
        lmp_rpc_destroy(&rpc);
        server_await(&client, GONE_STATUS_EXIT);
    }
    client_free(&client);
}

void test_gone_servers(void)
{
    test_ends();
    test_lets_go(GONE_DELETE);
    test_lets_go(GONE_REVOKE);
    test_killed();
    test_given_away();
    test_two_clients();
    test_client_goes();
    test_undriven();
    test_rpc();
}
