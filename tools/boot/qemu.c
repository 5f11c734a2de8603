// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// QEMU's command line and its exit status. No I/O. The machine is q35 because SeaBIOS and GRUB
// read its AHCI CD by DMA: with 3 MB of modules that boots in 0.39 s, the older `pc` in 0.5 s
// and more. -nodefaults keeps away the devices whose absence the firmware would wait for.
#include "qemu.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define RESERVED_MAX_MIB (64u * 1024u)

bool qemu_cpuinfo_has_kvm(const char *cpuinfo)
{
    const char *flags = strstr(cpuinfo, "\nflags");
    if (flags == NULL)
        return false;
    size_t length = strcspn(flags + 1, "\n");
    for (const char *word = flags + 1; word < flags + 1 + length; word += strcspn(word, " \t\n")) {
        word += strspn(word, " \t:");
        size_t size = strcspn(word, " \t\n");
        if (size == 3 && (strncmp(word, "vmx", 3) == 0 || strncmp(word, "svm", 3) == 0))
            return true;
    }
    return false;
}

static void add_accel(const struct options *options, bool kvm, struct strvec *argv)
{
    if (options->deterministic) {
        // One thread takes turns over the cores by instruction counts, and every clock and source
        // of randomness that the machine can see is derived from those counts.
        strvec_add_all(argv, "-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-rtc",
                       "base=2026-01-01T00:00:00,clock=vm", "-seed", "1", NULL);
        return;
    }
    strvec_add_all(argv, "-accel", kvm ? "kvm" : "tcg,thread=multi", NULL);
}

/// Give each NUMA node its share of cores and memory, at distance 20 from every other node.
static void add_nodes(const struct machine *machine, struct strvec *argv)
{
    for (unsigned i = 0; i < machine->nodes; i++) {
        struct machine_share memory = machine_split(machine->memory_mib, machine->nodes, i);
        struct machine_share cores = machine_split(machine->cores, machine->nodes, i);
        strvec_add(argv, "-object");
        // More than the host has is possible if it is not to keep room for all.
        strvec_add(argv, "memory-backend-ram,id=memory%u,size=%" PRIu64 "M%s", i, memory.count,
                   machine->memory_mib > RESERVED_MAX_MIB ? ",reserve=off" : "");
        strvec_add(argv, "-numa");
        strvec_add(argv, "node,nodeid=%u,memdev=memory%u,cpus=%" PRIu64 "-%" PRIu64, i, i,
                   cores.first, cores.first + cores.count - 1);
    }
    for (unsigned i = 0; i < machine->nodes; i++) {
        for (unsigned k = 0; k < machine->nodes; k++) {
            strvec_add(argv, "-numa");
            strvec_add(argv, "dist,src=%u,dst=%u,val=%u", i, k, i == k ? 10u : 20u);
        }
    }
}

/// QEMU separates the parts of an argument by commas; one that is meant stands twice.
static void add_run(const char *run, struct strvec *argv)
{
    char doubled[2 * OPTIONS_RUN_BYTES_MAX + 1];
    size_t length = 0;
    for (; *run != '\0' && length + 2 < sizeof(doubled); run++) {
        doubled[length++] = *run;
        if (*run == ',')
            doubled[length++] = ',';
    }
    doubled[length] = '\0';
    strvec_add(argv, "-fw_cfg");
    strvec_add(argv, "name=" QEMU_RUN_FILE ",string=%s", doubled);
}

void qemu_arguments(const struct options *options, const struct machine *machine, const char *file,
                    bool kvm, struct strvec *argv)
{
    strvec_add_all(argv, QEMU_PROGRAM, "-machine", "q35", "-cpu", "max", "-nodefaults",
                   "-no-user-config", "-no-reboot", "-display", "none", NULL);
    strvec_add_all(argv, "-name", "stave,debug-threads=on", NULL);
    add_accel(options, kvm, argv);
    strvec_add(argv, "-smp");
    strvec_add(argv, "%u", machine->cores);
    strvec_add(argv, "-m");
    strvec_add(argv, "%" PRIu64 "M", machine->memory_mib);
    add_nodes(machine, argv);
    if (options->uefi) {
        // GRUB complains on the console if UEFI has no graphics output to hand over.
        strvec_add_all(argv, "-vga", "std", "-bios", QEMU_UEFI_FILE, NULL);
    } else {
        strvec_add_all(argv, "-vga", "none", NULL);
    }
    if (options->direct)
        strvec_add_all(argv, "-kernel", file, NULL);
    else
        strvec_add_all(argv, "-cdrom", file, "-boot", "order=d,menu=off", NULL);
    strvec_add_all(argv, "-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console",
                   NULL);
    strvec_add(argv, "-chardev");
    strvec_add(argv, "file,id=lastwords,path=/dev/fd/%d", QEMU_LAST_WORDS_FD);
    strvec_add_all(argv, "-device", "isa-debugcon,iobase=0xe9,chardev=lastwords", "-device",
                   "isa-debug-exit,iobase=0xf4,iosize=0x04", NULL);
    if (options->run != NULL)
        add_run(options->run, argv);
    if (options->gdb)
        strvec_add_all(argv, "-s", "-S", NULL);
    for (unsigned i = 0; i < options->qemu_args_count; i++)
        strvec_add(argv, "%s", options->qemu_args[i]);
}

struct qemu_verdict qemu_verdict_of_byte(int written)
{
    struct qemu_verdict verdict = {.died = true};
    if (written == QEMU_DIED) {
        snprintf(verdict.text, sizeof(verdict.text), "it stopped with an error");
    } else if (written >= QEMU_STATUS_BASE && written < QEMU_STATUS_BASE + QEMU_STATUS_COUNT) {
        verdict.died = false;
        verdict.status = written - QEMU_STATUS_BASE;
    } else {
        snprintf(verdict.text, sizeof(verdict.text), "it ended with the unknown byte %d", written);
    }
    return verdict;
}

struct qemu_verdict qemu_verdict(int wait_status)
{
    struct qemu_verdict verdict = {.died = true};
    if (WIFSIGNALED(wait_status)) {
        snprintf(verdict.text, sizeof(verdict.text), "QEMU was killed by signal %d",
                 WTERMSIG(wait_status));
        return verdict;
    }
    int status = WEXITSTATUS(wait_status);
    int written = status >> 1; // isa-debug-exit: QEMU exits with (byte << 1) | 1
    if ((status & 1) == 0) {
        snprintf(verdict.text, sizeof(verdict.text),
                 "it reset itself (a triple fault?) or was switched off");
    } else if (written == QEMU_DIED ||
               (written >= QEMU_STATUS_BASE && written < QEMU_STATUS_BASE + QEMU_STATUS_COUNT)) {
        verdict = qemu_verdict_of_byte(written);
    } else {
        snprintf(verdict.text, sizeof(verdict.text), "QEMU ended with status %d", status);
    }
    return verdict;
}
