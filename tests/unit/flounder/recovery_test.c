// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Texts with several faults: all are told, none that comes of another.
#include <stdlib.h>
#include <string.h>

#include "reading.h"

/// Declarations from line 2 on, with a message behind them.
#define IN(declarations) "interface t {\n" declarations "\nmessage m();\n};\n"

static const struct {
    const char *text, *told;
} wrong[] = {
    {"/* a\n", "x.if:1:1: error: a comment begins here and does not end\n"
               "x.if:1:1: note: end it with */; comments nest\n"
               "x.if:2:1: error: expected 'interface', found the end of the file\n"
               "x.if:2:1: note: begin with: interface NAME \"what it is for\" {\n"},
    {"/* /* */\ninterface t {};",
     "x.if:1:1: error: a comment begins here and does not end\n"
     "x.if:1:1: note: end it with */; comments nest\n"
     "x.if:2:16: error: expected 'interface', found the end of the file\n"
     "x.if:2:16: note: begin with: interface NAME \"what it is for\" {\n"},
    {IN("@a(b=1) typedef uint8 c;"),
     "x.if:2:2: warning: attribute 'a' is not known and has no effect\n"
     "x.if:2:2: note: take it away, unless another compiler wants it\n"
     "x.if:2:2: error: attribute 'a' stands before a type\n"
     "x.if:2:2: note: put it before a message or an rpc\n"},
    {IN("@ n();"), "x.if:2:3: warning: attribute 'n' is not known and has no effect\n"
                   "x.if:2:3: note: take it away, unless another compiler wants it\n"
                   "x.if:2:6: error: expected a declaration, found ';'\n"
                   "x.if:2:6: note: a declaration begins with message, rpc, call, response, "
                   "typedef, alias or an attribute\n"},
    {IN("@a(1) message n();"),
     "x.if:2:4: error: expected the name of a parameter, found '1'\n"
     "x.if:2:4: note: a name has letters, digits and '_', and begins with a letter\n"
     "x.if:2:2: warning: attribute 'a' is not known and has no effect\n"
     "x.if:2:2: note: take it away, unless another compiler wants it\n"},
    {IN("@a(b) message n();"),
     "x.if:2:5: error: expected '=' behind the name of a parameter, found ')'\n"
     "x.if:2:5: note: write '=' behind the name of a parameter\n"
     "x.if:2:2: warning: attribute 'a' is not known and has no effect\n"
     "x.if:2:2: note: take it away, unless another compiler wants it\n"},
    {IN("@a(b=\"x\") message n();"),
     "x.if:2:6: error: expected the value of 'b', found the text \"x\"\n"
     "x.if:2:6: note: write a number or the name of an argument\n"
     "x.if:2:2: warning: attribute 'a' is not known and has no effect\n"
     "x.if:2:2: note: take it away, unless another compiler wants it\n"},
    {IN("message a(uint9 x, unit8 y);\n"
        "typedef struct { bool b; float c; int8 d } s;\n"
        "rpc r(in s a, out t b, int8 c);\n"
        "message q(s x);\n"
        "mesage b();\n"
        "message m();"),
     "x.if:2:11: error: no type 'uint9' is known here\n"
     "x.if:2:11: note: did you mean 'uint8'?\n"
     "x.if:2:20: error: no type 'unit8' is known here\n"
     "x.if:2:20: note: did you mean 'uint8'?\n"
     "x.if:3:26: error: no type 'float' is known here\n"
     "x.if:3:26: note: declare it above with typedef, or take a builtin type\n"
     "x.if:3:41: error: expected ';' behind a field, found '}'\n"
     "x.if:3:41: note: write ';' behind a field\n"
     "x.if:4:19: error: no type 't' is known here\n"
     "x.if:4:19: note: declare it above with typedef, or take a builtin type\n"
     "x.if:4:24: error: expected 'in' or 'out', found 'int8'\n"
     "x.if:4:24: note: write 'in' before what the caller gives, 'out' before what it gets\n"
     "x.if:6:1: error: expected a declaration, found 'mesage'\n"
     "x.if:6:1: note: a declaration begins with message, rpc, call, response, typedef, alias or an "
     "attribute\n"
     "x.if:8:9: error: 'm' and 'm' in line 7 are messages of one name\n"
     "x.if:8:9: note: take another name; an rpc 'x' is the messages 'x_call' and 'x_response'\n"},
    {IN("typedef uint8 call;\n"
        "typedef struct {\n"
        "uint9 a;\n"
        "call b;\n"
        "call c\n"
        "} s;\n"
        "message n(s a\n"
        "message o(uint9 b);"),
     "x.if:4:1: error: no type 'uint9' is known here\n"
     "x.if:4:1: note: did you mean 'uint8'?\n"
     "x.if:6:7: error: expected ';' behind a field, found '}'\n"
     "x.if:6:7: note: write ';' behind a field\n"
     "x.if:8:14: error: expected ')' behind the arguments of a message, found 'message'\n"
     "x.if:8:14: note: write ')' behind the arguments of a message\n"
     "x.if:9:11: error: no type 'uint9' is known here\n"
     "x.if:9:11: note: did you mean 'uint8'?\n"},
    {IN("@rights(of=1, to=a, of=b, of) message n();\n@rights() typedef uint8 c;"),
     "x.if:2:12: error: expected the name of a right, found '1'\n"
     "x.if:2:12: note: a name has letters, digits and '_', and begins with a letter\n"
     "x.if:2:15: error: attribute 'rights' has no parameter 'to'\n"
     "x.if:2:15: note: name each right behind an 'of': @rights(of=NAME)\n"
     "x.if:2:29: error: expected '=' behind the name of a parameter, found ')'\n"
     "x.if:2:29: note: write '=' behind the name of a parameter\n"
     "x.if:3:2: error: attribute 'rights' names no right\n"
     "x.if:3:2: note: name one: @rights(of=NAME)\n"
     "x.if:3:2: error: attribute 'rights' stands before a type\n"
     "x.if:3:2: note: put it before a message or an rpc\n"},
    {IN("@a(b=0x) message n();"),
     "x.if:2:6: error: '0x' is no number of 64 bits\n"
     "x.if:2:6: note: write digits alone, 0x and hexadecimal ones, or 0o and octal ones\n"
     "x.if:2:2: warning: attribute 'a' is not known and has no effect\n"
     "x.if:2:2: note: take it away, unless another compiler wants it\n"},
    {"interfac t {\nmessage m();\nmesage n();\n};\n",
     "x.if:1:1: error: expected 'interface', found 'interfac'\n"
     "x.if:1:1: note: begin with: interface NAME \"what it is for\" {\n"
     "x.if:3:1: error: expected a declaration, found 'mesage'\n"
     "x.if:3:1: note: a declaration begins with message, rpc, call, response, typedef, alias or an "
     "attribute\n"},
    {"interface if \"x\" {\nmessage m(uint9 a);\n};\n",
     "x.if:1:11: error: the name of the interface is 'if', which is a word of C\n"
     "x.if:1:11: note: take another name, or add a '_'\n"
     "x.if:2:11: error: no type 'uint9' is known here\n"
     "x.if:2:11: note: did you mean 'uint8'?\n"},
    {IN("message n(uint9 a, uint8 a[1], cap b[c], cap b);\n"
        "rpc q(uint8 a, in uint9 b, out cap c);"),
     "x.if:2:11: error: no type 'uint9' is known here\n"
     "x.if:2:11: note: did you mean 'uint8'?\n"
     "x.if:2:28: error: array 'a' has no name for its length\n"
     "x.if:2:28: note: write a name for its length before the maximum, as in: uint8 data[length, "
     "64]\n"
     "x.if:2:36: error: argument 'b' is an array of capabilities\n"
     "x.if:2:36: note: give each an argument of its own\n"
     "x.if:3:7: error: expected 'in' or 'out', found 'uint8'\n"
     "x.if:3:7: note: write 'in' before what the caller gives, 'out' before what it gets\n"
     "x.if:3:19: error: no type 'uint9' is known here\n"
     "x.if:3:19: note: did you mean 'uint8'?\n"},
    {IN("typedef struct {\n"
        "uint9 a;\n"
        "uint8 b\n"
        "uint8 c;\n"
        "uint8 b;\n"
        "string d;\n"
        "} s;\n"
        "message n(s s1);"),
     "x.if:3:1: error: no type 'uint9' is known here\n"
     "x.if:3:1: note: did you mean 'uint8'?\n"
     "x.if:4:8: error: expected ';' behind a field, found 'uint8'\n"
     "x.if:4:8: note: write ';' behind a field\n"
     "x.if:6:7: error: 'b' stands here a second time\n"
     "x.if:6:7: note: take another name\n"
     "x.if:7:1: error: a string cannot be part of a type\n"
     "x.if:7:1: note: make it an argument of the message\n"},
    {IN("message n(uint8 (a);\n"
        "message o(uint9 a);"),
     "x.if:2:17: error: expected the name of an argument, found '('\n"
     "x.if:2:17: note: a name has letters, digits and '_', and begins with a letter\n"
     "x.if:3:11: error: no type 'uint9' is known here\n"
     "x.if:3:11: note: did you mean 'uint8'?\n"},
    {IN("typedef enum { A, A, 7, B } e;\n"
        "typedef enum { A } e;\n"
        "message n(e a);"),
     "x.if:2:19: error: 'A' stands here a second time\n"
     "x.if:2:19: note: take another name\n"
     "x.if:2:22: error: expected the name of an element, found '7'\n"
     "x.if:2:22: note: a name has letters, digits and '_', and begins with a letter\n"
     "x.if:3:16: error: 'A' is an element of another enum\n"
     "x.if:3:16: note: take another name\n"
     "x.if:3:20: error: type 'e' is declared a second time; the first is in line 2\n"
     "x.if:3:20: note: take another name\n"},
    {IN("message n(uint8 a, 7\nmessage o(float b);"),
     "x.if:2:20: error: expected a type, found '7'\n"
     "x.if:2:20: note: write a type and a name, as in: uint32 count\n"
     "x.if:3:11: error: no type 'float' is known here\n"
     "x.if:3:11: note: declare it above with typedef, or take a builtin type\n"},
};

