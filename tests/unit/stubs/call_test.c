// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls and messages when not all goes well: many at once, answers in another order, late or never;
// bindings closed meanwhile; rings that stay full; memory that is not there. Nobody waits for ever, and
// nobody waits longer than the deadline.
#include "pair.h"
#include <testlib/testlib.h>

#include <if/numbers_defs.h>
#include <if/shapes_defs.h>
#include <if/texts_defs.h>

#include "barrelfish/blocking.h"
#include "barrelfish/systime.h"

#include <stdlib.h>

#define DEADLINE_US 1000000u

static struct pair pair;

static struct numbers_binding *client(void)
{
    return pair.ends[CLIENT].binding;
}

static struct numbers_binding *server(void)
{
    return pair.ends[SERVER].binding;
}

static void begin(size_t ring_bytes)
{
    pair_open(&pair, &use_numbers, ring_bytes);
}

/// A call of a thread of its own.
struct call {
    char kind; ///< 's'wap, 'p'ing, 'w'ide
    uint64_t value, answer;
    delayus_t limit_us;
    errval_t err;
    bool done;
    systime_t took;
    struct numbers_binding *binding;
};

static void run_call(void *arg)
{
    struct call *call = arg;
    struct numbers_binding *b = call->binding;
    bool odd;
    uint16_t p;
    uint64_t i, j, k, l, m, n, v = call->value;
    systime_t before = systime_now();
    (void)blocking_set_limit(call->limit_us != 0 ? call->limit_us : DEADLINE_US);
    if (call->kind == 's')
        call->err = numbers_swap(b, v, false, &odd, &call->answer);
    else if (call->kind == 'p')
        call->err = numbers_ping(b);
    else
        call->err =
            numbers_wide(b, v, v, v, v, v, v, v, v, &call->answer, &i, &j, &k, &l, &m, &n, &p);
    call->took = systime_now() - before;
    call->done = true;
}

static void call_begin(struct call *call)
{
    call->done = false;
    call->binding = call->binding != NULL ? call->binding : client();
    (void)fiber_make(run_call, call);
}

/// Everybody gets on until all wait.
static void settle(void)
{
    for (unsigned i = 0; i < 10; i++)
        thread_yield();
    (void)fibers_dispatch(&pair.ends[SERVER].ws, 1000);
    for (unsigned i = 0; i < 10; i++)
        thread_yield();
}

static void check_prompt(const struct call *call)
{
    CU_ASSERT_TRUE(call->done && call->took < us_to_systime(DEADLINE_US / 10));
}

static void answer_wide(uint64_t v)
{
    CU_ASSERT_EQUAL(numbers_wide_response__tx(server(), NOP_CONT, v, v, v, v, v, v, v, 1),
                    SYS_ERR_OK);
}

static void serve_later(void)
{
    use_numbers.handle(server(), &pair.ends[SERVER].ear, true);
}

/// Of each kind the oldest call is answered first; between kinds the server chooses.
static void out_of_order(void)
{
    struct call calls[] = {{.kind = 's', .value = 1},
                           {.kind = 'w', .value = 2},
                           {.kind = 'p', .value = 0},
                           {.kind = 'w', .value = 4},
                           {.kind = 's', .value = 5}};
    begin(WORLD_RING_BYTES);
    serve_later();
    for (unsigned i = 0; i < 5; i++) {
        call_begin(&calls[i]);
        settle();
    }
    answer_wide(20);
    CU_ASSERT_EQUAL(numbers_ping_response__tx(server(), NOP_CONT), SYS_ERR_OK);
    answer_wide(40);
    CU_ASSERT_EQUAL(numbers_swap_response__tx(server(), NOP_CONT, true, 10), SYS_ERR_OK);
    CU_ASSERT_EQUAL(numbers_swap_response__tx(server(), NOP_CONT, true, 50), SYS_ERR_OK);
    settle();
    static const uint64_t answers[] = {10, 20, 0, 40, 50};
    for (unsigned i = 0; i < 5; i++) {
        check_prompt(&calls[i]);
        CU_ASSERT_TRUE(calls[i].err == SYS_ERR_OK && calls[i].answer == answers[i]);
    }
    fibers_join();
    pair_close(&pair);
}

