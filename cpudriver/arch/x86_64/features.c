// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The list of needed features; see features.h. Those without which no C runs here (long mode, pages
// of 1 GiB, NX) were looked at before, in boot.S. SYSCALL cannot be: processors by Intel tell of it in
// 64-bit mode only. Source: Intel SDM vol. 2, CPUID; AMD64 APM vol. 3, appendix E.

#include "arch/x86_64/features.h"

#include <stddef.h>

#define RANGE 0x80000000u ///< leaf 0 and this one name the last leaf of their range

enum id_register { EAX, EBX, ECX, EDX };

struct feature {
    uint32_t leaf;
    enum id_register reg;
    unsigned bit;
    const char *name;
};

static const struct feature needed[] = {
    {1, EDX, 0, "fpu"},
    {1, EDX, 4, "tsc"},
    {1, EDX, 5, "msr"},
    {1, EDX, 9, "apic"},
    {1, EDX, 15, "cmov"},
    {1, EDX, 24, "fxsr"},
    {1, EDX, 25, "sse"},
    {1, EDX, 26, "sse2"},
    {1, ECX, 26, "xsave"},
    {7, EBX, 0, "fsgsbase"},
    {13, EAX, 0, "x87 in xsave"},
    {13, EAX, 1, "sse in xsave"},
    {0x80000001, EDX, 11, "syscall"},
};

static uint32_t pick(struct cpuid id, enum id_register reg)
{
    return reg == EAX ? id.eax : reg == EBX ? id.ebx : reg == ECX ? id.ecx : id.edx;
}

const char *features_missing(struct cpuid (*id)(uint32_t leaf, uint32_t subleaf))
{
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        const struct feature *feature = &needed[i];
        // Beyond the last leaf of a range a processor may answer anything.
        if (feature->leaf > id(feature->leaf & RANGE, 0).eax ||
            (pick(id(feature->leaf, 0), feature->reg) >> feature->bit & 1) == 0)
            return feature->name;
    }
    return NULL;
}
