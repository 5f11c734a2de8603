// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The last words of a domain: all registers, why nothing answered, whether a stack was too small, and
// from where the backtrace begins.
#include "domain/fault_report.h"

#include <stdio.h>
#include <string.h>

#include "barrelfish/err.h"
#include "debug/debug_source.h"
#include "fake_kernel.h"
#include "testlib/testlib.h"

#define NO_RIP                                                                                     \
    "  rax 0x0000000000000001 rbx 0x0000000000000002 rcx 0x0000000000000003 rdx "                  \
    "0x0000000000000004\n"                                                                         \
    "  rsi 0x0000000000000005 rdi 0x0000000000000006 rbp 0x0000000000000007 rsp "                  \
    "0x0000000000000008\n"                                                                         \
    "  r8  0x0000000000000009 r9  0x000000000000000a r10 0x000000000000000b r11 "                  \
    "0x000000000000000c\n"                                                                         \
    "  r12 0x000000000000000d r13 0x000000000000000e r14 0x000000000000000f r15 "                  \
    "0x0000000000000010\n"                                                                         \
    "  flags 0x246 fs 0x99\n"

static struct registers *begin(void)
{
    fake_kernel_start();
    fake.disp->shared.core_id = 3;
    fake.disp->shared.domain_id = 0x20;
    struct registers *regs = &fake.disp->shared.trap_save;
    *regs = (struct registers){1,  2,  3,  4,  5,  6,  7,      8,     9,    10,
                               11, 12, 13, 14, 15, 16, 0x4444, 0x246, 0x99, 0};
    return regs;
}

static const char *report(uint64_t vector, uint64_t address, errval_t answer)
{
    static char text[8192];
    size_t bytes;
    fault_report(fake.disp, vector, address, 6, answer);
    const char *report = fault_report_text(&bytes);
    CU_ASSERT_FATAL(bytes < sizeof(text));
    memcpy(text, report, bytes);
    text[bytes] = '\0';
    CU_ASSERT_EQUAL(strlen(text), bytes);
    return text;
}

static void test_text(void)
{
    char wanted[4096];
    begin();
    fake.trace_lines = 2;
    CU_ASSERT_STRING_EQUAL(
        report(14, 0x1234, SYS_ERR_OK),
        "domain test.3 (0x20): page fault at 0x1234, error 0x6, rip 0x4444\n" NO_RIP
        "  thread 1\n  line 0\n  line 1\n");
    CU_ASSERT_STRING_EQUAL(
        report(14, 0x1234, LIB_ERR_VREGION_NOT_FOUND),
        "domain test.3 (0x20): page fault at 0x1234, error 0x6, rip 0x4444\n" NO_RIP
        "  thread 1\n  line 0\n  line 1\n");
    fake.disp->current = NULL;
    snprintf(wanted, sizeof(wanted),
             "domain test.3 (0x20): page fault at 0x1234, error 0x6, rip 0x4444\n  %s\n%s",
             err_getstring(LIB_ERR_PAGEFAULT), NO_RIP);
    CU_ASSERT_STRING_EQUAL(report(14, 0x1234, LIB_ERR_PAGEFAULT), wanted);
    snprintf(wanted, sizeof(wanted),
             "domain test.3 (0x20): trap 13 (%s), error 0x6, rip 0x4444\n%s", except_name(13),
             NO_RIP);
    CU_ASSERT_STRING_EQUAL(report(13, 0x1234, SYS_ERR_OK), wanted);
}

/// A report is cut, not more.
static void test_cut(void)
{
    begin();
    fake.trace_lines = 1000;
    CU_ASSERT_EQUAL(strlen(report(14, 0x1234, SYS_ERR_OK)), 4095);
    CU_ASSERT_PTR_NOT_NULL(strstr(report(14, 0x1234, SYS_ERR_OK), "line 300\n"));
    char name[16] = "";
    for (unsigned i = 0; i < 11; i++) { // wherever its last line ends: report() looks at the length
        name[i] = 'n';
        debug_source.name = name;
        for (fake.trace_lines = 300; fake.trace_lines < 350; fake.trace_lines++)
            CU_ASSERT_TRUE(strlen(report(14, 0x1234, SYS_ERR_OK)) <= 4095);
    }
    fake.trace_lines = 0;
    CU_ASSERT_PTR_NULL(strstr(report(14, 0x1234, SYS_ERR_OK), "line"));
}

