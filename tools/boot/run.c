// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Runs one machine. Signals are blocked and taken as events (signalfd), so that there is one way
// out on which QEMU is reaped and the terminal restored, whatever happened. Should the runner
// itself be killed, the kernel kills QEMU (see child.c).
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bochs.h"
#include "child.h"
#include "console.h"
#include "qemu.h"
#include "terminal.h"

#define TIMEOUT_DEFAULT_S 600u
#define PIPE_BYTES (1 << 20)
#define FDS_FLOOR 16 // QEMU's ends of the pipes lie above the descriptors that they become

/// A pipe of which one end is QEMU's.
struct channel {
    int ours;
    int theirs;
};

static bool open_channel(struct channel *channel, bool to_qemu, struct report *report)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return report_set(report, "cannot make a pipe: %s", strerror(errno));
    int theirs = ends[to_qemu ? 0 : 1];
    channel->ours = ends[to_qemu ? 1 : 0];
    channel->theirs = fcntl(theirs, F_DUPFD_CLOEXEC, FDS_FLOOR);
    close(theirs);
    // The more a pipe holds, the less a delay of the runner can slow the machine down.
    fcntl(channel->ours, F_SETPIPE_SZ, PIPE_BYTES);
    fcntl(channel->ours, F_SETFL, O_NONBLOCK);
    return true;
}

static bool kvm_usable(void)
{
    char cpuinfo[8192] = {0};
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (file == NULL)
        return false;
    size_t length = fread(cpuinfo, 1, sizeof(cpuinfo) - 1, file);
    cpuinfo[length] = '\0';
    fclose(file);
    return qemu_cpuinfo_has_kvm(cpuinfo) && access("/dev/kvm", R_OK | W_OK) == 0;
}

static int open_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGQUIT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

static unsigned timeout_s(const struct options *options)
{
    if (options->timeout_s != OPTIONS_TIMEOUT_UNSET)
        return options->timeout_s;
    bool interactive = options->run == NULL && terminal_is_input();
    return options->gdb || interactive ? 0 : TIMEOUT_DEFAULT_S;
}

static bool start_qemu(const struct options *options, const struct machine *machine,
                       const char *image, const int fds[4], pid_t *pid, struct report *report)
{
    struct strvec argv = {0};
    bool kvm = options->accel == OPTIONS_ACCEL_KVM ||
               (options->accel == OPTIONS_ACCEL_AUTO && !options->deterministic && kvm_usable());
    if (options->uefi && access(QEMU_UEFI_FILE, R_OK) != 0) {
        return report_set(report, "--uefi: there is no %s: install the package %s", QEMU_UEFI_FILE,
                          QEMU_UEFI_PACKAGE);
    }
    qemu_arguments(options, machine, image, kvm, &argv);
    for (size_t i = 0; options->verbose && i < argv.count; i++)
        fprintf(stderr, "%s%s", argv.items[i], i + 1 < argv.count ? " " : "\n");
    bool started = child_start(&argv, fds, 4, QEMU_PACKAGE, pid, report);
    strvec_free(&argv);
    return started;
}

/// Bochs says much that concerns nobody, whatever it is configured to.
static bool start_bochs(const struct options *options, const struct machine *machine,
                        const char *image, const int fds[4], pid_t *pid, struct report *report)
{
    struct strvec argv = {0};
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
    int errors = fcntl(options->verbose ? fds[2] : quiet, F_DUPFD_CLOEXEC, FDS_FLOOR);
    // QEMU's console is its descriptor 1 and its last words are 3; Bochs' are the other way round.
    const int bochs_fds[] = {fds[0], fds[QEMU_LAST_WORDS_FD], errors, fds[1]};
    bool started = bochs_prepare(machine, image, &argv, report) &&
                   child_start(&argv, bochs_fds, 4, BOCHS_PACKAGE, pid, report);
    close(quiet);
    close(errors);
    strvec_free(&argv);
    return started;
}

static void show_firmware(const struct console *console)
{
    if (!console->ready) {
        fprintf(stderr, "stave-boot: the CPU driver was not started; firmware and GRUB said:\n");
        console_tail_show(&console->firmware);
    }
}

