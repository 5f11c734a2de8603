// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities between the two domains of a connection: one end's domain gives its monitor one after
// another, the other end's takes them and says so, which makes room for more; and what ends owe
// (B4). If the capability has another owner it may overtake others on its way: by their numbers they
// are in order again. See protocol/binding.h for B3, B4.

#include "ends.h"

#include <assert.h>

/// The end of a connection that is `who`'s, or NULL.
static struct binding_end *end_of_request(const struct step *step)
{
    const struct binding_event *event = step->event;
    struct binding_end *end = binding_find(step->state, event->id, event->server);
    return end != NULL && end->owner.domain == event->who.domain && end->state == BINDING_OPEN &&
                   !end->lmp
               ? end
               : NULL;
}

/// Puts down that a capability, or an error in its place, is here.
static void keep(const struct step *step, struct binding_end *end,
                 const struct intermon_connection_cap *what, enum binding_cap cap)
{
    struct binding_effect *effect = binding_add(step, BINDING_KEEP_CAP, end);
    uint8_t bit = binding_cap_bit(what->number);
    assert((end->caps_here & bit) == 0); // B3
    effect->number = what->number;
    effect->cap = cap;
    effect->err = what->err;
    end->caps_here |= bit;
    end->caps_given = (uint8_t)((end->caps_given & ~bit) | (what->gives ? bit : 0));
    binding_due(step->state, end);
}

/// What speaks against sending.
static errval_t check(const struct step *step, const struct binding_end *end)
{
    errval_t err = step->event->endpoint_err;
    if (end == NULL)
        return LIB_ERR_CHAN_CLOSED;
    if (err_no(err) == MON_ERR_CAP_SEND && end->peer == step->state->core)
        err = SYS_ERR_OK; // It is to cross no core.
    return err_is_ok(err) && end->caps_out == BINDING_CAPS_MAX ? (errval_t)MON_ERR_LIMIT : err;
}

static void cap_sent(const struct step *step, struct binding_end *end, errval_t err)
{
    if (err_is_ok(err)) {
        end->caps_sent++;
        end->caps_out++;
    }
    binding_reply(step, step->event->who.domain, err);
}

void binding_request_cap(const struct step *step)
{
    const struct binding_event *event = step->event;
    struct binding_end *end = end_of_request(step);
    errval_t err = check(step, end);
    if (err_is_fail(err)) {
        binding_reply(step, event->who.domain, err);
        return;
    }
    struct intermon_message cap = {INTERMON_CONNECTION_CAP,
                                   .connection_cap = {.err = event->err,
                                                      .id = end->id,
                                                      .to_server = !end->server,
                                                      .gives = event->gives,
                                                      .number = end->caps_sent}};
    if (end->peer != step->state->core) {
        (void)binding_send(step, BINDING_SEND_CAP, end, end->peer, cap);
        return;
    }
    struct binding_end *other = binding_other_here(step, end);
    assert(other != NULL && other->state == BINDING_OPEN); // B3: else this end were closed
    keep(step, other, &cap.connection_cap, BINDING_CAP_GIVEN);
    cap_sent(step, end, SYS_ERR_OK);
}

void binding_cap(const struct step *step)
{
    const struct intermon_connection_cap *cap = &step->event->message.connection_cap;
    struct binding_end *end = binding_of_message(step, cap->id, cap->to_server);
    // It may be here before the client has heard that it is bound.
    bool wanted = end != NULL && !end->lmp &&
                  end->state == (end->server ? BINDING_OPEN : end->state) &&
                  (uint8_t)(cap->number - end->caps_told) < BINDING_CAPS_MAX &&
                  (end->caps_here & binding_cap_bit(cap->number)) == 0;
    if (wanted)
        keep(step, end, cap, BINDING_CAP_MESSAGE);
    else
        (void)binding_add(step, BINDING_REFUSE, NULL);
}

/// The domain of the other end has taken some of an end's.
static void make_room(const struct step *step, struct binding_end *end, uint8_t count)
{
    count = count < end->caps_out ? count : end->caps_out;
    end->caps_out = (uint8_t)(end->caps_out - count);
    end->caps_room = (uint8_t)(end->caps_room + count);
    binding_due(step->state, end);
}

