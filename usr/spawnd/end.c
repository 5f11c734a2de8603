// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The end of a domain: it stops first, so that it can make nothing new; then what it was made of is
// deleted, which gives its memory back; then those who knew it by its badge forget it. Only then do
// others hear that it has ended: whoever waited finds everything returned.
#include "spawnd.h"

#include "barrelfish/monitor_client.h"

static const char *death_text(uint64_t cause)
{
    switch (cause) {
    case DEATH_FAULT_DISABLED:
        return "page fault while disabled";
    case DEATH_TRAP_DISABLED:
        return "exception while disabled";
    case DEATH_BAD_ENTRY:
        return "an entry point is not a user address";
    case DEATH_NO_SYSCALL_ENTRY:
        return "foreign system call without an entry for it";
    case DEATH_DELETED:
        return "a part of it was deleted";
    default:
        return "stopped";
    }
}

static void check(errval_t err, const struct domain *domain, const char *what)
{
    if (err_is_fail(err)) {
        DEBUG_ERR(err, "domain %x (%s): %s", domain->id, domain->name, what);
    }
}

static void reply_if_waiting(struct client *client, void *arg)
{
    const struct domain *domain = arg;
    if (client->waits_for == domain->id) {
        client->waits_for = 0;
        domain_wait_reply(client, domain);
    }
}

void domain_end(struct domain *domain, enum spawnd_state state, uint64_t status)
{
    struct spawn_info *info = &domain_infos[domain_table_index(&domains, domain)];
    (void)invoke_dispatcher_stop(info->dispatcher); // Fails if the CPU driver has stopped it.
    check(monitor_forget(domain->id), domain, "the monitor still knows it");
    check(spawn_destroy(info), domain, "not all of it could be deleted");
    check(memory_forget(domain->id), domain, "the memory server still knows it");
    local_forget(domain->id);
    client_forget_local(domain->id);
    domain_table_end(&domains, domain, state, status);
    client_each(reply_if_waiting, domain);
}

void domain_died(const uint64_t *words, size_t length)
{
    struct domain *domain = length >= 2 && words[1] <= UINT32_MAX
                                ? domain_table_find(&domains, (domainid_t)words[1])
                                : NULL;
    if (domain == NULL || domain->state != SPAWND_RUNNING) {
        return; // One that was ended here: the CPU driver says so too.
    }
    if (length >= 5) {
        debug_printf("domain %x (%s) died: %s, at %#lx, address %#lx, error %#lx\n", domain->id,
                     domain->name, death_text(words[0]), words[2], words[3], words[4]);
    }
    domain_end(domain, SPAWND_DIED, words[0]);
}
