// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Good texts, changed at random. The compiler ends, reads nothing behind the text, and every place
// that it tells lies in it; what it takes it can write as C. STAVE_SEED repeats a run.
#include <emit.h>
#include <stdlib.h>
#include <string.h>

#include "reading.h"

enum { ROUNDS = 20000, TEXT_BYTES = 8192 };

static const char *const good[] = {
    "// Values by name\ninterface kv \"Values by name\" {\n"
    "    typedef enum { NEW, REPLACED } put_result;\n"
    "    rpc put(in String key[64], in uint8 value[length, 1024], out put_result result);\n"
    "    rpc get(in String key[64], out uint8 value[length, 1024], out bool found);\n"
    "    /* nobody /* yet */ */ rpc count(out uint32 keys);\n"
    "    message forget(String key[64]);\n};\n",
    "interface disk {\n    alias block uint64;\n    typedef uint8 name[16];\n"
    "    typedef name names[0x4];\n    typedef struct { block at; names n; bool used; } entry;\n"
    "    @ata(command=0xC8, size=length)\n"
    "    call read(block at, entry e[n, 8]);\n    response done(errval err, entry e);\n"
    "    typedef struct { cap memory; uint8 pages; } region;\n"
    "    rpc lend(in region r, in give_away_cap gift, out cap back, out string s, out names "
    "n);\n};",
    "@monitors()\ninterface mon \"Between monitors\" {\n    typedef enum { NEW, OLD } age;\n"
    "    alias gift give_away_cap;\n    typedef char name[8];\n"
    "    typedef struct { age a; cap c; name n; bool b; int8 i; } entry;\n"
    "    message hello(cap notify, uint64 number);\n    message nothing();\n"
    "    message give(gift g, String text[49], entry list[count, 5], name n, age a);\n};",
    "interface t{typedef enum{A,B,}e;typedef struct{e f;}s;typedef s q[3];typedef q r;\n"
    "message m(r a,q b[c],e d[f,0o7]);message bind();rpc n();};\n",
};

/// Words that a text gets in the place of others.
static const char *const words[] = {
    "interface", "message",  "call", "response", "rpc", "in",     "out",
    "typedef",   "struct",   "enum", "alias",    "cap", "string", "String",
    "uint8",     "bool",     "{",    "}",        "(",   ")",      "[",
    "]",         ",",        ";",    "@",        "=",   "\"",     "/*",
    "*/",        "//",       "0",    "1",        "0x",  "0o7",    "99999999999999999999",
    "250",       "1048577",  "m",    "t",        "\n",  "\xff",   "while",
    "131073",    "monitors",
};

#define WORDS (sizeof(words) / sizeof(words[0]))
#define GOOD (sizeof(good) / sizeof(good[0]))

/// Puts `middle` in the place of `length` bytes from `at`, if there is room.
static void replace(char *text, size_t at, size_t length, const char *middle)
{
    size_t put = strlen(middle), rest = strlen(text + at + length) + 1;
    if (at + put + rest > TEXT_BYTES)
        return;
    memmove(text + at + put, text + at + length, rest);
    memcpy(text + at, middle, put);
}

/// Where a word or a mark at or behind `at` begins and ends.
static size_t word_at(const char *text, size_t at, size_t *length)
{
    static const char in_word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    at += strspn(text + at, " \n");
    *length = strspn(text + at, in_word);
    if (*length == 0 && text[at] != '\0')
        *length = 1;
    return at;
}

static void change_once(struct test_random *random, char *text)
{
    size_t length, size = strlen(text);
    size_t at = size == 0 ? 0 : test_random_below(random, size);
    char byte[2] = {(char)(1 + test_random_below(random, 255)), '\0'}, piece[64];
    switch (test_random_below(random, 6)) {
    case 0: // a byte changed
        replace(text, at, size != 0, byte);
        break;
    case 1: // cut
        text[at] = '\0';
        break;
    case 2: // a piece taken out
        length = test_random_below(random, size - at + 1);
        replace(text, at, length < 40 ? length : 40, "");
        break;
    case 3: // a piece doubled
        snprintf(piece, 1 + test_random_below(random, sizeof(piece)), "%s", text + at);
        replace(text, at, 0, piece);
        break;
    case 4: // a word in the place of another
        at = word_at(text, at, &length);
        replace(text, at, length, words[test_random_below(random, WORDS)]);
        break;
    default: // a word of another text
        at = word_at(text, at, &length);
        const char *other = good[test_random_below(random, GOOD)];
        size_t other_length, from = test_random_below(random, strlen(other));
        from = word_at(other, from, &other_length);
        snprintf(piece, sizeof(piece), "%.*s", (int)other_length, other + from);
        replace(text, at, length, piece);
    }
}

/// Whether the text has this place; the end of a line, and of the text, are places.
static bool has_place(const char *text, unsigned line, unsigned column)
{
    for (; line > 1; line--) {
        text = strchr(text, '\n');
        if (text++ == NULL)
            return false;
    }
    return line == 1 && column >= 1 && column <= strcspn(text, "\n") + 1;
}

/// Two lines for each fault, with one place. Returns how many errors there are.
static size_t check_told(const char *text, const char *told)
{
    size_t errors = 0;
    while (*told != '\0') {
        unsigned line = 0, column = 0, note_line = 0, note_column = 0;
        int end = 0;
        sscanf(told, "x.if:%u:%u: %*[^\n]\nx.if:%u:%u: note: %*[^\n]\n%n", &line, &column,
               &note_line, &note_column, &end);
        CU_ASSERT_TRUE_FATAL(end > 0);
        CU_ASSERT_TRUE(line == note_line && column == note_column);
        CU_ASSERT_TRUE(has_place(text, line, column));
        const char *kind = strchr(told, ' ') + 1;
        errors += strncmp(kind, "error: ", strlen("error: ")) == 0;
        told += end;
    }
    return errors;
}

static void emit(const struct interface *interface)
{
    char *code;
    size_t size;
    FILE *out = open_memstream(&code, &size);
    (interface->monitors ? emit_monitors_header : emit_header)(out, interface);
    (interface->monitors ? emit_monitors_source : emit_source)(out, interface, "if/x_defs.h");
    fclose(out);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(code, interface->monitors ? "_dispatch(const" : "__interface = {"));
    free(code);
}

static void test_changed(void)
{
    static char text[TEXT_BYTES];
    struct test_random random;
    unsigned taken = 0;
    test_random_init(&random, 11);
    for (unsigned round = 0; round < ROUNDS; round++) {
        strcpy(text, good[round % GOOD]);
        for (uint64_t changes = 1 + test_random_below(&random, 4); changes > 0; changes--)
            change_once(&random, text);
        struct reading reading;
        read_text(&reading, text);
        CU_ASSERT_EQUAL(check_told(text, reading.told), reading.faults.count);
        if (reading.right) {
            emit(&reading.interface);
            taken++;
        }
        unread(&reading);
    }
    CU_ASSERT_TRUE(taken > ROUNDS / 100 && taken < ROUNDS / 2); // both are tried
}

static void test_unchanged(void)
{
    for (size_t i = 0; i < GOOD; i++) {
        struct reading reading;
        read_text(&reading, good[i]);
        CU_ASSERT_TRUE_FATAL(reading.right);
        emit(&reading.interface);
        unread(&reading);
    }
}

TEST_SUITE("random texts") = {
    {"the texts are good", test_unchanged},
    {"changed ones", test_changed},
};
