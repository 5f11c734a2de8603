// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The replies of a service to its clients over LMP, in their order.
#include "fakes/fakes.h"

#include "barrelfish/lmp_rpc.h"

#include <string.h>
#include <testlib/testlib.h>

enum { REPLIES = 512 };

static struct {
    uint32_t badge;
    uint64_t words[LMP_MSG_LENGTH];
} replies[REPLIES];
static unsigned count;

void fake_replies_start(void)
{
    count = 0;
}

void fake_reply_add(uint32_t badge, const uint64_t *words)
{
    CU_ASSERT_FATAL(count < REPLIES);
    replies[count].badge = badge;
    memcpy(replies[count++].words, words, sizeof(replies[0].words));
}

bool fake_reply_take(uint32_t badge, uint64_t *words, size_t words_count)
{
    unsigned i = 0;
    while (i < count && replies[i].badge != badge)
        i++;
    if (i == count)
        return false;
    memcpy(words, replies[i].words, words_count * sizeof(words[0]));
    memmove(&replies[i], &replies[i + 1], (--count - i) * sizeof(replies[0]));
    return true;
}

errval_t lmp_server_reply_error(struct lmp_server *server, uint32_t badge, errval_t err)
{
    return lmp_server_reply(server, badge, (const uint64_t[LMP_MSG_LENGTH]){err}, NULL_CAP, false);
}
