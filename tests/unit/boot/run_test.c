// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Whole runs with a shell script in QEMU's place, which is how the machine's side of the console
// can be played: exit status, end of input, last words, time limit, signals, and lots of output.
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"
#include "testlib/testlib.h"

static struct options options;

/// What was said on standard error, without the line that tells how long QEMU took to start.
static const char *errors_said(void)
{
    const char *errors = scratch_read("errors");
    const char *timed = strstr(errors, " s from the start of QEMU to the CPU driver\n");
    return timed != NULL ? strchr(timed, '\n') + 1 : errors;
}

/// In the child: run with `script` as QEMU; standard output and error go to files.
static void run_in_child(const char *input)
{
    struct report report = {0};
    const struct machine machine = {1, 1, 64};
    const char *names[] = {"input", "output", "errors"};
    scratch_write("input", input);
    for (int i = 0; i < 3; i++) {
        int fd =
            open(scratch_path(names[i]), i == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(fd, i);
        close(fd);
    }
    int status = run_machine(&options, &machine, "image", &report);
    fprintf(stderr, "%s", report.text);
    fflush(stderr);
    _exit(status);
}

static pid_t start(const char *script, const char *input)
{
    char path[8192];
    chmod(scratch_write("qemu-system-x86_64", script), 0700);
    snprintf(path, sizeof(path), "%s:/usr/bin:/bin", scratch_path("."));
    setenv("PATH", path, 1);
    fflush(NULL);
    pid_t pid = fork();
    CU_ASSERT_FATAL(pid >= 0);
    if (pid == 0)
        run_in_child(input);
    return pid;
}

static int finish(pid_t pid)
{
    int status = 0;
    CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
    CU_ASSERT(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int run(const char *script, const char *input)
{
    return finish(start(script, input));
}

static void test_status(void)
{
    options = (struct options){.run = "x", .timeout_s = 10};
    CU_ASSERT_EQUAL(run("#!/bin/sh\nprintf 'BIOS\\021hello\\n'\nexit 33\n", ""), 0);
    CU_ASSERT_STRING_EQUAL(scratch_read("output"), "hello\n");
    CU_ASSERT_STRING_EQUAL(errors_said(), "");
    CU_ASSERT_EQUAL(run("#!/bin/sh\nprintf '\\021'\nexit 43\n", ""), 5);
}

static void test_input(void)
{
    options = (struct options){.timeout_s = 10};
    // The machine speaks first, then takes all input with its frame and shows it in octal: 4 and 16
    // are bytes as others, the end is 16 4.
    const char *script = "#!/bin/sh\nprintf '\\021>'\nhead -c 15 | od -An -v -w16 -to1\nexit 33\n";
    CU_ASSERT_EQUAL(run(script, "a\nb\004\020\377\303\244c"), 0);
    CU_ASSERT_STRING_EQUAL(scratch_read("output"),
                           "> 000 020 120 141 012 142 004 020 020 377 303 244 143 020 004\n");
}

static void test_no_early_input(void)
{
    options = (struct options){.timeout_s = 10};
    const char *script = "#!/bin/bash\nprintf 'BIOS\\021'\n"
                         "if read -t 0.3 -n 1 c; then exit 35; fi\n"
                         "printf '>'\nhead -c 4 | tail -c 1 | grep -q a && exit 33\nexit 37\n";
    CU_ASSERT_EQUAL(run(script, "abc"), 0);
}

static void test_run_takes_no_input(void)
{
    options = (struct options){.run = "x", .timeout_s = 10};
    CU_ASSERT_EQUAL(run("#!/bin/sh\nprintf '\\021>'\ncat\nexit 33\n", "abc"), 0);
    CU_ASSERT_STRING_EQUAL(scratch_read("output"), ">");
}

static void test_died(void)
{
    options = (struct options){.run = "x", .timeout_s = 10};
    const char *script = "#!/bin/sh\nprintf '\\021console\\n'\n"
                         "printf 'panic: \\033[31mred\\nline 2' >&3\nexit 3\n";
    CU_ASSERT_EQUAL(run(script, ""), 3);
    CU_ASSERT_STRING_EQUAL(scratch_read("output"), "console\n");
    CU_ASSERT_STRING_EQUAL(errors_said(), "stave-boot: the machine died: it stopped with an error\n"
                                          "stave-boot: the CPU driver's last words:\n"
                                          "    panic: red\n    line 2\n");
    CU_ASSERT_EQUAL(run("#!/bin/sh\nprintf 'no disk'\nkill -9 $$\n", ""), 3);
    CU_ASSERT_STRING_EQUAL(errors_said(),
                           "stave-boot: the machine died: QEMU was killed by signal 9\n"
                           "stave-boot: the CPU driver was not started; firmware and GRUB "
                           "said:\n"
                           "    no disk\n");
}

static void test_not_loaded(void)
{
    options = (struct options){.run = "x", .timeout_s = 10};
    const char *script = "#!/bin/sh\nprintf 'eerror: out of memory.\\n\\r\\021hello'\n"
                         "exec sleep 100\n";
    CU_ASSERT_EQUAL(run(script, ""), 3);
    CU_ASSERT_STRING_EQUAL(scratch_read("output"), "");
    CU_ASSERT_STRING_EQUAL(errors_said(),
                           "stave-boot: the CPU driver was not started; firmware and GRUB said:\n"
                           "    eerror: out of memory.\n");
}

static void test_long_last_words(void)
{
    options = (struct options){.run = "x", .timeout_s = 10};
    CU_ASSERT_EQUAL(run("#!/bin/sh\nprintf '\\021'\nseq 1 3000 >&3\nexit 3\n", ""), 3);
    const char *errors = errors_said();
    CU_ASSERT_PTR_NOT_NULL(strstr(errors, "    3000\n"));
    CU_ASSERT_PTR_NULL(strstr(errors, "    2000\n"));
}

static void test_timeout(void)
{
    options = (struct options){.run = "x", .timeout_s = 1};
    const char *script = "#!/bin/sh\nprintf '\\021early'\necho $$ > \"${0%/*}/pid\"\n"
                         "exec sleep 100\n";
    CU_ASSERT_EQUAL(run(script, ""), 124);
    CU_ASSERT_STRING_EQUAL(scratch_read("output"), "early");
    CU_ASSERT_STRING_EQUAL(errors_said(),
                           "stave-boot: timeout: the machine was stopped after 1 s\n");
    CU_ASSERT_EQUAL(kill(atoi(scratch_read("pid")), 0), -1);
    CU_ASSERT_EQUAL(errno, ESRCH);
}

/// Wait until the script has written its process number, and return that.
static pid_t wait_for_pid(void)
{
    const char *path = scratch_path("pid");
    struct stat stat_of_pid;
    for (int i = 0; i < 500; i++) {
        if (stat(path, &stat_of_pid) == 0 && stat_of_pid.st_size > 0)
            return atoi(scratch_read("pid"));
        usleep(10000);
    }
    CU_FAIL_FATAL("the script did not start");
    return 0;
}

/// Send the runner a signal; whether the script then ends, and the runner's wait status.
static bool end_by(int signal_number, int *status)
{
    options = (struct options){.run = "x", .timeout_s = 10};
    unlink(scratch_path("pid"));
    pid_t runner = start("#!/bin/sh\necho $$ > \"${0%/*}/pid\"\nexec sleep 100\n", "");
    pid_t script = wait_for_pid();
    kill(runner, signal_number);
    CU_ASSERT_EQUAL(waitpid(runner, status, 0), runner);
    for (int i = 0; i < 100; i++) {
        char path[64];
        char state = 'Z'; // gone, or dead and not yet reaped by init: both will do
        snprintf(path, sizeof(path), "/proc/%d/stat", script);
        FILE *file = fopen(path, "r");
        if (file == NULL || fscanf(file, "%*d %*s %c", &state) != 1 || state == 'Z') {
            if (file != NULL)
                fclose(file);
            return true;
        }
        fclose(file);
        usleep(10000);
    }
    return false;
}

static void test_signals(void)
{
    int status;
    CU_ASSERT(end_by(SIGTERM, &status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 128 + SIGTERM);
    CU_ASSERT(end_by(SIGINT, &status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 128 + SIGINT);
    CU_ASSERT(end_by(SIGKILL, &status));
    CU_ASSERT(WIFSIGNALED(status));
}

static void test_much_output(void)
{
    options = (struct options){.run = "x", .timeout_s = 10, .log = scratch_path("log")};
    const char *script = "#!/bin/sh\nprintf '\\021'\nseq 100000 199999\nexit 33\n";
    for (int unbounded = 0; unbounded < 2; unbounded++) {
        options.deterministic = unbounded;
        CU_ASSERT_EQUAL(run(script, ""), 0);
        const char *output = scratch_read("output");
        CU_ASSERT_EQUAL(strlen(output), 700000);
        CU_ASSERT_STRING_EQUAL(output + 700000 - 14, "199998\n199999\n");
        CU_ASSERT_EQUAL(strlen(scratch_read("log")), 700000);
    }
}

static void test_no_qemu(void)
{
    options = (struct options){.run = "x", .timeout_s = 10};
    const char *const paths[] = {scratch_path("."), "/nonexistent"};
    const char *const errors[] = {
        "cannot start qemu-system-x86_64: Permission denied",
        "there is no qemu-system-x86_64 on this machine: install the package qemu-system-x86",
    };
    chmod(scratch_write("qemu-system-x86_64", "not to be executed"), 0600);
    for (int i = 0; i < 2; i++) {
        setenv("PATH", paths[i], 1);
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0)
            run_in_child("");
        CU_ASSERT_EQUAL(finish(pid), 3);
        CU_ASSERT_STRING_EQUAL(errors_said(), errors[i]);
    }
}

TEST_SUITE("run", .set_up = scratch_begin, .tear_down = scratch_end) = {
    {"exit status", test_status},
    {"input and its end", test_input},
    {"no input before the first output", test_no_early_input},
    {"no input with --run", test_run_takes_no_input},
    {"death", test_died},
    {"not loaded", test_not_loaded},
    {"long last words", test_long_last_words},
    {"timeout", test_timeout},
    {"signals", test_signals},
    {"much output", test_much_output},
    {"no QEMU", test_no_qemu},
};
