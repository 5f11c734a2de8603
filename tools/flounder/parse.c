// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// An interface: its name, and its declarations in any order, each above its use.
//
//   file        = ["@" "monitors" "(" ")"] "interface" name [text] "{" declaration* "}" ";"
//   declaration = "alias" name type ";"  |  "typedef" typedef ";"  |  attribute* operation
#include "parse.h"

#include <stdlib.h>
#include <string.h>

static const char *const keywords[] = {
    "alignas",  "alignof",  "auto",     "bool",     "break",  "case",    "char",
    "const",    "continue", "default",  "do",       "double", "else",    "enum",
    "extern",   "false",    "float",    "for",      "goto",   "if",      "inline",
    "int",      "long",     "register", "restrict", "return", "short",   "signed",
    "sizeof",   "static",   "struct",   "switch",   "true",   "typedef", "union",
    "unsigned", "void",     "volatile", "while",    "asm",    "typeof",  "NULL",
};

static bool is_keyword(const char *name)
{
    for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
        if (strcmp(keywords[i], name) == 0)
            return true;
    return false;
}

bool accept_mark(struct parser *parser, const char *mark)
{
    bool is = token_is(&parser->lexer.token, mark);
    if (is)
        lex_next(&parser->lexer);
    return is;
}

bool expect_mark(struct parser *parser, const char *mark, const char *where)
{
    char buf[64], mend[96];
    if (accept_mark(parser, mark))
        return true;
    snprintf(mend, sizeof(mend), "write '%s' %s", mark, where);
    fault(parser->faults, parser->lexer.previous, mend, "expected '%s' %s, found %s", mark, where,
          token_name(&parser->lexer.token, buf, sizeof(buf)));
    return false;
}

bool expect_name(struct parser *parser, const char *what, const char **name, struct place *place)
{
    char buf[64];
    struct token *token = &parser->lexer.token;
    *place = token->place;
    if (token->kind != TOKEN_NAME) {
        fault(parser->faults, token->place,
              "a name has letters, digits and '_', and begins with a letter",
              "expected the name of %s, found %s", what, token_name(token, buf, sizeof(buf)));
        return false;
    }
    if (token->length > FLOUNDER_NAME_MAX) {
        fault(parser->faults, token->place, "take a shorter one",
              "the name of %s has %zu letters, but may have at most %u", what, token->length,
              FLOUNDER_NAME_MAX);
        return false;
    }
    *name = arena_text(&parser->interface->arena, token->start, token->length);
    lex_next(&parser->lexer);
    if (is_keyword(*name)) {
        fault(parser->faults, *place, "take another name, or add a '_'",
              "the name of %s is '%s', which is a word of C", what, *name);
        return false;
    }
    return true;
}

bool expect_count(struct parser *parser, const char *what, uint64_t most, unsigned *count)
{
    char buf[64], mend[96];
    struct token *token = &parser->lexer.token;
    snprintf(mend, sizeof(mend), "write a number from 1 to %llu", (unsigned long long)most);
    if (token->kind != TOKEN_NUMBER) {
        fault(parser->faults, token->place, mend, "expected %s, found %s", what,
              token_name(token, buf, sizeof(buf)));
        return false;
    }
    if (token->number == 0 || token->number > most) {
        fault(parser->faults, token->place, mend, "%s is %llu", what,
              (unsigned long long)token->number);
        return false;
    }
    *count = (unsigned)token->number;
    lex_next(&parser->lexer);
    return true;
}

static bool is_one_of(const struct token *token, const char *marks)
{
    return token->kind == TOKEN_MARK && strchr(marks, *token->start) != NULL;
}

static bool is_declaration_word(const struct token *token)
{
    static const char *const words[] = {"message", "rpc", "call", "response", "typedef", "alias"};
    for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (token_is(token, words[i]))
            return true;
    return false;
}

bool at_declaration(const struct parser *parser)
{
    const struct token *token = &parser->lexer.token;
    if (!is_declaration_word(token) || parser->lexer.previous.line == token->place.line)
        return false;
    for (const struct type *type = parser->interface->types; type != NULL; type = type->next)
        if (token_is(token, type->name))
            return false;
    return true;
}

