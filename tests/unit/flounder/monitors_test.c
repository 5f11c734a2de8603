// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Interfaces between monitors: how one is marked, what a capability is there, and every fault that
// only they can have.
#include "reading.h"

#include <string.h>

#define IN(declarations) "@monitors()\ninterface t {\n" declarations "\nmessage m();\n};\n"

static const struct {
    const char *text;
    unsigned line, column;
    const char *what, *mend;
} wrong[] = {
    {"@monitor() interface t { message m(); };", 1, 2,
     "error: an interface has no attribute 'monitor'",
     "write @monitors(), or take the attribute away"},
    {"@monitors interface t { message m(); };", 1, 10,
     "error: expected '(' behind the name of an attribute, found 'interface'",
     "write '(' behind the name of an attribute"},
    {"@monitors(x) interface t { message m(); };", 1, 11,
     "error: expected ')' behind the parameters of an attribute, found 'x'",
     "write ')' behind the parameters of an attribute"},
    {IN("rpc r();"), 3, 5, "error: 'r' is an rpc, but monitors do not wait for one another",
     "declare two messages"},
    {IN("message header();"), 3, 9, "error: t_header is in C what each interface has",
     "take another name"},
    {IN("typedef enum { decode } e;"), 3, 16, "error: t_decode is in C what each interface has",
     "take another name"},
    {IN("message Hello();"), 3, 9,
     "error: 'Hello' has a capital letter, which a name between monitors must not",
     "write it in small letters"},
    {"@monitors()\ninterface Tell { message m(); };", 2, 11,
     "error: 'Tell' has a capital letter, which a name between monitors must not",
     "write it in small letters"},
    {IN("typedef struct { give_away_cap a; } s;"), 3, 32,
     "error: a capability that is given cannot be part of another type",
     "make it an argument of the message"},
    {IN("typedef give_away_cap s[2];"), 3, 23,
     "error: a capability that is given cannot be part of another type",
     "make it an argument of the message"},
    {IN("message n(give_away_cap a[b, 2]);"), 3, 25,
     "error: a capability that is given cannot be part of another type",
     "make it an argument of the message"},
    {IN("alias gift give_away_cap;\nmessage n(give_away_cap a, gift b, gift c);"), 4, 33,
     "error: 'n' gives more than one capability", "write cap for those that are only described"},
    {IN("message n(uint8 a[b, 2037]);"), 3, 9,
     "error: 'n' may have 2041 bytes, but a message between monitors has at most 2040",
     "lower the maxima, or send several messages"},
    {IN("message n(String a[1000], cap b[c, 33]);"), 3, 9,
     "error: 'n' may have 2064 bytes, but a message between monitors has at most 2040",
     "lower the maxima, or send several messages"},
};

static void test_each_fault(void)
{
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char expected[512];
        struct reading reading;
        snprintf(expected, sizeof(expected), "x.if:%u:%u: %s\nx.if:%u:%u: note: %s\n",
                 wrong[i].line, wrong[i].column, wrong[i].what, wrong[i].line, wrong[i].column,
                 wrong[i].mend);
        read_text(&reading, wrong[i].text);
        CU_ASSERT_FALSE(reading.right);
        CU_ASSERT_STRING_EQUAL(reading.told, expected);
        unread(&reading);
    }
}

/// Names that each interface has, as messages and as elements.
static void test_taken_names(void)
{
    static const char *const taken[] = {"op",     "ops_count", "message",  "words_max",
                                        "header", "handler",   "handlers", "encode",
                                        "decode", "dispatch",  "carried",  "print"};
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
        char text[256];
        struct reading reading;
        snprintf(text, sizeof(text),
                 "@monitors() interface t { typedef enum { %s } e; message %s(); };", taken[i],
                 taken[i]);
        read_text(&reading, text);
        CU_ASSERT_EQUAL(reading.faults.count, 2);
        unread(&reading);
        snprintf(text, sizeof(text), "interface t { typedef enum { %s } e; message %s(); };",
                 taken[i], taken[i]);
        read_text(&reading, text); // between domains they are free
        CU_ASSERT_TRUE(reading.right);
        unread(&reading);
    }
}

/// A capability is among the bytes, and may be in arrays, of any number.
static void test_capabilities(void)
{
    struct reading reading;
    read_text(&reading, IN("alias gift give_away_cap;\ntypedef struct { cap a; uint8 b; } s;\n"
                           "typedef cap caps[9];\nmessage n(caps c, s d[e, 4], gift f);"));
    CU_ASSERT_STRING_EQUAL(reading.told, "");
    CU_ASSERT_TRUE_FATAL(reading.right && reading.interface.monitors);
    CU_ASSERT_EQUAL(type_of(&reading, "s")->bytes, 33);
    CU_ASSERT_EQUAL(type_of(&reading, "caps")->bytes, 288);
    CU_ASSERT_EQUAL(type_of(&reading, "caps")->caps, 0);
    CU_ASSERT_TRUE(type_base(type_of(&reading, "gift"))->gives);
    unread(&reading);
    read_text(&reading, "interface t { message n(cap c); };");
    CU_ASSERT_TRUE(reading.right && !reading.interface.monitors);
    CU_ASSERT_EQUAL(argument_of(operation_of(&reading, "n"), "c")->type->bytes, 1);
    unread(&reading);
}

TEST_SUITE("interfaces between monitors") = {
    {"each fault", test_each_fault},
    {"names that are taken", test_taken_names},
    {"capabilities", test_capabilities},
};
