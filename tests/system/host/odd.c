// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Odd machines: processors of other makers and years, each with what Stave needs and without what it
// only uses where it is (UMIP, SMAP, AVX); odd numbers of sockets, cores and nodes; memory of all
// sizes. Each boots, starts all its cores, and runs a few programs.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"

#define ARGS_MAX 48u

#define HOSTILE_MODELS                                                                             \
    2u ///< the first ones: what a hostile domain may do depends on what they lack

static const char *const models[] = {
    "max,-umip",
    "max,-smap,-smep,-umip",
    "max,-avx,-avx2",
    "qemu64,+pdpe1gb,+fsgsbase,+xsave,+xsaveopt",
    "Opteron_G5,+fsgsbase,+xsaveopt",
    "EPYC",
    "Nehalem,level=13,+pdpe1gb,+fsgsbase,+xsave,+xsaveopt",
    "SandyBridge,+pdpe1gb,+fsgsbase",
    "Skylake-Client,+pdpe1gb",
    "Skylake-Server",
};

/// As the runner shows them: what the programs skipped on this machine.
static void show_skipped(const char *text, const char *what)
{
    static const char mark[] = "\nskipped: ";
    while ((text = strstr(text, mark)) != NULL) {
        text += strlen(mark);
        printf("skipped: on %s: %.*s\n", what, (int)strcspn(text, "\r\n"), text);
    }
}

static void expect_zero(struct host_output output, const char *what)
{
    show_skipped(output.text, what);
    if (!CHECK(output.status == 0)) {
        fprintf(stderr, "  on %s\n", what);
        host_show(&output);
    }
    free(output.text);
}

static void boot_models(void)
{
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        expect_zero(host_boot("--platform", "tests/system/platform.yaml", "--direct", "--cores",
                              "2", "--memory", "512M", "--timeout", "300", "--qemu-arg", "-cpu",
                              "--qemu-arg", models[i], "--run",
                              i < HOSTILE_MODELS ? "cores; test_fpu; test_caps; test_hostile 1"
                                                 : "cores; test_fpu; test_caps",
                              NULL),
                    models[i]);
    }
}

static void boot_sizes(void)
{
    // Where memory is just enough for the cores, programs fit on the first only.
    static const char *const sizes[][3] = {
        {"1", "48M", "hello 0"},    {"3", "96M", "hello"},      {"7", "100M", "hello"},
        {"117", "560M", "hello 0"}, {"118", "560M", "hello 0"}, {"119", "560M", "hello 0"},
        {"120", "560M", "hello 0"}, {"121", "560M", "hello 0"}, {"2", "600G", "hello"},
    };
    char run[32];
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        snprintf(run, sizeof(run), "cores; %s", sizes[i][2]);
        expect_zero(host_boot("--direct", "--cores", sizes[i][0], "--memory", sizes[i][1],
                              "--timeout", "300", "--run", run, NULL),
                    sizes[i][1]);
    }
}

/// Started by hand: stave-boot divides cores and memory evenly. `cores` fails if one is missing.
static void boot_topology(const char *what, const char *const args[])
{
    const char *argv[ARGS_MAX] = {"-serial", "stdio", "-fw_cfg",
                                  "name=opt/stave/run,string=cores; hello"};
    for (unsigned i = 0; args[i] != NULL && i < ARGS_MAX - 5; i++)
        argv[4 + i] = args[i];
    struct host_output output = host_boot_by_hand(argv);
    output.status = output.status == (0x10 << 1 | 1) ? 0 : 1; // as isa-debug-exit gives it
    expect_zero(output, what);
}

static void boot_topologies(void)
{
    boot_topology("two sockets of three cores",
                  (const char *[]){"-m", "512M", "-smp", "6,sockets=2,cores=3,threads=1", NULL});
    boot_topology("three sockets of two cores of two threads",
                  (const char *[]){"-m", "512M", "-smp", "12,sockets=3,cores=2,threads=2", NULL});
    boot_topology("places for more cores than there are",
                  (const char *[]){"-m", "512M", "-smp", "3,maxcpus=8", NULL});
    boot_topology(
        "uneven nodes",
        (const char *[]){"-m", "768M", "-smp", "7", "-object", "memory-backend-ram,id=a,size=128M",
                         "-object", "memory-backend-ram,id=b,size=512M", "-object",
                         "memory-backend-ram,id=c,size=128M", "-numa", "node,memdev=a,cpus=0-4",
                         "-numa", "node,memdev=b,cpus=5", "-numa", "node,memdev=c,cpus=6", NULL});
    boot_topology("nodes without memory and without cores",
                  (const char *[]){"-m", "512M", "-smp", "4", "-object",
                                   "memory-backend-ram,id=a,size=256M", "-object",
                                   "memory-backend-ram,id=b,size=256M", "-numa",
                                   "node,memdev=a,cpus=0-1", "-numa", "node,cpus=2-3", "-numa",
                                   "node,memdev=b", NULL});
}

int main(void)
{
    boot_models();
    boot_sizes();
    boot_topologies();
    return host_status();
}
