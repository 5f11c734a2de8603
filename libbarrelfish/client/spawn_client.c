// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The client of spawnd (if/spawnd.h): of the own core's over LMP, of other cores' over a channel to
// each, made at the first request. A request and its reply hold the connection, the pieces and the
// spawn that they belong to hold it together. So a thread that waits for a domain holds up others
// that ask the same core.
#include "barrelfish/spawn_client.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/domain.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/monitor_client.h"
#include "barrelfish/ump_chan.h"
#include "dispatch/dispatcher.h"
#include "kpi/bootinfo.h"
#include "kpi/spawn.h"
#include "spawnd_tell.h"

#include <stdlib.h>
#include <string.h>

extern char **environ;

#define CHANNEL_BYTES 2048u

struct connection {
    struct thread_mutex mutex;
    bool open;
    struct lmp_rpc rpc;   ///< the own core
    struct ump_chan chan; ///< another
};

static struct thread_mutex connections_mutex = THREAD_MUTEX_INITIALIZER;
static struct connection *connections[BOOTINFO_CORES_MAX];

static bool is_own(coreid_t core)
{
    return core == disp_get_core_id();
}

static struct connection *connection_get(coreid_t core)
{
    thread_mutex_lock(&connections_mutex);
    if (connections[core] == NULL)
        connections[core] = calloc(1, sizeof(*connections[core]));
    thread_mutex_unlock(&connections_mutex);
    return connections[core];
}

static errval_t connection_open(struct connection *connection, coreid_t core)
{
    if (connection->open)
        return SYS_ERR_OK;
    errval_t err =
        is_own(core) ? lmp_rpc_init(&connection->rpc, cap_spawndep)
                     : ump_chan_bind_blocking(&connection->chan, IREF_MAKE(core, IREF_INDEX_SPAWND),
                                              CHANNEL_BYTES, CHANNEL_BYTES);
    connection->open = err_is_ok(err);
    return err;
}

/// Takes hold of the connection to a core's spawnd, making it if need be. LIB_ERR_NO_EVENT: another
/// thread has it, and it is not to be waited for.
static errval_t hold(coreid_t core, struct connection **held, bool waits)
{
    struct connection *connection = core < BOOTINFO_CORES_MAX ? connection_get(core) : NULL;
    if (connection == NULL)
        return core < BOOTINFO_CORES_MAX ? LIB_ERR_MALLOC_FAIL : MON_ERR_NO_CORE;
    if (waits)
        thread_mutex_lock(&connection->mutex);
    else if (!thread_mutex_trylock(&connection->mutex))
        return LIB_ERR_NO_EVENT;
    errval_t err = connection_open(connection, core);
    if (err_is_fail(err)) {
        thread_mutex_unlock(&connection->mutex);
        return err;
    }
    *held = connection;
    return SYS_ERR_OK;
}

static void release(struct connection *connection)
{
    thread_mutex_unlock(&connection->mutex);
}

static errval_t call_remote(struct connection *connection, uint64_t words[SPAWND_WORDS])
{
    volatile struct ump_message *message;
    // A spawnd is trusted, and the end of a domain is worth waiting for.
    errval_t err = ump_chan_send_until(&connection->chan, words, 0, 0);
    if (err_is_ok(err))
        err = ump_chan_recv_until(&connection->chan, &message, 0);
    if (err_is_fail(err)) {
        ump_chan_close(&connection->chan);
        connection->open = false;
        return err;
    }
    for (unsigned i = 0; i < SPAWND_WORDS; i++)
        words[i] = message->data[i];
    return words[0];
}

/// One request on a held connection; words are replaced by those of the reply.
static errval_t call(coreid_t core, struct connection *connection, uint64_t words[SPAWND_WORDS],
                     struct capref cap)
{
    if (!connection->open)
        return LIB_ERR_CHAN_CLOSED;
    if (!is_own(core))
        return call_remote(connection, words);
    uint64_t message[LMP_MSG_LENGTH] = {0};
    memcpy(message, words, SPAWND_WORDS * sizeof(words[0]));
    errval_t err = lmp_rpc_call(&connection->rpc, message, cap, message, NULL);
    memcpy(words, message, SPAWND_WORDS * sizeof(words[0]));
    return err;
}

static errval_t ask(coreid_t core, uint64_t words[SPAWND_WORDS], bool waits)
{
    struct connection *connection;
    errval_t err = hold(core, &connection, waits);
    if (err_is_ok(err)) {
        err = call(core, connection, words, NULL_CAP);
        release(connection);
    }
    return err;
}

