// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The name service: protocol/name_table.h with messages around it. The table is core 0's; the other
// monitors send requests there.

#include "local/local.h"

#include "if/monitor.h"
#include "protocol/name_table.h"
#include "state/monitor.h"

#include <stdlib.h>
#include <string.h>

#define IM_NAME_WORD 2u
_Static_assert(NAME_BYTES_MAX == MONITOR_NAME_BYTES, "names in both protocols");

static struct name_table *table; ///< core 0 only

void names_init(void)
{
    if (monitor.core != 0)
        return;
    table = calloc(1, sizeof(*table));
    if (table == NULL)
        USER_PANIC("no memory for the name service");
    table->seed = systime_now();
}

/// Answers all who waited for a name, if it is there now.
static void answer_waiters(const struct name *name)
{
    struct name_waiter waiter;
    iref_t iref;
    while (name_table_take_waiter(table, name, &waiter, &iref)) {
        struct intermon_msg msg = {.source = waiter.core, .words = {waiter.token}};
        intermon_answer(&msg, SYS_ERR_OK, iref, 0, 0);
    }
}

static void lookup(const struct intermon_msg *msg, const struct name *name)
{
    iref_t iref = 0;
    errval_t err = name_table_lookup(table, name, &iref);
    if (err_no(err) == NS_ERR_NOT_FOUND && msg->words[8] == 1) {
        struct name_waiter waiter = {*name, member_of_word(msg->words[1]), msg->source,
                                     msg->words[0]};
        err = name_table_wait(table, &waiter);
        if (err_is_ok(err))
            return;
    }
    intermon_answer(msg, err, iref, 0, 0);
}

void names_handle(const struct intermon_msg *msg)
{
    struct name name;
    struct member who = member_of_word(msg->words[1]);
    if (table == NULL) {
        intermon_answer(msg, MON_ERR_PROTOCOL, 0, 0, 0);
        return;
    }
    memcpy(&name, &msg->words[IM_NAME_WORD], sizeof(name));
    switch (msg->op) {
    case IM_NAME_REGISTER:
        intermon_answer(msg, name_table_register(table, &name, msg->words[8], who), 0, 0, 0);
        answer_waiters(&name);
        break;
    case IM_NAME_UNREGISTER:
        intermon_answer(msg, name_table_unregister(table, &name, who.domain), 0, 0, 0);
        break;
    default:
        lookup(msg, &name);
    }
}

void names_handle_forget(const struct intermon_msg *msg)
{
    if (table != NULL)
        name_table_forget(table, (domainid_t)msg->words[1]);
}

void names_forget(domainid_t domain)
{
    const struct intermon_msg msg = INTERMON_MSG(IM_NAME_FORGET, 0, 0, domain);
    errval_t err = intermon_send(&msg, false);
    if (err_is_fail(err))
        DEBUG_ERR(err, "the names of domain %#x are not forgotten", domain);
}
