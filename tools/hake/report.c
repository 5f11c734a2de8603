// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What is wrong with the tree is reported with its place, and counted, so that one run tells of all
// faults; what leaves nothing to do ends the program. tools/rooms reads the same tree and says its
// own name.
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>

#include "hake.h"

static size_t reports;

void report(struct place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s:%zu:%zu: error: ", place.path, place.line, place.column);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    reports++;
}

size_t report_count(void)
{
    return reports;
}

void die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", program_invocation_short_name);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}
