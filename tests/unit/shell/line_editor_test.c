// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The line editor against a terminal of one row: after every key the row must show the line, blanks
// behind it, and the cursor where the editor has it. The terminal puts characters of UTF-8 together
// out of their bytes, as they come; a wide one takes two columns.
#include <line_editor.h>
#include <stdio.h>
#include <string.h>
#include <text/utf8.h>

#include <testlib/testlib.h>

#define COLUMNS (LINE_BYTES + 64)

static struct {
    char cells[COLUMNS][UTF8_BYTES_MAX + 1]; ///< the second of a wide character's is empty
    char pending[UTF8_BYTES_MAX];
    size_t pending_count;
    size_t column;
    unsigned newlines, bells;
} screen;

static struct line_editor editor;

static void clear(void)
{
    for (size_t i = 0; i < COLUMNS; i++)
        strcpy(screen.cells[i], " ");
    screen.column = 0;
}

static void show_pending(void)
{
    char *cell = screen.cells[screen.column];
    size_t columns = utf8_columns(screen.pending, screen.pending_count);
    memset(cell, 0, sizeof(screen.cells[0]));
    memcpy(cell, screen.pending, screen.pending_count);
    screen.column += columns;
    screen.pending_count = 0;
    CU_ASSERT_FATAL(columns > 0 && screen.column < COLUMNS);
    if (columns == 2)
        screen.cells[screen.column - 1][0] = '\0';
}

static void show(void *st, const char *bytes, size_t length)
{
    CU_ASSERT_PTR_EQUAL(st, &screen);
    for (size_t i = 0; i < length; i++) {
        if (screen.pending_count > 0 && !utf8_continues(bytes[i]))
            show_pending(); // it was no character
        if (bytes[i] == '\b') {
            CU_ASSERT_FATAL(screen.column > 0 && screen.pending_count == 0);
            screen.column--;
        } else if (bytes[i] == '\n') {
            screen.newlines++;
            clear();
        } else if (bytes[i] == '\a') {
            screen.bells++;
        } else {
            screen.pending[screen.pending_count++] = bytes[i];
            if (!utf8_unfinished(screen.pending, screen.pending_count))
                show_pending();
        }
    }
}

/// A few words; the second may only follow.
static const char *word(void *st, bool first, unsigned index)
{
    static const char *const words[] = {"bench", "beyond", "hello", "help", "x"};
    CU_ASSERT_PTR_EQUAL(st, &screen);
    index += first && index >= 1;
    return index < sizeof(words) / sizeof(words[0]) ? words[index] : NULL;
}

static void start(void)
{
    memset(&screen, 0, sizeof(screen));
    clear();
    line_editor_init(&editor, show, &screen);
    line_editor_complete(&editor, "", word, &screen);
}

static bool shown(void)
{
    static char row[UTF8_BYTES_MAX * COLUMNS + 1];
    row[0] = '\0';
    char *end = row;
    for (size_t i = 0; i < COLUMNS; i++)
        end = stpcpy(end, screen.cells[i]);
    bool same = line_editor_valid(&editor) && screen.pending_count == 0 &&
                screen.column == utf8_columns(editor.text, editor.cursor) &&
                memcmp(row, editor.text, editor.length) == 0;
    return same && strspn(row + editor.length, " ") == strlen(row + editor.length);
}

