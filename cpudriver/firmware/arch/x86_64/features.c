// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The list of needed features; see features.h. Those without which no C runs here (long mode, pages
// of 1 GiB, NX) were looked at before, in boot.S. SYSCALL cannot be: processors by Intel tell of it in
// 64-bit mode only. XSAVEOPT is not used: each processor with FSGSBASE has it, and QEMU 7.2
// never gets past the setting of CR4.OSXSAVE without it. Source: Intel SDM vol. 2, CPUID; AMD64 APM
// vol. 3, appendix E.

#include "firmware/features.h"

#include <stddef.h>

#define RANGE 0x80000000u ///< leaf 0 and this one name the last leaf of their range

enum id_register { EAX, EBX, ECX, EDX };

struct feature {
    uint32_t leaf, subleaf;
    enum id_register reg;
    unsigned bit;
    const char *name;
};

static const struct feature needed[] = {
    {1, 0, EDX, 0, "fpu"},           {1, 0, EDX, 4, "tsc"},
    {1, 0, EDX, 5, "msr"},           {1, 0, EDX, 9, "apic"},
    {1, 0, EDX, 15, "cmov"},         {1, 0, EDX, 24, "fxsr"},
    {1, 0, EDX, 25, "sse"},          {1, 0, EDX, 26, "sse2"},
    {1, 0, ECX, 26, "xsave"},        {7, 0, EBX, 0, "fsgsbase"},
    {13, 0, EAX, 0, "x87 in xsave"}, {13, 0, EAX, 1, "sse in xsave"},
    {13, 1, EAX, 0, "xsaveopt"},     {0x80000001, 0, EDX, 11, "syscall"},
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
            (pick(id(feature->leaf, feature->subleaf), feature->reg) >> feature->bit & 1) == 0)
            return feature->name;
    }
    return NULL;
}
