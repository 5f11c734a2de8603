// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The only program of the Linux machine, its first process: measures, prints CSV on the console and
// ends the machine as the CPU driver would (tools/boot/qemu.h). It speaks up with IMAGE_READY, so
// that the runner takes what the kernel said before for the firmware's words.
#include "init.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define IMAGE_READY 0x11
#define EXIT_PORT 0xf4
#define EXIT_STATUS_BASE 0x10

#define SYSCALL_RUNS 2000u
#define SPAWN_RUNS 50u

static void machine_end(unsigned status)
{
    fflush(stdout);
    (void)tcdrain(STDOUT_FILENO); // what the serial port has not sent yet would be lost
    if (ioperm(EXIT_PORT, 1, 1) == 0)
        outb((unsigned char)(EXIT_STATUS_BASE + status), EXIT_PORT);
    for (;;) // without the port the runner's time limit ends it
        pause();
}

void check(bool holds, const char *what)
{
    if (!holds) {
        printf("peer: %s failed\n", what);
        machine_end(1);
    }
}

void report(const char *what, unsigned to, cycles_t *cycles, unsigned runs)
{
    struct bench_summary s = bench_summarise(cycles, runs);
    printf("%s,0,%u,,%zu,cycles,%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", what, to, s.runs, s.min,
           s.median, s.p99);
}

void pin(unsigned core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    check(sched_setaffinity(0, sizeof(set), &set) == 0, "choosing a core");
}

static void measure_syscall(void)
{
    static cycles_t cycles[SYSCALL_RUNS];
    for (unsigned i = 0; i < SYSCALL_RUNS; i++) {
        cycles_t start = bench_tsc();
        (void)syscall(SYS_getppid);
        cycles[i] = bench_time_diff(start, bench_tsc());
    }
    report("getppid", 0, cycles, SYSCALL_RUNS);
}

static void measure_spawn(const char *self)
{
    static cycles_t cycles[SPAWN_RUNS];
    for (unsigned i = 0; i < SPAWN_RUNS; i++) {
        int status;
        cycles_t start = bench_tsc();
        pid_t child = fork();
        if (child == 0) {
            execl(self, self, "exit", NULL);
            _exit(1);
        }
        check(child > 0 && waitpid(child, &status, 0) == child && status == 0, "a child");
        cycles[i] = bench_time_diff(start, bench_tsc());
    }
    report("fork and exec and wait", 0, cycles, SPAWN_RUNS);
}

int main(int argc, char *argv[])
{
    if (argc == 2 && strcmp(argv[1], "exit") == 0)
        return 0;
    printf("%cmeasurement,from,to,size,runs,unit,min,median,p99\n", IMAGE_READY);
    fflush(stdout);
    bench_init();
    long cores = sysconf(_SC_NPROCESSORS_ONLN); // of this process: one, once it is pinned
    pin(0);
    measure_syscall();
    measure_messages(0);
    if (cores > 1)
        measure_messages(1);
    measure_spawn(argv[0]);
    machine_end(0);
}
