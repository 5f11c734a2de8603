// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The console's pure halves: whole lines out of many writers' pieces, nothing lost, and lines
// edited out of what was typed, or given as they came.
#include <input.h>
#include <output.h>
#include <stdio.h>
#include <string.h>
#include <testlib/testlib.h>
#include <text/utf8.h>

static struct output output;
static struct output_line lines[3];
static char shown[OUTPUT_STREAM_BYTES + 1];

static void output_start(void)
{
    memset(&output, 0, sizeof(output));
    memset(lines, 0, sizeof(lines));
}

static const char *show(void)
{
    size_t count = output_peek(&output, shown, OUTPUT_STREAM_BYTES);
    shown[count] = '\0';
    output_take(&output, count);
    CU_ASSERT_EQUAL(output_room(&output), OUTPUT_STREAM_BYTES);
    return shown;
}

static void write(unsigned writer, const char *text)
{
    output_write(&output, &lines[writer], text, strlen(text), false);
}

static void test_lines(void)
{
    output_start();
    write(0, "one");
    write(1, "two\n");
    CU_ASSERT_STRING_EQUAL(show(), "two\r\n");
    write(0, " more\nthree\nfo");
    CU_ASSERT_STRING_EQUAL(show(), "one more\r\nthree\r\n");
    write(0, "ur\n");
    CU_ASSERT_STRING_EQUAL(show(), "four\r\n");
}

static void test_unfinished(void)
{
    output_start();
    write(0, "prompt> ");
    output_push(&output, &lines[0]);
    output_push(&output, &lines[0]);
    CU_ASSERT_STRING_EQUAL(show(), "prompt> ");
    write(1, "other\n"); // between the two comes a newline
    CU_ASSERT_STRING_EQUAL(show(), "\r\nother\r\n");
    write(0, "typed");
    output_push(&output, &lines[0]);
    write(0, " text\n"); // the same writer goes on in its line
    CU_ASSERT_STRING_EQUAL(show(), "typed text\r\n");
    write(2, "last words");
    output_end(&output, &lines[2]);
    CU_ASSERT_STRING_EQUAL(show(), "last words\r\n");
    output_end(&output, &lines[2]);
    CU_ASSERT_STRING_EQUAL(show(), "");
}

static void test_long_line(void)
{
    char text[OUTPUT_LINE_BYTES + 3];
    output_start();
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    write(0, text);
    CU_ASSERT_EQUAL(strlen(show()), OUTPUT_LINE_BYTES);
    write(0, "\n");
    CU_ASSERT_STRING_EQUAL(show(), "xx\r\n");
}

static void write_more(unsigned writer, const char *text)
{
    output_write(&output, &lines[writer], text, strlen(text), true);
}

/// What belongs together is not divided by others, as far as there is room for it.
static void test_together(void)
{
    output_start();
    write_more(0, "report:\n  rax\n");
    write(1, "other\n");
    write_more(0, "  rbx");
    write(1, "another\n");
    write(0, "\n  end\n");
    CU_ASSERT_STRING_EQUAL(show(), "other\r\nanother\r\nreport:\r\n  rax\r\n  rbx\r\n  end\r\n");
    write_more(0, "never ends");
    output_push(&output, &lines[0]); // its time is over
    write(1, "other\n");
    CU_ASSERT_STRING_EQUAL(show(), "never ends\r\nother\r\n");
    for (unsigned i = 0; i < OUTPUT_LINE_BYTES; i++) {
        write_more(0, "a line\n");
        write(1, "other\n");
        const char *text =
            output_room(&output) < output_need(8) || i == OUTPUT_LINE_BYTES - 1 ? show() : "";
        for (const char *at = text; *at != '\0'; at = strchr(at, '\n') + 1) {
            CU_ASSERT_TRUE_FATAL(strncmp(at, "a line\r\n", 8) == 0 ||
                                 strncmp(at, "other\r\n", 7) == 0);
        }
    }
}

/// O4: writers that nobody takes anything from leave room for what is echoed.
static void test_echo_room(void)
{
    output_start();
    for (unsigned i = 0; output_takes(&output, 5); i++) {
        write(i % 2, i % 7 == 0 ? "text\n" : "piece");
        if (i % 3 == 0 && output_takes(&output, 0))
            output_push(&output, &lines[i % 2]);
    }
    CU_ASSERT(output.put > 0);
    CU_ASSERT(output_room(&output) >= OUTPUT_ECHO_BYTES);
}

