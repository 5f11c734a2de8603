// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Declared types in C. Their bytes in a message are not those in memory where a struct has gaps.
#include "emit.h"

static void emit_fields(FILE *out, const struct interface *interface, const struct type *type)
{
    fprintf(out, "typedef struct _%s_%s__struct {\n", interface->name, type->name);
    for (const struct field *field = type->fields; field != NULL; field = field->next) {
        fputs("    ", out);
        emit_type(out, interface, field->type);
        fprintf(out, " %s;\n", field->name);
    }
    fputc('}', out);
}

static void emit_elements(FILE *out, const struct interface *interface, const struct type *type)
{
    fprintf(out, "typedef enum %s_%s_t {\n", interface->name, type->name);
    for (const struct field *field = type->fields; field != NULL; field = field->next)
        fprintf(out, "    %s_%s,\n", interface->name, field->name);
    fputc('}', out);
}

static void emit_declared(FILE *out, const struct interface *interface, const struct type *type)
{
    if (type->kind == TYPE_STRUCT && type->of == NULL) {
        emit_fields(out, interface, type);
    } else if (type->kind == TYPE_ENUM && type->of == NULL) {
        emit_elements(out, interface, type);
    } else {
        fputs("typedef ", out);
        emit_type(out, interface, type->of);
    }
    fprintf(out, " %s_%s_t", interface->name, type->name);
    if (type->kind == TYPE_ARRAY && type_base(type) == type)
        fprintf(out, "[%u]", type->count);
    fputs(";\n\n", out);
}

void emit_types(FILE *out, const struct interface *interface)
{
    for (const struct type *type = interface->types; type != NULL; type = type->next)
        emit_declared(out, interface, type);
}