static errval_t call_core(coreid_t core, uint64_t words[SPAWND_WORDS])
{
    return ask(core, words, true);
}

errval_t spawnd_ask_at_once(coreid_t core, uint64_t words[SPAWND_WORDS])
{
    return ask(core, words, false);
}

/// What a program is started with.
struct request {
    const char *path;
    char *const *argv, *const *envp;
    struct capref argcn;
    spawn_flags_t flags;
    size_t memory_bytes; ///< limit; 0: none
};

/// All strings one behind another, as spawnd wants them; *bytes is their length.
static errval_t gather(const struct request *request, char strings[SPAWND_STRINGS_MAX],
                       size_t *bytes, uint64_t *argc, uint64_t *envc)
{
    size_t used = 0;
    *argc = *envc = 0;
    for (unsigned list = 0; list < 2; list++) {
        char *const *strs = list == 0 ? request->argv : request->envp;
        for (size_t i = 0; strs != NULL && strs[i] != NULL; i++) {
            const char *string = list == 0 && i == 0 ? request->path : strs[i];
            size_t length = strlen(string) + 1;
            if (length > SPAWND_STRINGS_MAX - used || *argc + *envc >= SPAWND_COUNT_MAX)
                return SPAWN_ERR_ARGS;
            memcpy(strings + used, string, length);
            used += length;
            *(list == 0 ? argc : envc) += 1;
        }
    }
    *bytes = used;
    return *argc > 0 ? SYS_ERR_OK : SPAWN_ERR_ARGS;
}

static errval_t send_strings(coreid_t core, struct connection *connection, const char *strings,
                             size_t bytes)
{
    errval_t err = SYS_ERR_OK;
    for (size_t at = 0; at < bytes && err_is_ok(err); at += SPAWND_PIECE_BYTES) {
        size_t piece = bytes - at < SPAWND_PIECE_BYTES ? bytes - at : SPAWND_PIECE_BYTES;
        uint64_t words[SPAWND_WORDS] = {SPAWND_STRINGS, at | (uint64_t)piece << 32};
        memcpy(&words[SPAWND_PIECE_WORD], strings + at, piece);
        err = call(core, connection, words, NULL_CAP);
    }
    return err;
}

/// Sends what is in the first slots of the L2CNode; empty ones stay empty.
static errval_t send_argcaps(coreid_t core, struct connection *connection, struct capref argcn)
{
    errval_t err = SYS_ERR_OK;
    for (cslot_t slot = 0; slot < SPAWND_ARGCN_SLOTS && err_is_ok(err); slot++) {
        struct capref cap = {build_cnoderef(argcn, CNODE_LEVEL_OTHER), slot};
        struct capability identity;
        if (err_is_ok(cap_identify(cap, &identity)) && identity.type != ObjType_Null) {
            uint64_t words[SPAWND_WORDS] = {SPAWND_ARGCAP, slot};
            err = call(core, connection, words, cap);
        }
    }
    return err;
}

static errval_t spawn(coreid_t core, const struct request *request, domainid_t *id)
{
    char strings[SPAWND_STRINGS_MAX];
    size_t bytes;
    uint64_t argc, envc;
    struct connection *connection;
    errval_t err = gather(request, strings, &bytes, &argc, &envc);
    if (err_is_ok(err))
        err = hold(core, &connection, true);
    if (err_is_fail(err))
        return err;
    err = send_strings(core, connection, strings, bytes);
    if (err_is_ok(err) && !capref_is_null(request->argcn))
        err = send_argcaps(core, connection, request->argcn);
    // Sent after a failure too: it makes spawnd forget what came.
    uint64_t words[SPAWND_WORDS] = {SPAWND_SPAWN, err_is_ok(err) ? argc | envc << 32 : 0,
                                    request->flags, request->memory_bytes};
    errval_t spawn_err = call(core, connection, words, NULL_CAP);
    release(connection);
    if (err_is_ok(err))
        err = spawn_err;
    if (err_is_ok(err))
        *id = (domainid_t)words[1];
    return err;
}

static errval_t spawn_and_name(coreid_t core, struct request *request, struct capref *domain_cap)
{
    char *const only_path[] = {(char *)request->path, NULL};
    if (request->argv == NULL || request->argv[0] == NULL)
        request->argv = only_path;
    if (request->envp == NULL)
        request->envp = environ;
    domainid_t id;
    errval_t err = spawn(core, request, &id);
    if (err_is_ok(err) && domain_cap != NULL)
        *domain_cap = spawn_domain_cap(id);
    return err;
}

