// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages, and rpcs, each of which is two of them.
//
//   operation = ("message" | "call" | "response") name "(" [argument ("," argument)*] ")" ";"
//             | "rpc" name "(" [direction argument ("," direction argument)*] ")" ";"
//   direction = "in" | "out"
//   argument  = type name | string name "[" number "]" | type name "[" name ["," number] "]"
#include "parse.h"

#include <string.h>

/// What stands in brackets behind the name: the maximum of a text, the length of an array.
static bool parse_brackets(struct parser *parser, struct argument *argument)
{
    struct place place;
    bool text = type_base(argument->type)->kind == TYPE_STRING;
    argument->shape = text ? SHAPE_TEXT : SHAPE_ARRAY;
    argument->max = FLOUNDER_BOUND_DEFAULT;
    if (text)
        return expect_count(parser, "the most bytes of a string", FLOUNDER_MESSAGE_BYTES_MAX,
                            &argument->max);
    if (parser->lexer.token.kind == TOKEN_NUMBER) {
        fault(parser->faults, parser->lexer.token.place,
              "write a name for its length before the maximum, as in: uint8 data[length, 64]",
              "array '%s' has no name for its length", argument->name);
        return false;
    }
    if (!expect_name(parser, "an array's length", &argument->length_name, &place))
        return false;
    return !accept_mark(parser, ",") || expect_count(parser, "the most elements of an array",
                                                     FLOUNDER_MESSAGE_BYTES_MAX, &argument->max);
}

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static bool add_argument(struct parser *parser, struct operation *operation, struct argument made)
{
    struct argument **end = &operation->arguments;
    bool twice = same(made.name, made.length_name);
    for (; *end != NULL; end = &(*end)->next)
        twice = twice || same((*end)->name, made.name) || same((*end)->length_name, made.name) ||
                same((*end)->name, made.length_name) || same((*end)->length_name, made.length_name);
    if (twice) {
        fault(parser->faults, made.place, "take another name for it, or for its length",
              "argument '%s' of '%s' has a name that another has, or its length has", made.name,
              operation->name);
        return false;
    }
    *end = arena_alloc(&parser->interface->arena, sizeof(**end));
    **end = made;
    return true;
}

static bool parse_direction(struct parser *parser, const struct operation *operation,
                            struct argument *argument)
{
    char buf[64];
    struct token *token = &parser->lexer.token;
    if (operation->kind != OPERATION_RPC) {
        if (!token_is(token, "in") && !token_is(token, "out"))
            return true;
        fault(parser->faults, token->place, "take it away, or make an rpc of the message",
              "%s stands before an argument of '%s', which is no rpc",
              token_name(token, buf, sizeof(buf)), operation->name);
        return false;
    }
    argument->out = accept_mark(parser, "out");
    if (argument->out || accept_mark(parser, "in"))
        return true;
    fault(parser->faults, token->place,
          "write 'in' before what the caller gives, 'out' before what it gets",
          "expected 'in' or 'out', found %s", token_name(token, buf, sizeof(buf)));
    return false;
}

static bool parse_argument(struct parser *parser, struct operation *operation)
{
    struct argument argument = {0};
    if (!parse_direction(parser, operation, &argument) ||
        !parse_type_reference(parser, &argument.type) ||
        !expect_name(parser, "an argument", &argument.name, &argument.place))
        return false;
    if (type_base(argument.type)->kind == TYPE_STRING) {
        argument.shape = SHAPE_TEXT;
        argument.max = FLOUNDER_BOUND_DEFAULT;
    }
    if (accept_mark(parser, "[") && (!parse_brackets(parser, &argument) ||
                                     !expect_mark(parser, "]", "behind what bounds an argument")))
        return false;
    if (argument.shape == SHAPE_ARRAY && argument.type->caps != 0) {
        fault(parser->faults, argument.place, "give each an argument of its own",
              "argument '%s' is an array of capabilities", argument.name);
        return false;
    }
    return add_argument(parser, operation, argument);
}

static bool parse_arguments(struct parser *parser, struct operation *operation)
{
    if (!expect_mark(parser, "(", "behind the name of a message"))
        return false;
    if (accept_mark(parser, ")"))
        return true;
    bool right;
    do {
        right = parse_argument(parser, operation);
        if (!right)
            skip_to(parser, ",);}");
    } while (accept_mark(parser, ","));
    if (!right && !token_is(&parser->lexer.token, ")"))
        return false;
    return expect_mark(parser, ")", "behind the arguments of a message");
}

