// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// An idle machine costs the host nearly nothing: at the prompt with 16 cores QEMU uses less than a
// tenth of one processor. Its console stays open meanwhile; then its input ends and it must halt
// with status 0. What the process has used is read from /proc (proc(5): fields 14 and 15 of stat).
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host.h"

#define CORES "16"
#define SAMPLE_S 5
#define START_LIMIT_S 120
#define SHARE_MAX_PERCENT 10.0

/// The one child of a process; 0 if there is none yet.
static pid_t child_of(pid_t pid)
{
    char path[64];
    int child = 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
    FILE *file = fopen(path, "r");
    if (file != NULL) {
        if (fscanf(file, "%d", &child) != 1)
            child = 0;
        fclose(file);
    }
    return child;
}

static double cpu_seconds(pid_t pid)
{
    char path[64], line[1024] = "";
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return -1;
    size_t got = fread(line, 1, sizeof(line) - 1, file);
    fclose(file);
    line[got] = '\0';
    const char *rest = strrchr(line, ')'); // the name may hold anything
    if (rest == NULL || sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
                               &user, &system) != 2)
        return -1;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/// Percent of one processor over some seconds.
static double share_percent(pid_t qemu, double seconds)
{
    double start = now_s(), used = cpu_seconds(qemu);
    struct timespec pause = {(time_t)seconds, 0};
    nanosleep(&pause, NULL);
    return (cpu_seconds(qemu) - used) / (now_s() - start) * 100.0;
}

/// A machine that has come to its prompt is quiet for the first time.
static bool await_quiet(pid_t runner, pid_t *qemu)
{
    double limit = now_s() + START_LIMIT_S;
    while (now_s() < limit) {
        *qemu = child_of(runner);
        if (*qemu != 0 && cpu_seconds(*qemu) > 0.2 && share_percent(*qemu, 2) < SHARE_MAX_PERCENT)
            return true;
        if (*qemu == 0)
            usleep(100000);
    }
    return false;
}

static pid_t start(int *input, const char *log)
{
    int ends[2];
    if (pipe(ends) != 0)
        abort();
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[0], 0);
        close(ends[0]);
        close(ends[1]);
        int output = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(output, 1);
        execl("build/stave-boot", "stave-boot", "--cores", CORES, "--timeout", "300", (char *)NULL);
        _exit(127);
    }
    close(ends[0]);
    *input = ends[1];
    return pid;
}

static void show(const char *log)
{
    char block[4096];
    FILE *file = fopen(log, "r");
    size_t got;
    while (file != NULL && (got = fread(block, 1, sizeof(block), file)) > 0)
        fwrite(block, 1, got, stderr);
    if (file != NULL)
        fclose(file);
}

int main(void)
{
    char log[] = "/tmp/system-idle-XXXXXX";
    int input, status = -1;
    pid_t qemu = 0;
    close(mkstemp(log));
    pid_t runner = start(&input, log);
    if (CHECK(await_quiet(runner, &qemu))) {
        double share = share_percent(qemu, SAMPLE_S);
        printf("idle: %.1f%% of one processor at the prompt of " CORES " cores\n", share);
        CHECK(share >= 0 && share < SHARE_MAX_PERCENT);
    }
    close(input);
    if (!CHECK(waitpid(runner, &status, 0) == runner && WIFEXITED(status) &&
               WEXITSTATUS(status) == 0))
        show(log);
    unlink(log);
    return host_status();
}
