// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Where a further core starts: copied to a page below 1 MiB, entered in real mode with cs = page /
// 16 (Intel SDM vol. 3, 9.4.3). It finds its own entry of boot_handover by its APIC ID, so several
// cores may run it at once: it writes nothing and needs no stack before it has found its own.


    .section .rodata.trampoline, "a"
    .globl trampoline_start, trampoline_end
    .code16
trampoline_start:
    cli
    cld
    movw %cs, %bx
    movw %bx, %ds
    movzwl %bx, %ebx
    lgdtl trampoline_gdt_pointer - trampoline_start
    // A far jump whose target depends on the page: push and return. The stack is the end of this
    // page, used for this one jump only; each core writes the same two words.
    movw %bx, %ss
    movw $4096, %sp
    shll $4, %ebx // linear address of this page
    movl %cr0, %eax
    orl $1, %eax
    movl %eax, %cr0
    leal trampoline_32 - trampoline_start(%ebx), %eax
    pushl $0x18
    pushl %eax
    lretl

    .code32
trampoline_32:
    movw $0x10, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    // boot_enable_long_mode, without a stack.
    movl $(1 << 5 | 1 << 9), %eax
    movl %eax, %cr4
    movl $boot_pml4, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx
    rdmsr
    orl $(1 << 0 | 1 << 8 | 1 << 11), %eax
    wrmsr
    movl $0x80010021, %eax
    movl %eax, %cr0
    ljmp $0x08, $trampoline_64

trampoline_gdt_pointer: // boot_gdt, which is below 4 GiB; 32-bit form
    .short 4 * 8 - 1
    .long boot_gdt
trampoline_end:

    .section .boot.text, "ax"
    .code64
trampoline_64:
    movl $1, %eax
    cpuid
    shrl $24, %ebx // initial APIC ID
    leaq boot_handover(, %rbx, 8), %rax
    movq (%rax), %rdi // struct core_start, physical
    testq %rdi, %rdi
    jz 1f
    movq (%rdi), %rsp // its first word: top of a stack in the core's own private memory
    xorl %ebp, %ebp
    movq $cpudriver_main, %rsi
    movabsq $space_enter, %rax
    call *%rax
1:  cli
    hlt
    jmp 1b

    .section .note.GNU-stack, "", @progbits
