// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The console's loop: one poll() over the machine's pipes, standard input and output, signals and
// the deadline. Standard output is written only when poll() says that it takes PIPE_BUF bytes, so
// that a stopped reader never keeps the runner from its signals and its deadline.
#include "console.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "image.h"
#include "text/framing.h"

#define OUTPUT_BYTES_MAX 65536u // held for a slow reader, unless unbounded

enum poll_index { POLL_SIGNALS, POLL_OUTPUT, POLL_LAST, POLL_USER_OUT, POLL_USER_IN, POLL_INPUT };
#define POLL_COUNT 6

int64_t console_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void tail_add(struct console_tail *tail, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tail->bytes[tail->total++ % CONSOLE_TAIL_BYTES] = bytes[i];
}

static bool tail_contains(const struct console_tail *tail, const char *text)
{
    uint64_t matched = 0;
    uint64_t first = tail->total > CONSOLE_TAIL_BYTES ? tail->total - CONSOLE_TAIL_BYTES : 0;
    for (uint64_t i = first; i < tail->total && text[matched] != '\0'; i++) {
        char c = tail->bytes[i % CONSOLE_TAIL_BYTES];
        matched = c == text[matched] ? matched + 1 : c == text[0];
    }
    return text[matched] == '\0';
}

bool console_tail_find_last(const struct console_tail *tail, char mark, unsigned char *next)
{
    uint64_t first = tail->total > CONSOLE_TAIL_BYTES ? tail->total - CONSOLE_TAIL_BYTES : 0;
    for (uint64_t i = tail->total; i > first + 1; i--) {
        if (tail->bytes[(i - 2) % CONSOLE_TAIL_BYTES] == mark) {
            *next = (unsigned char)tail->bytes[(i - 1) % CONSOLE_TAIL_BYTES];
            return true;
        }
    }
    return false;
}

void console_tail_show(const struct console_tail *tail)
{
    uint64_t first = tail->total > CONSOLE_TAIL_BYTES ? tail->total - CONSOLE_TAIL_BYTES : 0;
    bool line_start = true;
    bool escape = false; // in a terminal's control sequence, which ends with a letter
    for (uint64_t i = first; i < tail->total; i++) {
        char c = tail->bytes[i % CONSOLE_TAIL_BYTES];
        bool control = c != '\n' && c != '\t' && ((unsigned char)c < ' ' || c == 0x7f);
        escape |= c == 0x1b;
        if (!escape && !control && !(line_start && c == '\n')) {
            fprintf(stderr, "%s%c", line_start ? "    " : "", c);
            line_start = c == '\n';
        }
        escape &= !isalpha((unsigned char)c);
    }
    fputs(line_start ? "" : "\n", stderr);
}

static size_t buffer_count(const struct console_buffer *buffer)
{
    return buffer->end - buffer->start;
}

static void buffer_add(struct console_buffer *buffer, const char *bytes, size_t count)
{
    if (buffer->start == buffer->end)
        buffer->start = buffer->end = 0;
    if (buffer->end + count > buffer->size) {
        buffer->size = 2 * (buffer->end + count);
        buffer->bytes = realloc(buffer->bytes, buffer->size);
        if (buffer->bytes == NULL)
            abort();
    }
    memcpy(buffer->bytes + buffer->end, bytes, count);
    buffer->end += count;
}

/// Write once, at most `max` bytes. False if nobody will ever read them.
static bool buffer_write(struct console_buffer *buffer, int fd, size_t max)
{
    size_t count = buffer_count(buffer) < max ? buffer_count(buffer) : max;
    ssize_t written = write(fd, buffer->bytes + buffer->start, count);
    if (written < 0)
        return errno == EAGAIN || errno == EINTR;
    buffer->start += (size_t)written;
    return true;
}

static void to_user(struct console *console, const char *bytes, size_t count)
{
    if (count == 0)
        return;
    console->spoken = true;
    buffer_add(&console->to_user, bytes, count);
    if (console->log >= 0) {
        ssize_t written = write(console->log, bytes, count);
        (void)written; // a full disk costs the log, not the machine
    }
}

/// What comes before IMAGE_READY is firmware text, what comes after it is the machine's.
static void from_guest(struct console *console, const char *bytes, size_t count)
{
    if (console->ready) {
        to_user(console, bytes, count);
        return;
    }
    const char *mark = memchr(bytes, IMAGE_READY, count);
    size_t firmware = mark != NULL ? (size_t)(mark - bytes) : count;
    tail_add(&console->firmware, bytes, firmware);
    if (mark == NULL)
        return;
    // GRUB goes on when a command fails, but a machine without one of its modules is not what was
    // asked for.
    console->load_failed = tail_contains(&console->firmware, "error: ");
    if (console->load_failed)
        return;
    console->ready = true;
    if (console->verbose)
        console_tail_show(&console->firmware);
    if (console->timed) {
        fprintf(stderr, "stave-boot: %.3f s from the start of QEMU to the CPU driver\n",
                (double)(console_now_us() - console->start_us) / 1e6);
    }
    to_user(console, mark + 1, count - firmware - 1);
}

