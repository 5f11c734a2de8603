// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// QEMU names itself in the leaf of hypervisors, and otherwise when it uses the host's
// virtualization. Source: Intel SDM vol. 2, CPUID; docs/system/i386/cpu.rst of QEMU (tcg-cpuid).
#include "../../shell.h"

#include <cpuid.h>
#include <string.h>

#define FEATURES_ECX_HYPERVISOR (1u << 31)
#define LEAF_HYPERVISOR 0x40000000u

bool machine_is_emulated(void)
{
    unsigned eax, ebx, ecx, edx, name[3];
    __cpuid(1, eax, ebx, ecx, edx);
    if ((ecx & FEATURES_ECX_HYPERVISOR) == 0)
        return false;
    __cpuid(LEAF_HYPERVISOR, eax, name[0], name[1], name[2]);
    return memcmp(name, "TCGTCGTCGTCG", sizeof(name)) == 0;
}
