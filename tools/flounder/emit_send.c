// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What sends: a function for each message, and one for each rpc that waits for its answer. A message
// that always fits a line is made on the stack, any other in the binding's buffer.
#include "emit.h"

static bool in_line(const struct message *message)
{
    return message->bytes <= FLOUNDER_LINE_BYTES && message->caps == 0;
}

static void emit_array(FILE *out, const struct interface *interface,
                       const struct argument *argument)
{
    char address[2 * FLOUNDER_NAME_MAX];
    bool nested = type_base(argument->type)->kind == TYPE_ARRAY;
    fprintf(out, "    if (flounder_put_count(_row, %s, %u))\n", argument->length_name,
            argument->max);
    if (type_is_plain(argument->type)) {
        fprintf(out, "        flounder_put(_row, %s, %s * %u);\n", argument->name,
                argument->length_name, argument->type->bytes);
        return;
    }
    fprintf(out, "        for (size_t _i = 0; _i < %s; _i++)\n            ", argument->length_name);
    snprintf(address, sizeof(address), "%s%s[_i]", nested ? "" : "&", argument->name);
    emit_value(out, interface, argument->type, "put", address);
}

static void emit_argument(FILE *out, const struct interface *interface,
                          const struct argument *argument)
{
    char address[FLOUNDER_NAME_MAX + 2];
    const struct type *base = type_base(argument->type);
    if (base->kind == TYPE_CAP) {
        fprintf(out, "    flounder_put_cap(_row, %s, %s);\n", argument->name,
                base->gives ? "true" : "false");
    } else if (argument->shape == SHAPE_TEXT) {
        fprintf(out, "    flounder_put_text(_row, %s, %u);\n", argument->name, argument->max);
    } else if (argument->shape == SHAPE_ARRAY) {
        emit_array(out, interface, argument);
    } else {
        snprintf(address, sizeof(address), "%s%s", base->kind == TYPE_ARRAY ? "" : "&",
                 argument->name);
        fputs("    ", out);
        emit_value(out, interface, argument->type, "put", address);
    }
}

/// What a call that waits gives away is gone, whatever becomes of it.
static void emit_free(FILE *out, const struct message *message)
{
    for (MESSAGE_ARGUMENTS(argument, message))
        if (type_base(argument->type)->gives)
            fprintf(out, "        flounder_free_cap(%s);\n", argument->name);
}

/// Puts the arguments into a row that `begin` has made.
static void emit_row(FILE *out, const struct interface *interface, const struct message *message,
                     const char *begin, bool waits)
{
    if (in_line(message))
        fprintf(out, "    struct flounder_line _line = {0};\n%s",
                message->bytes == 0
                    ? ""
                    : "    struct flounder_out _row[1] = {{.bytes = _line.bytes}};\n");
    else
        fprintf(out,
                "    struct flounder_out _row[1];\n"
                "    errval_t _err = %s;\n"
                "    if (err_is_fail(_err)) {\n",
                begin);
    if (!in_line(message) && waits)
        emit_free(out, message);
    if (!in_line(message))
        fputs("        return _err;\n    }\n", out);
    for (MESSAGE_ARGUMENTS(argument, message))
        emit_argument(out, interface, argument);
}

/// Whether no value of it can be wrong.
static bool all_plain(const struct message *message)
{
    for (MESSAGE_ARGUMENTS(argument, message)) {
        enum type_kind kind = type_base(argument->type)->kind;
        bool any = type_is_plain(argument->type) || kind == TYPE_BOOL || kind == TYPE_CAP;
        if (argument->shape != SHAPE_VALUE || !any)
            return false;
    }
    return true;
}

static void emit_end(FILE *out, const struct message *message, const char *line, const char *row,
                     bool waits)
{
    if (!all_plain(message)) {
        fputs("    if (_row->bad) {\n", out);
        if (waits)
            emit_free(out, message);
        fprintf(out, "        return %s;\n    }\n",
                in_line(message) ? "FLOUNDER_ERR_TX_MSG_SIZE" : "flounder_abort(_stub)");
    }
    fprintf(out, "    return %s;\n}\n\n", in_line(message) ? line : row);
}

static void emit_head(FILE *out, const struct interface *interface, const struct message *message,
                      const char *verb, const char *parameter)
{
    fprintf(out,
            "static errval_t %3$s__%2$s(struct %1$s_binding *_binding, %4$s"
            "struct event_closure _continuation",
            interface->name, message->name, verb, parameter);
    emit_parameters(out, interface, message);
    fputs(")\n{\n", out);
}

