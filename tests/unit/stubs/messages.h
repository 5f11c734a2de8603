// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// An interface's messages as a table, of which the preprocessor makes all that use.h wants. The table
// of an interface x is two macros:
//
//     #define x_messages(X) X(x, message, field, ...) ...
//     #define x_rpcs(X) X(x, rpc, (field, ...), (field, ...)) ...   what goes in, what comes out
//
// A field has a kind (VALUE, FIXED, LIST, TEXT) and, but for a text, names what its values are: for
// `caps` there are view_caps() and any_caps(), which take a place and its bytes.
#pragma once

#include "use.h"

#define NUMBER(type, name) (VALUE, number, type, name)
#define TRUTH(name) (VALUE, bools, bool, name)
#define CAP(name) (VALUE, caps, struct capref, name)
#define FIXED(what, type, name) (FIXED, what, type, name)
#define LIST(what, type, name, length, most) (LIST, what, type, name, length, most)
#define TEXT(name, most) (TEXT, name, most)

// OP(field) of each of at most nine fields.
#define EACH(OP, ...) __VA_OPT__(EACH_9(OP, __VA_ARGS__))
#define EACH_9(OP, field, ...) OP field __VA_OPT__(EACH_8(OP, __VA_ARGS__))
#define EACH_8(OP, field, ...) OP field __VA_OPT__(EACH_7(OP, __VA_ARGS__))
#define EACH_7(OP, field, ...) OP field __VA_OPT__(EACH_6(OP, __VA_ARGS__))
#define EACH_6(OP, field, ...) OP field __VA_OPT__(EACH_5(OP, __VA_ARGS__))
#define EACH_5(OP, field, ...) OP field __VA_OPT__(EACH_4(OP, __VA_ARGS__))
#define EACH_4(OP, field, ...) OP field __VA_OPT__(EACH_3(OP, __VA_ARGS__))
#define EACH_3(OP, field, ...) OP field __VA_OPT__(EACH_2(OP, __VA_ARGS__))
#define EACH_2(OP, field, ...) OP field __VA_OPT__(EACH_1(OP, __VA_ARGS__))
#define EACH_1(OP, field) OP field
#define FIELDS(...) __VA_ARGS__

// A parameter of a sender and of a handler, and the argument for it.
#define PARAM(kind, ...) PARAM_##kind(__VA_ARGS__)
#define PARAM_VALUE(what, type, name) , type name
#define PARAM_FIXED(what, type, name) , type name
#define PARAM_LIST(what, type, name, length, most) , const type *name, size_t length
#define PARAM_TEXT(name, most) , const char *name
#define ARG(kind, ...) ARG_##kind(__VA_ARGS__)
#define ARG_VALUE(what, type, name) , name
#define ARG_FIXED(what, type, name) , name
#define ARG_LIST(what, type, name, length, most) , name, length
#define ARG_TEXT(name, most) , name

// Adds a field to a view.
#define VIEW(kind, ...) VIEW_##kind(__VA_ARGS__)
#define VIEW_VALUE(what, type, name) view_##what(view, &name, sizeof(type));
#define VIEW_FIXED(what, type, name) view_##what(view, name, sizeof(type));
#define VIEW_LIST(what, type, name, length, most)                                                  \
    view_length(view, length, most);                                                               \
    view_##what(view, name, length * sizeof(type));
#define VIEW_TEXT(name, most) view_text(view, name, most);

// A variable with a random value.
#define ANY(kind, ...) ANY_##kind(__VA_ARGS__)
#define ANY_VALUE(what, type, name)                                                                \
    type name;                                                                                     \
    any_##what(random, &name, sizeof(type));
#define ANY_FIXED(what, type, name)                                                                \
    type name;                                                                                     \
    any_##what(random, name, sizeof(type));
#define ANY_LIST(what, type, name, length, most)                                                   \
    type name[most];                                                                               \
    size_t length = any_length(random, most);                                                      \
    any_##what(random, name, length * sizeof(type));
