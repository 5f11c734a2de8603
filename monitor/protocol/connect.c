// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How two monitors come to a direct channel, see protocol/connect.h for the states and N1 to N4.

#include "protocol/connect.h"

MACHINE_STEP(connect);

static struct connect_peer *peer_of(const struct step *step)
{
    return &step->state->peers[step->event->peer];
}

static struct connect_effect *add(const struct step *step, enum connect_effect_kind kind)
{
    struct connect_effect *effect = effects_add(step->effects);
    *effect = (struct connect_effect){
        .kind = kind, .peer = step->event->peer, .number = peer_of(step)->number};
    return effect;
}

void connect_init(struct connect_state *state, coreid_t core, const struct boot_tree *tree)
{
    *state = (struct connect_state){.core = core};
    for (unsigned i = 0; i < tree->count; i++)
        if (i == core || tree->parent[i] == core || tree->parent[core] == i)
            state->peers[i].state = CONNECT_OPEN;
}

static void wanted(const struct step *step)
{
    if (peer_of(step)->state != CONNECT_NONE || !step->event->up)
        return;
    peer_of(step)->state = CONNECT_ASKED;
    peer_of(step)->number++;
    (void)add(step, CONNECT_ASK);
}

static void sent(const struct step *step)
{
    if (err_is_fail(step->event->err))
        peer_of(step)->state = CONNECT_NONE;
}

static void reply(const struct step *step, uint64_t number, errval_t err)
{
    struct connect_effect *effect = add(step, CONNECT_REPLY);
    effect->number = number;
    effect->err = err;
}

static void requested(const struct step *step)
{
    uint64_t number = step->event->message.connect.number;
    bool yields = peer_of(step)->state == CONNECT_ASKED && step->event->peer < step->state->core;
    if (peer_of(step)->state != CONNECT_NONE && !yields) {
        (void)add(step, CONNECT_REFUSE);
        reply(step, number, MON_ERR_LIMIT);
        return;
    }
    if (yields) // N3
        (void)add(step, CONNECT_TAKE_BACK);
    peer_of(step)->state = CONNECT_ANSWERED; // so that none is asked for while that goes on
    add(step, CONNECT_ACCEPT)->number = number;
}

static void accepted(const struct step *step)
{
    assert(peer_of(step)->state == CONNECT_ANSWERED); // EF2
    reply(step, step->event->number, step->event->err);
    if (err_is_fail(step->event->err))
        peer_of(step)->state = CONNECT_NONE;
    else
        (void)add(step, CONNECT_WRITE);
}

static void take_back(const struct step *step)
{
    peer_of(step)->state = CONNECT_NONE;
    (void)add(step, CONNECT_TAKE_BACK);
}

static void replied(const struct step *step)
{
    const struct intermon_connected *connected = &step->event->message.connected;
    if (peer_of(step)->state != CONNECT_ASKED || connected->number != peer_of(step)->number)
        return; // N4: refused after our request gave way to the peer's
    if (err_is_fail(connected->err))
        take_back(step);
    else
        (void)add(step, CONNECT_SET_NOTIFY);
}

static void notified(const struct step *step)
{
    assert(peer_of(step)->state == CONNECT_ASKED); // EF2
    if (err_is_fail(step->event->err)) {
        take_back(step);
        return;
    }
    peer_of(step)->state = CONNECT_OPEN;
    (void)add(step, CONNECT_READ);
    (void)add(step, CONNECT_SEND_SWITCH);
    (void)add(step, CONNECT_WRITE);
}

static void switched(const struct step *step)
{
    if (peer_of(step)->state != CONNECT_ANSWERED)
        return;
    peer_of(step)->state = CONNECT_OPEN;
    (void)add(step, CONNECT_READ);
}

MACHINE_HANDLED(connect, [INTERMON_CONNECT] = requested, [INTERMON_CONNECTED] = replied,
                [INTERMON_SWITCHED] = switched, [CONNECT_WANTED] = wanted, [CONNECT_SENT] = sent,
                [CONNECT_ACCEPTED] = accepted, [CONNECT_NOTIFIED] = notified)
