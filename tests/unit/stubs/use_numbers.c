// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages of numbers.

#include "use.h"

#include <if/numbers_defs.h>

static void view_naturals(struct view *view, uint8_t a, uint16_t b, uint32_t c, uint64_t d,
                          uintptr_t e)
{
    view_begin(view, numbers_naturals__msgnum);
    VIEW(view, a);
    VIEW(view, b);
    VIEW(view, c);
    VIEW(view, d);
    VIEW(view, e);
}

static void on_naturals(struct numbers_binding *binding, uint8_t a, uint16_t b, uint32_t c,
                        uint64_t d, uintptr_t e)
{
    struct view view;
    view_naturals(&view, a, b, c, d, e);
    hear(binding->st, &view);
}

static errval_t send_naturals(void *binding, struct test_random *random, struct view *view)
{
    uint8_t a = (uint8_t)any(random);
    uint16_t b = (uint16_t)any(random);
    uint32_t c = (uint32_t)any(random);
    uint64_t d = (uint64_t)any(random);
    uintptr_t e = (uintptr_t)any(random);
    view_naturals(view, a, b, c, d, e);
    if (binding == NULL)
        return SYS_ERR_OK;
    return numbers_naturals__tx(binding, NOP_CONT, a, b, c, d, e);
}

static void view_integers(struct view *view, int8_t a, int16_t b, int32_t c, int64_t d, intptr_t e,
                          int32_t f)
{
    view_begin(view, numbers_integers__msgnum);
    VIEW(view, a);
    VIEW(view, b);
    VIEW(view, c);
    VIEW(view, d);
    VIEW(view, e);
    VIEW(view, f);
}

static void on_integers(struct numbers_binding *binding, int8_t a, int16_t b, int32_t c, int64_t d,
                        intptr_t e, int32_t f)
{
    struct view view;
    view_integers(&view, a, b, c, d, e, f);
    hear(binding->st, &view);
}

static errval_t send_integers(void *binding, struct test_random *random, struct view *view)
{
    int8_t a = (int8_t)any(random);
    int16_t b = (int16_t)any(random);
    int32_t c = (int32_t)any(random);
    int64_t d = (int64_t)any(random);
    intptr_t e = (intptr_t)any(random);
    int32_t f = (int32_t)any(random);
    view_integers(view, a, b, c, d, e, f);
    if (binding == NULL)
        return SYS_ERR_OK;
    return numbers_integers__tx(binding, NOP_CONT, a, b, c, d, e, f);
}

static void view_sizes(struct view *view, size_t a, char b, errval_t c, iref_t d, coreid_t e,
                       domainid_t f, cycles_t g, systime_t h, delayus_t i)
{
    view_begin(view, numbers_sizes__msgnum);
    VIEW(view, a);
    VIEW(view, b);
    VIEW(view, c);
    VIEW(view, d);
    VIEW(view, e);
    VIEW(view, f);
    VIEW(view, g);
    VIEW(view, h);
    VIEW(view, i);
}

static void on_sizes(struct numbers_binding *binding, size_t a, char b, errval_t c, iref_t d,
                     coreid_t e, domainid_t f, cycles_t g, systime_t h, delayus_t i)
{
    struct view view;
    view_sizes(&view, a, b, c, d, e, f, g, h, i);
    hear(binding->st, &view);
}

static errval_t send_sizes(void *binding, struct test_random *random, struct view *view)
{
    size_t a = (size_t)any(random);
    char b = (char)any(random);
    errval_t c = (errval_t)any(random);
    iref_t d = (iref_t)any(random);
    coreid_t e = (coreid_t)any(random);
    domainid_t f = (domainid_t)any(random);
    cycles_t g = (cycles_t)any(random);
    systime_t h = (systime_t)any(random);
    delayus_t i = (delayus_t)any(random);
    view_sizes(view, a, b, c, d, e, f, g, h, i);
    if (binding == NULL)
        return SYS_ERR_OK;
    return numbers_sizes__tx(binding, NOP_CONT, a, b, c, d, e, f, g, h, i);
}

