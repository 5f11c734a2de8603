// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Standard input and output over the console's binding, and past it when there is none.
#include "fake_console.h"
#include "testlib/testlib.h"

#include "barrelfish/blocking.h"
#include "barrelfish/personality.h"
#include "barrelfish/terminal.h"
#include "barrelfish/terminal_client.h"
#include "if/console_defs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static terminal_write_fn write_text, write_last;
static personality_read_fn read_line;

terminal_write_fn terminal_set_write(terminal_write_fn write)
{
    write_text = write;
    return NULL;
}

void terminal_set_write_last(terminal_write_fn write)
{
    write_last = write;
}

personality_read_fn personality_set_read(personality_read_fn read)
{
    read_line = read;
    return NULL;
}

/// Begun again without a spawnd, the program says whether it uses a console.
void test_program_begin(int argc, char **argv)
{
    (void)argc, (void)argv;
    if (getenv("ALONE") != NULL)
        exit(write_text == NULL && write_last == NULL && read_line == NULL ? 0 : 1);
}

/// In a program that spawnd did not make: this one, begun again.
static void starts_alone(void)
{
    CU_ASSERT_EQUAL(setenv("ALONE", "1", 1), 0);
    int status = system("/proc/$PPID/exe");
    CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void with_console(void)
{
    fake_console_start();
    CU_ASSERT_TRUE_FATAL(write_text != NULL && write_last != NULL && read_line != NULL);
}

static size_t text_sent(char *text)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < fake_console.count; i++) {
        const struct fake_sent *sent = &fake_console.sent[i];
        CU_ASSERT_EQUAL(sent->what, 'w');
        CU_ASSERT_EQUAL(sent->more, i + 1 < fake_console.count);
        memcpy(text + bytes, sent->text, sent->bytes);
        bytes += sent->bytes;
    }
    return bytes;
}

static void writes(void)
{
    char text[256], sent[256];
    with_console();
    memset(text, 'x', sizeof(text));
    static const size_t lengths[] = {1, 50, 51, 52, 102, 103, 200};
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        text[lengths[i] - 1] = 'e';
        fake_console.count = 0;
        fake_console.busy = i % 4; // waits for room meanwhile
        CU_ASSERT_EQUAL(write_text(text, lengths[i]), lengths[i]);
        CU_ASSERT_EQUAL(text_sent(sent), lengths[i]);
        CU_ASSERT_EQUAL(memcmp(sent, text, lengths[i]), 0);
        CU_ASSERT_EQUAL(fake_console.count, (lengths[i] + 50) / 51);
        text[lengths[i] - 1] = 'x';
    }
    CU_ASSERT_TRUE(fake_console.binds == 1 && fake.printed_bytes == 0 && fake_console.waits == 9);
    CU_ASSERT_EQUAL(fake_console.looks, sizeof(lengths) / sizeof(*lengths) + fake_console.waits);
    CU_ASSERT_EQUAL(write_text(text, 0), 0);
}

