// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Types: each builtin one, and all that a typedef can say, with its bytes in a message.
#include <string.h>

#include "reading.h"

static void test_builtin(void)
{
    static const struct {
        const char *name, *c_name;
        enum type_kind kind;
        unsigned bytes;
    } builtins[] = {
        {"uint8", "uint8_t", TYPE_NUMBER, 1},       {"uint16", "uint16_t", TYPE_NUMBER, 2},
        {"uint32", "uint32_t", TYPE_NUMBER, 4},     {"uint64", "uint64_t", TYPE_NUMBER, 8},
        {"int8", "int8_t", TYPE_NUMBER, 1},         {"int16", "int16_t", TYPE_NUMBER, 2},
        {"int32", "int32_t", TYPE_NUMBER, 4},       {"int64", "int64_t", TYPE_NUMBER, 8},
        {"int", "int32_t", TYPE_NUMBER, 4},         {"intptr", "intptr_t", TYPE_NUMBER, 8},
        {"uintptr", "uintptr_t", TYPE_NUMBER, 8},   {"size", "size_t", TYPE_NUMBER, 8},
        {"char", "char", TYPE_NUMBER, 1},           {"errval", "errval_t", TYPE_NUMBER, 8},
        {"iref", "iref_t", TYPE_NUMBER, 8},         {"coreid", "coreid_t", TYPE_NUMBER, 2},
        {"domainid", "domainid_t", TYPE_NUMBER, 4}, {"cycles", "cycles_t", TYPE_NUMBER, 8},
        {"systime", "systime_t", TYPE_NUMBER, 8},   {"delayus", "delayus_t", TYPE_NUMBER, 8},
        {"genpaddr", "genpaddr_t", TYPE_NUMBER, 8}, {"gensize", "gensize_t", TYPE_NUMBER, 8},
        {"genvaddr", "genvaddr_t", TYPE_NUMBER, 8}, {"lpaddr", "lpaddr_t", TYPE_NUMBER, 8},
        {"lvaddr", "lvaddr_t", TYPE_NUMBER, 8},     {"capaddr", "capaddr_t", TYPE_NUMBER, 4},
        {"cslot", "cslot_t", TYPE_NUMBER, 4},       {"rsrcid", "uint32_t", TYPE_NUMBER, 4},
        {"coremask", "uint64_t", TYPE_NUMBER, 8},   {"bool", "bool", TYPE_BOOL, 1},
        {"string", "char", TYPE_STRING, 0},         {"String", "char", TYPE_STRING, 0},
        {"cap", "struct capref", TYPE_CAP, 1},      {"give_away_cap", "struct capref", TYPE_CAP, 1},
    };
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        char text[128];
        struct reading reading;
        snprintf(text, sizeof(text), "message m(%s a);\n", builtins[i].name);
        read_right(&reading, text);
        const struct type *type = argument_of(operation_of(&reading, "m"), "a")->type;
        CU_ASSERT_TRUE(type->builtin);
        CU_ASSERT_STRING_EQUAL(type->c_name, builtins[i].c_name);
        CU_ASSERT_EQUAL(type->kind, builtins[i].kind);
        CU_ASSERT_EQUAL(type->bytes, builtins[i].bytes);
        CU_ASSERT_EQUAL(type->caps, type->kind == TYPE_CAP);
        CU_ASSERT_EQUAL(type->gives, strcmp(builtins[i].name, "give_away_cap") == 0);
        unread(&reading);
    }
}

static void test_struct(void)
{
    struct reading reading;
    read_right(&reading, "typedef struct { uint8 a; uint64 b; bool c; } inner;\n"
                         "typedef struct { inner one; uint16 d; inner two; } outer;\n"
                         "message m(outer o);\n");
    const struct type *inner = type_of(&reading, "inner"), *outer = type_of(&reading, "outer");
    CU_ASSERT_EQUAL(inner->kind, TYPE_STRUCT);
    CU_ASSERT_FALSE(inner->builtin);
    CU_ASSERT_EQUAL(inner->bytes, 10); // without the gaps that C has
    CU_ASSERT_EQUAL(outer->bytes, 22);
    const struct field *field = outer->fields;
    CU_ASSERT_STRING_EQUAL(field->name, "one");
    CU_ASSERT_PTR_EQUAL(field->type, inner);
    field = field->next;
    CU_ASSERT_STRING_EQUAL(field->name, "d");
    CU_ASSERT_STRING_EQUAL(field->type->name, "uint16");
    field = field->next;
    CU_ASSERT_STRING_EQUAL(field->name, "two");
    CU_ASSERT_PTR_NULL(field->next);
    CU_ASSERT_PTR_EQUAL(argument_of(operation_of(&reading, "m"), "o")->type, outer);
    unread(&reading);
}

static void test_enum(void)
{
    struct reading reading;
    read_right(&reading, "typedef enum { RED, GREEN, BLUE } colour;\n"
                         "typedef enum\n{ ONE, }\ncount;\n"
                         "message m(colour c);\n");
    const struct type *colour = type_of(&reading, "colour");
    CU_ASSERT_EQUAL(colour->kind, TYPE_ENUM);
    CU_ASSERT_EQUAL(colour->bytes, 4);
    CU_ASSERT_EQUAL(colour->count, 3);
    CU_ASSERT_STRING_EQUAL(colour->fields->name, "RED");
    CU_ASSERT_STRING_EQUAL(colour->fields->next->name, "GREEN");
    CU_ASSERT_STRING_EQUAL(colour->fields->next->next->name, "BLUE");
    CU_ASSERT_PTR_NULL(colour->fields->next->next->next);
    CU_ASSERT_EQUAL(type_of(&reading, "count")->count, 1);
    CU_ASSERT_EQUAL(type_of(&reading, "count")->place.line, 5);
    unread(&reading);
}