static void view_addresses(struct view *view, genpaddr_t a, gensize_t b, genvaddr_t c, lpaddr_t d,
                           lvaddr_t e, capaddr_t f, cslot_t g, uint32_t h, uint64_t i)
{
    view_begin(view, numbers_addresses__msgnum);
    VIEW(view, a);
    VIEW(view, b);
    VIEW(view, c);
    VIEW(view, d);
    VIEW(view, e);
    VIEW(view, f);
    VIEW(view, g);
    VIEW(view, h);
    VIEW(view, i);
}

static void on_addresses(struct numbers_binding *binding, genpaddr_t a, gensize_t b, genvaddr_t c,
                         lpaddr_t d, lvaddr_t e, capaddr_t f, cslot_t g, uint32_t h, uint64_t i)
{
    struct view view;
    view_addresses(&view, a, b, c, d, e, f, g, h, i);
    hear(binding->st, &view);
}

static errval_t send_addresses(void *binding, struct test_random *random, struct view *view)
{
    genpaddr_t a = (genpaddr_t)any(random);
    gensize_t b = (gensize_t)any(random);
    genvaddr_t c = (genvaddr_t)any(random);
    lpaddr_t d = (lpaddr_t)any(random);
    lvaddr_t e = (lvaddr_t)any(random);
    capaddr_t f = (capaddr_t)any(random);
    cslot_t g = (cslot_t)any(random);
    uint32_t h = (uint32_t)any(random);
    uint64_t i = (uint64_t)any(random);
    view_addresses(view, a, b, c, d, e, f, g, h, i);
    if (binding == NULL)
        return SYS_ERR_OK;
    return numbers_addresses__tx(binding, NOP_CONT, a, b, c, d, e, f, g, h, i);
}

static void view_truth(struct view *view, bool a, bool b)
{
    view_begin(view, numbers_truth__msgnum);
    view_bool(view, &a);
    view_bool(view, &b);
}

static void on_truth(struct numbers_binding *binding, bool a, bool b)
{
    struct view view;
    view_truth(&view, a, b);
    hear(binding->st, &view);
}

static errval_t send_truth(void *binding, struct test_random *random, struct view *view)
{
    bool a = any_bool(random);
    bool b = any_bool(random);
    view_truth(view, a, b);
    if (binding == NULL)
        return SYS_ERR_OK;
    return numbers_truth__tx(binding, NOP_CONT, a, b);
}

static void view_nothing(struct view *view)
{
    view_begin(view, numbers_nothing__msgnum);
}

static void on_nothing(struct numbers_binding *binding)
{
    struct view view;
    view_nothing(&view);
    hear(binding->st, &view);
}

static errval_t send_nothing(void *binding, struct test_random *random, struct view *view)
{
    (void)random;
    view_nothing(view);
    if (binding == NULL)
        return SYS_ERR_OK;
    return numbers_nothing__tx(binding, NOP_CONT);
}

static void view_line(struct view *view, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
                      uint64_t f, uint64_t g)
{
    view_begin(view, numbers_line__msgnum);
    VIEW(view, a);
    VIEW(view, b);
    VIEW(view, c);
    VIEW(view, d);
    VIEW(view, e);
    VIEW(view, f);
    VIEW(view, g);
}

static void on_line(struct numbers_binding *binding, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                    uint64_t e, uint64_t f, uint64_t g)
{
    struct view view;
    view_line(&view, a, b, c, d, e, f, g);
    hear(binding->st, &view);
}

static errval_t send_line(void *binding, struct test_random *random, struct view *view)
{
    uint64_t a = (uint64_t)any(random);
    uint64_t b = (uint64_t)any(random);
    uint64_t c = (uint64_t)any(random);
    uint64_t d = (uint64_t)any(random);
    uint64_t e = (uint64_t)any(random);
    uint64_t f = (uint64_t)any(random);
    uint64_t g = (uint64_t)any(random);
    view_line(view, a, b, c, d, e, f, g);
    if (binding == NULL)
        return SYS_ERR_OK;
    return numbers_line__tx(binding, NOP_CONT, a, b, c, d, e, f, g);
}

