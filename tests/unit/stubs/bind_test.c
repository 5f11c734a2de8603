// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How bindings begin: who is welcome, who is refused and how that is told, what fails on the way; and
// a peer whose greetings are none.
#include "pair.h"
#include <testlib/testlib.h>

#include <if/numbers_defs.h>

#include "barrelfish/blocking.h"
#include "barrelfish/domain.h"
#include "barrelfish/systime.h"

#include <stdlib.h>

static enum err_code below(errval_t err)
{
    return err_no(err >> ERR_CODE_BITS);
}

// Versions, between two ends of one ring.

/// The interface with so many of its messages, of which one has another signature (-1: none).
static struct flounder_interface version(struct flounder_message *messages, unsigned count,
                                         int changed)
{
    struct flounder_interface made = numbers__interface;
    memcpy(messages, made.messages, made.count * sizeof(messages[0]));
    made.messages = messages;
    made.count = count;
    if (changed >= 0) {
        messages[changed].digest ^= 1;
        messages[changed].signature = "message numbers.other(uint8)";
    }
    return made;
}

static struct flounder_message client_messages[32], server_messages[32];

static void check_welcome(struct flounder_interface client, struct flounder_interface server)
{
    static struct pair pair;
    struct view view;
    struct test_random random = {1};
    pair_begin(&pair, &use_numbers, 512, &client, &server);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair.ends[CLIENT].binding);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair.ends[SERVER].binding);
    CU_ASSERT_EQUAL(use_numbers.sends[0](pair.ends[CLIENT].binding, &random, &view), SYS_ERR_OK);
    pair_run(&pair);
    CU_ASSERT_EQUAL(pair.ends[SERVER].ear.ended, SYS_ERR_OK);
    pair_close(&pair);
}

static void check_refusal(struct flounder_interface client, struct flounder_interface server,
                          enum err_code reason, const char *text)
{
    static const size_t sizes[] = {256, 8192};
    static struct pair pair;
    for (unsigned i = 0; i < 2; i++) {
        world.text[0] = '\0';
        pair_begin(&pair, &use_numbers, sizes[i], &client, &server);
        CU_ASSERT_TRUE(pair.ends[CLIENT].concluded && pair.ends[CLIENT].binding == NULL);
        CU_ASSERT_PTR_NULL(pair.ends[SERVER].binding);
        CU_ASSERT_EQUAL(err_no(pair.ends[CLIENT].bound), LIB_ERR_BIND_REFUSED);
        CU_ASSERT_EQUAL(below(pair.ends[CLIENT].bound), reason);
        CU_ASSERT_STRING_EQUAL(world.text, text);
        pair_close(&pair);
    }
}

static void versions(void)
{
    unsigned all = numbers__interface.count;
    for (unsigned count = 0; count < all; count++)
        check_welcome(version(client_messages, count, -1), version(server_messages, all, -1));
    check_welcome(version(client_messages, 3, -1), version(server_messages, all, 3));
    check_refusal(version(client_messages, 4, -1), version(server_messages, all, 3),
                  FLOUNDER_ERR_VERSION,
                  "interface numbers, message 4: this program has 'message "
                  "numbers.addresses(genpaddr, gensize, genvaddr, lpaddr, lvaddr, capaddr, cslot, "
                  "rsrcid, coremask)', the server 'message numbers.other(uint8)'\n");
    check_refusal(
        version(client_messages, all, 0), version(server_messages, all, -1), FLOUNDER_ERR_VERSION,
        "interface numbers, message 1: this program has 'message numbers.other(uint8)', "
        "the server 'message numbers.naturals(uint8, uint16, uint32, uint64, uintptr)'\n");
    check_refusal(version(client_messages, 6, -1), version(server_messages, 5, -1),
                  FLOUNDER_ERR_VERSION,
                  "interface numbers, message 6: this program has 'message numbers.nothing()', the "
                  "server has no such message\n");
    struct flounder_interface other = version(server_messages, all, -1);
    other.name = "numeral";
    check_refusal(version(client_messages, all, -1), other, FLOUNDER_ERR_INTERFACE, "");
}

