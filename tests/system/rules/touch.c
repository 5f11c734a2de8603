// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// One instruction touches the memory; if it faults, the handler lets the thread go on behind it. A
// fault at any other place ends the domain as ever.
#include "touch.h"

#include "systest/systest.h"

#include "barrelfish/except.h"

static volatile uint64_t resume; ///< where to go on after a fault, or 0
static volatile bool executing;  ///< a return address lies on the stack then

static void on_fault(enum exception_type type, int subtype, void *addr, struct registers *regs)
{
    (void)subtype, (void)addr;
    if (type == EXCEPT_PAGEFAULT && resume != 0) {
        regs->rip = resume;
        regs->rsp += executing ? sizeof(uint64_t) : 0;
    }
}

bool touch_begin(void)
{
    return EXPECT_OK(thread_set_exception_handler(on_fault, NULL, NULL, NULL, NULL, NULL));
}

void touch_end(void)
{
    EXPECT_OK(thread_set_exception_handler(NULL, NULL, NULL, NULL, NULL, NULL));
}

bool touch_read(uint64_t address, uint64_t *value)
{
    uint64_t faulted = 1, read = 0;
    __asm__ volatile("leaq 1f(%%rip), %%rcx\n\t"
                     "movq %%rcx, %2\n\t"
                     "movq (%3), %1\n\t"
                     "xorl %k0, %k0\n"
                     "1:\n\t"
                     "movq $0, %2"
                     : "+r"(faulted), "+r"(read), "+m"(resume)
                     : "r"(address)
                     : "rcx", "memory");
    *value = read;
    return faulted == 0;
}

bool touch_write(uint64_t address, uint64_t value)
{
    uint64_t faulted = 1;
    __asm__ volatile("leaq 1f(%%rip), %%rcx\n\t"
                     "movq %%rcx, %1\n\t"
                     "movq %3, (%2)\n\t"
                     "xorl %k0, %k0\n"
                     "1:\n\t"
                     "movq $0, %1"
                     : "+r"(faulted), "+m"(resume)
                     : "r"(address), "r"(value)
                     : "rcx", "memory");
    return faulted == 0;
}

bool touch_execute(uint64_t address)
{
    uint64_t faulted = 1;
    executing = true;
    // The red zone is the compiler's: the call must not write there.
    __asm__ volatile("leaq 1f(%%rip), %%rcx\n\t"
                     "movq %%rcx, %1\n\t"
                     "subq $128, %%rsp\n\t"
                     "call *%2\n\t"
                     "xorl %k0, %k0\n"
                     "1:\n\t"
                     "addq $128, %%rsp\n\t"
                     "movq $0, %1"
                     : "+r"(faulted), "+m"(resume)
                     : "r"(address)
                     : "rcx", "memory");
    executing = false;
    return faulted == 0;
}