errval_t spawn_program_with_caps(coreid_t coreid, const char *path, char *const argv[],
                                 char *const envp[], struct capref inheritcn_cap,
                                 struct capref argcn_cap, spawn_flags_t flags,
                                 struct capref *ret_domain_cap)
{
    struct request request = {path, argv, envp, argcn_cap, flags, 0};
    if (!capref_is_null(inheritcn_cap) || (!capref_is_null(argcn_cap) && !is_own(coreid)))
        return LIB_ERR_NOT_IMPLEMENTED;
    return spawn_and_name(coreid, &request, ret_domain_cap);
}

errval_t spawn_program(coreid_t coreid, const char *path, char *const argv[], char *const envp[],
                       spawn_flags_t flags, struct capref *ret_domain_cap)
{
    return spawn_program_with_limit(coreid, path, argv, envp, 0, flags, ret_domain_cap);
}

errval_t spawn_program_with_limit(coreid_t coreid, const char *path, char *const argv[],
                                  char *const envp[], size_t memory_bytes, spawn_flags_t flags,
                                  struct capref *ret_domain_cap)
{
    struct request request = {path, argv, envp, NULL_CAP, flags, memory_bytes};
    return spawn_and_name(coreid, &request, ret_domain_cap);
}

static bool is_up(const struct monitor_cores *cores, unsigned core)
{
    return (cores->up[core / 64] >> core % 64 & 1) != 0;
}

errval_t spawn_program_on_all_cores(bool same_core, const char *path, char *const argv[],
                                    char *const envp[], spawn_flags_t flags,
                                    struct capref *ret_domain_cap, coreid_t *spawn_count)
{
    struct monitor_cores cores;
    coreid_t count = 0, room = spawn_count != NULL ? *spawn_count : BOOTINFO_CORES_MAX;
    errval_t err = monitor_get_cores(&cores);
    for (unsigned core = 0; err_is_ok(err) && core < BOOTINFO_CORES_MAX; core++) {
        if (!is_up(&cores, core) || (!same_core && is_own((coreid_t)core)))
            continue;
        struct capref domain;
        err = spawn_program((coreid_t)core, path, argv, envp, flags, &domain);
        if (err_is_ok(err) && ret_domain_cap != NULL && count < room)
            ret_domain_cap[count] = domain;
        count += err_is_ok(err);
    }
    if (spawn_count != NULL)
        *spawn_count = count;
    return err;
}

errval_t spawn_wait_core(coreid_t coreid, domainid_t domainid, uint8_t *exitcode, bool nohang)
{
    uint64_t words[SPAWND_WORDS] = {SPAWND_WAIT, domainid, nohang};
    dispatch_say_wait(nohang ? WAIT_UNSAID : WAIT_END, domainid);
    errval_t err = call_core(coreid, words);
    dispatch_say_wait(WAIT_UNSAID, 0);
    if (err_is_fail(err))
        return err;
    if (words[1] == SPAWND_RUNNING)
        return LIB_ERR_NO_EVENT;
    if (exitcode != NULL)
        *exitcode = words[1] == SPAWND_EXITED ? (uint8_t)words[2] : SPAWN_STATUS_DIED;
    return SYS_ERR_OK;
}

errval_t spawn_wait(struct capref domain_cap, uint8_t *exitcode, bool nohang)
{
    domainid_t id = spawn_domain_id(domain_cap);
    return spawn_wait_core(spawn_domain_core(id), id, exitcode, nohang);
}

errval_t spawn_kill(struct capref domain_cap)
{
    uint64_t words[SPAWND_WORDS] = {SPAWND_KILL, spawn_domain_id(domain_cap)};
    return call_core(spawn_domain_core(spawn_domain_id(domain_cap)), words);
}

/// The thread that waits holds the connection, so that it is there, and takes what comes from it.
errval_t spawn_interrupt(struct capref domain_cap)
{
    domainid_t id = spawn_domain_id(domain_cap);
    coreid_t core = spawn_domain_core(id);
    if (is_own(core))
        return spawnd_tell(SPAWND_KILL, id, 1);
    struct connection *connection = core < BOOTINFO_CORES_MAX ? connection_get(core) : NULL;
    if (connection == NULL || !connection->open)
        return LIB_ERR_CHAN_CLOSED;
    const uint64_t words[SPAWND_WORDS] = {SPAWND_KILL, id, 1};
    return ump_chan_send_blocking(&connection->chan, words, 0);
}

