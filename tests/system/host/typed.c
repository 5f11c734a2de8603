// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Somebody at the machine's terminal: Tab completes, Ctrl-C ends the program that is waited for, on
// whichever core, and clears a line, programs in the background are listed and fetched, ps shows
// what domains do, Ctrl-D on an empty line ends the machine.
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

#define LIMIT_MS 120000
#define STEP_MS 1000
#define OUTPUT_BYTES 65536u

static char output[OUTPUT_BYTES];
static size_t length, looked_at;
static int terminal;

static bool type(const char *keys)
{
    return CHECK(write(terminal, keys, strlen(keys)) == (ssize_t)strlen(keys));
}

/// Waits until the machine has printed a text behind all that was waited for before. Ctrl-C is
/// typed again and again, as people do: it may come before the program has the foreground.
static bool await(const char *text, bool interrupt)
{
    for (int waited_ms = 0;;) {
        char *found = strstr(output + looked_at, text);
        if (found != NULL) {
            looked_at = (size_t)(found - output) + strlen(text);
            return true;
        }
        struct pollfd wait = {terminal, POLLIN, 0};
        ssize_t count = -1;
        int ready = length + 1 < OUTPUT_BYTES ? poll(&wait, 1, STEP_MS) : -1;
        if (ready == 0 && (waited_ms += STEP_MS) < LIMIT_MS) {
            if (interrupt && !type("\003"))
                return false;
            continue;
        }
        if (ready == 1)
            count = read(terminal, output + length, OUTPUT_BYTES - 1 - length);
        if (!CHECK(count > 0)) {
            fprintf(stderr, "waited for: %s\n", text);
            return false;
        }
        length += (size_t)count;
        output[length] = '\0';
    }
}

/// What is typed, and what must come of it, in order.
static const struct {
    const char *keys;
    const char *texts[3];
} steps[] = {
    {"", {"instructions and", "stave> "}},
    {"hel\t", {"help  hello  ", "stave> hel"}},
    {"p\t\r", {"stave> "}},
    {"test_ch\tloop &\r", {"test_child loop &", "[", "stave> "}},
    {"echo never\003", {"^C", "stave> "}},
    {"spawn 1 test_child loop and more\r", {"\n"}},
    {"\003", {"test_child: ended by Ctrl-C", "stave> "}},
    {"echo $?\r", {"130", "stave> "}},
    {"ps 0\r", {"in a call", " shell", "stave> "}},
    {"jobs\r", {"] running  test_child loop", "stave> "}},
    {"spawn 1 test_child loop x &\r", {"[", "stave> "}},
    {"ps 1\r", {"  runs ", "test_child loop x", "stave> "}},
    {"fg\r", {"test_child loop x"}},
    {"\003", {"test_child: ended by Ctrl-C", "stave> "}},
    {"fg\r", {"test_child loop"}},
    {"\003", {"test_child: ended by Ctrl-C", "stave> "}},
    {"jobs\r", {"stave> "}},
    {"cores 0; info all\r", {"usage: cores, without '0'", "usage: info, without 'all'", "stave> "}},
    {"jobs 1; help me\r", {"usage: jobs, without '1'", "usage: help, without 'me'", "stave> "}},
    {"kill 99999\r", {"kill: no domain 99999 runs", "stave> "}},
    {"kill 0x5\r", {"kill: 0x5 is this shell", "stave> "}},
    {"kill 4\r", {"kill: 4 is a part of its core's trusted base", "stave> "}},
    {"kill 10\r", {"kill: 10 is the console", "stave> "}},
    {"reclaim 10 64K\r", {"reclaim: 10 is the console", "stave> "}},
    {"test_child exit 3 &\r", {"[", "stave> "}},
    {"wait\r", {"] waited for: test_child exit 3", "test_child: exit status 3", "stave> "}},
    {"adder 41\r", {"usage: adder", "stave> "}},
    {"spawn 1 adder &\r", {"adder: waits for clients"}},
    {"adder client 41\r", {"41 + 1 = 42", "stave> "}},
    {"spawn 1 test_child wait 5 &\r", {"stealing"}},
    {"test_child exit 0; ps 1\r", {" to end ", "  waits     0x10 ", "stave> "}},
};

static bool run_steps(void)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (!type(steps[i].keys))
            return false;
        for (size_t j = 0; j < 3 && steps[i].texts[j] != NULL; j++)
            if (!await(steps[i].texts[j], j == 0 && strcmp(steps[i].keys, "\003") == 0))
                return false;
    }
    return type("\004");
}

int main(void)
{
    struct winsize size = {.ws_row = 50, .ws_col = 200};
    int status = -1;
    pid_t child = forkpty(&terminal, NULL, NULL, &size);
    if (child == 0) {
        execl("build/stave-boot", "stave-boot", "--direct", "--cores", "2", "--timeout", "300",
              "--module", "build/domains/test_child", NULL);
        _exit(127);
    }
    bool good = CHECK(child > 0) && run_steps();
    char rest[4096];
    while (good && read(terminal, rest, sizeof(rest)) > 0) {
    }
    close(terminal);
    good = CHECK(waitpid(child, &status, 0) == child) && good;
    if (!good || !CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0))
        printf("%s\n", output);
    return host_status();
}
