// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Programs as commands: boot modules, started by the spawnd of any core.
#include "shell.h"

#include "barrelfish/console.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/terminal_client.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define RECLAIM_DEFAULT_MS 100u
#define RECLAIM_MAX_MS 60000u

bool programs_typed;

struct watched {
    struct capref domain;
    bool interrupted;
};

/// Whoever types Ctrl-C means the program in the foreground. Ends when the shell has the foreground
/// again.
static int watch_keys(void *arg)
{
    struct watched *watched = arg;
    while (terminal_await_interrupt())
        watched->interrupted = err_is_ok(spawn_interrupt(watched->domain));
    return 0;
}

int program_wait(const char *name, domainid_t id)
{
    uint8_t status = 0;
    struct watched watched = {.domain = spawn_domain_cap(id)};
    (void)terminal_set_foreground(id); // Without a console nobody reads.
    struct thread *watcher = programs_typed ? thread_create(watch_keys, &watched) : NULL;
    errval_t err = spawn_wait(watched.domain, &status, false);
    (void)terminal_set_foreground(disp_get_domain_id());
    if (watcher != NULL)
        (void)!thread_join(watcher, NULL);
    if (err_is_fail(err))
        return command_failed(name, err);
    if (watched.interrupted) {
        printf("%s: ended by Ctrl-C\n", name);
        return STATUS_INTERRUPTED;
    }
    if (status != 0)
        printf("%s: exit status %u\n", name, status);
    return status;
}

int program_run(coreid_t core, size_t memory_bytes, char *const argv[], domainid_t *job)
{
    struct capref domain;
    errval_t err = spawn_program_with_limit(core, argv[0], argv, NULL, memory_bytes,
                                            SPAWN_FLAGS_DEFAULT, &domain);
    if (err_no(err) == MON_ERR_NO_CORE)
        return core_failed(argv[0], core, err);
    if (err_is_fail(err))
        return command_failed(argv[0], err);
    if (job != NULL) {
        *job = spawn_domain_id(domain);
        return 0;
    }
    return program_wait(argv[0], spawn_domain_id(domain));
}

/// What a command could not do to a domain.
static int domain_failed(char *const argv[], errval_t err)
{
    char place[64];
    snprintf(place, sizeof(place), "%.16s %.32s", argv[0], argv[1]);
    if (err_no(err) == SPAWN_ERR_NO_DOMAIN || err_no(err) == MON_ERR_NO_CORE) {
        printf("%.16s: no domain %.32s runs (ps lists those that do)\n", argv[0], argv[1]);
        return STATUS_FAILED;
    }
    if (err_no(err) == SYS_ERR_RIGHTS) {
        printf("%s: only who has started it, or the machine's shell, may do that\n", place);
        return STATUS_FAILED;
    }
    return command_failed(place, err);
}

/// What without which whoever types here could not go on; NULL: none of that.
static const char *needed(domainid_t id)
{
    struct spawn_domain_info info;
    if (id == disp_get_domain_id())
        return "this shell";
    if (err_is_fail(spawn_list_next(id, &info)))
        return NULL; // there is no such core
    if ((id & UINT16_MAX) < DOMAIN_DYNAMIC)
        return "a part of its core's trusted base";
    return info.id == id && strcmp(info.name, CONSOLE_NAME) == 0 ? "the console" : NULL;
}

/// Whether a command must leave the domain of its argument alone, which is said.
static bool spared(char *const argv[], struct capref domain)
{
    const char *what = needed(spawn_domain_id(domain));
    if (what != NULL)
        printf("%s: %s is %s, and stays; halt ends the machine\n", argv[0], argv[1], what);
    return what != NULL;
}

int command_kill(unsigned argc, char *const argv[])
{
    struct capref domain;
    if (argc != 2 || !domain_parse(argv[1], &domain)) {
        printf("usage: kill ID, as ps shows it (hexadecimal, with 0x or without)\n");
        return STATUS_USAGE;
    }
    if (spared(argv, domain))
        return STATUS_USAGE;
    errval_t err = spawn_kill(domain);
    return err_is_fail(err) ? domain_failed(argv, err) : 0;
}

int command_reclaim(unsigned argc, char *const argv[])
{
    struct capref domain;
    size_t bytes;
    unsigned long ms = RECLAIM_DEFAULT_MS;
    if (argc < 3 || argc > 4 || !domain_parse(argv[1], &domain) || !bytes_parse(argv[2], &bytes) ||
        (argc == 4 && !number_parse(argv[3], RECLAIM_MAX_MS, &ms))) {
        printf("usage: reclaim ID BYTES[K|M|G] [MS]\n");
        return STATUS_USAGE;
    }
    if (spared(argv, domain))
        return STATUS_USAGE;
    struct spawn_reclaimed reclaimed;
    errval_t err = spawn_reclaim(domain, bytes, ms * 1000, &reclaimed);
    if (err_is_fail(err))
        return domain_failed(argv, err);
    printf("%" PRIu64 " bytes came back, %" PRIu64 " of them by force\n", reclaimed.bytes,
           reclaimed.forced);
    return 0;
}

void machine_halt(int status)
{
    const struct capref operator_ep = {cnode_arg, SHELL_ARG_OPERATOR};
    (void)fflush(stdout);
    (void)terminal_flush();
    errval_t err =
        monitor_halt(operator_ep, status < 0 || status > STATUS_MAX ? STATUS_MAX : status);
    printf("halt: %s\n", err_getstring(err));
}
