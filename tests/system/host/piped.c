// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Input of a machine from a pipe: every byte is data, nothing is lost however fast it comes and
// however slowly it is taken, the end of the input is none of its bytes, and lines that cannot be
// run as a whole are not run. It is for the program in the foreground only, and for whom that gives
// it to. What domains print without the console is bounded, and reports of their deaths are whole.
// The program test_child counts its part of the input.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

#define LINE_BYTES 20000u ///< many times what the console holds
#define PRINTED_MAX 8192u ///< what a domain can print in its life without the console
#define BINARY_BYTES 20000u

/// A script in a file, given to a machine as its standard input.
static struct host_output boot_with(FILE *script)
{
    char command[128];
    const char *argv[] = {"sh", "-c", command, NULL};
    fflush(script);
    snprintf(command, sizeof(command),
             "exec build/stave-boot --platform tests/system/platform.yaml --cores 2 --direct "
             "--timeout 240 < /proc/%d/fd/%d",
             getpid(), fileno(script));
    return host_run(argv);
}

static bool shows(const struct host_output *output, const char *text)
{
    return strstr(output->text, text) != NULL;
}

/// Sum and number of the bytes, as the program prints them.
static void put_binary(FILE *script, char expected[64])
{
    unsigned long sum = 0;
    fprintf(script, "test_child count %u\n", BINARY_BYTES);
    for (unsigned i = 0; i < BINARY_BYTES; i++) {
        unsigned char byte = (unsigned char)((i * 2654435761u) >> 13 | (i % 7 == 0 ? 4 : 0));
        fputc(byte, script);
        sum = sum * 31 + byte;
    }
    snprintf(expected, 64, "counted %u bytes, sum %016lx", BINARY_BYTES, sum);
}

/// The report of a domain that died on `core` stands there in one piece.
static bool reports(const struct host_output *output, unsigned core)
{
    static const char *const lines[] = {"rax", "rsi", "r8", "r12", "flags", "thread"};
    char first[64];
    snprintf(first, sizeof(first), "\ndomain test_child.%u (", core);
    const char *line = strstr(output->text, first);
    bool whole = line != NULL;
    line = whole ? strchr(line + 1, '\n') : NULL;
    for (size_t i = 0; whole && i < sizeof(lines) / sizeof(lines[0]); i++) {
        whole = line != NULL && strncmp(line, "\n  ", 3) == 0 &&
                strncmp(line + 3, lines[i], strlen(lines[i])) == 0;
        line = line != NULL ? strchr(line + 1, '\n') : NULL;
    }
    return whole;
}

static size_t count(const struct host_output *output, char c)
{
    size_t found = 0;
    for (size_t i = 0; i < output->bytes; i++)
        found += output->text[i] == c;
    return found;
}

int main(void)
{
    char expected[64];
    FILE *script = tmpfile();
    fprintf(script, "echo one\004two \303\244\303\266 \377\n");
    fprintf(script, "echo not this");
    for (unsigned i = 0; i < LINE_BYTES; i++)
        fputc(i % 100 == 0 ? ';' : 'x', script);
    fprintf(script, "; echo rest\n");
    fprintf(script, "echo not this; echo 'open\n");
    fprintf(script, "test_child steal 10 &\n");
    put_binary(script, expected);
    fprintf(script, "test_child lend 9\nfor child");
    fprintf(script, "echo after the data\n");
    fprintf(script,
            "spawn 1 test_child crash 'about to crash' &\ntest_child crash 'about to crash'\n");
    fprintf(script, "test_hostile child print_flood\n");
    fprintf(script, "echo status $?\necho last line"); // without a newline
    struct host_output output = boot_with(script);
    bool good = CHECK(output.status == 0);
    good &= CHECK(shows(&output, "\none\004two \303\244\303\266 \377\r\n"));
    good &= CHECK(shows(&output, "\nshell: the line is longer than 16,383 bytes; nothing of it"));
    good &= CHECK(shows(&output, "\nshell: a ' is missing; nothing of it was run\r\n"));
    good &= CHECK(!shows(&output, "\nnot this") && !shows(&output, "rest\r"));
    good &= CHECK(shows(&output, expected));
    good &= CHECK(shows(&output, "stealing\r\n") && !shows(&output, "counted 10 bytes"));
    good &= CHECK(shows(&output, "counted 9 bytes, sum 00"));
    good &= CHECK(shows(&output, "\nafter the data\r\n"));
    good &= CHECK(reports(&output, 0) && reports(&output, 1));
    good &= CHECK(shows(&output, "\ntest_child.0: about to crash\r\n"));
    good &= CHECK(shows(&output, "\ntest_child.1: about to crash\r\n"));
    good &= CHECK(count(&output, '#') > 1000 && count(&output, '#') <= PRINTED_MAX);
    good &= CHECK(shows(&output, "\nstatus 0\r\n"));
    good &= CHECK(shows(&output, "\nlast line\r\n"));
    if (!good)
        host_show(&output);
    free(output.text);
    fclose(script);
    return host_status();
}
