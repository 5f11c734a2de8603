// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// if/NAME_defs.h: all that the interface's users write against.
#include "emit.h"

static void emit_number(FILE *out, const struct interface *interface, const struct message *message)
{
    fprintf(out, "    %s_%s__msgnum = %u,\n", interface->name, message->name, message->number);
}

static void emit_numbers(FILE *out, const struct interface *interface)
{
    fprintf(out, "enum %s_msg_enum {\n", interface->name);
    messages_each(out, interface, emit_number);
    fputs("};\n\n", out);
}

/// What a program may ask for when it sizes buffers of its own.
static void emit_maxima(FILE *out, const struct interface *interface)
{
    for (const struct operation *operation = interface->operations; operation != NULL;
         operation = operation->next)
        for (const struct argument *argument = operation->arguments; argument != NULL;
             argument = argument->next)
            if (argument->shape != SHAPE_VALUE)
                fprintf(out, "#define %s__%s_%s_MAX_ARGUMENT_SIZE %u\n", interface->name,
                        operation->name, argument->name, argument->max);
    fputc('\n', out);
}

static void emit_control_types(FILE *out, const char *name)
{
    fprintf(out,
            "struct %1$s_binding;\n\n"
            "typedef void %1$s_bind_continuation_fn(void *st, errval_t err,\n"
            "                                       struct %1$s_binding *_binding);\n"
            "typedef errval_t %1$s_connect_fn(void *st, struct %1$s_binding *binding);\n"
            "typedef bool %1$s_can_send_fn(struct %1$s_binding *_binding);\n"
            "typedef errval_t %1$s_register_send_fn(struct %1$s_binding *_binding,\n"
            "                                       struct waitset *ws,\n"
            "                                       struct event_closure _continuation);\n"
            "typedef errval_t %1$s_change_waitset_fn(struct %1$s_binding *_binding,\n"
            "                                        struct waitset *ws);\n"
            "typedef errval_t %1$s_control_fn(struct %1$s_binding *_binding,\n"
            "                                 idc_control_t control);\n"
            "typedef void %1$s_error_handler_fn(struct %1$s_binding *_binding, errval_t err);\n\n",
            name);
}

static void emit_message_types(FILE *out, const struct interface *interface,
                               const struct message *message)
{
    const char *name = interface->name;
    fprintf(out,
            "typedef errval_t %1$s_%2$s__tx_method_fn(struct %1$s_binding *_binding,\n"
            "    struct event_closure _continuation",
            name, message->name);
    emit_parameters(out, interface, message);
    fprintf(out, ");\ntypedef void %1$s_%2$s__rx_method_fn(struct %1$s_binding *_binding", name,
            message->name);
    emit_parameters(out, interface, message);
    fputs(");\n", out);
}

static void emit_rpc_types(FILE *out, const struct interface *interface)
{
    for (const struct operation *rpc = interface->operations; rpc != NULL; rpc = rpc->next)
        for (int rx = 0; rpc->kind == OPERATION_RPC && rx < 2; rx++) {
            fprintf(out,
                    "typedef errval_t %1$s_%2$s__rpc_%3$smethod_fn(struct %1$s_binding *_binding",
                    interface->name, rpc->name, rx ? "rx_" : "tx_");
            emit_rpc_parameters(out, interface, rpc);
            fputs(");\n", out);
        }
    fputc('\n', out);
}

static void emit_tx_entry(FILE *out, const struct interface *interface,
                          const struct message *message)
{
    fprintf(out, "    %s_%s__tx_method_fn *%s;\n", interface->name, message->name, message->name);
}

static void emit_rx_entry(FILE *out, const struct interface *interface,
                          const struct message *message)
{
    fprintf(out, "    %s_%s__rx_method_fn *%s;\n", interface->name, message->name, message->name);
}

/// An interface without rpcs has a table of none: C wants a member.
static void emit_rpc_table(FILE *out, const struct interface *interface, bool rx)
{
    fprintf(out, "struct %s_rpc_%s_vtbl {\n", interface->name, rx ? "rx" : "tx");
    unsigned count = 0;
    for (const struct operation *rpc = interface->operations; rpc != NULL; rpc = rpc->next)
        if (rpc->kind == OPERATION_RPC) {
            fprintf(out, "    %s_%s__rpc_%smethod_fn *%s%s;\n", interface->name, rpc->name,
                    rx ? "rx_" : "tx_", rpc->name, rx ? "_call" : "");
            count++;
        }
    fputs(count == 0 ? "    void *none;\n};\n" : "};\n", out);
}