/// A signature of any length is told.
static void long_signature(void)
{
    static const unsigned lengths[] = {4000, 4091, 4092, 5000};
    char *text = malloc(8192);
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        struct flounder_interface client = version(client_messages, 3, 0);
        struct flounder_interface server = version(server_messages, 3, -1);
        static struct pair pair;
        memset(text, 'x', lengths[i]);
        text[lengths[i]] = '\0';
        server_messages[0].signature = text;
        pair_begin(&pair, &use_numbers, 8192, &client, &server);
        CU_ASSERT_EQUAL(err_no(pair.ends[CLIENT].bound), LIB_ERR_BIND_REFUSED);
        CU_ASSERT_EQUAL(below(pair.ends[CLIENT].bound), FLOUNDER_ERR_VERSION);
        pair_close(&pair);
    }
    free(text);
}

// By way of the monitor.

static struct {
    struct end server; ///< its waitset, and the last client's binding
    iref_t iref;
    unsigned connects;
    errval_t refuse;
    void (*on_connect)(struct numbers_binding *binding);
    struct end client;
} service;

static void on_export(void *st, errval_t err, iref_t iref)
{
    CU_ASSERT_TRUE(st == &service && err_is_ok(err));
    service.iref = iref;
}

static errval_t on_connect(void *st, struct numbers_binding *binding)
{
    CU_ASSERT_PTR_EQUAL(st, &service);
    service.connects++;
    if (err_is_fail(service.refuse))
        return service.refuse;
    service.server.binding = binding;
    service.server.ear = (struct ear){0};
    use_numbers.handle(binding, &service.server.ear, false);
    if (service.on_connect != NULL)
        service.on_connect(binding);
    return SYS_ERR_OK;
}

static void service_begin(void)
{
    memset(&service, 0, sizeof(service));
    service.server.use = service.client.use = &use_numbers;
    service.server.interface = service.client.interface = &numbers__interface;
    service.server.server = true;
    waitset_init(&service.server.ws);
    waitset_init(&service.client.ws);
    CU_ASSERT_EQUAL(numbers_export(&service, on_export, on_connect, &service.server.ws, 0),
                    SYS_ERR_OK);
    (void)fibers_dispatch(&service.server.ws, 10);
    CU_ASSERT_EQUAL(service.iref, IREF_MAKE(1, 17));
}

static void service_run(void)
{
    while (fibers_dispatch(&service.server.ws, 10000) + fibers_dispatch(&service.client.ws, 10000) +
               fibers_dispatch(get_default_waitset(), 10000) >
           0)
        continue;
}

static void on_bound(void *st, errval_t err, struct numbers_binding *binding)
{
    struct end *end = st;
    CU_ASSERT_FALSE(end->concluded);
    CU_ASSERT_TRUE(err_is_fail(err) == (binding == NULL));
    end->concluded = true;
    end->bound = err;
    end->binding = binding;
    if (binding != NULL)
        use_numbers.handle(binding, &end->ear, false);
}

static void client_close(void)
{
    if (service.client.binding != NULL)
        flounder_close(end_stub(&service.client));
    service.client.binding = NULL;
    service_run();
}

static errval_t bind_blocking(void)
{
    struct numbers_binding *binding = NULL;
    end_serve(&service.server);
    errval_t err = numbers_bind_blocking(service.iref, &service.client.ws, 0, &binding);
    end_serving_stops();
    service.client.binding = binding;
    CU_ASSERT_TRUE(err_is_fail(err) == (binding == NULL));
    return err;
}

/// Binds both ways; both must end alike, and so must the server's side.
static void check_bind(enum err_code code, enum err_code reason)
{
    service.client.concluded = false;
    errval_t err = numbers_bind(service.iref, on_bound, &service.client, &service.client.ws, 0);
    if (err_is_ok(err)) {
        service_run();
        CU_ASSERT_TRUE(service.client.concluded);
        err = service.client.bound;
    }
    CU_ASSERT_TRUE(err_no(err) == code && below(err) == reason);
    client_close();
    err = bind_blocking();
    CU_ASSERT_TRUE(err_no(err) == code && below(err) == reason);
    client_close();
}

