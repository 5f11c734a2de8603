// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What receives: a function for each message, which gets its arguments out of a row of bytes,
// checks them, and calls the handler; and receive(), which finds it by the number. Arguments of
// bounded length are kept in memory of the stub until the handler has returned.
#include "emit.h"

static void emit_get_array(FILE *out, const struct interface *interface,
                           const struct argument *argument, const char *array, const char *length)
{
    char address[4 * FLOUNDER_NAME_MAX];
    bool nested = type_base(argument->type)->kind == TYPE_ARRAY;
    fprintf(out, "    %s = flounder_get_count(_row, %u);\n", length, argument->max);
    if (type_is_plain(argument->type)) {
        fprintf(out, "    flounder_get(_row, %s, %s * %u);\n", array, length,
                argument->type->bytes);
        return;
    }
    fprintf(out, "    for (size_t _i = 0; _i < %s; _i++)\n        ", length);
    snprintf(address, sizeof(address), "%s%s[_i]", nested ? "" : "&", array);
    emit_value(out, interface, argument->type, "get", address);
}

/// Declares what holds the arguments: numbers and the like on the stack, the others in `_args`.
static void emit_locals(FILE *out, const struct interface *interface, const struct message *message)
{
    for (MESSAGE_ARGUMENTS(argument, message)) {
        if (argument->shape == SHAPE_TEXT) {
            fprintf(out, "    const char *%s;\n", argument->name);
        } else if (argument->shape == SHAPE_ARRAY) {
            fprintf(out, "    size_t %s;\n", argument->length_name);
        } else {
            fputs("    ", out);
            emit_type(out, interface, argument->type);
            fprintf(out, " %s;\n", argument->name);
        }
    }
}

static void emit_args(FILE *out, const struct interface *interface, const struct message *message)
{
    fprintf(out, "struct args__%s {\n", message->name);
    for (MESSAGE_ARGUMENTS(argument, message))
        if (argument->shape != SHAPE_VALUE) {
            fputs("    ", out);
            emit_type(out, interface, argument->type);
            fprintf(out, " %s[%u];\n", argument->name, argument->max);
        }
    fputs("};\n\n", out);
}

static void emit_get(FILE *out, const struct interface *interface, const struct argument *argument)
{
    char address[FLOUNDER_NAME_MAX + 8];
    const struct type *base = type_base(argument->type);
    if (base->kind == TYPE_CAP) {
        fprintf(out, "    %s = flounder_get_cap(_row);\n", argument->name);
    } else if (argument->shape == SHAPE_TEXT) {
        fprintf(out, "    %1$s = flounder_get_text(_row, _args->%1$s, %2$u);\n", argument->name,
                argument->max);
    } else if (argument->shape == SHAPE_ARRAY) {
        snprintf(address, sizeof(address), "_args->%s", argument->name);
        emit_get_array(out, interface, argument, address, argument->length_name);
    } else {
        snprintf(address, sizeof(address), "%s%s", base->kind == TYPE_ARRAY ? "" : "&",
                 argument->name);
        fputs("    ", out);
        emit_value(out, interface, argument->type, "get", address);
    }
}

static void emit_handler_names(FILE *out, const struct message *message)
{
    for (MESSAGE_ARGUMENTS(argument, message))
        if (argument->shape == SHAPE_ARRAY)
            fprintf(out, ", _args->%s, %s", argument->name, argument->length_name);
        else
            fprintf(out, ", %s", argument->name);
}

static bool has_memory(const struct message *message)
{
    for (MESSAGE_ARGUMENTS(argument, message))
        if (argument->shape != SHAPE_VALUE)
            return true;
    return false;
}

static void emit_arguments(FILE *out, const struct interface *interface,
                           const struct message *message)
{
    if (has_memory(message))
        fprintf(out,
                "    struct args__%s *_args = flounder_memory(_row, sizeof(*_args));\n"
                "    if (_args == NULL)\n        return LIB_ERR_MALLOC_FAIL;\n",
                message->name);
    emit_locals(out, interface, message);
    for (MESSAGE_ARGUMENTS(argument, message))
        emit_get(out, interface, argument);
    fputs("    if (!flounder_complete(_row))\n        return FLOUNDER_ERR_RX_INVALID;\n", out);
}

