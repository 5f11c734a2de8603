// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Instructions that a domain may not execute, and odd ones. Those that only tell something (SGDT
// and the like) are forbidden where the processor has UMIP. Where QEMU interprets instructions it
// does not check all that a processor does.
#include <cpuid.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "cases.h"

/// Mapped in the kernel's half: in the CPU driver's own stack (arch/x86_64/layout.h).
#define KERNEL_STACK "0xffffffff80217000"

#define INSTRUCTION(name, text)                                                                    \
    static int name(void)                                                                          \
    {                                                                                              \
        static volatile uint8_t memory[4096] __attribute__((aligned(64), unused));                 \
        uint64_t rdi, rax, rcx, rdx; /* which the instruction may change */                        \
        __asm__ volatile(text                                                                      \
                         : "=D"(rdi), "=a"(rax), "=c"(rcx), "=d"(rdx)                              \
                         : "0"(memory), "1"(0), "2"(0xc0000082), "3"(0x3f8)                        \
                         : "memory", "rbx", "rsi");                                                \
        return HOSTILE_WENT_ON;                                                                    \
    }
/// One that is allowed.
#define HARMLESS(name, text)                                                                       \
    INSTRUCTION(name##_inner, text)                                                                \
    static int name(void)                                                                          \
    {                                                                                              \
        return name##_inner() - HOSTILE_WENT_ON;                                                   \
    }

INSTRUCTION(i_hlt, "hlt")
INSTRUCTION(i_cli, "cli")
INSTRUCTION(i_sti, "sti")
INSTRUCTION(i_rdmsr, "rdmsr")
INSTRUCTION(i_wrmsr, "wrmsr")
INSTRUCTION(i_inb, "inb %%dx, %%al")
INSTRUCTION(i_outb, "outb %%al, %%dx")
INSTRUCTION(i_outb_exit, "outb %%al, $0xf4")
INSTRUCTION(i_insb, "rep insb")
INSTRUCTION(i_outsb, "rep outsb")
INSTRUCTION(i_read_cr0, "movq %%cr0, %%rbx")
INSTRUCTION(i_write_cr0, "movq %%rax, %%cr0")
INSTRUCTION(i_read_cr3, "movq %%cr3, %%rbx")
INSTRUCTION(i_write_cr3, "movq %%rax, %%cr3")
INSTRUCTION(i_write_cr4, "movq %%rax, %%cr4")
INSTRUCTION(i_write_cr8, "movq %%rax, %%cr8")
INSTRUCTION(i_read_dr7, "movq %%dr7, %%rbx")
INSTRUCTION(i_write_dr7, "movq %%rax, %%dr7")
INSTRUCTION(i_lgdt, "lgdt (%%rdi)")
INSTRUCTION(i_lidt, "lidt (%%rdi)")
INSTRUCTION(i_lldt, "lldt %%ax")
INSTRUCTION(i_ltr, "ltr %%ax")
INSTRUCTION(i_lmsw, "lmsw %%ax")
INSTRUCTION(i_clts, "clts")
INSTRUCTION(i_invd, "invd")
INSTRUCTION(i_wbinvd, "wbinvd")
INSTRUCTION(i_invlpg, "invlpg (%%rdi)")
INSTRUCTION(i_swapgs, "swapgs")
INSTRUCTION(i_sysret, "sysretq")
INSTRUCTION(i_sysexit, "sysexitq")
INSTRUCTION(i_sysenter, "sysenter")
INSTRUCTION(i_xsetbv, "xorl %%ecx, %%ecx\n\txsetbv")
INSTRUCTION(i_stac, "stac")
INSTRUCTION(i_vmrun, "vmrun")
INSTRUCTION(i_vmmcall, "vmmcall")
INSTRUCTION(i_rsm, "rsm")
INSTRUCTION(i_ud2, "ud2")
INSTRUCTION(i_int3, "int3")
INSTRUCTION(i_icebp, ".byte 0xf1")
INSTRUCTION(i_int_nmi, "int $2")
INSTRUCTION(i_int_double, "int $8")
INSTRUCTION(i_int_page, "int $14")
INSTRUCTION(i_int_timer, "int $32")
INSTRUCTION(i_int_notify, "int $0x30")
INSTRUCTION(i_int_linux, "int $0x80")
INSTRUCTION(i_int_last, "int $0xff")
INSTRUCTION(i_divide, "xorl %%edx, %%edx\n\txorl %%ebx, %%ebx\n\tdivl %%ebx")
INSTRUCTION(i_kernel_ds, "movl $0x10, %%ebx\n\tmovl %%ebx, %%ds")
INSTRUCTION(i_kernel_ss, "movl $0x10, %%ebx\n\tmovl %%ebx, %%ss")
INSTRUCTION(i_null_ss, "xorl %%ebx, %%ebx\n\tmovl %%ebx, %%ss")
INSTRUCTION(i_tss_fs, "movl $0x28, %%ebx\n\tmovl %%ebx, %%fs")
INSTRUCTION(i_far_kernel, "pushq $0x08\n\tpushq $0\n\tlretq")
INSTRUCTION(i_iret_kernel,
            "pushq $0x10\n\tpushq %%rdi\n\tpushq $2\n\tpushq $0x08\n\tpushq $0\n\tiretq")
INSTRUCTION(i_wrfsbase, "movq $-1, %%rbx\n\tshrq $16, %%rbx\n\twrfsbase %%rbx")
INSTRUCTION(i_mxcsr, "movl $-1, (%%rdi)\n\tldmxcsr (%%rdi)")
INSTRUCTION(i_fxrstor, "movl $-1, 24(%%rdi)\n\tfxrstor (%%rdi)")
INSTRUCTION(i_xrstor, "movl $-1, 512(%%rdi)\n\tmovl $-1, 520(%%rdi)\n\tmovl $-1, %%eax\n\t"
                      "movl $-1, %%edx\n\txrstor64 (%%rdi)")
INSTRUCTION(i_xrstor_misaligned, "incq %%rdi\n\txrstor64 (%%rdi)")
INSTRUCTION(i_align_check,
            "pushfq\n\torl $0x40000, (%%rsp)\n\tpopfq\n\tmovl 1(%%rdi), %%ebx\n\tud2")
INSTRUCTION(i_single_step, "pushfq\n\torl $0x100, (%%rsp)\n\tpopfq\n\tnop\n\tnop\n\tud2")
/// The step that TF asks for is the SYSCALL itself: some processors raise its exception at the CPU
/// driver's first instruction, where rsp still is the domain's.
INSTRUCTION(i_step_syscall, "pushfq\n\torl $0x100, (%%rsp)\n\tmovl $0x53540002, %%eax\n\t"
                            "xorl %%edi, %%edi\n\tpopfq\n\tsyscall\n\tud2")
// IRETQ within user mode gives any rsp and flags together with the next instruction.
#define WITH_STACK_AND_STEP(stack, next)                                                           \
    "movl $0x53540002, %%eax\n\txorl %%edi, %%edi\n\tmovl $0x1b, %%ebx\n\tmovq $" stack            \
    ", %%rcx\n\tleaq 1f(%%rip), %%rsi\n\tpushq $0x1b\n\tpushq %%rcx\n\tpushq $0x102\n\tpushq "     \
    "$0x23"                                                                                        \
    "\n\tpushq %%rsi\n\tiretq\n1:\t" next "\n\tud2"
INSTRUCTION(i_step_syscall_kernel, WITH_STACK_AND_STEP(KERNEL_STACK, "syscall"))
INSTRUCTION(i_step_syscall_wild, WITH_STACK_AND_STEP("0x8000000000000000", "syscall"))
INSTRUCTION(i_step_shadow, WITH_STACK_AND_STEP(KERNEL_STACK, "movl %%ebx, %%ss\n\tsyscall"))
INSTRUCTION(i_step_int3, WITH_STACK_AND_STEP(KERNEL_STACK, "int3"))
INSTRUCTION(i_step_icebp, WITH_STACK_AND_STEP(KERNEL_STACK, ".byte 0xf1"))
INSTRUCTION(i_shadow_int3,
            "movq $" KERNEL_STACK ", %%rsp\n\tmovl $0x1b, %%ebx\n\tmovl %%ebx, %%ss\n\t"
            "int3")
INSTRUCTION(i_shadow_icebp,
            "movq $" KERNEL_STACK ", %%rsp\n\tmovl $0x1b, %%ebx\n\tmovl %%ebx, %%ss\n\t"
            ".byte 0xf1")
INSTRUCTION(i_int_debug, "int $1")
INSTRUCTION(i_int_breakpoint, "int $3")
INSTRUCTION(i_nested_task, "pushfq\n\torl $0x4000, (%%rsp)\n\tpopfq\n\tmovl $0x53540002, %%eax\n\t"
                           "xorl %%edi, %%edi\n\tsyscall\n\tud2")
INSTRUCTION(i_sgdt, "sgdt (%%rdi)")
INSTRUCTION(i_sidt, "sidt (%%rdi)")
INSTRUCTION(i_smsw, "smsw %%ax")
INSTRUCTION(i_str, "str %%ax")
INSTRUCTION(i_sldt, "sldt %%ax")
INSTRUCTION(i_rdpmc, "xorl %%ecx, %%ecx\n\trdpmc")
HARMLESS(i_iopl, "pushfq\n\torl $0x3000, (%%rsp)\n\tpopfq")
HARMLESS(i_fpu_exceptions, "fninit\n\tmovw $0, (%%rdi)\n\tfldcw (%%rdi)\n\tfld1\n\tfldz\n\tfdivrp")
INSTRUCTION(i_monitor, "movq %%rdi, %%rax\n\txorl %%ecx, %%ecx\n\txorl %%edx, %%edx\n\tmonitor")
HARMLESS(i_no_segments, "xorl %%ebx, %%ebx\n\tmovl %%ebx, %%ds\n\tmovl %%ebx, %%es")

/// All flags that POPF may be asked for but TF and IF: a domain keeps IOPL 0, the CPU driver goes
/// on.
static int i_odd_flags(void)
{
    uint64_t flags = 0x3f7cd7;
    __asm__ volatile("subq $128, %%rsp\n\t"
                     "pushq %0\n\t"
                     "popfq\n\t"
                     "movl $0x53540002, %%eax\n\t"
                     "xorl %%edi, %%edi\n\t"
                     "syscall\n\t"
                     "pushfq\n\t"
                     "popq %0\n\t"
                     "pushq $2\n\t"
                     "popfq\n\t"
                     "addq $128, %%rsp"
                     : "+r"(flags)
                     :
                     : "rax", "rcx", "rdx", "rdi", "r11", "cc", "memory");
    return (flags & 0x1b3000) == 0 ? 0 : HOSTILE_WENT_ON; // IOPL, RF, VM, VIF, VIP
}

/// After INIT the processor may take memory from address 0 on for a table of descriptors, the
/// domain's own there, until it is told that it has none.
static int i_ldt(void)
{
    bool found;
    __asm__ volatile("verr %w1" : "=@ccz"(found) : "r"(0x7));
    return found ? HOSTILE_WENT_ON : 0;
}

static bool has_umip(void)
{
    unsigned eax, ebx, ecx, edx;
    return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ecx & 1u << 2) != 0;
}

