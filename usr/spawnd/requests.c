// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests of clients (if/spawnd.h), whichever way they came. What a client sends is a claim: it is
// checked here and answered with an error. Rights: whoever reaches spawnd may start, wait for and
// list domains; only who has spawned it or an ancestor of it, and the operator, may kill a domain
// or take memory back from it.
#include "spawnd.h"

#include "barrelfish/capabilities.h"

#include <string.h>

static struct domain *domain_of(uint64_t id)
{
    return id <= UINT32_MAX ? domain_table_find(&domains, (domainid_t)id) : NULL;
}

static void serve_strings(struct client *client, const uint64_t words[SPAWND_WORDS])
{
    errval_t err = client_need_strings(client)
                       ? strings_add(client->strings, words[1] & UINT32_MAX, words[1] >> 32,
                                     &words[SPAWND_PIECE_WORD])
                       : LIB_ERR_MALLOC_FAIL;
    answer_error(client, err);
}

/// Keeps the capability unless it returns an error.
static errval_t add_argcap(struct client *client, uint64_t slot, struct capref cap)
{
    if (slot >= SPAWND_ARGCN_SLOTS || capref_is_null(cap) || !capref_is_null(client->argcaps[slot]))
        return SPAWN_ERR_ARGS;
    client->argcaps[slot] = cap;
    return SYS_ERR_OK;
}

static void serve_spawn(struct client *client, const uint64_t words[SPAWND_WORDS])
{
    domainid_t id = 0;
    errval_t err = domain_launch(client, words, &id);
    client_clear(client);
    uint64_t result[SPAWND_WORDS] = {err, id};
    answer(client, result);
}

static void serve_exit(struct client *client, const uint64_t words[SPAWND_WORDS])
{
    struct domain *domain = domain_table_find(&domains, client->domain);
    if (client->remote == NULL && domain != NULL && domain->state == SPAWND_RUNNING &&
        !domain->ending)
        domain_end(domain, SPAWND_EXITED, words[1]); // frees the client
    else
        answer_error(client, SYS_ERR_RIGHTS);
}

static void serve_wait(struct client *client, const uint64_t words[SPAWND_WORDS])
{
    struct domain *domain = domain_of(words[1]);
    if (domain == NULL)
        answer_error(client, SPAWN_ERR_NO_DOMAIN);
    else if (domain->state == SPAWND_RUNNING && words[2] == 0)
        client->waits_for = domain->id;
    else
        answer_wait(client, domain);
}

/// A running domain that the client may end.
static errval_t find_child(const struct client *client, uint64_t id, struct domain **child)
{
    struct domain *domain = domain_of(id);
    if (domain == NULL || domain->state != SPAWND_RUNNING)
        return SPAWN_ERR_NO_DOMAIN;
    *child = domain;
    return domain_table_may_end(&domains, client->domain, domain) ? SYS_ERR_OK : SYS_ERR_RIGHTS;
}

static void serve_kill(struct client *client, const uint64_t words[SPAWND_WORDS])
{
    bool quiet = words[2] == 1;
    struct domain *domain;
    errval_t err = find_child(client, words[1], &domain);
    if (err_is_fail(err)) {
        if (!quiet)
            answer_error(client, err);
        return;
    }
    if (domain->id != client->domain && !quiet)
        client->kills = domain->id;
    if (!domain->ending)
        domain_end(domain, SPAWND_KILLED, 0);
}

static void serve_reclaim(struct client *client, const uint64_t words[SPAWND_WORDS])
{
    struct domain *domain;
    errval_t err = find_child(client, words[1], &domain);
    if (err_is_ok(err) && domain->ending)
        err = SPAWN_ERR_NO_DOMAIN;
    if (err_is_ok(err) && (client->reclaims != 0 || !domain_table_may_reclaim(&domains, domain)))
        err = LIB_ERR_RECLAIM_BUSY;
    if (err_is_ok(err))
        err = memory_reclaim(domain->id, words[2], words[3]);
    if (err_is_ok(err)) {
        client->reclaims = domain->id;
        domain->reclaiming = true;
    } else {
        answer_error(client, err);
    }
}

static void reply_reclaimed(struct client *client, void *arg)
{
    const uint64_t *words = arg;
    if (client->reclaims == words[SPAWND_WORDS]) {
        client->reclaims = 0;
        answer(client, words);
    }
}

void domain_reclaimed(domainid_t id, uint64_t returned, uint64_t forced)
{
    struct domain *domain = domain_table_find(&domains, id);
    uint64_t words[SPAWND_WORDS + 1] = {SYS_ERR_OK, returned, forced, [SPAWND_WORDS] = id};
    if (domain != NULL)
        domain->reclaiming = false;
    client_each(reply_reclaimed, words);
}

