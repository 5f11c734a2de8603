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

// A function cpu_read_NAME() or cpu_write_NAME() for a register.
#define CPU_READ(name, instruction)                                                                \
    static inline uint64_t cpu_read_##name(void)                                                   \
    {                                                                                              \
        uint64_t value;                                                                            \
        asm volatile(instruction " %0" : "=r"(value));                                             \
        return value;                                                                              \
    }
#define CPU_WRITE(name, instruction, ...)                                                          \
    static inline void cpu_write_##name(uint64_t value)                                            \
    {                                                                                              \
        asm volatile(instruction : : "r"(value)__VA_ARGS__);                                       \
    }

CPU_READ(cr0, "mov %%cr0,")
CPU_READ(cr2, "mov %%cr2,")
CPU_READ(cr3, "mov %%cr3,")
CPU_READ(cr4, "mov %%cr4,")
CPU_READ(fs_base, "rdfsbase")
CPU_READ(gs_base, "rdgsbase")
CPU_WRITE(cr0, "mov %0, %%cr0", : "memory")
CPU_WRITE(cr3, "mov %0, %%cr3", : "memory")
CPU_WRITE(cr4, "mov %0, %%cr4", : "memory")
CPU_WRITE(dr7, "mov %0, %%dr7")
CPU_WRITE(fs_base, "wrfsbase %0")
CPU_WRITE(gs_base, "wrgsbase %0")

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

// cpu_inBITS() and cpu_outBITS().
#define CPU_PORTS(bits, suffix)                                                                    \
    static inline uint##bits##_t cpu_in##bits(uint16_t port)                                       \
    {                                                                                              \
        uint##bits##_t value;                                                                      \
        asm volatile("in" suffix " %1, %0" : "=a"(value) : "Nd"(port));                            \
        return value;                                                                              \
    }                                                                                              \
    static inline void cpu_out##bits(uint16_t port, uint##bits##_t value)                          \
    {                                                                                              \
        asm volatile("out" suffix " %0, %1" : : "a"(value), "Nd"(port));                           \
    }

CPU_PORTS(8, "b")
CPU_PORTS(16, "w")
CPU_PORTS(32, "l")

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
