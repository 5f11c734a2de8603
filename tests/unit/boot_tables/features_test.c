// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The processor's features: each that is needed is missed by its name when it alone is not there.
#include "firmware/features.h"

#include <testlib/testlib.h>

/// CPUID of a processor that has everything, but for one bit and what lies beyond its last leaf.
static struct {
    uint32_t last_leaf, last_extended;
    uint32_t without_leaf, without_subleaf;
    struct cpuid without;
} fake;

static struct cpuid fake_id(uint32_t leaf, uint32_t subleaf)
{
    if (leaf == 0)
        return (struct cpuid){.eax = fake.last_leaf};
    if (leaf == 0x80000000)
        return (struct cpuid){.eax = fake.last_extended};
    struct cpuid id = {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX};
    if (leaf == fake.without_leaf && subleaf == fake.without_subleaf) {
        id.eax &= ~fake.without.eax;
        id.ebx &= ~fake.without.ebx;
        id.ecx &= ~fake.without.ecx;
        id.edx &= ~fake.without.edx;
    }
    return id;
}

static void nothing_missing(void)
{
    fake.last_leaf = 13;
    fake.last_extended = 0x80000001;
    fake.without_leaf = 0;
    CU_ASSERT_PTR_NULL(features_missing(fake_id));
}

static void expect_missing(uint32_t leaf, struct cpuid without, const char *name)
{
    fake.last_leaf = 13;
    fake.last_extended = 0x80000001;
    fake.without_leaf = leaf;
    fake.without = without;
    const char *missing = features_missing(fake_id);
    CU_ASSERT_PTR_NOT_NULL_FATAL(missing);
    CU_ASSERT_STRING_EQUAL(missing, name);
}

static void each_missing(void)
{
    expect_missing(1, (struct cpuid){.edx = 1u << 0}, "fpu");
    expect_missing(1, (struct cpuid){.edx = 1u << 4}, "tsc");
    expect_missing(1, (struct cpuid){.edx = 1u << 5}, "msr");
    expect_missing(1, (struct cpuid){.edx = 1u << 9}, "apic");
    expect_missing(1, (struct cpuid){.edx = 1u << 15}, "cmov");
    expect_missing(1, (struct cpuid){.edx = 1u << 24}, "fxsr");
    expect_missing(1, (struct cpuid){.edx = 1u << 25}, "sse");
    expect_missing(1, (struct cpuid){.edx = 1u << 26}, "sse2");
    expect_missing(1, (struct cpuid){.ecx = 1u << 26}, "xsave");
    expect_missing(7, (struct cpuid){.ebx = 1u << 0}, "fsgsbase");
    expect_missing(13, (struct cpuid){.eax = 1u << 0}, "x87 in xsave");
    expect_missing(13, (struct cpuid){.eax = 1u << 1}, "sse in xsave");
    fake.without_subleaf = 1;
    expect_missing(13, (struct cpuid){.eax = 1u << 0}, "xsaveopt");
    fake.without_subleaf = 0;
    expect_missing(0x80000001, (struct cpuid){.edx = 1u << 11}, "syscall");
}

/// What a processor says of a leaf that it does not have means nothing.
static void few_leaves(void)
{
    fake.last_extended = 0x80000001;
    fake.without_leaf = 0;
    fake.last_leaf = 6;
    CU_ASSERT_STRING_EQUAL(features_missing(fake_id), "fsgsbase");
    fake.last_leaf = 12;
    CU_ASSERT_STRING_EQUAL(features_missing(fake_id), "x87 in xsave");
    fake.last_leaf = 13;
    fake.last_extended = 0x80000000;
    CU_ASSERT_STRING_EQUAL(features_missing(fake_id), "syscall");
    fake.last_extended = 0;
    CU_ASSERT_STRING_EQUAL(features_missing(fake_id), "syscall");
}

static void not_needed(void)
{
    fake.last_leaf = 13;
    fake.last_extended = 0x80000001;
    fake.without_leaf = 7;
    fake.without = (struct cpuid){.ebx = 1u << 7 | 1u << 20, .ecx = 1u << 2}; // SMEP, SMAP, UMIP
    CU_ASSERT_PTR_NULL(features_missing(fake_id));
}

TEST_SUITE("features") = {
    {"nothing is missing", nothing_missing},
    {"each is missed by its name", each_missing},
    {"a processor with few leaves", few_leaves},
    {"what is not needed", not_needed},
};
