// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// test_servers CORE: nobody waits for ever. Servers that bind to one another, with calls that block
// (which give up) and with continuations, as usr/examples/adder does; a client of that server that never
// reads, while others go on; names that nobody registers.
//   test_servers blocking NAME OTHER    a server of the wrong kind; ends with status 7
#include "systest/systest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/blocking.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/ump_chan.h"
#include "if/adder_defs.h"

#define RING_BYTES 2048u
#define SHORT_US 100000u
#define CHILD_LIMIT_MS 60000u
#define STATUS_TIMEOUT 7
#define CALLS 100u
#define LOOKUPS 80u // more than one domain may have waiting at its monitor

static unsigned accepted, failed;
static iref_t own_iref;

static void on_connect(void *st, struct monitor_bind_request *request)
{
    static struct ump_chan chans[4];
    (void)st;
    if (err_is_ok(ump_chan_accept(&chans[accepted], request)))
        accepted++;
    else
        failed++;
}

static errval_t offer(const char *name, iref_t *iref)
{
    static struct monitor_export service;
    errval_t err =
        monitor_export_service(&service, 0, get_default_waitset(), on_connect, NULL, iref);
    return err_is_ok(err) ? nameservice_register(name, *iref) : err;
}

static int blocking_main(const char *name, const char *other)
{
    struct ump_chan chan;
    iref_t iref;
    errval_t err = offer(name, &iref);
    if (err_is_ok(err))
        err = nameservice_blocking_lookup(other, &iref);
    (void)blocking_set_limit(SHORT_US);
    if (err_is_ok(err))
        err = ump_chan_bind_blocking(&chan, iref, RING_BYTES, RING_BYTES);
    barrelfish_usleep(2 * SHORT_US); // the other one has begun later
    return err_no(err) == LIB_ERR_BIND_TIMEOUT ? STATUS_TIMEOUT : EXIT_FAILURE;
}

static struct capref start(coreid_t core, char *const argv[])
{
    struct capref domain = NULL_CAP;
    EXPECT_OK(spawn_program(core, argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, &domain));
    return domain;
}

/// Two programs, one on each core, which have one another's names.
static void test_pair(coreid_t core, const char *program, const char *how, uint8_t wanted)
{
    char *const argv[] = {(char *)program, (char *)how, "west", "east", NULL};
    const char *const args[] = {how, "east", "west", NULL};
    uint8_t status = 0;
    struct capref west = start(core, argv);
    struct test_child east = test_run_child(disp_get_core_id(), program, args, CHILD_LIMIT_MS);
    EXPECT(east.end == TEST_END_STATUS && east.status == wanted);
    EXPECT_OK(spawn_wait(west, &status, false));
    EXPECT(status == wanted);
}

static void on_bound(void *st, errval_t err, struct ump_chan *chan, struct capref notify)
{
    (void)chan;
    (void)notify;
    *(errval_t *)st = err;
}

/// A server that binds to itself: blocked, it cannot answer; dispatching, it can.
static void test_itself(void)
{
    struct ump_chan chan;
    iref_t iref;
    EXPECT_OK(offer("itself", &iref));
    own_iref = iref;
    delayus_t before = blocking_set_limit(SHORT_US);
    EXPECT_ERR(ump_chan_bind_blocking(&chan, iref, RING_BYTES, RING_BYTES), LIB_ERR_BIND_TIMEOUT);
    EXPECT(blocking_set_limit(before) == SHORT_US && before == 0);
    while (accepted + failed == 0)
        EXPECT_OK(event_dispatch(get_default_waitset()));
    EXPECT(failed == 1); // who gave up is not there any more
    errval_t err = LIB_ERR_NO_EVENT;
    struct ump_bind_continuation cont = {on_bound, &err};
    EXPECT_OK(ump_chan_bind(&chan, cont, NULL, iref, NULL, RING_BYTES, RING_BYTES, NULL_CAP));
    while (err_no(err) == LIB_ERR_NO_EVENT)
        EXPECT_OK(event_dispatch(get_default_waitset()));
    EXPECT_OK(err);
    EXPECT(accepted == 1);
    ump_chan_close(&chan);
}

static struct adder_binding *connect(void)
{
    struct adder_binding *binding = NULL;
    iref_t iref;
    EXPECT(EXPECT_OK(nameservice_blocking_lookup("adder", &iref)) &&
           EXPECT_OK(adder_bind_blocking(iref, get_default_waitset(), 0, &binding)));
    return binding;
}