/// Random pieces of three writers, taken in random pieces: each writer's text arrives whole and in
/// order, and output_need() is never too little (output.c asserts).
static void test_random_output(void)
{
    enum { WRITES = 20000 };
    static const char letters[3][4] = {"aA\n", "bB\n", "cC\n"};
    struct test_random random;
    unsigned long sent[3] = {0}, got[3] = {0};
    uint64_t sums[3] = {0}, got_sums[3] = {0};
    test_random_init(&random, 21);
    output_start();
    for (unsigned i = 0; i < WRITES; i++) {
        unsigned writer = (unsigned)test_random_below(&random, 3);
        char text[56];
        size_t bytes = test_random_below(&random, sizeof(text) + 1);
        for (size_t j = 0; j < bytes; j++) {
            text[j] = letters[writer][test_random_below(&random, 20) == 0 ? 2 : j % 2];
            if (text[j] != '\n') {
                sums[writer] = sums[writer] * 31 + (unsigned char)text[j];
                sent[writer]++;
            }
        }
        CU_ASSERT_FATAL(output_room(&output) >= output_need(bytes));
        output_write(&output, &lines[writer], text, bytes, test_random_below(&random, 4) == 0);
        if (test_random_below(&random, 9) == 0)
            output_push(&output, &lines[writer]);
        if (i == WRITES - 1)
            for (unsigned j = 0; j < 3; j++)
                output_end(&output, &lines[j]);
        size_t wanted = i == WRITES - 1 || output_room(&output) < 8192
                            ? OUTPUT_STREAM_BYTES
                            : test_random_below(&random, 80);
        size_t count = output_peek(&output, shown, wanted);
        output_take(&output, count);
        for (size_t j = 0; j < count; j++) {
            unsigned from = (unsigned)((shown[j] | 0x20) - 'a');
            if (from < 3) {
                got_sums[from] = got_sums[from] * 31 + (unsigned char)shown[j];
                got[from]++;
            }
        }
    }
    for (unsigned j = 0; j < 3; j++) {
        CU_ASSERT_EQUAL(got[j], sent[j]);
        CU_ASSERT_EQUAL(got_sums[j], sums[j]);
    }
}

static struct input input;
static char echoed[8192];
static size_t echoed_bytes;

static void echo(void *st, const char *text, size_t bytes)
{
    CU_ASSERT_PTR_EQUAL(st, &input);
    CU_ASSERT_FATAL(echoed_bytes + bytes < sizeof(echoed));
    memcpy(echoed + echoed_bytes, text, bytes);
    echoed_bytes += bytes;
    echoed[echoed_bytes] = '\0';
}

static enum input_line type(const char *keys)
{
    echoed_bytes = 0;
    echoed[0] = '\0';
    for (; *keys != '\0'; keys++)
        input_add(&input, *keys);
    return input_edit(&input, echo, &input);
}

static const char *line(void)
{
    static char text[INPUT_LINE_BYTES + 1];
    size_t count = input_line_take(&input, text, INPUT_LINE_BYTES);
    text[count] = '\0';
    return text;
}

static void test_edit(void)
{
    memset(&input, 0, sizeof(input));
    CU_ASSERT_EQUAL(type("helo\177lo"), INPUT_MORE);
    CU_ASSERT_STRING_EQUAL(echoed, "helo\b \blo");
    CU_ASSERT_EQUAL(type("\r"), INPUT_DONE);
    CU_ASSERT_STRING_EQUAL(line(), "hello\n");
    CU_ASSERT_EQUAL(type("\nab\025\003\033cd\n"), INPUT_DONE); // first the end of CR LF
    CU_ASSERT_STRING_EQUAL(echoed, "ab\b \b\b \bcd\n");
    CU_ASSERT_STRING_EQUAL(line(), "cd\n");
    CU_ASSERT_EQUAL(type("\177\025\b\n"), INPUT_DONE);
    CU_ASSERT_STRING_EQUAL(line(), "\n");
}

/// Bytes above 127 are text, and erased by whole characters.
static void test_characters(void)
{
    memset(&input, 0, sizeof(input));
    CU_ASSERT_EQUAL(type("\303\244\303\266\177\346\227\245\177\377\n"), INPUT_DONE);
    CU_ASSERT_STRING_EQUAL(echoed, "\303\244\303\266\b \b\346\227\245\b \b\b \b\377\n");
    CU_ASSERT_STRING_EQUAL(line(), "\303\244\377\n");
}