static void emit_rpc_handler_names(FILE *out, const struct operation *rpc)
{
    for (const struct argument *argument = rpc->arguments; argument != NULL;
         argument = argument->next) {
        bool place = argument->out;
        bool array =
            argument->shape != SHAPE_VALUE || type_base(argument->type)->kind == TYPE_ARRAY;
        if (place)
            fprintf(out, ", %s_answer->%s", array ? "" : "&", argument->name);
        else
            fprintf(out, ", %s%s", argument->shape == SHAPE_ARRAY ? "_args->" : "", argument->name);
        if (argument->shape == SHAPE_ARRAY)
            fprintf(out, ", %s%s", place ? "&_answer->" : "", argument->length_name);
    }
}

/// A handler that answers when it returns; a long answer is kept in memory of the stub.
static void emit_rpc_handler(FILE *out, const struct message *message)
{
    const char *name = message->operation->name;
    const struct message response = {.operation = message->operation, .out = true};
    fprintf(out, "    if (_binding->rpc_rx_vtbl.%s_call != NULL) {\n", name);
    if (has_memory(&response))
        fprintf(out,
                "        struct answer__%s *_answer = flounder_memory(_row, sizeof(*_answer));\n"
                "        if (_answer == NULL)\n            return LIB_ERR_MALLOC_FAIL;\n",
                name);
    else
        fprintf(out, "        struct answer__%s _answer[1] = {0};\n", name);
    fprintf(out, "%s        errval_t _result = _binding->rpc_rx_vtbl.%s_call(_binding",
            message->caps != 0 ? "        flounder_lend(_row);\n" : "", name);
    emit_rpc_handler_names(out, message->operation);
    fprintf(out,
            ");\n        return answer__%s(_binding, flounder_call_of(_row), _answer, _result);\n"
            "    }\n",
            name);
}

static void emit_answer_struct(FILE *out, const struct interface *interface,
                               const struct message *response)
{
    fprintf(out, "struct answer__%s {\n    char _none;\n", response->operation->name);
    emit_members(out, interface, response);
    fputs("};\n\n", out);
}

/// An answer that the interface does not allow becomes the call's error.
static void emit_answer(FILE *out, const struct interface *interface, const struct message *message)
{
    const char *name = message->operation->name;
    const struct message response = {.operation = message->operation, .out = true};
    emit_answer_struct(out, interface, &response);
    fprintf(out,
            "static errval_t answer__%2$s(struct %1$s_binding *_binding, unsigned _call,\n"
            "                             struct answer__%2$s *_answer, errval_t _handled)\n{\n"
            "    (void)_answer;\n"
            "    errval_t _result = _handled;\n"
            "    if (err_is_ok(_result))\n"
            "        _result = respond__%2$s_response(_binding, _call, NOP_CONT",
            interface->name, name);
    for (MESSAGE_ARGUMENTS(argument, &response)) {
        fprintf(out, ", _answer->%s", argument->name);
        if (argument->shape == SHAPE_ARRAY)
            fprintf(out, ", _answer->%s", argument->length_name);
    }
    fputs(");\n", out);
    for (MESSAGE_ARGUMENTS(argument, &response))
        if (type_base(argument->type)->gives)
            fprintf(out, "    if (err_is_fail(_result))\n        flounder_free_cap(_answer->%s);\n",
                    argument->name);
    fputs("    return err_is_ok(_result)\n"
          "               ? _result\n"
          "               : flounder_not_answered(&_binding->stub, _call, _handled, _result);\n"
          "}\n\n",
          out);
}

/// The answer to a call of call__RPC() goes where its caller wants it.
static void emit_places_taken(FILE *out, const struct interface *interface,
                              const struct message *message)
{
    const char *name = message->operation->name;
    fprintf(out,
            "    struct %s_%s__places *_places = flounder_places(_row, %u);\n"
            "    if (_places != NULL) {\n",
            interface->name, name, message->number);
    for (MESSAGE_ARGUMENTS(argument, message)) {
        const char *n = argument->name;
        if (argument->shape == SHAPE_TEXT)
            fprintf(out, "        flounder_copy_text(_places->%1$s, %1$s);\n", n);
        else if (argument->shape == SHAPE_ARRAY)
            fprintf(out,
                    "        memcpy(_places->%1$s, _args->%1$s, %2$s * sizeof(*_places->%1$s));\n"
                    "        *_places->%2$s = %2$s;\n",
                    n, argument->length_name);
        else if (type_base(argument->type)->kind == TYPE_ARRAY)
            fprintf(out, "        memcpy(_places->%1$s, %1$s, sizeof(%1$s));\n", n);
        else
            fprintf(out, "        *_places->%1$s = %1$s;\n", n);
    }
    fputs("        flounder_deliver(_row);\n        return flounder_call_done(_row);\n    }\n"
          "    if (flounder_call_of(_row) != 0)\n        return flounder_call_given_up(_row);\n",
          out);
}

