// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Interfaces and their messages: kinds, numbers, arguments with their bounds, attributes, comments.
#include <string.h>

#include "reading.h"

static void test_interface(void)
{
    struct reading reading;
    read_text(&reading, "interface kv \"Values by name\" { message m(); };");
    CU_ASSERT_TRUE(reading.right);
    CU_ASSERT_STRING_EQUAL(reading.interface.name, "kv");
    CU_ASSERT_STRING_EQUAL(reading.interface.description, "Values by name");
    CU_ASSERT_STRING_EQUAL(reading.interface.path, "x.if");
    CU_ASSERT_EQUAL(reading.interface.place.column, 11);
    unread(&reading);

    read_text(&reading, "\n\tinterface\nkv_2{message m();}  ;\n\n");
    CU_ASSERT_TRUE(reading.right);
    CU_ASSERT_STRING_EQUAL(reading.interface.name, "kv_2");
    CU_ASSERT_STRING_EQUAL(reading.interface.description, "");
    CU_ASSERT_EQUAL(reading.interface.place.line, 3);
    CU_ASSERT_PTR_NULL(reading.interface.types);
    unread(&reading);
}

/// F2: numbers from 1 in the order of the file, two for an rpc.
static void test_numbers(void)
{
    struct reading reading;
    read_right(&reading, "message a();\nrpc b(in uint8 x);\ncall c();\ntypedef uint8 t;\n"
                         "response d(t x);\nrpc e();\nmessage f();\n");
    static const struct {
        const char *name;
        enum operation_kind kind;
        unsigned number;
    } expected[] = {
        {"a", OPERATION_MESSAGE, 1},  {"b", OPERATION_RPC, 2}, {"c", OPERATION_CALL, 4},
        {"d", OPERATION_RESPONSE, 5}, {"e", OPERATION_RPC, 6}, {"f", OPERATION_MESSAGE, 8},
    };
    const struct operation *operation = reading.interface.operations;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(operation);
        CU_ASSERT_STRING_EQUAL(operation->name, expected[i].name);
        CU_ASSERT_EQUAL(operation->kind, expected[i].kind);
        CU_ASSERT_EQUAL(operation->number, expected[i].number);
        CU_ASSERT_EQUAL(operation->has_call, expected[i].kind == OPERATION_RPC);
        operation = operation->next;
    }
    CU_ASSERT_PTR_NULL(operation);
    CU_ASSERT_EQUAL(reading.interface.numbers, 8);
    unread(&reading);
}

static void test_most_messages(void)
{
    struct reading reading;
    char text[4096] = "";
    for (unsigned i = 0; i < FLOUNDER_MESSAGES_MAX / 2; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "rpc r%u();\n", i);
    read_right(&reading, text);
    CU_ASSERT_EQUAL(reading.interface.numbers, FLOUNDER_MESSAGES_MAX);
    CU_ASSERT_EQUAL(operation_of(&reading, "r124")->number, 249);
    unread(&reading);
}

/// What an argument is, apart from its type.
static void check(const struct operation *operation, const char *name, enum shape shape,
                  unsigned max, const char *length_name)
{
    const struct argument *argument = argument_of(operation, name);
    CU_ASSERT_EQUAL(argument->shape, shape);
    CU_ASSERT_EQUAL(argument->max, max);
    if (length_name == NULL)
        CU_ASSERT_PTR_NULL(argument->length_name)
    else
        CU_ASSERT_STRING_EQUAL(argument->length_name, length_name);
}

static void test_shapes(void)
{
    struct reading reading;
    read_right(&reading, "typedef uint8 mac[6];\n"
                         "message m(uint32 value, mac fixed, String s[64], string t,\n"
                         "          uint8 buf[len, 2048], uint8 data[size], mac macs[n, 0x10],\n"
                         "          char text[text_length, 0o17], bool set[count, 1]);\n");
    const struct operation *m = operation_of(&reading, "m");
    check(m, "value", SHAPE_VALUE, 0, NULL);
    check(m, "fixed", SHAPE_VALUE, 0, NULL);
    check(m, "s", SHAPE_TEXT, 64, NULL);
    check(m, "t", SHAPE_TEXT, FLOUNDER_BOUND_DEFAULT, NULL);
    check(m, "buf", SHAPE_ARRAY, 2048, "len");
    check(m, "data", SHAPE_ARRAY, FLOUNDER_BOUND_DEFAULT, "size");
    check(m, "macs", SHAPE_ARRAY, 16, "n");
    check(m, "text", SHAPE_ARRAY, 15, "text_length");
    check(m, "set", SHAPE_ARRAY, 1, "count");
    CU_ASSERT_EQUAL(argument_of(m, "buf")->place.line, 4);
    CU_ASSERT_EQUAL(argument_of(m, "buf")->place.column, 17);
    unread(&reading);
}

static void test_directions(void)
{
    struct reading reading;
    read_right(&reading, "rpc get(in String key[64], out uint8 value[length, 1024],\n"
                         "        in cap lent, out give_away_cap given, out bool found);\n");
    const struct operation *get = operation_of(&reading, "get");
    static const char *const in[] = {"key", "lent"}, *const out[] = {"value", "given", "found"};
    for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++)
        CU_ASSERT_FALSE(argument_of(get, in[i])->out);
    for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++)
        CU_ASSERT_TRUE(argument_of(get, out[i])->out);
    CU_ASSERT_STRING_EQUAL(get->arguments->name, "key"); // and they keep their order
    CU_ASSERT_STRING_EQUAL(get->arguments->next->name, "value");
    unread(&reading);
}

