// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests that a monitor sends to another (or to itself) for a domain, until the answer comes: a
// pure machine. The domain gets the answer as its reply or, if it waits, a token as its reply at once
// and the answer as an event.
//
// States of a token: FREE -> (asked) OUT -> (answered) FREE, or TELLING if the domain waits, until it
// has taken the event -> FREE.
//
// K1 A token is an index and a generation, so that a late answer finds nobody.
// K2 Each request is answered once, also if it could not be sent. A domain that has ended gets
//    nothing more.
// K3 A request is on the share of its domain's family, as that was when it asked.

#pragma once

#include "if/intermon_defs.h"
#include "kpi/errors.h"
#include "protocol/effects.h"
#include "protocol/shares.h"

#define TOKENS_MAX 256u
#define TOKENS_EFFECTS_MAX 2u

enum token_state { TOKEN_FREE, TOKEN_OUT, TOKEN_TELLING };

struct token {
    enum token_state state;
    bool wait; ///< answered by an event
    struct member who;
    uint32_t generation;
};

/// Private to tokens.c; visible for allocation. Made by tokens_init().
struct tokens_state {
    coreid_t core;
    unsigned cores;
    struct table by_domain;
    struct shares shares;
    struct token tokens[TOKENS_MAX];
};

enum tokens_event_kind {
    TOKENS_NO_EVENT,
    // INTERMON_REPLY
    TOKENS_ASKED = INTERMON_OPS_COUNT, ///< who, known: there is a record of it as a domain of this
                                       ///< core, wait
    TOKENS_SENT,                       ///< reply: token, err. Result of TOKENS_SEND
    TOKENS_TOLD,                       ///< index: its event has gone to the domain, or never will
    TOKENS_ENDED                       ///< index: its domain has
};

enum tokens_effect_kind {
    TOKENS_REFUSE = 1, ///< to `domain`: err of the reply
    TOKENS_REPLY,      ///< to `domain`: values of the reply
    TOKENS_SEND,       ///< the request, with the token of the reply. Result: TOKENS_SENT
    TOKENS_TELL,       ///< `domain`: the reply, of which values[0]. TOKENS_TOLD follows
    TOKENS_TAKE_BACK   ///< that, of `index`; no TOKENS_TOLD follows any more
};

struct tokens_event {
    unsigned kind; ///< enum tokens_event_kind
    bool known, wait;
    uint16_t index;
    struct member who;
    struct intermon_reply reply;
};

struct tokens_effect {
    enum tokens_effect_kind kind;
    uint16_t index;
    domainid_t domain;
    struct intermon_reply reply;
};

MACHINE(tokens, TOKENS_EFFECTS_MAX);

void tokens_init(struct tokens_state *state, coreid_t core, unsigned cores);

/// The first token from `from` on that is `domain`'s, or TABLE_NONE.
uint16_t tokens_next_of(const struct tokens_state *state, uint16_t from, domainid_t domain);

/// Checks that table and shares count what is in use.
bool tokens_valid(const struct tokens_state *state);
