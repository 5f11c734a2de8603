// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The name service: protocol/name_table.h with messages around it. The table is core 0's; the other
// monitors send requests there.

#include "local/local.h"

#include "protocol/name_table.h"
#include "state/monitor.h"

#include <stdlib.h>
#include <string.h>

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

/// Whether the name service is here; nobody asks elsewhere.
static bool is_here(const struct intermon_header *header, const struct intermon_message *message)
{
    if (table == NULL)
        intermon_complain("for core 0", header, message);
    return table != NULL;
}

static struct name name_of(const char *text)
{
    struct name name = {""};
    memcpy(name.text, text, strnlen(text, sizeof(name.text)));
    return name;
}

/// Answers all who waited for a name, if it is there now.
static void answer_waiters(const struct name *name)
{
    struct name_waiter waiter;
    iref_t iref;
    while (name_table_take_waiter(table, name, &waiter, &iref))
        intermon_answer(waiter.core, (struct intermon_reply){waiter.token, .values = {iref}});
}

static void lookup(coreid_t core, const struct intermon_name *asked, const struct name *name)
{
    iref_t iref = 0;
    errval_t err = name_table_lookup(table, name, &iref);
    if (err_no(err) == NS_ERR_NOT_FOUND && asked->what == intermon_WAIT) {
        struct name_waiter waiter = {*name, {asked->domain, asked->family}, core, asked->token};
        err = name_table_wait(table, &waiter);
        if (err_is_ok(err))
            return;
    }
    intermon_answer(core, (struct intermon_reply){asked->token, err, {iref}});
}

void names_handle(const struct intermon_header *header, const struct intermon_message *message)
{
    const struct intermon_name *asked = &message->name;
    struct name name = name_of(asked->name);
    struct intermon_reply reply = {.token = asked->token};
    if (!is_here(header, message))
        return;
    switch (asked->what) {
    case intermon_REGISTER:
        reply.err = name_table_register(table, &name, asked->iref,
                                        (struct member){asked->domain, asked->family});
        intermon_answer(header->source, reply);
        answer_waiters(&name);
        break;
    case intermon_UNREGISTER:
        reply.err = name_table_unregister(table, &name, asked->domain);
        intermon_answer(header->source, reply);
        break;
    default:
        lookup(header->source, asked, &name);
    }
}

void names_handle_forget(const struct intermon_header *header,
                         const struct intermon_message *message)
{
    if (is_here(header, message))
        name_table_forget(table, message->name_forget.domain);
}

void names_forget(domainid_t domain)
{
    const struct intermon_message message = {INTERMON_NAME_FORGET, .name_forget = {domain}};
    errval_t err = intermon_send(0, &message, false);
    if (err_is_fail(err))
        DEBUG_ERR(err, "the names of domain %#x are not forgotten", domain);
}
