// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What an interface between monitors must keep to besides the language. Its messages are structs, each
// with a constant in capitals, and one union of all; they are as long as a monitor's line lets them
// be. A capability that is given is the one that the monitors' capability protocol makes real, so a
// message has one at most, and in no struct.
#include "flounder.h"

#include <string.h>

static void check_name(const struct interface *interface, const char *name, struct place place,
                       struct faults *faults)
{
    static const char *const taken[] = {"op",     "ops_count", "message",  "words_max",
                                        "header", "handler",   "handlers", "encode",
                                        "decode", "dispatch",  "carried",  "print"};
    for (unsigned i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (strcmp(name, taken[i]) == 0)
            fault(faults, place, "take another name", "%s_%s is in C what each interface has",
                  interface->name, name);
}

/// Constants in capitals then differ as the names do.
static void check_letters(const char *name, struct place place, struct faults *faults)
{
    for (const char *c = name; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z') {
            fault(faults, place, "write it in small letters",
                  "'%s' has a capital letter, which a name between monitors must not", name);
            return;
        }
}

static void check_not_given(const struct type *type, struct place place, struct faults *faults)
{
    if (type_base(type)->gives)
        fault(faults, place, "make it an argument of the message",
              "a capability that is given cannot be part of another type");
}

static void check_types(const struct interface *interface, struct faults *faults)
{
    for (const struct type *type = interface->types; type != NULL; type = type->next) {
        if (type->kind == TYPE_ARRAY && type_base(type) == type)
            check_not_given(type->of, type->place, faults);
        for (const struct field *field = type->of == NULL ? type->fields : NULL; field != NULL;
             field = field->next)
            if (type->kind == TYPE_STRUCT)
                check_not_given(field->type, field->place, faults);
            else
                check_name(interface, field->name, field->place, faults);
    }
}

static void check_arguments(const struct operation *message, struct faults *faults)
{
    uint64_t bytes = 0;
    unsigned given = 0;
    for (const struct argument *argument = message->arguments; argument != NULL;
         argument = argument->next) {
        unsigned each = argument->shape == SHAPE_TEXT ? 1 : argument->type->bytes;
        bytes += argument->shape == SHAPE_VALUE ? each : 4 + (uint64_t)argument->max * each;
        if (!type_base(argument->type)->gives)
            continue;
        if (argument->shape != SHAPE_VALUE)
            check_not_given(argument->type, argument->place, faults);
        else if (++given == 2)
            fault(faults, argument->place, "write cap for those that are only described",
                  "'%s' gives more than one capability", message->name);
    }
    if (bytes > FLOUNDER_WORDS_BYTES_MAX)
        fault(faults, message->place, "lower the maxima, or send several messages",
              "'%s' may have %llu bytes, but a message between monitors has at most %u",
              message->name, (unsigned long long)bytes, FLOUNDER_WORDS_BYTES_MAX);
}

void interface_check_monitors(const struct interface *interface, struct faults *faults)
{
    check_letters(interface->name, interface->place, faults);
    check_types(interface, faults);
    for (const struct operation *message = interface->operations; message != NULL;
         message = message->next) {
        check_name(interface, message->name, message->place, faults);
        check_letters(message->name, message->place, faults);
        check_arguments(message, faults);
        if (message->kind == OPERATION_RPC)
            fault(faults, message->place, "declare two messages",
                  "'%s' is an rpc, but monitors do not wait for one another", message->name);
    }
}
