// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A platform file: one YAML file that says all that a boot image holds and how large the machine
// is by default. All keys:
//
//   name: pc                  # the image is <name>.iso
//   cpudriver: cpudriver.elf  # file in the build folder
//   cores: 16
//   memory: 1G
//   nodes: 1
//   modules:                  # in start order; each is domains/<name> in the build folder
//     - name: init
//     - name: console
//       start: true           # optional: init starts it
//       machine: true         # optional: gets the machine's capabilities, whoever starts it
//       args: [a, b]          # optional
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"
#include "report.h"

struct platform_module {
    char *name;
    bool start;
    bool machine;
    char **args;
    uint32_t args_count;
};

struct platform {
    char *name;
    char *cpudriver;
    uint32_t cores;
    uint32_t nodes;
    char *memory;
    struct platform_module *modules;
    uint32_t modules_count;
};

/// Read and check a platform file. An error in the YAML is reported as file:line:column. NULL on
/// failure; else to be freed with platform_free().
struct platform *platform_load(const char *path, struct report *report);

void platform_free(struct platform *platform);

/// The machine that a checked platform asks for.
struct machine platform_machine(const struct platform *platform);

/// May this be the name of a boot module? Letters, digits, '_', '-' and '.', at most 31.
bool platform_module_name_ok(const char *name);
