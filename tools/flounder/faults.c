// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What is wrong in a file, as compilers say it: the place and what it is, then how to mend it.
#include <stdarg.h>

#include "flounder.h"

static void say(struct faults *faults, struct place place, const char *kind, const char *mend,
                const char *what, va_list args)
{
    fprintf(faults->out, "%s:%u:%u: %s: ", place.path, place.line, place.column, kind);
    vfprintf(faults->out, what, args);
    fprintf(faults->out, "\n%s:%u:%u: note: %s\n", place.path, place.line, place.column, mend);
}

void fault(struct faults *faults, struct place place, const char *mend, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    say(faults, place, "error", mend, what, args);
    va_end(args);
    faults->count++;
}

void warning(struct faults *faults, struct place place, const char *mend, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    say(faults, place, "warning", mend, what, args);
    va_end(args);
    faults->warnings++;
}