/// The answers of two of three threads come at once; the third has to receive its own.
static void two_of_three(void)
{
    struct call calls[] = {
        {.kind = 's', .value = 1}, {.kind = 'w', .value = 2}, {.kind = 'p', .value = 0}};
    begin(WORLD_RING_BYTES);
    serve_later();
    for (unsigned i = 0; i < 3; i++) {
        call_begin(&calls[i]);
        settle();
    }
    CU_ASSERT_EQUAL(numbers_swap_response__tx(server(), NOP_CONT, true, 10), SYS_ERR_OK);
    answer_wide(20);
    settle();
    check_prompt(&calls[0]);
    check_prompt(&calls[1]);
    CU_ASSERT_FALSE(calls[2].done);
    CU_ASSERT_EQUAL(numbers_ping_response__tx(server(), NOP_CONT), SYS_ERR_OK);
    settle();
    check_prompt(&calls[2]);
    fibers_join();
    pair_close(&pair);
}

/// One that waits aside gives up when the one that received hands over.
static void heir_gives_up(void)
{
    struct call calls[] = {{.kind = 's', .value = 1, .limit_us = 100000},
                           {.kind = 'w', .value = 2, .limit_us = 100000},
                           {.kind = 'p', .value = 0}};
    begin(WORLD_RING_BYTES);
    serve_later();
    for (unsigned i = 0; i < 3; i++)
        call_begin(&calls[i]);
    settle();
    while (!calls[0].done || !calls[1].done)
        fibers_sleep(1000);
    CU_ASSERT_EQUAL(numbers_ping_response__tx(server(), NOP_CONT), SYS_ERR_OK);
    settle();
    CU_ASSERT_TRUE(calls[2].done && err_is_ok(calls[2].err));
    fibers_join();
    pair_close(&pair);
}

static errval_t refuse_swap(struct numbers_binding *binding, uint64_t a, bool b, bool *c,
                            uint64_t *d)
{
    (void)binding, (void)a, (void)b, (void)c, (void)d;
    return err_push(SYS_ERR_RIGHTS, NS_ERR_NAME);
}

static void errors_as_answers(void)
{
    struct call call = {.kind = 's', .value = 1}, ping = {.kind = 'p', .value = 0};
    begin(512);
    server()->rpc_rx_vtbl.swap_call = refuse_swap;
    call_begin(&call);
    settle();
    check_prompt(&call);
    CU_ASSERT_EQUAL(call.err, err_push(SYS_ERR_RIGHTS, NS_ERR_NAME));
    call_begin(&ping);
    settle();
    CU_ASSERT_TRUE(ping.done && err_is_ok(ping.err));
    fibers_join();
    pair_close(&pair);
}

static errval_t join_too_much(struct texts_binding *binding, const char *first, const char *second,
                              char *joined)
{
    (void)binding, (void)second;
    memset(joined, 'x', texts__join_joined_MAX_ARGUMENT_SIZE);
    if (first[0] == '\0')
        joined[texts__join_joined_MAX_ARGUMENT_SIZE - 1] = '\0';
    return SYS_ERR_OK;
}

static void run_join(void *arg)
{
    errval_t *errs = arg;
    char joined[texts__join_joined_MAX_ARGUMENT_SIZE];
    errs[0] = texts_join(pair.ends[CLIENT].binding, "a", "b", joined);
    errs[1] = texts_join(pair.ends[CLIENT].binding, "", "b", joined);
}

