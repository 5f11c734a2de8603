// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The line editor against a terminal of one row: after every key the row must show the line, blanks
// behind it, and the cursor where the editor has it.
#include <line_editor.h>
#include <stdio.h>
#include <string.h>

#include "suites.h"

static struct {
    char row[LINE_BYTES + 64];
    size_t column;
    unsigned newlines;
} screen;

static struct line_editor editor;

static void show(void *st, const char *bytes, size_t length)
{
    CU_ASSERT_PTR_EQUAL(st, &screen);
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] == '\b') {
            CU_ASSERT_FATAL(screen.column > 0);
            screen.column--;
        } else if (bytes[i] == '\n') {
            screen.newlines++;
            screen.column = 0;
            memset(screen.row, ' ', sizeof(screen.row));
        } else {
            CU_ASSERT_FATAL(screen.column < sizeof(screen.row));
            screen.row[screen.column++] = bytes[i];
        }
    }
}

static void start(void)
{
    memset(&screen, 0, sizeof(screen));
    memset(screen.row, ' ', sizeof(screen.row));
    line_editor_init(&editor, show, &screen);
}

static bool shown(void)
{
    bool same = line_editor_valid(&editor) && screen.column == editor.cursor &&
                memcmp(screen.row, editor.text, editor.length) == 0;
    for (size_t i = editor.length; same && i < sizeof(screen.row); i++) {
        same = screen.row[i] == ' ';
    }
    return same;
}

// Types keys; returns the event of the last.
static enum line_event type(const char *keys)
{
    enum line_event event = LINE_MORE;
    for (; *keys != '\0'; keys++) {
        event = line_editor_key(&editor, *keys);
        CU_ASSERT_TRUE(event == LINE_DONE || shown());
    }
    return event;
}

static void enter(const char *line)
{
    type(line);
    CU_ASSERT_EQUAL(type("\r"), LINE_DONE);
    line_editor_begin(&editor);
}

static void test_typing(void)
{
    start();
    CU_ASSERT_EQUAL(type("helo\033[Dl"), LINE_MORE);
    CU_ASSERT_STRING_EQUAL(line_editor_text(&editor), "hello");
    CU_ASSERT_EQUAL(type("\r"), LINE_DONE);
    CU_ASSERT_STRING_EQUAL(line_editor_text(&editor), "hello");
    CU_ASSERT_EQUAL(screen.newlines, 1);
    line_editor_begin(&editor);
    CU_ASSERT_EQUAL(type("\n"), LINE_MORE); // the second half of CR LF
    CU_ASSERT_EQUAL(type("\n"), LINE_DONE);
}

static void test_keys(void)
{
    static const struct {
        const char *keys, *text;
        size_t cursor;
    } cases[] = {
        {"abc\177\177", "a", 1},
        {"\177\b", "", 0},
        {"abc\001x\005y", "xabcy", 5},
        {"abc\002\002\004", "ac", 1},
        {"abc\002\006\006d", "abcd", 4},
        {"abc\002\013", "ab", 2},
        {"abcd\002\002\025", "cd", 0},
        {"ls one  two  \027", "ls one  ", 8},
        {"ls\027\027", "", 0},
        {"abc\033[H\033[3~", "bc", 0},
        {"abc\033[1~x\033[4~y", "xabcy", 5},
        {"abc\033OHx\033OFy", "xabcy", 5},
        {"abc\033[D\033[D\033[C!", "ab!c", 3},
        {"abc\033[5~\033[1;5D\033[Z\033x", "abxc", 3},
        {"a\033\033[Db", "ba", 1},
        {"a\tb\001\201\033", "ab", 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        start();
        CU_ASSERT_EQUAL(type(cases[i].keys), LINE_MORE);
        CU_ASSERT_EQUAL(editor.cursor, cases[i].cursor);
        CU_ASSERT_STRING_EQUAL(line_editor_text(&editor), cases[i].text);
    }
}

static void test_end(void)
{
    start();
    CU_ASSERT_EQUAL(type("\004"), LINE_END);
    CU_ASSERT_EQUAL(type("a\004"), LINE_MORE);
    CU_ASSERT_EQUAL(type("\001\004"), LINE_MORE);
    CU_ASSERT_EQUAL(type("\004"), LINE_END);
    start();
    CU_ASSERT_EQUAL(type("abc\003"), LINE_DONE);
    CU_ASSERT_STRING_EQUAL(line_editor_text(&editor), "");
}

static void test_history(void)
{
    start();
    enter("one");
    enter("two");
    enter("two");
    enter("");
    type("new\033[A");
    CU_ASSERT_STRING_EQUAL(line_editor_text(&editor), "two");
    type("\020");
    CU_ASSERT_STRING_EQUAL(line_editor_text(&editor), "one");
    type("\033[A");
    CU_ASSERT_STRING_EQUAL(line_editor_text(&editor), "one");
    type("\016\033[B");
    CU_ASSERT_STRING_EQUAL(line_editor_text(&editor), "new");
    type("\033[B");
    CU_ASSERT_STRING_EQUAL(line_editor_text(&editor), "new");
    for (unsigned i = 0; i < 2 * LINE_HISTORY; i++) {
        char line[16];
        snprintf(line, sizeof(line), "\025line %u", i);
        enter(line);
    }
    for (unsigned i = 0; i < 2 * LINE_HISTORY; i++) {
        type("\033[A");
    }
    char oldest[16];
    snprintf(oldest, sizeof(oldest), "line %u", LINE_HISTORY);
    CU_ASSERT_STRING_EQUAL(line_editor_text(&editor), oldest);
}

static void test_long(void)
{
    start();
    for (unsigned i = 0; i < LINE_BYTES + 10; i++) {
        type("x");
    }
    CU_ASSERT_EQUAL(strlen(line_editor_text(&editor)), LINE_BYTES - 1);
    type("\001y");
    CU_ASSERT_EQUAL(line_editor_text(&editor)[0], 'x');
    type("\004y");
    CU_ASSERT_EQUAL(line_editor_text(&editor)[0], 'y');
    enter("");
    type("\020");
    CU_ASSERT_EQUAL(strlen(line_editor_text(&editor)), LINE_BYTES - 1);
}

static void test_random(void)
{
    enum { KEYS = 40000 };
    struct test_random random;
    test_random_init(&random, 5);
    start();
    for (unsigned i = 0; i < KEYS; i++) {
        static const char sequences[][5] = {"\033[A", "\033[B", "\033[C", "\033[D", "\033[3~"};
        char key[2] = {(char)(1 + test_random_below(&random, 127)), 0};
        bool sequence = test_random_below(&random, 3) == 0;
        const char *keys = sequence ? sequences[test_random_below(&random, 5)] : (const char *)key;
        if (type(keys) == LINE_DONE) {
            line_editor_begin(&editor);
        }
    }
}

CU_TestInfo line_editor_tests[] = {
    {"typing", test_typing},   {"every key", test_keys},  {"end of input", test_end},
    {"history", test_history}, {"long lines", test_long}, {"random keys", test_random},
    CU_TEST_INFO_NULL,
};
