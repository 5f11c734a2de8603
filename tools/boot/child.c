// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Children by fork and exec. A pipe that closes on exec tells the parent whether exec worked, and
// with which error it did not. PR_SET_PDEATHSIG makes the kernel kill the child when the runner
// dies, so that no QEMU is ever left behind.
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/// In the child: never returns. Sends errno to the parent if exec fails.
static void become(const struct strvec *argv, const int fds[], size_t fds_count, pid_t parent,
                   int error_fd)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127); // the runner died before the line above
    for (size_t i = 0; i < fds_count; i++)
        if (dup2(fds[i], (int)i) < 0)
            break;
    execvp(argv->items[0], argv->items);
    int error = errno;
    ssize_t sent = write(error_fd, &error, sizeof(error));
    _exit(sent == sizeof(error) ? 127 : 126);
}

bool child_start(const struct strvec *argv, const int fds[], size_t fds_count, const char *package,
                 pid_t *pid, struct report *report)
{
    const char *program = argv->items[0];
    int error_pipe[2];
    if (pipe2(error_pipe, O_CLOEXEC) != 0)
        return report_set(report, "cannot start %s: %s", program, strerror(errno));
    // Above the descriptors that the child is to have, else dup2() would close it.
    int error_fd = fcntl(error_pipe[1], F_DUPFD_CLOEXEC, 16);
    close(error_pipe[1]);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0)
        become(argv, fds, fds_count, parent, error_fd);
    int error = child < 0 ? errno : 0;
    close(error_fd);
    if (child > 0 && read(error_pipe[0], &error, sizeof(error)) != sizeof(error))
        error = 0;
    close(error_pipe[0]);
    if (error == 0) {
        *pid = child;
        return true;
    }
    if (child > 0)
        child_wait(child);
    if (error == ENOENT) {
        return report_set(report, "there is no %s on this machine: install the package %s", program,
                          package);
    }
    return report_set(report, "cannot start %s: %s", program, strerror(error));
}

int child_wait(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

static void show_output(FILE *output)
{
    char text[4096];
    size_t count;
    rewind(output);
    while ((count = fread(text, 1, sizeof(text), output)) > 0)
        fwrite(text, 1, count, stderr);
}

bool child_run(const struct strvec *argv, const char *package, struct report *report)
{
    FILE *output = tmpfile();
    int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (output == NULL || null_fd < 0)
        return report_set(report, "cannot make a temporary file: %s", strerror(errno));
    pid_t pid;
    int fds[] = {null_fd, fileno(output), fileno(output)};
    bool done = child_start(argv, fds, 3, package, &pid, report);
    if (done && child_wait(pid) != 0) {
        show_output(output);
        done = report_set(report, "%s failed", argv->items[0]);
    }
    close(null_fd);
    fclose(output);
    return done;
}