static void test_end(void)
{
    memset(&input, 0, sizeof(input));
    CU_ASSERT_EQUAL(type("\004"), INPUT_ENDED);
    CU_ASSERT_EQUAL(type("a\004\n"), INPUT_DONE); // not on an empty line
    CU_ASSERT_STRING_EQUAL(line(), "a\n");
    CU_ASSERT_EQUAL(type("b\n\004"), INPUT_DONE); // what follows a line waits
    CU_ASSERT_STRING_EQUAL(line(), "b\n");
    CU_ASSERT_EQUAL(type(""), INPUT_ENDED);
    CU_ASSERT_EQUAL(type(""), INPUT_MORE);
}

static void test_parts(void)
{
    char part[4];
    memset(&input, 0, sizeof(input));
    CU_ASSERT_EQUAL(type("abcdef\n"), INPUT_DONE);
    CU_ASSERT_EQUAL(input_line_take(&input, part, 4), 4);
    CU_ASSERT_EQUAL(type("x"), INPUT_DONE); // the rest is a finished line too
    CU_ASSERT_STRING_EQUAL(line(), "ef\n");
    CU_ASSERT_EQUAL(type(""), INPUT_MORE);
    CU_ASSERT_EQUAL(type("\n"), INPUT_DONE);
    CU_ASSERT_STRING_EQUAL(line(), "x\n");
}

/// A long line comes whole, in pieces of whole characters, of which only the last ends it.
static void test_long_input(void)
{
    static char sent[3 * INPUT_LINE_BYTES], got[sizeof(sent) + INPUT_LINE_BYTES];
    size_t bytes = 0, got_bytes = 0;
    unsigned pieces = 0;
    memset(&input, 0, sizeof(input));
    while (bytes + 4 < sizeof(sent))
        bytes += (size_t)sprintf(sent + bytes, bytes % 5 == 0 ? "x" : "\342\202\254");
    strcpy(sent + bytes, "\n");
    enum input_line state = type(sent);
    for (; state == INPUT_DONE; state = type("")) {
        const char *piece = line();
        pieces++;
        CU_ASSERT_FALSE(utf8_continues(piece[0]));
        got_bytes += (size_t)sprintf(got + got_bytes, "%s", piece);
    }
    CU_ASSERT_STRING_EQUAL(got, sent);
    CU_ASSERT_TRUE(pieces > 3);
    CU_ASSERT_EQUAL(state, INPUT_MORE);
}

static void test_raw(void)
{
    static char raw[INPUT_QUEUE_BYTES + 1];
    size_t added = 0, taken = 0;
    memset(&input, 0, sizeof(input));
    for (; input_room(&input); added++)
        input_add(&input, (char)(1 + added % 9));
    CU_ASSERT_TRUE(added > INPUT_QUEUE_BYTES - FRAMING_DECODED_MAX);
    taken = input_take(&input, raw, sizeof(raw));
    CU_ASSERT_EQUAL(taken, added);
    CU_ASSERT_EQUAL(raw[77], 1 + 77 % 9);
    CU_ASSERT_EQUAL(input_take(&input, raw, sizeof(raw)), 0);
    CU_ASSERT_EQUAL(type("one\r\ntwo\n") == INPUT_DONE, true);
    CU_ASSERT_STRING_EQUAL(line(), "one\n");
    CU_ASSERT_EQUAL(input_take(&input, raw, sizeof(raw)), 1); // the \n, which the line left there
    memset(&input, 0, sizeof(input));
    for (const char *c = "ab\r\ncd\n"; *c != '\0'; c++)
        input_add(&input, *c);
    CU_ASSERT_EQUAL(input_take(&input, raw, sizeof(raw)), 3); // at most to the end of a line
    CU_ASSERT_EQUAL(type(""), INPUT_DONE);                    // which is one end, not two
    CU_ASSERT_STRING_EQUAL(line(), "cd\n");
}

static void send(const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char encoded[FRAMING_ENCODED_MAX];
        size_t encoded_count = framing_encode(bytes[i], encoded);
        for (size_t j = 0; j < encoded_count; j++)
            input_add(&input, encoded[j]);
    }
}

static void send_begin(enum framing_source source)
{
    char begin[FRAMING_BEGIN_BYTES];
    memset(&input, 0, sizeof(input));
    framing_encode_begin(source, begin);
    for (size_t i = 0; i < sizeof(begin); i++)
        input_add(&input, begin[i]);
}

static void send_end(void)
{
    char end[FRAMING_END_BYTES];
    framing_encode_end(end);
    for (size_t i = 0; i < sizeof(end); i++)
        input_add(&input, end[i]);
}

