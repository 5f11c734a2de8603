// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Every fault and every warning: a text that has it, its place, what is said, and how to mend it. No
// text has two, so that none is followed by others that come of it.
#include <string.h>

#include "reading.h"

/// Declarations from line 2 on, with a message behind them.
#define IN(declarations) "interface t {\n" declarations "\nmessage m();\n};\n"

static const struct {
    const char *text;
    unsigned line, column;
    const char *what, *mend;
} wrong[] = {
    {"interface t \"what {\nmessage m();\n};\n", 1, 13,
     "error: a text begins here and does not end", "end it with \" on the same line"},
    {IN("message n(uint8 a[b, 08x]);"), 2, 22, "error: '08x' is no number of 64 bits",
     "write digits alone, 0x and hexadecimal ones, or 0o and octal ones"},
    {IN("message n(uint8 a[b, 18446744073709551616]);"), 2, 22,
     "error: '18446744073709551616' is no number of 64 bits",
     "write digits alone, 0x and hexadecimal ones, or 0o and octal ones"},
    {IN("message n(uint8 a[b, 0x]);"), 2, 22, "error: '0x' is no number of 64 bits",
     "write digits alone, 0x and hexadecimal ones, or 0o and octal ones"},
    {IN("message n(uint8 a[b, 0o8]);"), 2, 22, "error: '0o8' is no number of 64 bits",
     "write digits alone, 0x and hexadecimal ones, or 0o and octal ones"},
    {"", 1, 1, "error: expected 'interface', found the end of the file",
     "begin with: interface NAME \"what it is for\" {"},
    {"  \n message m();\n", 2, 2, "error: expected 'interface', found 'message'",
     "begin with: interface NAME \"what it is for\" {"},
    {"interface 7 {\nmessage m();\n};\n", 1, 11,
     "error: expected the name of the interface, found '7'",
     "a name has letters, digits and '_', and begins with a letter"},
    {"interface t ; message m();", 1, 12,
     "error: expected '{' before the declarations of the interface, found ';'",
     "write '{' before the declarations of the interface"},
    {"interface t \"x\" message", 1, 16,
     "error: expected '{' before the declarations of the interface, found 'message'",
     "write '{' before the declarations of the interface"},
    {"interface t {\nmessage m();\n", 2, 13,
     "error: expected '}' behind the last declaration of the interface, found the end of the file",
     "write '}' behind the last declaration of the interface"},
    {"interface t {\nmessage m();\n}\n", 3, 2,
     "error: expected ';' behind the '}' of the interface, found the end of the file",
     "write ';' behind the '}' of the interface"},
    {"interface t {\nmessage m();\n}; interface u {};\n", 3, 4,
     "error: expected the end of the file behind the interface, found 'interface'",
     "give each interface a file of its own"},
    {"interface t {\nmessage m();\n};\n\"text\"", 4, 1,
     "error: expected the end of the file behind the interface, found the text \"text\"",
     "give each interface a file of its own"},
    {"interface t { };\n", 1, 11, "error: interface 't' has no message",
     "declare one: message NAME(); or rpc NAME();"},
    {"interface t { alias a uint8; };\n", 1, 11, "error: interface 't' has no message",
     "declare one: message NAME(); or rpc NAME();"},
    {IN("message aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa();"), 2, 9,
     "error: the name of the message has 65 letters, but may have at most 64",
     "take a shorter one"},
    {IN("message if();"), 2, 9, "error: the name of the message is 'if', which is a word of C",
     "take another name, or add a '_'"},
    {IN("message n(uint8 for);"), 2, 17,
     "error: the name of an argument is 'for', which is a word of C",
     "take another name, or add a '_'"},
    {IN("message _n();"), 2, 9, "error: expected the name of the message, found '_'",
     "a name has letters, digits and '_', and begins with a letter"},
    {IN("message n(uint8);"), 2, 16, "error: expected the name of an argument, found ')'",
     "a name has letters, digits and '_', and begins with a letter"},
    {IN("massage n();"), 2, 1, "error: expected a declaration, found 'massage'",
     "a declaration begins with message, rpc, call, response, typedef, alias or an attribute"},
    {IN("; "), 2, 1, "error: expected a declaration, found ';'",
     "a declaration begins with message, rpc, call, response, typedef, alias or an attribute"},
    {IN("\1"), 2, 1, "error: expected a declaration, found the byte 0x01",
     "a declaration begins with message, rpc, call, response, typedef, alias or an attribute"},
    {IN("\"text\""), 2, 1, "error: expected a declaration, found the text \"text\"",
     "a declaration begins with message, rpc, call, response, typedef, alias or an attribute"},
    {IN("@n message q();"), 2, 3,
     "error: expected '(' behind the name of an attribute, found 'message'",
     "write '(' behind the name of an attribute"},
    {IN("@a(b=1 c=2) message n();"), 2, 7,
     "error: expected ')' behind the parameters of an attribute, found 'c'",
     "write ')' behind the parameters of an attribute"},
    {IN("@a(b=1, c=size) message n();"), 2, 2,
     "warning: attribute 'a' is not known and has no effect",
     "take it away, unless another compiler wants it"},
    {IN("@rights() message n();"), 2, 2, "error: attribute 'rights' names no right",
     "name one: @rights(of=NAME)"},
    {IN("@rights(from=a) message n();"), 2, 9, "error: attribute 'rights' has no parameter 'from'",
     "name each right behind an 'of': @rights(of=NAME)"},
    {IN("@rights(of=1) message n();"), 2, 12, "error: expected the name of a right, found '1'",
     "a name has letters, digits and '_', and begins with a letter"},
    {IN("@rights(of=if) message n();"), 2, 12,
     "error: the name of a right is 'if', which is a word of C", "take another name, or add a '_'"},
    {IN("@rights(of=a) typedef uint8 c;"), 2, 2, "error: attribute 'rights' stands before a type",
     "put it before a message or an rpc"},
    {IN("@rights(of=a) message n();\ntypedef enum { RIGHT_a } e;"), 2, 12,
     "error: t_RIGHT_a is something else in C already", "take another name for the right"},
    {IN("@rights(of=a) rpc RIGHT_a();"), 2, 19,
     "warning: rpc 'RIGHT_a' has no plain function: t_RIGHT_a is something else in C",
     "call it by its binding's rpc_tx_vtbl, or take another name"},
    {IN("@rights(of=a) rpc allow();"), 2, 19,
     "warning: rpc 'allow' has no plain function: t_allow is something else in C",
     "call it by its binding's rpc_tx_vtbl, or take another name"},
    {IN("message n;"), 2, 10, "error: expected '(' behind the name of a message, found ';'",
     "write '(' behind the name of a message"},
    {IN("message n(uint8 a"), 2, 18,
     "error: expected ')' behind the arguments of a message, found 'message'",
     "write ')' behind the arguments of a message"},
    {IN("message n(uint8 a b);"), 2, 18,
     "error: expected ')' behind the arguments of a message, found 'b'",
     "write ')' behind the arguments of a message"},
    {IN("message n()"), 2, 12, "error: expected ';' behind the message, found 'message'",
     "write ';' behind the message"},
    {IN("message n() message o();"), 2, 12,
     "error: expected ';' behind the message, found 'message'", "write ';' behind the message"},
    {IN("message n(uint8 a[1]);"), 2, 19, "error: array 'a' has no name for its length",
     "write a name for its length before the maximum, as in: uint8 data[length, 64]"},
    {IN("message n(uint8 a[b c]);"), 2, 20,
     "error: expected ']' behind what bounds an argument, found 'c'",
     "write ']' behind what bounds an argument"},
    {IN("message n(uint8 a[b, c]);"), 2, 22,
     "error: expected the most elements of an array, found 'c'",
     "write a number from 1 to 1048576"},
    {IN("message n(uint8 a[b, 0]);"), 2, 22, "error: the most elements of an array is 0",
     "write a number from 1 to 1048576"},
    {IN("message n(uint8 a[b, 1048577]);"), 2, 22,
     "error: the most elements of an array is 1048577", "write a number from 1 to 1048576"},
    {IN("message n(uint8 a[b, 1);"), 2, 23,
     "error: expected ']' behind what bounds an argument, found ')'",
     "write ']' behind what bounds an argument"},
    {IN("message n(String a[b]);"), 2, 20, "error: expected the most bytes of a string, found 'b'",
     "write a number from 1 to 1048576"},
    {IN("message n(String a[0]);"), 2, 20, "error: the most bytes of a string is 0",
     "write a number from 1 to 1048576"},
    {IN("message n(uint8 a, uint8 a);"), 2, 26,
     "error: argument 'a' of 'n' has a name that another has, or its length has",
     "take another name for it, or for its length"},
    {IN("message n(uint8 a[b], uint8 b);"), 2, 29,
     "error: argument 'b' of 'n' has a name that another has, or its length has",
     "take another name for it, or for its length"},
    {IN("message n(uint8 a[a]);"), 2, 17,
     "error: argument 'a' of 'n' has a name that another has, or its length has",
     "take another name for it, or for its length"},
    {IN("rpc n(uint8 a);"), 2, 7, "error: expected 'in' or 'out', found 'uint8'",
     "write 'in' before what the caller gives, 'out' before what it gets"},
    {IN("rpc n(inout uint8 a);"), 2, 7, "error: expected 'in' or 'out', found 'inout'",
     "write 'in' before what the caller gives, 'out' before what it gets"},
    {IN("rpc n(in uint8 a, out uint8 a);"), 2, 29,
     "error: argument 'a' of 'n' has a name that another has, or its length has",
     "take another name for it, or for its length"},
    {IN("message n(cap a[b]);"), 2, 15, "error: argument 'a' is an array of capabilities",
     "give each an argument of its own"},
    {IN("message n(in uint8 a);"), 2, 11,
     "error: 'in' stands before an argument of 'n', which is no rpc",
     "take it away, or make an rpc of the message"},
    {IN("message n(uint64 a[b, 131072]);"), 2, 9,
     "error: 'n' may have 1048580 bytes, but a message has at most 1048576",
     "lower the maxima, or send a capability to memory"},
    {IN("rpc n(in uint8 a, out uint8 b[c, 1048576]);"), 2, 5,
     "error: 'n' may have 1048580 bytes, but a message has at most 1048576",
     "lower the maxima, or send a capability to memory"},
    {IN("message n(cap c0, cap c1, cap c2, cap c3, cap c4, cap c5, cap c6, cap c7, cap c8);"), 2, 9,
     "error: 'n' has 9 capabilities, but a message has at most 8", "send several messages"},
    {IN("rpc bind();"), 2, 5,
     "warning: rpc 'bind' has no plain function: t_bind is something else in C",
     "call it by its binding's rpc_tx_vtbl, or take another name"},
    {IN("message m();"), 3, 9, "error: 'm' and 'm' in line 2 are messages of one name",
     "take another name; an rpc 'x' is the messages 'x_call' and 'x_response'"},
    {IN("rpc n();\n"
        "message n_call();"),
     3, 9, "error: 'n_call' and 'n' in line 2 are messages of one name",
     "take another name; an rpc 'x' is the messages 'x_call' and 'x_response'"},
    {IN("message n_response();\n"
        "rpc n();"),
     3, 5, "error: 'n' and 'n_response' in line 2 are messages of one name",
     "take another name; an rpc 'x' is the messages 'x_call' and 'x_response'"},
    {IN("message n(3 a);"), 2, 11, "error: expected a type, found '3'",
     "write a type and a name, as in: uint32 count"},
    {IN("message n(uint9 a);"), 2, 11, "error: no type 'uint9' is known here",
     "did you mean 'uint8'?"},
    {IN("message n(nothing a);"), 2, 11, "error: no type 'nothing' is known here",
     "declare it above with typedef, or take a builtin type"},
    {IN("typedef uint8 a;\n"
        "typedef uint8 a;"),
     3, 15, "error: type 'a' is declared a second time; the first is in line 2",
     "take another name"},
    {IN("alias a uint8;\n"
        "typedef struct { uint8 b; } a;"),
     3, 29, "error: type 'a' is declared a second time; the first is in line 2",
     "take another name"},
    {IN("typedef uint64 a[131073];"), 2, 16,
     "error: type 'a' has 1048584 bytes, but a message has at most 1048576",
     "send references to memory, and a capability to it"},
    {IN("typedef uint64 a[131072]; typedef struct { a x; a y; } b;"), 2, 56,
     "error: type 'b' has 2097152 bytes, but a message has at most 1048576",
     "send references to memory, and a capability to it"},
    {IN("typedef struct { string s; } a;"), 2, 18, "error: a string cannot be part of a type",
     "make it an argument of the message"},
    {IN("typedef struct { uint8 b; uint8 b; } a;"), 2, 33, "error: 'b' stands here a second time",
     "take another name"},
    {IN("typedef enum { A, A } a;"), 2, 19, "error: 'A' stands here a second time",
     "take another name"},
    {IN("typedef enum { A } a; typedef enum { B, A } b;"), 2, 41,
     "error: 'A' is an element of another enum", "take another name"},
    {IN("typedef struct a { uint8 b; } a;\n"
        "message n(a b);"),
     2, 15, "error: expected '{' before the fields of a struct, found 'a'",
     "write '{' before the fields of a struct"},
    {IN("typedef struct uint8 b;"), 2, 15,
     "error: expected '{' before the fields of a struct, found 'uint8'",
     "write '{' before the fields of a struct"},
    {IN("typedef enum a { A } a;\n"
        "message n(a b);"),
     2, 13, "error: expected '{' before the elements of an enum, found 'a'",
     "write '{' before the elements of an enum"},
    {IN("typedef struct { } a;"), 2, 18, "error: expected a type, found '}'",
     "write a type and a name, as in: uint32 count"},
    {IN("typedef struct { uint8 b } a;"), 2, 25, "error: expected ';' behind a field, found '}'",
     "write ';' behind a field"},
    {IN("typedef struct { uint8 b; };"), 2, 28, "error: expected the name of the struct, found ';'",
     "a name has letters, digits and '_', and begins with a letter"},
    {IN("typedef struct { uint8 b; "), 2, 26,
     "error: expected '}' behind the last field of a struct, found 'message'",
     "write '}' behind the last field of a struct"},
    {IN("typedef enum A, B a;"), 2, 13,
     "error: expected '{' before the elements of an enum, found 'A'",
     "write '{' before the elements of an enum"},
    {IN("typedef enum { } a;"), 2, 16, "error: expected the name of an element, found '}'",
     "a name has letters, digits and '_', and begins with a letter"},
    {IN("typedef enum { A B } a;"), 2, 17,
     "error: expected '}' behind the last element of an enum, found 'B'",
     "write '}' behind the last element of an enum"},
    {IN("typedef enum { A };"), 2, 19, "error: expected the name of the enum, found ';'",
     "a name has letters, digits and '_', and begins with a letter"},
    {IN("typedef uint8 a[];"), 2, 17, "error: expected the number of elements, found ']'",
     "write a number from 1 to 1048576"},
    {IN("typedef uint8 a[0];"), 2, 17, "error: the number of elements is 0",
     "write a number from 1 to 1048576"},
    {IN("typedef uint8 a[4;"), 2, 18,
     "error: expected ']' behind the number of elements, found ';'",
     "write ']' behind the number of elements"},
    {IN("typedef uint8 a"), 2, 16, "error: expected ';' behind the type, found 'message'",
     "write ';' behind the type"},
    {IN("typedef uint8;"), 2, 14, "error: expected the name of the type, found ';'",
     "a name has letters, digits and '_', and begins with a letter"},
    {IN("alias a;"), 2, 8, "error: expected a type, found ';'",
     "write a type and a name, as in: uint32 count"},
    {IN("alias 1 uint8;"), 2, 7, "error: expected the name of the alias, found '1'",
     "a name has letters, digits and '_', and begins with a letter"},
    {IN("typedef uint8 a[4;\n"
        "message n(a t);"),
     2, 18, "error: expected ']' behind the number of elements, found ';'",
     "write ']' behind the number of elements"},
    {IN("typedef enum { A, 4 } a;\n"
        "message n(a t);"),
     2, 19, "error: expected the name of an element, found '4'",
     "a name has letters, digits and '_', and begins with a letter"},
    {IN("alias a uint9;\n"
        "message n(a t);"),
     2, 9, "error: no type 'uint9' is known here", "did you mean 'uint8'?"},
    {"interface {\nmessage m();\n};", 1, 11, "error: expected the name of the interface, found '{'",
     "a name has letters, digits and '_', and begins with a letter"},
    {IN("rpc export();"), 2, 5,
     "warning: rpc 'export' has no plain function: t_export is something else in C",
     "call it by its binding's rpc_tx_vtbl, or take another name"},
    {IN("rpc accept(out uint8 a);"), 2, 5,
     "warning: rpc 'accept' has no plain function: t_accept is something else in C",
     "call it by its binding's rpc_tx_vtbl, or take another name"},
    {IN("rpc connect();"), 2, 5,
     "warning: rpc 'connect' has no plain function: t_connect is something else in C",
     "call it by its binding's rpc_tx_vtbl, or take another name"},
    {IN("rpc bind_blocking();"), 2, 5,
     "warning: rpc 'bind_blocking' has no plain function: t_bind_blocking is something else in C",
     "call it by its binding's rpc_tx_vtbl, or take another name"},
    {IN("rpc rpc_client_init();"), 2, 5,
     "warning: rpc 'rpc_client_init' has no plain function: t_rpc_client_init is something else in "
     "C",
     "call it by its binding's rpc_tx_vtbl, or take another name"},
    {IN("rpc read();\n"
        "typedef enum { read, write } way;"),
     2, 5, "warning: rpc 'read' has no plain function: t_read is something else in C",
     "call it by its binding's rpc_tx_vtbl, or take another name"},
    {IN("typedef uint8 key;\n"
        "rpc key_t();"),
     3, 5, "warning: rpc 'key_t' has no plain function: t_key_t is something else in C",
     "call it by its binding's rpc_tx_vtbl, or take another name"},
    {IN("typedef enum { A, B\n"
        "rpc r();"),
     2, 20, "error: expected '}' behind the last element of an enum, found 'rpc'",
     "write '}' behind the last element of an enum"},
    {IN("message n(uint8 a[);"), 2, 19, "error: expected the name of an array's length, found ')'",
     "a name has letters, digits and '_', and begins with a letter"},
    {IN("message n(cap a[b, 2]);"), 2, 15, "error: argument 'a' is an array of capabilities",
     "give each an argument of its own"},
    {IN("typedef string words[2];"), 2, 9, "error: a string cannot be part of a type",
     "make it an argument of the message"},
    {IN("typedef enum { A } while;"), 2, 20,
     "error: the name of the enum is 'while', which is a word of C",
     "take another name, or add a '_'"},
    {IN("alias a"), 3, 1, "error: expected a type, found 'message'",
     "write a type and a name, as in: uint32 count"},
    {IN("typedef struct { uint8 b; } a"), 2, 30,
     "error: expected ';' behind the type, found 'message'", "write ';' behind the type"},
    {IN("message n(ip a);"), 2, 11, "error: no type 'ip' is known here",
     "declare it above with typedef, or take a builtin type"},
    {IN("message n(strng a);"), 2, 11, "error: no type 'strng' is known here",
     "did you mean 'string'?"},
    {IN("message n(uint8 é);"), 2, 17,
     "error: expected the name of an argument, found the byte 0xc3",
     "a name has letters, digits and '_', and begins with a letter"},
    {IN("typedef uint64 big[131073];\n"
        "message n(big b);"),
     2, 16, "error: type 'big' has 1048584 bytes, but a message has at most 1048576",
     "send references to memory, and a capability to it"},
    {IN("typedef cap caps[9];"), 2, 13,
     "error: type 'caps' has 9 capabilities, but a message has at most 8", "send several messages"},
    {IN("typedef struct { cap c; } box;\nmessage n(box b[c, 2]);"), 3, 15,
     "error: argument 'b' is an array of capabilities", "give each an argument of its own"},
    {IN("message n(uint8 a[c], uint8 b[c]);"), 2, 29,
     "error: argument 'b' of 'n' has a name that another has, or its length has",
     "take another name for it, or for its length"},
    {IN("mesage n(uint8 a; uint8 b);"), 2, 1, "error: expected a declaration, found 'mesage'",
     "a declaration begins with message, rpc, call, response, typedef, alias or an attribute"},
    {IN("message n(uint9 call, uint8 a);"), 2, 11, "error: no type 'uint9' is known here",
     "did you mean 'uint8'?"},
    {IN("rpc close();"), 2, 5,
     "warning: rpc 'close' has no plain function: t_close is something else in C",
     "call it by its binding's rpc_tx_vtbl, or take another name"},
    {IN("rpc export_blocking();"), 2, 5,
     "warning: rpc 'export_blocking' has no plain function: t_export_blocking is something else in "
     "C",
     "call it by its binding's rpc_tx_vtbl, or take another name"},
    {IN("typedef struct { cap a; cap b; cap c; } s;\nmessage n(s x, s y, s z);"), 3, 9,
     "error: 'n' has 9 capabilities, but a message has at most 8", "send several messages"},
};

