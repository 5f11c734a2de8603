// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Lines about mistakes: what they say, where they go, and how many are said; backtraces through good
// and broken frames; how a domain ends.
#include "barrelfish/capabilities.h"
#include "barrelfish/debug.h"
#include "barrelfish/dispatch.h"
#include "barrelfish/domain.h"
#include "barrelfish/syscalls.h"
#include "barrelfish/systime.h"
#include "barrelfish/terminal.h"
#include "barrelfish/terminal_client.h"
#include "barrelfish/threads.h"
#include "client/spawnd_tell.h"
#include "debug/backtrace.h"
#include "debug/debug_source.h"
#include "debug/print_limit.h"
#include "kpi/capabilities.h"
#include "kpi/elf_names.h"
#include "testlib/testlib.h"

#include <assert.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP(number)                                                                                \
    ((struct capref){.cnode = {.croot = 1, .cnode = (number), .level = 2}, .slot = 3})

static char said[4096], console[4096];
static errval_t sys_print_err;
static bool disabled;
static systime_t period;
static jmp_buf ended;
static struct {
    uint64_t cap, command;
} invoked;
static struct capability identity = {.base = 0x1000,
                                     .bytes = 0x2000,
                                     .type = ObjType_Frame,
                                     .rights = CAPRIGHTS_READ,
                                     .flags = 1,
                                     .owner = 3,
                                     .extra = 5};

static void add(char *to, const char *text, size_t length)
{
    size_t before = strlen(to);
    CU_ASSERT_FATAL(before + length < sizeof(said));
    memcpy(to + before, text, length);
    to[before + length] = '\0';
}

errval_t sys_print(const char *text, size_t length)
{
    add(said, text, length);
    return sys_print_err;
}

static size_t to_console(const char *data, size_t length)
{
    add(console, data, length);
    return length;
}

coreid_t disp_get_core_id(void)
{
    return 7;
}

bool disp_is_disabled(void)
{
    return disabled;
}

systime_t us_to_systime(delayus_t us)
{
    CU_ASSERT_EQUAL(us, PRINT_LIMIT_PERIOD_US);
    return period;
}

static struct {
    int raised, status;
    unsigned stops, told, waits, ends;
    bool has_spawnd;
    errval_t tell_err;
} ending;

static void note_stop(void)
{
    if (++ending.stops == 3)
        longjmp(ended, 1);
}

struct sysret syscall_invoke(uint64_t caddr, uint64_t cmd, uint64_t arg1, uint64_t arg2,
                             uint64_t arg3, uint64_t arg4, uint64_t arg5, uint64_t arg6)
{
    invoked.cap = caddr;
    invoked.command = cmd;
    CU_ASSERT(arg2 == 0 && arg3 == 0 && arg4 == 0 && arg5 == 0 && arg6 == 0);
    if (caddr == get_cap_caddr(cap_dispatcher) && cmd == DISPATCHER_CMD_STOP)
        note_stop();
    if (caddr != get_cap_caddr(CAP(4)))
        return (struct sysret){SYS_ERR_CAP_NOT_FOUND, 0, 0};
    *(struct capability *)arg1 = identity;
    return (struct sysret){SYS_ERR_OK, 0, 0};
}

static uintptr_t stack[8];

static void bounds(uintptr_t *low, uintptr_t *high)
{
    *low = (uintptr_t)stack;
    *high = (uintptr_t)(stack + 8);
}

static void __attribute__((noreturn)) end(void)
{
    longjmp(ended, 1);
}

/// Whether this was said since the last time, and nothing else.
static bool expect(char *at, const char *text)
{
    bool same = strcmp(at, text) == 0;
    if (!same)
        printf("  said: %s\n  not: %s\n", at, text);
    at[0] = '\0';
    return same;
}

static void begin(void)
{
    said[0] = console[0] = '\0';
    disabled = false;
    sys_print_err = SYS_ERR_OK;
    debug_source = (struct debug_source){.name = "me", .stack = bounds, .end = end};
    (void)terminal_set_write(NULL);
    terminal_set_write_last(to_console);
    (void)terminal_write("\n", 1);
    said[0] = '\0';
}

