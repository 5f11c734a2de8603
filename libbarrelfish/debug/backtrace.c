// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A frame is followed only if it lies in the thread's known stack, above the last one and aligned,
// because a fault here may be the dispatcher's end. The C library is compiled without frame
// pointers: its functions are left out, and what called them is found, where they have not used the
// register for something else. Formats with snprintf(), which for integers and strings keeps no
// state.
#pragma GCC target("general-regs-only")

#include "backtrace.h"

#include <stdio.h>

#include "debug_source.h"
#include "kpi/elf_names.h"

/// A call may be the last instruction of its function, so that behind it another one begins.
static void describe(const struct backtrace *trace, char line[BACKTRACE_LINE_BYTES])
{
    uint64_t address = trace->address - !trace->exact, offset;
    const char *name = NULL;
    if (debug_source.names != NULL)
        name = elf_names_find(debug_source.names, debug_source.names_bytes, address, &offset);
    if (name != NULL) {
        snprintf(line, BACKTRACE_LINE_BYTES, "%#10lx %.70s+%#lx", trace->address, name,
                 offset + !trace->exact);
    } else {
        snprintf(line, BACKTRACE_LINE_BYTES, "%#10lx", trace->address);
    }
}

bool backtrace_line(struct backtrace *trace, char line[BACKTRACE_LINE_BYTES])
{
    if (trace->address == 0 || trace->count++ == BACKTRACE_FRAMES_MAX)
        return false;
    describe(trace, line);
    uintptr_t frame = trace->frame;
    trace->address = 0;
    trace->exact = false;
    if (trace->low != 0 && frame >= trace->low && frame % 8 == 0 && frame < trace->high &&
        trace->high - frame >= 16) {
        const uint64_t *words = (const uint64_t *)frame;
        trace->frame = words[0];
        trace->address = words[1];
        trace->low = frame + 16;
    }
    return true;
}
