// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The shell's own commands. A word that is none of them is the name of a boot module, started on
// the shell's core.
#include "shell.h"

#include "line_editor.h"
#include "modules.h"
#include "script.h"

#include <stdio.h>
#include <string.h>

static int command_help(unsigned argc, char *const argv[]);

static int command_echo(unsigned argc, char *const argv[])
{
    for (unsigned i = 1; i < argc; i++)
        printf(i > 1 ? " %s" : "%s", argv[i]);
    printf("\n");
    return 0;
}

static int command_halt(unsigned argc, char *const argv[])
{
    unsigned long status = 0;
    if (argc > 2 || (argc == 2 && !number_parse(argv[1], STATUS_MAX, &status))) {
        printf("usage: halt [STATUS], 0 to %u\n", STATUS_MAX);
        return STATUS_USAGE;
    }
    machine_halt((int)status);
    return STATUS_FAILED;
}

static const struct builtin {
    const char *name, *usage, *help; // no usage: it takes no words
    int (*run)(unsigned argc, char *const argv[]);
} builtins[] = {
    {"help", "", "this list", command_help},
    {"cores", "", "each core: APIC ID, NUMA node, time at which it started", command_cores},
    {"ps", "[CORE]", "domains that were spawned: what they do, how long they ran, what they hold",
     command_ps},
    {"mem", "[CORE]", "free memory of each core", command_mem},
    {"kcb", "[CORE]", "counters of the CPU drivers", command_kcb},
    {"info", "", "what this shell's page of exposed information tells", command_info},
    {"spawn", "CORE PROGRAM [ARGS]", "run a boot module on a core; first --memory 4M: with a limit",
     NULL},
    {"jobs", "", "programs in the background: those that run, and how others have ended",
     command_jobs},
    {"fg", "[ID]", "wait for one of them, the latest, in the foreground", command_fg},
    {"wait", "[ID]", "wait for one of them, or for all; the exit status is theirs", command_wait},
    {"kill", "ID", "end a domain", command_kill},
    {"reclaim", "ID BYTES [MS]", "take memory back from a domain that this shell has started",
     command_reclaim},
    {"echo", "[WORDS]", "print the words", command_echo},
    {"halt", "[STATUS]", "end the machine", command_halt},
};

static int command_help(unsigned argc, char *const argv[])
{
    (void)argc;
    (void)argv;
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++)
        printf("%-7s %-20s %s\n", builtins[i].name, builtins[i].usage, builtins[i].help);
    printf("Any other word is a boot module, which runs on this core:");
    modules_print();
    printf(
        "A command ends with a newline, ; or & (then it is not waited for). 'text' and \"text\" "
        "are quoted, $? is the\nlast exit status, # begins a comment. Tab completes, Ctrl-C "
        "ends the "
        "program that is waited for, Ctrl-D on\nan empty line ends the machine.\n"
        "A line has at most %u bytes typed, %u in a file or pipe; a command %u words of %u bytes "
        "together. A line\nthat cannot be read to its end is not run at all.\n",
        LINE_BYTES - 1, SCRIPT_LINE_BYTES - 1, SHELL_WORDS_MAX, SHELL_TEXT_BYTES - 1);
    return 0;
}

const char *command_word(void *st, bool first, unsigned index)
{
    static char name[MODULE_NAME_BYTES];
    size_t count = sizeof(builtins) / sizeof(builtins[0]);
    (void)st;
    if (first && index < count)
        return builtins[index].name;
    index -= first ? (unsigned)count : 0;
    return module_name(shell_bootinfo(), index, name) ? name : NULL;
}

/// Runs a program on a core and waits for it, unless the command says that it runs in the
/// background.
static int run(const struct shell_command *command, coreid_t core, size_t memory_bytes,
               char *const argv[])
{
    domainid_t job = 0;
    int status = program_run(core, memory_bytes, argv, command->background ? &job : NULL);
    if (job != 0) {
        printf("[%#x]\n", job);
        jobs_add(job, argv);
    }
    return status;
}

static int command_spawn(const struct shell_command *command)
{
    unsigned long core;
    size_t memory_bytes = 0;
    char *const *argv = command->argv + 1;
    bool usable = true;
    if (command->argc > 2 && strcmp(argv[0], "--memory") == 0) {
        usable = bytes_parse(argv[1], &memory_bytes);
        argv += 2;
    }
    if (!usable || argv[0] == NULL || argv[1] == NULL ||
        !number_parse(argv[0], BOOTINFO_CORES_MAX - 1, &core)) {
        printf("usage: spawn [--memory BYTES[K|M|G]] CORE PROGRAM [ARGS] [&]\n");
        return STATUS_USAGE;
    }
    return run(command, (coreid_t)core, memory_bytes, argv + 1);
}

int command_run(const struct shell_command *command)
{
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        const struct builtin *builtin = &builtins[i];
        if (strcmp(command->argv[0], builtin->name) == 0) {
            if (builtin->usage[0] == '\0' && command->argc > 1) {
                printf("usage: %s, without '%s'\n", builtin->name, command->argv[1]);
                return STATUS_USAGE;
            }
            return builtin->run == NULL ? command_spawn(command)
                                        : builtin->run(command->argc, command->argv);
        }
    }
    return run(command, disp_get_core_id(), 0, command->argv);
}
