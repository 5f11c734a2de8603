// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Who waits for whom, as spawnds know it (SPAWND_DESCRIBE). What a domain waits for is its own claim.
#include "barrelfish/spawn_client.h"

#include "barrelfish/blocking.h"
#include "barrelfish/domain.h"
#include "kpi/dispatcher.h"
#include "spawnd_tell.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define BIND_LIMIT_US 1000000u

/// A text that is being written; what does not fit is left out.
struct telling {
    char *text;
    size_t bytes, at;
};

__attribute__((format(printf, 2, 3))) static void say(struct telling *telling, const char *format,
                                                      ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(telling->text + telling->at, telling->bytes - telling->at, format, args);
    va_end(args);
    telling->at += length < 0 ? 0 : (size_t)length;
    telling->at = telling->at < telling->bytes ? telling->at : telling->bytes - 1;
}

/// A domain's program, without its path, and what it says that it waits for.
struct claim {
    char program[SPAWND_NAME_BYTES + 1];
    enum dispatcher_wait wait;
    domainid_t domain;
};

static errval_t ask(domainid_t id, struct claim *claim)
{
    uint64_t words[SPAWND_WORDS] = {SPAWND_DESCRIBE, id, 0};
    errval_t err = spawnd_ask_at_once(spawn_domain_core(id), words);
    if (err_is_fail(err))
        return err;
    char command[SPAWND_NAME_BYTES + 1] = "";
    memcpy(command, &words[3], SPAWND_NAME_BYTES);
    command[strcspn(command, " ")] = '\0';
    const char *slash = strrchr(command, '/');
    strcpy(claim->program, slash != NULL ? slash + 1 : command);
    claim->wait = (enum dispatcher_wait)(words[2] >> 16 & 0xff);
    claim->domain = (domainid_t)(words[2] >> 32);
    return SYS_ERR_OK;
}

/// Goes on with what a domain waits for; 0: there is nobody more to be told of.
static domainid_t say_claim(struct telling *telling, domainid_t id)
{
    static const char *const words[WAITS_COUNT] = {[WAIT_MESSAGE] = "",
                                                   [WAIT_CALL] = "",
                                                   [WAIT_END] = "the end of ",
                                                   [WAIT_NAME] = "a name",
                                                   [WAIT_BINDING] = "a binding"};
    struct claim claim;
    if (err_is_fail(ask(id, &claim))) {
        say(telling, ", of whom nothing is known");
        return 0;
    }
    say(telling, " (%s)", claim.program);
    if (claim.wait != WAIT_UNSAID && claim.wait < WAITS_COUNT)
        say(telling, ", which waits for %s", words[claim.wait]);
    return claim.domain;
}

void spawn_tell_waits(domainid_t peer, char *text, size_t bytes)
{
    domainid_t met[SPAWN_WAITS_MAX] = {disp_get_domain_id()}, next = peer;
    struct telling telling = {text, bytes, 0};
    delayus_t limit = blocking_set_limit(BIND_LIMIT_US);
    say(&telling, "%#x waits for ", met[0]);
    for (unsigned count = 1; next != 0; count++) {
        say(&telling, "%#x", next);
        bool again = false;
        for (unsigned i = 0; i < count; i++)
            again = again || met[i] == next;
        if (again || count == SPAWN_WAITS_MAX) {
            say(&telling, again ? " in a circle" : ", and so on");
            break;
        }
        met[count] = next;
        next = say_claim(&telling, next);
    }
    if (peer == 0)
        say(&telling, "a domain that is not known");
    (void)blocking_set_limit(limit);
}
