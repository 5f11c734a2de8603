// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What threads synchronise with. Each object has a ring of waiting threads and is changed while
// disabled. Ownership is handed over: an unlock or post gives the mutex or the unit to the first
// waiter, so that waiters are served in order and none is woken in vain. For threads of one
// dispatcher; none of this needs the C library.

#include "dispatcher.h"

void thread_mutex_init(struct thread_mutex *mutex)
{
    *mutex = (struct thread_mutex)THREAD_MUTEX_INITIALIZER;
}

/// Returns disabled, as the owner.
static void mutex_lock_disabled(struct thread_mutex *mutex)
{
    struct thread *self = disp_self()->current;
    if (mutex->owner == NULL) {
        assert(mutex->depth == 0); // DI8
        mutex->owner = self;
        mutex->depth = 1;
    } else {
        thread_block_disabled(&mutex->queue); // mutex_unlock_disabled() makes it the owner
    }
}

static void mutex_unlock_disabled(struct thread_mutex *mutex)
{
    mutex->owner = thread_wake_one_disabled(&mutex->queue);
    mutex->depth = mutex->owner != NULL;
}

void thread_mutex_lock(struct thread_mutex *mutex)
{
    dispatcher_handle_t handle = disp_disable();
    mutex_lock_disabled(mutex);
    disp_enable(handle);
}

void thread_mutex_lock_nested(struct thread_mutex *mutex)
{
    dispatcher_handle_t handle = disp_disable();
    if (mutex->owner == disp_self()->current)
        mutex->depth++;
    else
        mutex_lock_disabled(mutex);
    disp_enable(handle);
}

bool thread_mutex_trylock(struct thread_mutex *mutex)
{
    dispatcher_handle_t handle = disp_disable();
    bool free = mutex->owner == NULL;
    if (free)
        mutex_lock_disabled(mutex);
    disp_enable(handle);
    return free;
}

void thread_mutex_unlock(struct thread_mutex *mutex)
{
    dispatcher_handle_t handle = disp_disable();
    assert(mutex->depth > 0); // DI8
    if (--mutex->depth == 0)
        mutex_unlock_disabled(mutex);
    disp_enable(handle);
}

void thread_cond_init(struct thread_cond *cond)
{
    cond->queue = NULL;
}

void thread_cond_wait(struct thread_cond *cond, struct thread_mutex *mutex)
{
    dispatcher_handle_t handle = disp_disable();
    mutex_unlock_disabled(mutex);
    thread_block_disabled(&cond->queue);
    mutex_lock_disabled(mutex);
    disp_enable(handle);
}

void thread_cond_signal(struct thread_cond *cond)
{
    dispatcher_handle_t handle = disp_disable();
    thread_wake_one_disabled(&cond->queue);
    disp_enable(handle);
}

void thread_cond_broadcast(struct thread_cond *cond)
{
    dispatcher_handle_t handle = disp_disable();
    while (thread_wake_one_disabled(&cond->queue) != NULL) {
    }
    disp_enable(handle);
}

void thread_sem_init(struct thread_sem *sem, unsigned int value)
{
    sem->queue = NULL;
    sem->value = value;
}

void thread_sem_wait(struct thread_sem *sem)
{
    dispatcher_handle_t handle = disp_disable();
    if (sem->value > 0)
        sem->value--;
    else
        thread_block_disabled(&sem->queue);
    disp_enable(handle);
}

bool thread_sem_wait_until(struct thread_sem *sem, systime_t deadline)
{
    bool taken = true;
    dispatcher_handle_t handle = disp_disable();
    if (sem->value > 0)
        sem->value--;
    else
        taken = thread_block_until_disabled(&sem->queue, deadline);
    disp_enable(handle);
    return taken;
}

bool thread_sem_trywait(struct thread_sem *sem)
{
    dispatcher_handle_t handle = disp_disable();
    bool taken = sem->value > 0;
    if (taken)
        sem->value--;
    disp_enable(handle);
    return taken;
}

void thread_sem_post(struct thread_sem *sem)
{
    dispatcher_handle_t handle = disp_disable();
    assert(sem->queue == NULL || sem->value == 0); // DI8
    if (thread_wake_one_disabled(&sem->queue) == NULL)
        sem->value++;
    disp_enable(handle);
}

void thread_once(thread_once_t *control, void (*func)(void))
{
    thread_mutex_lock(&control->mutex);
    if (!control->done) {
        func();
        control->done = true;
    }
    thread_mutex_unlock(&control->mutex);
}
