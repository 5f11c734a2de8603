// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Clients of this core: spawnd's self endpoint, where they ask and the CPU driver reports deaths.
#include "spawnd.h"

#include <string.h>

static struct lmp_server server;

errval_t local_init(lmp_server_handler serve, bool (*alive)(uint32_t badge))
{
    errval_t err = lmp_server_init(&server, get_default_waitset(), serve, NULL);
    lmp_server_admit(&server, alive);
    return err;
}

void local_reply(domainid_t domain, const uint64_t words[SPAWND_WORDS])
{
    uint64_t message[LMP_MSG_LENGTH] = {0};
    memcpy(message, words, SPAWND_WORDS * sizeof(words[0]));
    (void)lmp_server_reply(&server, domain, message, NULL_CAP, false);
}

void local_reply_error(domainid_t domain, errval_t err)
{
    (void)lmp_server_reply_error(&server, domain, err);
}

void local_forget(domainid_t domain)
{
    lmp_server_forget(&server, domain);
}