static void test_lines(void)
{
    char text[700], wanted[600];
    begin();
    debug_printf("%s is %d\n", "seven", 7);
    CU_ASSERT(expect(said, "me.7: seven is 7\n"));
    CU_ASSERT_PTR_NOT_NULL(terminal_set_write(to_console));
    debug_printf("there\n");
    CU_ASSERT(expect(said, "") && expect(console, "me.7: there\n"));
    disabled = true; // nobody can be waited for
    debug_printf("here\n");
    CU_ASSERT(expect(said, "me.7: here\n") && expect(console, ""));
    disabled = false;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    debug_printf("%s", text); // cut
    snprintf(wanted, sizeof(wanted), "me.7: %.505s", text);
    CU_ASSERT(expect(console, wanted));
    debug_source.name = text;
    debug_printf("no room");
    CU_ASSERT_EQUAL(strlen(console), 511);
}

static void test_terminal(void)
{
    begin();
    CU_ASSERT_EQUAL(terminal_write("a", 1), 1);
    CU_ASSERT_EQUAL(terminal_write("", 0), 0); // still within the line
    CU_ASSERT_EQUAL(terminal_write_line("b\n", 2), 2);
    CU_ASSERT(expect(said, "a\nb\n"));
    CU_ASSERT_EQUAL(terminal_write_line("c\n", 2), 2);
    CU_ASSERT(expect(said, "c\n"));
    CU_ASSERT_EQUAL(terminal_write("d\n", 2), 2);
    CU_ASSERT_EQUAL(terminal_write("e", 1), 1);
    CU_ASSERT_EQUAL(terminal_write_last("f\n", 2), 2);
    CU_ASSERT(expect(said, "d\ne") && expect(console, "\nf\n"));
    sys_print_err = SYS_ERR_RIGHTS;
    CU_ASSERT_EQUAL(terminal_write("g", 1), 0);
    terminal_write_fn before = terminal_set_write(to_console);
    CU_ASSERT_PTR_EQUAL(terminal_set_write(before), to_console);
}

static void test_errors(void)
{
    begin();
    period = UINT64_MAX;
    debug_err("f.c", "g", 5, err_push(SYS_ERR_RIGHTS, LIB_ERR_RAM_ALLOC), "no %s", "luck");
    char wanted[600];
    snprintf(wanted, sizeof(wanted),
             "me.7: f.c:5 g: no luck\nme.7:   LIB_ERR_RAM_ALLOC: %s\nme.7:   SYS_ERR_RIGHTS: %s\n",
             err_getstring(LIB_ERR_RAM_ALLOC), err_getstring(SYS_ERR_RIGHTS));
    CU_ASSERT(expect(said, wanted));
    for (unsigned i = 1; i < PRINT_LIMIT_BURST; i++)
        debug_err("f.c", "g", 5, SYS_ERR_OK, "again");
    said[0] = '\0';
    for (unsigned i = 0; i < 3; i++)
        debug_err("f.c", "g", 5, SYS_ERR_OK, "too often");
    CU_ASSERT(expect(said, ""));
    period = 1;
    debug_err("f.c", "g", 6, SYS_ERR_OK, "later");
    CU_ASSERT(expect(said, "me.7: 3 errors are not shown\nme.7: f.c:6 g: later\n"));
    debug_err("f.c", "g", 7, SYS_ERR_OK, "last");
    CU_ASSERT(expect(said, "me.7: f.c:7 g: last\n"));
    CU_ASSERT_STRING_EQUAL(err_getstring(ERR_CODES_COUNT), "unknown error");
    CU_ASSERT_STRING_EQUAL(err_getcode(ERR_CODES_COUNT), "unknown error");
    CU_ASSERT_STRING_EQUAL(err_getcode(ERR_CODES_COUNT - 1) == NULL ? "" : "a name", "a name");
}

static void test_panic(void)
{
    begin();
    if (setjmp(ended) == 0) {
        user_panic_fn("f.c", "g", 5, SYS_ERR_RIGHTS, "%d", 6);
        CU_FAIL("went on");
    }
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "me.7: f.c:5 g: 6\nme.7:   SYS_ERR_RIGHTS: "));
    CU_ASSERT_PTR_NOT_NULL(
        strstr(said, "\nme.7:   0x")); // the caller; its frame is not in the stack
}