/// As many capabilities as may be, each way, and the longest message.
static void test_most_arguments(void)
{
    struct reading reading;
    read_right(&reading,
               "rpc r(in cap a, in cap b, in cap c, in cap d, in cap e, in cap f, in cap g,\n"
               "      in cap h, out cap i, out cap j, out cap k, out cap l, out cap m, out cap n,\n"
               "      out cap o, out cap p);\n"
               "message m(uint8 data[length, 1048572]);\n"
               "message n(String s[1048572]);\n");
    CU_ASSERT_EQUAL(reading.interface.numbers, 4);
    unread(&reading);
}

static void test_longest_name(void)
{
    struct reading reading;
    char text[128], name[FLOUNDER_NAME_MAX + 1] = "";
    memset(name, 'n', FLOUNDER_NAME_MAX);
    snprintf(text, sizeof(text), "message %s();\n", name);
    read_right(&reading, text);
    CU_ASSERT_STRING_EQUAL(reading.interface.operations->name, name);
    unread(&reading);
}

/// Words of the language are names where a name stands.
static void test_words_as_names(void)
{
    struct reading reading;
    read_right(&reading, "typedef struct { uint8 message; uint8 in; } call;\n"
                         "call message(cap cap, errval err, call rpc, uint8 size[string]);\n"
                         "rpc response(in iref iref, out uint8 out);\n");
    const struct operation *message = operation_of(&reading, "message");
    CU_ASSERT_EQUAL(message->kind, OPERATION_CALL);
    CU_ASSERT_STRING_EQUAL(argument_of(message, "rpc")->type->name, "call");
    unread(&reading);
}

static void test_attributes(void)
{
    struct reading reading;
    read_text(&reading, "interface t {\n"
                        "@ata(command=0xC8, arg = buffer)\n"
                        "@empty()\n"
                        "message m(uint8 buffer[n]);\n"
                        "};\n");
    CU_ASSERT_TRUE_FATAL(reading.right);
    CU_ASSERT_EQUAL(reading.faults.warnings, 2);
    const struct attribute *attribute = operation_of(&reading, "m")->attributes;
    CU_ASSERT_PTR_NOT_NULL_FATAL(attribute);
    if (strcmp(attribute->name, "ata") != 0)
        attribute = attribute->next;
    CU_ASSERT_PTR_NOT_NULL_FATAL(attribute);
    CU_ASSERT_STRING_EQUAL(attribute->name, "ata");
    const struct parameter *parameter = attribute->parameters;
    CU_ASSERT_STRING_EQUAL(parameter->name, "command");
    CU_ASSERT_STRING_EQUAL(parameter->value, "0xC8");
    CU_ASSERT_STRING_EQUAL(parameter->next->name, "arg");
    CU_ASSERT_STRING_EQUAL(parameter->next->value, "buffer");
    CU_ASSERT_PTR_NULL(parameter->next->next);
    unread(&reading);
}

/// A right is declared by being named, and its bit is its place; as many as may be.
static void test_rights(void)
{
    char text[4096] = "@rights(of=a, of=b) message m();\n"
                      "@rights(of=c)\n@rights(of=a) rpc r(in uint8 x);\n"
                      "@rights(of=b, of=b) call n();\n";
    struct reading reading;
    for (unsigned i = 3; i < FLOUNDER_RIGHTS_MAX; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 "@rights(of=r%u) message m%u();\n", i, i);
    read_right(&reading, text);
    CU_ASSERT_EQUAL(operation_of(&reading, "m")->rights, 3);
    CU_ASSERT_EQUAL(operation_of(&reading, "r")->rights, 5);
    CU_ASSERT_EQUAL(operation_of(&reading, "n")->rights, 2);
    CU_ASSERT_EQUAL(operation_of(&reading, "m31")->rights, 0x80000000);
    CU_ASSERT_STRING_EQUAL(reading.interface.rights->next->name, "b");
    unread(&reading);
    read_right(&reading, "rpc allow();\nrpc RIGHT_a();\n");
    CU_ASSERT_TRUE(operation_of(&reading, "allow")->has_call);
    CU_ASSERT_TRUE(operation_of(&reading, "RIGHT_a")->has_call);
    CU_ASSERT_EQUAL(operation_of(&reading, "allow")->rights, 0);
    unread(&reading);
}

static void test_comments(void)
{
    struct reading reading;
    read_text(&reading, "/** about ** / * /* a nested one */ \xc3\xbc */ // \"and\n"
                        "interface/**/t//{\n"
                        "\"a // text /* with none */\"/* \" */{\n"
                        "message m(/*uint8 a,*/ uint8/**/b // c\n);\n"
                        "/* message n(); */\n}/**/;// the end");
    CU_ASSERT_TRUE_FATAL(reading.right);
    CU_ASSERT_STRING_EQUAL(reading.interface.description, "a // text /* with none */");
    const struct operation *m = reading.interface.operations;
    CU_ASSERT_STRING_EQUAL(m->arguments->name, "b");
    CU_ASSERT_EQUAL(m->arguments->place.line, 4);
    CU_ASSERT_EQUAL(m->arguments->place.column, 33);
    CU_ASSERT_PTR_NULL(m->arguments->next);
    CU_ASSERT_PTR_NULL(m->next);
    unread(&reading);
}

TEST_SUITE("messages") = {
    {"an interface, with and without a text", test_interface},
    {"kinds and numbers", test_numbers},
    {"as many messages as may be", test_most_messages},
    {"values, texts and arrays", test_shapes},
    {"in and out", test_directions},
    {"the most arguments", test_most_arguments},
    {"the longest name", test_longest_name},
    {"words of the language as names", test_words_as_names},
    {"attributes", test_attributes},
    {"rights", test_rights},
    {"comments", test_comments},
};
