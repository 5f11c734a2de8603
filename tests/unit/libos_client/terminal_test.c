// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Standard input and output over the console's channel, and past it when there is none.
#include "fake_services.h"
#include "testlib/testlib.h"

#include "barrelfish/personality.h"
#include "barrelfish/terminal.h"
#include "barrelfish/terminal_client.h"
#include "if/console.h"
#include "if/monitor.h"

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

/// As the monitor's name service: word 0 is fake_words[0].
static void with_console(void)
{
    CU_ASSERT_TRUE_FATAL(write_text != NULL && write_last != NULL && read_line != NULL);
    fake_words[1] = 55;
}

static errval_t console(struct fake_request *request, uint64_t words[8], struct capref *cap)
{
    (void)cap;
    if (!request->ump)
        memcpy(words, fake_words, sizeof(fake_words));
    return SYS_ERR_OK;
}

/// Only lookups are answered; the replies of the console come from fake_reply().
static void answer_lookups(void)
{
    fake.answer = console;
}

static size_t text_sent(char *text, unsigned *messages)
{
    size_t bytes = 0;
    *messages = 0;
    for (unsigned i = 0; i < fake.count; i++) {
        if (!fake.requests[i].ump)
            continue;
        CU_ASSERT_EQUAL(console_ctrl_op(fake.requests[i].ctrl), CONSOLE_WRITE);
        size_t piece = console_ctrl_bytes(fake.requests[i].ctrl);
        memcpy(text + bytes, fake.requests[i].words, piece);
        bytes += piece;
        *messages += 1;
    }
    return bytes;
}

static void writes(void)
{
    char text[256], sent[256];
    unsigned messages;
    with_console();
    answer_lookups();
    memset(text, 'x', sizeof(text));
    static const size_t lengths[] = {1, 55, 56, 57, 112, 113, 200};
    for (unsigned i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        text[lengths[i] - 1] = 'e';
        fake.count = 0;
        fake.replies_count = 0;
        CU_ASSERT_EQUAL(write_text(text, lengths[i]), lengths[i]);
        CU_ASSERT_EQUAL(text_sent(sent, &messages), lengths[i]);
        CU_ASSERT_EQUAL(memcmp(sent, text, lengths[i]), 0);
        CU_ASSERT_EQUAL(messages, (lengths[i] + 55) / 56);
        for (unsigned k = 0; k < messages; k++)
            CU_ASSERT_EQUAL((fake_last(k)->ctrl & CONSOLE_MORE) != 0, k > 0);
        text[lengths[i] - 1] = 'x';
    }
    CU_ASSERT_TRUE(fake.binds == 1 && fake_last(0)->iref == 55 && fake.printed_bytes == 0);
    CU_ASSERT_TRUE(fake.bind_in == CONSOLE_CHANNEL_BYTES && fake.bind_out == CONSOLE_CHANNEL_BYTES);
    CU_ASSERT_EQUAL(fake.send_deadline, 0);
    CU_ASSERT_EQUAL(write_text(text, 0), 0);
}

