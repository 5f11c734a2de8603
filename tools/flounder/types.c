// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Builtin types, with the C types that they become and the bytes that they take in a message. Names
// that Barrelfish's compiler found in its types.if and in files for each platform are builtin here.
#include <string.h>

#include "flounder.h"

#define NUMBER(type, c_type, size)                                                                 \
    {                                                                                              \
        .name = type, .builtin = true, .c_name = c_type, .bytes = size                             \
    }

static const struct type builtins[] = {
    NUMBER("uint8", "uint8_t", 1),
    NUMBER("uint16", "uint16_t", 2),
    NUMBER("uint32", "uint32_t", 4),
    NUMBER("uint64", "uint64_t", 8),
    NUMBER("uintptr", "uintptr_t", 8),
    NUMBER("int8", "int8_t", 1),
    NUMBER("int16", "int16_t", 2),
    NUMBER("int32", "int32_t", 4),
    NUMBER("int64", "int64_t", 8),
    NUMBER("intptr", "intptr_t", 8),
    NUMBER("int", "int32_t", 4),
    NUMBER("size", "size_t", 8),
    NUMBER("char", "char", 1),
    NUMBER("errval", "errval_t", 8),
    NUMBER("iref", "iref_t", 8),
    NUMBER("coreid", "coreid_t", 2),
    NUMBER("domainid", "domainid_t", 4),
    NUMBER("cycles", "cycles_t", 8),
    NUMBER("systime", "systime_t", 8),
    NUMBER("delayus", "delayus_t", 8),
    NUMBER("genpaddr", "genpaddr_t", 8),
    NUMBER("gensize", "gensize_t", 8),
    NUMBER("genvaddr", "genvaddr_t", 8),
    NUMBER("lpaddr", "lpaddr_t", 8),
    NUMBER("lvaddr", "lvaddr_t", 8),
    NUMBER("capaddr", "capaddr_t", 4),
    NUMBER("cslot", "cslot_t", 4),
    NUMBER("rsrcid", "uint32_t", 4),
    NUMBER("coremask", "uint64_t", 8),
    {.name = "bool", .kind = TYPE_BOOL, .builtin = true, .c_name = "bool", .bytes = 1},
    {.name = "string", .kind = TYPE_STRING, .builtin = true, .c_name = "char"},
    {.name = "String", .kind = TYPE_STRING, .builtin = true, .c_name = "char"},
    {.name = "cap",
     .kind = TYPE_CAP,
     .builtin = true,
     .c_name = "struct capref",
     .bytes = 1,
     .caps = 1},
    {.name = "give_away_cap",
     .kind = TYPE_CAP,
     .builtin = true,
     .gives = true,
     .c_name = "struct capref",
     .bytes = 1,
     .caps = 1},
};

#define BUILTINS (sizeof(builtins) / sizeof(builtins[0]))

#define DESCRIPTION(type, given)                                                                   \
    {                                                                                              \
        .name = type, .kind = TYPE_CAP, .builtin = true, .gives = given,                           \
        .c_name = "struct capability", .bytes = 32                                                 \
    }

static const struct type descriptions[] = {DESCRIPTION("cap", false),
                                           DESCRIPTION("give_away_cap", true)};

const struct type *type_builtin(const struct interface *interface, const char *name)
{
    for (size_t i = 0; i < 2 && interface->monitors; i++)
        if (strcmp(descriptions[i].name, name) == 0)
            return &descriptions[i];
    for (size_t i = 0; i < BUILTINS; i++)
        if (strcmp(builtins[i].name, name) == 0)
            return &builtins[i];
    return NULL;
}

const struct type *type_base(const struct type *type)
{
    while (type->of != NULL && type->kind != TYPE_ARRAY)
        type = type->of;
    return type;
}

/// How many letters must be changed, added or taken away to make one word of the other; beyond
/// short words it does not matter.
static unsigned distance(const char *a, const char *b)
{
    unsigned row[32];
    size_t length = strlen(b);
    if (length >= 31 || strlen(a) >= 31)
        return 99;
    for (unsigned j = 0; j <= length; j++)
        row[j] = j;
    for (unsigned i = 1; a[i - 1] != '\0'; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= length; j++) {
            unsigned best = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            best = row[j] + 1 < best ? row[j] + 1 : best;
            row[j] = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
        }
    }
    return row[length];
}

static void take_nearer(const char *name, const char *candidate, const char **best, unsigned *least)
{
    unsigned d = distance(name, candidate);
    if (d < *least) {
        *least = d;
        *best = candidate;
    }
}

const char *type_near(const struct interface *interface, const char *name)
{
    const char *best = NULL;
    unsigned least = strlen(name) < 4 ? 1 + (unsigned)strlen(name) / 2 : 3;
    for (const struct type *type = interface->types; type != NULL; type = type->next)
        take_nearer(name, type->name, &best, &least);
    for (size_t i = 0; i < BUILTINS; i++)
        take_nearer(name, builtins[i].name, &best, &least);
    return best;
}
