// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Programs as commands: boot modules, started by the spawnd of any core.
#include "shell.h"

#include "barrelfish/spawn_client.h"
#include "barrelfish/terminal_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

// Says what failed, and what that was due to.
static int failed(const char *name, errval_t err)
{
    printf("%s", name);
    for (; err_is_fail(err); err >>= ERR_CODE_BITS) {
        printf(": %s", err_getstring(err));
    }
    printf("\n");
    return STATUS_FAILED;
}

int program_run(coreid_t core, unsigned argc, char *const argv[], bool background)
{
    struct capref domain;
    uint8_t status = 0;
    (void)argc;
    errval_t err = spawn_program(core, argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, &domain);
    if (err_is_fail(err)) {
        return failed(argv[0], err);
    }
    if (background) {
        printf("[%x]\n", spawn_domain_id(domain));
        return 0;
    }
    err = spawn_wait(domain, &status, false);
    if (err_is_fail(err)) {
        return failed(argv[0], err);
    }
    if (status != 0) {
        printf("%s: exit status %u\n", argv[0], status);
    }
    return status;
}

int command_kill(unsigned argc, char *const argv[])
{
    char *end = NULL;
    unsigned long id = argc == 2 ? strtoul(argv[1], &end, 16) : 0;
    if (end == NULL || *end != '\0' || id == 0 || id > UINT32_MAX) {
        printf("usage: kill ID, as ps shows it\n");
        return STATUS_USAGE;
    }
    errval_t err = spawn_kill(spawn_domain_cap((domainid_t)id));
    return err_is_fail(err) ? failed(argv[0], err) : 0;
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

bool number_parse(const char *text, unsigned long max, unsigned long *number)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > max) {
        return false;
    }
    *number = value;
    return true;
}
