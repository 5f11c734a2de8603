// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The source behind a header: what makes, sends and receives each message, and one constant that
// tells the stubs' library all of the interface.
#include "emit.h"

static void emit_tx_entry(FILE *out, const struct interface *interface,
                          const struct message *message)
{
    (void)interface;
    fprintf(out, "        .%s = send__%s,\n", message->name, message->name);
}

static const char wrappers[] =
    "static bool can_send(struct %1$s_binding *_binding)\n{\n"
    "    return flounder_can_send(&_binding->stub);\n}\n\n"
    "static errval_t register_send(struct %1$s_binding *_binding, struct waitset *ws,\n"
    "                              struct event_closure _continuation)\n{\n"
    "    return flounder_register_send(&_binding->stub, ws, _continuation);\n}\n\n"
    "static errval_t change_waitset(struct %1$s_binding *_binding, struct waitset *ws)\n{\n"
    "    errval_t err = flounder_change_waitset(&_binding->stub, ws);\n"
    "    if (err_is_ok(err))\n        _binding->waitset = ws;\n"
    "    return err;\n}\n\n"
    "static errval_t control(struct %1$s_binding *_binding, idc_control_t control)\n{\n"
    "    return flounder_control(&_binding->stub, control);\n}\n\n"
    "static void fail(struct flounder_stub *_stub, errval_t err)\n{\n"
    "    struct %1$s_binding *_binding = FLOUNDER_OWNER(_stub, struct %1$s_binding);\n"
    "    if (_binding->error_handler != NULL)\n"
    "        _binding->error_handler(_binding, err);\n"
    "    else\n        flounder_default_error(_stub, err);\n}\n\n";

static void emit_init(FILE *out, const struct interface *interface)
{
    fprintf(out,
            "static void init(struct flounder_stub *_stub, struct waitset *ws)\n{\n"
            "    struct %1$s_binding *_binding = FLOUNDER_OWNER(_stub, struct %1$s_binding);\n"
            "    _binding->waitset = ws;\n"
            "    event_mutex_init(&_binding->mutex, ws);\n"
            "    _binding->can_send = can_send;\n"
            "    _binding->register_send = register_send;\n"
            "    _binding->change_waitset = change_waitset;\n"
            "    _binding->control = control;\n"
            "    _binding->tx_vtbl = (struct %1$s_tx_vtbl){\n",
            interface->name);
    messages_each(out, interface, emit_tx_entry);
    fputs("    };\n", out);
    for (const struct operation *rpc = interface->operations; rpc != NULL; rpc = rpc->next)
        if (rpc->kind == OPERATION_RPC)
            fprintf(out, "    _binding->rpc_tx_vtbl.%s = call__%s;\n", rpc->name, rpc->name);
    fputs("}\n\n", out);
}

/// The numbers and lengths that a receiver knows before it looks into a message, the signatures that
/// both sides of a binding compare.
static void emit_message(FILE *out, const struct interface *interface,
                         const struct message *message)
{
    fprintf(out,
            "    {.bytes = %u, .fixed = %s, .caps = %u, .kind = FLOUNDER_%s,\n"
            "     .digest = UINT64_C(0x%016llx), .signature = \"",
            message->bytes, message->fixed ? "true" : "false", message->caps,
            message->operation->kind != OPERATION_RPC ? "MESSAGE"
            : message->out                            ? "RESPONSE"
                                                      : "CALL",
            (unsigned long long)signature_digest(interface, message->operation));
    signature_print(out, interface, message->operation);
    fputs("\"},\n", out);
}

static void emit_interface(FILE *out, const struct interface *interface)
{
    const char *name = interface->name;
    fprintf(out,
            "_Static_assert(FLOUNDER_LINE_BYTES == %u && FLOUNDER_CAPS_MAX == %u\n"
            "                   && FLOUNDER_NUMBERS_MAX == %u,\n"
            "               \"made for another version of the stubs\");\n\n",
            FLOUNDER_LINE_BYTES, FLOUNDER_CAPS_MAX, FLOUNDER_MESSAGES_MAX);
    fputs("static const struct flounder_message messages[] = {\n", out);
    messages_each(out, interface, emit_message);
    fprintf(out,
            "};\n\nconst struct flounder_interface %1$s__interface = {\n"
            "    .name = \"%1$s\",\n    .messages = messages,\n    .count = %2$u,\n"
            "    .longest = %3$u,\n    .binding_bytes = sizeof(struct %1$s_binding),\n"
            "    .stub_offset = offsetof(struct %1$s_binding, stub),\n"
            "    .init = init,\n    .take = takers,\n    .receive = receive,\n    .fail = "
            "fail,\n};\n\n",
            name, interface->numbers, messages_longest(interface));
}

