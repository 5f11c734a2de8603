// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Answers to clients, whichever way they have asked.
#include "spawnd.h"

void answer(struct client *client, const uint64_t words[SPAWND_WORDS])
{
    if (client->remote != NULL)
        remote_reply(client->remote, words);
    else
        local_reply(client->domain, words);
}

void answer_error(struct client *client, errval_t err)
{
    uint64_t words[SPAWND_WORDS] = {err};
    answer(client, words);
}

void answer_wait(struct client *client, const struct domain *domain)
{
    uint64_t words[SPAWND_WORDS] = {SYS_ERR_OK, domain->state, domain->status};
    answer(client, words);
}
