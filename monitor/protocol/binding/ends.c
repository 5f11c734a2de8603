// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The table of ends, on whose share each is (B2), and the lists of what is due (B4).

#include "ends.h"

static uint64_t key_of(uint64_t id, bool server)
{
    return id << 1 | (server ? 1 : 0);
}

static uint16_t index_of(const struct binding_state *state, const struct binding_end *end)
{
    return (uint16_t)(end - state->ends);
}

void binding_init(struct binding_state *state, coreid_t core, unsigned cores)
{
    *state = (struct binding_state){.core = core, .cores = cores};
    list_init(&state->due);
    list_init(&state->failed);
}

unsigned binding_share(const struct binding_state *state, domainid_t family)
{
    // A client may talk with a service on each core, spawnd for example.
    return shares_of(family, state->core, state->cores, BINDING_ENDS_MAX) +
           (family_began_on(family, state->core) ? state->cores : 0);
}

bool binding_share_is_used(const struct binding_state *state, domainid_t family)
{
    return shares_count(&state->clients, family) >= binding_share(state, family);
}

struct binding_end *binding_alloc(struct binding_state *state, uint64_t id, bool server,
                                  struct member client)
{
    uint16_t i = binding_share_is_used(state, client.family)
                     ? TABLE_NONE
                     : table_add(&state->by_id, BINDING_ENDS_MAX, key_of(id, server));
    if (i == TABLE_NONE)
        return NULL;
    shares_add(&state->clients, client.family);
    state->ends[i] = (struct binding_end){.id = id, .server = server, .client = client};
    return &state->ends[i];
}

void binding_free(struct binding_state *state, struct binding_end *end)
{
    assert(end->state != BINDING_FREE); // B2
    list_remove(&end->due);
    if (end->left)
        shares_remove(&state->servers, end->owner.family);
    else
        shares_remove(&state->clients, end->client.family);
    table_remove(&state->by_id, key_of(end->id, end->server), index_of(state, end));
    *end = (struct binding_end){.state = BINDING_FREE};
}

struct binding_end *binding_end_of(const struct step *step)
{
    return &step->state->ends[step->event->end];
}

struct binding_end *binding_find(struct binding_state *state, uint64_t id, bool server)
{
    uint16_t i = table_first(&state->by_id, key_of(id, server));
    while (i != TABLE_NONE && (state->ends[i].id != id || state->ends[i].server != server ||
                               state->ends[i].state == BINDING_CLOSED))
        i = table_next(&state->by_id, i);
    return i == TABLE_NONE ? NULL : &state->ends[i];
}

struct binding_end *binding_find_of(struct binding_state *state, domainid_t domain, uint64_t id)
{
    struct binding_end *end = binding_find(state, id, false);
    if (end == NULL || end->owner.domain != domain)
        end = binding_find(state, id, true);
    return end != NULL && end->owner.domain == domain && domain != 0 ? end : NULL;
}

bool binding_leave(struct binding_state *state, struct binding_end *end)
{
    assert(end->server && !end->left); // B2
    if (shares_count(&state->servers, end->owner.family) >= BINDING_LEFT_SHARE)
        return false;
    shares_remove(&state->clients, end->client.family);
    shares_add(&state->servers, end->owner.family);
    end->left = true;
    return true;
}

void binding_due(struct binding_state *state, struct binding_end *end)
{
    if (!list_is_in(&end->due))
        list_add(&state->due, &end->due);
}

uint16_t binding_next_of(const struct binding_state *state, uint16_t from, domainid_t domain)
{
    for (uint16_t i = from; i < state->by_id.used; i++)
        if (state->ends[i].owner.domain == domain &&
            (domain != 0 || state->ends[i].state == BINDING_WAITING))
            return i;
    return TABLE_NONE;
}

