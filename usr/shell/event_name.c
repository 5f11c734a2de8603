// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Names of events. Commands and types are named by the table of rules (kpi/cap_rules.h), system
// calls and exceptions here. Source of the latter: Intel SDM vol. 3, table 6-1.
#include "event_name.h"

#include "barrelfish/except.h"
#include "kpi/cap_rules.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const syscalls[SYSCALL_END - SYSCALL_BASE] = {
    [SYSCALL_INVOKE - SYSCALL_BASE] = "invocation with no known command",
    [SYSCALL_LMP_SEND - SYSCALL_BASE] = "system call: LMP send",
    [SYSCALL_YIELD - SYSCALL_BASE] = "system call: yield",
    [SYSCALL_SUSPEND - SYSCALL_BASE] = "system call: suspend",
    [SYSCALL_NOP - SYSCALL_BASE] = "system call: nop",
    [SYSCALL_TICK - SYSCALL_BASE] = "system call: tick",
    [SYSCALL_WATCH - SYSCALL_BASE] = "system call: watch",
};

static void vector_name(uint32_t vector, char *name, size_t bytes)
{
    if (vector < KERNEL_VECTOR_INTERRUPTS) {
        snprintf(name, bytes, "exception %" PRIu32 ": %s", vector, except_name(vector));
    } else {
        const char *text =
            vector == KERNEL_VECTOR_TIMER      ? "timer"
            : vector == KERNEL_VECTOR_SPURIOUS ? "spurious"
            : vector >= KERNEL_VECTOR_NOTIFY_FIRST && vector < KERNEL_VECTOR_NOTIFY_END
                ? "notification"
                : "unknown";
        snprintf(name, bytes, "interrupt %#" PRIx32 ": %s", vector, text);
    }
}

/// The types that have a command: the first one's name, up to what tells the members of a family
/// apart, or what is common to all.
static void command_name(const struct cap_command *command, char *name, size_t bytes)
{
    const char *type = cap_type((uint8_t)__builtin_ctz(command->types))->name;
    size_t length = 0;
    while (type[length] != '\0' && type[length] != '_')
        length++;
    if ((command->types & (command->types - 1)) == 0)
        snprintf(name, bytes, "invocation of %s: %s", type, command->name);
    else if ((command->types >> ObjType_VNode_x86_64_pml4 & 1) != 0 && type[length] == '_')
        snprintf(name, bytes, "invocation of %.*s: %s", (int)length, type, command->name);
    else
        snprintf(name, bytes, "invocation of any type: %s", command->name);
}

void event_name(uint64_t what, char *name, size_t bytes)
{
    const struct cap_command *command = cap_command(what);
    if (command != NULL)
        command_name(command, name, bytes);
    else if (what >= SYSCALL_BASE && what < SYSCALL_END)
        snprintf(name, bytes, "%s", syscalls[what - SYSCALL_BASE]);
    else if (what == KERNEL_EVENT_FOREIGN)
        snprintf(name, bytes, "foreign system call");
    else if (what == KERNEL_EVENT_START)
        snprintf(name, bytes, "start of the core");
    else if (what >> 32 == KERNEL_EVENT_VECTOR >> 32)
        vector_name((uint32_t)what, name, bytes);
    else
        snprintf(name, bytes, "event %#" PRIx64, what);
}
