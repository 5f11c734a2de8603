// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The shell: waits until all cores are up, says how long that took, and runs commands: those of the
// runner's --run, after which the machine ends with their status; or, without --run, the main job
// (what came up, one measurement) and then what the user types, until the end of the input.
#include "line_editor.h"
#include "modules.h"
#include "script.h"
#include "shell.h"

#include "barrelfish/console.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/terminal_client.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char prompt_text[] = "stave> ";
static int last_status;
static int last_failure; ///< 0: no command has failed

static void set_status(int status)
{
    last_status = status;
    last_failure = status != 0 ? status : last_failure;
}

static void refuse(const char *why)
{
    printf("shell: %s; nothing of it was run\n", why);
    set_status(STATUS_USAGE);
}

/// A line, or all of --run.
static void run_text(const char *text)
{
    static struct shell_command command;
    const char *why = shell_fault(text, &command);
    if (why != NULL) {
        refuse(why);
        return;
    }
    while (shell_parse(&text, last_status, &command))
        set_status(command_run(&command));
}

/// From reset, at which the time-stamp counter started, to the CPU driver's first line, and from
/// there to now.
static void print_boot_times(const struct bootinfo *bootinfo)
{
    uint64_t firmware_ms = bootinfo->boot_tsc / bootinfo->tsc_per_ms;
    uint64_t stave_ms = (systime_now() - bootinfo->boot_tsc) / bootinfo->tsc_per_ms;
    printf("boot: firmware and loader %" PRIu64 " ms, Stave %" PRIu64 " ms\n", firmware_ms,
           stave_ms);
}

static void print_machine(const struct bootinfo *bootinfo, const struct monitor_cores *cores)
{
    printf("Stave: %u of %u cores up, %u NUMA node%s, %" PRIu64 " MiB of memory\n", cores->up_count,
           cores->cores_count, bootinfo->nodes_count, bootinfo->nodes_count == 1 ? "" : "s",
           bootinfo->ram_bytes >> 20);
    printf("Boot modules:");
    modules_print();
    // Times mean little here, and a newcomer cannot know.
    if (machine_is_emulated()) {
        printf(
            "QEMU emulates this machine: times below say how fast the emulator is. What holds on "
            "any\nmachine are counts: build/stave-boot --count --run 'bench urpc' shows "
            "instructions and\ncache-line transfers per message; or compare ratios within one "
            "run.\n");
    }
}

static void put(void *st, const char *bytes, size_t length)
{
    (void)st;
    (void)fwrite(bytes, 1, length, stdout);
}

static void prompt(void)
{
    jobs_report();
    printf("%s", prompt_text);
    (void)fflush(stdout);
}

/// Keys of somebody who types; false: the end.
static bool take_keys(struct line_editor *editor, const char *keys, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum line_event event = line_editor_key(editor, keys[i]);
        if (event == LINE_END)
            return false;
        if (event == LINE_MORE)
            continue;
        if (event == LINE_TOO_LONG)
            refuse("the line is longer than 1,023 bytes");
        else
            run_text(line_editor_text(editor));
        line_editor_begin(editor);
        prompt();
    }
    return true;
}

/// A line of a script is shown, as if it had been typed.
static void run_line(struct script *script)
{
    const char *why = script_fault(script);
    if (why != NULL) {
        printf("\n");
        refuse(why);
    } else {
        printf("%s\n", script_text(script));
        run_text(script_text(script));
    }
    script_begin(script);
}

static void take_data(struct script *script, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (script_add(script, bytes[i])) {
            run_line(script);
            prompt();
        }
    }
}

/// Runs what is typed, or the lines of a script, until the end of the input.
static void interact(void)
{
    static struct line_editor editor;
    static struct script script;
    char bytes[256];
    size_t count;
    bool typed, more = true;
    line_editor_init(&editor, put, NULL);
    line_editor_complete(&editor, prompt_text, command_word, NULL);
    prompt();
    while (more && (count = terminal_read_raw(bytes, sizeof(bytes), &typed)) > 0) {
        programs_typed = typed;
        if (typed)
            more = take_keys(&editor, bytes, count);
        else
            take_data(&script, bytes, count);
        (void)fflush(stdout);
    }
    if (!script_empty(&script))
        run_line(&script); // without a newline behind it
    printf("\n");
}

/// What is printed before the console is there goes round by spawnd, and would be lost with a
/// machine that halts soon. A machine without a console is not waited for.
static void await_console(const struct bootinfo *bootinfo)
{
    iref_t iref;
    char name[MODULE_NAME_BYTES];
    for (unsigned i = 0; module_name(bootinfo, i, name); i++) {
        if (strcmp(name, CONSOLE_NAME) == 0) {
            (void)!nameservice_blocking_lookup(CONSOLE_NAME, &iref);
            return;
        }
    }
}

int main(void)
{
    const struct bootinfo *bootinfo = shell_bootinfo();
    struct monitor_cores cores;
    if ((domain_spawn_args()->flags & SPAWN_FLAG_BOOTINFO) == 0 ||
        bootinfo->magic != BOOTINFO_MAGIC) {
        printf("shell: the machine's shell is started by init only\n");
        return STATUS_FAILED;
    }
    errval_t err = monitor_await_boot(&cores);
    await_console(bootinfo);
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "the shell cannot learn which cores are up");
    if ((bootinfo->flags & BOOTINFO_FLAG_COMMANDS) != 0) {
        static char commands[BOOTINFO_COMMANDS_MAX + 1];
        memcpy(commands, bootinfo->commands,
               bootinfo->commands_bytes < BOOTINFO_COMMANDS_MAX ? bootinfo->commands_bytes
                                                                : BOOTINFO_COMMANDS_MAX);
        print_boot_times(bootinfo);
        run_text(commands);
        machine_halt(last_failure);
    } else {
        print_machine(bootinfo, &cores);
        print_boot_times(bootinfo);
        run_text("bench main --messages 10000");
        interact();
        machine_halt(0);
    }
    return STATUS_FAILED;
}
