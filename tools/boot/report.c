// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The one-message report that fallible functions fill. The first message is the cause, what comes
// after it a consequence: so the first one stays. Longer texts are cut, never overrun.
#include "report.h"

#include <stdarg.h>
#include <stdio.h>

bool report_set(struct report *report, const char *format, ...)
{
    if (report->text[0] != '\0')
        return false;
    va_list args;
    va_start(args, format);
    vsnprintf(report->text, sizeof(report->text), format, args);
    va_end(args);
    return false;
}