#define MIB 0x100000ul
#define LOW 0x40000000ul
#define GUARDED (LOW + 16384)

/// The stack pointer at most a mebibyte below the stack, the access at most a page below that, and not
/// above what is guarded.
static void test_overflow(void)
{
    static const struct {
        uint64_t low, rsp, address;
        bool overflow;
    } cases[] = {
        {LOW, LOW - MIB, LOW - MIB, true},
        {LOW, LOW - MIB - 1, LOW - MIB, false},
        {LOW, LOW, LOW - 4096, true},
        {LOW, LOW, LOW - 4097, false},
        {LOW, LOW, GUARDED - 1, true},
        {LOW, LOW, GUARDED, false},
        {LOW, GUARDED + 4095, GUARDED - 1, true},
        {LOW, GUARDED + 4097, GUARDED - 1, false},
        {LOW, LOW + MIB, LOW + MIB, false},
        {MIB, MIB, MIB, false}, // no stack begins there
        {MIB + 1, MIB + 1, MIB + 1, true},
        {0, 4096, 4096, false},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct registers *regs = begin();
        char wanted[256];
        struct thread *thread = fake.disp->current;
        thread->stack_low = cases[i].low;
        thread->stack_high = cases[i].low + 65536 + 100;
        regs->rsp = cases[i].rsp;
        snprintf(wanted, sizeof(wanted),
                 "\n  stack overflow: thread 1 has 64 KiB, from %#lx to %#lx\n  rax",
                 thread->stack_low, thread->stack_high);
        const char *text = report(14, cases[i].address, SYS_ERR_OK);
        CU_ASSERT_EQUAL(strstr(text, wanted) != NULL, cases[i].overflow);
        CU_ASSERT_EQUAL(strstr(text, "overflow") != NULL, cases[i].overflow);
        CU_ASSERT_PTR_NULL(strstr(report(13, cases[i].address, SYS_ERR_OK), "overflow"));
        fake.disp->current = NULL;
        CU_ASSERT_PTR_NULL(strstr(report(14, cases[i].address, SYS_ERR_OK), "overflow"));
    }
}

/// From where it happened; if nothing was called, from behind that call, as far as one may look.
static void test_backtrace(void)
{
    static uint64_t stack[4] = {0x7000, 0x7001, 0x7002, 0x7003};
    static const struct {
        uint64_t rip;
        long sp;
        uint64_t address;
    } cases[] = {{0x4444, 8, 0x4444}, {0, 0, 0x7000}, {0, 24, 0x7003}, {0, 32, 0},
                 {0, -8, 0},          {0, 4, 0},      {0, 8, 0x7001}};
    for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct registers *regs = begin();
        fake.disp->current->stack_low = (uintptr_t)stack;
        fake.disp->current->stack_high = (uintptr_t)(stack + 4);
        regs->rip = cases[i].rip;
        regs->rsp = (uintptr_t)stack + (uintptr_t)cases[i].sp;
        (void)report(14, 0, SYS_ERR_OK);
        CU_ASSERT_EQUAL(fake.trace.address, cases[i].address);
        CU_ASSERT_EQUAL(fake.trace.exact, cases[i].address < 0x7000);
        CU_ASSERT_TRUE(fake.trace.frame == 7 && fake.trace.count == 0);
        CU_ASSERT_TRUE(fake.trace.low == (uintptr_t)stack &&
                       fake.trace.high == (uintptr_t)(stack + 4));
    }
}

TEST_SUITE("fault reports") = {
    {"the text", test_text},       {"cut", test_cut}, {"stack overflow", test_overflow},
    {"backtrace", test_backtrace}, CU_TEST_INFO_NULL,
};
