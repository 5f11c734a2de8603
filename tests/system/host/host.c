// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Running programs from tests. The working directory is the root of the tree.
#include "host.h"

#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 128u

extern char **environ;
static unsigned checks, failures;

bool host_check(bool holds, const char *file, int line, const char *text)
{
    checks++;
    if (!holds) {
        failures++;
        fprintf(stderr, "FAIL %s:%d: %s\n", file, line, text);
    }
    return holds;
}

int host_status(void)
{
    printf("%u checks, %u failed\n", checks, failures);
    return failures == 0 && checks > 0 ? 0 : 1;
}

static void read_all(int fd, struct host_output *output)
{
    FILE *memory = open_memstream(&output->text, &output->bytes);
    char block[4096];
    ssize_t got;
    while ((got = read(fd, block, sizeof(block))) > 0)
        fwrite(block, 1, (size_t)got, memory);
    fclose(memory);
}

struct host_output host_run(const char *const argv[])
{
    struct host_output output = {.status = -1};
    int pipe_ends[2];
    pid_t pid;
    posix_spawn_file_actions_t actions;
    if (pipe(pipe_ends) != 0)
        abort();
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", 0, 0);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 1);
    posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], 2);
    posix_spawn_file_actions_addclose(&actions, pipe_ends[0]);
    posix_spawn_file_actions_addclose(&actions, pipe_ends[1]);
    int error = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(pipe_ends[1]);
    read_all(pipe_ends[0], &output);
    close(pipe_ends[0]);
    int status;
    if (error == 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status))
        output.status = WEXITSTATUS(status);
    return output;
}

struct host_output host_boot(const char *first, ...)
{
    const char *argv[ARGS_MAX] = {"build/stave-boot", first};
    unsigned count = 2;
    va_list args;
    va_start(args, first);
    while (count < ARGS_MAX - 1 && (argv[count] = va_arg(args, const char *)) != NULL)
        count++;
    va_end(args);
    return host_run(argv);
}

struct host_output host_boot_by_hand(const char *const args[])
{
    const char *argv[ARGS_MAX] = {
        "timeout",      "300",         "qemu-system-x86_64",
        "-machine",     "q35",         "-cpu",
        "max",          "-nodefaults", "-no-user-config",
        "-display",     "none",        "-cdrom",
        "build/pc.iso", "-device",     "isa-debug-exit,iobase=0xf4,iosize=0x04"};
    unsigned count = 0;
    while (argv[count] != NULL)
        count++;
    for (unsigned i = 0; args[i] != NULL && count < ARGS_MAX - 1; i++)
        argv[count++] = args[i];
    return host_run(argv);
}

void host_show(const struct host_output *output)
{
    fprintf(stderr, "--- status %d\n%s\n---\n", output->status, output->text);
}
