// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The C library in a domain: output, memory, errno, thread-local storage, threads and what they
// synchronise with, arguments, exit statuses, timers, and foreign system calls that nobody knows.
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/info.h"
#include "systest/systest.h"
#include "tests.h"

#define THREADS 8u
#define ROUNDS 2000u
#define BLOCKS 256u
#define BLOCK_BYTES_MAX 20000u
#define EVENTS 20u

static void test_printf(void)
{
    char text[128];
    int length = snprintf(text, sizeof(text), "%d|%5.2f|%-4s|%#lx|%c", -42, 3.14159, "ab",
                          0xdeadbeeful, 'z');
    EXPECT(strcmp(text, "-42| 3.14|ab  |0xdeadbeef|z") == 0);
    EXPECT(length == (int)strlen(text));
    EXPECT(printf("libc: %s\n", "a line on the console") == 28);
    double number = 0;
    EXPECT(sscanf("2.5e3 rest", "%lf", &number) == 1 && number == 2500.0);
}

struct block {
    unsigned char *bytes;
    size_t size;
    unsigned char mark;
};

static bool block_whole(const struct block *block)
{
    for (size_t i = 0; i < block->size; i++)
        if (block->bytes[i] != block->mark)
            return false;
    return true;
}

static int test_malloc(void *arg)
{
    struct test_random random = {(uintptr_t)arg};
    struct block blocks[BLOCKS] = {{0}};
    int bad = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        struct block *block = &blocks[test_random_below(&random, BLOCKS)];
        bad += !block_whole(block);
        if (test_random_one_in(&random, 3)) {
            free(block->bytes);
            *block = (struct block){0};
            continue;
        }
        size_t size = test_random_below(&random, BLOCK_BYTES_MAX);
        unsigned char *bytes = realloc(block->bytes, size + 1);
        if (bytes == NULL)
            return 1000;
        *block = (struct block){bytes, size, (unsigned char)test_random_next(&random)};
        memset(bytes, block->mark, size);
    }
    for (unsigned i = 0; i < BLOCKS; i++) {
        bad += !block_whole(&blocks[i]);
        free(blocks[i].bytes);
    }
    return bad;
}

static void test_malloc_threads(void)
{
    struct thread *threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++) {
        threads[i] = thread_create(test_malloc, (void *)(i + 1));
        EXPECT(threads[i] != NULL);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        int bad = -1;
        EXPECT_OK(thread_join(threads[i], &bad));
        EXPECT(bad == 0);
    }
    errno = 0;
    EXPECT(malloc(1ul << 45) == NULL && errno == ENOMEM);
}

static __thread uint64_t own = 5;
static __thread char zeros[64];

static int test_tls_in(void *arg)
{
    uint64_t mark = (uintptr_t)arg;
    int bad = own != 5;
    for (unsigned i = 0; i < sizeof(zeros); i++)
        bad += zeros[i] != 0;
    for (unsigned i = 0; i < 200; i++) {
        own = mark;
        errno = (int)mark;
        zeros[mark % sizeof(zeros)] = (char)mark;
        thread_yield();
        bad += own != mark || errno != (int)mark || zeros[mark % sizeof(zeros)] != (char)mark;
    }
    return bad;
}

static void test_tls(void)
{
    struct thread *threads[THREADS];
    errno = 77;
    for (uintptr_t i = 0; i < THREADS; i++)
        threads[i] = thread_create(test_tls_in, (void *)(i + 1));
    for (unsigned i = 0; i < THREADS; i++) {
        int bad = -1;
        EXPECT_OK(thread_join(threads[i], &bad));
        EXPECT(bad == 0);
    }
    EXPECT(own == 5);
}

/// A bounded buffer between producers and consumers.
static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned held, sum, taken;
} buffer = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void *produce(void *arg)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&buffer.mutex);
        while (buffer.held == 4)
            pthread_cond_wait(&buffer.changed, &buffer.mutex);
        buffer.held++;
        pthread_cond_broadcast(&buffer.changed);
        pthread_mutex_unlock(&buffer.mutex);
    }
    return arg;
}

static void *consume(void *arg)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&buffer.mutex);
        while (buffer.held == 0)
            pthread_cond_wait(&buffer.changed, &buffer.mutex);
        buffer.held--;
        buffer.taken++;
        pthread_cond_broadcast(&buffer.changed);
        pthread_mutex_unlock(&buffer.mutex);
    }
    return arg;
}

static void test_pthreads(void)
{
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++)
        EXPECT(pthread_create(&threads[i], NULL, i % 2 == 0 ? produce : consume, (void *)i) == 0);
    for (uintptr_t i = 0; i < 4; i++) {
        void *result = NULL;
        EXPECT(pthread_join(threads[i], &result) == 0 && (uintptr_t)result == i);
    }
    EXPECT(buffer.held == 0 && buffer.taken == 2 * ROUNDS);
}