static const char functions[] =
    "errval_t %1$s_serve(void *st, %1$s_connect_fn *connect_cb, flounder_told_fn *told)\n{\n"
    "    return flounder_serve(&%1$s__interface, st, (flounder_connect_fn *)connect_cb, "
    "told);\n}\n\n"
    "errval_t %1$s_open(struct %1$s_binding *binding, struct capref server)\n{\n"
    "    return flounder_open(&%1$s__interface, binding, server);\n}\n\n"
    "errval_t %1$s_export(void *st, idc_export_callback_fn *export_cb, %1$s_connect_fn "
    "*connect_cb,\n"
    "                     struct waitset *ws, idc_export_flags_t flags)\n{\n"
    "    return flounder_export(&%1$s__interface, st, export_cb,\n"
    "                           (flounder_connect_fn *)connect_cb, ws, flags);\n}\n\n"
    "errval_t %1$s_export_blocking(void *st, %1$s_connect_fn *connect_cb,\n"
    "                              struct waitset *ws, iref_t *iref)\n{\n"
    "    return flounder_export_blocking(&%1$s__interface, st,\n"
    "                                    (flounder_connect_fn *)connect_cb, ws, iref);\n}\n\n"
    "errval_t %1$s_bind(iref_t iref, %1$s_bind_continuation_fn *_continuation, void *st,\n"
    "                   struct waitset *ws, idc_bind_flags_t flags)\n{\n"
    "    return flounder_bind(&%1$s__interface, iref,\n"
    "                         (flounder_bind_continuation_fn *)_continuation, st, ws, "
    "flags);\n}\n\n"
    "errval_t %1$s_bind_blocking(iref_t iref, struct waitset *ws, idc_bind_flags_t flags,\n"
    "                            struct %1$s_binding **binding)\n{\n"
    "    return flounder_bind_blocking(&%1$s__interface, iref, ws, flags, (void **)binding);\n}\n\n"
    "errval_t %1$s_accept(struct %1$s_frameinfo *_frameinfo, void *st,\n"
    "                     %1$s_bind_continuation_fn *_continuation, struct waitset *ws,\n"
    "                     idc_export_flags_t flags)\n{\n    (void)flags;\n"
    "    return flounder_accept(&%1$s__interface, _frameinfo->inbuf, _frameinfo->inbufsize,\n"
    "                           _frameinfo->outbuf, _frameinfo->outbufsize,\n"
    "                           (flounder_bind_continuation_fn *)_continuation, st, ws, "
    "false);\n}\n\n"
    "errval_t %1$s_connect(struct %1$s_frameinfo *_frameinfo, void *st,\n"
    "                      %1$s_bind_continuation_fn *_continuation, struct waitset *ws,\n"
    "                      idc_bind_flags_t flags)\n{\n    (void)flags;\n"
    "    return flounder_accept(&%1$s__interface, _frameinfo->inbuf, _frameinfo->inbufsize,\n"
    "                           _frameinfo->outbuf, _frameinfo->outbufsize,\n"
    "                           (flounder_bind_continuation_fn *)_continuation, st, ws, "
    "true);\n}\n";

void emit_source(FILE *out, const struct interface *interface, const char *header)
{
    fprintf(out,
            "// Made by flounder from %s; do not edit.\n#include <%s>\n\n#include "
            "<stddef.h>\n#include <string.h>\n\n",
            interface->path, header);
    emit_codecs(out, interface);
    emit_senders(out, interface);
    emit_receivers(out, interface);
    fprintf(out, wrappers, interface->name);
    emit_init(out, interface);
    emit_interface(out, interface);
    fprintf(out, functions, interface->name);
}