/// The sender of an rpc's response takes for which call it is; without that, for the oldest one.
static void emit_sender(FILE *out, const struct interface *interface, const struct message *message)
{
    char line[128], row[128];
    bool response = message->operation->kind == OPERATION_RPC && message->out;
    const char *call = response ? "_call" : "0";
    emit_head(out, interface, message, response ? "respond" : "send",
              response ? "unsigned _call, " : "");
    fputs("    struct flounder_stub *_stub = &_binding->stub;\n", out);
    emit_row(out, interface, message,
             response ? "flounder_begin_answer(_stub, _row)" : "flounder_begin(_stub, _row)",
             false);
    snprintf(line, sizeof(line),
             "flounder_%s_line(_stub, &_line, FLOUNDER_CTRL(%u, %s), _continuation)",
             response ? "answer" : "send", message->number, call);
    snprintf(row, sizeof(row), "flounder_send(_stub, _row, FLOUNDER_CTRL(%u, %s), _continuation)",
             message->number, call);
    emit_end(out, message, line, row, false);
    if (!response)
        return;
    emit_answer_head(out, interface, message->operation);
    fprintf(out, "\n{\n    return respond__%s(_binding, _call, NOP_CONT", message->name);
    emit_names(out, message);
    fputs(");\n}\n\n", out);
    emit_head(out, interface, message, "send", "");
    fprintf(out,
            "    unsigned _call = flounder_oldest_call(&_binding->stub, %u);\n"
            "    errval_t _err = respond__%s(_binding, _call, _continuation",
            message->number, message->name);
    emit_names(out, message);
    fprintf(out,
            ");\n    if (err_is_ok(_err))\n"
            "        flounder_forget_call(&_binding->stub, %u);\n    return _err;\n}\n\n",
            message->number);
}

static void emit_place_names(FILE *out, const struct message *response)
{
    const char *comma = "";
    fputs("{", out);
    for (MESSAGE_ARGUMENTS(argument, response)) {
        fprintf(out, "%s%s", comma, argument->name);
        if (argument->shape == SHAPE_ARRAY)
            fprintf(out, ", %s", argument->length_name);
        comma = ", ";
    }
    fputs("};\n", out);
}

/// A call that waits.
static void emit_waiting_call(FILE *out, const struct interface *interface,
                              const struct message *message)
{
    char line[128], row[128];
    const struct operation *rpc = message->operation;
    const struct message response = {.operation = rpc, .out = true};
    fprintf(out, "static errval_t call__%2$s(struct %1$s_binding *_binding", interface->name,
            rpc->name);
    emit_rpc_parameters(out, interface, rpc);
    fprintf(out,
            ")\n{\n    struct flounder_stub *_stub = &_binding->stub;\n"
            "    struct %s_%s__places _places = ",
            interface->name, rpc->name);
    emit_place_names(out, &response);
    emit_row(out, interface, message, "flounder_begin_blocking(_stub, _row)", true);
    snprintf(line, sizeof(line), "flounder_call_line(_stub, &_line, %u, &_places)",
             message->number);
    snprintf(row, sizeof(row), "flounder_call(_stub, _row, %u, &_places)", message->number);
    emit_end(out, message, line, row, true);
}

/// A call that does not.
static void emit_start(FILE *out, const struct interface *interface, const struct message *message)
{
    char line[160], row[160];
    const struct operation *rpc = message->operation;
    const struct message response = {.operation = rpc, .out = true};
    emit_start_head(out, interface, rpc);
    fprintf(out,
            "\n{\n    struct flounder_stub *_stub = &_binding->stub;\n"
            "    _call->places = (struct %s_%s__places)",
            interface->name, rpc->name);
    emit_place_names(out, &response);
    emit_row(out, interface, message, "flounder_begin(_stub, _row)", false);
    snprintf(line, sizeof(line),
             "flounder_start_line(_stub, &_line, %u, &_call->async, &_call->places, _limit_us, "
             "_done)",
             message->number);
    snprintf(row, sizeof(row),
             "flounder_start(_stub, _row, %u, &_call->async, &_call->places, _limit_us, _done)",
             message->number);
    emit_end(out, message, line, row, false);
}

static void emit_sending(FILE *out, const struct interface *interface,
                         const struct message *message)
{
    emit_sender(out, interface, message);
    if (message->operation->kind == OPERATION_RPC && !message->out) {
        emit_waiting_call(out, interface, message);
        emit_start(out, interface, message);
    }
}

void emit_senders(FILE *out, const struct interface *interface)
{
    messages_each(out, interface, emit_sending);
}
