// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Signals within the domain: to itself, masked, ignored, to other threads that wait or compute, by
// a timer and by a fault; and what ends a domain, in children of it.
#include "tests.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "barrelfish/barrelfish.h"
#include "systest/systest.h"

static volatile sig_atomic_t seen, seen_tid;
static sigset_t mask_in_handler;

static void note(int signal)
{
    seen += signal;
    seen_tid = gettid();
    pthread_sigmask(SIG_BLOCK, NULL, &mask_in_handler);
}

static void handle(int signal, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    EXPECT(sigaction(signal, &action, NULL) == 0);
    seen = 0;
}

static void test_own(void)
{
    sigset_t set, before;
    struct sigaction old;
    handle(SIGUSR1, note, 0);
    EXPECT(raise(SIGUSR1) == 0 && seen == SIGUSR1 && sigismember(&mask_in_handler, SIGUSR1));
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    EXPECT(sigprocmask(SIG_BLOCK, &set, &before) == 0 && kill(getpid(), SIGUSR1) == 0);
    EXPECT(seen == SIGUSR1 && sigpending(&set) == 0 && sigismember(&set, SIGUSR1));
    EXPECT(sigprocmask(SIG_SETMASK, &before, NULL) == 0 && seen == 2 * SIGUSR1);
    handle(SIGUSR1, SIG_IGN, 0);
    EXPECT(raise(SIGUSR1) == 0 && seen == 0);
    EXPECT(sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_handler == SIG_IGN);
    handle(SIGUSR2, note, (int)SA_RESETHAND);
    EXPECT(raise(SIGUSR2) == 0 && seen == SIGUSR2);
    EXPECT(sigaction(SIGUSR2, NULL, &old) == 0 && old.sa_handler == SIG_DFL);
    EXPECT(raise(SIGCHLD) == 0 && raise(SIGWINCH) == 0); // ignored by default
}

