// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A message's signature: its kind and name, and the types of its arguments with their bounds. Aliases
// and structs are written as what they are made of; the names of arguments, fields and types are left
// out, so that these can be changed, and so are rights, which the receiver alone judges.
#include <stdlib.h>

#include "flounder.h"

static void print_type(FILE *out, const struct type *type)
{
    type = type_base(type);
    const char *comma = "";
    switch (type->kind) {
    case TYPE_ENUM:
        fputs("enum {", out);
        for (const struct field *field = type->fields; field != NULL;
             field = field->next, comma = ", ")
            fprintf(out, "%s%s", comma, field->name);
        fputs("}", out);
        break;
    case TYPE_STRUCT:
        fputs("struct {", out);
        for (const struct field *field = type->fields; field != NULL; field = field->next) {
            fputs(comma, out);
            print_type(out, field->type);
            comma = ", ";
        }
        fputs("}", out);
        break;
    case TYPE_ARRAY:
        print_type(out, type->of);
        fprintf(out, "[%u]", type->count);
        break;
    default:
        fputs(type->kind == TYPE_STRING ? "string" : type->name, out);
    }
}

void signature_print(FILE *out, const struct interface *interface,
                     const struct operation *operation)
{
    static const char *const kinds[] = {"message", "call", "response", "rpc"};
    const char *comma = "";
    fprintf(out, "%s %s.%s(", kinds[operation->kind], interface->name, operation->name);
    for (const struct argument *argument = operation->arguments; argument != NULL;
         argument = argument->next, comma = ", ") {
        fputs(comma, out);
        if (operation->kind == OPERATION_RPC)
            fputs(argument->out ? "out " : "in ", out);
        print_type(out, argument->type);
        if (argument->shape == SHAPE_TEXT)
            fprintf(out, "[%u]", argument->max);
        else if (argument->shape == SHAPE_ARRAY)
            fprintf(out, "[0..%u]", argument->max);
    }
    fputs(")", out);
}

/// FNV-1a of the signature's text.
uint64_t signature_digest(const struct interface *interface, const struct operation *operation)
{
    char *text = NULL;
    size_t length = 0;
    uint64_t digest = 0xcbf29ce484222325;
    FILE *out = open_memstream(&text, &length);
    signature_print(out, interface, operation);
    fclose(out);
    for (size_t i = 0; i < length; i++)
        digest = (digest ^ (unsigned char)text[i]) * 0x100000001b3;
    free(text);
    return digest;
}