static void test_capabilities(void)
{
    char text[256];
    begin();
    (void)debug_print_capref(text, sizeof(text), NULL_CAP);
    CU_ASSERT_STRING_EQUAL(text, "no capability");
    int length = debug_print_capref(text, sizeof(text), CAP(4));
    CU_ASSERT_STRING_EQUAL(text, "slot 3 of cnode 0x4 at level 2 of root 0x1");
    CU_ASSERT_EQUAL(length, strlen(text));
    length = debug_print_cap_at_capref(text, sizeof(text), CAP(4));
    CU_ASSERT_STRING_EQUAL(
        text, "Frame at 0x1000, 0x2000 bytes, extra 0x5, rights 0x1, flags 0x1, owner 3");
    CU_ASSERT_EQUAL(length, strlen(text));
    CU_ASSERT_EQUAL(invoked.command, CAP_CMD_IDENTIFY);
    length = debug_print_cap_at_capref(text, sizeof(text), CAP(5));
    CU_ASSERT_STRING_EQUAL(text, err_getstring(SYS_ERR_CAP_NOT_FOUND));
    CU_ASSERT_EQUAL(length, strlen(text));
    identity.type = ObjType_Num;
    (void)debug_print_cap_at_capref(text, sizeof(text), CAP(4));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "unknown type at 0x1000"));
    identity.type = ObjType_Frame;
}

static void link_frames(void)
{
    for (unsigned i = 0; i < 6; i += 2) {
        stack[i] = (uintptr_t)&stack[i + 2];
        stack[i + 1] = 0x5000 + i;
    }
    stack[6] = 0;
    stack[7] = 0x5006;
}

/// The number of lines of a backtrace from the first frame.
static unsigned count_lines(uintptr_t frame)
{
    struct backtrace trace = {0x5555, true, frame, 0, 0, 0};
    char line[BACKTRACE_LINE_BYTES];
    unsigned lines = 0;
    bounds(&trace.low, &trace.high);
    while (backtrace_line(&trace, line))
        lines++;
    return lines;
}

static void test_frames(void)
{
    begin();
    link_frames();
    CU_ASSERT_EQUAL(count_lines((uintptr_t)stack), 5);
    CU_ASSERT_EQUAL(count_lines((uintptr_t)&stack[6]), 2); // ends where the stack does
    CU_ASSERT_EQUAL(count_lines((uintptr_t)&stack[7]), 1);
    CU_ASSERT_EQUAL(count_lines((uintptr_t)&stack[8]), 1);
    CU_ASSERT_EQUAL(count_lines((uintptr_t)stack - 8), 1);
    CU_ASSERT_EQUAL(count_lines((uintptr_t)stack + 4), 1);
    stack[2] = (uintptr_t)&stack[2]; // a circle
    CU_ASSERT_EQUAL(count_lines((uintptr_t)stack), 3);
    link_frames();
    stack[3] = 0; // the last caller
    CU_ASSERT_EQUAL(count_lines((uintptr_t)stack), 2);
    struct backtrace unknown = {.address = 1};
    char line[BACKTRACE_LINE_BYTES];
    CU_ASSERT(backtrace_line(&unknown, line) && !backtrace_line(&unknown, line));
}

static void test_deep(void)
{
    static uintptr_t deep[2 * BACKTRACE_FRAMES_MAX + 8];
    begin();
    for (unsigned i = 0; i < sizeof(deep) / sizeof(deep[0]); i += 2) {
        deep[i] = (uintptr_t)&deep[i + 2];
        deep[i + 1] = 1;
    }
    struct backtrace trace = {
        1, true, (uintptr_t)deep, (uintptr_t)deep, (uintptr_t)deep + sizeof(deep), 0};
    char line[BACKTRACE_LINE_BYTES];
    unsigned lines = 0;
    while (backtrace_line(&trace, line))
        lines++;
    CU_ASSERT_EQUAL(lines, BACKTRACE_FRAMES_MAX);
}