static void test_all_told(void)
{
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct reading reading;
        read_text(&reading, wrong[i].text);
        CU_ASSERT_FALSE(reading.right);
        if (strcmp(reading.told, wrong[i].told) != 0) {
            printf("\n%s\n got: %swant: %s", wrong[i].text, reading.told, wrong[i].told);
            CU_FAIL("what is told");
        }
        unread(&reading);
    }
}

/// What is right in a text with faults is read nevertheless.
static void test_the_rest_is_read(void)
{
    struct reading reading;
    read_text(&reading, IN("message a(uint9 x);\n"
                           "typedef struct { uint8 b; float c; int16 d; } s;\n"
                           "rpc r(in s x, out cap);\n"
                           "mesage n();\n"
                           "rpc q(out s x);"));
    CU_ASSERT_FALSE(reading.right);
    CU_ASSERT_EQUAL(reading.faults.count, 4);
    CU_ASSERT_EQUAL(type_of(&reading, "s")->bytes, 3);
    CU_ASSERT_PTR_EQUAL(argument_of(operation_of(&reading, "q"), "x")->type,
                        type_of(&reading, "s"));
    CU_ASSERT_EQUAL(operation_of(&reading, "m")->kind, OPERATION_MESSAGE);
    unread(&reading);
}

/// A further file adds to what is counted, and is right by itself.
static void test_counts_add_up(void)
{
    struct interface first, second;
    char *told = NULL;
    size_t size;
    struct faults faults = {.out = open_memstream(&told, &size)};
    CU_ASSERT_FALSE(interface_parse(&first, "a.if", "interface a { message m(; };", &faults));
    CU_ASSERT_TRUE(interface_parse(&second, "b.if", "interface b { rpc bind(); };", &faults));
    CU_ASSERT_EQUAL(faults.count, 1);
    CU_ASSERT_EQUAL(faults.warnings, 1);
    fclose(faults.out);
    CU_ASSERT_PTR_NOT_NULL(strstr(told, "a.if:1:25: error: "));
    CU_ASSERT_PTR_NOT_NULL(strstr(told, "b.if:1:19: warning: "));
    interface_free(&first);
    interface_free(&second);
    free(told);
}

TEST_SUITE("several faults") = {
    {"all are told, each once", test_all_told},
    {"what is right is read", test_the_rest_is_read},
    {"faults of two files", test_counts_add_up},
};