void skip_to(struct parser *parser, const char *marks)
{
    unsigned depth = 0;
    struct token *token = &parser->lexer.token;
    while (token->kind != TOKEN_END && !at_declaration(parser)) {
        if (depth == 0 && is_one_of(token, marks))
            return;
        if (is_one_of(token, "{(["))
            depth++;
        else if (is_one_of(token, "})]") && depth > 0)
            depth--;
        lex_next(&parser->lexer);
    }
}

/// A word that begins a declaration ends the one before, whose ';' is missing.
static void skip_declaration(struct parser *parser)
{
    if (is_declaration_word(&parser->lexer.token))
        return;
    skip_to(parser, ";}");
    (void)accept_mark(parser, ";");
}

static bool parse_declaration(struct parser *parser)
{
    struct attribute *attributes = NULL;
    while (token_is(&parser->lexer.token, "@"))
        if (!parse_attribute(parser, &attributes))
            return false;
    bool alias = token_is(&parser->lexer.token, "alias");
    if (!alias && !token_is(&parser->lexer.token, "typedef"))
        return parse_operation(parser, attributes);
    if (attributes != NULL)
        fault(parser->faults, attributes->place, "put it before a message or an rpc",
              "attribute '%s' stands before a type", attributes->name);
    lex_next(&parser->lexer);
    return alias ? parse_alias(parser) : parse_typedef(parser);
}

/// Whom the messages are between: domains, unless it is said.
static bool parse_whom(struct parser *parser)
{
    char buf[64];
    struct token *token = &parser->lexer.token;
    if (!accept_mark(parser, "@"))
        return true;
    parser->interface->monitors = accept_mark(parser, "monitors");
    if (parser->interface->monitors)
        return expect_mark(parser, "(", "behind the name of an attribute") &&
               expect_mark(parser, ")", "behind the parameters of an attribute");
    fault(parser->faults, token->place, "write @monitors(), or take the attribute away",
          "an interface has no attribute %s", token_name(token, buf, sizeof(buf)));
    return false;
}

static bool parse_head(struct parser *parser)
{
    char buf[64];
    struct interface *interface = parser->interface;
    struct token *token = &parser->lexer.token;
    if (!parse_whom(parser))
        return false;
    if (!accept_mark(parser, "interface")) {
        fault(parser->faults, token->place, "begin with: interface NAME \"what it is for\" {",
              "expected 'interface', found %s", token_name(token, buf, sizeof(buf)));
        return false;
    }
    if (!expect_name(parser, "the interface", &interface->name, &interface->place))
        return false;
    if (token->kind == TOKEN_TEXT) {
        interface->description = arena_text(&interface->arena, token->start, token->length);
        lex_next(&parser->lexer);
    }
    return expect_mark(parser, "{", "before the declarations of the interface");
}

static void parse_end(struct parser *parser)
{
    char buf[64];
    struct token *token = &parser->lexer.token;
    if (!expect_mark(parser, "}", "behind the last declaration of the interface") ||
        !expect_mark(parser, ";", "behind the '}' of the interface"))
        return;
    if (token->kind != TOKEN_END)
        fault(parser->faults, token->place, "give each interface a file of its own",
              "expected the end of the file behind the interface, found %s",
              token_name(token, buf, sizeof(buf)));
}

static void parse_declarations(struct parser *parser)
{
    while (parser->lexer.token.kind != TOKEN_END && !token_is(&parser->lexer.token, "}"))
        if (!parse_declaration(parser))
            skip_declaration(parser);
}

bool interface_parse(struct interface *interface, const char *path, const char *text,
                     struct faults *faults)
{
    *interface = (struct interface){.path = path};
    struct parser parser = {.lexer = {.path = path, .at = text, .faults = faults},
                            .interface = interface,
                            .faults = faults};
    size_t before = faults->count;
    interface->name = interface->description = "";
    lex_begin(&parser.lexer);
    bool begun = parse_head(&parser);
    if (!begun) {
        skip_to(&parser, "{");
        begun = accept_mark(&parser, "{");
    }
    if (begun) {
        parse_declarations(&parser);
        parse_end(&parser);
        interface_check_rights(interface, faults);
        interface_find_calls(interface, faults);
        if (interface->monitors)
            interface_check_monitors(interface, faults);
    }
    if (interface->operations == NULL && faults->count == before)
        fault(faults, interface->place, "declare one: message NAME(); or rpc NAME();",
              "interface '%s' has no message", interface->name);
    return faults->count == before;
}

void interface_free(struct interface *interface)
{
    arena_free(&interface->arena);
}
