// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Reading, writing and executing what is not the domain's, or not so.
#include <stdint.h>
#include <stdlib.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/syscalls.h"
#include "cases.h"

#define READ(name, address)                                                                        \
    static int name(void)                                                                          \
    {                                                                                              \
        (void)*(volatile uint64_t *)(address);                                                     \
        return HOSTILE_WENT_ON;                                                                    \
    }
#define WRITE(name, address)                                                                       \
    static int name(void)                                                                          \
    {                                                                                              \
        *(volatile uint64_t *)(address) = 0;                                                       \
        return HOSTILE_WENT_ON;                                                                    \
    }
#define JUMP(name, address)                                                                        \
    static int name(void)                                                                          \
    {                                                                                              \
        __asm__ volatile("jmp *%0" : : "r"((uint64_t)(address)) : "memory");                       \
        return HOSTILE_WENT_ON;                                                                    \
    }

READ(read_null, 0ul)
READ(read_kernel_window, 0xffff800000100000ul)
READ(read_kernel_image, 0xffffffff80200000ul)
READ(read_kernel_private, 0xffffffff80240000ul)
READ(read_apic, 0xffffffffc0000000ul)
READ(read_not_canonical, 0x0000800000000000ul)
READ(read_top_page, 0x00007ffffffff000ul)
READ(read_unmapped, 0x0000600000000000ul)
WRITE(write_kernel_window, 0xffff800000100000ul)
WRITE(write_kernel_image, 0xffffffff80200000ul)
WRITE(write_kernel_private, 0xffffffff80240000ul)
WRITE(write_not_canonical, 0x8000000000000000ul)
JUMP(jump_null, 0ul)
JUMP(jump_kernel_image, 0xffffffff80200000ul)
JUMP(jump_kernel_window, 0xffff800000200000ul)
JUMP(jump_not_canonical, 0x0000900000000000ul)
JUMP(jump_top_page, 0x00007ffffffff000ul)

static int write_own_code(void)
{
    *(volatile uint8_t *)(uintptr_t)&write_own_code = 0xc3;
    return HOSTILE_WENT_ON;
}

static int execute_own_data(void)
{
    static uint8_t code[] = {0x31, 0xc0, 0xc3};
    return ((int (*)(void))(uintptr_t)code)() + HOSTILE_WENT_ON;
}

static int execute_own_stack(void)
{
    volatile uint8_t code[16] = {0x31, 0xc0, 0xc3};
    return ((int (*)(void))(uintptr_t)code)() + HOSTILE_WENT_ON;
}

static volatile unsigned depth_max = ~0u;

__attribute__((noinline)) static unsigned recurse(unsigned depth)
{
    volatile char block[512];
    block[depth % sizeof(block)] = (char)depth;
    return depth == depth_max ? 0 : recurse(depth + 1) + (unsigned char)block[depth % 7];
}

static int stack_overflow(void)
{
    return (int)recurse(0) * 0 + HOSTILE_WENT_ON;
}

/// The stack pointer itself is wild when the fault comes.
static int stack_wild(void)
{
    __asm__ volatile("movq %0, %%rsp\n\tpushq $0" : : "r"(0xffffffff80200000ul) : "memory");
    return HOSTILE_WENT_ON;
}

static int stack_wild_call(void)
{
    __asm__ volatile("movq %0, %%rsp\n\tmovl $39, %%eax\n\tsyscall"
                     :
                     : "r"(0x0000800000000010ul)
                     : "rax", "rcx", "r11", "memory");
    return HOSTILE_WENT_ON;
}

/// Kernel addresses as arguments of system calls, which copy from and to the caller's memory.
static int kernel_pointers(void)
{
    static const uint64_t addresses[] = {0,
                                         0xffff800000100000ul,
                                         0xffffffff80200000ul,
                                         0xfffffffffffffff0ul,
                                         0x00007ffffffffff0ul,
                                         0x0000800000000000ul,
                                         0x00007fffffffeff0ul};
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct capability *buffer = (struct capability *)addresses[i];
        if (err_no(cap_identify(cap_root, buffer)) != SYS_ERR_USER_POINTER)
            return HOSTILE_WENT_ON;
    }
    // Into its own code, which it cannot write either.
    struct capability *code = (struct capability *)(uintptr_t)&write_own_code;
    return err_no(cap_identify(cap_root, code)) == SYS_ERR_USER_POINTER ? 0 : HOSTILE_WENT_ON;
}

/// Page tables of the kernel's half.
static int map_kernel_half(void)
{
    struct capref pdpt, mapping;
    if (err_is_fail(slot_alloc(&pdpt)) || err_is_fail(slot_alloc(&mapping)) ||
        err_is_fail(vnode_create(pdpt, ObjType_VNode_x86_64_pdpt)))
        return 1;
    for (unsigned entry = 256; entry < 512; entry++)
        if (err_is_ok(vnode_map(cap_vroot, pdpt, entry, VREGION_FLAGS_READ, 0, 1, mapping)))
            return HOSTILE_WENT_ON;
    return 0;
}

const struct hostile_case hostile_memory[] = {
    DIES(read_null),
    DIES(read_kernel_window),
    DIES(read_kernel_image),
    DIES(read_kernel_private),
    DIES(read_apic),
    DIES(read_not_canonical),
    DIES(read_top_page),
    DIES(read_unmapped),
    DIES(write_kernel_window),
    DIES(write_kernel_image),
    DIES(write_kernel_private),
    DIES(write_not_canonical),
    DIES(jump_null),
    DIES(jump_kernel_image),
    DIES(jump_kernel_window),
    DIES(jump_not_canonical),
    DIES(jump_top_page),
    DIES(write_own_code),
    DIES(execute_own_data),
    DIES(execute_own_stack),
    DIES(stack_overflow),
    DIES(stack_wild),
    DIES(stack_wild_call),
    GOES_ON(kernel_pointers),
    GOES_ON(map_kernel_half),
    HOSTILE_END,
};