errval_t spawn_reclaim(struct capref domain_cap, size_t bytes, delayus_t deadline_us,
                       struct spawn_reclaimed *reclaimed)
{
    uint64_t words[SPAWND_WORDS] = {SPAWND_RECLAIM, spawn_domain_id(domain_cap), bytes,
                                    deadline_us};
    errval_t err = call_core(spawn_domain_core(spawn_domain_id(domain_cap)), words);
    if (err_is_ok(err) && reclaimed != NULL)
        *reclaimed = (struct spawn_reclaimed){words[1], words[2]};
    return err;
}

void spawn_exit(uint8_t exitcode)
{
    exit(exitcode);
}

errval_t spawn_list_next(domainid_t from, struct spawn_domain_info *info)
{
    uint64_t words[SPAWND_WORDS] = {SPAWND_LIST, from};
    errval_t err = call_core(spawn_domain_core(from), words);
    if (err_is_fail(err))
        return err;
    info->id = (domainid_t)words[1];
    info->core = spawn_domain_core(from);
    info->state = (enum spawnd_state)(words[1] >> 32 & 0xff);
    info->activity = (enum dispatcher_activity)(words[1] >> 40 & 0xff);
    info->bytes = (words[2] & UINT32_MAX) * BASE_PAGE_SIZE;
    info->given_bytes = (words[2] >> 32) * BASE_PAGE_SIZE;
    memcpy(info->name, &words[3], SPAWND_NAME_BYTES);
    info->name[SPAWND_NAME_BYTES - 1] = '\0';
    return SYS_ERR_OK;
}

errval_t spawn_describe(domainid_t id, struct spawn_description *description)
{
    size_t at = 0, bytes = 0;
    *description = (struct spawn_description){0};
    do {
        uint64_t words[SPAWND_WORDS] = {SPAWND_DESCRIBE, id, at};
        errval_t err = call_core(spawn_domain_core(id), words);
        if (err_is_fail(err))
            return err;
        description->run_us = words[1];
        description->wait = (enum dispatcher_wait)(words[2] >> 16 & 0xff);
        description->waits_for = (domainid_t)(words[2] >> 32);
        bytes = words[2] & UINT16_MAX;
        bytes = bytes < SPAWND_COMMAND_BYTES ? bytes : SPAWND_COMMAND_BYTES - 1;
        size_t left = bytes - at;
        memcpy(description->command + at, &words[3],
               left < SPAWND_NAME_BYTES ? left : SPAWND_NAME_BYTES);
        at += SPAWND_NAME_BYTES;
    } while (at < bytes);
    return SYS_ERR_OK;
}

/// Appends the domains of a core.
static errval_t list_core(coreid_t core, domainid_t **domains, size_t *len)
{
    domainid_t first = (domainid_t)core << 16;
    struct spawn_domain_info info = {.id = first};
    for (;;) {
        errval_t err = spawn_list_next(info.id, &info);
        if (err_is_fail(err) || info.id == 0)
            return err;
        domainid_t *more = realloc(*domains, (*len + 1) * sizeof(**domains));
        if (more == NULL)
            return LIB_ERR_MALLOC_FAIL;
        *domains = more;
        more[(*len)++] = info.id++;
        if (spawn_domain_core(info.id) != core)
            return SYS_ERR_OK;
    }
}

errval_t spawn_get_domain_list(bool sorted, domainid_t **domains, size_t *len)
{
    (void)sorted;
    struct monitor_cores cores;
    domainid_t *list = NULL;
    size_t count = 0;
    errval_t err = monitor_get_cores(&cores);
    for (unsigned core = 0; err_is_ok(err) && core < BOOTINFO_CORES_MAX; core++)
        if (is_up(&cores, core))
            err = list_core((coreid_t)core, &list, &count);
    if (err_is_fail(err)) {
        free(list);
        return err;
    }
    *domains = list;
    *len = count;
    return SYS_ERR_OK;
}

errval_t spawn_core_info(coreid_t core, struct spawn_core_info *info)
{
    uint64_t words[SPAWND_WORDS] = {SPAWND_MEMORY};
    errval_t err = call_core(core, words);
    if (err_is_ok(err))
        *info = (struct spawn_core_info){words[1], words[2], words[3], words[4]};
    return err;
}
