// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// From the first C of a domain to what its C library is told: all of it is in place by then.
#include <dlfcn.h>
#include <elf.h>
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>

#include "barrelfish/domain.h"
#include "barrelfish/info.h"
#include "debug/debug_source.h"
#include "fake_kernel.h"
#include "personality/linux/linux_thread.h"
#include "testlib/testlib.h"

typedef int (*main_fn)(int, char **, char **);
typedef int (*start_fn)(main_fn, int, char **, void (*)(void), void (*)(void), void (*)(void),
                        void *);

int main(int argc, char **argv, char **envp);
void domain_start(struct dispatcher *disp, const void *names) __attribute__((noreturn));
int __libc_start_main(main_fn begin, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*ldso)(void), void *stack_end);

static bool begun;
static errval_t memory_err;
static const struct spawn_args *memory_args;
static jmp_buf ended;
static struct domain_info page;
static char entry_syscall[1];

const struct personality linux_personality = {.entry_syscall = entry_syscall};

const struct domain_info *disp_info(void)
{
    return &page;
}

errval_t domain_memory_init(const struct spawn_args *args)
{
    CU_ASSERT_FALSE(disp_is_disabled()); // from here on it may fault
    memory_args = args;
    return memory_err;
}

static uint64_t aux_value(const uint64_t *aux, uint64_t type)
{
    for (; aux[0] != AT_NULL; aux += 2)
        if (aux[0] == type)
            return aux[1];
    return 0;
}

/// Four words, aligned only to four bytes.
static const uint32_t names[] = {0x5000, 0, 0x300, 0};

static void check_dispatcher(const struct dispatcher *disp)
{
    uintptr_t low = 0, high = 0;
    CU_ASSERT_TRUE(disp->fault == fault_upcall && disp->info == &page);
    CU_ASSERT_PTR_EQUAL(disp->personality, &linux_personality);
    CU_ASSERT_EQUAL(disp->shared.entry_syscall, (uint64_t)entry_syscall);
    CU_ASSERT_TRUE(thread_self()->id == 1 && disp->poll_limit == DISP_POLL_ADAPTIVE);
    CU_ASSERT_STRING_EQUAL(disp_name(), "program");
    CU_ASSERT_TRUE((uint64_t)debug_source.names == 0x5000 && debug_source.names_bytes == 0x300);
    debug_source.stack(&low, &high);
    CU_ASSERT_TRUE(low == STACK_VADDR && high == STACK_VADDR + STACK_BYTES);
}

static void check_vector(main_fn begin, int argc, char **argv)
{
    CU_ASSERT_TRUE(begin == (main_fn)main && argc == 2 && argv[2] == NULL && argv[4] == NULL);
    CU_ASSERT_STRING_EQUAL(argv[0], "folder/program");
    CU_ASSERT_STRING_EQUAL(argv[1], "-x");
    CU_ASSERT_STRING_EQUAL(argv[3], "A=b");
    const uint64_t *random = (const uint64_t *)aux_value((const uint64_t *)argv + 5, AT_RANDOM);
    struct test_random first = {0x20}, second = {test_random_next(&first)};
    CU_ASSERT_PTR_NOT_NULL_FATAL(random);
    CU_ASSERT_TRUE(random[0] == second.state && random[1] == test_random_next(&second));
}

/// Of the host's C library at first, then in the place of the domain's.
int __libc_start_main(main_fn begin, int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*ldso)(void), void *stack_end)
{
    if (!begun) {
        begun = true;
        start_fn host = (start_fn)dlsym(RTLD_NEXT, "__libc_start_main");
        return host(begin, argc, argv, init, fini, ldso, stack_end);
    }
    CU_ASSERT_TRUE(init == NULL && fini == NULL && ldso == NULL);
    CU_ASSERT_TRUE(memory_args == domain_spawn_args());
    check_dispatcher(fake.disp);
    check_vector(begin, argc, argv);
    return 0; // which it never does
}

static void leave(void)
{
    longjmp(ended, 1);
}

/// Up to its end, which it comes to by domain_exit() or by a panic.
static void run_domain(errval_t err)
{
    static const char strings[] = "folder/program\0-x\0A=b";
    fake_kernel_start();
    struct dispatcher *disp = fake.disp;
    memset((uint8_t *)disp + sizeof(disp->shared), 0, sizeof(*disp) - sizeof(disp->shared));
    disp->shared.disabled = 1;
    disp->shared.domain_id = 0x20;
    struct spawn_args *args =
        mmap((void *)SPAWN_ARGS_VADDR, SPAWN_ARGS_BYTES, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    CU_ASSERT_EQUAL_FATAL((uint64_t)args, SPAWN_ARGS_VADDR);
    args->argc = 2;
    args->envc = 1;
    args->strings_bytes = sizeof(strings);
    memcpy(args->strings, strings, sizeof(strings));
    memory_err = err;
    fake.ended = leave;
    if (setjmp(ended) == 0)
        domain_start(disp, names);
}

static void starts(void)
{
    run_domain(SYS_ERR_OK);
    CU_ASSERT_TRUE(fake.exit_status == DOMAIN_STATUS_FATAL && fake.panic == SYS_ERR_OK);
    CU_ASSERT_PTR_NOT_NULL(memory_args);
}

static void without_memory(void)
{
    run_domain(LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(fake.panic, LIB_ERR_RAM_ALLOC);
}

TEST_ISOLATED(starts)
TEST_ISOLATED(without_memory)

TEST_SUITE("start") = {
    {"a domain", test_starts},
    {"without memory", test_without_memory},
};
