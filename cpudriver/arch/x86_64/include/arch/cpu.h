// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Instructions and registers of the processor, one inline function each. Source: Intel SDM vol. 2
// to 4, AMD64 APM vol. 2 and 3.

#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CR0_MP (1ul << 1)
#define CR0_EM (1ul << 2)
#define CR0_TS (1ul << 3)
#define CR0_NE (1ul << 5)
#define CR0_WP (1ul << 16)
#define CR4_OSFXSR (1ul << 9)
#define CR4_OSXMMEXCPT (1ul << 10)
#define CR4_UMIP (1ul << 11)
#define CR4_FSGSBASE (1ul << 16)
#define CR4_OSXSAVE (1ul << 18)
#define CR4_SMEP (1ul << 20)
#define CR4_SMAP (1ul << 21)

#define MSR_APIC_BASE 0x1bu
#define MSR_SYSENTER_CS 0x174u
#define MSR_STAR 0xc0000081u
#define MSR_LSTAR 0xc0000082u
#define MSR_SFMASK 0xc0000084u

#define CPUID_1_EDX_SEP (1u << 11)

#define DR7_NOTHING 0x400ul ///< no breakpoint; one bit is fixed

#define RFLAGS_FIXED (1ul << 1)
#define RFLAGS_TF (1ul << 8)
#define RFLAGS_IF (1ul << 9)
#define RFLAGS_DF (1ul << 10)
#define RFLAGS_AC (1ul << 18)
/// Flags that a domain may set for itself: the arithmetic flags, TF, DF, AC and ID.
#define RFLAGS_USER_MASK 0x240dd5ul

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpu_id(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    asm volatile("cpuid"
                 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                 : "a"(leaf), "c"(subleaf));
    return r;
}

static inline uint64_t cpu_read_msr(uint32_t msr)
{
    uint32_t low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return ((uint64_t)high << 32) | low;
}

static inline void cpu_write_msr(uint32_t msr, uint64_t value)
{
    asm volatile("wrmsr"
                 :
                 : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                 : "memory");
}

/// RDTSC clears the upper halves of both registers.
static inline uint64_t cpu_tsc(void)
{
    uint64_t low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high));
    return high << 32 | low;
}

static inline uint64_t cpu_read_cr0(void)
{
    uint64_t value;
    asm volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

static inline void cpu_write_cr0(uint64_t value)
{
    asm volatile("mov %0, %%cr0" : : "r"(value) : "memory");
}

static inline uint64_t cpu_read_cr2(void)
{
    uint64_t value;
    asm volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

static inline uint64_t cpu_read_cr3(void)
{
    uint64_t value;
    asm volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

static inline void cpu_write_cr3(uint64_t value)
{
    asm volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline uint64_t cpu_read_cr4(void)
{
    uint64_t value;
    asm volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

static inline void cpu_write_cr4(uint64_t value)
{
    asm volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

static inline void cpu_write_dr7(uint64_t value)
{
    asm volatile("mov %0, %%dr7" : : "r"(value));
}

/// The selectors of ds, es, fs and gs, 16 bits each from the lowest.
static inline uint64_t cpu_read_selectors(void)
{
    uint32_t ds, es, fs, gs;
    asm volatile("mov %%ds, %0\n\t"
                 "mov %%es, %1\n\t"
                 "mov %%fs, %2\n\t"
                 "mov %%gs, %3"
                 : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
    return (uint64_t)(gs << 16 | fs) << 32 | (es << 16 | ds);
}

/// Whether any of the four is not null, or `others` is not 0.
static inline bool cpu_has_selector(uint64_t others)
{
    uint64_t scratch;
    bool some;
    asm volatile("mov %%ds, %k1\n\t"
                 "or %1, %2\n\t"
                 "mov %%es, %k1\n\t"
                 "or %1, %2\n\t"
                 "mov %%fs, %k1\n\t"
                 "or %1, %2\n\t"
                 "mov %%gs, %k1\n\t"
                 "or %1, %2"
                 : "=@ccnz"(some), "=&r"(scratch), "+r"(others));
    return some;
}

/// Those of fs and gs load their bases, too.
static inline void cpu_write_selectors(uint64_t selectors)
{
    asm volatile("mov %w0, %%ds\n\t"
                 "mov %w1, %%es\n\t"
                 "mov %w2, %%fs\n\t"
                 "mov %w3, %%gs"
                 :
                 : "r"((uint32_t)selectors), "r"((uint32_t)(selectors >> 16)),
                   "r"((uint32_t)(selectors >> 32)), "r"((uint32_t)(selectors >> 48)));
}

static inline void cpu_write_xcr0(uint64_t value)
{
    asm volatile("xsetbv" : : "c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

static inline uint64_t cpu_read_fs_base(void)
{
    uint64_t value;
    asm volatile("rdfsbase %0" : "=r"(value));
    return value;
}

static inline uint64_t cpu_read_gs_base(void)
{
    uint64_t value;
    asm volatile("rdgsbase %0" : "=r"(value));
    return value;
}

static inline void cpu_write_fs_base(uint64_t value)
{
    asm volatile("wrfsbase %0" : : "r"(value));
}

static inline void cpu_write_gs_base(uint64_t value)
{
    asm volatile("wrgsbase %0" : : "r"(value));
}

static inline uint8_t cpu_in8(uint16_t port)
{
    uint8_t value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint16_t cpu_in16(uint16_t port)
{
    uint16_t value;
    asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint32_t cpu_in32(uint16_t port)
{
    uint32_t value;
    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void cpu_out8(uint16_t port, uint8_t value)
{
    asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void cpu_out16(uint16_t port, uint16_t value)
{
    asm volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline void cpu_out32(uint16_t port, uint32_t value)
{
    asm volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline void cpu_pause(void)
{
    asm volatile("pause");
}

/// Raise an invalid-opcode exception; rdi says why.
static inline _Noreturn void cpu_raise(const char *why)
{
    asm volatile("ud2" : : "D"(why));
    __builtin_unreachable();
}