static uint64_t answers;

static void on_answer(struct adder_binding *binding, uint64_t sum)
{
    (void)binding;
    EXPECT(sum == ++answers);
}

/// One that never reads fills its rings, and is told; another is served as if it were alone.
static void test_deaf_client(coreid_t core)
{
    char *const argv[] = {"adder", NULL};
    struct capref server = start(core, argv);
    struct adder_binding *deaf = connect(), *good = connect();
    uint8_t status;
    uint64_t sent = 0, sum = 0;
    errval_t err = SYS_ERR_OK;
    if (deaf == NULL || good == NULL)
        return;
    EXPECT_OK(deaf->control(deaf, IDC_CONTROL_PAUSE));
    deaf->rx_vtbl.increment_response = on_answer;
    systime_t end = systime_now() + us_to_systime(SHORT_US);
    while (err_is_ok(err) || (err_no(err) == FLOUNDER_ERR_TX_BUSY && systime_now() < end)) {
        err = adder_increment_call__tx(deaf, NOP_CONT, sent);
        sent += err_is_ok(err);
        (void)event_dispatch_non_block(get_default_waitset()); // what waits is sent
    }
    EXPECT_ERR(err, FLOUNDER_ERR_TX_BUSY);
    EXPECT(sent > 60 && answers == 0); // its own ring is full, and the answers are not read
    for (uint64_t i = 0; i < CALLS; i++)
        EXPECT(EXPECT_OK(adder_increment(good, i, &sum)) && sum == i + 1);
    EXPECT_OK(deaf->control(deaf, IDC_CONTROL_RESUME));
    while (answers < sent)
        EXPECT_OK(event_dispatch(get_default_waitset()));
    EXPECT(EXPECT_OK(adder_increment(deaf, 5, &sum)) && sum == 6);
    adder_close(deaf);
    adder_close(good);
    EXPECT_OK(spawn_kill(server));
    EXPECT_OK(spawn_wait(server, &status, false));
}

static void test_names(void)
{
    iref_t iref = 0;
    (void)blocking_set_limit(1000);
    for (unsigned i = 0; i < LOOKUPS; i++)
        EXPECT_ERR(nameservice_blocking_lookup("nobody's", &iref), LIB_ERR_LOOKUP_TIMEOUT);
    (void)blocking_set_limit(0);
    EXPECT_OK(nameservice_register("nobody's", own_iref));
    EXPECT_OK(nameservice_blocking_lookup("nobody's", &iref));
    EXPECT(iref == own_iref);
    EXPECT_OK(nameservice_unregister("nobody's"));
    struct waitset ws = WAITSET_INITIALIZER;
    systime_t limit = systime_now() + us_to_systime(1000);
    EXPECT_ERR(event_dispatch_until(&ws, limit), LIB_ERR_TIMEOUT);
    EXPECT(systime_now() >= limit);
}

/// A server over LMP that takes no message out of its endpoint, which has room for one capability.
static void test_mute_server(void)
{
    struct lmp_endpoint *ep;
    struct capref own, server, slot;
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    struct lmp_rpc rpc;
    EXPECT_OK(endpoint_create(4, &own, &ep));
    EXPECT_OK(slot_alloc(&server));
    EXPECT_OK(cap_copy(server, own));
    EXPECT_OK(slot_alloc(&slot));
    lmp_endpoint_set_recv_slot(ep, slot);
    EXPECT_ERR(lmp_rpc_init_limited(&rpc, server, 1000), LIB_ERR_RECV_TIMEOUT);
    EXPECT_ERR(lmp_rpc_init_limited(&rpc, server, 1000), LIB_ERR_SEND_TIMEOUT);
    EXPECT_OK(lmp_endpoint_recv(ep, &msg.buf, &slot));
    EXPECT(!capref_is_null(slot));
    EXPECT_OK(cap_destroy(slot));
    EXPECT_OK(cap_destroy(server));
    EXPECT_OK(cap_destroy(own));
    lmp_endpoint_free(ep);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "blocking") == 0)
        return blocking_main(argv[2], argv[3]);
    coreid_t core = (coreid_t)atoi(argc > 1 ? argv[1] : "0");
    test_itself();
    test_names();
    test_mute_server();
    test_pair(core, "test_servers", "blocking", STATUS_TIMEOUT);
    test_pair(core, "adder", "both", 0);
    test_deaf_client(core);
    return test_summary("servers");
}
