// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls, and what they must answer. See rules.h.
#include "rules.h"

#include <inttypes.h>
#include <stdio.h>

#define REPEAT_MAX 100000u

struct sysret rules_call(uint64_t command, uint64_t target, const uint64_t args[CAP_ARGS])
{
    uint64_t words[CAP_ARGS];
    struct sysret ret;
    for (unsigned i = 0; i < CAP_ARGS; i++)
        words[i] = rules_caddr(args[i]);
    unsigned turns = 0;
    do {
        ret = syscall_invoke(rules_caddr(target), command, words[0], words[1], words[2], words[3],
                             words[4], words[5]);
        rules_account(command, ret.error);
    } while (err_no(ret.error) == SYS_ERR_AGAIN && turns++ < REPEAT_MAX);
    return ret;
}

bool rules_row(const struct rules_row *row)
{
    uint64_t before = rules_database_alone();
    errval_t err = rules_call(row->command, row->target, row->args).error;
    bool good = EXPECT_ERR(err, row->expected);
    if (good && err_is_fail(err))
        good = EXPECT(rules_database_alone() == before);
    if (!good) {
        printf("  %s of %" PRIx64 ":", rules_command_name(row->command), row->target & 0xffff);
        for (unsigned i = 0; i < CAP_ARGS; i++)
            printf(" %" PRIx64, row->args[i]);
        printf("\n");
    }
    return good;
}

void rules_rows(const struct rules_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        rules_row(&rows[i]);
}

/// Puts a copy with these rights into `slot`; what cannot be copied stands for itself.
static uint64_t minted(uint64_t slot, uint64_t word, uint64_t rights)
{
    uint64_t original = word & 0xff;
    if (!cap_type(rules_look(original).type)->copyable)
        return word;
    EXPECT_OK(cap_mint(rules_cap(slot), rules_cap(original), rights, 0));
    return RULES_AT(slot);
}

static void unmint(uint64_t slot, uint64_t word)
{
    if (word == RULES_AT(slot))
        rules_delete(slot);
}

static void without_rights(const struct rules_row *good, uint8_t needed)
{
    for (uint64_t right = CAPRIGHTS_READ; right < CAPRIGHTS_ALL; right *= 2) {
        if ((needed & right) != 0) {
            struct rules_row row = *good;
            row.expected = SYS_ERR_RIGHTS;
            row.target = minted(SLOT_TARGET, good->target, CAPRIGHTS_ALL & ~right);
            if (row.target == RULES_AT(SLOT_TARGET)) {
                rules_row(&row);
                rules_delete(SLOT_TARGET);
            }
        }
    }
}

static void spoil(const struct rules_row *good, unsigned i, uint64_t word, enum err_code expected)
{
    struct rules_row row = *good;
    row.args[i] = word;
    row.expected = expected;
    rules_row(&row);
}

static void spoil_cap(const struct rules_row *good, unsigned i, const struct cap_arg *arg)
{
    for (unsigned type = 1; type < ObjType_Num; type++)
        if ((arg->types >> type & 1) == 0 && rules_has(type))
            spoil(good, i, RULES_AT(type), SYS_ERR_CAP_TYPE);
    for (uint64_t right = CAPRIGHTS_READ; right < CAPRIGHTS_ALL; right *= 2) {
        if ((cap_arg_rights(arg, rules_look(good->args[i] & 0xff).type) & right) != 0) {
            uint64_t word = minted(SLOT_ARG, good->args[i], CAPRIGHTS_ALL & ~right);
            if (word == RULES_AT(SLOT_ARG)) {
                spoil(good, i, word, SYS_ERR_RIGHTS);
                rules_delete(SLOT_ARG);
            }
        }
    }
    spoil(good, i, RULES_NO_READ(good->args[i] & 0xff), SYS_ERR_RIGHTS);
    spoil(good, i, RULES_AT(SLOT_EMPTY), SYS_ERR_CAP_NOT_FOUND);
    spoil(good, i, RULES_AT(SLOT_BUSY), SYS_ERR_CAP_BUSY);
    spoil(good, i, ~0ul, SYS_ERR_SLOT_INVALID);
}

