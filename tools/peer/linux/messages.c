// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Round trips between two processes, as two domains of Stave make them: each run is timed by
// itself, and a tenth as many before are not counted.
#include "init.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNS 500u
#define WARM (RUNS / 10)
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define MESSAGE_BYTES 64u // eight words, as LMP carries them

enum side { PARENT, CHILD };

static int there[2], back[2];
static uint32_t *turn; // enum side: whose it is

/// Half a round trip each.
struct channel {
    void (*send)(enum side from);
    void (*receive)(enum side to);
};

static void pipe_send(enum side from)
{
    char message[MESSAGE_BYTES] = {0};
    int fd = from == PARENT ? there[1] : back[1];
    check(write(fd, message, sizeof(message)) == sizeof(message), "writing to a pipe");
}

static void pipe_receive(enum side to)
{
    char message[MESSAGE_BYTES];
    int fd = to == PARENT ? back[0] : there[0];
    check(read(fd, message, sizeof(message)) == sizeof(message), "reading from a pipe");
}

static void futex_send(enum side from)
{
    __atomic_store_n(turn, from == PARENT ? CHILD : PARENT, __ATOMIC_RELEASE);
    check(syscall(SYS_futex, turn, FUTEX_WAKE, 1, NULL, NULL, 0) >= 0, "waking");
}

/// FUTEX_WAIT returns at once if the turn has come in the meantime.
static void futex_receive(enum side to)
{
    while (__atomic_load_n(turn, __ATOMIC_ACQUIRE) != to)
        (void)syscall(SYS_futex, turn, FUTEX_WAIT, to == PARENT ? CHILD : PARENT, NULL, NULL, 0);
}

static void round_trips(const char *what, unsigned to, const struct channel *channel)
{
    static cycles_t cycles[RUNS];
    int status;
    pid_t child = fork();
    check(child >= 0, "fork");
    if (child == 0) {
        pin(to);
        for (unsigned i = 0; i < WARM + RUNS; i++) {
            channel->receive(CHILD);
            channel->send(CHILD);
        }
        _exit(0);
    }
    for (unsigned i = 0; i < WARM + RUNS; i++) {
        cycles_t start = bench_tsc();
        channel->send(PARENT);
        channel->receive(PARENT);
        cycles_t end = bench_tsc();
        cycles[i < WARM ? 0 : i - WARM] = bench_time_diff(start, end);
    }
    check(waitpid(child, &status, 0) == child && status == 0, "the other process's end");
    report(what, to, cycles, RUNS);
}

void measure_messages(unsigned to)
{
    static const struct channel by_pipe = {pipe_send, pipe_receive};
    static const struct channel by_futex = {futex_send, futex_receive};
    if (turn == NULL) {
        check(pipe(there) == 0 && pipe(back) == 0, "making pipes");
        turn = mmap(NULL, sizeof(*turn), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        check(turn != MAP_FAILED, "sharing memory");
    }
    round_trips(to == 0 ? "pipe on one core" : "pipe across cores", to, &by_pipe);
    round_trips(to == 0 ? "futex on one core" : "futex across cores", to, &by_futex);
}
