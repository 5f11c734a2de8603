// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Declarations of types.
//
//   typedef = "struct" "{" (type name ";")+ "}" name
//           | "enum" "{" name ("," name)* [","] "}" name
//           | type name ["[" number "]"]
#include "parse.h"

#include <string.h>

static const struct type *type_declared(const struct interface *interface, const char *name)
{
    for (const struct type *type = interface->types; type != NULL; type = type->next)
        if (strcmp(type->name, name) == 0)
            return type;
    return NULL;
}

/// A declared type hides a builtin one, as an alias for one machine does.
bool parse_type_reference(struct parser *parser, const struct type **type)
{
    struct interface *interface = parser->interface;
    struct token *token = &parser->lexer.token;
    char buf[64];
    if (token->kind != TOKEN_NAME || at_declaration(parser)) {
        fault(parser->faults, token->place, "write a type and a name, as in: uint32 count",
              "expected a type, found %s", token_name(token, buf, sizeof(buf)));
        return false;
    }
    const char *name = arena_text(&interface->arena, token->start, token->length);
    *type = type_declared(interface, name);
    if (*type == NULL)
        *type = type_builtin(interface, name);
    if (*type == NULL) {
        const char *near = type_near(interface, name);
        const char *mend = near != NULL
                               ? arena_format(&interface->arena, "did you mean '%s'?", near)
                               : "declare it above with typedef, or take a builtin type";
        fault(parser->faults, token->place, mend, "no type '%s' is known here", name);
    }
    lex_next(&parser->lexer);
    return *type != NULL;
}

/// Adds a type at the end; takes the ';'. A type with a fault is known nevertheless, so that its uses
/// are no faults.
static bool add_type(struct parser *parser, struct type made)
{
    struct type **end = &parser->interface->types;
    for (; *end != NULL; end = &(*end)->next)
        if (strcmp((*end)->name, made.name) == 0) {
            fault(parser->faults, made.place, "take another name",
                  "type '%s' is declared a second time; the first is in line %u", made.name,
                  (*end)->place.line);
            return false;
        }
    if (made.bytes > FLOUNDER_MESSAGE_BYTES_MAX) {
        fault(parser->faults, made.place, "send references to memory, and a capability to it",
              "type '%s' has %u bytes, but a message has at most %u", made.name, made.bytes,
              FLOUNDER_MESSAGE_BYTES_MAX);
        made.bytes = 0;
    }
    if (made.caps > FLOUNDER_CAPS_MAX) {
        fault(parser->faults, made.place, "send several messages",
              "type '%s' has %u capabilities, but a message has at most %u", made.name, made.caps,
              FLOUNDER_CAPS_MAX);
        made.caps = 0;
    }
    struct type *type = arena_alloc(&parser->interface->arena, sizeof(*type));
    *type = made;
    *end = type;
    return expect_mark(parser, ";", "behind the type");
}

/// Texts are arguments of a message, and no parts of a type.
static bool expect_no_text(struct parser *parser, const struct type *type, struct place place)
{
    if (type_base(type)->kind != TYPE_STRING)
        return true;
    fault(parser->faults, place, "make it an argument of the message",
          "a string cannot be part of a type");
    return false;
}

static bool add_field(struct parser *parser, struct type *type, struct field made)
{
    struct field **end = &type->fields;
    for (; *end != NULL; end = &(*end)->next)
        if (strcmp((*end)->name, made.name) == 0) {
            fault(parser->faults, made.place, "take another name", "'%s' stands here a second time",
                  made.name);
            return false;
        }
    *end = arena_alloc(&parser->interface->arena, sizeof(**end));
    **end = made;
    return true;
}

/// The type that another stands for. After a fault it is any, for what follows.
static bool parse_aliased(struct parser *parser, struct type *type)
{
    bool right = parse_type_reference(parser, &type->of);
    if (!right)
        type->of = type_builtin(parser->interface, "uint8");
    type->kind = type->of->kind;
    type->bytes = type->of->bytes;
    type->caps = type->of->caps;
    type->count = type->of->count;
    return right;
}

bool parse_alias(struct parser *parser)
{
    struct type type = {0};
    if (!expect_name(parser, "the alias", &type.name, &type.place))
        return false;
    if (!parse_aliased(parser, &type)) {
        skip_to(parser, ";}");
        if (!token_is(&parser->lexer.token, ";"))
            return false;
    }
    return add_type(parser, type);
}