static void emit_tables(FILE *out, const struct interface *interface)
{
    fprintf(out, "struct %s_tx_vtbl {\n", interface->name);
    messages_each(out, interface, emit_tx_entry);
    fprintf(out, "};\nstruct %s_rx_vtbl {\n", interface->name);
    messages_each(out, interface, emit_rx_entry);
    fputs("};\n", out);
    emit_rpc_table(out, interface, false);
    emit_rpc_table(out, interface, true);
}

static void emit_binding(FILE *out, const char *name)
{
    fprintf(out,
            "\n/// A binding; `stub` is private to the stubs. What begins with a comment is its\n"
            "/// user's to fill in.\n"
            "struct %1$s_binding {\n"
            "    void *st; ///< the user's own\n"
            "    struct waitset *waitset;\n"
            "    struct event_mutex mutex; ///< for the user's own use\n"
            "    %1$s_can_send_fn *can_send;\n"
            "    %1$s_register_send_fn *register_send;\n"
            "    %1$s_change_waitset_fn *change_waitset;\n"
            "    %1$s_control_fn *control;\n"
            "    %1$s_error_handler_fn *error_handler; ///< the binding has ended, and why\n"
            "    struct %1$s_tx_vtbl tx_vtbl;\n"
            "    struct %1$s_rx_vtbl rx_vtbl;         ///< handlers of messages\n"
            "    struct %1$s_rpc_tx_vtbl rpc_tx_vtbl;\n"
            "    struct %1$s_rpc_rx_vtbl rpc_rx_vtbl; ///< handlers that answer when they return\n"
            "    struct flounder_stub stub;\n"
            "};\n\n",
            name);
}

static void emit_functions(FILE *out, const char *name)
{
    fprintf(
        out,
        "extern const struct flounder_interface %1$s__interface;\n\n"
        "/// See flounder_export(), flounder_bind(), flounder_accept() and flounder_connect().\n"
        "errval_t %1$s_export(void *st, idc_export_callback_fn *export_cb,\n"
        "                     %1$s_connect_fn *connect_cb, struct waitset *ws,\n"
        "                     idc_export_flags_t flags);\n"
        "errval_t %1$s_export_blocking(void *st, %1$s_connect_fn *connect_cb,\n"
        "                              struct waitset *ws, iref_t *iref);\n"
        "errval_t %1$s_bind(iref_t iref, %1$s_bind_continuation_fn *_continuation, void *st,\n"
        "                   struct waitset *ws, idc_bind_flags_t flags);\n"
        "errval_t %1$s_bind_blocking(iref_t iref, struct waitset *ws, idc_bind_flags_t flags,\n"
        "                            struct %1$s_binding **binding);\n"
        "errval_t %1$s_accept(struct %1$s_frameinfo *_frameinfo, void *st,\n"
        "                     %1$s_bind_continuation_fn *_continuation, struct waitset *ws,\n"
        "                     idc_export_flags_t flags);\n"
        "errval_t %1$s_connect(struct %1$s_frameinfo *_frameinfo, void *st,\n"
        "                      %1$s_bind_continuation_fn *_continuation, struct waitset *ws,\n"
        "                      idc_bind_flags_t flags);\n\n"
        "/// Between a server and clients that have an endpoint of it: see flounder_serve() and\n"
        "/// flounder_open().\n"
        "errval_t %1$s_serve(void *st, %1$s_connect_fn *connect_cb, flounder_told_fn *told);\n"
        "errval_t %1$s_open(struct %1$s_binding *binding, struct capref server);\n"
        "static inline uint32_t %1$s_badge(const struct %1$s_binding *_binding)\n"
        "{\n    return flounder_badge(&_binding->stub);\n}\n\n"
        "/// Fails a call that is answered later: flounder_answer_error().\n"
        "static inline errval_t %1$s__fail(struct %1$s_binding *_binding, unsigned call,\n"
        "                                  errval_t err)\n"
        "{\n    return flounder_answer_error(&_binding->stub, call, err);\n}\n\n"
        "/// Ends a binding: flounder_close().\n"
        "static inline void %1$s_close(struct %1$s_binding *_binding)\n"
        "{\n    flounder_close(&_binding->stub);\n}\n\n"
        "/// Every binding has its calls from the beginning.\n"
        "static inline void %1$s_rpc_client_init(struct %1$s_binding *_binding)\n"
        "{\n    (void)_binding;\n}\n\n",
        name);
}

