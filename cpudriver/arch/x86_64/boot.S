// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// From the boot loader's 32-bit protected mode (Multiboot2 specification 2.0, section 3.3) to
// boot_main in long mode. The page tables made here (`boot_pml4`) map all of the first 512 GiB with
// 1 GiB pages, at 0 and at the window, and the image; each starting core runs on them until it has
// built its own (space.c).

#define MULTIBOOT2_HEADER_MAGIC 0xe85250d6

    .section .multiboot2, "a"
    .align 8
header_start:
    .long MULTIBOOT2_HEADER_MAGIC, 0, header_end - header_start
    .long -(MULTIBOOT2_HEADER_MAGIC + 0 + (header_end - header_start))
    .align 8
    .short 6, 0 // modules page-aligned
    .long 8
    .align 8
    .short 0, 0 // end
    .long 8
header_end:

    .section .boot.bss, "aw", @nobits
    .align 4096
    .globl boot_pml4
boot_pml4:
    .skip 4096
boot_pdpt:
    .skip 4096
boot_image_pdpt:
    .skip 4096
boot_stack:
    .skip 16384
boot_stack_top:

    .section .boot.data, "aw"
    .align 8
    .globl boot_gdt
boot_gdt:
    .quad 0
    .quad 0x00af9a000000ffff // 0x08: 64-bit code
    .quad 0x00cf92000000ffff // 0x10: data
    .quad 0x00cf9a000000ffff // 0x18: 32-bit code
boot_gdt_end:
boot_gdt_pointer:
    .short boot_gdt_end - boot_gdt - 1
    .quad boot_gdt

    .section .boot.rodata, "a"
no_long_mode_text:
    .asciz "Stave: the processor lacks long mode or 1 GiB pages\r\n"

    .section .boot.text, "ax"
    .code32
    .globl boot_start
boot_start:
    cld
    movl $boot_stack_top, %esp
    movl %eax, %esi // Multiboot2 magic; the information structure is at ebx
    movl %ebx, %edi
    movl $0x80000000, %eax
    cpuid
    cmpl $0x80000001, %eax
    jb no_long_mode
    movl $0x80000001, %eax
    cpuid
    andl $(1 << 29 | 1 << 26), %edx // LM, Page1GB
    cmpl $(1 << 29 | 1 << 26), %edx
    jne no_long_mode

    // boot_pml4: entries 0 and 256 to boot_pdpt, entry 511 to boot_image_pdpt.
    movl $boot_pdpt + 3, %eax
    movl %eax, boot_pml4
    movl %eax, boot_pml4 + 256 * 8
    movl $boot_image_pdpt + 3, boot_pml4 + 511 * 8
    movl $0x83, boot_image_pdpt + 510 * 8
    xorl %ecx, %ecx
1:  movl %ecx, %eax // 512 pages of 1 GiB: the address is the index shifted by 30
    shll $30, %eax
    orl $0x83, %eax
    movl %eax, boot_pdpt(, %ecx, 8)
    movl %ecx, %eax
    shrl $2, %eax
    movl %eax, boot_pdpt + 4(, %ecx, 8)
    incl %ecx
    cmpl $512, %ecx
    jb 1b

    lgdt boot_gdt_pointer
    call boot_enable_long_mode
    ljmp $0x08, $boot_64

// Turns on PAE, long mode with NX, and paging on boot_pml4. Clobbers eax, ecx, edx.
    .globl boot_enable_long_mode
boot_enable_long_mode:
    movl $(1 << 5), %eax // PAE
    movl %eax, %cr4
    movl $boot_pml4, %eax
    movl %eax, %cr3
    movl $0xc0000080, %ecx // EFER
    rdmsr
    orl $(1 << 0 | 1 << 8 | 1 << 11), %eax // SCE, LME, NXE
    wrmsr
    movl $0x80010021, %eax // PG, WP, NE, PE
    movl %eax, %cr0
    ret

no_long_mode:
    movl $no_long_mode_text, %esi
1:  lodsb
    testb %al, %al
    jz 2f
    movw $0x3f8, %dx
    outb %al, %dx
    movw $0xe9, %dx
    outb %al, %dx
    jmp 1b
2:  movw $0xf4, %dx // the runner learns that the machine died
    movb $1, %al
    outb %al, %dx
3:  hlt
    jmp 3b

    .code64
boot_64:
    movw $0x10, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    xorl %eax, %eax
    movw %ax, %fs
    movw %ax, %gs
    movl $boot_stack_top, %esp
    xorl %ebp, %ebp
    movl %esi, %esi // boot_main(information, magic)
    movl %edi, %edi
    movabsq $boot_main, %rax
    call *%rax
    ud2

    .section .note.GNU-stack, "", @progbits
