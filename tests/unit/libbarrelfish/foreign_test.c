// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The entry of foreign system calls keeps all registers but rax, rcx and r11, and the red zone, and
// leaves the caller's registers where linux_clone() looks for them.
#include <string.h>

#include "fake_kernel.h"
#include "testlib/testlib.h"

long linux_syscall(long nr, long a1, long a2, long a3, long a4, long a5, long a6);

static struct registers seen;

long linux_syscall(long nr, long a1, long a2, long a3, long a4, long a5, long a6)
{
    seen = *thread_self()->syscall_frame;
    CU_ASSERT_EQUAL((uintptr_t)__builtin_frame_address(0) % 16, 0);
    __asm__ volatile("fninit\n\tpxor %%xmm0, %%xmm0\n\tpxor %%xmm15, %%xmm15\n\t"
                     "xorl %%edi, %%edi\n\txorl %%esi, %%esi\n\txorl %%r8d, %%r8d\n\t"
                     "xorl %%r9d, %%r9d\n\txorl %%r10d, %%r10d\n\txorl %%ebx, %%ebx\n\t"
                     "xorl %%r12d, %%r12d\n\txorl %%r15d, %%r15d"
                     :
                     :
                     : "xmm0", "xmm15", "rdi", "rsi", "r8", "r9", "r10", "rbx", "r12", "r15");
    return nr + a1 + 2 * a2 + 3 * a3 + 4 * a4 + 5 * a5 + 6 * a6;
}

/// in[]: rax, rbx, rdx, rsi, rdi, r8, r9, r10, r12, r15, xmm0, xmm15, a word of the red zone;
/// out[]: the same afterwards, but rax = the result.
void foreign_call(const uint64_t in[13], uint64_t out[13]);
__asm__(".text\n"
        "foreign_call:\n"
        "    pushq %rbx\n    pushq %r12\n    pushq %r13\n    pushq %r14\n    pushq %r15\n"
        "    movq %rdi, %r13\n    movq %rsi, %r14\n"
        "    movq 0(%r13), %rax\n    movq 8(%r13), %rbx\n    movq 16(%r13), %rdx\n"
        "    movq 24(%r13), %rsi\n    movq 32(%r13), %rdi\n    movq 40(%r13), %r8\n"
        "    movq 48(%r13), %r9\n    movq 56(%r13), %r10\n    movq 64(%r13), %r12\n"
        "    movq 72(%r13), %r15\n    movq 80(%r13), %xmm0\n    movq 88(%r13), %xmm15\n"
        "    movq 96(%r13), %rcx\n    movq %rcx, -128(%rsp)\n    fld1\n"
        "    leaq 1f(%rip), %rcx\n    jmp context_entry_syscall\n"
        "1:  fstp %st(0)\n"
        "    movq %rax, 0(%r14)\n    movq %rbx, 8(%r14)\n    movq %rdx, 16(%r14)\n"
        "    movq %rsi, 24(%r14)\n    movq %rdi, 32(%r14)\n    movq %r8, 40(%r14)\n"
        "    movq %r9, 48(%r14)\n    movq %r10, 56(%r14)\n    movq %r12, 64(%r14)\n"
        "    movq %r15, 72(%r14)\n    movq %xmm0, 80(%r14)\n    movq %xmm15, 88(%r14)\n"
        "    movq -128(%rsp), %rcx\n    movq %rcx, 96(%r14)\n"
        "    popq %r15\n    popq %r14\n    popq %r13\n    popq %r12\n    popq %rbx\n"
        "    ret\n");

static void test_registers(void)
{
    uint64_t in[13], out[13];
    fake_kernel_start();
    for (uint64_t i = 0; i < 13; i++)
        in[i] = 0x1111111111 * (i + 1);
    memset(out, 0, sizeof(out));
    foreign_call(in, out);
    uint64_t result = in[0] + in[4] + 2 * in[3] + 3 * in[2] + 4 * in[7] + 5 * in[5] + 6 * in[6];
    CU_ASSERT_EQUAL(out[0], result);
    for (int i = 1; i < 13; i++)
        CU_ASSERT_EQUAL(out[i], in[i]);
    CU_ASSERT_EQUAL(seen.rax, in[0]);
    CU_ASSERT_EQUAL(seen.rbx, in[1]);
    CU_ASSERT_EQUAL(seen.r9, in[6]);
    CU_ASSERT_EQUAL(seen.r15, in[9]);
    CU_ASSERT_EQUAL(seen.rip, seen.rcx);
    CU_ASSERT_EQUAL(seen.rsp - (uintptr_t)thread_self()->syscall_frame, 128 + sizeof(seen));
}

TEST_SUITE("foreign system calls") = {
    {"registers", test_registers},
};
