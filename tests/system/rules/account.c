// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The account of what was tested: each command must have succeeded, and have given each error that
// kpi/syscalls.h, kpi/cap_rules.h and the CPU driver's caps/caps.h promise of it. Errors that the table of
// rules implies (rights and arguments) are taken from there; the others are listed here.
#include "rules.h"

#include <stdio.h>
#include <string.h>

#define ERRORS_MAX 14u

bool rules_alone;
static bool seen[CAP_CMD_COUNT][ERR_CODES_COUNT];

#define MAP_ERRORS                                                                                 \
    SYS_ERR_ARGS, SYS_ERR_CNODE_TYPE, SYS_ERR_VNODE_SLOT, SYS_ERR_VNODE_IN_USE,                    \
        SYS_ERR_VNODE_LEVEL, SYS_ERR_VNODE_FLAGS
#define VECTOR_ERRORS SYS_ERR_CNODE_TYPE, SYS_ERR_NO_VECTOR

/// What a command itself checks.
static const struct {
    uint64_t command;
    enum err_code errors[ERRORS_MAX]; ///< ended by SYS_ERR_OK
} promises[] = {
    {CAP_CMD_COPY, {SYS_ERR_NO_COPY, SYS_ERR_CNODE_TYPE}},
    {CAP_CMD_MINT, {SYS_ERR_NO_COPY, SYS_ERR_CNODE_TYPE, SYS_ERR_ARGS}},
    {CAP_CMD_RETYPE,
     {SYS_ERR_AGAIN, SYS_ERR_INVALID_RETYPE, SYS_ERR_RETYPE_RANGE, SYS_ERR_REMOTE,
      SYS_ERR_SLOT_INVALID, SYS_ERR_SLOT_IN_USE, SYS_ERR_CNODE_TYPE, SYS_ERR_REVOKE_FIRST}},
    {CAP_CMD_DELETE, {SYS_ERR_AGAIN, SYS_ERR_RIGHTS, SYS_ERR_CAP_NOT_FOUND}},
    {CAP_CMD_REVOKE, {SYS_ERR_AGAIN, SYS_ERR_REMOTE}},
    {CAP_CMD_IDENTIFY, {SYS_ERR_USER_POINTER}},
    {VNODE_CMD_MAP, {MAP_ERRORS, SYS_ERR_RETYPE_RANGE}},
    {VNODE_CMD_COPY, {MAP_ERRORS}},
    {VNODE_CMD_UNMAP, {SYS_ERR_ARGS}},
    {VNODE_CMD_READ, {SYS_ERR_VNODE_SLOT}},
    {MAPPING_CMD_MODIFY, {SYS_ERR_CAP_TYPE, SYS_ERR_VNODE_SLOT, SYS_ERR_VNODE_FLAGS, SYS_ERR_ARGS}},
    {DISPATCHER_CMD_SETUP, {SYS_ERR_DISP_FRAME, SYS_ERR_DISP_RUNNING}},
    {DISPATCHER_CMD_RUN, {SYS_ERR_DISP_NOT_READY, SYS_ERR_DISP_RUNNING}},
    {DISPATCHER_CMD_STOP, {SYS_ERR_DISP_NOT_READY}},
    {DISPATCHER_CMD_ENDPOINT,
     {SYS_ERR_ARGS, SYS_ERR_DISP_NOT_READY, SYS_ERR_DISP_FRAME, SYS_ERR_CNODE_TYPE}},
    {DISPATCHER_CMD_INFO, {SYS_ERR_DISP_FRAME, SYS_ERR_SLOT_IN_USE}},
    {DISPATCHER_CMD_CSPACE, {SYS_ERR_DISP_NOT_READY, SYS_ERR_LAST_COPY}},
    {DISPATCHER_CMD_WAIT, {SYS_ERR_DISP_NOT_READY}},
    {ENDPOINT_CMD_SEND,
     {SYS_ERR_ARGS, SYS_ERR_CAP_TYPE, SYS_ERR_RIGHTS, SYS_ERR_NO_COPY, SYS_ERR_LMP_BUF_OVERFLOW,
      SYS_ERR_LMP_NO_TARGET, SYS_ERR_LMP_CAPTRANSFER_SRC, SYS_ERR_LMP_CAPTRANSFER_DST}},
    {IRQSRC_CMD_CONNECT, {SYS_ERR_ARGS, SYS_ERR_NO_LISTENER}},
    {IRQSRC_CMD_ACK, {SYS_ERR_ARGS, SYS_ERR_NO_LISTENER}},
    {IO_CMD_IN, {SYS_ERR_ARGS, SYS_ERR_IO_PORT}},
    {IO_CMD_OUT, {SYS_ERR_ARGS, SYS_ERR_IO_PORT}},
    {KERNEL_CMD_START_CORE,
     {SYS_ERR_CORE_INVALID, SYS_ERR_CORE_DATA, SYS_ERR_HAS_COPIES, SYS_ERR_REVOKE_FIRST,
      SYS_ERR_REMOTE, SYS_ERR_AGAIN}},
    {KERNEL_CMD_NOTIFY_CREATE, {VECTOR_ERRORS}},
    {KERNEL_CMD_IRQDEST_CREATE, {VECTOR_ERRORS}},
    {KERNEL_CMD_VECTOR_FREE, {SYS_ERR_ARGS, SYS_ERR_NO_LISTENER}},
    {KERNEL_CMD_CREATE_CAP,
     {SYS_ERR_USER_POINTER, SYS_ERR_ARGS, SYS_ERR_CAP_TYPE, SYS_ERR_CNODE_TYPE,
      SYS_ERR_RETYPE_RANGE}},
    {KERNEL_CMD_SET_REMOTE, {SYS_ERR_AGAIN, SYS_ERR_ARGS, SYS_ERR_CAP_TYPE}},
    {KERNEL_CMD_SET_RETURNS, {SYS_ERR_ARGS, SYS_ERR_SLOT_IN_USE}},
    {KERNEL_CMD_ID_CREATE, {SYS_ERR_CNODE_TYPE}},
    {KERNEL_CMD_STAT, {SYS_ERR_ARGS}},
    {KERNEL_CMD_TRANSLATE, {SYS_ERR_ARGS}},
    {KERNEL_CMD_HALT, {SYS_ERR_ARGS}},
    {KERNEL_CMD_PRINT, {SYS_ERR_ARGS, SYS_ERR_USER_POINTER}},
    {KERNEL_CMD_BEGIN_GROUP, {SYS_ERR_ARGS, SYS_ERR_DISP_NOT_READY, SYS_ERR_DISP_RUNNING}},
};

