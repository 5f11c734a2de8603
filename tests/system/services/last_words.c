// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A program that dies by a mistake: `test_last_words HOW`. What it says then is looked at by the host
// (host/malformed.c).
#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "barrelfish/barrelfish.h"

static volatile int zero;

/// Uses up the stack; the compiler must not see that it never ends.
__attribute__((noinline)) static int eat_stack(int depth)
{
    volatile char block[256];
    block[0] = (char)depth;
    return depth < 0 ? zero : eat_stack(depth + 1) + block[0];
}

static void *eat_in_thread(void *arg)
{
    return (void *)(uintptr_t)eat_stack(arg != NULL);
}

static int eat_in_own_thread(void *arg)
{
    return eat_stack(arg != NULL);
}

__attribute__((noinline)) static int die(const char *how)
{
    pthread_t thread;
    if (strcmp(how, "abort") == 0) {
        printf("partial");
        (void)fflush(stdout);
        abort();
    } else if (strcmp(how, "assert") == 0) {
        assert(zero != 0);
    } else if (strcmp(how, "panic") == 0) {
        USER_PANIC("on purpose");
    } else if (strcmp(how, "fault") == 0) {
        *(volatile int *)(uintptr_t)zero = 1;
    } else if (strcmp(how, "call") == 0) {
        ((void (*)(void))(uintptr_t)zero)();
    } else if (strcmp(how, "trap") == 0) {
        __asm__ volatile("hlt");
    } else if (strcmp(how, "overflow") == 0) {
        return eat_stack(0);
    } else if (strcmp(how, "disabled") == 0) {
        (void)disp_disable();
        return eat_stack(0);
    } else if (strcmp(how, "pthread") == 0 &&
               pthread_create(&thread, NULL, eat_in_thread, NULL) == 0) {
        (void)pthread_join(thread, NULL);
    } else if (strcmp(how, "thread") == 0) {
        (void)thread_join(thread_create(eat_in_own_thread, NULL), NULL);
    }
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    printf("to die: %s\n", argc == 2 ? argv[1] : "");
    (void)fflush(stdout);
    int status = argc == 2 ? die(argv[1]) : EXIT_SUCCESS;
    printf("still alive\n");
    return status;
}
