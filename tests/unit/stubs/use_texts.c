// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages of strings.

#include "use.h"

#include <if/texts_defs.h>

static void view_say(struct view *view, const char *text)
{
    view_begin(view, texts_say__msgnum);
    view_text(view, text, 40);
}

static void on_say(struct texts_binding *binding, const char *text)
{
    struct view view;
    view_say(&view, text);
    hear(binding->st, &view);
}

static errval_t send_say(void *binding, struct test_random *random, struct view *view)
{
    char text_place[40];
    const char *text = any_text(random, text_place, sizeof(text_place));
    view_say(view, text);
    if (binding == NULL)
        return SYS_ERR_OK;
    return texts_say__tx(binding, NOP_CONT, text);
}

static void view_fitting(struct view *view, const char *text)
{
    view_begin(view, texts_fitting__msgnum);
    view_text(view, text, 52);
}

static void on_fitting(struct texts_binding *binding, const char *text)
{
    struct view view;
    view_fitting(&view, text);
    hear(binding->st, &view);
}

static errval_t send_fitting(void *binding, struct test_random *random, struct view *view)
{
    char text_place[52];
    const char *text = any_text(random, text_place, sizeof(text_place));
    view_fitting(view, text);
    if (binding == NULL)
        return SYS_ERR_OK;
    return texts_fitting__tx(binding, NOP_CONT, text);
}

static void view_longer(struct view *view, const char *text)
{
    view_begin(view, texts_longer__msgnum);
    view_text(view, text, 53);
}

static void on_longer(struct texts_binding *binding, const char *text)
{
    struct view view;
    view_longer(&view, text);
    hear(binding->st, &view);
}

static errval_t send_longer(void *binding, struct test_random *random, struct view *view)
{
    char text_place[53];
    const char *text = any_text(random, text_place, sizeof(text_place));
    view_longer(view, text);
    if (binding == NULL)
        return SYS_ERR_OK;
    return texts_longer__tx(binding, NOP_CONT, text);
}

static void view_both(struct view *view, const char *first, uint8_t between, const char *second)
{
    view_begin(view, texts_both__msgnum);
    view_text(view, first, 30);
    VIEW(view, between);
    view_text(view, second, 4096);
}

static void on_both(struct texts_binding *binding, const char *first, uint8_t between,
                    const char *second)
{
    struct view view;
    view_both(&view, first, between, second);
    hear(binding->st, &view);
}

static errval_t send_both(void *binding, struct test_random *random, struct view *view)
{
    char first_place[30];
    const char *first = any_text(random, first_place, sizeof(first_place));
    uint8_t between = (uint8_t)any(random);
    char second_place[4096];
    const char *second = any_text(random, second_place, sizeof(second_place));
    view_both(view, first, between, second);
    if (binding == NULL)
        return SYS_ERR_OK;
    return texts_both__tx(binding, NOP_CONT, first, between, second);
}

static void view_join_call(struct view *view, const char *first, const char *second)
{
    view_begin(view, texts_join_call__msgnum);
    view_text(view, first, 100);
    view_text(view, second, 100);
}

static void on_join_call(struct texts_binding *binding, const char *first, const char *second)
{
    struct view view;
    view_join_call(&view, first, second);
    hear(binding->st, &view);
}

static errval_t send_join_call(void *binding, struct test_random *random, struct view *view)
{
    char first_place[100];
    const char *first = any_text(random, first_place, sizeof(first_place));
    char second_place[100];
    const char *second = any_text(random, second_place, sizeof(second_place));
    view_join_call(view, first, second);
    if (binding == NULL)
        return SYS_ERR_OK;
    return texts_join_call__tx(binding, NOP_CONT, first, second);
}

static void view_join_response(struct view *view, const char *joined)
{
    view_begin(view, texts_join_response__msgnum);
    view_text(view, joined, 200);
}

static void on_join_response(struct texts_binding *binding, const char *joined)
{
    struct view view;
    view_join_response(&view, joined);
    hear(binding->st, &view);
}

static errval_t send_join_response(void *binding, struct test_random *random, struct view *view)
{
    char joined_place[200];
    const char *joined = any_text(random, joined_place, sizeof(joined_place));
    view_join_response(view, joined);
    if (binding == NULL)
        return SYS_ERR_OK;
    return texts_join_response__tx(binding, NOP_CONT, joined);
}

static void answer_join(const struct view *call, char *joined)
{
    struct test_random random = view_random(call);
    if (any_text(&random, joined, 200) == NULL)
        *joined = '\0';
}

static errval_t serve_join(struct texts_binding *binding, const char *first, const char *second,
                           char *joined)
{
    struct view view;
    view_join_call(&view, first, second);
    hear(binding->st, &view);
    answer_join(&view, joined);
    return SYS_ERR_OK;
}

static errval_t call_join(void *binding, struct test_random *random, struct view *in,
                          struct view *out, struct view *wanted)
{
    char first_place[100];
    const char *first = any_text(random, first_place, sizeof(first_place));
    char second_place[100];
    const char *second = any_text(random, second_place, sizeof(second_place));
    char joined[200];
    view_join_call(in, first, second);
    answer_join(in, joined);
    view_join_response(wanted, joined);
    errval_t err = texts_join(binding, first, second, joined);
    if (err_is_ok(err))
        view_join_response(out, joined);
    return err;
}

static void on_error(struct texts_binding *binding, errval_t err)
{
    hear_end(binding->st, err);
}

static void handle(void *binding, struct ear *ear, bool later)
{
    struct texts_binding *b = binding;
    b->st = ear;
    b->error_handler = on_error;
    b->rx_vtbl.say = on_say;
    b->rx_vtbl.fitting = on_fitting;
    b->rx_vtbl.longer = on_longer;
    b->rx_vtbl.both = on_both;
    b->rx_vtbl.join_call = on_join_call;
    b->rx_vtbl.join_response = on_join_response;
    b->rpc_rx_vtbl.join_call = later ? NULL : serve_join;
}

static send_fn *const sends[] = {send_say,  send_fitting,   send_longer,
                                 send_both, send_join_call, send_join_response};
static call_fn *const calls[] = {call_join, NULL};

const struct use use_texts = {&texts__interface, handle, sends, calls};