/// An answer that the interface does not allow becomes the call's error; the binding goes on.
static void answers_too_long(void)
{
    errval_t errs[2] = {SYS_ERR_OK, NS_ERR_NAME};
    pair_open(&pair, &use_texts, 512);
    ((struct texts_binding *)pair.ends[SERVER].binding)->rpc_rx_vtbl.join_call = join_too_much;
    (void)fiber_make(run_join, errs);
    for (unsigned i = 0; i < 10; i++)
        settle();
    fibers_join();
    CU_ASSERT_EQUAL(errs[0], FLOUNDER_ERR_TX_MSG_SIZE);
    CU_ASSERT_EQUAL(errs[1], SYS_ERR_OK);
    pair_close(&pair);
}

/// A call is given up; its answer comes later, is forgotten, and disturbs no other call.
static void late_answers(void)
{
    struct call first = {.kind = 's', .value = 1}, second = {.kind = 'w', .value = 2},
                third = {.kind = 's', .value = 3};
    begin(WORLD_RING_BYTES);
    serve_later();
    call_begin(&first);
    settle();
    call_begin(&second);
    settle();
    fibers_join();
    CU_ASSERT_EQUAL(err_no(first.err), LIB_ERR_RECV_TIMEOUT);
    CU_ASSERT_EQUAL(err_no(second.err), LIB_ERR_RECV_TIMEOUT);
    CU_ASSERT_TRUE(first.took < us_to_systime(2 * DEADLINE_US));
    call_begin(&third);
    settle();
    CU_ASSERT_EQUAL(numbers_swap_response__tx(server(), NOP_CONT, true, 10), SYS_ERR_OK);
    CU_ASSERT_EQUAL(flounder_answer_error(&server()->stub, 2, NS_ERR_NAME), SYS_ERR_OK);
    settle();
    CU_ASSERT_FALSE(third.done);
    CU_ASSERT_EQUAL(numbers_swap_response__tx(server(), NOP_CONT, true, 30), SYS_ERR_OK);
    settle();
    CU_ASSERT_TRUE(third.done && err_is_ok(third.err) && third.answer == 30);
    CU_ASSERT_EQUAL(pair.ends[CLIENT].ear.ended, SYS_ERR_OK);
    // An answer more than calls is none.
    CU_ASSERT_EQUAL(flounder_answer_error(&server()->stub, 2, NS_ERR_NAME), SYS_ERR_OK);
    (void)fibers_dispatch(&pair.ends[CLIENT].ws, 10);
    CU_ASSERT_EQUAL(pair.ends[CLIENT].ear.ended, FLOUNDER_ERR_CALLS);
    pair_close(&pair);
}