static void view_longer(struct view *view, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                        uint64_t e, uint64_t f, uint64_t g, bool h)
{
    view_begin(view, numbers_longer__msgnum);
    VIEW(view, a);
    VIEW(view, b);
    VIEW(view, c);
    VIEW(view, d);
    VIEW(view, e);
    VIEW(view, f);
    VIEW(view, g);
    view_bool(view, &h);
}

static void on_longer(struct numbers_binding *binding, uint64_t a, uint64_t b, uint64_t c,
                      uint64_t d, uint64_t e, uint64_t f, uint64_t g, bool h)
{
    struct view view;
    view_longer(&view, a, b, c, d, e, f, g, h);
    hear(binding->st, &view);
}

static errval_t send_longer(void *binding, struct test_random *random, struct view *view)
{
    uint64_t a = (uint64_t)any(random);
    uint64_t b = (uint64_t)any(random);
    uint64_t c = (uint64_t)any(random);
    uint64_t d = (uint64_t)any(random);
    uint64_t e = (uint64_t)any(random);
    uint64_t f = (uint64_t)any(random);
    uint64_t g = (uint64_t)any(random);
    bool h = any_bool(random);
    view_longer(view, a, b, c, d, e, f, g, h);
    if (binding == NULL)
        return SYS_ERR_OK;
    return numbers_longer__tx(binding, NOP_CONT, a, b, c, d, e, f, g, h);
}

static void view_swap_call(struct view *view, uint64_t a, bool b)
{
    view_begin(view, numbers_swap_call__msgnum);
    VIEW(view, a);
    view_bool(view, &b);
}

static void on_swap_call(struct numbers_binding *binding, uint64_t a, bool b)
{
    struct view view;
    view_swap_call(&view, a, b);
    hear(binding->st, &view);
}

static errval_t send_swap_call(void *binding, struct test_random *random, struct view *view)
{
    uint64_t a = (uint64_t)any(random);
    bool b = any_bool(random);
    view_swap_call(view, a, b);
    if (binding == NULL)
        return SYS_ERR_OK;
    return numbers_swap_call__tx(binding, NOP_CONT, a, b);
}

static void view_swap_response(struct view *view, bool c, uint64_t d)
{
    view_begin(view, numbers_swap_response__msgnum);
    view_bool(view, &c);
    VIEW(view, d);
}

static void on_swap_response(struct numbers_binding *binding, bool c, uint64_t d)
{
    struct view view;
    view_swap_response(&view, c, d);
    hear(binding->st, &view);
}

static errval_t send_swap_response(void *binding, struct test_random *random, struct view *view)
{
    bool c = any_bool(random);
    uint64_t d = (uint64_t)any(random);
    view_swap_response(view, c, d);
    if (binding == NULL)
        return SYS_ERR_OK;
    return numbers_swap_response__tx(binding, NOP_CONT, c, d);
}

static void answer_swap(const struct view *call, bool *c, uint64_t *d)
{
    struct test_random random = view_random(call);
    *c = any_bool(&random);
    *d = (uint64_t)any(&random);
}

static errval_t serve_swap(struct numbers_binding *binding, uint64_t a, bool b, bool *c,
                           uint64_t *d)
{
    struct view view;
    view_swap_call(&view, a, b);
    hear(binding->st, &view);
    answer_swap(&view, c, d);
    return SYS_ERR_OK;
}

static errval_t call_swap(void *binding, struct test_random *random, struct view *in,
                          struct view *out, struct view *wanted)
{
    uint64_t a = (uint64_t)any(random);
    bool b = any_bool(random);
    bool c;
    uint64_t d;
    view_swap_call(in, a, b);
    answer_swap(in, &c, &d);
    view_swap_response(wanted, c, d);
    errval_t err = numbers_swap(binding, a, b, &c, &d);
    if (err_is_ok(err))
        view_swap_response(out, c, d);
    return err;
}

static void view_ping_call(struct view *view)
{
    view_begin(view, numbers_ping_call__msgnum);
}

static void on_ping_call(struct numbers_binding *binding)
{
    struct view view;
    view_ping_call(&view);
    hear(binding->st, &view);
}