static void serve_list(struct client *client, const uint64_t request[SPAWND_WORDS])
{
    uint64_t words[SPAWND_WORDS] = {SYS_ERR_OK};
    struct domain *domain =
        request[1] <= UINT32_MAX ? domain_table_next(&domains, (domainid_t)request[1]) : NULL;
    if (domain != NULL) {
        const struct spawn_info *info = &domain_infos[domain_table_index(&domains, domain)];
        struct dispatcher_status status = {0};
        // Refused if the domain has just ended: then it does nothing.
        (void)!invoke_dispatcher_status(info->dispatcher, &status);
        words[1] = domain->id | (uint64_t)domain->state << 32 | (uint64_t)status.activity << 40;
        uint64_t loaded = info->bytes;
        uint64_t held = memory_account(domain->id); // What it was loaded into is among it.
        uint64_t more = held > loaded ? held - loaded : 0;
        words[2] = loaded / BASE_PAGE_SIZE | more / BASE_PAGE_SIZE << 32;
        memcpy(&words[3], domain->name, SPAWND_NAME_BYTES);
    }
    answer(client, words);
}

/// What a dispatcher waits for, as word 2 of the reply has it. Only what blocks it is said by a
/// thread or, of a message, by who sleeps.
static uint64_t waits_for(struct capref dispatcher, enum dispatcher_activity activity)
{
    enum dispatcher_wait wait = WAIT_UNSAID;
    domainid_t domain = 0;
    (void)!invoke_dispatcher_wait(dispatcher, &wait, &domain);
    bool sleeps = activity == ACTIVITY_WAITS || activity == ACTIVITY_SLEEPS;
    bool blocked = sleeps || (activity == ACTIVITY_CALLS && wait == WAIT_END);
    return blocked ? (uint64_t)wait << 16 | (uint64_t)domain << 32 : 0;
}

static void serve_describe(struct client *client, const uint64_t request[SPAWND_WORDS])
{
    uint64_t words[SPAWND_WORDS] = {SPAWN_ERR_NO_DOMAIN}, offset = request[2];
    struct domain *domain = domain_of(request[1]);
    if (domain != NULL && domain->state == SPAWND_RUNNING) {
        struct capref dispatcher = domain_infos[domain_table_index(&domains, domain)].dispatcher;
        struct dispatcher_status status = {0};
        uint64_t bytes = strlen(domain->command);
        words[0] = SYS_ERR_OK;
        (void)!invoke_dispatcher_status(dispatcher, &status); // it may end just now
        words[1] = systime_to_us(status.run_cycles);
        words[2] = bytes | waits_for(dispatcher, status.activity);
        if (offset < bytes) {
            size_t left = bytes - offset;
            memcpy(&words[3], domain->command + offset,
                   left < SPAWND_NAME_BYTES ? left : SPAWND_NAME_BYTES);
        }
    }
    answer(client, words);
}

static void serve_memory(struct client *client, const uint64_t request[SPAWND_WORDS])
{
    (void)request;
    uint64_t words[SPAWND_WORDS] = {0};
    words[0] = memory_available(&words[1], &words[2]);
    words[3] = domain_table_running(&domains);
    words[4] = DOMAINS_MAX;
    answer(client, words);
}

static void serve_print(struct client *client, const uint64_t words[SPAWND_WORDS])
{
    if (client->remote == NULL)
        say_words(client, words);
    else
        answer_error(client, SYS_ERR_ILLEGAL_INVOCATION);
}

static void (*const handlers[SPAWND_OPS_COUNT])(struct client *client,
                                                const uint64_t words[SPAWND_WORDS]) = {
    [SPAWND_PRINT] = serve_print,       [SPAWND_STRINGS] = serve_strings,
    [SPAWND_SPAWN] = serve_spawn,       [SPAWND_EXIT] = serve_exit,
    [SPAWND_WAIT] = serve_wait,         [SPAWND_KILL] = serve_kill,
    [SPAWND_RECLAIM] = serve_reclaim,   [SPAWND_LIST] = serve_list,
    [SPAWND_DESCRIBE] = serve_describe, [SPAWND_MEMORY] = serve_memory,
};

void request_handle(struct client *client, const uint64_t words[SPAWND_WORDS], struct capref cap)
{
    if (words[0] == SPAWND_ARGCAP) {
        errval_t err = add_argcap(client, words[1], cap);
        if (err_is_fail(err) && !capref_is_null(cap))
            cap_drop(cap);
        answer_error(client, err);
        return;
    }
    if (!capref_is_null(cap))
        cap_drop(cap); // Not asked for.
    if (words[0] < SPAWND_OPS_COUNT && handlers[words[0]] != NULL)
        handlers[words[0]](client, words);
    else
        answer_error(client, SYS_ERR_ILLEGAL_INVOCATION);
}