/// Both ways to say it, and an alias of an alias.
static void test_alias(void)
{
    struct reading reading;
    read_right(&reading, "alias key uint64;\n"
                         "typedef key name;\n"
                         "typedef enum { A, B } letter;\n"
                         "typedef letter sign;\n"
                         "typedef string words;\n"
                         "alias ticket give_away_cap;\n"
                         "message m(name n, sign s, words w, words v[8], ticket t);\n");
    const struct type *name = type_of(&reading, "name");
    CU_ASSERT_PTR_EQUAL(name->of, type_of(&reading, "key"));
    CU_ASSERT_STRING_EQUAL(type_base(name)->name, "uint64");
    CU_ASSERT_EQUAL(name->kind, TYPE_NUMBER);
    CU_ASSERT_EQUAL(name->bytes, 8);
    const struct type *sign = type_of(&reading, "sign");
    CU_ASSERT_PTR_EQUAL(type_base(sign), type_of(&reading, "letter"));
    CU_ASSERT_EQUAL(sign->kind, TYPE_ENUM);
    CU_ASSERT_EQUAL(sign->count, 2);
    const struct operation *m = operation_of(&reading, "m");
    CU_ASSERT_EQUAL(argument_of(m, "w")->shape, SHAPE_TEXT);
    CU_ASSERT_EQUAL(argument_of(m, "v")->shape, SHAPE_TEXT);
    CU_ASSERT_EQUAL(argument_of(m, "v")->max, 8);
    CU_ASSERT_TRUE(type_base(argument_of(m, "t")->type)->gives);
    unread(&reading);
}

static void test_array(void)
{
    struct reading reading;
    read_right(&reading, "typedef uint16 row[5];\n"
                         "typedef row table[0x3];\n"
                         "typedef struct { uint8 a; table t; } record;\n"
                         "typedef record records[2];\n"
                         "typedef table same;\n"
                         "message m(records r);\n");
    const struct type *row = type_of(&reading, "row"), *table = type_of(&reading, "table");
    CU_ASSERT_EQUAL(row->kind, TYPE_ARRAY);
    CU_ASSERT_EQUAL(row->count, 5);
    CU_ASSERT_EQUAL(row->bytes, 10);
    CU_ASSERT_STRING_EQUAL(row->of->name, "uint16");
    CU_ASSERT_PTR_EQUAL(type_base(row), row);
    CU_ASSERT_PTR_EQUAL(table->of, row);
    CU_ASSERT_EQUAL(table->bytes, 30);
    CU_ASSERT_EQUAL(type_of(&reading, "record")->bytes, 31);
    CU_ASSERT_EQUAL(type_of(&reading, "records")->bytes, 62);
    CU_ASSERT_EQUAL(type_of(&reading, "same")->bytes, 30);
    unread(&reading);
}

/// Capabilities go with the bytes of what has them, of which one says whether there is any.
static void test_capabilities(void)
{
    struct reading reading;
    read_right(&reading, "typedef struct { uint32 a; cap c; give_away_cap d; } pool;\n"
                         "typedef pool pools[3];\n"
                         "alias lent cap;\n"
                         "typedef struct { pools p; lent c; } most;\n"
                         "message m(most x, uint8 y);\n"
                         "rpc r(in most x, in cap c, out most y, out cap d);\n");
    CU_ASSERT_EQUAL(type_of(&reading, "pool")->bytes, 4 + 2);
    CU_ASSERT_EQUAL(type_of(&reading, "pool")->caps, 2);
    CU_ASSERT_EQUAL(type_of(&reading, "pools")->caps, 6);
    CU_ASSERT_EQUAL(type_of(&reading, "most")->caps, 7);
    unread(&reading);
}

/// As for one machine: the name of a builtin type can be declared, from there on.
static void test_hiding(void)
{
    struct reading reading;
    read_right(&reading, "message before(coreid c, coremask k);\n"
                         "alias coreid uint8;\n"
                         "typedef uint64 coremask[4];\n"
                         "message after(coreid c, coremask k);\n");
    const struct operation *before = operation_of(&reading, "before");
    const struct operation *after = operation_of(&reading, "after");
    CU_ASSERT_EQUAL(argument_of(before, "c")->type->bytes, 2);
    CU_ASSERT_EQUAL(argument_of(after, "c")->type->bytes, 1);
    CU_ASSERT_EQUAL(argument_of(before, "k")->type->kind, TYPE_NUMBER);
    CU_ASSERT_EQUAL(argument_of(after, "k")->type->bytes, 32);
    unread(&reading);
}

/// The largest type is as long as the longest message.
static void test_largest(void)
{
    struct reading reading;
    read_right(&reading, "typedef uint64 half[65536];\n"
                         "typedef struct { half a; half b; } whole;\n"
                         "message m(whole w);\n");
    CU_ASSERT_EQUAL(type_of(&reading, "whole")->bytes, FLOUNDER_MESSAGE_BYTES_MAX);
    unread(&reading);
}

TEST_SUITE("types") = {
    {"builtin ones", test_builtin},
    {"structs, nested", test_struct},
    {"enums", test_enum},
    {"aliases", test_alias},
    {"arrays, and arrays of arrays", test_array},
    {"capabilities in types", test_capabilities},
    {"a declaration hides a builtin type", test_hiding},
    {"the largest", test_largest},
};
