// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// QEMU's command line for each option that changes it, its exit status, and when KVM is real.
#include "qemu.h"

#include <stdlib.h>
#include <string.h>

#include <testlib/testlib.h>

static struct strvec argv;

static void build(const struct options *options, const struct machine *machine, bool kvm)
{
    strvec_free(&argv);
    qemu_arguments(options, machine, "a,b.iso", kvm, &argv);
    CU_ASSERT_PTR_NULL(argv.items[argv.count]);
}

/// Is there an argument `name` followed by `value` (or by anything, if that is NULL)?
static bool has(const char *name, const char *value)
{
    for (size_t i = 0; i < argv.count; i++)
        if (strcmp(argv.items[i], name) == 0 &&
            (value == NULL || (i + 1 < argv.count && strcmp(argv.items[i + 1], value) == 0)))
            return true;
    return false;
}

static void test_plain(void)
{
    build(&(struct options){0}, &(struct machine){16, 1, 1024}, false);
    CU_ASSERT_STRING_EQUAL(argv.items[0], "qemu-system-x86_64");
    CU_ASSERT(has("-accel", "tcg,thread=multi"));
    CU_ASSERT(has("-smp", "16"));
    CU_ASSERT(has("-m", "1024M"));
    CU_ASSERT(has("-cdrom", "a,b.iso"));
    CU_ASSERT(has("-no-reboot", NULL));
    CU_ASSERT(has("-serial", "chardev:console"));
    CU_ASSERT(has("-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"));
    CU_ASSERT(has("-device", "isa-debugcon,iobase=0xe9,chardev=lastwords"));
    CU_ASSERT_FALSE(has("-icount", NULL) || has("-s", NULL) || has("-fw_cfg", NULL) ||
                    has("-kernel", NULL) || has("-bios", NULL));
    strvec_free(&argv);
}

static void test_nodes(void)
{
    build(&(struct options){0}, &(struct machine){7, 3, 1000}, false);
    CU_ASSERT(has("-object", "memory-backend-ram,id=memory0,size=334M"));
    CU_ASSERT(has("-object", "memory-backend-ram,id=memory1,size=333M"));
    CU_ASSERT(has("-object", "memory-backend-ram,id=memory2,size=333M"));
    CU_ASSERT(has("-numa", "node,nodeid=0,memdev=memory0,cpus=0-2"));
    CU_ASSERT(has("-numa", "node,nodeid=1,memdev=memory1,cpus=3-4"));
    CU_ASSERT(has("-numa", "node,nodeid=2,memdev=memory2,cpus=5-6"));
    CU_ASSERT(has("-numa", "dist,src=0,dst=0,val=10"));
    CU_ASSERT(has("-numa", "dist,src=2,dst=1,val=20"));
    strvec_free(&argv);
}

static void test_large(void)
{
    build(&(struct options){0}, &(struct machine){1, 1, 65536}, false);
    CU_ASSERT(has("-object", "memory-backend-ram,id=memory0,size=65536M"));
    build(&(struct options){0}, &(struct machine){1, 1, 614400}, false);
    CU_ASSERT(has("-object", "memory-backend-ram,id=memory0,size=614400M,reserve=off"));
    strvec_free(&argv);
}

static void test_modes(void)
{
    const struct machine machine = {4, 1, 512};
    build(&(struct options){.deterministic = true, .direct = true}, &machine, true);
    CU_ASSERT(has("-accel", "tcg,thread=single"));
    CU_ASSERT(has("-icount", "shift=0,sleep=off"));
    CU_ASSERT(has("-rtc", "base=2026-01-01T00:00:00,clock=vm"));
    CU_ASSERT(has("-seed", "1"));
    CU_ASSERT(has("-kernel", "a,b.iso"));
    CU_ASSERT_FALSE(has("-cdrom", NULL));
    build(&(struct options){0}, &machine, true);
    CU_ASSERT(has("-accel", "kvm"));
    build(&(struct options){.gdb = true, .uefi = true}, &machine, false);
    CU_ASSERT(has("-s", NULL) && has("-S", NULL));
    CU_ASSERT(has("-bios", QEMU_UEFI_FILE));
    strvec_free(&argv);
}

static void test_run(void)
{
    const struct machine machine = {1, 1, 512};
    build(&(struct options){.run = "bench a,b,,c \"x\"\necho"}, &machine, false);
    CU_ASSERT(has("-fw_cfg", "name=opt/stave/run,string=bench a,,b,,,,c \"x\"\necho"));
    char *commas = malloc(OPTIONS_RUN_BYTES_MAX + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(commas);
    memset(commas, ',', OPTIONS_RUN_BYTES_MAX);
    commas[OPTIONS_RUN_BYTES_MAX] = '\0';
    build(&(struct options){.run = commas}, &machine, false);
    size_t head = strlen("name=opt/stave/run,string=");
    CU_ASSERT_EQUAL(strlen(argv.items[argv.count - 1]), head + 2 * OPTIONS_RUN_BYTES_MAX);
    free(commas);
    build(&(struct options){.qemu_args = {"-trace", "%s"}, .qemu_args_count = 2}, &machine, false);
    CU_ASSERT(has("-trace", "%s"));
    strvec_free(&argv);
}

static void test_verdict(void)
{
    for (int value = 0; value < 128; value++) {
        struct qemu_verdict verdict = qemu_verdict(((value << 1) | 1) << 8);
        bool commands_ended = value >= 0x10 && value < 0x70;
        CU_ASSERT_EQUAL(verdict.died, !commands_ended);
        CU_ASSERT_EQUAL(verdict.text[0] == '\0', commands_ended);
        CU_ASSERT(!commands_ended || verdict.status == value - 0x10);
    }
    CU_ASSERT_STRING_EQUAL(qemu_verdict(9).text, "QEMU was killed by signal 9");
    CU_ASSERT_STRING_EQUAL(qemu_verdict(3 << 8).text, "it stopped with an error");
    CU_ASSERT_STRING_EQUAL(qemu_verdict(1 << 8).text, "QEMU ended with status 1");
    CU_ASSERT(qemu_verdict(0).died);
}

static void test_kvm(void)
{
    CU_ASSERT(qemu_cpuinfo_has_kvm("processor : 0\nflags\t\t: fpu vmx sse\nbugs : x\n"));
    CU_ASSERT(qemu_cpuinfo_has_kvm("processor : 0\nflags\t\t: fpu sse svm\n"));
    CU_ASSERT_FALSE(qemu_cpuinfo_has_kvm("processor : 0\nflags\t\t: fpu sse\nx : svm\n"));
    CU_ASSERT_FALSE(qemu_cpuinfo_has_kvm("processor : 0\nflags\t\t: fpu vmxx svm_lock\n"));
    CU_ASSERT_FALSE(qemu_cpuinfo_has_kvm("model name : vmx svm\n"));
    CU_ASSERT_FALSE(qemu_cpuinfo_has_kvm(""));
}

TEST_SUITE("qemu") = {
    {"plain", test_plain},
    {"NUMA nodes", test_nodes},
    {"large memory", test_large},
    {"modes", test_modes},
    {"commands and raw arguments", test_run},
    {"verdict", test_verdict},
    {"KVM", test_kvm},
};