static bool parse_field(struct parser *parser, struct type *type)
{
    struct field field = {0};
    struct place place = parser->lexer.token.place;
    return parse_type_reference(parser, &field.type) && expect_no_text(parser, field.type, place) &&
           expect_name(parser, "a field", &field.name, &field.place) &&
           add_field(parser, type, field) && expect_mark(parser, ";", "behind a field");
}

/// The '{' of a struct or an enum. A name before it, as in C, is a fault by itself.
static bool expect_body(struct parser *parser, const char *where)
{
    if (expect_mark(parser, "{", where))
        return true;
    skip_to(parser, "{;}");
    return accept_mark(parser, "{");
}

static bool parse_struct(struct parser *parser)
{
    struct type type = {.kind = TYPE_STRUCT};
    if (!expect_body(parser, "before the fields of a struct"))
        return false;
    do {
        if (!parse_field(parser, &type)) {
            skip_to(parser, ";}");
            (void)accept_mark(parser, ";");
        }
    } while (parser->lexer.token.kind != TOKEN_END && !token_is(&parser->lexer.token, "}") &&
             !at_declaration(parser));
    uint64_t bytes = 0;
    for (const struct field *field = type.fields; field != NULL; field = field->next) {
        bytes += field->type->bytes;
        type.caps += field->type->caps;
    }
    type.bytes = bytes > UINT32_MAX ? UINT32_MAX : (unsigned)bytes;
    return expect_mark(parser, "}", "behind the last field of a struct") &&
           expect_name(parser, "the struct", &type.name, &type.place) && add_type(parser, type);
}

/// An element becomes the interface's name with its own: a constant of C, which no other enum of the
/// interface may have.
static bool is_element(const struct interface *interface, const char *name)
{
    for (const struct type *type = interface->types; type != NULL; type = type->next)
        for (const struct field *field = type->kind == TYPE_ENUM ? type->fields : NULL;
             field != NULL; field = field->next)
            if (strcmp(field->name, name) == 0)
                return true;
    return false;
}

static bool parse_element(struct parser *parser, struct type *type)
{
    struct field element = {0};
    if (!expect_name(parser, "an element", &element.name, &element.place))
        return false;
    if (is_element(parser->interface, element.name)) {
        fault(parser->faults, element.place, "take another name",
              "'%s' is an element of another enum", element.name);
        return false;
    }
    type->count++;
    return add_field(parser, type, element);
}

static bool parse_enum(struct parser *parser)
{
    struct type type = {.kind = TYPE_ENUM, .bytes = 4};
    if (!expect_body(parser, "before the elements of an enum"))
        return false;
    do {
        if (!parse_element(parser, &type))
            skip_to(parser, ",};");
    } while (accept_mark(parser, ",") && !token_is(&parser->lexer.token, "}"));
    if (!expect_mark(parser, "}", "behind the last element of an enum")) {
        skip_to(parser, "};");
        if (!accept_mark(parser, "}"))
            return false;
    }
    return expect_name(parser, "the enum", &type.name, &type.place) && add_type(parser, type);
}

static bool parse_array(struct parser *parser, struct type *type, struct place place)
{
    type->kind = TYPE_ARRAY;
    if (!expect_no_text(parser, type->of, place) ||
        !expect_count(parser, "the number of elements", FLOUNDER_MESSAGE_BYTES_MAX, &type->count) ||
        !expect_mark(parser, "]", "behind the number of elements"))
        return false;
    uint64_t bytes = (uint64_t)type->of->bytes * type->count;
    type->bytes = bytes > UINT32_MAX ? UINT32_MAX : (unsigned)bytes;
    type->caps = type->of->caps * type->count;
    return true;
}

bool parse_typedef(struct parser *parser)
{
    if (accept_mark(parser, "struct"))
        return parse_struct(parser);
    if (accept_mark(parser, "enum"))
        return parse_enum(parser);
    struct type type = {0};
    struct place place = parser->lexer.token.place;
    if (!parse_aliased(parser, &type) && parser->lexer.token.kind != TOKEN_NAME)
        return false;
    if (!expect_name(parser, "the type", &type.name, &type.place))
        return false;
    if (accept_mark(parser, "[") && !parse_array(parser, &type, place))
        skip_to(parser, ";}");
    return add_type(parser, type);
}