/// As long as there is no console; it is looked for each time.
static void writes_without(void)
{
    with_console();
    answer_lookups();
    fake_words[0] = NS_ERR_NOT_FOUND;
    CU_ASSERT_EQUAL(write_text("abc", 3), 3);
    CU_ASSERT_TRUE(fake.binds == 0 && fake.printed_bytes == 3);
    fake_words[0] = SYS_ERR_OK;
    fake.bind_error = MON_ERR_LIMIT;
    CU_ASSERT_EQUAL(write_text("def", 3), 3);
    CU_ASSERT_TRUE(fake.binds == 1 && fake.printed_bytes == 6);
    CU_ASSERT_EQUAL(memcmp(fake.printed, "abcdef", 6), 0);
    fake.print_error = SYS_ERR_RIGHTS;
    CU_ASSERT_EQUAL(write_text("def", 3), 0);
    fake.print_error = SYS_ERR_OK;
    CU_ASSERT_EQUAL(write_last("gh", 2), 2);
    CU_ASSERT_TRUE(fake.binds == 2 && fake.printed_bytes == 8); // that one looks for nothing
    CU_ASSERT_EQUAL(terminal_flush(), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(terminal_set_foreground(3), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_FALSE(terminal_await_interrupt());
    char byte;
    CU_ASSERT_EQUAL(terminal_read_line(&byte, 1), 0);
    fake.bind_error = SYS_ERR_OK;
    CU_ASSERT_EQUAL(write_text("ijk", 3), 3);
    CU_ASSERT_EQUAL(fake.printed_bytes, 8);
}

static unsigned fails_after;

static errval_t dies(struct fake_request *request, uint64_t words[8], struct capref *cap)
{
    if (request->ump && fails_after-- == 0) {
        fake.count--;
        return LIB_ERR_CHAN_CLOSED;
    }
    return console(request, words, cap);
}

/// The console goes in the middle of a text: the rest is printed, and it is not looked for again.
static void console_goes(void)
{
    char text[120];
    memset(text, 'y', sizeof(text));
    with_console();
    fake.answer = dies;
    fails_after = 1;
    CU_ASSERT_EQUAL(write_text(text, sizeof(text)), sizeof(text));
    CU_ASSERT_EQUAL(fake.printed_bytes, 120 - 56);
    CU_ASSERT_EQUAL(write_text(text, 5), 5);
    CU_ASSERT_TRUE(fake.printed_bytes == 120 - 56 + 5 && fake.binds == 1);
    CU_ASSERT_EQUAL(write_last(text, 5), 5);
    CU_ASSERT_EQUAL(fake.printed_bytes, 120 - 56 + 10);
    CU_ASSERT_EQUAL(terminal_flush(), LIB_ERR_CHAN_CLOSED);
    unsigned sent = fake.count;
    terminal_end();
    CU_ASSERT_EQUAL(fake.count, sent);
}

/// The same with the last words.
static void console_goes_last(void)
{
    char text[120];
    memset(text, 'y', sizeof(text));
    with_console();
    fake.answer = dies;
    fails_after = 2;
    CU_ASSERT_EQUAL(write_text(text, 1), 1);
    CU_ASSERT_EQUAL(write_last(text, sizeof(text)), sizeof(text));
    CU_ASSERT_EQUAL(fake.printed_bytes, 120 - 56);
}

/// What goes wrong while it sends is told past the console.
static errval_t tells_meanwhile(struct fake_request *request, uint64_t words[8], struct capref *cap)
{
    if (request->ump && fake.printed_bytes == 0) {
        int held = fake.locks;
        CU_ASSERT_EQUAL(write_text("ouch", 4), 4);
        CU_ASSERT_EQUAL(fake.locks, held);
        CU_ASSERT_EQUAL(write_last("last", 4), 4); // the mutex is taken
    }
    return console(request, words, cap);
}

static void says_what_went_wrong(void)
{
    with_console();
    fake.answer = tells_meanwhile;
    CU_ASSERT_EQUAL(write_text("abc", 3), 3);
    CU_ASSERT_EQUAL(memcmp(fake.printed, "ouchlast", 8), 0);
    fake.answer = console;
    CU_ASSERT_EQUAL(write_text("def", 3), 3);
    CU_ASSERT_EQUAL(fake.printed_bytes, 8);
    CU_ASSERT_EQUAL(write_last("gh", 2), 2);
    CU_ASSERT_TRUE(fake.printed_bytes == 8 && console_ctrl_bytes(fake_last(0)->ctrl) == 2);
    fake.trylock_fails = true;
    CU_ASSERT_EQUAL(write_last("gh", 2), 2);
    CU_ASSERT_EQUAL(fake.printed_bytes, 10);
}

/// The console's answers, which nothing but the test makes from here on.
static void connected(void)
{
    with_console();
    answer_lookups();
    CU_ASSERT_EQUAL(write_text("a", 1), 1);
    fake.answer = NULL;
    fake.replies_taken = fake.replies_count = 0;
}

static bool asked(enum console_op op, uint64_t argument)
{
    struct fake_request *last = fake_last(0);
    return last->ump && console_ctrl_op(last->ctrl) == op && console_ctrl_bytes(last->ctrl) == 8 &&
           last->words[0] == argument && (last->ctrl & CONSOLE_MORE) == 0;
}

static void flushes(void)
{
    connected();
    fake_reply(console_ctrl(CONSOLE_FLUSHED, 0), "", 0);
    CU_ASSERT_EQUAL(terminal_flush(), SYS_ERR_OK);
    CU_ASSERT_TRUE(asked(CONSOLE_FLUSH, 0));
    fake_reply(console_ctrl(CONSOLE_INPUT, 0), "", 0);
    CU_ASSERT_EQUAL(terminal_flush(), LIB_ERR_RPC_REPLY);
    fake_reply(console_ctrl(CONSOLE_FLUSHED, 1), "", 0);
    CU_ASSERT_EQUAL(terminal_flush(), LIB_ERR_RPC_REPLY);
    fake.recv_error = LIB_ERR_RECV_TIMEOUT;
    CU_ASSERT_EQUAL(terminal_flush(), err_push(LIB_ERR_RECV_TIMEOUT, LIB_ERR_CHAN_CLOSED));
    fake.recv_error = SYS_ERR_OK;
    fake_reply(console_ctrl(CONSOLE_FLUSHED, 0), "", 0);
    unsigned sent = fake.count;
    terminal_end();
    CU_ASSERT_TRUE(asked(CONSOLE_FLUSH, 0) && fake.count == sent + 1);
    fake.trylock_fails = true;
    terminal_end();
    CU_ASSERT_EQUAL(fake.count, sent + 1);
    CU_ASSERT_EQUAL(terminal_set_foreground(7), SYS_ERR_OK);
    CU_ASSERT_TRUE(asked(CONSOLE_FOREGROUND, 7));
    fake.send_error = LIB_ERR_CHAN_CLOSED;
    CU_ASSERT_EQUAL(err_no(terminal_set_foreground(7)), LIB_ERR_CHAN_CLOSED);
}

static void reads(void)
{
    char buf[200], bytes[56];
    bool typed = false;
    connected();
    memset(bytes, 'z', sizeof(bytes));
    fake_reply(console_ctrl(CONSOLE_INPUT, 56) | CONSOLE_MORE, bytes, 56);
    fake_reply(console_ctrl(CONSOLE_INPUT, 3), "ab\n", 3);
    memset(buf, 0, sizeof(buf));
    CU_ASSERT_EQUAL(read_line(buf, 199), 59);
    CU_ASSERT_EQUAL(fake.recv_deadline, 0);
    CU_ASSERT_TRUE(asked(CONSOLE_READ_LINE, 199) && strlen(buf) == 59 &&
                   strcmp(buf + 56, "ab\n") == 0);
    fake_reply(console_ctrl(CONSOLE_INPUT, 4), "abcd", 4);
    CU_ASSERT_EQUAL(terminal_read_raw(buf, 4, &typed), 4);
    CU_ASSERT_TRUE(asked(CONSOLE_READ_RAW, 4) && typed);
    fake_reply(console_ctrl(CONSOLE_INPUT, 4) | CONSOLE_DATA, "abcd", 4);
    CU_ASSERT_EQUAL(terminal_read_raw(buf, 9, &typed), 4);
    CU_ASSERT_FALSE(typed);
    fake_reply(console_ctrl(CONSOLE_INPUT, 5), "abcde", 5); // more than there is room for
    CU_ASSERT_EQUAL(terminal_read_raw(buf, 4, NULL), 0);
    fake_reply(console_ctrl(CONSOLE_INPUT, 57), "", 0); // more than a message holds
    CU_ASSERT_EQUAL(terminal_read_raw(buf, 199, NULL), 0);
    fake_reply(console_ctrl(CONSOLE_FLUSHED, 4), "abcd", 4);
    CU_ASSERT_EQUAL(terminal_read_raw(buf, 199, NULL), 0);
    fake_reply(console_ctrl(CONSOLE_INPUT, 4) | CONSOLE_MORE, "abcd", 4);
    fake_reply(console_ctrl(CONSOLE_FLUSHED, 4), "efgh", 4);
    CU_ASSERT_EQUAL(terminal_read_raw(buf, 199, NULL), 4);
    fake_reply(console_ctrl(CONSOLE_INPUT, 0), "", 0);
    CU_ASSERT_EQUAL(terminal_read_raw(buf, 199, NULL), 0);
    CU_ASSERT_EQUAL(fake.replies_taken, fake.replies_count);
}

static void interrupts(void)
{
    connected();
    fake_reply(console_ctrl(CONSOLE_INTERRUPTED, 1), "\1", 1);
    CU_ASSERT_TRUE(terminal_await_interrupt());
    CU_ASSERT_TRUE(asked(CONSOLE_AWAIT_INTERRUPT, 0));
    fake_reply(console_ctrl(CONSOLE_INTERRUPTED, 1), "\0", 1);
    CU_ASSERT_FALSE(terminal_await_interrupt());
    fake_reply(console_ctrl(CONSOLE_INPUT, 1), "\1", 1);
    CU_ASSERT_FALSE(terminal_await_interrupt());
    fake.recv_error = LIB_ERR_CHAN_CLOSED;
    CU_ASSERT_FALSE(terminal_await_interrupt());
}

static void end_without(void)
{
    terminal_end();
    CU_ASSERT_EQUAL(fake.count, 0);
}

CLIENT_TEST(starts_alone)
CLIENT_TEST(writes)
CLIENT_TEST(writes_without)
CLIENT_TEST(console_goes)
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
    {"the console goes at the end", test_console_goes_last},
    {"mistakes meanwhile", test_says_what_went_wrong},
    {"flush", test_flushes},
    {"read", test_reads},
    {"interrupts", test_interrupts},
    {"end without a console", test_end_without},
};
