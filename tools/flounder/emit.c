// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages as C sees them (emit.h).
#include "emit.h"

const struct argument *message_argument(const struct message *message,
                                        const struct argument *argument)
{
    while (argument != NULL && argument->out != message->out)
        argument = argument->next;
    return argument;
}

static struct message message_make(struct interface *interface, const struct operation *operation,
                                   bool out)
{
    struct message message = {
        .operation = operation, .number = operation->number + out, .out = out, .fixed = true};
    message.name =
        operation->kind != OPERATION_RPC
            ? operation->name
            : arena_format(&interface->arena, "%s_%s", operation->name, out ? "response" : "call");
    for (MESSAGE_ARGUMENTS(argument, &message)) {
        unsigned each = argument->shape == SHAPE_TEXT ? 1 : argument->type->bytes;
        message.caps += argument->type->caps;
        message.bytes += argument->shape == SHAPE_VALUE ? each : 4 + argument->max * each;
        message.fixed = message.fixed && argument->shape == SHAPE_VALUE;
    }
    return message;
}

void messages_each(FILE *out, const struct interface *interface,
                   void (*each)(FILE *out, const struct interface *interface,
                                const struct message *message))
{
    struct interface names = {0};
    for (const struct operation *operation = interface->operations; operation != NULL;
         operation = operation->next)
        for (int second = 0; second <= (operation->kind == OPERATION_RPC); second++) {
            struct message message = message_make(&names, operation, second);
            each(out, interface, &message);
        }
    interface_free(&names);
}

static unsigned longest;

static void find_longest(FILE *out, const struct interface *interface,
                         const struct message *message)
{
    (void)out, (void)interface;
    longest = message->bytes > longest ? message->bytes : longest;
}

unsigned messages_longest(const struct interface *interface)
{
    longest = 0;
    messages_each(NULL, interface, find_longest);
    return longest;
}

bool type_is_plain(const struct type *type)
{
    type = type_base(type);
    return type->kind == TYPE_NUMBER || (type->kind == TYPE_ARRAY && type_is_plain(type->of));
}

void emit_type(FILE *out, const struct interface *interface, const struct type *type)
{
    if (type->builtin)
        fputs(type->c_name, out);
    else
        fprintf(out, "%s_%s_t", interface->name, type->name);
}

static void emit_parameter(FILE *out, const struct interface *interface,
                           const struct argument *argument, bool place)
{
    const char *star = place && type_base(argument->type)->kind != TYPE_ARRAY ? "*" : "";
    fputs(argument->shape != SHAPE_VALUE && !place ? ", const " : ", ", out);
    emit_type(out, interface, argument->type);
    if (argument->shape == SHAPE_VALUE)
        fprintf(out, " %s%s", star, argument->name);
    else
        fprintf(out, " *%s", argument->name);
    if (argument->shape == SHAPE_ARRAY)
        fprintf(out, ", size_t %s%s", place ? "*" : "", argument->length_name);
}

void emit_parameters(FILE *out, const struct interface *interface, const struct message *message)
{
    for (MESSAGE_ARGUMENTS(argument, message))
        emit_parameter(out, interface, argument, false);
}

void emit_rpc_parameters(FILE *out, const struct interface *interface, const struct operation *rpc)
{
    for (const struct argument *argument = rpc->arguments; argument != NULL;
         argument = argument->next)
        emit_parameter(out, interface, argument, argument->out);
}

void emit_start_head(FILE *out, const struct interface *interface, const struct operation *rpc)
{
    fprintf(out,
            "errval_t %1$s_%2$s__start(struct %1$s_binding *_binding, struct %1$s_%2$s__call "
            "*_call, delayus_t _limit_us,\n    struct event_closure _done",
            interface->name, rpc->name);
    emit_rpc_parameters(out, interface, rpc);
    fputs(")", out);
}

void emit_answer_head(FILE *out, const struct interface *interface, const struct operation *rpc)
{
    const struct message response = {.operation = rpc, .out = true};
    fprintf(out, "errval_t %1$s_%2$s__answer(struct %1$s_binding *_binding, unsigned _call",
            interface->name, rpc->name);
    emit_parameters(out, interface, &response);
    fputs(")", out);
}

void emit_members(FILE *out, const struct interface *interface, const struct message *message)
{
    for (MESSAGE_ARGUMENTS(argument, message)) {
        fputs("    ", out);
        emit_type(out, interface, argument->type);
        fprintf(out, " %s", argument->name);
        if (argument->shape != SHAPE_VALUE)
            fprintf(out, "[%u]", argument->max);
        if (argument->shape == SHAPE_ARRAY)
            fprintf(out, ";\n    size_t %s", argument->length_name);
        fputs(";\n", out);
    }
}

static void emit_name(FILE *out, const struct argument *argument)
{
    fprintf(out, ", %s", argument->name);
    if (argument->shape == SHAPE_ARRAY)
        fprintf(out, ", %s", argument->length_name);
}

void emit_names(FILE *out, const struct message *message)
{
    for (MESSAGE_ARGUMENTS(argument, message))
        emit_name(out, argument);
}

void emit_rpc_names(FILE *out, const struct operation *rpc)
{
    for (const struct argument *argument = rpc->arguments; argument != NULL;
         argument = argument->next)
        emit_name(out, argument);
}
