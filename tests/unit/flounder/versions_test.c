// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Signatures, their digests, and what of a changed interface refuses clients of the old one (V1 to V4
// of diff.c).
#include <stdlib.h>
#include <string.h>

#include "reading.h"

static const char types[] = "typedef struct { uint8 a; bool b; } pair;\n"
                            "typedef struct { pair p; int16 q; } nest;\n"
                            "typedef enum { RED, BLUE } colour;\n"
                            "typedef uint16 row[5];\n"
                            "typedef row table[3];\n"
                            "alias key uint64;\n"
                            "typedef string words;\n";

static void test_signatures(void)
{
    static const struct {
        const char *declaration, *signature;
    } cases[] = {
        {"message m();", "message t.m()"},
        {"call m(uint8 a, int b);", "call t.m(uint8, int)"},
        {"response m(cap c, give_away_cap d);", "response t.m(cap, give_away_cap)"},
        {"rpc m(in uint8 a, out String s[64]);", "rpc t.m(in uint8, out string[64])"},
        {"message m(string s, words w, words v[7]);",
         "message t.m(string[4096], string[4096], string[7])"},
        {"message m(uint8 a[n, 16], char c[k]);", "message t.m(uint8[0..16], char[0..4096])"},
        {"message m(key k, pair p);", "message t.m(uint64, struct {uint8, bool})"},
        {"message m(nest n);", "message t.m(struct {struct {uint8, bool}, int16})"},
        {"message m(colour c, pair p[n, 2]);",
         "message t.m(enum {RED, BLUE}, struct {uint8, bool}[0..2])"},
        {"message m(row r, table t, row s[n, 9]);",
         "message t.m(uint16[5], uint16[5][3], uint16[5][0..9])"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[1024], *signature;
        size_t size;
        struct reading reading;
        snprintf(text, sizeof(text), "%s%s\n", types, cases[i].declaration);
        read_right(&reading, text);
        FILE *out = open_memstream(&signature, &size);
        signature_print(out, &reading.interface, operation_of(&reading, "m"));
        fclose(out);
        CU_ASSERT_STRING_EQUAL(signature, cases[i].signature);
        free(signature);
        unread(&reading);
    }
}

static uint64_t digest_of(const char *declarations)
{
    struct reading reading;
    read_right(&reading, declarations);
    uint64_t digest = signature_digest(&reading.interface, operation_of(&reading, "m"));
    unread(&reading);
    return digest;
}

/// Both sides of a binding may be compiled by different compilers: the digest is FNV-1a.
static void test_digests(void)
{
    CU_ASSERT_EQUAL(digest_of("message m();\n"), 0x3ca339987ba99c62);
    CU_ASSERT_EQUAL(digest_of("rpc m(in uint8 a, out String s[64]);\n"), 0x23db7e94da33efea);
    CU_ASSERT_EQUAL(digest_of("alias byte uint8;\nrpc m(in byte other, out String name[64]);\n"),
                    digest_of("rpc m(in uint8 a, out String s[64]);\n"));
    CU_ASSERT_NOT_EQUAL(digest_of("call m();\n"), digest_of("message m();\n"));
    CU_ASSERT_EQUAL(digest_of("@rights(of=a) message m();\n"), digest_of("message m();\n"));
}

#define OLD                                                                                        \
    "interface t \"old\" {\n"                                                                      \
    "typedef struct { uint8 a; uint16 b; } s;\n"                                                   \
    "typedef enum { A, B } e;\n"                                                                   \
    "message one(s x);\n"                                                                          \
    "rpc two(in e y, out String z[8]);\n"                                                          \
    "message three(uint8 w[n, 4]);\n"                                                              \
    "};\n"

#define V3(line, name_column, was, is)                                                             \
    "x.if:" #line ":" #name_column                                                                 \
    ": V3: give what has changed another name and put it at the end\n"                             \
    "    was: " was "\n    is:  " is "\n"

static const struct {
    const char *what, *changed;
    size_t broken;
    const char *told;
} changes[] = {
    {"nothing", OLD, 0, ""},
    {"names, aliases, comments, attributes, the text",
     "interface t { // new\n"
     "alias byte uint8;\n"
     "typedef struct { byte first; uint16 second; } record;\n"
     "typedef enum { A, B } letter;\n"
     "message one(record r);\n"
     "@ata(a=1) rpc two(in letter l, out String text[8]);\n"
     "message three(byte data[length, 4]);\n"
     "};\n",
     0, ""},
    {"messages at the end",
     "interface t {\n"
     "typedef struct { uint8 a; uint16 b; } s;\n"
     "typedef enum { A, B } e;\n"
     "message one(s x);\n"
     "rpc two(in e y, out String z[8]);\n"
     "message three(uint8 w[n, 4]);\n"
     "rpc four();\n"
     "};\n",
     0, ""},
    {"V1: another name of the interface",
     "interface u {\n"
     "typedef struct { uint8 a; uint16 b; } s;\n"
     "typedef enum { A, B } e;\n"
     "message one(s x);\n"
     "rpc two(in e y, out String z[8]);\n"
     "message three(uint8 w[n, 4]);\n"
     "};\n",
     1, "x.if:1:11: V1: the interface has another name; give it back its old one\n"},
    {"V2: a message gone, in the middle",
     "interface t {\n"
     "typedef struct { uint8 a; uint16 b; } s;\n"
     "message one(s x);\n"
     "message three(uint8 w[n, 4]);\n"
     "};\n",
     2,
     "x.if:4:9: V2: 'two' is gone; put it back where it was\n"
     "x.if:4:9: V2: 'three' was message 4 and is 2; put new ones at the end\n"},
    {"V2: a message gone, at the end",
     "interface t {\n"
     "typedef struct { uint8 a; uint16 b; } s;\n"
     "typedef enum { A, B } e;\n"
     "message one(s x);\n"
     "rpc two(in e y, out String z[8]);\n"
     "};\n",
     1, "x.if:1:11: V2: 'three' is gone; put it back where it was\n"},
    {"V2: a message put before others",
     "interface t {\n"
     "typedef struct { uint8 a; uint16 b; } s;\n"
     "typedef enum { A, B } e;\n"
     "message one(s x);\n"
     "message new();\n"
     "rpc two(in e y, out String z[8]);\n"
     "message three(uint8 w[n, 4]);\n"
     "};\n",
     2,
     "x.if:6:5: V2: 'two' was message 2 and is 3; put new ones at the end\n"
     "x.if:7:9: V2: 'three' was message 4 and is 5; put new ones at the end\n"},
    {"V3: kinds",
     "interface t {\n"
     "typedef struct { uint8 a; uint16 b; } s;\n"
     "typedef enum { A, B } e;\n"
     "call one(s x);\n"
     "rpc two(in e y, out String z[8]);\n"
     "message three(uint8 w[n, 4]);\n"
     "};\n",
     1, V3(4, 6, "message t.one(struct {uint8, uint16})", "call t.one(struct {uint8, uint16})")},
    {"V3: a field, an element and a bound more",
     "interface t {\n"
     "typedef struct { uint8 a; uint16 b; bool c; } s;\n"
     "typedef enum { A, B, C } e;\n"
     "message one(s x);\n"
     "rpc two(in e y, out String z[8]);\n"
     "message three(uint8 w[n, 5]);\n"
     "};\n",
     3,
     V3(4, 9, "message t.one(struct {uint8, uint16})",
        "message t.one(struct {uint8, uint16, bool})")
         V3(5, 5, "rpc t.two(in enum {A, B}, out string[8])",
            "rpc t.two(in enum {A, B, C}, out string[8])")
             V3(6, 9, "message t.three(uint8[0..4])", "message t.three(uint8[0..5])")},
    {"V3: an order, a direction, an argument more",
     "interface t {\n"
     "typedef struct { uint16 a; uint8 b; } s;\n"
     "typedef enum { A, B } e;\n"
     "message one(s x);\n"
     "rpc two(out e y, out String z[8]);\n"
     "message three(uint8 w[n, 4], bool b);\n"
     "};\n",
     3,
     V3(4, 9, "message t.one(struct {uint8, uint16})", "message t.one(struct {uint16, uint8})")
         V3(5, 5, "rpc t.two(in enum {A, B}, out string[8])",
            "rpc t.two(out enum {A, B}, out string[8])")
             V3(6, 9, "message t.three(uint8[0..4])", "message t.three(uint8[0..4], bool)")},
};

static void check_change(const char *before, const char *after, size_t broken, const char *wanted)
{
    struct reading old, changed;
    char *told;
    size_t size;
    FILE *out = open_memstream(&told, &size);
    read_text(&old, before);
    read_text(&changed, after);
    CU_ASSERT_TRUE_FATAL(old.right && changed.right);
    CU_ASSERT_EQUAL(interface_diff(&old.interface, &changed.interface, out), broken);
    fclose(out);
    if (strcmp(told, wanted) != 0) {
        printf("\n%s\n got: %swant: %s", after, told, wanted);
        CU_FAIL("what is told of a change");
    }
    free(told);
    unread(&old);
    unread(&changed);
}

static void test_changes(void)
{
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
        check_change(OLD, changes[i].changed, changes[i].broken, changes[i].told);
}

/// V4: of each change, what it is from and to.
static void test_changed_rights(void)
{
    static const struct {
        const char *old, *changed;
        size_t broken;
        const char *told;
    } cases[] = {
        {"@rights(of=a)", "", 0, ""},
        {"@rights(of=a)", "@rights(of=b, of=a)", 0, ""},
        {"@rights(of=a, of=b)", "@rights(of=b)\n@rights(of=a)", 0, ""},
        {"", "@rights(of=a)", 1,
         "x.if:3:9: V4: everybody could send 'm'; put one that needs a right at the end\n"},
        {"@rights(of=a)", "@rights(of=b)", 1,
         "x.if:3:9: V4: who has the right 'a' could send 'm'; name it again\n"},
        {"@rights(of=a, of=b, of=c)", "@rights(of=b)", 1,
         "x.if:3:9: V4: who has the right 'a' could send 'm'; name it again\n"
         "x.if:3:9: V4: who has the right 'c' could send 'm'; name it again\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char old[256], changed[256];
        snprintf(old, sizeof(old), "interface t {\n%s\nmessage m();\n};\n", cases[i].old);
        snprintf(changed, sizeof(changed), "interface t {\n%s\nmessage m();\n};\n",
                 cases[i].changed);
        check_change(old, changed, cases[i].broken, cases[i].told);
    }
    check_change("interface t {\nmessage m();\n@rights(of=b) rpc n();\n};\n",
                 "interface t {\nmessage m();\n@rights(of=a) rpc n(in bool x);\n};\n", 1,
                 V3(3, 19, "rpc t.n()", "rpc t.n(in bool)") "x.if:3:19: V4: who has the right 'b' "
                                                            "could send 'n'; name it again\n");
}

TEST_SUITE("versions") = {
    {"signatures", test_signatures},
    {"digests", test_digests},
    {"what may change and what may not", test_changes},
    {"rights that may change and that may not", test_changed_rights},
};
