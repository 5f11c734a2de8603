// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// stave-peer: boots a Linux kernel with one program in the machine that stave-boot would boot Stave
// in, with the same options, and ends with the program's status. tools/peer/peer gets the kernel.
//   stave-peer KERNEL INITRAMFS [OPTIONS of stave-boot]
#include <stdio.h>
#include <unistd.h>

#include "run.h"

#define MEMORY_MIB 1024u

static bool prepare(int argc, char *argv[], struct options *options, struct machine *machine,
                    struct report *report)
{
    static const char *const words[] = {"-append", "console=ttyS0 quiet panic=-1", "-initrd"};
    const struct machine defaults = {.cores = 1, .nodes = 1, .memory_mib = MEMORY_MIB};
    if (argc < 3)
        return report_set(report, "usage: stave-peer KERNEL INITRAMFS [OPTIONS of stave-boot]");
    for (int i = 1; i < 3; i++)
        if (access(argv[i], R_OK) != 0)
            return report_set(report, "cannot read %s", argv[i]);
    if (!options_parse(options, argc - 2, argv + 2, report) ||
        !machine_resolve(&options->machine, &defaults, machine, report))
        return false;
    if (options->qemu_args_count + 4 > OPTIONS_QEMU_ARGS_MAX)
        return report_set(report, "--qemu-arg: too often");
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        options->qemu_args[options->qemu_args_count++] = words[i];
    options->qemu_args[options->qemu_args_count++] = argv[2];
    options->direct = true; // QEMU loads the kernel
    options->run = "none";  // nobody reads it, but the console then takes no input
    return true;
}

int main(int argc, char *argv[])
{
    struct options options;
    struct machine machine;
    struct report report = {0};
    int status = RUN_STATUS_ARGUMENTS;
    if (prepare(argc, argv, &options, &machine, &report))
        status = run_machine(&options, &machine, argv[1], &report);
    if (report.text[0] != '\0')
        fprintf(stderr, "stave-peer: %s\n", report.text);
    return status;
}