void binding_request_taken(const struct step *step)
{
    struct binding_end *end = end_of_request(step);
    uint8_t count = step->event->count;
    errval_t err = end == NULL              ? LIB_ERR_CHAN_CLOSED
                   : count > end->caps_held ? LIB_ERR_INVALID_ARGS
                                            : SYS_ERR_OK;
    if (err_is_ok(err)) {
        struct binding_end *other = binding_other_here(step, end);
        end->caps_held = (uint8_t)(end->caps_held - count);
        if (other != NULL) {
            make_room(step, other, count);
        } else {
            end->caps_taken = (uint8_t)(end->caps_taken + count);
            binding_due(step->state, end);
        }
    }
    binding_reply(step, step->event->who.domain, err);
}

void binding_taken(const struct step *step)
{
    const struct intermon_caps_taken *taken = &step->event->message.caps_taken;
    struct binding_end *end = binding_of_message(step, taken->id, taken->to_server);
    if (end != NULL)
        make_room(step, end, taken->count);
}

static void tell_cap(const struct step *step, struct binding_end *end)
{
    struct binding_effect *effect = binding_add(step, BINDING_TELL_CAP, end);
    effect->count = end->caps_room;
    end->caps_room = 0;
    end->telling |= BINDING_TOLD_CAP;
    if (!binding_has_cap(end))
        return;
    assert(end->caps_held < BINDING_CAPS_MAX || end->state == BINDING_CLOSED); // B3
    effect->has = true;
    effect->number = end->caps_told;
    effect->gives = (end->caps_given & binding_cap_bit(end->caps_told)) != 0;
    end->caps_here &= (uint8_t)~binding_cap_bit(end->caps_told++);
    end->caps_held++;
}

/// Sends the other end's monitor what an end owes it, which then has failed until the result says
/// otherwise.
static void send_due(const struct step *step, struct binding_end *end)
{
    const struct intermon_message taken = {INTERMON_CAPS_TAKEN,
                                           .caps_taken = {end->id, !end->server, end->caps_taken}};
    list_remove(&end->due);
    list_add(&step->state->failed, &end->due);
    if (end->relay_due)
        binding_send_relay(step, end)->domain = 0;
    else
        (void)binding_send(step, BINDING_SEND_TAKEN, end, end->peer, taken);
}

/// Does the next thing that an end owes.
static void go_on(const struct step *step, struct binding_end *end)
{
    bool has = binding_has_cap(end), open = end->state == BINDING_OPEN;
    if ((end->telling & BINDING_TOLD_CAP) == 0 && (has || (open && end->caps_room > 0)))
        tell_cap(step, end);
    else if (end->gone_due && !has)
        binding_tell_gone(step, end);
    else if (open && (end->relay_due || end->caps_taken > 0))
        send_due(step, end);
}

void binding_due_sent(const struct step *step, struct binding_end *end)
{
    enum binding_effect_kind what = step->event->what;
    if (what == BINDING_SEND_CAP) {
        cap_sent(step, end, step->event->err);
        return;
    }
    if (err_no(step->event->err) == MON_ERR_LIMIT)
        return;
    if (what != BINDING_TELL_CAP)
        list_remove(&end->due);
    if (what == BINDING_SEND_RELAY)
        end->relay_due = false;
    else if (what == BINDING_SEND_TAKEN)
        end->caps_taken = 0;
    go_on(step, end);
}

void binding_retry(const struct step *step)
{
    struct binding_state *state = step->state;
    if (!list_is_empty(&state->due)) {
        struct binding_end *end = LIST_OWNER(state->due.next, struct binding_end, due);
        list_remove(&end->due);
        if (end->state == BINDING_OPEN || end->state == BINDING_CLOSED)
            go_on(step, end);
        return;
    }
    while (!list_is_empty(&state->failed)) { // There may be room the next time.
        struct list *place = state->failed.next;
        list_remove(place);
        list_add(&state->due, place);
    }
}
