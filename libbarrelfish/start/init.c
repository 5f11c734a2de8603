// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// From the first C of a domain to its main(). Order: dispatcher, then enabled; memory; then the C
// library, whose own start calls main() and exit(). Until then nothing here may use thread-local
// storage, stdio or malloc. Everything runs on the main thread's stack.

#include <string.h>

#include "barrelfish/debug.h"
#include "barrelfish/domain.h"
#include "barrelfish/info.h"
#include "barrelfish/syscalls.h"
#include "debug/debug_source.h"
#include "dispatch/dispatcher.h"
#include "personality/linux/linux_thread.h"
#include "util/startup.h"

/// Of the C library; it never returns.
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*ldso)(void));

int main(int argc, char **argv, char **envp);

/// Where the table of names is, in a note, whose parts are aligned to four bytes; 0: nowhere.
struct names_place {
    uint64_t address, bytes;
} __attribute__((packed, aligned(4)));

/// Called by crt0.S only.
void domain_start(struct dispatcher *disp, const struct names_place *names)
    __attribute__((noreturn));

static uint64_t random_words[2];

/// Steele, Lea, Flood: Fast splittable pseudorandom number generators (2014). The C library wants
/// random bytes for its stack guard; those of a domain are the same in each run, as runs must be.
static uint64_t splitmix(uint64_t state)
{
    state += 0x9e3779b97f4a7c15;
    state = (state ^ state >> 30) * 0xbf58476d1ce4e5b9;
    state = (state ^ state >> 27) * 0x94d049bb133111eb;
    return state ^ state >> 31;
}

static void own_stack(uintptr_t *low, uintptr_t *high)
{
    *low = thread_self()->stack_low;
    *high = thread_self()->stack_high;
}

void domain_start(struct dispatcher *disp, const struct names_place *names)
{
    const struct spawn_args *args = domain_spawn_args();
    debug_source = (struct debug_source){startup_name(args), (const void *)names->address,
                                         names->bytes, own_stack, disp_fatal};
    dispatch_init(disp);
    disp->fault = fault_upcall;
    disp->info = disp_info();
    disp->personality = &linux_personality;
    disp->shared.entry_syscall = (uint64_t)disp->personality->entry_syscall;
    disp_enable((dispatcher_handle_t)disp);

    errval_t err = domain_memory_init(args);
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "the domain's memory could not be set up");
    random_words[0] = splitmix(disp_get_domain_id());
    random_words[1] = splitmix(random_words[0]);
    uint64_t vector[STARTUP_WORDS_MAX];
    startup_vector_fill(vector, args, (const uint8_t *)random_words);
    __libc_start_main(main, (int)vector[0], (char **)(vector + 1), NULL, NULL, NULL);
    disp_fatal();
}
