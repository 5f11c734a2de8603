// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What prints a message between monitors: its name, then each argument as name=value. A struct is in
// braces, an array in brackets, an array of letters is a text.
#include "emit.h"

#include <string.h>

static bool is_letters(const struct type *type)
{
    type = type_base(type);
    return type->kind == TYPE_ARRAY && strcmp(type_base(type->of)->name, "char") == 0;
}

static bool is_signed(const struct type *type)
{
    return strncmp(type->name, "int", strlen("int")) == 0;
}

/// Prints a value.
static void emit_print(FILE *out, const struct type *type, const char *value)
{
    type = type_base(type);
    fputs("    ", out);
    switch (type->kind) {
    case TYPE_BOOL:
        fprintf(out, "flounder_print_bool(_out, %s);\n", value);
        break;
    case TYPE_CAP:
        fprintf(out, "flounder_print_description(_out, &%s);\n", value);
        break;
    case TYPE_ENUM:
        fprintf(out, "flounder_print_element(_out, %s, elements__%s, %u);\n", value, type->name,
                type->count);
        break;
    case TYPE_STRUCT:
        fprintf(out, "print__%s(_out, &%s);\n", type->name, value);
        break;
    case TYPE_ARRAY:
        if (is_letters(type))
            fprintf(out, "flounder_print_text(_out, %s, %u);\n", value, type->count);
        else
            fprintf(out, "print__%s(_out, %s);\n", type->name, value);
        break;
    default:
        fprintf(out, "flounder_print_%s(_out, %s);\n", is_signed(type) ? "signed" : "number",
                value);
    }
}

static void emit_name(FILE *out, const char *space, const char *name)
{
    fprintf(out, "    flounder_print(_out, \"%s%s=\");\n", space, name);
}

/// The elements of an array, with a condition that each fulfils.
static void emit_elements(FILE *out, const struct type *type, const char *array,
                          const char *condition)
{
    char element[FLOUNDER_NAME_MAX + 64];
    snprintf(element, sizeof(element), "%s[_i]", array);
    fprintf(out,
            "    for (size_t _i = 0; %s; _i++) {\n"
            "        flounder_print(_out, _i == 0 ? \"[\" : \" \");\n    ",
            condition);
    emit_print(out, type, element);
    fputs("    }\n", out);
}

static void emit_enum(FILE *out, const struct type *type)
{
    fprintf(out, "static const char *const elements__%s[] = {\n", type->name);
    for (const struct field *field = type->fields; field != NULL; field = field->next)
        fprintf(out, "    \"%s\",\n", field->name);
    fputs("};\n\n", out);
}

static void emit_struct(FILE *out, const struct type *type)
{
    char value[FLOUNDER_NAME_MAX + 8];
    const char *space = "{";
    for (const struct field *field = type->fields; field != NULL; field = field->next) {
        snprintf(value, sizeof(value), "_x->%s", field->name);
        emit_name(out, space, field->name);
        emit_print(out, field->type, value);
        space = " ";
    }
    fputs("    flounder_print(_out, \"}\");\n}\n\n", out);
}

static void emit_array(FILE *out, const struct type *type)
{
    char condition[32];
    snprintf(condition, sizeof(condition), "_i < %u", type->count);
    emit_elements(out, type->of, "_x", condition);
    fputs("    flounder_print(_out, \"]\");\n}\n\n", out);
}

static void emit_type_printer(FILE *out, const struct interface *interface, const struct type *type)
{
    if (type->kind == TYPE_ENUM)
        emit_enum(out, type);
    if ((type->kind != TYPE_STRUCT && type->kind != TYPE_ARRAY) || is_letters(type))
        return;
    fprintf(out, "static inline void print__%s(struct flounder_text *_out, const ", type->name);
    emit_type(out, interface, type->kind == TYPE_ARRAY ? type->of : type);
    fputs(" *_x)\n{\n", out);
    if (type->kind == TYPE_STRUCT)
        emit_struct(out, type);
    else
        emit_array(out, type);
}

/// What a monitor has made itself may have a length that is wrong.
static void emit_argument(FILE *out, const struct argument *argument)
{
    char value[FLOUNDER_NAME_MAX + 32], condition[FLOUNDER_NAME_MAX + 64];
    snprintf(value, sizeof(value), "message->%s", argument->name);
    emit_name(out, " ", argument->name);
    if (argument->shape == SHAPE_TEXT) {
        fprintf(out, "    flounder_print_text(_out, %s, %u);\n", value, argument->max);
    } else if (argument->shape == SHAPE_VALUE) {
        emit_print(out, argument->type, value);
    } else {
        snprintf(condition, sizeof(condition), "_i < message->%s && _i < %u", argument->length_name,
                 argument->max);
        emit_elements(out, argument->type, value, condition);
        fprintf(out, "    flounder_print(_out, message->%s == 0 ? \"[]\" : \"]\");\n",
                argument->length_name);
    }
}

static void emit_message_printer(FILE *out, const struct interface *interface,
                                 const struct message *message)
{
    if (message->operation->arguments == NULL)
        return;
    fprintf(out,
            "static void print_message__%2$s(struct flounder_text *_out, "
            "const struct %1$s_%2$s *message)\n{\n",
            interface->name, message->name);
    for (MESSAGE_ARGUMENTS(argument, message))
        emit_argument(out, argument);
    fputs("}\n\n", out);
}

static void emit_case(FILE *out, const struct interface *interface, const struct message *message)
{
    fputs("    case ", out);
    emit_capitals(out, interface->name, message->name);
    fprintf(out, ":\n        flounder_print(_out, \"%s\");\n", message->name);
    if (message->operation->arguments != NULL)
        fprintf(out, "        print_message__%1$s(_out, &message->%1$s);\n", message->name);
    fputs("        break;\n", out);
}

void emit_printers(FILE *out, const struct interface *interface)
{
    for (const struct type *type = interface->types; type != NULL; type = type->next)
        if (type_base(type) == type)
            emit_type_printer(out, interface, type);
    messages_each(out, interface, emit_message_printer);
    fprintf(out,
            "size_t %1$s_print(char *text, size_t bytes, const struct %1$s_message *message)\n{\n"
            "    struct flounder_text _out[1] = {{.place = text, .bytes = bytes}};\n"
            "    switch (message->op) {\n",
            interface->name);
    messages_each(out, interface, emit_case);
    fputs("    default:\n        flounder_print(_out, \"no message %u\", (unsigned)message->op);\n"
          "    }\n    return _out->length;\n}\n",
          out);
}
