// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Functions that put values of declared types into a row of bytes and get them out: put__record()
// and get__record() for a type `record`. What is got has been checked: a bool is 0 or 1, an enum one
// of its elements, and nothing is read behind the end.
#include "emit.h"

#include <string.h>

void emit_value(FILE *out, const struct interface *interface, const struct type *type,
                const char *verb, const char *address)
{
    const struct type *base = type_base(type);
    if (type_is_plain(type))
        fprintf(out, "flounder_%s(_row, %s, %u);\n", verb, address, type->bytes);
    else if (base->kind == TYPE_BOOL)
        fprintf(out, "flounder_%s_bool(_row, %s);\n", verb, address);
    else if (base->kind == TYPE_CAP && interface->monitors)
        fprintf(out, "flounder_%s_description(_row, %s);\n", verb, address);
    else if (base->kind == TYPE_CAP && strcmp(verb, "put") == 0)
        fprintf(out, "flounder_put_cap(_row, *%s, %s);\n", address, base->gives ? "true" : "false");
    else if (base->kind == TYPE_CAP)
        fprintf(out, "*%s = flounder_get_cap(_row);\n", address);
    else if (base->kind == TYPE_ENUM)
        fprintf(out, "flounder_%s_enum(_row, %s, %u);\n", verb, address, base->count);
    else
        fprintf(out, "%s__%s(_row, %s);\n", verb, base->name, address);
}

static void emit_struct(FILE *out, const struct interface *interface, const struct type *type,
                        const char *verb)
{
    char address[FLOUNDER_NAME_MAX + 8];
    for (const struct field *field = type->fields; field != NULL; field = field->next) {
        bool array = type_base(field->type)->kind == TYPE_ARRAY;
        snprintf(address, sizeof(address), "%s_x->%s", array ? "" : "&", field->name);
        fputs("    ", out);
        emit_value(out, interface, field->type, verb, address);
    }
}

static void emit_codec(FILE *out, const struct interface *interface, const struct type *type,
                       const char *verb)
{
    bool put = strcmp(verb, "put") == 0;
    fprintf(out, "static inline void %s__%s(struct flounder_%s *_row, %s", verb, type->name,
            put ? "out" : "in", put ? "const " : "");
    emit_type(out, interface, type->kind == TYPE_ARRAY ? type->of : type);
    fputs(" *_x)\n{\n", out);
    if (type->kind == TYPE_STRUCT) {
        emit_struct(out, interface, type, verb);
    } else {
        bool array = type_base(type->of)->kind == TYPE_ARRAY;
        fprintf(out, "    for (unsigned _i = 0; _i < %u; _i++)\n        ", type->count);
        emit_value(out, interface, type->of, verb, array ? "_x[_i]" : "&_x[_i]");
    }
    fputs("}\n\n", out);
}

void emit_codecs(FILE *out, const struct interface *interface)
{
    for (const struct type *type = interface->types; type != NULL; type = type->next) {
        bool made_of_others = type->kind == TYPE_STRUCT || type->kind == TYPE_ARRAY;
        if (!made_of_others || type_base(type) != type || type_is_plain(type))
            continue;
        emit_codec(out, interface, type, "put");
        emit_codec(out, interface, type, "get");
    }
}