/// Take what there is. False at the stream's end.
static bool read_guest(struct console *console)
{
    char bytes[16384];
    ssize_t count = read(console->guest_output, bytes, sizeof(bytes));
    if (count > 0)
        from_guest(console, bytes, (size_t)count);
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

static bool read_last_words(struct console *console)
{
    char bytes[4096];
    ssize_t count = read(console->last_words_output, bytes, sizeof(bytes));
    if (count > 0)
        tail_add(&console->last_words, bytes, (size_t)count);
    return count > 0 || (count < 0 && (errno == EAGAIN || errno == EINTR));
}

static void begin_input(struct console *console)
{
    char begin[FRAMING_BEGIN_BYTES];
    framing_encode_begin(console->input_is_terminal ? FRAMING_TERMINAL : FRAMING_PIPE, begin);
    buffer_add(&console->to_guest, begin, sizeof(begin));
    console->input_begun = true;
}

static void end_input(struct console *console)
{
    char end[FRAMING_END_BYTES];
    framing_encode_end(end);
    buffer_add(&console->to_guest, end, sizeof(end));
    console->input_ended = true;
}

/// False if the user typed the key that quits.
static bool read_user(struct console *console)
{
    char bytes[4096];
    char encoded[FRAMING_ENCODED_MAX * sizeof(bytes)];
    size_t encoded_count = 0;
    ssize_t count = read(STDIN_FILENO, bytes, sizeof(bytes));
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return true;
    if (!console->input_begun)
        begin_input(console);
    if (count <= 0) {
        end_input(console);
        return true;
    }
    if (console->input_is_terminal && memchr(bytes, CONSOLE_QUIT_KEY, (size_t)count) != NULL)
        return false;
    for (ssize_t i = 0; i < count; i++)
        encoded_count += framing_encode(bytes[i], encoded + encoded_count);
    buffer_add(&console->to_guest, encoded, encoded_count);
    return true;
}

static void prepare(const struct console *console, struct pollfd polls[POLL_COUNT])
{
    bool room = console->unbounded || buffer_count(&console->to_user) < OUTPUT_BYTES_MAX;
    bool sending = console->guest_input >= 0 && buffer_count(&console->to_guest) > 0;
    bool asking = console->guest_input >= 0 && console->spoken && !console->input_ended && !sending;
    bool showing = buffer_count(&console->to_user) > 0;
    // A negative descriptor is one that poll() passes over.
    polls[POLL_SIGNALS] = (struct pollfd){.fd = console->signals, .events = POLLIN};
    polls[POLL_OUTPUT] = (struct pollfd){.fd = room ? console->guest_output : -1, .events = POLLIN};
    polls[POLL_LAST] = (struct pollfd){.fd = console->last_words_output, .events = POLLIN};
    polls[POLL_USER_OUT] = (struct pollfd){.fd = showing ? STDOUT_FILENO : -1, .events = POLLOUT};
    polls[POLL_USER_IN] = (struct pollfd){.fd = asking ? STDIN_FILENO : -1, .events = POLLIN};
    polls[POLL_INPUT] =
        (struct pollfd){.fd = sending ? console->guest_input : -1, .events = POLLOUT};
}

static int remaining_ms(const struct console *console)
{
    if (console->deadline_us == 0)
        return -1;
    int64_t left_us = console->deadline_us - console_now_us();
    return left_us <= 0 ? 0 : left_us / 1000 >= INT_MAX ? INT_MAX : (int)(left_us / 1000) + 1;
}

/// Do what poll() found possible. True if that ends the loop.
static bool step(struct console *console, const struct pollfd polls[POLL_COUNT],
                 enum console_end *end)
{
    if (polls[POLL_SIGNALS].revents != 0) {
        struct signalfd_siginfo info;
        if (read(console->signals, &info, sizeof(info)) == sizeof(info)) {
            console->signal = (int)info.ssi_signo;
            *end = CONSOLE_SIGNAL;
            return true;
        }
    }
    if (polls[POLL_LAST].revents != 0 && !read_last_words(console))
        console->last_words_output = -1;
    if (polls[POLL_INPUT].revents != 0 &&
        !buffer_write(&console->to_guest, console->guest_input, PIPE_BUF))
        console->guest_input = -1;
    if (polls[POLL_USER_OUT].revents != 0 &&
        !buffer_write(&console->to_user, STDOUT_FILENO, PIPE_BUF)) {
        console->output_failed = true;
        *end = CONSOLE_NO_OUTPUT;
        return true;
    }
    if (polls[POLL_USER_IN].revents != 0 && !read_user(console)) {
        *end = CONSOLE_QUIT;
        return true;
    }
    bool open = polls[POLL_OUTPUT].revents == 0 || read_guest(console);
    *end = console->load_failed ? CONSOLE_NOT_LOADED : CONSOLE_CLOSED;
    return console->load_failed || !open;
}

enum console_end console_run(struct console *console)
{
    struct pollfd polls[POLL_COUNT];
    enum console_end end;
    for (;;) {
        prepare(console, polls);
        int ready = poll(polls, POLL_COUNT, remaining_ms(console));
        if (ready > 0 && step(console, polls, &end))
            return end;
        if (console->deadline_us != 0 && console_now_us() >= console->deadline_us)
            return CONSOLE_TIMEOUT;
    }
}

void console_drain(struct console *console)
{
    // The writing ends are closed, so that both streams end.
    while (read_guest(console)) {
    }
    while (console->last_words_output >= 0 && read_last_words(console)) {
    }
    while (!console->output_failed && buffer_count(&console->to_user) > 0)
        console->output_failed = !buffer_write(&console->to_user, STDOUT_FILENO, PIPE_BUF);
    free(console->to_guest.bytes);
    free(console->to_user.bytes);
    console->to_guest = console->to_user = (struct console_buffer){0};
}