static void check(const char *text, unsigned line, unsigned column, const char *what,
                  const char *mend)
{
    char expected[512];
    struct reading reading;
    snprintf(expected, sizeof(expected), "x.if:%u:%u: %s\nx.if:%u:%u: note: %s\n", line, column,
             what, line, column, mend);
    read_text(&reading, text);
    bool warns = strncmp(what, "warning", strlen("warning")) == 0;
    CU_ASSERT_EQUAL(reading.right, warns);
    CU_ASSERT_EQUAL(reading.faults.count, !warns);
    CU_ASSERT_EQUAL(reading.faults.warnings, warns);
    if (strcmp(reading.told, expected) != 0) {
        printf("\n%s\n got: %swant: %s", text, reading.told, expected);
        CU_FAIL("what is told");
    }
    unread(&reading);
}

static void test_each(void)
{
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        check(wrong[i].text, wrong[i].line, wrong[i].column, wrong[i].what, wrong[i].mend);
}

static void test_too_many(void)
{
    char text[4096] = "interface t {\n";
    for (unsigned i = 0; i < FLOUNDER_MESSAGES_MAX / 2; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "rpc r%u();\n", i);
    strcat(text, "message m();\n};\n");
    check(text, 127, 9,
          "error: 'm' is one message too many: an interface has at most 250, an rpc counts twice",
          "divide the interface");
}

static void test_too_many_rights(void)
{
    char text[4096] = "interface t {\n";
    for (unsigned i = 0; i <= FLOUNDER_RIGHTS_MAX; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text),
                 "@rights(of=r%u) message m%u();\n", i, i);
    strcat(text, "};\n");
    check(text, 34, 12, "error: 'r32' is one right too many: an interface has at most 32",
          "let rights share a name, or divide the interface");
}

TEST_SUITE("faults") = {
    {"each", test_each},
    {"too many messages", test_too_many},
    {"too many rights", test_too_many_rights},
};