static void by_the_monitor(void)
{
    world.export_error = MON_ERR_LIMIT;
    CU_ASSERT_EQUAL(numbers_export(&service, on_export, on_connect, &service.server.ws, 0),
                    MON_ERR_LIMIT);
    world.export_error = SYS_ERR_OK;
    service_begin();
    check_bind(SYS_ERR_OK, SYS_ERR_OK);
    CU_ASSERT_EQUAL(service.connects, 2);
    CU_ASSERT_EQUAL(err_no(service.server.ear.ended), LIB_ERR_CHAN_CLOSED);
    service.refuse = SYS_ERR_RIGHTS;
    check_bind(LIB_ERR_BIND_REFUSED, SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(service.connects, 4);
    service.refuse = SYS_ERR_OK;
    world.bind_error = MON_ERR_NO_IREF;
    check_bind(MON_ERR_NO_IREF, SYS_ERR_OK);
    world.bind_error = SYS_ERR_OK;
    world.accept_error = MON_ERR_LIMIT;
    check_bind(LIB_ERR_BIND_REFUSED, MON_ERR_LIMIT);
    world.accept_error = SYS_ERR_OK;
    world.client_bytes = UMP_REQUESTS_BYTES + 64;
    check_bind(LIB_ERR_BIND_REFUSED, LIB_ERR_UMP_BUFSIZE);
    world.client_bytes = 0;
    CU_ASSERT_EQUAL(service.connects, 4);
    check_bind(SYS_ERR_OK, SYS_ERR_OK);
    world.blocks--; // the service, which is never taken back
}

static errval_t silent_bound;

static void on_silent(void *st, errval_t err, struct ump_chan *uc, struct capref notify)
{
    (void)st, (void)uc, (void)notify;
    silent_bound = err;
}

/// Binds without a greeting.
static errval_t bind_silently(struct ump_chan *chan)
{
    CU_ASSERT_EQUAL(ump_chan_bind(chan, (struct ump_bind_continuation){on_silent, NULL}, NULL,
                                  service.iref, NULL, DEFAULT_UMP_BUFLEN, DEFAULT_UMP_BUFLEN,
                                  NULL_CAP),
                    SYS_ERR_OK);
    service_run();
    return silent_bound;
}

/// A domain may have few bindings that have not greeted; those of another one are counted for
/// themselves, and one that has gone makes room.
static void silent_clients(void)
{
    struct ump_chan chans[FLOUNDER_GREETINGS_MAX], more, other;
    service_begin();
    for (unsigned i = 0; i < FLOUNDER_GREETINGS_MAX; i++)
        CU_ASSERT_EQUAL(bind_silently(&chans[i]), SYS_ERR_OK);
    CU_ASSERT_EQUAL(err_no(bind_silently(&more)), LIB_ERR_BIND_REFUSED);
    CU_ASSERT_EQUAL(world.refused, MON_ERR_LIMIT);
    world.client = 7;
    CU_ASSERT_EQUAL(bind_silently(&other), SYS_ERR_OK);
    world.client = 0;
    ump_chan_close(&chans[1]);
    service_run();
    check_bind(SYS_ERR_OK, SYS_ERR_OK);
    CU_ASSERT_EQUAL(bind_silently(&chans[1]), SYS_ERR_OK);
    for (unsigned i = 0; i < FLOUNDER_GREETINGS_MAX; i++)
        ump_chan_close(&chans[i]);
    ump_chan_close(&other);
    service_run();
    world.blocks--;
}

/// Bindings are in memory that the server has lent, as long as there is room in it.
static void lent_memory(void)
{
    static struct numbers_binding lent[3];
    struct ump_chan chans[5];
    service_begin();
    flounder_lend_memory(service.iref, lent, 3);
    for (unsigned round = 0; round < 2; round++) {
        long blocks = world.blocks;
        for (unsigned i = 0; i < 5; i++) {
            world.client = i;
            CU_ASSERT_EQUAL(bind_silently(&chans[i]), SYS_ERR_OK);
        }
        // The monitor's two, what is kept while it binds, and the binding if it is not lent.
        CU_ASSERT_EQUAL(world.blocks - blocks, 5 * 3 + 2);
        for (unsigned i = 0; i < 5; i++)
            ump_chan_close(&chans[i]);
        service_run();
        CU_ASSERT_EQUAL(world.blocks, blocks);
    }
    check_bind(SYS_ERR_OK, SYS_ERR_OK);
    CU_ASSERT_TRUE((uintptr_t)service.server.binding - (uintptr_t)lent < sizeof(lent));
    world.blocks--;
}

static void run_forever(void *arg)
{
    (void)arg;
    service.client.bound = numbers_bind_blocking(
        service.iref, &service.client.ws, 0, (struct numbers_binding **)&service.client.binding);
}

/// The monitor has connected them, but the server does not answer.
static void silent_server(void)
{
    service_begin();
    (void)fiber_make(run_forever, NULL);
    thread_yield();
    CU_ASSERT_EQUAL(event_dispatch_non_block(&service.server.ws), SYS_ERR_OK);
    systime_t before = systime_now();
    fibers_join();
    CU_ASSERT_EQUAL(err_no(service.client.bound), LIB_ERR_BIND_TIMEOUT);
    CU_ASSERT_TRUE(systime_now() - before < 2 * us_to_systime(BLOCKING_LIMIT_US));
    service_run();
    CU_ASSERT_EQUAL(service.connects, 1);
    world.blocks--; // the service, which is never taken back
}

static void say_at_once(void *arg)
{
    CU_ASSERT_EQUAL(numbers_truth__tx(arg, NOP_CONT, true, false), SYS_ERR_OK);
}

static struct event_queue sayings;
static struct event_queue_node saying;

static void say_soon(struct numbers_binding *binding)
{
    event_queue_init(&sayings, &service.server.ws, EVENT_QUEUE_ONESHOT);
    event_queue_node_init(&saying);
    event_queue_add(&sayings, &saying, MKCLOSURE(say_at_once, binding));
}

static unsigned heard_truth;

static void on_truth(struct ear *ear, const struct view *view)
{
    (void)ear;
    heard_truth += view->number == numbers_truth__msgnum;
}

static void bind_slowly(void *arg)
{
    service.client.bound = bind_blocking();
    *(bool *)arg = true;
}

/// What the server says behind its welcome waits until the client has handlers.
static void said_at_once(void)
{
    bool bound = false;
    service_begin();
    service.on_connect = say_soon;
    bind_slowly(&bound);
    CU_ASSERT_EQUAL(service.client.bound, SYS_ERR_OK);
    service.client.ear.heard = on_truth;
    use_numbers.handle(service.client.binding, &service.client.ear, false);
    service_run();
    CU_ASSERT_EQUAL(service.client.ear.ended, SYS_ERR_OK);
    CU_ASSERT_EQUAL(heard_truth, 1);
    client_close();
    world.blocks--; // the service, which is never taken back
}

/// Each allocation of a bind fails once: an error is told, and nothing is left.
static void without_memory(void)
{
    service_begin();
    unsigned failed = 0;
    for (unsigned n = 1; n < 12; n++) {
        service.client.concluded = false;
        world.fail_memory_in = n;
        errval_t err = numbers_bind(service.iref, on_bound, &service.client, &service.client.ws, 0);
        if (err_is_ok(err)) {
            service_run();
            CU_ASSERT_TRUE_FATAL(service.client.concluded);
            err = service.client.bound;
        }
        bool failing = world.fail_memory_in == 0;
        world.fail_memory_in = 0;
        CU_ASSERT_EQUAL(err_is_fail(err), failing);
        CU_ASSERT_TRUE(!failing || err_no(err) == LIB_ERR_MALLOC_FAIL ||
                       below(err) == LIB_ERR_MALLOC_FAIL || err_no(err) == LIB_ERR_CHAN_CLOSED);
        failed += failing;
        client_close();
    }
    CU_ASSERT_TRUE(failed >= 4 && failed < 11);
    world.blocks--; // the service, which is never taken back
}

/// Memory fails while a server tells a client what it speaks.
static void refused_without_memory(void)
{
    static struct pair pair;
    for (unsigned n = 1; n < 4; n++) {
        struct flounder_interface client = version(client_messages, 3, 0);
        pair = (struct pair){.rings = {{NULL, NULL}, 0}};
        world.fail_memory_in = 6 + n;
        pair_begin(&pair, &use_numbers, 512, &client, NULL);
        world.fail_memory_in = 0;
        CU_ASSERT_TRUE(pair.ends[CLIENT].concluded && err_is_fail(pair.ends[CLIENT].bound));
        pair_close(&pair);
    }
}

// A peer without a stub.

/// Each of the stubs' own numbers, in each state of both sides; what is no greeting ends the binding.
static void greetings(void)
{
    for (unsigned round = 0; round < 2 * 2 * 6 * 3; round++) {
        unsigned number = 250 + round % 6, words = round / 6 % 3;
        bool connects = round / 18 % 2 != 0, open = round / 36 != 0;
        struct peer peer;
        (open ? peer_open : peer_begin)(&peer, &use_numbers, 512, connects);
        peer_words(&peer, number, words == 1 ? UINT64_MAX : words, words, words);
        peer_run(&peer);
        bool welcomed = number == FLOUNDER_WELCOME && connects && !open;
        bool refused = number == FLOUNDER_HELLO && !connects && !open;
        bool ended =
            open ? err_is_fail(peer.end.ear.ended) : peer.end.concluded && peer.end.binding == NULL;
        CU_ASSERT_EQUAL(ended, !welcomed && !refused);
        CU_ASSERT_TRUE(!welcomed || peer.end.binding != NULL);
        peer_close(&peer);
    }
}

/// A client that was refused is not heard any more.
static void refused_for_good(void)
{
    struct peer peer;
    uint64_t words[URPC_WORDS];
    uint16_t ctrl;
    unsigned refusals = 0;
    peer_begin(&peer, &use_numbers, 512, false);
    for (unsigned i = 0; i < 3; i++) {
        peer_words(&peer, FLOUNDER_HELLO, 1, 2, 3);
        peer_run(&peer);
    }
    while (peer_take(&peer, words, &ctrl))
        refusals += (ctrl & 0xff) == FLOUNDER_REFUSE;
    CU_ASSERT_EQUAL(refusals, 1);
    peer_close(&peer);
}

static void random_greetings(void)
{
    struct test_random random;
    test_random_init(&random, 2);
    for (unsigned round = 0; round < 3000; round++) {
        struct peer peer;
        peer_begin(&peer, &use_numbers, 512, round % 2 == 0);
        if (test_random_below(&random, 4) == 0 && round % 2 == 1)
            peer_hello(&peer, &numbers__interface);
        for (unsigned i = 0; i < 4; i++) {
            uint64_t words[URPC_WORDS];
            uint16_t ctrl;
            for (unsigned j = 0; j < URPC_WORDS; j++)
                words[j] = any(&random);
            peer_line(&peer, FLOUNDER_WHOLE | (250 + test_random_below(&random, 6)), words,
                      sizeof(words));
            peer_run(&peer);
            while (peer_take(&peer, words, &ctrl))
                continue;
            if (peer.end.concluded && (peer.end.binding == NULL || err_is_fail(peer.end.ear.ended)))
                break;
        }
        peer_close(&peer);
    }
}

WORLD_TEST(versions)
WORLD_TEST(long_signature)
WORLD_TEST(by_the_monitor)
WORLD_TEST(silent_clients)
WORLD_TEST(lent_memory)
WORLD_TEST(silent_server)
WORLD_TEST(said_at_once)
WORLD_TEST(without_memory)
WORLD_TEST(refused_without_memory)
WORLD_TEST(greetings)
WORLD_TEST(refused_for_good)
WORLD_TEST(random_greetings)

TEST_SUITE("bindings") = {
    {"versions", test_in_versions},
    {"a long signature", test_in_long_signature},
    {"by way of the monitor", test_in_by_the_monitor},
    {"silent clients", test_in_silent_clients},
    {"lent memory", test_in_lent_memory},
    {"a silent server", test_in_silent_server},
    {"what is said at once", test_in_said_at_once},
    {"without memory", test_in_without_memory},
    {"refused without memory", test_in_refused_without_memory},
    {"greetings", test_in_greetings},
    {"refused for good", test_in_refused_for_good},
    {"random greetings", test_in_random_greetings},
};
