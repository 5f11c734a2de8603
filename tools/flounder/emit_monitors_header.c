// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// if/NAME_defs.h of an interface between monitors: a struct for each message, one for any message,
// and what is done with that.
#include "emit.h"

#include <ctype.h>

void emit_capitals(FILE *out, const char *prefix, const char *name)
{
    for (const char *c = prefix; *c != '\0'; c++)
        fputc(toupper((unsigned char)*c), out);
    fputc('_', out);
    for (const char *c = name; *c != '\0'; c++)
        fputc(toupper((unsigned char)*c), out);
}

static void emit_operation(FILE *out, const struct interface *interface,
                           const struct message *message)
{
    fputs("    ", out);
    emit_capitals(out, interface->name, message->name);
    fprintf(out, " = %u,\n", message->number);
}

static void emit_operations(FILE *out, const struct interface *interface)
{
    fprintf(out, "enum %s_op {\n", interface->name);
    messages_each(out, interface, emit_operation);
    fputs("    ", out);
    emit_capitals(out, interface->name, "ops_count");
    fputs("\n};\n\n", out);
}

static void emit_arguments(FILE *out, const struct interface *interface,
                           const struct message *message)
{
    if (message->operation->arguments == NULL)
        return;
    fprintf(out, "struct %s_%s {\n", interface->name, message->name);
    emit_members(out, interface, message);
    fputs("};\n\n", out);
}

static void emit_member(FILE *out, const struct interface *interface, const struct message *message)
{
    if (message->operation->arguments != NULL)
        fprintf(out, "        struct %s_%s %s;\n", interface->name, message->name, message->name);
}

static void emit_handler(FILE *out, const struct interface *interface,
                         const struct message *message)
{
    fprintf(out, "    %s_handler *%s;\n", interface->name, message->name);
}

static const char functions[] =
    "\n/// Gets message `op` out of `count` words; whether they are as it is declared, no more and "
    "no\n"
    "/// less. Of others it gets what is right before the fault, which can be printed.\n"
    "bool %1$s_decode(const uint64_t *words, unsigned count, unsigned op,\n"
    "                 struct %1$s_message *message);\n\n"
    "/// Makes words of a message, for which there is room; false: it is not as it is declared.\n"
    "bool %1$s_encode(const struct %1$s_message *message, uint64_t *words, unsigned *count);\n\n"
    "/// Whether somebody handles a message; has it done.\n"
    "bool %1$s_dispatch(const struct %1$s_handlers *handlers, const struct %1$s_header *header,\n"
    "                   const struct %1$s_message *message);\n\n"
    "/// The capability that is given with a message; NULL: there is none.\n"
    "struct capability *%1$s_carried(struct %1$s_message *message);\n\n"
    "/// Writes a message in words; returns how many letters that are, as snprintf() does.\n"
    "size_t %1$s_print(char *text, size_t bytes, const struct %1$s_message *message);\n";

void emit_monitors_header(FILE *out, const struct interface *interface)
{
    const char *name = interface->name;
    fprintf(out,
            "// Made by flounder from %s; do not edit.\n//\n// Between monitors, %s: %s\n"
            "#pragma once\n\n#include <kpi/capabilities.h>\n\n",
            interface->path, name, interface->description);
    emit_types(out, interface);
    emit_operations(out, interface);
    messages_each(out, interface, emit_arguments);
    fprintf(out,
            "/// A message: that of the union which its operation names.\n"
            "struct %1$s_message {\n    enum %1$s_op op;\n    union {\n        char _none;\n",
            name);
    messages_each(out, interface, emit_member);
    fputs("    };\n};\n\n", out);
    fputs("/// How many words a message may have.\n#define ", out);
    emit_capitals(out, name, "words_max");
    fprintf(out, " %uu\n\n", (messages_longest(interface) + 7) / 8);
    fprintf(out,
            "/// What else is known of a message that has come: who carries it declares that.\n"
            "struct %1$s_header;\n"
            "typedef void %1$s_handler(const struct %1$s_header *header,\n"
            "                          const struct %1$s_message *message);\n"
            "struct %1$s_handlers {\n",
            name);
    messages_each(out, interface, emit_handler);
    fputs("};\n", out);
    fprintf(out, functions, name);
}
