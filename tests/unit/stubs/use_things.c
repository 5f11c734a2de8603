// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages with capabilities.

#include "use.h"

#include <if/things_defs.h>

/// A capability that is none of the machine's.
static struct capref any_cap(struct test_random *random)
{
    return (struct capref){ROOTCN_CNODE(ROOTCN_SLOT_SEGCN),
                           (cslot_t)test_random_below(random, 200)};
}

static void view_plain(struct view *view, uint32_t number, const char *name)
{
    view_begin(view, things_plain__msgnum);
    VIEW(view, number);
    view_text(view, name, 20);
}

static void on_plain(struct things_binding *binding, uint32_t number, const char *name)
{
    struct view view;
    view_plain(&view, number, name);
    hear(binding->st, &view);
}

static errval_t send_plain(void *binding, struct test_random *random, struct view *view)
{
    uint32_t number = (uint32_t)any(random);
    char name_place[20];
    const char *name = any_text(random, name_place, sizeof(name_place));
    view_plain(view, number, name);
    if (binding == NULL)
        return SYS_ERR_OK;
    return things_plain__tx(binding, NOP_CONT, number, name);
}

static void view_lend(struct view *view, uint32_t number, struct capref thing, const char *name)
{
    view_begin(view, things_lend__msgnum);
    VIEW(view, number);
    view_cap(view, thing);
    view_text(view, name, 20);
}

static void on_lend(struct things_binding *binding, uint32_t number, struct capref thing,
                    const char *name)
{
    struct view view;
    view_lend(&view, number, thing, name);
    hear(binding->st, &view);
}

static errval_t send_lend(void *binding, struct test_random *random, struct view *view)
{
    uint32_t number = (uint32_t)any(random);
    struct capref thing = any_cap(random);
    char name_place[20];
    const char *name = any_text(random, name_place, sizeof(name_place));
    view_lend(view, number, thing, name);
    if (binding == NULL)
        return SYS_ERR_OK;
    return things_lend__tx(binding, NOP_CONT, number, thing, name);
}

static void view_give(struct view *view, struct capref thing, bool last)
{
    view_begin(view, things_give__msgnum);
    view_cap(view, thing);
    view_bool(view, &last);
}

static void on_give(struct things_binding *binding, struct capref thing, bool last)
{
    struct view view;
    view_give(&view, thing, last);
    hear(binding->st, &view);
}

static errval_t send_give(void *binding, struct test_random *random, struct view *view)
{
    struct capref thing = any_cap(random);
    bool last = any_bool(random);
    view_give(view, thing, last);
    if (binding == NULL)
        return SYS_ERR_OK;
    return things_give__tx(binding, NOP_CONT, thing, last);
}

static void view_pass(struct view *view, struct capref first, uint64_t between,
                      struct capref second, const uint8_t *data, size_t length)
{
    view_begin(view, things_pass__msgnum);
    view_cap(view, first);
    VIEW(view, between);
    view_cap(view, second);
    view_length(view, length, 100);
    view_bytes(view, data, length * sizeof(*data));
}

static void on_pass(struct things_binding *binding, struct capref first, uint64_t between,
                    struct capref second, const uint8_t *data, size_t length)
{
    struct view view;
    view_pass(&view, first, between, second, data, length);
    hear(binding->st, &view);
}

static errval_t send_pass(void *binding, struct test_random *random, struct view *view)
{
    struct capref first = any_cap(random);
    uint64_t between = (uint64_t)any(random);
    struct capref second = any_cap(random);
    uint8_t data[100];
    size_t length = any_length(random, 100);
    any_bytes(random, data, length * sizeof(*data));
    view_pass(view, first, between, second, data, length);
    if (binding == NULL)
        return SYS_ERR_OK;
    return things_pass__tx(binding, NOP_CONT, first, between, second, data, length);
}

static void view_trade_call(struct view *view, uint32_t number, struct capref mine, bool last)
{
    view_begin(view, things_trade_call__msgnum);
    VIEW(view, number);
    view_cap(view, mine);
    view_bool(view, &last);
}

static void on_trade_call(struct things_binding *binding, uint32_t number, struct capref mine,
                          bool last)
{
    struct view view;
    view_trade_call(&view, number, mine, last);
    hear(binding->st, &view);
}

static errval_t send_trade_call(void *binding, struct test_random *random, struct view *view)
{
    uint32_t number = (uint32_t)any(random);
    struct capref mine = any_cap(random);
    bool last = any_bool(random);
    view_trade_call(view, number, mine, last);
    if (binding == NULL)
        return SYS_ERR_OK;
    return things_trade_call__tx(binding, NOP_CONT, number, mine, last);
}

static void view_trade_response(struct view *view, struct capref yours, uint32_t price)
{
    view_begin(view, things_trade_response__msgnum);
    view_cap(view, yours);
    VIEW(view, price);
}

static void on_trade_response(struct things_binding *binding, struct capref yours, uint32_t price)
{
    struct view view;
    view_trade_response(&view, yours, price);
    hear(binding->st, &view);
}

static errval_t send_trade_response(void *binding, struct test_random *random, struct view *view)
{
    struct capref yours = any_cap(random);
    uint32_t price = (uint32_t)any(random);
    view_trade_response(view, yours, price);
    if (binding == NULL)
        return SYS_ERR_OK;
    return things_trade_response__tx(binding, NOP_CONT, yours, price);
}

static void answer_trade(const struct view *call, struct capref *yours, uint32_t *price)
{
    struct test_random random = view_random(call);
    *yours = any_cap(&random);
    *price = (uint32_t)any(&random);
}

static errval_t serve_trade(struct things_binding *binding, uint32_t number, struct capref mine,
                            bool last, struct capref *yours, uint32_t *price)
{
    struct view view;
    view_trade_call(&view, number, mine, last);
    hear(binding->st, &view);
    answer_trade(&view, yours, price);
    return SYS_ERR_OK;
}

static errval_t call_trade(void *binding, struct test_random *random, struct view *in,
                           struct view *out, struct view *wanted)
{
    uint32_t number = (uint32_t)any(random);
    struct capref mine = any_cap(random);
    bool last = any_bool(random);
    struct capref yours;
    uint32_t price;
    view_trade_call(in, number, mine, last);
    answer_trade(in, &yours, &price);
    view_trade_response(wanted, yours, price);
    errval_t err = things_trade(binding, number, mine, last, &yours, &price);
    if (err_is_ok(err))
        view_trade_response(out, yours, price);
    return err;
}

static void on_error(struct things_binding *binding, errval_t err)
{
    hear_end(binding->st, err);
}

static void handle(void *binding, struct ear *ear, bool later)
{
    struct things_binding *b = binding;
    b->st = ear;
    b->error_handler = on_error;
    b->rx_vtbl.plain = on_plain;
    b->rx_vtbl.lend = on_lend;
    b->rx_vtbl.give = on_give;
    b->rx_vtbl.pass = on_pass;
    b->rx_vtbl.trade_call = on_trade_call;
    b->rx_vtbl.trade_response = on_trade_response;
    b->rpc_rx_vtbl.trade_call = later ? NULL : serve_trade;
}

static send_fn *const sends[] = {send_plain, send_lend,       send_give,
                                 send_pass,  send_trade_call, send_trade_response};
static call_fn *const calls[] = {call_trade, NULL};

const struct use use_things = {&things__interface, handle, sends, calls};
