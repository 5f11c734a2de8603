// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See fake_threads.h. Stacks are the test's; a thread that is made gets the first that is free.
#include "fake_threads.h"

#include <CUnit/CUnit.h>

#include <errno.h>
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_STACK_BYTES 32768u

struct fake_threads fake_threads;

static _Alignas(64) uint8_t stacks[FAKE_THREADS][FAKE_STACK_BYTES];
static struct thread *owners[FAKE_THREADS];
static void *kept[FAKE_THREADS];
static uint8_t *main_stack; // as high as it has to be known

_Static_assert(offsetof(struct dispatcher_shared, enabled_save) == 128, "fake_preempt");
__asm__(".text\n"
        "fake_preempt:\n"
        "    movq %rdi, %gs:128+40\n    movq %gs:96, %rdi\n"
        "    movq %rax, 128+0(%rdi)\n    movq %rbx, 128+8(%rdi)\n    movq %rcx, 128+16(%rdi)\n"
        "    movq %rdx, 128+24(%rdi)\n    movq %rsi, 128+32(%rdi)\n    movq %rbp, 128+48(%rdi)\n"
        "    movq %rsp, 128+56(%rdi)\n    movq %r8, 128+64(%rdi)\n    movq %r9, 128+72(%rdi)\n"
        "    movq %r10, 128+80(%rdi)\n    movq %r11, 128+88(%rdi)\n    movq %r12, 128+96(%rdi)\n"
        "    movq %r13, 128+104(%rdi)\n    movq %r14, 128+112(%rdi)\n"
        "    movq %r15, 128+120(%rdi)\n"
        "    pushfq\n    popq %rax\n    movq %rax, 128+136(%rdi)\n"
        "    leaq 1f(%rip), %rax\n    movq %rax, 128+128(%rdi)\n"
        "    rdfsbase %rax\n    movq %rax, 128+144(%rdi)\n"
        "    rdgsbase %rax\n    movq %rax, 128+152(%rdi)\n"
        "fake_upcall:\n"
        "    movq $-1, %rax\n    movq %rax, %rbx\n    movq %rax, %rcx\n    movq %rax, %rdx\n"
        "    movq %rax, %rsi\n    movq %rax, %rbp\n    movq %rax, %r8\n    movq %rax, %r9\n"
        "    movq %rax, %r10\n    movq %rax, %r11\n    movq %rax, %r12\n    movq %rax, %r13\n"
        "    movq %rax, %r14\n    movq %rax, %r15\n    movq $8, %rsp\n"
        "    movl $1, 0(%rdi)\n    std\n    jmp context_entry_run\n"
        "1:  ret\n"
        ".globl fake_preempt, fake_upcall\n");

static uint8_t *top_of(uint8_t *sp)
{
    uint8_t *top = (uint8_t *)fake.disp->stack_top;
    for (unsigned i = 0; i < FAKE_THREADS; i++)
        if ((uintptr_t)sp - (uintptr_t)stacks[i] < FAKE_STACK_BYTES)
            return stacks[i] + FAKE_STACK_BYTES;
    return (uintptr_t)top - (uintptr_t)sp < FAKE_STACK_BYTES ? top : main_stack;
}

/// In the sanitizer's place, which knows the main stack only: forgets the frames that a function leaves
/// behind from which nobody returns.
__attribute__((no_sanitize_address)) void __asan_handle_no_return(void)
{
    uint8_t *sp = __builtin_frame_address(0), *top = main_stack != NULL ? top_of(sp) : sp;
    if (top > sp)
        ASAN_UNPOISON_MEMORY_REGION(sp, (size_t)(top - sp));
}

/// Above every test's frames.
__attribute__((constructor)) static void find_main_stack(void)
{
    main_stack = __builtin_frame_address(0);
}

void fake_threads_start(void)
{
    memset(owners, 0, sizeof(owners));
    fake_threads = (struct fake_threads){.run = true};
}

static bool has_memory(void)
{
    return fake_threads.allocations == 0 || --fake_threads.allocations > 0;
}

void *__interceptor_calloc(size_t count, size_t bytes);
void *__interceptor_aligned_alloc(size_t alignment, size_t bytes);

void *calloc(size_t count, size_t bytes)
{
    return has_memory() ? __interceptor_calloc(count, bytes) : NULL;
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    CU_ASSERT_EQUAL(bytes % alignment, 0);
    return has_memory() ? __interceptor_aligned_alloc(alignment, bytes) : NULL;
}

static int take_error(void)
{
    int error = fake_threads.error;
    fake_threads.error = 0;
    return error;
}

static void begin(void *(*start)(void *), void *arg)
{
    pthread_exit(start(arg));
}

/// As linux_clone().
static void make_runnable(struct thread *thread, unsigned place, void *(*start)(void *), void *arg)
{
    owners[place] = thread;
    ASAN_UNPOISON_MEMORY_REGION(stacks[place], FAKE_STACK_BYTES);
    thread_self()->clone_child = NULL;
    thread->regs = (struct registers){.rip = (uint64_t)begin,
                                      .rdi = (uint64_t)start,
                                      .rsi = (uint64_t)arg,
                                      .rsp = (uint64_t)stacks[place] + FAKE_STACK_BYTES - 8,
                                      .eflags = EFLAGS_DEFAULT,
                                      .fs_base = (uint64_t)thread_get_tls(),
                                      .gs_base = (uint64_t)fake.disp};
    thread->full_context = true;
    thread_prepare(thread);
    dispatcher_handle_t handle = disp_disable();
    thread_wake_disabled(thread);
    disp_enable(handle);
}

/// As the C library of domains.
int pthread_attr_setstacksize(pthread_attr_t *attr, size_t bytes)
{
    (void)attr;
    fake_threads.stack = bytes;
    return bytes < SIZE_MAX / 4 ? 0 : EINVAL;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *), void *arg)
{
    int error = take_error();
    unsigned place = 0;
    (void)attr;
    while (place < FAKE_THREADS && (owners[place] != NULL || kept[place] != NULL))
        place++;
    if (error != 0 || place == FAKE_THREADS)
        return error != 0 ? error : EAGAIN;
    *thread = (pthread_t)thread_self()->clone_child;
    if (fake_threads.run)
        make_runnable(thread_self()->clone_child, place, start, arg);
    else
        kept[place] = arg;
    return 0;
}

/// As thread_end() of linux_thread_end.c.
static void end(struct dispatcher *disp)
{
    struct thread *thread = disp->current;
    disp->current = NULL;
    thread->state = THREAD_ENDED;
    thread_list_remove(disp, thread);
    for (unsigned i = 0; i < FAKE_THREADS; i++)
        if (owners[i] == thread)
            owners[i] = NULL;
    if (!thread->created || thread->detached)
        thread_ring_add(&disp->dead, thread);
    dispatch_schedule(disp);
}

void pthread_exit(void *result)
{
    (void)result;
    (void)disp_disable();
    context_leave(end);
}

int pthread_join(pthread_t thread, void **result)
{
    int error = take_error();
    CU_ASSERT_PTR_NULL(result);
    while (error == 0 && ((struct thread *)thread)->state != THREAD_ENDED)
        thread_yield();
    return error;
}

int pthread_detach(pthread_t thread)
{
    CU_ASSERT_NOT_EQUAL(thread, 0);
    fake_threads.detached++;
    return take_error();
}
