// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Data for the host program, code for the machine: see shim.h. QEMU loads it at
// SHIM_LOAD_ADDRESS and enters it in 32-bit protected mode, interrupts off, with the Multiboot 1
// information structure at ebx. It copies the CPU driver to its place, completes the Multiboot2
// information structure and enters the CPU driver as GRUB would. Uses no relocation: each address
// is SHIM_LOAD_ADDRESS plus an offset.
#include "shim.h"

#define AT(label) (SHIM_LOAD_ADDRESS + (label) - shim_start)

#define MULTIBOOT1_MAGIC 0x1badb002
#define MULTIBOOT1_FLAGS 0x10002 // memory map wanted; addresses given in the header
#define MULTIBOOT1_MMAP_BYTES 44 // offsets in the Multiboot 1 information structure
#define MULTIBOOT1_MMAP_ADDRESS 48
#define MULTIBOOT2_MAGIC 0x36d76289
#define TAG_MEMORY_MAP 6
#define TAG_RSDP_V1 14
#define TAG_RSDP_V2 15
#define READY 0x11 // IMAGE_READY of image.h
#define SERIAL 0x3f8

    .section .rodata
    .balign 16
    .globl shim_start, shim_parameters, shim_end
shim_start:
    .long MULTIBOOT1_MAGIC, MULTIBOOT1_FLAGS, -(MULTIBOOT1_MAGIC + MULTIBOOT1_FLAGS)
    .long AT(shim_start), AT(shim_start), 0, 0, AT(entry) // header, load, load end, bss end, entry

    .balign 16
shim_parameters:
parameter_entry:
    .long 0
parameter_info:
    .long 0
parameter_info_bytes:
    .long 0
parameter_segments_count:
    .long 0
parameter_segments:
    .skip 16 * SHIM_SEGMENTS_MAX

    .skip 256
stack_top:

    .code32
entry:
    cld
    movl $AT(stack_top), %esp
    movl %ebx, %ebp
    call copy_segments
    movl AT(parameter_info), %edi
    addl AT(parameter_info_bytes), %edi
    call add_memory_map
    call add_rsdp
    movl $0, (%edi) // the end tag
    movl $8, 4(%edi)
    addl $8, %edi
    movl AT(parameter_info), %ebx
    subl %ebx, %edi
    movl %edi, (%ebx) // the structure's total size
    movw $SERIAL, %dx
    movb $READY, %al
    outb %al, %dx
    movl $MULTIBOOT2_MAGIC, %eax
    jmp *AT(parameter_entry)

copy_segments:
    movl AT(parameter_segments_count), %ebx
    movl $AT(parameter_segments), %edx
1:  testl %ebx, %ebx
    jz 2f
    movl 0(%edx), %esi
    movl 4(%edx), %edi
    movl 8(%edx), %ecx
    rep movsb
    movl 12(%edx), %ecx
    xorl %eax, %eax
    rep stosb
    addl $16, %edx
    decl %ebx
    jmp 1b
2:  ret

    // Append the memory map at edi. An entry of Multiboot 1 begins with its size, less the size's
    // own bytes; one of Multiboot2 has the same 20 bytes and then 4 reserved ones.
add_memory_map:
    movl %edi, %ebx
    movl $TAG_MEMORY_MAP, 0(%edi)
    movl $24, 8(%edi) // bytes of an entry
    movl $0, 12(%edi)
    addl $16, %edi
    movl MULTIBOOT1_MMAP_ADDRESS(%ebp), %edx
    movl MULTIBOOT1_MMAP_BYTES(%ebp), %eax
    addl %edx, %eax
1:  cmpl %eax, %edx
    jae 2f
    leal 4(%edx), %esi
    movl $5, %ecx
    rep movsl
    movl $0, (%edi)
    addl $4, %edi
    addl (%edx), %edx
    addl $4, %edx
    jmp 1b
2:  movl %edi, %eax
    subl %ebx, %eax
    movl %eax, 4(%ebx)
    ret

    // Append the RSDP at edi, if the BIOS has one: on a 16-byte boundary between 0xe0000 and 1 MiB,
    // with a signature, its first 20 bytes adding up to 0 (ACPI 6.4, section 5.2.5).
add_rsdp:
    movl $0xe0000, %esi
1:  cmpl $0x20445352, 0(%esi) // "RSD "
    jne 3f
    cmpl $0x20525450, 4(%esi) // "PTR "
    jne 3f
    movl $20, %ecx
    xorl %eax, %eax
2:  addb -1(%esi, %ecx), %al
    loop 2b
    testb %al, %al
    jz 4f
3:  addl $16, %esi
    cmpl $0x100000, %esi
    jb 1b
    ret
4:  movl $TAG_RSDP_V1, %eax
    movl $20, %ecx
    cmpb $2, 15(%esi) // the revision
    jb 5f
    movl $TAG_RSDP_V2, %eax
    movl $36, %ecx
5:  movl %eax, 0(%edi)
    leal 8(%ecx), %eax
    movl %eax, 4(%edi)
    addl $8, %edi
    rep movsb
    addl $7, %edi // tags begin on 8-byte boundaries
    andl $-8, %edi
    ret
shim_end:

    .section .note.GNU-stack, "", @progbits