static void test_timed_wait(void)
{
    sigset_t set;
    siginfo_t info;
    struct timespec soon = {0, 10000000};
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    EXPECT(sigtimedwait(&set, &info, &soon) == -1 && errno == EAGAIN);
    EXPECT(raise(SIGUSR2) == 0 && sigtimedwait(&set, &info, &soon) == SIGUSR2 &&
           info.si_signo == SIGUSR2);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static sem_t go;
static volatile bool computing;

static void *sleeper(void *arg)
{
    struct timespec hour = {3600, 0};
    (void)arg;
    sem_post(&go);
    return nanosleep(&hour, NULL) == -1 && errno == EINTR ? NULL : &go;
}

static void *computer(void *arg)
{
    (void)arg;
    sem_post(&go);
    computing = true;
    while (seen == 0) {
    }
    return NULL;
}

static void test_other_threads(void)
{
    pthread_t thread;
    void *result = &go;
    sem_init(&go, 0, 0);
    handle(SIGUSR1, note, 0);
    EXPECT(pthread_create(&thread, NULL, sleeper, NULL) == 0 && sem_wait(&go) == 0);
    EXPECT_OK(barrelfish_usleep(1000));
    EXPECT(pthread_kill(thread, SIGUSR1) == 0 && pthread_join(thread, &result) == 0);
    EXPECT(result == NULL && seen == SIGUSR1 && seen_tid != gettid());
    handle(SIGUSR1, note, 0);
    EXPECT(pthread_create(&thread, NULL, computer, NULL) == 0 && sem_wait(&go) == 0);
    while (!computing)
        thread_yield();
    EXPECT(pthread_kill(thread, SIGUSR1) == 0 && pthread_join(thread, NULL) == 0);
    EXPECT(seen == SIGUSR1 && seen_tid != gettid());
}

static void *cancelled(void *arg)
{
    sem_post(&go);
    sem_wait(arg);
    return NULL;
}

static void test_cancel(void)
{
    pthread_t thread;
    void *result = NULL;
    sem_t never;
    sem_init(&never, 0, 0);
    EXPECT(pthread_create(&thread, NULL, cancelled, &never) == 0 && sem_wait(&go) == 0);
    EXPECT(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0);
    EXPECT(result == PTHREAD_CANCELED);
}

static void test_alarm(void)
{
    struct itimerval every = {{0, 20000}, {0, 20000}}, none = {{0, 0}, {0, 0}};
    handle(SIGALRM, note, 0);
    EXPECT(alarm(1000) == 0 && alarm(0) >= 999 && alarm(0) == 0);
    EXPECT(setitimer(ITIMER_REAL, &every, NULL) == 0 && pause() == -1 && errno == EINTR);
    EXPECT(seen == SIGALRM);
    while (seen < 3 * SIGALRM) { // nothing here enters the system
    }
    EXPECT(setitimer(ITIMER_REAL, &none, &every) == 0 && every.it_interval.tv_usec == 20000);
    EXPECT(setitimer(ITIMER_PROF, &none, NULL) == -1 && errno == EINVAL);
}

static sigjmp_buf back;

static void leave(int signal, siginfo_t *info, void *context)
{
    (void)context;
    seen = signal;
    siglongjmp(back, info->si_addr == (void *)0x5a5a5a008ul ? 1 : 2);
}

static void test_fault(void)
{
    struct sigaction action = {.sa_sigaction = leave, .sa_flags = SA_SIGINFO}, old;
    EXPECT(sigaction(SIGSEGV, &action, &old) == 0);
    for (volatile int i = 0; i < 2; i++) {
        int how = sigsetjmp(back, 1);
        if (how == 0)
            *(volatile int *)0x5a5a5a008ul = 1;
        EXPECT(how == 1 && seen == SIGSEGV);
    }
    EXPECT(sigaction(SIGSEGV, &old, NULL) == 0);
}

/// What a child does to come to its end, and the status that it ends with.
static const struct ending {
    const char *how;
    int status;
} endings[] = {
    {"abort", 128 + SIGABRT}, {"term", 128 + SIGTERM},
    {"kill", 128 + SIGKILL},  {"alarm", 128 + SIGALRM},
    {"pthread_exit", 0},      {"pthread_exit-last", 0},
    {"usr1-ignored", 3},      {"alarm-in-wait", 128 + SIGALRM},
};

static void *late(void *arg)
{
    usleep(20000);
    return arg;
}

int test_end(const char *how)
{
    pthread_t thread;
    if (strcmp(how, "abort") == 0) {
        signal(SIGABRT, SIG_IGN); // which does not help
        abort();
    } else if (strcmp(how, "term") == 0) {
        raise(SIGTERM);
    } else if (strcmp(how, "kill") == 0) {
        kill(getpid(), SIGKILL);
    } else if (strcmp(how, "alarm") == 0) {
        ualarm(20000, 0);
        for (;;) {
        }
    } else if (strcmp(how, "alarm-in-wait") == 0) {
        ualarm(20000, 0);
        for (;;)
            event_dispatch(get_default_waitset());
    } else if (strncmp(how, "pthread_exit", 12) == 0) {
        // Its output makes the library's own threads, which are not to be waited for.
        printf("libc: a child ends by %s\n", how);
        if (strcmp(how, "pthread_exit") == 0)
            pthread_create(&thread, NULL, late, NULL);
        pthread_exit(NULL);
    } else if (strcmp(how, "usr1-ignored") == 0) {
        signal(SIGUSR1, SIG_IGN);
        raise(SIGUSR1);
        return 3;
    }
    return 1;
}

static void test_endings(void)
{
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        const char *args[] = {"end", endings[i].how, NULL};
        struct test_child child = test_run_child(disp_get_core_id(), "test_libc", args, 20000);
        if (!EXPECT(child.end != TEST_END_KILLED && child.status == endings[i].status))
            printf("%s: end %d, status %d\n", endings[i].how, child.end, child.status);
    }
}

void test_signals(void)
{
    test_own();
    test_timed_wait();
    test_other_threads();
    test_cancel();
    test_alarm();
    test_fault();
    test_endings();
}
