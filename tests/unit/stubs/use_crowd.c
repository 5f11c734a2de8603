// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// 250 messages that are alike. Their tables are of pointers of one type, so that a loop fills them; a
// handler finds its message's number in the value.
#include "use.h"

#include <if/crowd_defs.h>

#define COUNT 250u

typedef void handler_fn(struct crowd_binding *binding, uint32_t value);
typedef errval_t sender_fn(struct crowd_binding *binding, struct event_closure continuation,
                           uint32_t value);
_Static_assert(sizeof(struct crowd_rx_vtbl) == COUNT * sizeof(handler_fn *), "a table of pointers");
_Static_assert(sizeof(struct crowd_tx_vtbl) == COUNT * sizeof(sender_fn *), "a table of pointers");

static void view_m(struct view *view, unsigned number, uint32_t value)
{
    view_begin(view, number);
    VIEW(view, value);
}

// Of each message a handler that knows its number.
#define HANDLER(n)                                                                                 \
    static void on_m##n(struct crowd_binding *binding, uint32_t value)                             \
    {                                                                                              \
        struct view view;                                                                          \
        view_m(&view, crowd_m##n##__msgnum, value);                                                \
        hear(binding->st, &view);                                                                  \
    }
#define NAME(n) on_m##n,
#define TEN(X, n) X(n##0) X(n##1) X(n##2) X(n##3) X(n##4) X(n##5) X(n##6) X(n##7) X(n##8) X(n##9)
#define NINE(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9)
#define ALL(X)                                                                                     \
    NINE(X)                                                                                        \
    TEN(X, 1)                                                                                      \
    TEN(X, 2)                                                                                      \
    TEN(X, 3)                                                                                      \
    TEN(X, 4)                                                                                      \
    TEN(X, 5)                                                                                      \
    TEN(X, 6)                                                                                      \
    TEN(X, 7)                                                                                      \
    TEN(X, 8)                                                                                      \
    TEN(X, 9)                                                                                      \
    TEN(X, 10)                                                                                     \
    TEN(X, 11)                                                                                     \
    TEN(X, 12)                                                                                     \
    TEN(X, 13)                                                                                     \
    TEN(X, 14)                                                                                     \
    TEN(X, 15)                                                                                     \
    TEN(X, 16)                                                                                     \
    TEN(X, 17)                                                                                     \
    TEN(X, 18)                                                                                     \
    TEN(X, 19)                                                                                     \
    TEN(X, 20)                                                                                     \
    TEN(X, 21)                                                                                     \
    TEN(X, 22)                                                                                     \
    TEN(X, 23)                                                                                     \
    TEN(X, 24)                                                                                     \
    X(250)

ALL(HANDLER)

static handler_fn *const handlers[COUNT] = {ALL(NAME)};

static errval_t send(void *binding, unsigned number, struct test_random *random, struct view *view)
{
    uint32_t value = (uint32_t)any(random);
    view_m(view, number, value);
    if (binding == NULL)
        return SYS_ERR_OK;
    sender_fn *const *senders = (sender_fn *const *)&((struct crowd_binding *)binding)->tx_vtbl;
    return senders[number - 1](binding, NOP_CONT, value);
}

#define SENDER(n)                                                                                  \
    static errval_t send_m##n(void *binding, struct test_random *random, struct view *view)        \
    {                                                                                              \
        return send(binding, n, random, view);                                                     \
    }
#define SENDER_NAME(n) send_m##n,

ALL(SENDER)

static void on_error(struct crowd_binding *binding, errval_t err)
{
    hear_end(binding->st, err);
}

static void handle(void *binding, struct ear *ear, bool later)
{
    (void)later;
    struct crowd_binding *b = binding;
    b->st = ear;
    b->error_handler = on_error;
    memcpy(&b->rx_vtbl, handlers, sizeof(handlers));
}

static send_fn *const sends[] = {ALL(SENDER_NAME)};
static call_fn *const calls[] = {NULL};

const struct use use_crowd = {&crowd__interface, handle, sends, calls};
