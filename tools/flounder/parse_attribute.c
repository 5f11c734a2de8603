// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Attributes before a message, and the rights that they name.
//
//   attribute = "@" "rights" "(" "of" "=" name ("," "of" "=" name)* ")"
//             | "@" name "(" [name "=" (name | number) ("," ...)*] ")"
//
// Back ends that are not here have attributes of the second form in files of today: they mean nothing
// to this one.
#include "parse.h"

#include <string.h>

static bool parse_value(struct parser *parser, struct parameter *parameter)
{
    char buf[64];
    struct token *token = &parser->lexer.token;
    if (token->kind != TOKEN_NAME && token->kind != TOKEN_NUMBER) {
        fault(parser->faults, token->place, "write a number or the name of an argument",
              "expected the value of '%s', found %s", parameter->name,
              token_name(token, buf, sizeof(buf)));
        return false;
    }
    parameter->value = arena_text(&parser->interface->arena, token->start, token->length);
    lex_next(&parser->lexer);
    return true;
}

/// The bit of a right, which is declared by being named; 0: it is one too many.
static uint32_t right_bit(struct parser *parser, const char *name, struct place place)
{
    struct right **end = &parser->interface->rights;
    uint32_t bit = 1;
    for (; *end != NULL; end = &(*end)->next) {
        if (strcmp((*end)->name, name) == 0)
            return (*end)->bit;
        bit = (*end)->bit << 1;
    }
    if (bit == 0) {
        fault(parser->faults, place, "let rights share a name, or divide the interface",
              "'%s' is one right too many: an interface has at most %u", name, FLOUNDER_RIGHTS_MAX);
        return 0;
    }
    *end = arena_alloc(&parser->interface->arena, sizeof(**end));
    **end = (struct right){.name = name, .place = place, .bit = bit};
    return bit;
}

static bool parse_right(struct parser *parser, struct attribute *attribute,
                        struct parameter *parameter)
{
    struct place place;
    if (strcmp(parameter->name, "of") != 0) {
        fault(parser->faults, parameter->place, "name each right behind an 'of': @rights(of=NAME)",
              "attribute 'rights' has no parameter '%s'", parameter->name);
        return false;
    }
    if (!expect_name(parser, "a right", &parameter->value, &place))
        return false;
    uint32_t bit = right_bit(parser, parameter->value, place);
    attribute->rights |= bit;
    return bit != 0;
}

static bool parse_parameter(struct parser *parser, struct attribute *attribute, bool rights)
{
    struct parameter parameter = {0};
    if (!expect_name(parser, "a parameter", &parameter.name, &parameter.place) ||
        !expect_mark(parser, "=", "behind the name of a parameter") ||
        !(rights ? parse_right(parser, attribute, &parameter) : parse_value(parser, &parameter)))
        return false;
    struct parameter **end = &attribute->parameters;
    while (*end != NULL)
        end = &(*end)->next;
    *end = arena_alloc(&parser->interface->arena, sizeof(**end));
    **end = parameter;
    return true;
}

bool parse_attribute(struct parser *parser, struct attribute **list)
{
    struct attribute *attribute = arena_alloc(&parser->interface->arena, sizeof(*attribute));
    (void)accept_mark(parser, "@");
    if (!expect_name(parser, "an attribute", &attribute->name, &attribute->place) ||
        !expect_mark(parser, "(", "behind the name of an attribute"))
        return false;
    bool rights = strcmp(attribute->name, "rights") == 0;
    if (rights && token_is(&parser->lexer.token, ")"))
        fault(parser->faults, attribute->place, "name one: @rights(of=NAME)",
              "attribute 'rights' names no right");
    if (!token_is(&parser->lexer.token, ")"))
        do {
            if (!parse_parameter(parser, attribute, rights))
                skip_to(parser, ",);}");
        } while (accept_mark(parser, ","));
    if (!expect_mark(parser, ")", "behind the parameters of an attribute"))
        return false;
    if (!rights)
        warning(parser->faults, attribute->place, "take it away, unless another compiler wants it",
                "attribute '%s' is not known and has no effect", attribute->name);
    attribute->next = *list;
    *list = attribute;
    return true;
}

bool is_constant_of(const struct right *right, const char *name)
{
    size_t length = strlen("RIGHT_");
    return strncmp(name, "RIGHT_", length) == 0 && strcmp(name + length, right->name) == 0;
}

void interface_check_rights(struct interface *interface, struct faults *faults)
{
    for (const struct right *right = interface->rights; right != NULL; right = right->next) {
        const char *constant = arena_format(&interface->arena, "RIGHT_%s", right->name);
        if (interface_declares(interface, constant))
            fault(faults, right->place, "take another name for the right",
                  "%s_%s is something else in C already", interface->name, constant);
    }
}
