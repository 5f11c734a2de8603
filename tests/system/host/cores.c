// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The boot, seen from outside: every core comes up and is listed, with little memory too, and what
// cannot work ends with a word that says why and the right exit status.
//   system-cores N...      boots with N cores each and looks at the list that `cores` prints
//   system-cores limits    little memory, too little, missing modules, bad arguments, processors
//                          that lack something
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

#define CORES_MAX 256u

/// Marks the cores that a text lists: "core N  APIC ID N  NUMA node N  started at T ms".
static unsigned listed(const char *text, bool seen[CORES_MAX])
{
    unsigned lines = 0;
    for (const char *line = text; line != NULL && *line != '\0';) {
        unsigned core, apic, node;
        double start_ms;
        if (sscanf(line, "core %u APIC ID %u NUMA node %u started at %lf ms", &core, &apic, &node,
                   &start_ms) == 4 &&
            core < CORES_MAX && start_ms > 0) {
            lines++;
            seen[core] = true;
        }
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return lines;
}

static void check_list(const struct host_output *output, unsigned cores)
{
    bool seen[CORES_MAX] = {false};
    bool good = CHECK(output->status == 0) && CHECK(listed(output->text, seen) == cores);
    for (unsigned core = 0; core < cores && good; core++)
        good = CHECK(seen[core]);
    if (!good)
        host_show(output);
}

/// The boot log gives two times: to the CPU driver's first line, and from there to the prompt.
/// Which is longer is shown, not checked: the host may be busy with other tests.
static void check_times(const struct host_output *output)
{
    double firmware_ms = 0, stave_ms = 0;
    const char *line = strstr(output->text, "boot: firmware and loader");
    CHECK(line != NULL && sscanf(line, "boot: firmware and loader %lf ms, Stave %lf ms",
                                 &firmware_ms, &stave_ms) == 2);
    printf("boot: firmware %.0f ms, Stave %.0f ms\n", firmware_ms, stave_ms);
}

static void boot_cores(const char *cores)
{
    struct host_output output = host_boot("--cores", cores, "--run", "cores", NULL);
    check_list(&output, (unsigned)atoi(cores));
    check_times(&output);
    free(output.text);
}

static void expect(struct host_output output, int status, const char *word)
{
    if (!CHECK(output.status == status) ||
        !CHECK(word == NULL || strstr(output.text, word) != NULL)) {
        fprintf(stderr, "  wanted status %d and '%s'\n", status, word != NULL ? word : "");
        host_show(&output);
    }
    free(output.text);
}

/// An image that is not written beside what it is made of.
static void build_elsewhere(void)
{
    char folder[] = "/tmp/system-cores-XXXXXX", path[64];
    if (!CHECK(mkdtemp(folder) != NULL))
        return;
    snprintf(path, sizeof(path), "%s/pc.iso", folder);
    expect(host_boot("image", "--platform", "platforms/pc.yaml", "--output", path, "--build",
                     folder, NULL),
           3, "cpudriver.elf");
    CHECK(access(path, F_OK) != 0);
    expect(host_boot("image", "--platform", "platforms/pc.yaml", "--output", path, NULL), 0, NULL);
    CHECK(unlink(path) == 0);
    CHECK(rmdir(folder) == 0);
}

/// A platform like pc, without one of its modules.
static void boot_without(const char *module)
{
    static const char *const modules[] = {"init",   "mem_serv", "monitor",
                                          "spawnd", "console",  "shell"};
    char path[] = "/tmp/system-cores-XXXXXX.yaml";
    int fd = mkstemps(path, 5);
    FILE *file = fdopen(fd, "w");
    if (!CHECK(file != NULL))
        return;
    fprintf(file, "name: without\ncpudriver: cpudriver.elf\ncores: 2\nmemory: 256M\nnodes: 1\n"
                  "modules:\n");
    for (unsigned i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
        bool started = i >= 4;
        if (strcmp(modules[i], module) != 0)
            fprintf(file, "  - name: %s\n%s", modules[i], started ? "    start: true\n" : "");
    }
    fclose(file);
    expect(host_boot("--platform", path, "--direct", "--cores", "2", "--run", "echo never",
                     "--timeout", "60", NULL),
           3, module);
    unlink(path);
}

/// Without its first domain or its shell a machine can do nothing more: it ends, and says why. A
/// domain in their place that only ends stands for one that died.
static void boot_dead(const char *module, const char *word)
{
    char path[FILENAME_MAX], from[] = "build/domains/hello", folder[] = "/tmp/system-cores-XXXXXX";
    if (!CHECK(mkdtemp(folder) != NULL))
        return;
    snprintf(path, sizeof(path), "%s/%s", folder, module);
    char *target = realpath(from, NULL);
    if (CHECK(target != NULL && symlink(target, path) == 0)) {
        expect(host_boot("--module", path, "--direct", "--cores", "2", "--run", "echo never",
                         "--timeout", "60", NULL),
               3, word);
        unlink(path);
    }
    free(target);
    rmdir(folder);
}

static void lacks(const char *cpu, const char *feature)
{
    char word[64];
    snprintf(word, sizeof(word), "the processor lacks %s\n", feature);
    expect(host_boot("--cores", "2", "--direct", "--qemu-arg", "-cpu", "--qemu-arg", cpu, "--run",
                     "echo never", "--timeout", "60", NULL),
           3, word);
}

/// A machine without a serial port shows nothing, but works and ends with its commands' status.
static void boot_silent(void)
{
    static const char *const args[] = {
        "-smp", "2", "-m", "256M", "-fw_cfg", "name=opt/stave/run,string=hello; halt 42", NULL};
    expect(host_boot_by_hand(args), (0x10 + 42) << 1 | 1, NULL);
}

/// With too little memory for all cores as many start as it feeds; the others are named.
static void boot_scarce(void)
{
    bool seen[CORES_MAX] = {false};
    struct host_output output = host_boot("--cores", "16", "--memory", "64M", "--direct", "--run",
                                          "cores", "--timeout", "120", NULL);
    unsigned up = listed(output.text, seen);
    if (!CHECK(output.status == 1) || !CHECK(up >= 8 && up < 16) || !CHECK(seen[0]) ||
        !CHECK(strstr(output.text, "too little memory: each core needs") != NULL) ||
        !CHECK(strstr(output.text, "died") == NULL))
        host_show(&output);
    free(output.text);
}

static void limits(void)
{
    struct host_output output =
        host_boot("--cores", "8", "--memory", "256M", "--run", "cores", NULL);
    check_list(&output, 8);
    free(output.text);
    output = host_boot("--cores", "7", "--nodes", "3", "--memory", "512M", "--run", "cores", NULL);
    check_list(&output, 7);
    free(output.text);
    expect(host_boot("--cores", "16", "--memory", "16M", "--run", "cores", "--timeout", "60", NULL),
           1, "too little memory");
    expect(host_boot("--cores", "0", NULL), 2, "--cores");
    expect(host_boot("--cores", "256", NULL), 2, "--cores");
    expect(host_boot("--memory", "much", NULL), 2, "--memory");
    expect(host_boot("--module", "/nosuch", NULL), 2, "module nosuch: cannot read /nosuch");
    expect(host_boot("--module", "build", "--bochs", "--run", "cores", NULL), 2, "is no file");
    expect(host_boot("--direct", "--platform", "nosuch", NULL), 2, "nosuch.yaml");
    expect(host_boot("image", "--platform", "nosuch", "--output", "x", NULL), 2, "nosuch");
    build_elsewhere();
    expect(host_boot("--log", "/nosuch/log", "--run", "cores", NULL), 2, "/nosuch/log");
    expect(host_boot("--cores", "2", "--run", "halt 42", NULL), 42, NULL);
    expect(host_boot("--cores", "2", "--run", "no_such_program", NULL), 1, "no_such_program");
    expect(host_boot("--cores", "2", "--run", "echo one; echo two", NULL), 0, "one");
    // The image has the names of functions, without debugging information.
    expect(host_boot("--cores", "2", "--run", "hello 9", NULL), 95, "user_panic_fn+");
    boot_without("monitor");
    boot_without("mem_serv");
    boot_without("spawnd");
    boot_without("shell");
    boot_without("init");
    boot_dead("init", "init died");
    boot_dead("shell", "the shell ended");
    lacks("max,-nx", "nx");
    lacks("max,-fsgsbase", "fsgsbase");
    lacks("qemu64,+pdpe1gb,+fsgsbase,+xsave", "xsaveopt");
    boot_silent();
    boot_scarce();
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "limits") == 0)
            limits();
        else
            boot_cores(argv[i]);
    return host_status();
}