static void spoil_slot(const struct rules_row *good, unsigned i)
{
    spoil(good, i, RULES_NO_WRITE(SLOT_OUT), SYS_ERR_RIGHTS);
    spoil(good, i, ~0ul, SYS_ERR_SLOT_INVALID);
    spoil(good, i, 0, SYS_ERR_SLOT_INVALID);
    spoil(good, i, RULES_AT(SLOT_DISPFRAME), SYS_ERR_SLOT_IN_USE);
}

/// With no right more than the table asks for.
static void succeed(const struct rules_row *good, const struct cap_command *rule, uint8_t needed)
{
    struct rules_row row = *good;
    row.target = minted(SLOT_TARGET, good->target, needed);
    for (unsigned i = 0; i < CAP_ARGS; i++) {
        unsigned kind = rule->args[i].kind;
        if ((kind == CAP_ARG_CAP || kind == CAP_ARG_OPTIONAL) && good->args[i] != 0) {
            uint8_t type = rules_look(good->args[i] & 0xff).type;
            uint8_t rights = cap_arg_rights(&rule->args[i], type);
            row.args[i] = minted(SLOT_ARG + i, good->args[i], rights);
        }
    }
    rules_row(&row);
    unmint(SLOT_TARGET, row.target);
    for (unsigned i = 0; i < CAP_ARGS; i++)
        unmint(SLOT_ARG + i, row.args[i]);
    errval_t err = cap_delete(rules_cap(SLOT_OUT));
    EXPECT(err_is_ok(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND);
}

static struct rules_row make_row(uint64_t command, uint64_t target, const uint64_t args[CAP_ARGS])
{
    struct rules_row row = {.command = command, .target = RULES_AT(target)};
    for (unsigned i = 0; i < CAP_ARGS; i++)
        row.args[i] = args[i];
    return row;
}

static uint8_t needed_rights(uint64_t command, uint64_t target)
{
    return command == CAP_CMD_RETYPE ? cap_type(rules_look(target).type)->retype_right
                                     : cap_command(command)->rights;
}

void rules_refused(uint64_t command, uint64_t target, const uint64_t args[CAP_ARGS])
{
    const struct cap_command *rule = cap_command(command);
    struct rules_row good = make_row(command, target, args);
    without_rights(&good, needed_rights(command, target));
    for (unsigned i = 0; i < CAP_ARGS; i++) {
        const struct cap_arg *arg = &rule->args[i];
        if (arg->kind == CAP_ARG_CAP || arg->kind == CAP_ARG_OPTIONAL)
            spoil_cap(&good, i, arg);
        else if (arg->kind > CAP_ARG_WORD)
            spoil_slot(&good, i);
    }
}

void rules_least(uint64_t command, uint64_t target, const uint64_t args[CAP_ARGS])
{
    rules_refused(command, target, args);
    struct rules_row good = make_row(command, target, args);
    succeed(&good, cap_command(command), needed_rights(command, target));
}

errval_t rules_send(uint64_t endpoint, uint64_t flags, uint64_t cap, uint64_t length)
{
    static const uint64_t words[LMP_MSG_LENGTH] = {1, 2, 3, 4, 5, 6, 7, 8};
    errval_t err =
        sys_lmp_send(rules_caddr(endpoint), (uint32_t)flags, rules_caddr(cap), length, words);
    rules_account(ENDPOINT_CMD_SEND, err);
    return err;
}

bool rules_receive(struct lmp_recv_msg *msg)
{
    *msg = (struct lmp_recv_msg)LMP_RECV_MSG_INIT;
    return err_is_ok(lmp_endpoint_recv(rules_stage.endpoint, &msg->buf, NULL));
}