struct binding_effect *binding_add(const struct step *step, enum binding_effect_kind kind,
                                   const struct binding_end *end)
{
    struct binding_effect *effect = effects_add(step->effects);
    *effect = (struct binding_effect){.kind = kind};
    if (end != NULL) {
        effect->end = index_of(step->state, end);
        effect->id = end->id;
        effect->core = end->peer;
        effect->domain = end->owner.domain;
    }
    return effect;
}

struct binding_effect *binding_send(const struct step *step, enum binding_effect_kind kind,
                                    const struct binding_end *end, coreid_t core,
                                    struct intermon_message message)
{
    struct binding_effect *effect = binding_add(step, kind, end);
    effect->core = core;
    effect->message = message;
    return effect;
}

void binding_reply(const struct step *step, domainid_t domain, errval_t err)
{
    struct binding_effect *effect = binding_add(step, BINDING_REPLY, NULL);
    effect->domain = domain;
    effect->err = err;
}

void binding_drop(const struct step *step, struct binding_end *end)
{
    (void)binding_add(step, BINDING_CLEAR, end);
    binding_free(step->state, end);
}

void binding_tell_bound(const struct step *step, struct binding_end *end, errval_t err,
                        domainid_t server, enum binding_cap cap)
{
    assert(!end->server && (end->telling & BINDING_TOLD_BOUND) == 0); // B2
    struct binding_effect *effect = binding_add(step, BINDING_TELL_BOUND, end);
    end->state = err_is_ok(err) ? BINDING_OPEN : BINDING_CLOSED;
    end->telling |= BINDING_TOLD_BOUND;
    effect->err = err;
    effect->of = server;
    effect->cap = cap;
    if (end->caps_here != 0)
        binding_due(step->state, end);
}

/// How many ends are on a family's share.
static unsigned count_of(const struct binding_state *state, bool left, domainid_t family)
{
    unsigned count = 0;
    for (unsigned i = 0; i < state->by_id.used; i++) {
        const struct binding_end *end = &state->ends[i];
        count += end->state != BINDING_FREE && end->left == left &&
                         (left ? end->owner.family : end->client.family) == family
                     ? 1
                     : 0;
    }
    return count;
}

static bool end_valid(const struct binding_state *state, const struct binding_end *end)
{
    domainid_t family = end->left ? end->owner.family : end->client.family;
    bool owes = end->gone_due || (end->state == BINDING_OPEN &&
                                  (end->relay_due || end->caps_taken != 0 || end->caps_room != 0));
    return (end->owner.domain == 0) == (end->state == BINDING_WAITING) &&
           (end->state != BINDING_CLOSED || end->telling != 0 || end->gone_due) &&
           end->caps_out <= BINDING_CAPS_MAX && end->caps_held <= BINDING_CAPS_MAX && // B3
           (!owes || list_is_in(&end->due) || (end->telling & BINDING_TOLD_CAP) != 0) &&
           shares_count(end->left ? &state->servers : &state->clients, family) ==
               count_of(state, end->left, family);
}

/// How many ends are in a list; more than there are: it is a circle, or has what is no end in use.
static unsigned count_due(const struct binding_state *state, const struct list *list)
{
    unsigned count = 0;
    for (struct list *at = list->next; at != list && count <= BINDING_ENDS_MAX; count++) {
        const struct binding_end *end = LIST_OWNER(at, struct binding_end, due);
        if (end < state->ends || end >= state->ends + state->by_id.used ||
            end->state == BINDING_FREE)
            return BINDING_ENDS_MAX + 1;
        at = at->next;
    }
    return count;
}

bool binding_valid(const struct binding_state *state)
{
    unsigned count = 0, due = 0;
    for (unsigned i = 0; i < BINDING_ENDS_MAX; i++) {
        const struct binding_end *end = &state->ends[i];
        if (end->state == BINDING_FREE)
            continue;
        if (!end_valid(state, end))
            return false;
        count++;
        due += list_is_in(&end->due) ? 1 : 0;
    }
    return count == state->by_id.count &&
           due == count_due(state, &state->due) + count_due(state, &state->failed) &&
           table_valid(&state->by_id);
}
