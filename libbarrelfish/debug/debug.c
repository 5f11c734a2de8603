// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Output for those who look for a mistake: where all output goes, line by line, so that lines of
// several domains do not mix. While the dispatcher is disabled nobody can be waited for.

#include "barrelfish/debug.h"

#include <stdarg.h>
#include <stdio.h>

#include "backtrace.h"
#include "barrelfish/dispatch.h"
#include "barrelfish/domain.h"
#include "barrelfish/invocations.h"
#include "barrelfish/systime.h"
#include "barrelfish/terminal.h"
#include "debug_source.h"
#include "kpi/cap_rules.h"
#include "print_limit.h"

#define LINE_BYTES 512u

/// A line that is put together from parts and cut if it becomes too long.
struct line {
    size_t length;
    char text[LINE_BYTES];
};

static void __attribute__((format(printf, 2, 0)))
append_va(struct line *line, const char *fmt, va_list args)
{
    size_t room = sizeof(line->text) - line->length;
    int length = vsnprintf(line->text + line->length, room, fmt, args);
    if (length > 0)
        line->length += (size_t)length < room ? (size_t)length : room - 1;
}

static void __attribute__((format(printf, 2, 3))) append(struct line *line, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    append_va(line, fmt, args);
    va_end(args);
}

static void line_begin(struct line *line)
{
    line->length = 0;
    append(line, "%s.%u: ", disp_name(), disp_get_core_id());
}

static void line_print(const struct line *line)
{
    // There is nowhere else to say that this failed.
    if (disp_is_disabled())
        (void)sys_print(line->text, line->length);
    else
        (void)terminal_write_line(line->text, line->length);
}

void debug_printf(const char *fmt, ...)
{
    struct line line;
    line_begin(&line);
    va_list args;
    va_start(args, fmt);
    append_va(&line, fmt, args);
    va_end(args);
    line_print(&line);
}

__attribute__((noinline)) void debug_print_backtrace(void)
{
    const uint64_t *frame = __builtin_frame_address(0);
    struct backtrace trace = {.address = frame[1], .frame = frame[0]};
    char line[BACKTRACE_LINE_BYTES];
    debug_source.stack(&trace.low, &trace.high);
    while (backtrace_line(&trace, line))
        debug_printf("  %s\n", line);
}

void err_print_calltrace(errval_t err)
{
    for (; err != 0; err >>= ERR_CODE_BITS)
        debug_printf("  %s: %s\n", err_getcode(err), err_getstring(err));
}

int debug_print_capref(char *buf, size_t len, struct capref cap)
{
    if (capref_is_null(cap))
        return snprintf(buf, len, "no capability");
    return snprintf(buf, len, "slot %u of cnode %#x at level %u of root %#x", cap.slot,
                    cap.cnode.cnode, cap.cnode.level, cap.cnode.croot);
}

errval_t debug_cap_identify(struct capref cap, struct capability *ret)
{
    return invoke_cap_identify(cap, ret);
}

int debug_print_cap(char *buf, size_t len, const struct capability *cap)
{
    const char *name = cap->type < ObjType_Num ? cap_type(cap->type)->name : "unknown type";
    return snprintf(buf, len, "%s at %#lx, %#lx bytes, extra %#lx, rights %#x, flags %#x, owner %u",
                    name, cap->base, cap->bytes, cap->extra, cap->rights, cap->flags, cap->owner);
}

int debug_print_cap_at_capref(char *buf, size_t len, struct capref cap)
{
    struct capability raw;
    errval_t err = debug_cap_identify(cap, &raw);
    if (err_is_fail(err))
        return snprintf(buf, len, "%s", err_getstring(err));
    return debug_print_cap(buf, len, &raw);
}

static void print_error(const char *file, const char *func, int line_number, errval_t err,
                        const char *msg, va_list args)
{
    struct line line;
    line_begin(&line);
    append(&line, "%s:%d %s: ", file, line_number, func);
    append_va(&line, msg, args);
    append(&line, "\n");
    line_print(&line);
    err_print_calltrace(err);
}

void debug_err(const char *file, const char *func, int line, errval_t err, const char *msg, ...)
{
    static struct print_limit limit;
    unsigned dropped;
    if (!print_limit_take(&limit, systime_now(), us_to_systime(PRINT_LIMIT_PERIOD_US), &dropped))
        return;
    if (dropped > 0)
        debug_printf("%u errors are not shown\n", dropped);
    va_list args;
    va_start(args, msg);
    print_error(file, func, line, err, msg, args);
    va_end(args);
}

void user_panic_fn(const char *file, const char *func, int line, errval_t err, const char *msg, ...)
{
    va_list args;
    va_start(args, msg);
    print_error(file, func, line, err, msg, args);
    va_end(args);
    debug_print_backtrace();
    debug_source.end();
}