/// Every pair of bytes goes through a pipe as it is, and its end is none of them.
static void test_data(void)
{
    char got[2];
    for (unsigned first = 0; first < 256; first++) {
        for (unsigned second = 0; second < 256; second++) {
            const char pair[2] = {(char)first, (char)second};
            size_t count = 0, one;
            send_begin(FRAMING_PIPE);
            send(pair, sizeof(pair));
            CU_ASSERT_TRUE(input_is_data(&input));
            while ((one = input_take(&input, got + count, sizeof(got) - count)) > 0) {
                CU_ASSERT_FALSE(count == 0 && first == '\n' && one == 2); // N3
                count += one;
            }
            CU_ASSERT_TRUE(count == 2 && memcmp(got, pair, 2) == 0 && !input_ended(&input));
            send_end();
            CU_ASSERT_TRUE(input_ended(&input));
        }
    }
}

/// Ctrl-C is a key, or interrupts and takes with it what was typed before; in data it is a byte.
static void test_interrupt(void)
{
    char got[8];
    memset(&input, 0, sizeof(input));
    CU_ASSERT_FALSE(input_add(&input, 3));
    CU_ASSERT_EQUAL(type("ab"), INPUT_MORE);
    input.takes_interrupt = true;
    CU_ASSERT_FALSE(input_add(&input, 'c'));
    CU_ASSERT_TRUE(input_add(&input, 3));
    CU_ASSERT_EQUAL(type("d\n"), INPUT_DONE);
    CU_ASSERT_STRING_EQUAL(line(), "d\n");
    send_begin(FRAMING_PIPE);
    input.takes_interrupt = true;
    send("a\003", 2);
    CU_ASSERT_EQUAL(input_take(&input, got, sizeof(got)), 2);
}

/// What one reader had begun to edit, or left of its line, the next one gets raw.
static void test_left_over(void)
{
    char got[8];
    memset(&input, 0, sizeof(input));
    CU_ASSERT_EQUAL(type("abcx\177"), INPUT_MORE);
    input_add(&input, 'd');
    CU_ASSERT_EQUAL(input_take(&input, got, sizeof(got)), 4);
    CU_ASSERT_EQUAL(memcmp(got, "abcd", 4), 0);
    CU_ASSERT_EQUAL(type("efg\nh"), INPUT_DONE);
    CU_ASSERT_EQUAL(input_line_take(&input, got, 2), 2);
    CU_ASSERT_EQUAL(input_take(&input, got, sizeof(got)), 2);
    CU_ASSERT_EQUAL(memcmp(got, "g\n", 2), 0);
    CU_ASSERT_EQUAL(input_take(&input, got, sizeof(got)), 1);
}

/// A terminal's frame: keys are edited, and the line ends without a newline if the terminal goes.
static void test_terminal(void)
{
    send_begin(FRAMING_TERMINAL);
    CU_ASSERT_FALSE(input_is_data(&input));
    send("ab\177c\020", 5);
    CU_ASSERT_EQUAL(type(""), INPUT_MORE);
    send_end();
    CU_ASSERT_EQUAL(type("more"), INPUT_DONE); // nothing follows the end
    CU_ASSERT_STRING_EQUAL(line(), "ac");
    CU_ASSERT_EQUAL(type(""), INPUT_ENDED);
    CU_ASSERT_EQUAL(type(""), INPUT_ENDED);
}

/// What is not framed is typed, whatever it begins with.
static void test_plain(void)
{
    static const char *const begins[] = {"", "x", "\0", "\0\0", "\0\020", "\0\020x", "\020\004"};
    static const size_t lengths[] = {0, 1, 1, 2, 2, 3, 2};
    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
        char got[8];
        memset(&input, 0, sizeof(input));
        for (size_t j = 0; j < lengths[i]; j++)
            input_add(&input, begins[i][j]);
        input_add(&input, '!');
        CU_ASSERT_EQUAL(input_take(&input, got, sizeof(got)), lengths[i] + 1);
        CU_ASSERT_EQUAL(memcmp(got, begins[i], lengths[i]), 0);
        CU_ASSERT_EQUAL(got[lengths[i]], '!');
        CU_ASSERT_FALSE(input_is_data(&input) || input_ended(&input));
    }
}

TEST_SUITE("output") = {
    {"whole lines", test_lines},         {"unfinished lines", test_unfinished},
    {"long lines", test_long_line},      {"kept together", test_together},
    {"room for echoes", test_echo_room}, {"random writers", test_random_output},
};

TEST_SUITE("input") = {
    {"editing", test_edit},
    {"characters", test_characters},
    {"end of input", test_end},
    {"lines in parts", test_parts},
    {"long lines", test_long_input},
    {"raw", test_raw},
    {"data", test_data},
    {"interrupt", test_interrupt},
    {"left over", test_left_over},
    {"a terminal's frame", test_terminal},
    {"no frame", test_plain},
};
