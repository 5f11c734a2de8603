// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Making a domain out of what a client has sent. If anything fails it ends as any other does: in
// steps, for what it was given may be large.
#include "spawnd.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/monitor_client.h"

#include <string.h>

/// Moves the client's capabilities into the new domain's ARGCN.
static errval_t give_argcaps(const struct spawn_info *info, struct client *client)
{
    for (cslot_t i = 0; i < SPAWND_ARGCN_SLOTS; i++) {
        if (capref_is_null(client->argcaps[i]))
            continue;
        errval_t err = spawn_give_cap(info, ROOTCN_SLOT_ARGCN, i, client->argcaps[i]);
        if (err_is_fail(err))
            return err_push(err, SPAWN_ERR_LOAD);
        client->argcaps[i] = NULL_CAP;
    }
    return SYS_ERR_OK;
}

static errval_t load(const struct bootinfo_module *module, struct spawn_params *params,
                     struct client *client, domainid_t family, struct spawn_info *info)
{
    errval_t err = spawn_load_module(info, module, params);
    if (err_is_ok(err))
        err = memory_charge(params->domain_id, info->base, info->bytes);
    if (err_is_ok(err))
        err = give_argcaps(info, client);
    if (err_is_ok(err))
        err = memory_info(params->domain_id, info->info);
    if (err_is_ok(err))
        err = monitor_introduce(params->domain_id, family);
    return err_is_ok(err) ? spawn_run(info) : err;
}

/// Enters a domain, with an account. Its spawner pays, if that is a domain of this core, whichever
/// way it has asked; the trusted base has no account that could be limited.
static errval_t enter(const struct client *client, const char *name, uint64_t limit,
                      bool as_operator, struct domain **ret)
{
    bool pays = client->domain >> 16 == disp_get_core_id() &&
                (client->domain & UINT16_MAX) >= DOMAIN_DYNAMIC;
    for (;;) {
        struct domain *domain =
            domain_table_add(&domains, client->domain, client->family, name, as_operator);
        if (domain == NULL)
            return SPAWN_ERR_LIMIT;
        errval_t err = end_prepare(domain);
        if (err_is_ok(err))
            err = memory_open(domain->id, pays ? client->domain : 0, limit);
        if (err_is_ok(err)) {
            *ret = domain;
            return SYS_ERR_OK;
        }
        domain_table_remove(&domains, domain);
        if (err_no(err) != SPAWN_ERR_ID_IN_USE) {
            return err;
        } // The next ID may do: more IDs are there than accounts.
    }
}

static const char *without_folders(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

errval_t domain_launch(struct client *client, const uint64_t words[SPAWND_WORDS], domainid_t *id)
{
    uint64_t argc = words[1] & UINT32_MAX, envc = words[1] >> 32, flags = words[2];
    // The boot core's first domain says who the operator is.
    bool may_name_operator = client->remote == NULL && client->domain == DOMAIN_FIRST;
    uint64_t known = SPAWND_FLAG_BOOTINFO | (may_name_operator ? SPAWND_FLAG_OPERATOR : 0);
    struct spawn_params params = {
        .death_ep = cap_selfep,
        .bootinfo = (flags & SPAWND_FLAG_BOOTINFO) != 0 ? cap_bootinfo : NULL_CAP,
        .flags = (flags & SPAWND_FLAG_BOOTINFO) != 0 ? SPAWN_FLAG_BOOTINFO : 0,
        .kernel_info = cap_kernelinfo,
        .monitor_ep = {cnode_arg, SPAWND_ARG_MONITOREP},
        .mem_serv_ep = {cnode_arg, SPAWND_ARG_MEMSERVEP},
        .spawnd_ep = cap_selfep,
    };
    if (client->strings == NULL || (flags & ~known) != 0)
        return SPAWN_ERR_ARGS;
    errval_t err = strings_split(client->strings, argc, envc, &params.argv, &params.envp);
    if (err_is_fail(err))
        return err;
    params.argc = argc;
    params.envc = envc;
    const char *name = without_folders(params.argv[0]);
    const struct bootinfo_module *module = modules_find(name);
    if (module == NULL)
        return SPAWN_ERR_NO_MODULE;
    params.machine = bootmodule_is_machine(module);
    struct domain *domain = NULL;
    err = enter(client, name, words[3], (flags & SPAWND_FLAG_OPERATOR) != 0, &domain);
    if (err_is_ok(err)) {
        unsigned index = domain_table_index(&domains, domain);
        params.domain_id = domain->id;
        params.group = DOMAIN_DYNAMIC + index;
        domain_set_command(domain, params.argc, params.argv);
        err = load(module, &params, client, domain_table_family(&domains, domain),
                   &domain_infos[index]);
    }
    if (err_is_ok(err))
        *id = domain->id;
    else if (domain != NULL)
        domain_end(domain, SPAWND_KILLED, 0);
    return err;
}
