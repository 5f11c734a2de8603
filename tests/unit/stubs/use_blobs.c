// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages of arrays.

#include "use.h"

#include <if/blobs_defs.h>

static void view_raw(struct view *view, const uint8_t *data, size_t length)
{
    view_begin(view, blobs_raw__msgnum);
    view_length(view, length, 2048);
    view_bytes(view, data, length * sizeof(*data));
}

static void on_raw(struct blobs_binding *binding, const uint8_t *data, size_t length)
{
    struct view view;
    view_raw(&view, data, length);
    hear(binding->st, &view);
}

static errval_t send_raw(void *binding, struct test_random *random, struct view *view)
{
    uint8_t data[2048];
    size_t length = any_length(random, 2048);
    any_bytes(random, data, length * sizeof(*data));
    view_raw(view, data, length);
    if (binding == NULL)
        return SYS_ERR_OK;
    return blobs_raw__tx(binding, NOP_CONT, data, length);
}

static void view_words(struct view *view, const uint64_t *data, size_t length)
{
    view_begin(view, blobs_words__msgnum);
    view_length(view, length, 6);
    view_bytes(view, data, length * sizeof(*data));
}

static void on_words(struct blobs_binding *binding, const uint64_t *data, size_t length)
{
    struct view view;
    view_words(&view, data, length);
    hear(binding->st, &view);
}

static errval_t send_words(void *binding, struct test_random *random, struct view *view)
{
    uint64_t data[6];
    size_t length = any_length(random, 6);
    any_bytes(random, data, length * sizeof(*data));
    view_words(view, data, length);
    if (binding == NULL)
        return SYS_ERR_OK;
    return blobs_words__tx(binding, NOP_CONT, data, length);
}

static void view_many(struct view *view, const uint32_t *first, size_t first_length,
                      const uint16_t *second, size_t second_length, const bool *flags,
                      size_t flags_length)
{
    view_begin(view, blobs_many__msgnum);
    view_length(view, first_length, 100);
    view_bytes(view, first, first_length * sizeof(*first));
    view_length(view, second_length, 100);
    view_bytes(view, second, second_length * sizeof(*second));
    view_length(view, flags_length, 50);
    for (size_t i = 0; i < flags_length; i++)
        view_bool(view, &flags[i]);
}

static void on_many(struct blobs_binding *binding, const uint32_t *first, size_t first_length,
                    const uint16_t *second, size_t second_length, const bool *flags,
                    size_t flags_length)
{
    struct view view;
    view_many(&view, first, first_length, second, second_length, flags, flags_length);
    hear(binding->st, &view);
}

static errval_t send_many(void *binding, struct test_random *random, struct view *view)
{
    uint32_t first[100];
    size_t first_length = any_length(random, 100);
    any_bytes(random, first, first_length * sizeof(*first));
    uint16_t second[100];
    size_t second_length = any_length(random, 100);
    any_bytes(random, second, second_length * sizeof(*second));
    bool flags[50];
    size_t flags_length = any_length(random, 50);
    for (size_t i = 0; i < flags_length; i++)
        flags[i] = any_bool(random);
    view_many(view, first, first_length, second, second_length, flags, flags_length);
    if (binding == NULL)
        return SYS_ERR_OK;
    return blobs_many__tx(binding, NOP_CONT, first, first_length, second, second_length, flags,
                          flags_length);
}

static void view_huge(struct view *view, const uint8_t *data, size_t length)
{
    view_begin(view, blobs_huge__msgnum);
    view_length(view, length, 9000);
    view_bytes(view, data, length * sizeof(*data));
}

static void on_huge(struct blobs_binding *binding, const uint8_t *data, size_t length)
{
    struct view view;
    view_huge(&view, data, length);
    hear(binding->st, &view);
}

static errval_t send_huge(void *binding, struct test_random *random, struct view *view)
{
    uint8_t data[9000];
    size_t length = any_length(random, 9000);
    any_bytes(random, data, length * sizeof(*data));
    view_huge(view, data, length);
    if (binding == NULL)
        return SYS_ERR_OK;
    return blobs_huge__tx(binding, NOP_CONT, data, length);
}

static void view_unbounded(struct view *view, const uint8_t *data, size_t length)
{
    view_begin(view, blobs_unbounded__msgnum);
    view_length(view, length, 4096);
    view_bytes(view, data, length * sizeof(*data));
}