static errval_t send_ping_call(void *binding, struct test_random *random, struct view *view)
{
    (void)random;
    view_ping_call(view);
    if (binding == NULL)
        return SYS_ERR_OK;
    return numbers_ping_call__tx(binding, NOP_CONT);
}

static void view_ping_response(struct view *view)
{
    view_begin(view, numbers_ping_response__msgnum);
}

static void on_ping_response(struct numbers_binding *binding)
{
    struct view view;
    view_ping_response(&view);
    hear(binding->st, &view);
}

static errval_t send_ping_response(void *binding, struct test_random *random, struct view *view)
{
    (void)random;
    view_ping_response(view);
    if (binding == NULL)
        return SYS_ERR_OK;
    return numbers_ping_response__tx(binding, NOP_CONT);
}

static errval_t serve_ping(struct numbers_binding *binding)
{
    struct view view;
    view_ping_call(&view);
    hear(binding->st, &view);
    return SYS_ERR_OK;
}

static errval_t call_ping(void *binding, struct test_random *random, struct view *in,
                          struct view *out, struct view *wanted)
{
    (void)random;
    view_ping_call(in);
    view_ping_response(wanted);
    errval_t err = numbers_ping(binding);
    if (err_is_ok(err))
        view_ping_response(out);
    return err;
}

static void view_wide_call(struct view *view, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                           uint64_t e, uint64_t f, uint64_t g, uint64_t h)
{
    view_begin(view, numbers_wide_call__msgnum);
    VIEW(view, a);
    VIEW(view, b);
    VIEW(view, c);
    VIEW(view, d);
    VIEW(view, e);
    VIEW(view, f);
    VIEW(view, g);
    VIEW(view, h);
}

static void on_wide_call(struct numbers_binding *binding, uint64_t a, uint64_t b, uint64_t c,
                         uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t h)
{
    struct view view;
    view_wide_call(&view, a, b, c, d, e, f, g, h);
    hear(binding->st, &view);
}

static errval_t send_wide_call(void *binding, struct test_random *random, struct view *view)
{
    uint64_t a = (uint64_t)any(random);
    uint64_t b = (uint64_t)any(random);
    uint64_t c = (uint64_t)any(random);
    uint64_t d = (uint64_t)any(random);
    uint64_t e = (uint64_t)any(random);
    uint64_t f = (uint64_t)any(random);
    uint64_t g = (uint64_t)any(random);
    uint64_t h = (uint64_t)any(random);
    view_wide_call(view, a, b, c, d, e, f, g, h);
    if (binding == NULL)
        return SYS_ERR_OK;
    return numbers_wide_call__tx(binding, NOP_CONT, a, b, c, d, e, f, g, h);
}

static void view_wide_response(struct view *view, uint64_t i, uint64_t j, uint64_t k, uint64_t l,
                               uint64_t m, uint64_t n, uint64_t o, uint16_t p)
{
    view_begin(view, numbers_wide_response__msgnum);
    VIEW(view, i);
    VIEW(view, j);
    VIEW(view, k);
    VIEW(view, l);
    VIEW(view, m);
    VIEW(view, n);
    VIEW(view, o);
    VIEW(view, p);
}

static void on_wide_response(struct numbers_binding *binding, uint64_t i, uint64_t j, uint64_t k,
                             uint64_t l, uint64_t m, uint64_t n, uint64_t o, uint16_t p)
{
    struct view view;
    view_wide_response(&view, i, j, k, l, m, n, o, p);
    hear(binding->st, &view);
}

static errval_t send_wide_response(void *binding, struct test_random *random, struct view *view)
{
    uint64_t i = (uint64_t)any(random);
    uint64_t j = (uint64_t)any(random);
    uint64_t k = (uint64_t)any(random);
    uint64_t l = (uint64_t)any(random);
    uint64_t m = (uint64_t)any(random);
    uint64_t n = (uint64_t)any(random);
    uint64_t o = (uint64_t)any(random);
    uint16_t p = (uint16_t)any(random);
    view_wide_response(view, i, j, k, l, m, n, o, p);
    if (binding == NULL)
        return SYS_ERR_OK;
    return numbers_wide_response__tx(binding, NOP_CONT, i, j, k, l, m, n, o, p);
}