#define ANY_TEXT(name, most)                                                                       \
    char name##_place[most];                                                                       \
    const char *name = any_text(random, name##_place, most);

// A caller's place for what comes out; a parameter that points to it, and the argument for that.
#define PLACE(kind, ...) PLACE_##kind(__VA_ARGS__)
#define PLACE_VALUE(what, type, name) type name;
#define PLACE_FIXED(what, type, name) type name;
#define PLACE_LIST(what, type, name, length, most)                                                 \
    type name[most];                                                                               \
    size_t length;
#define PLACE_TEXT(name, most) char name[most];
#define OUT(kind, ...) OUT_##kind(__VA_ARGS__)
#define OUT_VALUE(what, type, name) , type *name
#define OUT_FIXED(what, type, name) , type name
#define OUT_LIST(what, type, name, length, most) , type *name, size_t *length
#define OUT_TEXT(name, most) , char *name
#define OUT_ARG(kind, ...) OUT_ARG_##kind(__VA_ARGS__)
#define OUT_ARG_VALUE(what, type, name) , &name
#define OUT_ARG_FIXED(what, type, name) , name
#define OUT_ARG_LIST(what, type, name, length, most) , name, &length
#define OUT_ARG_TEXT(name, most) , name

// A random value through that parameter.
#define ANSWER(kind, ...) ANSWER_##kind(__VA_ARGS__)
#define ANSWER_VALUE(what, type, name) any_##what(&random, name, sizeof(type));
#define ANSWER_FIXED(what, type, name) any_##what(&random, name, sizeof(type));
#define ANSWER_LIST(what, type, name, length, most)                                                \
    *length = any_length(&random, most);                                                           \
    any_##what(&random, name, *length * sizeof(type));
#define ANSWER_TEXT(name, most)                                                                    \
    if (any_text(&random, name, most) == NULL)                                                     \
        *name = '\0';

// Of a message its view, handler and sender.
#define MESSAGE(interface, message, ...)                                                           \
    static void view_##message(struct view *view EACH(PARAM, __VA_ARGS__))                         \
    {                                                                                              \
        view_begin(view, interface##_##message##__msgnum);                                         \
        EACH(VIEW, __VA_ARGS__)                                                                    \
    }                                                                                              \
    static void on_##message(struct interface##_binding *binding EACH(PARAM, __VA_ARGS__))         \
    {                                                                                              \
        struct view view;                                                                          \
        view_##message(&view EACH(ARG, __VA_ARGS__));                                              \
        hear(binding->st, &view);                                                                  \
    }                                                                                              \
    static errval_t send_##message(void *binding, struct test_random *random, struct view *view)   \
    {                                                                                              \
        (void)random;                                                                              \
        EACH(ANY, __VA_ARGS__)                                                                     \
        view_##message(view EACH(ARG, __VA_ARGS__));                                               \
        if (binding == NULL)                                                                       \
            return SYS_ERR_OK;                                                                     \
        return interface##_##message##__tx(binding, NOP_CONT EACH(ARG, __VA_ARGS__));              \
    }

// Of an rpc its two messages, the right answer, a handler that gives it, and a caller.
#define RPC(interface, rpc, ins, outs)                                                             \
    MESSAGE(interface, rpc##_call, FIELDS ins)                                                     \
    MESSAGE(interface, rpc##_response, FIELDS outs)                                                \
    static void answer_##rpc(const struct view *call EACH(OUT, FIELDS outs))                       \
    {                                                                                              \
        struct test_random random = view_random(call);                                             \
        (void)random;                                                                              \
        EACH(ANSWER, FIELDS outs)                                                                  \
    }                                                                                              \
    static errval_t serve_##rpc(struct interface##_binding *binding EACH(PARAM, FIELDS ins)        \
                                    EACH(OUT, FIELDS outs))                                        \
    {                                                                                              \
        struct view view;                                                                          \
        view_##rpc##_call(&view EACH(ARG, FIELDS ins));                                            \
        hear(binding->st, &view);                                                                  \
        answer_##rpc(&view EACH(ARG, FIELDS outs));                                                \
        return SYS_ERR_OK;                                                                         \
    }                                                                                              \
    static errval_t call_##rpc(void *binding, struct test_random *random, struct view *in,         \
                               struct view *out, struct view *wanted)                              \
    {                                                                                              \
        (void)random;                                                                              \
        EACH(ANY, FIELDS ins)                                                                      \
        EACH(PLACE, FIELDS outs)                                                                   \
        view_##rpc##_call(in EACH(ARG, FIELDS ins));                                               \
        answer_##rpc(in EACH(OUT_ARG, FIELDS outs));                                               \
        view_##rpc##_response(wanted EACH(ARG, FIELDS outs));                                      \
        errval_t err =                                                                             \
            interface##_##rpc(binding EACH(ARG, FIELDS ins) EACH(OUT_ARG, FIELDS outs));           \
        if (err_is_ok(err))                                                                        \
            view_##rpc##_response(out EACH(ARG, FIELDS outs));                                     \
        return err;                                                                                \
    }

// Rows of a `struct use`.
#define HANDLE(interface, message, ...) b->rx_vtbl.message = on_##message;
#define HANDLE_RPC(interface, rpc, ...)                                                            \
    HANDLE(interface, rpc##_call)                                                                  \
    HANDLE(interface, rpc##_response)                                                              \
    b->rpc_rx_vtbl.rpc##_call = later ? NULL : serve_##rpc;
#define SEND(interface, message, ...) send_##message,
#define SEND_RPC(interface, rpc, ...) send_##rpc##_call, send_##rpc##_response,
#define CALL(interface, rpc, ...) call_##rpc,

#define USE(interface)                                                                             \
    interface##_messages(MESSAGE) interface##_rpcs(RPC) static void on_error(                      \
        struct interface##_binding *binding, errval_t err)                                         \
    {                                                                                              \
        hear_end(binding->st, err);                                                                \
    }                                                                                              \
    static void handle(void *binding, struct ear *ear, bool later)                                 \
    {                                                                                              \
        (void)later;                                                                               \
        struct interface##_binding *b = binding;                                                   \
        b->st = ear;                                                                               \
        b->error_handler = on_error;                                                               \
        interface##_messages(HANDLE) interface##_rpcs(HANDLE_RPC)                                  \
    }                                                                                              \
    static send_fn *const sends[] = {interface##_messages(SEND) interface##_rpcs(SEND_RPC)};       \
    static call_fn *const calls[] = {interface##_rpcs(CALL) NULL};                                 \
    const struct use use_##interface = {&interface##__interface, handle, sends, calls};