const char *rules_command_name(uint64_t command)
{
    const struct cap_command *row = cap_command(command);
    return row != NULL ? row->name : "no such command";
}

uint64_t rules_database(void)
{
    uint64_t count = 0;
    EXPECT_OK(
        cap_invoke_value(cap_kernelinfo, KERNEL_CMD_STAT, KERNEL_STAT_MDB_SIZE, 0, 0, &count));
    return count;
}

uint64_t rules_database_alone(void)
{
    return rules_alone ? rules_database() : 0;
}

void rules_account(uint64_t command, errval_t err)
{
    if (command < CAP_CMD_COUNT)
        seen[command][err_no(err)] = true;
}

void rules_account_begin(void)
{
    memset(seen, 0, sizeof(seen));
}

static void expect_seen(uint64_t command, enum err_code err)
{
    if (!EXPECT(seen[command][err]))
        printf("  %s never gave %s\n", rules_command_name(command), err_getcode(err));
}

/// Commands that no test domain can let succeed: each core's monitor and memory server have set the
/// returns; the machine would end; a core would start (tests/system/host/cores.c).
static bool never_succeeds(uint64_t command)
{
    return command == KERNEL_CMD_SET_RETURNS || command == KERNEL_CMD_HALT ||
           command == KERNEL_CMD_START_CORE;
}

/// A message's arguments are not decoded as those of an invocation (listed above).
static void expect_implied(uint64_t command, const struct cap_command *rule)
{
    if (rule->rights != 0)
        expect_seen(command, SYS_ERR_RIGHTS);
    if ((rule->types & ~(uint32_t)1) + 2 != 1u << ObjType_Num)
        expect_seen(command, SYS_ERR_ILLEGAL_INVOCATION);
    for (unsigned i = 0; i < CAP_ARGS && command != ENDPOINT_CMD_SEND; i++) {
        unsigned kind = rule->args[i].kind;
        if (kind == CAP_ARG_SLOT || kind == CAP_ARG_SLOTS)
            expect_seen(command, SYS_ERR_SLOT_IN_USE);
        if (kind == CAP_ARG_CAP || kind == CAP_ARG_OPTIONAL) {
            expect_seen(command, SYS_ERR_CAP_NOT_FOUND);
            expect_seen(command, SYS_ERR_CAP_BUSY);
        }
        if (kind > CAP_ARG_WORD) {
            expect_seen(command, SYS_ERR_SLOT_INVALID);
            expect_seen(command, SYS_ERR_RIGHTS);
        }
    }
}

void rules_account_check(void)
{
    for (uint64_t command = 0; command < CAP_CMD_COUNT; command++) {
        bool irq = command == IRQSRC_CMD_CONNECT || command == IRQSRC_CMD_ACK;
        const struct cap_command *rule = cap_command(command);
        if (rule == NULL || (irq && !rules_stage.devices))
            continue;
        if (!never_succeeds(command))
            expect_seen(command, SYS_ERR_OK);
        expect_implied(command, rule);
        for (size_t i = 0; i < sizeof(promises) / sizeof(promises[0]); i++) {
            const enum err_code *err = promises[i].errors;
            for (; promises[i].command == command && *err != SYS_ERR_OK; err++)
                expect_seen(command, *err);
        }
    }
}
