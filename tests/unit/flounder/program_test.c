// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// build/flounder as a program, from the top of the repository: its commands, what it writes where,
// and its exit statuses.
#include <scratch/scratch_tree.h>
#include <stdlib.h>
#include <string.h>

#include "reading.h"

static void check(int status, int expected, const char *printed)
{
    CU_ASSERT_EQUAL(status, expected);
    if (strstr(scratch_output(), printed) == NULL) {
        printf("\nexpected: %s\nprinted:  %s", printed, scratch_output());
        CU_FAIL("what is printed");
    }
}

/// Runs the compiler in the scratch folder.
static int run(const char *arguments)
{
    char *compiler = realpath("build/flounder", NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(compiler);
    int status = scratch_run("cd %s && %s %s", scratch_root(), compiler, arguments);
    free(compiler);
    return status;
}

static bool exists(const char *path)
{
    return scratch_run("test -e %s/%s", scratch_root(), path) == 0;
}

static void test_arguments(void)
{
    static const char *const wrong[] = {
        "",           "--lost", "--folder",  "lost a.if",           "compile",   "check",
        "signatures", "diff",   "diff a.if", "diff a.if a.if a.if", "--folder x"};
    check(run("--help"), 0, "usage: build/flounder compile");
    CU_ASSERT_PTR_NOT_NULL(strstr(scratch_output(), "Exit status: 0; 1 if"));
    check(run("-h"), 0, "usage: build/flounder compile");
    scratch_write("a.if", "interface a { message m(); };\n");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        check(run(wrong[i]), 2, "usage: build/flounder compile");
}

static void test_compile(void)
{
    scratch_write("in/kv.if", "interface store \"Values\" { rpc get(out uint8 v); };\n");
    check(run("compile --folder out in/kv.if"), 0, "");
    CU_ASSERT_STRING_EQUAL(scratch_output(), "");
    CU_ASSERT_TRUE(scratch_contains("out/kv.c", "#include <if/kv_defs.h>"));
    CU_ASSERT_TRUE(scratch_contains("out/if/kv_defs.h", "struct store_binding {"));
    CU_ASSERT_TRUE(scratch_contains("out/if/kv_defs.h", "from in/kv.if; do not edit"));
    CU_ASSERT_TRUE(scratch_contains("out/if/kv_rpcclient_defs.h", "#include <if/kv_defs.h>"));
    check(run("compile in/kv.if"), 0, ""); // here, if no folder is named
    CU_ASSERT_TRUE(exists("kv.c") && exists("if/kv_defs.h"));
    check(run("--folder out compile in/kv.if"), 0, ""); // folders may be there already
}

static void test_compile_monitors(void)
{
    scratch_write("in/tell.if", "@monitors() interface tell { message hello(cap notify); };\n");
    check(run("compile --folder out in/tell.if"), 0, "");
    CU_ASSERT_STRING_EQUAL(scratch_output(), "");
    CU_ASSERT_TRUE(scratch_contains("out/tell.c", "#include <if/tell_defs.h>"));
    CU_ASSERT_TRUE(scratch_contains("out/if/tell_defs.h", "struct tell_message {"));
    CU_ASSERT_TRUE(scratch_contains("out/if/tell_defs.h", "struct capability notify;"));
    CU_ASSERT_FALSE(scratch_contains("out/if/tell_defs.h", "tell_binding"));
    check(run("signatures in/tell.if"), 0, "  1  message tell.hello(cap)\n");
}

static void test_several_files(void)
{
    scratch_write("a.if", "interface a { message m(); };\n");
    scratch_write("b.if", "interface b { mesage m(); };\n");
    scratch_write("c.if", "interface c { message m(uint9 a); };\n");
    check(run("compile --folder out a.if b.if c.if"), 1, "b.if:1:15: error: ");
    CU_ASSERT_PTR_NOT_NULL(strstr(scratch_output(), "c.if:1:25: error: "));
    CU_ASSERT_TRUE(exists("out/a.c")); // a file with a fault is not written, the others are
    CU_ASSERT_FALSE(exists("out/b.c") || exists("out/if/c_defs.h"));
}

static void test_check(void)
{
    scratch_write("a.if", "interface a { message m(); };\n");
    scratch_write("b.if", "interface b { mesage m(); };\n");
    scratch_write("c.if", "interface c { rpc bind(); };\n");
    check(run("check a.if"), 0, "");
    CU_ASSERT_STRING_EQUAL(scratch_output(), "");
    check(run("check a.if b.if"), 1, "b.if:1:15: error: expected a declaration, found 'mesage'\n");
    check(run("check c.if"), 0, "c.if:1:19: warning: ");
    CU_ASSERT_FALSE(exists("a.c") || exists("if"));
}

static void test_signatures(void)
{
    scratch_write("a.if", "interface a { rpc r(in uint8 x); message m(String s[4]); };\n");
    check(run("signatures a.if"), 0, "");
    CU_ASSERT_STRING_EQUAL(scratch_output(),
                           "  1  rpc a.r(in uint8)\n  3  message a.m(string[4])\n");
}

static void test_diff(void)
{
    scratch_write("old.if", "interface a { message m(); };\n");
    scratch_write("new.if", "interface a { message m(); message n(); };\n");
    scratch_write("bad.if", "interface a { message m(; };\n");
    check(run("diff old.if new.if"), 0, "clients of old.if work with new.if\n");
    check(run("diff new.if old.if"), 1, "old.if:1:11: V2: 'n' is gone; put it back where it was\n");
    check(run("diff bad.if new.if"), 1, "bad.if:1:25: error: ");
    check(run("diff old.if bad.if"), 1, "bad.if:1:25: error: ");
    CU_ASSERT_PTR_NULL(strstr(scratch_output(), "clients of"));
}

/// Files that cannot be read, or are no text.
static void test_unreadable(void)
{
    check(run("check lost.if"), 2, "cannot read lost.if: No such file");
    scratch_write("folder/a.if", "");
    check(run("check folder"), 2, "cannot read folder: Is a directory");
    CU_ASSERT_EQUAL(
        scratch_run("printf 'interface a {\\0 message m(); };' >%s/zero.if", scratch_root()), 0);
    check(run("check zero.if"), 2, "zero.if is no text: it has a zero byte");
    CU_ASSERT_EQUAL(scratch_run("yes '//' | head -c %u >%s/long.if", FLOUNDER_FILE_BYTES_MAX + 1,
                                scratch_root()),
                    0);
    check(run("check long.if"), 2, "cannot read long.if: it is longer than 1048576 bytes");
    check(run("check folder/a.if"), 1, "folder/a.if:1:1: error: expected 'interface'");
}

/// The longest text that may be.
static void test_longest(void)
{
    CU_ASSERT_EQUAL(scratch_run("cd %s && { echo 'interface a { message m(); };'; yes '' | "
                                "head -c %u; } >a.if && wc -c <a.if",
                                scratch_root(), FLOUNDER_FILE_BYTES_MAX - 30),
                    0);
    CU_ASSERT_STRING_EQUAL(scratch_output(), "1048576\n");
    check(run("check a.if"), 0, "");
}

static void test_unwritable(void)
{
    scratch_write("a.if", "interface a { message m(); };\n");
    scratch_write("file", "");
    check(run("compile --folder file a.if"), 2, "cannot ");
    check(run("compile --folder lost/deeper a.if"), 2,
          "cannot make the folder lost/deeper: No such");
    scratch_write("taken/a.c/x", "");
    check(run("compile --folder taken a.if"), 2, "cannot write taken/a.c: Is a directory");
    CU_ASSERT_EQUAL(scratch_run("mkdir %s/full %s/full/if && ln -s /dev/full %s/full/a.c",
                                scratch_root(), scratch_root(), scratch_root()),
                    0);
    check(run("compile --folder full a.if"), 2, "cannot write full/a.c: No space left");
}

TEST_SUITE("the program", .set_up = scratch_create, .tear_down = scratch_remove) = {
    {"arguments", test_arguments},
    {"compile", test_compile},
    {"compile what is between monitors", test_compile_monitors},
    {"several files", test_several_files},
    {"check", test_check},
    {"signatures", test_signatures},
    {"diff", test_diff},
    {"files that cannot be read", test_unreadable},
    {"the longest file", test_longest},
    {"files that cannot be written", test_unwritable},
};
