// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Domains that call one another in a circle, each with one waitset. They get on as long as each
// dispatches that while it waits (IDC_CONTROL_DISPATCH); where one does not, its deadline ends it.
#include "pair.h"
#include "stub/stub.h"
#include <testlib/testlib.h>

#include <if/numbers_defs.h>

#include "barrelfish/blocking.h"
#include "barrelfish/systime.h"

#define DOMAINS_MOST 3u
#define DEADLINE_US 1000000u

/// Pair i: domain i is the client, the next one the server. A domain's waitset is its client's.
static struct pair pairs[DOMAINS_MOST];
static unsigned domains;

static struct numbers_binding *client_of(unsigned domain)
{
    return pairs[domain].ends[CLIENT].binding;
}

static unsigned domain_of(const struct numbers_binding *server)
{
    unsigned i = 0;
    while (pairs[i].ends[SERVER].binding != server)
        i++;
    return (i + 1) % domains;
}

/// Passes a call on, and adds one to its answer.
static errval_t pass_on(struct numbers_binding *binding, uint64_t a, bool b, bool *c, uint64_t *d)
{
    *c = b;
    *d = 0;
    errval_t err =
        a == 0 ? SYS_ERR_OK : numbers_swap(client_of(domain_of(binding)), a - 1, b, c, d);
    *d += a != 0;
    return err;
}

static errval_t pass_wide(struct numbers_binding *binding, uint64_t a, uint64_t b, uint64_t c,
                          uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t h, uint64_t *i,
                          uint64_t *j, uint64_t *k, uint64_t *l, uint64_t *m, uint64_t *n,
                          uint64_t *o, uint16_t *p)
{
    *i = *j = *k = *l = *m = *n = *o = *p = 0;
    errval_t err = a == 0 ? SYS_ERR_OK
                          : numbers_wide(client_of(domain_of(binding)), a - 1, b, c, d, e, f, g, h,
                                         i, j, k, l, m, n, o, p);
    *i += a != 0;
    return err;
}

/// Domains other than the first are served by a thread each.
static void begin(unsigned count, size_t ring_bytes)
{
    domains = count;
    for (unsigned i = 0; i < count; i++)
        pair_open(&pairs[i], &use_numbers, ring_bytes);
    for (unsigned i = 0; i < count; i++) {
        struct numbers_binding *server = pairs[i].ends[SERVER].binding;
        struct waitset *ws = &pairs[(i + 1) % count].ends[CLIENT].ws;
        server->rpc_rx_vtbl.swap_call = pass_on;
        server->rpc_rx_vtbl.wide_call = pass_wide;
        CU_ASSERT_EQUAL(server->change_waitset(server, ws), SYS_ERR_OK);
        CU_ASSERT_EQUAL(client_of(i)->control(client_of(i), IDC_CONTROL_DISPATCH), SYS_ERR_OK);
        if (i != 0)
            end_serve(&pairs[i].ends[CLIENT]);
    }
}

static void end(void)
{
    end_serving_stops();
    for (unsigned i = 0; i < domains; i++)
        pair_close(&pairs[i]);
}

static errval_t call(uint64_t depth, uint64_t *reached)
{
    bool c;
    return numbers_swap(client_of(0), depth, true, &c, reached);
}

static void dispatching(void)
{
    for (unsigned count = 2; count <= DOMAINS_MOST; count++) {
        uint64_t reached = 0;
        begin(count, WORLD_RING_BYTES);
        for (uint64_t depth = 0; depth < 4 * count; depth++) {
            CU_ASSERT_EQUAL(call(depth, &reached), SYS_ERR_OK);
            CU_ASSERT_EQUAL(reached, depth);
        }
        end();
    }
}