static void *post_late(void *sem)
{
    EXPECT_OK(barrelfish_usleep(20000));
    EXPECT(sem_post(sem) == 0);
    return NULL;
}

/// A deadline that is 2^64 microseconds and ten milliseconds away does not pass before the post.
static void test_far_deadline(void)
{
    sem_t sem;
    pthread_t thread;
    struct timespec at;
    EXPECT(sem_init(&sem, 0, 0) == 0 && clock_gettime(CLOCK_REALTIME, &at) == 0);
    long ns = at.tv_nsec + 10000000;
    at.tv_sec += (1l << 58) + ns / 1000000000; // 2^58 times a million, modulo 2^64, is 0
    at.tv_nsec = ns % 1000000000;
    EXPECT(pthread_create(&thread, NULL, post_late, &sem) == 0);
    EXPECT(sem_timedwait(&sem, &at) == 0);
    EXPECT(pthread_join(thread, NULL) == 0);
}

static struct thread_mutex mutex = THREAD_MUTEX_INITIALIZER;
static struct thread_sem turns = THREAD_SEM_INITIALIZER;
static unsigned counter;

static int count_up(void *arg)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        thread_mutex_lock(&mutex);
        unsigned now = counter;
        if (i % 16 == 0)
            thread_yield(); // with the mutex held
        counter = now + 1;
        thread_mutex_unlock(&mutex);
    }
    thread_sem_post(&turns);
    return arg != NULL;
}

static void test_own_threads(void)
{
    for (unsigned i = 0; i < THREADS; i++) {
        struct thread *thread = thread_create(count_up, NULL);
        EXPECT(thread != NULL);
        EXPECT_OK(thread_detach(thread));
    }
    for (unsigned i = 0; i < THREADS; i++)
        thread_sem_wait(&turns);
    EXPECT(counter == THREADS * ROUNDS);
}

static unsigned order[EVENTS], happened;

static void on_event(void *arg)
{
    order[happened++ % EVENTS] = (unsigned)(uintptr_t)arg;
}

static void test_deferred(void)
{
    static struct deferred_event events[EVENTS];
    systime_t start = systime_now();
    for (uintptr_t i = 0; i < EVENTS; i++) {
        deferred_event_init(&events[i]);
        EXPECT_OK(deferred_event_register(&events[i], get_default_waitset(), (EVENTS - i) * 1000,
                                          MKCLOSURE(on_event, (void *)i)));
    }
    EXPECT_OK(deferred_event_cancel(&events[3]));
    while (happened < EVENTS - 1)
        EXPECT_OK(event_dispatch(get_default_waitset()));
    for (unsigned i = 1; i < EVENTS - 1; i++)
        EXPECT(order[i] < order[i - 1] && order[i] != 3);
    EXPECT(systime_to_us(systime_now() - start) >= EVENTS * 1000);
}

static void *nothing(void *arg)
{
    return arg;
}

/// The stack of a thread that nobody joins is back when it has ended, not with the next thread.
static void test_detached(void)
{
    pthread_attr_t attr;
    pthread_t thread;
    struct info_memory before, after;
    EXPECT(pthread_attr_init(&attr) == 0 && pthread_attr_setstacksize(&attr, 4 << 20) == 0);
    EXPECT(pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_OK(info_read_memory(&before));
        EXPECT(pthread_create(&thread, &attr, nothing, NULL) == 0);
        EXPECT_OK(barrelfish_usleep(30000));
        EXPECT_OK(info_read_memory(&after));
        EXPECT(after.bytes < before.bytes + (1 << 20)); // the library keeps a small stack for this
    }
    EXPECT(pthread_attr_destroy(&attr) == 0);
}

static void test_children(void)
{
    static const char *const args[] = {"args", "A", "B", "C", NULL};
    struct test_child child = test_run_child(disp_get_core_id(), "test_child", args, 0);
    EXPECT(child.end == TEST_END_STATUS && child.status == 0);
    for (unsigned status = 0; status < 96; status += 19) {
        char number[8];
        snprintf(number, sizeof(number), "%u", status);
        const char *exits[] = {"exit", number, NULL};
        child = test_run_child(disp_get_core_id(), "test_child", exits, 0);
        EXPECT(child.end == TEST_END_STATUS && child.status == status);
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "end") == 0)
        return test_end(argv[2]);
    EXPECT(argc == 3 && strcmp(argv[1], "one") == 0 && strcmp(argv[2], "two words") == 0);
    EXPECT(argv[argc] == NULL);
    test_printf();
    test_malloc_threads();
    test_tls();
    test_pthreads();
    test_far_deadline();
    test_own_threads();
    test_deferred();
    test_turns();
    test_detached();
    test_calls();
    test_signals();
    test_children();
    return test_summary("libc");
}