static void emit_wrapper(FILE *out, const struct interface *interface,
                         const struct message *message)
{
    const char *name = interface->name;
    fprintf(out,
            "static inline errval_t %1$s_%2$s__tx(struct %1$s_binding *_binding,\n"
            "    struct event_closure _continuation",
            name, message->name);
    emit_parameters(out, interface, message);
    fprintf(out, ")\n{\n    return _binding->tx_vtbl.%s(_binding, _continuation", message->name);
    emit_names(out, message);
    fputs(");\n}\n\n", out);
}

/// Where the answer of a call goes: pointers, in the order of the arguments; and with it a call that
/// nobody waits for.
static void emit_places(FILE *out, const struct interface *interface, const struct operation *rpc)
{
    const struct message response = {.operation = rpc, .out = true};
    fprintf(out, "struct %s_%s__places {\n", interface->name, rpc->name);
    for (MESSAGE_ARGUMENTS(argument, &response)) {
        const struct type *type = argument->type;
        bool array = argument->shape == SHAPE_VALUE && type_base(type)->kind == TYPE_ARRAY;
        fputs("    ", out);
        emit_type(out, interface, array ? type_base(type)->of : type);
        fprintf(out, " *%s;\n", argument->name);
        if (argument->shape == SHAPE_ARRAY)
            fprintf(out, "    size_t *%s;\n", argument->length_name);
    }
    fprintf(out,
            "};\nstruct %1$s_%2$s__call {\n    struct flounder_async async;\n"
            "    struct %1$s_%2$s__places places;\n};\n\n",
            interface->name, rpc->name);
}

/// Functions that wait have no symbols: programs with functions of the same names leave them out.
static void emit_call(FILE *out, const struct interface *interface, const struct operation *rpc)
{
    fprintf(out,
            "#ifndef %1$s_NO_CALLS\n/// Calls and waits for the answer: flounder_call().\n"
            "static inline errval_t %1$s_%2$s(struct %1$s_binding *_binding",
            interface->name, rpc->name);
    emit_rpc_parameters(out, interface, rpc);
    fprintf(out, ")\n{\n    return _binding->rpc_tx_vtbl.%s(_binding", rpc->name);
    emit_rpc_names(out, rpc);
    fputs(");\n}\n#endif\n", out);
}

/// What answers a call out of order. The response's number follows the call's.
static void emit_later(FILE *out, const struct interface *interface, const struct operation *rpc)
{
    fprintf(out,
            "/// In a handler of rx_vtbl.%2$s_call: the call, to be answered by its number.\n"
            "static inline unsigned %1$s_%2$s__later(struct %1$s_binding *_binding)\n"
            "{\n    return flounder_take_call(&_binding->stub, %1$s_%2$s_response__msgnum);\n}\n",
            interface->name, rpc->name);
    emit_answer_head(out, interface, rpc);
    fputs(";\n\n", out);
}

static void emit_calls(FILE *out, const struct interface *interface)
{
    for (const struct operation *rpc = interface->operations; rpc != NULL; rpc = rpc->next) {
        if (rpc->kind != OPERATION_RPC)
            continue;
        emit_places(out, interface, rpc);
        if (rpc->has_call)
            emit_call(out, interface, rpc);
        emit_later(out, interface, rpc);
        fputs("/// Calls; `_done` runs when the answer has come: flounder_start().\n", out);
        emit_start_head(out, interface, rpc);
        fputs(";\n\n", out);
    }
}

void emit_header(FILE *out, const struct interface *interface)
{
    const char *name = interface->name;
    fprintf(out,
            "// Made by flounder from %s; do not edit.\n//\n// Interface %s: %s\n#pragma once\n\n"
            "#include <flounder/flounder.h>\n\n",
            interface->path, name, interface->description);
    emit_types(out, interface);
    emit_numbers(out, interface);
    emit_maxima(out, interface);
    emit_control_types(out, name);
    messages_each(out, interface, emit_message_types);
    emit_rpc_types(out, interface);
    emit_tables(out, interface);
    emit_binding(out, name);
    fprintf(out, "struct %s_frameinfo FLOUNDER_FRAMEINFO;\n\n", name);
    emit_functions(out, name);
    emit_rights(out, interface);
    messages_each(out, interface, emit_wrapper);
    emit_calls(out, interface);
}