/// As long as there is no console; it is looked for each time.
static void writes_without(void)
{
    with_console();
    fake_console.lookup_error = NS_ERR_NOT_FOUND;
    CU_ASSERT_EQUAL(write_text("abc", 3), 3);
    CU_ASSERT_TRUE(fake_console.binds == 0 && fake.printed_bytes == 3);
    fake_console.lookup_error = SYS_ERR_OK;
    fake_console.bind_error = MON_ERR_LIMIT;
    CU_ASSERT_EQUAL(write_text("def", 3), 3);
    CU_ASSERT_TRUE(fake_console.binds == 1 && fake.printed_bytes == 6);
    CU_ASSERT_EQUAL(memcmp(fake.printed, "abcdef", 6), 0);
    fake.print_error = SYS_ERR_RIGHTS;
    CU_ASSERT_EQUAL(write_text("def", 3), 0);
    fake.print_error = SYS_ERR_OK;
    CU_ASSERT_EQUAL(write_last("gh", 2), 2);
    CU_ASSERT_TRUE(fake_console.binds == 2 &&
                   fake.printed_bytes == 8); // that one looks for nothing
    CU_ASSERT_EQUAL(terminal_flush(), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(terminal_set_foreground(3), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_FALSE(terminal_await_interrupt());
    char byte;
    CU_ASSERT_EQUAL(terminal_read_line(&byte, 1), 0);
    fake_console.bind_error = SYS_ERR_OK;
    CU_ASSERT_EQUAL(write_text("ijk", 3), 3);
    CU_ASSERT_EQUAL(fake.printed_bytes, 8);
}

/// The console goes in the middle of a text: the rest is printed, and it is not looked for again.
static void console_goes(void)
{
    char text[120];
    memset(text, 'y', sizeof(text));
    with_console();
    fake_console.send_error = LIB_ERR_CHAN_CLOSED;
    fake_console.fails_after = 1;
    CU_ASSERT_EQUAL(write_text(text, sizeof(text)), sizeof(text));
    CU_ASSERT_EQUAL(fake.printed_bytes, 120 - 51);
    CU_ASSERT_EQUAL(write_text(text, 5), 5);
    CU_ASSERT_TRUE(fake.printed_bytes == 120 - 51 + 5 && fake_console.binds == 1);
    CU_ASSERT_EQUAL(write_last(text, 5), 5);
    CU_ASSERT_EQUAL(fake.printed_bytes, 120 - 51 + 10);
    CU_ASSERT_EQUAL(terminal_flush(), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(terminal_set_foreground(3), LIB_ERR_CHAN_CLOSED);
    unsigned sent = fake_console.count;
    terminal_end();
    CU_ASSERT_EQUAL(fake_console.count, sent);
}

/// The same while it waits for room.
static void console_goes_full(void)
{
    with_console();
    fake_console.busy = 1;
    fake_console.register_error = LIB_ERR_CHAN_CLOSED;
    CU_ASSERT_EQUAL(write_text("abc", 3), 3);
    CU_ASSERT_EQUAL(fake.printed_bytes, 3);
    fake_console.busy = 1;
    CU_ASSERT_EQUAL(terminal_set_foreground(3), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_TRUE(fake_console.count == 0 && fake_console.waits == 0);
    fake_console.register_error = SYS_ERR_OK;
    fake_console.poll_error = LIB_ERR_CHAN_CLOSED;
    fake_console.busy = 1;
    CU_ASSERT_EQUAL(terminal_set_foreground(3), LIB_ERR_CHAN_CLOSED);
    fake_console.busy = 0;
    CU_ASSERT_EQUAL(write_text("def", 3), 3);
    CU_ASSERT_TRUE(fake_console.count == 0 && fake_console.waits == 0 && fake.printed_bytes == 6);
}

/// The same with the last words.
static void console_goes_last(void)
{
    char text[120];
    memset(text, 'y', sizeof(text));
    with_console();
    fake_console.send_error = LIB_ERR_CHAN_CLOSED;
    fake_console.fails_after = 2;
    CU_ASSERT_EQUAL(write_text(text, 1), 1);
    CU_ASSERT_EQUAL(write_last(text, sizeof(text)), sizeof(text));
    CU_ASSERT_EQUAL(fake.printed_bytes, 120 - 51);
}

/// What goes wrong while it sends is told past the console.
static void tell_meanwhile(void)
{
    if (fake.printed_bytes == 0) {
        int held = fake.locks;
        CU_ASSERT_EQUAL(write_text("ouch", 4), 4);
        CU_ASSERT_EQUAL(fake.locks, held);
        CU_ASSERT_EQUAL(write_last("last", 4), 4); // the mutex is taken
    }
}

static void says_what_went_wrong(void)
{
    with_console();
    fake_console.meanwhile = tell_meanwhile;
    CU_ASSERT_EQUAL(write_text("abc", 3), 3);
    CU_ASSERT_EQUAL(memcmp(fake.printed, "ouchlast", 8), 0);
    fake_console.meanwhile = NULL;
    CU_ASSERT_EQUAL(write_text("def", 3), 3);
    CU_ASSERT_EQUAL(fake.printed_bytes, 8);
    CU_ASSERT_EQUAL(write_last("gh", 2), 2);
    CU_ASSERT_TRUE(fake.printed_bytes == 8 && fake_console_last()->bytes == 2);
    fake.trylock_fails = true;
    CU_ASSERT_EQUAL(write_last("gh", 2), 2);
    CU_ASSERT_EQUAL(fake.printed_bytes, 10);
}

static void flushes(void)
{
    with_console();
    CU_ASSERT_EQUAL(terminal_flush(), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_console_last()->what == 'l' &&
                   fake_console.call_limit == BLOCKING_FOREVER && fake_console.limit == 0);
    terminal_end();
    CU_ASSERT_EQUAL(fake_console.count, 2);
    fake.trylock_fails = true;
    terminal_end();
    CU_ASSERT_EQUAL(fake_console.count, 2);
    fake_console.busy = 1;
    CU_ASSERT_EQUAL(terminal_set_foreground(7), SYS_ERR_OK);
    CU_ASSERT_TRUE(fake_console_last()->what == 'f' && fake_console_last()->argument == 7);
}

static bool asked(console_how_t how, size_t most)
{
    const struct fake_sent *last = fake_console_last();
    return last->what == 'r' && last->argument == how && last->bytes == most &&
           fake_console.call_limit == BLOCKING_FOREVER && fake_console.limit == 0;
}

static void reads(void)
{
    char buf[200];
    bool typed = false;
    with_console();
    fake_console.input = "ab\n";
    fake_console.input_bytes = 3;
    CU_ASSERT_TRUE(read_line(buf, 199) == 3 && memcmp(buf, "ab\n", 3) == 0);
    CU_ASSERT_TRUE(asked(console_LINE, 199));
    fake_console.typed = true;
    CU_ASSERT_TRUE(terminal_read_raw(buf, 4, &typed) == 3 && typed);
    CU_ASSERT_TRUE(asked(console_RAW, 4));
    fake_console.typed = false;
    CU_ASSERT_TRUE(terminal_read_raw(buf, 3, &typed) == 3 && !typed);
    CU_ASSERT_EQUAL(terminal_read_raw(buf, 2, NULL), 0); // more than there is room for
    fake_console.input_bytes = 0;
    CU_ASSERT_EQUAL(terminal_read_raw(buf, 199, NULL), 0);
    fake_console.send_error = LIB_ERR_CHAN_CLOSED;
    CU_ASSERT_TRUE(terminal_read_raw(buf, 199, &typed) == 0 && typed);
}

static void interrupts(void)
{
    with_console();
    fake_console.typed = true;
    CU_ASSERT_TRUE(terminal_await_interrupt());
    CU_ASSERT_TRUE(fake_console_last()->what == 'i' &&
                   fake_console.call_limit == BLOCKING_FOREVER && fake_console.limit == 0);
    fake_console.typed = false;
    CU_ASSERT_FALSE(terminal_await_interrupt());
    fake_console.typed = true;
    fake_console.send_error = LIB_ERR_CHAN_CLOSED;
    CU_ASSERT_FALSE(terminal_await_interrupt());
}

static void end_without(void)
{
    with_console();
    terminal_end();
    CU_ASSERT_TRUE(fake_console.count == 0 && fake_console.lookups == 0);
}

CLIENT_TEST(starts_alone)
CLIENT_TEST(writes)
CLIENT_TEST(writes_without)
CLIENT_TEST(console_goes)
CLIENT_TEST(console_goes_full)
CLIENT_TEST(console_goes_last)
CLIENT_TEST(says_what_went_wrong)
CLIENT_TEST(flushes)
CLIENT_TEST(reads)
CLIENT_TEST(interrupts)
CLIENT_TEST(end_without)

TEST_SUITE("terminal") = {
    {"a domain that spawnd did not make", test_starts_alone},
    {"write", test_writes},
    {"write without a console", test_writes_without},
    {"the console goes", test_console_goes},
    {"the console goes while it is full", test_console_goes_full},
    {"the console goes at the end", test_console_goes_last},
    {"mistakes meanwhile", test_says_what_went_wrong},
    {"flush", test_flushes},
    {"read", test_reads},
    {"interrupts", test_interrupts},
    {"end without a console", test_end_without},
};