static void emit_receiver(FILE *out, const struct interface *interface,
                          const struct message *message)
{
    bool rpc = message->operation->kind == OPERATION_RPC;
    if (rpc && !message->out)
        emit_answer(out, interface, message);
    if (has_memory(message))
        emit_args(out, interface, message);
    fprintf(out,
            "static errval_t receive__%2$s(struct %1$s_binding *_binding, struct flounder_in "
            "*_row)\n{\n",
            interface->name, message->name);
    emit_denial(out, interface, message);
    emit_arguments(out, interface, message);
    if (rpc && message->out)
        emit_places_taken(out, interface, message);
    if (rpc && !message->out)
        emit_rpc_handler(out, message);
    fprintf(out,
            "    if (_binding->rx_vtbl.%1$s == NULL)\n        return FLOUNDER_ERR_NO_HANDLER;\n",
            message->name);
    if (rpc && !message->out)
        fprintf(out, "    if (!flounder_note_call(_row, %u))\n        return FLOUNDER_ERR_CALLS;\n",
                message->number + 1);
    fprintf(out, "    flounder_deliver(_row);\n    _binding->rx_vtbl.%s(_binding", message->name);
    emit_handler_names(out, message);
    fputs(");\n    return SYS_ERR_OK;\n}\n\n", out);
}

static bool has_more(const struct message *message)
{
    const struct message response = {.operation = message->operation, .out = true};
    bool answers = message->operation->kind == OPERATION_RPC && !message->out;
    return message->caps != 0 || has_memory(message) || (answers && has_memory(&response));
}

/// Capabilities are where this function has them, until the handler has returned.
static void emit_caps(FILE *out, const struct message *message)
{
    if (message->caps != 0)
        fprintf(out, "    struct capref _caps[FLOUNDER_CAPS_MAX];\n"
                     "    flounder_bring_caps(_row, _caps);\n");
}

/// A line that is the whole message.
static void emit_take(FILE *out, const struct interface *interface, const struct message *message)
{
    const char *format =
        has_more(message) ? "    return flounder_finish(_row, receive__%s(_binding, _row));\n}\n\n"
                          : "    return receive__%s(_binding, _row);\n}\n\n";
    fprintf(out,
            "static errval_t take__%2$s(struct flounder_stub *_stub, unsigned _ctrl,\n"
            "    const uint64_t _words[FLOUNDER_LINE_WORDS])\n{\n"
            "    struct %1$s_binding *_binding = FLOUNDER_OWNER(_stub, struct %1$s_binding);\n"
            "    struct flounder_in _row[1] = {FLOUNDER_IN_LINE(_stub, _ctrl, _words)};\n",
            interface->name, message->name);
    emit_caps(out, message);
    fprintf(out, format, message->name);
}

static void emit_taker(FILE *out, const struct interface *interface, const struct message *message)
{
    (void)interface;
    fprintf(out, "    take__%s,\n", message->name);
}

/// A message of several lines, or one that has waited for its capabilities. Only one that has more than
/// numbers leaves something to be freed.
static void emit_case(FILE *out, const struct interface *interface, const struct message *message)
{
    (void)interface;
    if (message->bytes <= FLOUNDER_LINE_BYTES && message->caps == 0)
        return;
    fprintf(out, "    case %u: {\n", message->number);
    emit_caps(out, message);
    fprintf(out,
            has_more(message)
                ? "    return flounder_finish(_row, receive__%s(_binding, _row));\n    }\n"
                : "    return receive__%s(_binding, _row);\n    }\n",
            message->name);
}

void emit_receivers(FILE *out, const struct interface *interface)
{
    messages_each(out, interface, emit_receiver);
    messages_each(out, interface, emit_take);
    fputs("static flounder_take_fn *const takers[] = {\n", out);
    messages_each(out, interface, emit_taker);
    fprintf(out,
            "};\n\nstatic errval_t receive(struct flounder_stub *_stub, unsigned _number, "
            "struct flounder_in *_row)\n{\n"
            "    struct %1$s_binding *_binding = FLOUNDER_OWNER(_stub, struct %1$s_binding);\n"
            "    (void)_binding, (void)_row;\n"
            "    switch (_number) {\n",
            interface->name);
    messages_each(out, interface, emit_case);
    fputs("    default:\n        return FLOUNDER_ERR_RX_INVALID_MSGNUM;\n    }\n}\n\n", out);
}
