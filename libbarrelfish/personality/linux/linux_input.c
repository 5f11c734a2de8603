// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The domain's input. It comes from the domain's hook, which can only be asked to read, and blocks.
// So whoever wants to know whether there is any, poll() and the like, has a thread of the library's
// read ahead; whoever reads gets what was read ahead first.
#include "linux.h"

#include "linux_thread.h"

#include <errno.h>
#include <string.h>

#define AHEAD_BYTES 1024u
#define AHEAD_STACK_BYTES 32768u

static personality_read_fn read_hook;

/// Changed while disabled, but for the bytes while `reading`.
static struct {
    struct thread *reader;
    struct thread_sem wanted;
    bool reading, ended;
    size_t first, count;
    uint32_t changes; ///< a futex; its value says nothing
    char bytes[AHEAD_BYTES];
} ahead;

personality_read_fn linux_set_read(personality_read_fn read)
{
    personality_read_fn before = read_hook;
    read_hook = read;
    return before;
}

static int read_ahead(void *arg)
{
    (void)arg;
    thread_be_service(NULL);
    for (;;) {
        thread_sem_wait(&ahead.wanted);
        size_t count = read_hook != NULL ? read_hook(ahead.bytes, sizeof(ahead.bytes)) : 0;
        dispatcher_handle_t handle = disp_disable();
        ahead.first = 0;
        ahead.count = count;
        ahead.ended = count == 0;
        ahead.reading = false;
        linux_futex_wake_disabled(&ahead.changes, UINT32_MAX);
        disp_enable(handle);
    }
    return 0;
}

/// Takes what was read ahead. False: nothing was. Disabled.
static bool take_disabled(void *to, size_t bytes, long *taken)
{
    size_t count = ahead.count < bytes ? ahead.count : bytes;
    bool any = ahead.count > 0 || ahead.ended;
    memcpy(to, ahead.bytes + ahead.first, count);
    ahead.first += count;
    ahead.count -= count;
    ahead.ended = ahead.ended && count > 0;
    *taken = (long)count;
    return any;
}

long linux_input_read(void *to, size_t bytes)
{
    long taken = 0;
    bool any, waits = false;
    dispatcher_handle_t handle = disp_disable();
    while (!(any = take_disabled(to, bytes, &taken)) && ahead.reading && !waits)
        waits = linux_wait_disabled(&ahead.changes, 0) == -EINTR;
    disp_enable(handle);
    if (waits)
        return -EINTR;
    return any ? taken : read_hook != NULL ? (long)read_hook(to, bytes) : 0;
}

size_t linux_input_count(bool *ready)
{
    *ready = ahead.count > 0 || ahead.ended || read_hook == NULL;
    return ahead.count;
}

static bool start(void)
{
    if (ahead.reader == NULL)
        ahead.reader = thread_create_varstack(read_ahead, NULL, AHEAD_STACK_BYTES);
    return ahead.reader != NULL;
}

long linux_input_await(systime_t deadline)
{
    bool ready;
    long result = 0;
    if (!start())
        return -ENOMEM;
    dispatcher_handle_t handle = disp_disable();
    (void)linux_input_count(&ready);
    bool ask = !ready && !ahead.reading;
    ahead.reading = ahead.reading || ask;
    disp_enable(handle);
    if (ask)
        thread_sem_post(&ahead.wanted);
    handle = disp_disable();
    if (ahead.reading)
        result = linux_wait_disabled(&ahead.changes, deadline);
    disp_enable(handle);
    return result;
}