/// Types keys; returns the event of the last.
static enum line_event type(const char *keys)
{
    enum line_event event = LINE_MORE;
    for (; *keys != '\0'; keys++) {
        event = line_editor_key(&editor, *keys);
        CU_ASSERT_TRUE(event == LINE_DONE || event == LINE_TOO_LONG || editor.pending_count > 0 ||
                       shown());
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
        {"a\tb\001\033", "ab", 0},
        {"\303\244\303\266\177o", "\303\244o", 3}, // two umlauts; a whole one goes
        {"a\303\244b\002\002\004", "ab", 1},
        {"\346\227\245x\001\006y", "\346\227\245yx", 4}, // wide
        {"\346\227\245\177\360\237\230\200\001\013z", "z", 1},
        {"ab\001\303\244\005\027", "", 0},
        {"\377a\303b", "\377a\303b", 4}, // no characters, and kept
        {"\303\303\244\177", "\303", 1},
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
    for (unsigned i = 0; i < 2 * LINE_HISTORY; i++)
        type("\033[A");
    char oldest[16];
    snprintf(oldest, sizeof(oldest), "line %u", LINE_HISTORY);
    CU_ASSERT_STRING_EQUAL(line_editor_text(&editor), oldest);
}

static void test_long(void)
{
    start();
    for (unsigned i = 0; i < LINE_BYTES + 10; i++)
        type("x");
    CU_ASSERT_EQUAL(strlen(line_editor_text(&editor)), LINE_BYTES - 1);
    CU_ASSERT_EQUAL(screen.bells, 1);
    type("\001y");
    CU_ASSERT_EQUAL(line_editor_text(&editor)[0], 'x');
    type("\004y");
    CU_ASSERT_EQUAL(line_editor_text(&editor)[0], 'y');
    CU_ASSERT_EQUAL(type("\r"), LINE_TOO_LONG); // something is missing in it
    line_editor_begin(&editor);
    enter("short");
    type("\020\020");
    CU_ASSERT_STRING_EQUAL(line_editor_text(&editor), "short"); // it is not remembered
}

/// What makes a line whole again: it is given up, emptied, or replaced.
static void test_too_long(void)
{
    static const char *const ways[] = {"\003", "\025ls\r", "\020\r"};
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        start();
        enter("before");
        for (unsigned j = 0; j < LINE_BYTES; j++)
            line_editor_key(&editor, 'x');
        CU_ASSERT_EQUAL(type(ways[i]), LINE_DONE);
    }
    start();
    for (unsigned j = 0; j < LINE_BYTES - 1; j++)
        line_editor_key(&editor, 'x');
    CU_ASSERT_EQUAL(type("\r"), LINE_DONE);
    CU_ASSERT_EQUAL(screen.bells, 0);
}

static void expect_tab(const char *keys, const char *text, size_t cursor, unsigned newlines,
                       unsigned bells)
{
    start();
    CU_ASSERT_EQUAL(type(keys), LINE_MORE);
    CU_ASSERT_STRING_EQUAL(line_editor_text(&editor), text);
    CU_ASSERT_EQUAL(editor.cursor, cursor);
    CU_ASSERT_EQUAL(screen.newlines, newlines);
    CU_ASSERT_EQUAL(screen.bells, bells);
}

/// One word is completed with a blank, of several what they share, and then they are listed.
static void test_tab(void)
{
    expect_tab("be\t", "bench ", 6, 0, 0);
    expect_tab("h\t", "hel", 3, 0, 0);
    expect_tab("hel\t", "hel", 3, 2, 0);
    expect_tab("h\tp\t", "help ", 5, 0, 0);
    expect_tab("spawn 0 be\t", "spawn 0 be", 10, 2, 0);
    expect_tab("spawn 0 bey\t", "spawn 0 beyond ", 15, 0, 0);
    expect_tab("echo;be\t", "echo;bench ", 11, 0, 0);
    expect_tab("x & be\t", "x & bench ", 10, 0, 0);
    expect_tab("q\t", "q", 1, 0, 1);
    expect_tab(" be tail\001\006\006\006\t", " bench  tail", 7, 0, 0);
    expect_tab("hel \002\t", "hel ", 3, 2, 0);
    start();
    line_editor_complete(&editor, "", NULL, NULL);
    type("be\t");
    CU_ASSERT_STRING_EQUAL(line_editor_text(&editor), "be");
}

static void test_random(void)
{
    enum { KEYS = 40000 };
    struct test_random random;
    test_random_init(&random, 5);
    start();
    for (unsigned i = 0; i < KEYS; i++) {
        static const char sequences[][5] = {"\033[A",       "\033[B",          "\033[C",
                                            "\033[D",       "\033[3~",         "\303\244",
                                            "\342\202\254", "\360\237\230\200"};
        char key[2] = {(char)(1 + test_random_below(&random, 127)), 0};
        bool sequence = test_random_below(&random, 3) == 0;
        const char *keys = sequence ? sequences[test_random_below(&random, 8)] : (const char *)key;
        enum line_event event = type(keys);
        if (event == LINE_DONE || event == LINE_TOO_LONG)
            line_editor_begin(&editor);
    }
}

TEST_SUITE("line editor") = {
    {"typing", test_typing},   {"every key", test_keys},     {"end of input", test_end},
    {"history", test_history}, {"long lines", test_long},    {"lines too long", test_too_long},
    {"completion", test_tab},  {"random keys", test_random},
};