static void answer_wide(const struct view *call, uint64_t *i, uint64_t *j, uint64_t *k, uint64_t *l,
                        uint64_t *m, uint64_t *n, uint64_t *o, uint16_t *p)
{
    struct test_random random = view_random(call);
    *i = (uint64_t)any(&random);
    *j = (uint64_t)any(&random);
    *k = (uint64_t)any(&random);
    *l = (uint64_t)any(&random);
    *m = (uint64_t)any(&random);
    *n = (uint64_t)any(&random);
    *o = (uint64_t)any(&random);
    *p = (uint16_t)any(&random);
}

static errval_t serve_wide(struct numbers_binding *binding, uint64_t a, uint64_t b, uint64_t c,
                           uint64_t d, uint64_t e, uint64_t f, uint64_t g, uint64_t h, uint64_t *i,
                           uint64_t *j, uint64_t *k, uint64_t *l, uint64_t *m, uint64_t *n,
                           uint64_t *o, uint16_t *p)
{
    struct view view;
    view_wide_call(&view, a, b, c, d, e, f, g, h);
    hear(binding->st, &view);
    answer_wide(&view, i, j, k, l, m, n, o, p);
    return SYS_ERR_OK;
}

static errval_t call_wide(void *binding, struct test_random *random, struct view *in,
                          struct view *out, struct view *wanted)
{
    uint64_t a = (uint64_t)any(random);
    uint64_t b = (uint64_t)any(random);
    uint64_t c = (uint64_t)any(random);
    uint64_t d = (uint64_t)any(random);
    uint64_t e = (uint64_t)any(random);
    uint64_t f = (uint64_t)any(random);
    uint64_t g = (uint64_t)any(random);
    uint64_t h = (uint64_t)any(random);
    uint64_t i;
    uint64_t j;
    uint64_t k;
    uint64_t l;
    uint64_t m;
    uint64_t n;
    uint64_t o;
    uint16_t p;
    view_wide_call(in, a, b, c, d, e, f, g, h);
    answer_wide(in, &i, &j, &k, &l, &m, &n, &o, &p);
    view_wide_response(wanted, i, j, k, l, m, n, o, p);
    errval_t err = numbers_wide(binding, a, b, c, d, e, f, g, h, &i, &j, &k, &l, &m, &n, &o, &p);
    if (err_is_ok(err))
        view_wide_response(out, i, j, k, l, m, n, o, p);
    return err;
}

static void on_error(struct numbers_binding *binding, errval_t err)
{
    hear_end(binding->st, err);
}

static void handle(void *binding, struct ear *ear, bool later)
{
    struct numbers_binding *b = binding;
    b->st = ear;
    b->error_handler = on_error;
    b->rx_vtbl.naturals = on_naturals;
    b->rx_vtbl.integers = on_integers;
    b->rx_vtbl.sizes = on_sizes;
    b->rx_vtbl.addresses = on_addresses;
    b->rx_vtbl.truth = on_truth;
    b->rx_vtbl.nothing = on_nothing;
    b->rx_vtbl.line = on_line;
    b->rx_vtbl.longer = on_longer;
    b->rx_vtbl.swap_call = on_swap_call;
    b->rx_vtbl.swap_response = on_swap_response;
    b->rx_vtbl.ping_call = on_ping_call;
    b->rx_vtbl.ping_response = on_ping_response;
    b->rx_vtbl.wide_call = on_wide_call;
    b->rx_vtbl.wide_response = on_wide_response;
    b->rpc_rx_vtbl.swap_call = later ? NULL : serve_swap;
    b->rpc_rx_vtbl.ping_call = later ? NULL : serve_ping;
    b->rpc_rx_vtbl.wide_call = later ? NULL : serve_wide;
}

static send_fn *const sends[] = {
    send_naturals,  send_integers,      send_sizes,     send_addresses,    send_truth,
    send_nothing,   send_line,          send_longer,    send_swap_call,    send_swap_response,
    send_ping_call, send_ping_response, send_wide_call, send_wide_response};
static call_fn *const calls[] = {call_swap, call_ping, call_wide, NULL};

const struct use use_numbers = {&numbers__interface, handle, sends, calls};