/// The bytes of one direction's arguments at their longest, and how many capabilities go with them.
static bool fits(struct parser *parser, const struct operation *operation, bool out)
{
    uint64_t bytes = 0, caps = 0;
    for (const struct argument *argument = operation->arguments; argument != NULL;
         argument = argument->next) {
        if (argument->out != out)
            continue;
        caps += argument->type->caps;
        if (argument->shape == SHAPE_VALUE)
            bytes += argument->type->bytes;
        else
            bytes += 4 + (uint64_t)argument->max *
                             (argument->shape == SHAPE_TEXT ? 1 : argument->type->bytes);
    }
    if (bytes > FLOUNDER_MESSAGE_BYTES_MAX) {
        fault(parser->faults, operation->place, "lower the maxima, or send a capability to memory",
              "'%s' may have %llu bytes, but a message has at most %u", operation->name,
              (unsigned long long)bytes, FLOUNDER_MESSAGE_BYTES_MAX);
        return false;
    }
    if (caps <= FLOUNDER_CAPS_MAX)
        return true;
    fault(parser->faults, operation->place, "send several messages",
          "'%s' has %llu capabilities, but a message has at most %u", operation->name,
          (unsigned long long)caps, FLOUNDER_CAPS_MAX);
    return false;
}

/// Whether `name` is `other`, or one of the two messages of an rpc of that name.
static bool clashes(const struct operation *operation, const char *name)
{
    size_t length = strlen(operation->name);
    if (strncmp(operation->name, name, length) != 0)
        return false;
    const char *rest = name + length;
    return *rest == '\0' || (operation->kind == OPERATION_RPC &&
                             (strcmp(rest, "_call") == 0 || strcmp(rest, "_response") == 0));
}

bool interface_declares(const struct interface *interface, const char *name)
{
    for (const struct type *type = interface->types; type != NULL; type = type->next) {
        size_t length = strlen(type->name);
        if (strncmp(type->name, name, length) == 0 && strcmp(name + length, "_t") == 0)
            return true;
        for (const struct field *field = type->kind == TYPE_ENUM ? type->fields : NULL;
             field != NULL; field = field->next)
            if (strcmp(field->name, name) == 0)
                return true;
    }
    return false;
}

/// Whether it is something that each interface has, or that each with rights has.
static bool is_taken(const struct interface *interface, const char *name)
{
    static const char *const taken[] = {
        "accept",          "bind",    "bind_blocking", "close",
        "export_blocking", "connect", "export",        "rpc_client_init"};
    for (unsigned i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (strcmp(name, taken[i]) == 0)
            return true;
    for (const struct right *right = interface->rights; right != NULL; right = right->next)
        if (strcmp(name, "allow") == 0 || is_constant_of(right, name))
            return true;
    return false;
}

void interface_find_calls(struct interface *interface, struct faults *faults)
{
    for (struct operation *operation = interface->operations; operation != NULL;
         operation = operation->next) {
        if (operation->kind != OPERATION_RPC)
            continue;
        operation->has_call = !is_taken(interface, operation->name) &&
                              !interface_declares(interface, operation->name);
        if (!operation->has_call)
            warning(faults, operation->place,
                    "call it by its binding's rpc_tx_vtbl, or take another name",
                    "rpc '%s' has no plain function: %s_%s is something else in C", operation->name,
                    interface->name, operation->name);
    }
}

static bool add_operation(struct parser *parser, struct operation *operation)
{
    struct interface *interface = parser->interface;
    struct operation **end = &interface->operations;
    for (; *end != NULL; end = &(*end)->next)
        if (clashes(*end, operation->name) || clashes(operation, (*end)->name)) {
            fault(parser->faults, operation->place,
                  "take another name; an rpc 'x' is the messages 'x_call' and 'x_response'",
                  "'%s' and '%s' in line %u are messages of one name", operation->name,
                  (*end)->name, (*end)->place.line);
            return false;
        }
    unsigned numbers = operation->kind == OPERATION_RPC ? 2 : 1;
    if (interface->numbers + numbers > FLOUNDER_MESSAGES_MAX) {
        fault(parser->faults, operation->place, "divide the interface",
              "'%s' is one message too many: an interface has at most %u, an rpc counts twice",
              operation->name, FLOUNDER_MESSAGES_MAX);
        return false;
    }
    operation->number = interface->numbers + 1; // F2
    interface->numbers += numbers;
    *end = operation;
    return true;
}

static bool parse_kind(struct parser *parser, enum operation_kind *kind)
{
    static const char *const words[] = {"message", "call", "response", "rpc"};
    char buf[64];
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (accept_mark(parser, words[i])) {
            *kind = i;
            return true;
        }
    fault(parser->faults, parser->lexer.token.place,
          "a declaration begins with message, rpc, call, response, typedef, alias or an attribute",
          "expected a declaration, found %s", token_name(&parser->lexer.token, buf, sizeof(buf)));
    return false;
}

bool parse_operation(struct parser *parser, struct attribute *attributes)
{
    struct operation *operation = arena_alloc(&parser->interface->arena, sizeof(*operation));
    operation->attributes = attributes;
    for (; attributes != NULL; attributes = attributes->next)
        operation->rights |= attributes->rights;
    return parse_kind(parser, &operation->kind) &&
           expect_name(parser, "the message", &operation->name, &operation->place) &&
           parse_arguments(parser, operation) && expect_mark(parser, ";", "behind the message") &&
           fits(parser, operation, false) && fits(parser, operation, true) &&
           add_operation(parser, operation);
}