static void test_names(void)
{
    static const struct {
        struct elf_names_head head;
        struct elf_name entries[3];
        char strings[12];
    } names = {{3, 12}, {{0x5000, 0}, {0x5001, 6}, {0x5100, 5}}, "first\0other"};
    begin();
    debug_source.names = &names;
    debug_source.names_bytes = sizeof(names);
    struct backtrace trace = {0x5000, true, (uintptr_t)stack, 0, 0, 0};
    char line[BACKTRACE_LINE_BYTES];
    bounds(&trace.low, &trace.high);
    link_frames();
    stack[1] = 0x5001; // behind a call at the end of `first`
    stack[3] = 0x6000;
    CU_ASSERT_TRUE(backtrace_line(&trace, line));
    CU_ASSERT_STRING_EQUAL(line, "    0x5000 first+0");
    CU_ASSERT_TRUE(backtrace_line(&trace, line));
    CU_ASSERT_STRING_EQUAL(line, "    0x5001 first+0x1");
    CU_ASSERT_TRUE(backtrace_line(&trace, line));
    CU_ASSERT_STRING_EQUAL(line, "    0x6000");
}

int raise(int signal)
{
    ending.raised = signal;
    return 0;
}

errval_t cap_identify(struct capref cap, struct capability *ret)
{
    CU_ASSERT_TRUE(capcmp(cap, cap_spawndep));
    *ret = identity;
    return ending.has_spawnd ? SYS_ERR_OK : SYS_ERR_CAP_NOT_FOUND;
}

void terminal_end(void)
{
    CU_ASSERT_EQUAL(ending.told, 0);
    ending.ends++;
}

errval_t spawnd_tell(enum spawnd_op op, uint64_t word1, uint64_t word2)
{
    CU_ASSERT_TRUE(op == SPAWND_EXIT && word2 == 0 && ending.ends == 1);
    ending.status = (int)word1;
    ending.told++;
    return ending.tell_err;
}

void thread_sem_wait(struct thread_sem *sem)
{
    CU_ASSERT_TRUE(sem->queue == NULL && sem->value == 0 && ending.stops == 0);
    if (++ending.waits == 3)
        longjmp(ended, 1);
}

static void begin_end(void)
{
    begin();
    memset(&ending, 0, sizeof(ending));
}

/// The message, who called, and the end: as by a signal, where a handler can be run for that.
static void test_abort(void)
{
    for (volatile int i = 0; i < 4; i++) {
        begin_end();
        disabled = i >= 2;
        if (setjmp(ended) == 0) {
            if (i % 2 == 0)
                abort();
            else
                __assert_fail("a < b", "f.c", 5, "g");
        }
        CU_ASSERT_EQUAL(ending.raised, disabled ? 0 : SIGABRT);
        const char *text = i % 2 == 0 ? "me.7: abort() was called\nme.7:   0x"
                                      : "me.7: assertion failed: a < b (f.c:5, g)\nme.7:   0x";
        CU_ASSERT_EQUAL(strncmp(said, text, strlen(text)), 0);
    }
}

/// Spawnd is told, after the last words, and takes the domain apart; without one it stops, however
/// often that is refused.
static void test_exit(void)
{
    static const struct {
        bool has_spawnd;
        errval_t err;
        unsigned told, waits, stops;
    } cases[] = {{true, SYS_ERR_OK, 1, 3, 0},
                 {true, SYS_ERR_CAP_NOT_FOUND, 1, 0, 3},
                 {false, SYS_ERR_OK, 0, 0, 3}};
    for (volatile unsigned i = 0; i < 3; i++) {
        begin_end();
        ending.has_spawnd = cases[i].has_spawnd;
        ending.tell_err = cases[i].err;
        if (setjmp(ended) == 0)
            domain_exit(0x1f3);
        CU_ASSERT_TRUE(ending.told == cases[i].told && ending.ends == cases[i].told);
        CU_ASSERT_TRUE(ending.waits == cases[i].waits && ending.stops == cases[i].stops);
        CU_ASSERT_EQUAL(ending.status, cases[i].told != 0 ? 0xf3 : 0);
    }
}

TEST_SUITE("debugging") = {
    {"lines", test_lines},
    {"where output goes", test_terminal},
    {"errors", test_errors},
    {"the last one", test_panic},
    {"abort and assert", test_abort},
    {"the end of a domain", test_exit},
    {"capabilities", test_capabilities},
    {"frames", test_frames},
    {"no endless backtrace", test_deep},
    {"names", test_names},
};
