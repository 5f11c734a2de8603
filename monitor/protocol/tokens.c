// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests whose answers are outstanding, see protocol/tokens.h for the states and K1 to K3.

#include "protocol/tokens.h"

MACHINE_STEP(tokens);

static struct tokens_effect *add(const struct step *step, enum tokens_effect_kind kind,
                                 domainid_t domain)
{
    struct tokens_effect *effect = effects_add(step->effects);
    *effect = (struct tokens_effect){.kind = kind, .domain = domain};
    return effect;
}

void tokens_init(struct tokens_state *state, coreid_t core, unsigned cores)
{
    *state = (struct tokens_state){.core = core, .cores = cores};
}

static uint64_t word_of(const struct tokens_state *state, uint16_t index)
{
    return (uint64_t)state->tokens[index].generation << 16 | index;
}

static void release(struct tokens_state *state, uint16_t index)
{
    struct token *token = &state->tokens[index];
    assert(token->state != TOKEN_FREE); // K2
    table_remove(&state->by_domain, token->who.domain, index);
    shares_remove(&state->shares, token->who.family);
    token->state = TOKEN_FREE;
    token->who = (struct member){0};
}

static void asked(const struct step *step)
{
    struct tokens_state *state = step->state;
    struct member who = step->event->who;
    unsigned most = shares_of(who.family, state->core, state->cores, TOKENS_MAX);
    uint16_t index = TABLE_NONE;
    if (step->event->known && shares_count(&state->shares, who.family) < most)
        index = table_add(&state->by_domain, TOKENS_MAX, who.domain);
    if (index == TABLE_NONE) {
        add(step, TOKENS_REFUSE, who.domain)->reply.err = MON_ERR_LIMIT;
        return;
    }
    shares_add(&state->shares, who.family);
    struct token *token = &state->tokens[index];
    *token = (struct token){TOKEN_OUT, step->event->wait, who, token->generation + 1};
    if (token->wait)
        add(step, TOKENS_REPLY, who.domain)->reply.values[0] = word_of(state, index);
    add(step, TOKENS_SEND, who.domain)->reply.token = word_of(state, index);
}

static void answered(const struct step *step)
{
    const struct intermon_reply *reply = &step->event->reply;
    uint16_t index = (uint16_t)reply->token;
    if (index >= TOKENS_MAX || step->state->tokens[index].state != TOKEN_OUT ||
        word_of(step->state, index) != reply->token) // K1
        return;
    struct token *token = &step->state->tokens[index];
    enum tokens_effect_kind kind = token->wait               ? TOKENS_TELL
                                   : err_is_fail(reply->err) ? TOKENS_REFUSE
                                                             : TOKENS_REPLY;
    struct tokens_effect *effect = add(step, kind, token->who.domain);
    effect->index = index;
    effect->reply = *reply;
    if (token->wait)
        token->state = TOKEN_TELLING;
    else
        release(step->state, index);
}

static void sent(const struct step *step)
{
    if (err_is_fail(step->event->reply.err))
        answered(step);
}

static void told(const struct step *step)
{
    assert(step->state->tokens[step->event->index].state == TOKEN_TELLING); // K2
    release(step->state, step->event->index);
}

static void ended(const struct step *step)
{
    uint16_t index = step->event->index;
    struct token *token = &step->state->tokens[index];
    if (token->state == TOKEN_TELLING)
        add(step, TOKENS_TAKE_BACK, token->who.domain)->index = index;
    release(step->state, index);
}

MACHINE_HANDLED(tokens, [INTERMON_REPLY] = answered, [TOKENS_ASKED] = asked, [TOKENS_SENT] = sent,
                [TOKENS_TOLD] = told, [TOKENS_ENDED] = ended)

uint16_t tokens_next_of(const struct tokens_state *state, uint16_t from, domainid_t domain)
{
    for (uint16_t i = from; i < state->by_domain.used; i++)
        if (state->tokens[i].state != TOKEN_FREE && state->tokens[i].who.domain == domain)
            return i;
    return TABLE_NONE;
}

/// How many tokens are in use, by a family or (0) by all.
static unsigned count_of(const struct tokens_state *state, domainid_t family)
{
    unsigned count = 0;
    for (unsigned i = 0; i < TOKENS_MAX; i++)
        count += state->tokens[i].state != TOKEN_FREE &&
                         (family == 0 || state->tokens[i].who.family == family)
                     ? 1
                     : 0;
    return count;
}

bool tokens_valid(const struct tokens_state *state)
{
    for (unsigned i = 0; i < TOKENS_MAX; i++) {
        const struct token *token = &state->tokens[i];
        if ((token->state == TOKEN_TELLING && !token->wait) ||
            (token->state != TOKEN_FREE &&
             shares_count(&state->shares, token->who.family) != count_of(state, token->who.family)))
            return false;
    }
    return count_of(state, 0) == state->by_domain.count && table_valid(&state->by_domain);
}
