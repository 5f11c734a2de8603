// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The source behind the header of an interface between monitors: messages into words and back, each
// checked (flounder/words.h), and who handles which.
#include "emit.h"

#include <string.h>

/// One argument, `verb` being put or get.
static void emit_argument(FILE *out, const struct interface *interface,
                          const struct argument *argument, bool put)
{
    char address[FLOUNDER_NAME_MAX + 16];
    const char *name = argument->name, *verb = put ? "put" : "get";
    bool nested = type_base(argument->type)->kind == TYPE_ARRAY;
    snprintf(address, sizeof(address), "%s_m->%s%s", nested ? "" : "&", name,
             argument->shape == SHAPE_ARRAY ? "[_i]" : "");
    if (argument->shape == SHAPE_TEXT && put) {
        fprintf(out, "    flounder_put_text(_row, _m->%s, %u);\n", name, argument->max);
        return;
    }
    if (argument->shape == SHAPE_TEXT) {
        fprintf(out,
                "    if (flounder_get_text(_row, _m->%1$s, %2$u) == NULL) {\n"
                "        _row->bad = true;\n        _m->%1$s[0] = '\\0';\n    }\n",
                name, argument->max);
        return;
    }
    if (argument->shape == SHAPE_ARRAY)
        fprintf(out,
                put ? "    if (flounder_put_count(_row, _m->%1$s, %2$u))\n    "
                    : "    _m->%1$s = flounder_get_count(_row, %2$u);\n",
                argument->length_name, argument->max);
    if (argument->shape == SHAPE_ARRAY)
        fprintf(out, "    for (size_t _i = 0; _i < _m->%s; _i++)\n    %s", argument->length_name,
                put ? "    " : "");
    fputs("    ", out);
    emit_value(out, interface, argument->type, verb, address);
}

static void emit_codec(FILE *out, const struct interface *interface, const struct message *message)
{
    for (int put = 0; put <= 1 && message->operation->arguments != NULL; put++) {
        fprintf(out, "static void %s__%s(struct flounder_%s *_row, %sstruct %s_%s *_m)\n{\n",
                put ? "encode" : "decode", message->name, put ? "out" : "in", put ? "const " : "",
                interface->name, message->name);
        for (MESSAGE_ARGUMENTS(argument, message))
            emit_argument(out, interface, argument, put);
        fputs("}\n\n", out);
    }
}

/// `case OPERATION:`, and what is to be done with it.
static void emit_case(FILE *out, const struct interface *interface, const struct message *message,
                      const char *format)
{
    fputs("    case ", out);
    emit_capitals(out, interface->name, message->name);
    fputs(":\n", out);
    if (message->operation->arguments != NULL)
        fprintf(out, format, message->name);
    fputs("        break;\n", out);
}

static void emit_decode(FILE *out, const struct interface *interface, const struct message *message)
{
    emit_case(out, interface, message, "        decode__%1$s(_row, &message->%1$s);\n");
}

static void emit_encode(FILE *out, const struct interface *interface, const struct message *message)
{
    emit_case(out, interface, message, "        encode__%1$s(_row, &message->%1$s);\n");
}

static void emit_dispatch(FILE *out, const struct interface *interface,
                          const struct message *message)
{
    fputs("    case ", out);
    emit_capitals(out, interface->name, message->name);
    fprintf(out, ":\n        handler = handlers->%s;\n        break;\n", message->name);
}

static void emit_carried(FILE *out, const struct interface *interface,
                         const struct message *message)
{
    for (MESSAGE_ARGUMENTS(argument, message)) {
        if (!type_base(argument->type)->gives)
            continue;
        fputs("    case ", out);
        emit_capitals(out, interface->name, message->name);
        fprintf(out, ":\n        return &message->%s.%s;\n", message->name, argument->name);
    }
}

static const char decode_head[] =
    "bool %1$s_decode(const uint64_t *words, unsigned count, unsigned op,\n"
    "                 struct %1$s_message *message)\n{\n"
    "    struct flounder_in _row[1] = {{.bytes = (const uint8_t *)words, .end = 8 * count}};\n"
    "    memset(message, 0, sizeof(*message));\n"
    "    message->op = op;\n"
    "    switch (op) {\n";

static const char encode_head[] =
    "bool %1$s_encode(const struct %1$s_message *message, uint64_t *words, unsigned *count)\n{\n"
    "    struct flounder_out _row[1] = {{.bytes = (uint8_t *)words}};\n"
    "    switch (message->op) {\n";

static const char dispatch_head[] =
    "bool %1$s_dispatch(const struct %1$s_handlers *handlers, const struct %1$s_header *header,\n"
    "                   const struct %1$s_message *message)\n{\n"
    "    %1$s_handler *handler = NULL;\n"
    "    switch (message->op) {\n";

static const char carried_head[] =
    "struct capability *%1$s_carried(struct %1$s_message *message)\n{\n"
    "    switch (message->op) {\n";

void emit_monitors_source(FILE *out, const struct interface *interface, const char *header)
{
    const char *name = interface->name;
    fprintf(out,
            "// Made by flounder from %s; do not edit.\n#include <%s>\n\n"
            "#include <flounder/words.h>\n\n",
            interface->path, header);
    emit_codecs(out, interface);
    messages_each(out, interface, emit_codec);
    fprintf(out, decode_head, name);
    messages_each(out, interface, emit_decode);
    fputs("    default:\n        return false;\n    }\n    return flounder_get_end(_row);\n}\n\n",
          out);
    fprintf(out, encode_head, name);
    messages_each(out, interface, emit_encode);
    fputs("    default:\n        return false;\n    }\n"
          "    return flounder_put_end(_row, count);\n}\n\n",
          out);
    fprintf(out, dispatch_head, name);
    messages_each(out, interface, emit_dispatch);
    fputs("    default:\n        break;\n    }\n    if (handler != NULL)\n"
          "        handler(header, message);\n    return handler != NULL;\n}\n\n",
          out);
    fprintf(out, carried_head, name);
    messages_each(out, interface, emit_carried);
    fputs("    default:\n        return NULL;\n    }\n}\n\n", out);
    emit_printers(out, interface);
}
