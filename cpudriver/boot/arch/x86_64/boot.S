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
lacks_text:
    .asciz "Stave cannot go on: the processor lacks "
end_text:
    .asciz "\r\n"
shutdown_text: // as machine_exit() in machine.c
    .ascii "Shutdown"
shutdown_text_end:
// Features that must be there before any C runs, in CPUID 0x80000001 edx: the bit, and where the name
// ends the name that QEMU's -cpu has for it. features.c has the others.
needed_features:
    .byte 29
    .asciz "lm"
    .byte 26
    .asciz "pdpe1gb"
    .byte 20
    .asciz "nx"
needed_features_end:

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
    xorl %edx, %edx
    cmpl $0x80000001, %eax
    jb 1f
    movl $0x80000001, %eax
    cpuid
1:  pushl %esi
    movl $needed_features, %esi
2:  lodsb
    movzbl %al, %eax
    btl %eax, %edx
    jnc lacks_feature // whose name is at esi
3:  lodsb
    testb %al, %al
    jnz 3b
    cmpl $needed_features_end, %esi
    jb 2b
    popl %esi

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

// Turns on PAE, SSE, long mode with NX, and paging on boot_pml4. Clobbers eax, ecx, edx.
    .globl boot_enable_long_mode
boot_enable_long_mode:
    movl $(1 << 5 | 1 << 9), %eax // PAE, OSFXSR: memset uses a vector register
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

lacks_feature:
    movl %esi, %ebx
    movl $lacks_text, %esi
    call put_text
    movl %ebx, %esi
    call put_text
    movl $end_text, %esi
    call put_text
    call wait_transmitter // the machine ends at once: everything must have left the port
    movw $0xf4, %dx // the runner learns that the machine died
    movb $1, %al
    outb %al, %dx
    movb $0x1e, %al // or, without that device, from the debug console: then Bochs is to end
    outb %al, $0xe9
    movb $1, %al
    outb %al, $0xe9
    movl $shutdown_text, %esi
    movl $shutdown_text_end - shutdown_text, %ecx
    movw $0x8900, %dx
    rep outsb
1:  cli
    hlt
    jmp 1b

// Writes the text at esi to the serial port and the debug console. Clobbers eax, ecx, edx, esi.
put_text:
    lodsb
    testb %al, %al
    jz 1f
    movb %al, %ah
    call wait_transmitter
    movb %ah, %al
    movw $0x3f8, %dx
    outb %al, %dx
    movw $0xe9, %dx
    outb %al, %dx
    jmp put_text
1:  ret

// Waits until the transmitter is idle, but not for ever. Clobbers al, ecx, edx.
wait_transmitter:
    movl $100000, %ecx
    movw $0x3fd, %dx
1:  inb %dx, %al
    testb $0x40, %al
    loopz 1b
    ret

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