/// The machine ended by itself: what does that mean?
static int judge(const struct console *console, int wait_status, bool bochs)
{
    struct qemu_verdict verdict =
        bochs ? bochs_verdict(wait_status, &console->last_words) : qemu_verdict(wait_status);
    if (!verdict.died)
        return verdict.status;
    fprintf(stderr, "stave-boot: the machine died: %s\n", verdict.text);
    show_firmware(console);
    // Among Bochs' are words of its own; those of the CPU driver went to the console, too.
    if (!bochs && console->last_words.total > 0) {
        fprintf(stderr, "stave-boot: the CPU driver's last words:\n");
        console_tail_show(&console->last_words);
    }
    return RUN_STATUS_DIED;
}

static int conclude(const struct console *console, enum console_end end, int wait_status,
                    bool bochs, unsigned limit_s)
{
    switch (end) {
    case CONSOLE_NOT_LOADED:
        show_firmware(console);
        return RUN_STATUS_DIED;
    case CONSOLE_TIMEOUT:
        fprintf(stderr, "stave-boot: timeout: the machine was stopped after %u s\n", limit_s);
        show_firmware(console);
        return RUN_STATUS_TIMEOUT;
    case CONSOLE_SIGNAL:
        return 128 + console->signal;
    case CONSOLE_NO_OUTPUT:
        return 128 + SIGPIPE;
    case CONSOLE_QUIT:
        return 0;
    default:
        return judge(console, wait_status, bochs);
    }
}

/// Serve the console of a running QEMU until both have ended; the exit status.
static int serve(struct console *console, pid_t pid, const struct options *options,
                 unsigned limit_s)
{
    struct terminal terminal = {0};
    if (console->guest_input >= 0)
        terminal_enter(&terminal);
    if (options->gdb) {
        fprintf(stderr, "stave-boot: waiting for: gdb build/cpudriver.elf "
                        "-ex 'target remote :1234'\n");
    }
    enum console_end end = console_run(console);
    if (end != CONSOLE_CLOSED)
        kill(pid, SIGKILL);
    int wait_status = child_wait(pid);
    terminal_leave(&terminal);
    console_drain(console);
    return conclude(console, end, wait_status, options->bochs, limit_s);
}

int run_machine(const struct options *options, const struct machine *machine, const char *image,
                struct report *report)
{
    struct channel input = {-1, -1};
    struct channel output;
    struct channel last_words;
    pid_t pid;
    bool has_input = options->run == NULL;
    int log = -1;
    if (options->log != NULL) {
        log = open(options->log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        if (log < 0) {
            report_set(report, "--log %s: %s", options->log, strerror(errno));
            return RUN_STATUS_ARGUMENTS;
        }
    }
    int signals = open_signals();
    // Without input QEMU's end of the pipe is at its end from the start.
    if (!open_channel(&input, true, report) || !open_channel(&output, false, report) ||
        !open_channel(&last_words, false, report))
        return RUN_STATUS_DIED;
    if (!has_input)
        close(input.ours);
    int64_t start_us = console_now_us();
    int errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, FDS_FLOOR);
    int fds[] = {input.theirs, output.theirs, errors, last_words.theirs};
    bool started =
        (options->bochs ? start_bochs : start_qemu)(options, machine, image, fds, &pid, report);
    for (unsigned i = 0; i < 4; i++)
        close(fds[i]);
    if (!started)
        return RUN_STATUS_DIED;
    unsigned limit_s = timeout_s(options);
    struct console console = {
        .guest_input = has_input ? input.ours : -1,
        .guest_output = output.ours,
        .last_words_output = last_words.ours,
        .signals = signals,
        .log = log,
        .input_is_terminal = has_input && terminal_is_input(),
        .unbounded = options->deterministic,
        .verbose = options->verbose,
        .timed = !options->deterministic,
        .start_us = start_us,
        .deadline_us = limit_s == 0 ? 0 : start_us + (int64_t)limit_s * 1000000,
    };
    return serve(&console, pid, options, limit_s);
}