/// The first domain waits for one binding alone, and the circle comes back to it.
static void not_dispatching(void)
{
    flounder_on_timeout = flounder_timed_out; // as who binds does
    for (unsigned count = 2; count <= DOMAINS_MOST; count++) {
        uint64_t reached = 0;
        char text[100];
        begin(count, WORLD_RING_BYTES);
        end_stub(&pairs[0].ends[CLIENT])->peer = 17;
        (void)client_of(0)->control(client_of(0), IDC_CONTROL_DISPATCH_NOT);
        (void)blocking_set_limit(DEADLINE_US);
        systime_t before = systime_now();
        world.printed = 0;
        CU_ASSERT_EQUAL(call(count, &reached), err_push(LIB_ERR_TIMEOUT, LIB_ERR_RECV_TIMEOUT));
        CU_ASSERT_TRUE(systime_now() - before < us_to_systime(DEADLINE_US + DEADLINE_US / 10));
        CU_ASSERT_TRUE(world.printed == 1 && world.printed_error == LIB_ERR_RECV_TIMEOUT);
        CU_ASSERT_STRING_EQUAL(world.text, "numbers.swap: waits for 17");
        flounder_tell_waits(end_stub(&pairs[0].ends[CLIENT]), numbers_ping_call__msgnum, text,
                            sizeof(text));
        CU_ASSERT_STRING_EQUAL(text, "numbers.ping: waits for 17");
        flounder_tell_waits(end_stub(&pairs[0].ends[CLIENT]), numbers_ping_call__msgnum, text, 9);
        CU_ASSERT_STRING_EQUAL(text, "numbers.");
        end_serve(&pairs[0].ends[CLIENT]);
        for (unsigned i = 0; i < 100; i++)
            thread_yield(); // the others go on
        (void)client_of(0)->control(client_of(0), IDC_CONTROL_DISPATCH);
        CU_ASSERT_EQUAL(call(2 * count, &reached), SYS_ERR_OK);
        CU_ASSERT_EQUAL(reached, 2 * count);
        end();
    }
}

#define CALLERS 8u
static unsigned answered;

static void call_many(void *arg)
{
    (void)arg;
    for (uint64_t depth = 0; depth < 10; depth++) {
        uint64_t reached = 0, j, k, l, m, n, o, v = depth;
        uint16_t p;
        CU_ASSERT_EQUAL(call(depth, &reached), SYS_ERR_OK);
        CU_ASSERT_EQUAL(reached, depth);
        CU_ASSERT_EQUAL(numbers_wide(client_of(0), v, v, v, v, v, v, v, v, &reached, &j, &k, &l, &m,
                                     &n, &o, &p),
                        SYS_ERR_OK);
        CU_ASSERT_EQUAL(reached, depth);
        answered++;
        thread_yield();
    }
}

/// Many threads of one domain call, and others dispatch its waitset beside them, so that what one waits
/// for another gets; through large rings, and through small ones that are full.
static void many_threads(void)
{
    static const size_t bytes[] = {WORLD_RING_BYTES, 256};
    for (unsigned i = 0; i < 2; i++) {
        answered = 0;
        begin(3, bytes[i]);
        end_serve(&pairs[0].ends[CLIENT]);
        end_serve(&pairs[1].ends[CLIENT]);
        for (unsigned k = 0; k < CALLERS; k++)
            (void)fiber_make(call_many, NULL);
        for (unsigned k = 0; k < 100000 && answered < 10 * CALLERS; k++)
            thread_yield();
        CU_ASSERT_EQUAL(answered, 10 * CALLERS);
        end();
    }
}

static void call_in_vain(void *arg)
{
    uint64_t reached;
    *(errval_t *)arg = call(1, &reached);
}

/// While a handler waits, the binding ends of which it handles a call; its memory stays until the
/// handler has returned.
static void handler_outlives_its_binding(void)
{
    errval_t err = SYS_ERR_OK;
    begin(2, WORLD_RING_BYTES);
    use_numbers.handle(pairs[1].ends[SERVER].binding, &pairs[1].ends[SERVER].ear, true);
    (void)fiber_make(call_in_vain, &err);
    for (unsigned i = 0; i < 10; i++) {
        thread_yield();
        (void)fibers_dispatch(&pairs[0].ends[CLIENT].ws, 10);
    }
    flounder_close(end_stub(&pairs[0].ends[CLIENT]));
    pairs[0].ends[CLIENT].binding = NULL;
    for (unsigned i = 0; i < 10; i++)
        thread_yield();
    CU_ASSERT_EQUAL(err_no(pairs[0].ends[SERVER].ear.ended), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(err, LIB_ERR_CHAN_CLOSED);
    struct numbers_binding *last = pairs[1].ends[SERVER].binding;
    CU_ASSERT_EQUAL(numbers_swap_response__tx(last, NOP_CONT, true, 0), SYS_ERR_OK);
    end_serve(&pairs[0].ends[CLIENT]);
    end_serving_stops();
    pair_close(&pairs[1]);
    pair_close(&pairs[0]);
}

WORLD_TEST(dispatching)
WORLD_TEST(not_dispatching)
WORLD_TEST(many_threads)
WORLD_TEST(handler_outlives_its_binding)

TEST_SUITE("circles") = {
    {"each dispatches while it waits", test_in_dispatching},
    {"one does not", test_in_not_dispatching},
    {"many threads", test_in_many_threads},
    {"a handler whose binding ends", test_in_handler_outlives_its_binding},
};