/// An answer to a call of another kind ends the binding, and the call with it.
static void wrong_answer(void)
{
    struct call call = {.kind = 's', .value = 1};
    struct peer peer;
    uint64_t words[URPC_WORDS];
    uint16_t ctrl;
    peer_open(&peer, &use_numbers, 512, true);
    call.binding = peer.end.binding;
    call_begin(&call);
    thread_yield();
    CU_ASSERT_TRUE(peer_take(&peer, words, &ctrl));
    CU_ASSERT_EQUAL(ctrl, FLOUNDER_WHOLE | FLOUNDER_CTRL(numbers_swap_call__msgnum, 1));
    peer_message(&peer, numbers_ping_response__msgnum, 1, NULL, 0);
    fibers_join();
    CU_ASSERT_EQUAL(err_no(call.err), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(err_no(call.err >> ERR_CODE_BITS), FLOUNDER_ERR_CALLS);
    CU_ASSERT_EQUAL(peer.end.ear.ended, FLOUNDER_ERR_CALLS);
    peer_close(&peer);
}

static void many_at_once(void)
{
    static struct call calls[FLOUNDER_CALLS_MAX + 1];
    begin(WORLD_RING_BYTES);
    serve_later();
    for (unsigned i = 0; i < FLOUNDER_CALLS_MAX; i++) {
        calls[i] = (struct call){.kind = 's', .value = i};
        call_begin(&calls[i]);
    }
    settle();
    calls[FLOUNDER_CALLS_MAX] = (struct call){.kind = 'w', .value = 0};
    call_begin(&calls[FLOUNDER_CALLS_MAX]);
    settle();
    CU_ASSERT_EQUAL(calls[FLOUNDER_CALLS_MAX].err, FLOUNDER_ERR_CALLS);
    for (unsigned i = 0; i < FLOUNDER_CALLS_MAX; i++) {
        CU_ASSERT_EQUAL(numbers_swap_response__tx(server(), NOP_CONT, true, 2 * i), SYS_ERR_OK);
        settle();
    }
    fibers_join();
    for (unsigned i = 0; i < FLOUNDER_CALLS_MAX; i++)
        CU_ASSERT_TRUE(calls[i].err == SYS_ERR_OK && calls[i].answer == 2 * i);
    pair_close(&pair);
}

// Ends.

/// Three threads wait; a fourth closes one end of the binding.
static void close_under_three(unsigned closer)
{
    struct call calls[] = {
        {.kind = 's', .value = 1}, {.kind = 'w', .value = 2}, {.kind = 'p', .value = 0}};
    begin(WORLD_RING_BYTES);
    serve_later();
    for (unsigned i = 0; i < 3; i++)
        call_begin(&calls[i]);
    settle();
    flounder_close(end_stub(&pair.ends[closer]));
    pair.ends[closer].binding = NULL;
    settle();
    for (unsigned i = 0; i < 3; i++) {
        check_prompt(&calls[i]);
        CU_ASSERT_EQUAL(err_no(calls[i].err), LIB_ERR_CHAN_CLOSED);
    }
    fibers_join();
}

static void closed_by_another(void)
{
    close_under_three(CLIENT);
    pair_run(&pair);
    CU_ASSERT_EQUAL(err_no(pair.ends[SERVER].ear.ended), LIB_ERR_CHAN_CLOSED);
    pair_close(&pair);
}

static void closed_by_server(void)
{
    close_under_three(SERVER);
    CU_ASSERT_EQUAL(err_no(pair.ends[CLIENT].ear.ended), LIB_ERR_CHAN_CLOSED);
    struct call late = {.kind = 'p', .value = 0};
    call_begin(&late);
    fibers_join();
    CU_ASSERT_EQUAL(err_no(late.err), LIB_ERR_CHAN_CLOSED);
    pair_close(&pair);
}

static void close_own(struct numbers_binding *binding)
{
    flounder_close(&binding->stub);
    pair.ends[SERVER].binding = NULL;
}

static errval_t close_in_call(struct numbers_binding *binding, uint64_t a, bool b, bool *c,
                              uint64_t *d)
{
    (void)a, (void)b;
    *c = true;
    *d = 1;
    close_own(binding);
    return SYS_ERR_OK;
}

/// A handler closes its own binding.
static void closed_in_handler(void)
{
    struct call call = {.kind = 's', .value = 1};
    begin(512);
    server()->rpc_rx_vtbl.swap_call = close_in_call;
    call_begin(&call);
    settle();
    check_prompt(&call);
    CU_ASSERT_EQUAL(err_no(call.err), LIB_ERR_CHAN_CLOSED);
    fibers_join();
    pair_close(&pair);
}

static void close_on_error(struct numbers_binding *binding, errval_t err)
{
    CU_ASSERT_TRUE(err_is_fail(err));
    flounder_close(&binding->stub);
    pair.ends[CLIENT].binding = NULL;
}

/// A client's error handler frees it, while a thread of it waits.
static void closed_in_error_handler(void)
{
    struct call call = {.kind = 's', .value = 1};
    begin(512);
    serve_later();
    client()->error_handler = close_on_error;
    call_begin(&call);
    settle();
    flounder_close(&server()->stub);
    pair.ends[SERVER].binding = NULL;
    fibers_join();
    CU_ASSERT_EQUAL(err_no(call.err), LIB_ERR_CHAN_CLOSED);
    pair_close(&pair);
}

static errval_t call_back(struct numbers_binding *binding, uint64_t a, bool b, bool *c, uint64_t *d)
{
    *c = b;
    *d = a;
    return a == 0 ? SYS_ERR_OK : numbers_swap(binding, a - 1, !b, c, d);
}

/// Each side calls the other within a handler, twenty deep.
static void calls_within_calls(void)
{
    struct call call = {.kind = 's', .value = 20};
    begin(512);
    server()->rpc_rx_vtbl.swap_call = client()->rpc_rx_vtbl.swap_call = call_back;
    end_serve(&pair.ends[SERVER]);
    call_begin(&call);
    for (unsigned i = 0; i < 1000 && !call.done; i++)
        thread_yield();
    check_prompt(&call);
    CU_ASSERT_TRUE(err_is_ok(call.err) && call.answer == 0);
    end_serving_stops();
    fibers_join();
    pair_close(&pair);
}

static void flood(void *arg)
{
    struct call *call = arg;
    while (!call->done) {
        (void)numbers_truth__tx(server(), NOP_CONT, true, false);
        thread_yield();
    }
}

/// A server that says much but not the answer keeps nobody beyond the deadline.
static void flooded(void)
{
    struct call call = {.kind = 's', .value = 1};
    begin(WORLD_RING_BYTES);
    serve_later();
    call_begin(&call);
    thread_yield();
    (void)fiber_make(flood, &call);
    fibers_join();
    CU_ASSERT_EQUAL(err_no(call.err), LIB_ERR_RECV_TIMEOUT);
    CU_ASSERT_TRUE(call.took < us_to_systime(2 * DEADLINE_US));
    pair_close(&pair);
}

/// A peer acknowledges what was never sent, or takes nothing.
static void hostile_room(void)
{
    for (unsigned broken = 0; broken < 2; broken++) {
        struct peer peer;
        struct call calls[] = {{.kind = 'w', .value = 1},
                               {.kind = 'w', .value = 2},
                               {.kind = 'w', .value = 3},
                               {.kind = 'p', .value = 0}};
        peer_open(&peer, &use_numbers, 256, true);
        if (broken)
            peer.chan.rx.consumed += 1000;
        for (unsigned i = 0; broken && i < 1; i++)
            peer_message(&peer, numbers_nothing__msgnum, 0, NULL, 0);
        for (unsigned i = 0; i < 4; i++) {
            calls[i].binding = peer.end.binding;
            call_begin(&calls[i]);
        }
        fibers_join();
        for (unsigned i = 0; i < 4; i++) {
            CU_ASSERT_TRUE(err_is_fail(calls[i].err));
            CU_ASSERT_TRUE(calls[i].took < us_to_systime(2 * DEADLINE_US));
        }
        CU_ASSERT_EQUAL(err_no(peer.end.ear.ended), broken ? LIB_ERR_UMP_PEER : SYS_ERR_OK);
        peer_close(&peer);
    }
}

/// A client that takes nothing costs its server no time, and its end is seen.
static void stuck_client(void)
{
    struct peer peer;
    uint8_t row[64] = {0};
    peer_open(&peer, &use_numbers, 256, false);
    for (unsigned i = 0; i < 10; i++)
        if (urpc_can_send(&peer.chan))
            peer_message(&peer, numbers_swap_call__msgnum, 1, row, 9);
    CU_ASSERT_TRUE(fibers_dispatch(&peer.end.ws, 100) < 100);
    urpc_close(&peer.chan);
    peer_run(&peer);
    CU_ASSERT_EQUAL(err_no(peer.end.ear.ended), LIB_ERR_CHAN_CLOSED);
    peer_close(&peer);
}

// Sending.

static unsigned continued;

static void on_sent(void *arg)
{
    continued += *(unsigned *)arg;
}

/// Each message that was taken has its continuation run once; one without is never refused for it.
static void continuations(void)
{
    unsigned one = 1, ten = 10, hundred = 100, taken = 0;
    begin(512);
    continued = 0;
    if (err_is_ok(numbers_truth__tx(client(), MKCONT(on_sent, &one), true, false)))
        taken += 1;
    if (err_is_ok(numbers_truth__tx(client(), MKCONT(on_sent, &ten), true, false)))
        taken += 10;
    CU_ASSERT_TRUE(taken == 1 || taken == 11);
    CU_ASSERT_EQUAL(numbers_truth__tx(client(), MKCONT(NULL, NULL), true, false), SYS_ERR_OK);
    if (err_is_ok(
            numbers_longer__tx(client(), MKCONT(on_sent, &hundred), 1, 2, 3, 4, 5, 6, 7, true)))
        taken += 100;
    pair_run(&pair);
    CU_ASSERT_EQUAL(continued, taken);
    CU_ASSERT_EQUAL(
        numbers_longer__tx(client(), MKCONT(on_sent, &hundred), 1, 2, 3, 4, 5, 6, 7, true),
        SYS_ERR_OK);
    pair_run(&pair);
    CU_ASSERT_EQUAL(continued, taken + 100);
    pair_close(&pair);
}

/// Who asks to be told when there is room is told, also when there will be none.
static void room(void)
{
    unsigned one = 1;
    uint64_t v = 1;
    begin(256);
    continued = 0;
    CU_ASSERT_TRUE(client()->can_send(client()));
    CU_ASSERT_EQUAL(client()->register_send(client(), client()->waitset, MKCONT(on_sent, &one)),
                    SYS_ERR_OK);
    pair_run(&pair);
    CU_ASSERT_EQUAL(continued, 1);
    while (client()->can_send(client()))
        CU_ASSERT_EQUAL(numbers_line__tx(client(), NOP_CONT, v, v, v, v, v, v, v), SYS_ERR_OK);
    CU_ASSERT_EQUAL(numbers_nothing__tx(client(), NOP_CONT), FLOUNDER_ERR_TX_BUSY);
    CU_ASSERT_EQUAL(numbers_longer__tx(client(), NOP_CONT, v, v, v, v, v, v, v, true),
                    FLOUNDER_ERR_TX_BUSY);
    CU_ASSERT_EQUAL(client()->register_send(client(), client()->waitset, MKCONT(on_sent, &one)),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(continued, 1);
    pair_run(&pair);
    CU_ASSERT_EQUAL(continued, 2);
    while (client()->can_send(client()))
        CU_ASSERT_EQUAL(numbers_line__tx(client(), NOP_CONT, v, v, v, v, v, v, v), SYS_ERR_OK);
    CU_ASSERT_EQUAL(client()->register_send(client(), client()->waitset, MKCONT(on_sent, &one)),
                    SYS_ERR_OK);
    flounder_close(&server()->stub);
    pair.ends[SERVER].binding = NULL;
    pair_run(&pair);
    CU_ASSERT_EQUAL(continued, 3);
    CU_ASSERT_EQUAL(err_no(numbers_nothing__tx(client(), NOP_CONT)), LIB_ERR_CHAN_CLOSED);
    errval_t err = client()->register_send(client(), client()->waitset, MKCONT(on_sent, &one));
    pair_run(&pair);
    CU_ASSERT_TRUE(err_is_fail(err) || continued == 4);
    pair_close(&pair);
}

static unsigned heard;

static void count(struct ear *ear, const struct view *view)
{
    (void)ear;
    heard += !view->wrong;
}

/// What is longer than declared, or no element, is not sent, and nothing of it stays.
static void too_long(void)
{
    char text[60];
    shapes_point_t points[21] = {{.x = 1}};
    memset(text, 'x', sizeof(text));
    text[59] = '\0';
    heard = 0;
    pair_open(&pair, &use_texts, 512);
    struct texts_binding *texts = pair.ends[CLIENT].binding;
    pair.ends[SERVER].ear.heard = count;
    CU_ASSERT_EQUAL(texts_say__tx(texts, NOP_CONT, text), FLOUNDER_ERR_TX_MSG_SIZE);
    CU_ASSERT_EQUAL(texts_longer__tx(texts, NOP_CONT, text), FLOUNDER_ERR_TX_MSG_SIZE);
    CU_ASSERT_EQUAL(texts_longer__tx(texts, NOP_CONT, text + 7), SYS_ERR_OK);
    CU_ASSERT_EQUAL(texts_longer__tx(texts, NOP_CONT, text + 6), FLOUNDER_ERR_TX_MSG_SIZE);
    CU_ASSERT_EQUAL(texts_say__tx(texts, NOP_CONT, text + 20), SYS_ERR_OK);
    CU_ASSERT_EQUAL(texts_say__tx(texts, NOP_CONT, text + 19), FLOUNDER_ERR_TX_MSG_SIZE);
    pair_run(&pair);
    CU_ASSERT_EQUAL(heard, 2);
    pair_close(&pair);
    pair_open(&pair, &use_shapes, 512);
    struct shapes_binding *shapes = pair.ends[CLIENT].binding;
    pair.ends[SERVER].ear.heard = count;
    CU_ASSERT_EQUAL(shapes_cloud__tx(shapes, NOP_CONT, points, 21), FLOUNDER_ERR_TX_MSG_SIZE);
    CU_ASSERT_EQUAL(shapes_cloud__tx(shapes, NOP_CONT, points, (size_t)UINT32_MAX + 2),
                    FLOUNDER_ERR_TX_MSG_SIZE);
    CU_ASSERT_EQUAL(shapes_cloud__tx(shapes, NOP_CONT, points, 20), SYS_ERR_OK);
    pair_run(&pair);
    CU_ASSERT_EQUAL(heard, 3);
    CU_ASSERT_EQUAL(pair.ends[SERVER].ear.ended, SYS_ERR_OK);
    pair_close(&pair);
}

/// A sender's enum that is no element is its own fault, and ends nobody's binding.
static void no_element(void)
{
    volatile unsigned none = 3;
    shapes_pair_t ends = {1, 2};
    pair_open(&pair, &use_shapes, 512);
    errval_t err =
        shapes_paint__tx(pair.ends[CLIENT].binding, NOP_CONT, (shapes_shade_t)none, ends, true);
    CU_ASSERT_TRUE(err_is_fail(err));
    pair_run(&pair);
    CU_ASSERT_EQUAL(pair.ends[SERVER].ear.ended, SYS_ERR_OK);
    pair_close(&pair);
}

static void no_handler(void)
{
    begin(512);
    server()->rx_vtbl.truth = NULL;
    CU_ASSERT_EQUAL(numbers_truth__tx(client(), NOP_CONT, true, true), SYS_ERR_OK);
    pair_run(&pair);
    CU_ASSERT_EQUAL(pair.ends[SERVER].ear.ended, FLOUNDER_ERR_NO_HANDLER);
    CU_ASSERT_EQUAL(err_no(pair.ends[CLIENT].ear.ended), LIB_ERR_CHAN_CLOSED);
    pair_close(&pair);
}

/// Each allocation of a long call fails once: the caller gets an error, and nothing is left.
static void without_memory(void)
{
    static struct view in, out, wanted;
    struct test_random random = {7};
    unsigned failed = 0;
    for (unsigned n = 1; n < 12; n++) {
        pair_open(&pair, &use_shapes, 512);
        end_serve(&pair.ends[SERVER]);
        (void)blocking_set_limit(DEADLINE_US);
        world.fail_memory_in = n;
        errval_t err = use_shapes.calls[1](pair.ends[CLIENT].binding, &random, &in, &out, &wanted);
        bool failing = world.fail_memory_in == 0;
        world.fail_memory_in = 0;
        CU_ASSERT_EQUAL(err_is_fail(err), failing);
        CU_ASSERT_TRUE(!failing || err_no(err) == LIB_ERR_MALLOC_FAIL ||
                       err_no(err) == LIB_ERR_CHAN_CLOSED);
        failed += failing;
        end_serving_stops();
        fibers_join();
        pair_close(&pair);
    }
    CU_ASSERT_TRUE(failed >= 4 && failed < 11);
}

/// Another waitset gets the events.
static void other_waitset(void)
{
    struct waitset other = WAITSET_INITIALIZER;
    heard = 0;
    begin(512);
    pair.ends[SERVER].ear.heard = count;
    CU_ASSERT_EQUAL(server()->change_waitset(server(), &other), SYS_ERR_OK);
    CU_ASSERT_EQUAL(numbers_nothing__tx(client(), NOP_CONT), SYS_ERR_OK);
    CU_ASSERT_EQUAL(fibers_dispatch(&pair.ends[SERVER].ws, 10), 0);
    CU_ASSERT_EQUAL(fibers_dispatch(&other, 10), 1);
    CU_ASSERT_EQUAL(heard, 1);
    CU_ASSERT_EQUAL(server()->change_waitset(server(), &pair.ends[SERVER].ws), SYS_ERR_OK);
    pair_close(&pair);
}

static struct numbers_binding *victim;

static void call_client(void *arg)
{
    struct call *call = arg;
    call->binding = victim;
    run_call(call);
}

/// A server's thread waits for room to call its client, and the client breaks the rules.
static void ended_while_it_waits(void)
{
    struct peer peer;
    for (unsigned round = 0; round < 2; round++) {
        struct call first = {.kind = 'w', .value = 1},
                    second = {.kind = round == 0 ? 'w' : 'p', .value = 2};
        peer_open(&peer, &use_numbers, 256, false);
        victim = peer.end.binding;
        (void)fiber_make(call_client, &first);
        thread_yield();
        (void)fiber_make(call_client, &second);
        thread_yield();
        peer_line(&peer, FLOUNDER_WHOLE | FLOUNDER_WELCOME, NULL, 0);
        uint64_t words[URPC_WORDS];
        uint16_t ctrl;
        for (unsigned i = 0; i < 100; i++) {
            thread_yield();
            (void)peer_take(&peer, words, &ctrl);
        }
        fibers_join();
        CU_ASSERT_EQUAL(err_no(first.err), LIB_ERR_CHAN_CLOSED);
        CU_ASSERT_EQUAL(err_no(second.err), LIB_ERR_CHAN_CLOSED);
        peer_close(&peer);
    }
}

#define CALL_TESTS(X)                                                                              \
    X(out_of_order)                                                                                \
    X(two_of_three)                                                                                \
    X(heir_gives_up)                                                                               \
    X(errors_as_answers)                                                                           \
    X(answers_too_long)                                                                            \
    X(late_answers)                                                                                \
    X(wrong_answer)                                                                                \
    X(many_at_once)                                                                                \
    X(closed_by_another)                                                                           \
    X(closed_by_server)                                                                            \
    X(closed_in_handler)                                                                           \
    X(closed_in_error_handler)                                                                     \
    X(calls_within_calls)                                                                          \
    X(flooded)                                                                                     \
    X(hostile_room)                                                                                \
    X(stuck_client)                                                                                \
    X(continuations)                                                                               \
    X(room)                                                                                        \
    X(too_long)                                                                                    \
    X(no_element)                                                                                  \
    X(no_handler)                                                                                  \
    X(without_memory)                                                                              \
    X(other_waitset)                                                                               \
    X(ended_while_it_waits)

CALL_TESTS(WORLD_TEST)

#define CALL_TEST(name) {#name, test_in_##name},

TEST_SUITE("calls") = {CALL_TESTS(CALL_TEST)};