static void on_unbounded(struct blobs_binding *binding, const uint8_t *data, size_t length)
{
    struct view view;
    view_unbounded(&view, data, length);
    hear(binding->st, &view);
}

static errval_t send_unbounded(void *binding, struct test_random *random, struct view *view)
{
    uint8_t data[4096];
    size_t length = any_length(random, 4096);
    any_bytes(random, data, length * sizeof(*data));
    view_unbounded(view, data, length);
    if (binding == NULL)
        return SYS_ERR_OK;
    return blobs_unbounded__tx(binding, NOP_CONT, data, length);
}

static void view_fetch_call(struct view *view, uint64_t key, uint32_t most)
{
    view_begin(view, blobs_fetch_call__msgnum);
    VIEW(view, key);
    VIEW(view, most);
}

static void on_fetch_call(struct blobs_binding *binding, uint64_t key, uint32_t most)
{
    struct view view;
    view_fetch_call(&view, key, most);
    hear(binding->st, &view);
}

static errval_t send_fetch_call(void *binding, struct test_random *random, struct view *view)
{
    uint64_t key = (uint64_t)any(random);
    uint32_t most = (uint32_t)any(random);
    view_fetch_call(view, key, most);
    if (binding == NULL)
        return SYS_ERR_OK;
    return blobs_fetch_call__tx(binding, NOP_CONT, key, most);
}

static void view_fetch_response(struct view *view, const uint8_t *value, size_t length)
{
    view_begin(view, blobs_fetch_response__msgnum);
    view_length(view, length, 4096);
    view_bytes(view, value, length * sizeof(*value));
}

static void on_fetch_response(struct blobs_binding *binding, const uint8_t *value, size_t length)
{
    struct view view;
    view_fetch_response(&view, value, length);
    hear(binding->st, &view);
}

static errval_t send_fetch_response(void *binding, struct test_random *random, struct view *view)
{
    uint8_t value[4096];
    size_t length = any_length(random, 4096);
    any_bytes(random, value, length * sizeof(*value));
    view_fetch_response(view, value, length);
    if (binding == NULL)
        return SYS_ERR_OK;
    return blobs_fetch_response__tx(binding, NOP_CONT, value, length);
}

static void answer_fetch(const struct view *call, uint8_t *value, size_t *length)
{
    struct test_random random = view_random(call);
    *length = any_length(&random, 4096);
    any_bytes(&random, value, *length * sizeof(*value));
}

static errval_t serve_fetch(struct blobs_binding *binding, uint64_t key, uint32_t most,
                            uint8_t *value, size_t *length)
{
    struct view view;
    view_fetch_call(&view, key, most);
    hear(binding->st, &view);
    answer_fetch(&view, value, length);
    return SYS_ERR_OK;
}

static errval_t call_fetch(void *binding, struct test_random *random, struct view *in,
                           struct view *out, struct view *wanted)
{
    uint64_t key = (uint64_t)any(random);
    uint32_t most = (uint32_t)any(random);
    uint8_t value[4096];
    size_t length;
    view_fetch_call(in, key, most);
    answer_fetch(in, value, &length);
    view_fetch_response(wanted, value, length);
    errval_t err = blobs_fetch(binding, key, most, value, &length);
    if (err_is_ok(err))
        view_fetch_response(out, value, length);
    return err;
}

static void on_error(struct blobs_binding *binding, errval_t err)
{
    hear_end(binding->st, err);
}

static void handle(void *binding, struct ear *ear, bool later)
{
    struct blobs_binding *b = binding;
    b->st = ear;
    b->error_handler = on_error;
    b->rx_vtbl.raw = on_raw;
    b->rx_vtbl.words = on_words;
    b->rx_vtbl.many = on_many;
    b->rx_vtbl.huge = on_huge;
    b->rx_vtbl.unbounded = on_unbounded;
    b->rx_vtbl.fetch_call = on_fetch_call;
    b->rx_vtbl.fetch_response = on_fetch_response;
    b->rpc_rx_vtbl.fetch_call = later ? NULL : serve_fetch;
}

static send_fn *const sends[] = {send_raw,       send_words,      send_many,          send_huge,
                                 send_unbounded, send_fetch_call, send_fetch_response};
static call_fn *const calls[] = {call_fetch, NULL};

const struct use use_blobs = {&blobs__interface, handle, sends, calls};