/// QEMU names itself in the leaf of hypervisors.
static bool has_checks(void)
{
    unsigned eax, name[3];
    __cpuid(0x40000000, eax, name[0], name[1], name[2]);
    return memcmp(name, "TCGTCGTCGTCG", sizeof(name)) != 0;
}

const char *hostile_lacks(enum hostile_end end)
{
    return end == HOSTILE_UMIP && !has_umip()        ? "UMIP"
           : end == HOSTILE_CHECKED && !has_checks() ? "check of this operand by QEMU's TCG"
                                                     : NULL;
}

const struct hostile_case hostile_instructions[] = {
    DIES(i_hlt),
    DIES(i_cli),
    DIES(i_sti),
    DIES(i_rdmsr),
    DIES(i_wrmsr),
    DIES(i_inb),
    DIES(i_outb),
    DIES(i_outb_exit),
    DIES(i_insb),
    DIES(i_outsb),
    DIES(i_read_cr0),
    DIES(i_write_cr0),
    DIES(i_read_cr3),
    DIES(i_write_cr3),
    DIES(i_write_cr4),
    DIES(i_write_cr8),
    DIES(i_read_dr7),
    DIES(i_write_dr7),
    DIES(i_lgdt),
    DIES(i_lidt),
    DIES(i_lldt),
    DIES(i_ltr),
    DIES(i_lmsw),
    DIES(i_clts),
    DIES(i_invd),
    DIES(i_wbinvd),
    DIES(i_invlpg),
    DIES(i_swapgs),
    DIES(i_sysret),
    DIES(i_sysexit),
    DIES(i_sysenter),
    DIES(i_xsetbv),
    DIES(i_stac),
    DIES(i_vmrun),
    DIES(i_vmmcall),
    DIES(i_rsm),
    DIES(i_ud2),
    DIES(i_int3),
    DIES(i_icebp),
    DIES(i_int_nmi),
    DIES(i_int_double),
    DIES(i_int_page),
    DIES(i_int_timer),
    DIES(i_int_notify),
    DIES(i_int_linux),
    DIES(i_int_last),
    DIES(i_divide),
    DIES(i_kernel_ds),
    DIES(i_kernel_ss),
    DIES(i_null_ss),
    DIES(i_tss_fs),
    DIES(i_far_kernel),
    DIES(i_iret_kernel),
    CASE(HOSTILE_CHECKED, i_wrfsbase),
    CASE(HOSTILE_CHECKED, i_mxcsr),
    CASE(HOSTILE_CHECKED, i_fxrstor),
    DIES(i_xrstor),
    DIES(i_xrstor_misaligned),
    DIES(i_align_check),
    DIES(i_single_step),
    DIES(i_step_syscall),
    DIES(i_nested_task),
    CASE(HOSTILE_UMIP, i_sgdt),
    CASE(HOSTILE_UMIP, i_sidt),
    CASE(HOSTILE_UMIP, i_smsw),
    CASE(HOSTILE_UMIP, i_str),
    CASE(HOSTILE_UMIP, i_sldt),
    DIES(i_rdpmc),
    GOES_ON(i_iopl),
    GOES_ON(i_fpu_exceptions),
    DIES(i_monitor),
    GOES_ON(i_no_segments),
    DIES(i_step_syscall_kernel),
    DIES(i_step_syscall_wild),
    DIES(i_step_shadow),
    DIES(i_step_int3),
    DIES(i_step_icebp),
    DIES(i_shadow_int3),
    DIES(i_shadow_icebp),
    DIES(i_int_debug),
    DIES(i_int_breakpoint),
    GOES_ON(i_odd_flags),
    GOES_ON(i_ldt),
    HOSTILE_END,
};
