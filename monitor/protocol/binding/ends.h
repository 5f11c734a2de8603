// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of the machine know of one another: ends.c the table, client.c and server.c how a
// connection comes about, caps.c how capabilities cross it, closing.c how it ends, step.c which event
// goes where.

#pragma once

#include "protocol/binding.h"

MACHINE_STEP(binding);

// ends.c

/// An end on the client's share, or NULL.
struct binding_end *binding_alloc(struct binding_state *state, uint64_t id, bool server,
                                  struct member client);
/// The end that an event is about.
struct binding_end *binding_end_of(const struct step *step);
void binding_free(struct binding_state *state, struct binding_end *end);
bool binding_share_is_used(const struct binding_state *state, domainid_t family);
/// The end of a connection that is not closed, or NULL.
struct binding_end *binding_find(struct binding_state *state, uint64_t id, bool server);
/// The same of whichever end is the domain's.
struct binding_end *binding_find_of(struct binding_state *state, domainid_t domain, uint64_t id);
/// Puts a server's end on its own share; false if that is used up (B2).
bool binding_leave(struct binding_state *state, struct binding_end *end);
/// A capability's place among those that are here; and whether the next one to be told is.
static inline uint8_t binding_cap_bit(uint8_t number)
{
    return (uint8_t)(1u << number % BINDING_CAPS_MAX);
}
static inline bool binding_has_cap(const struct binding_end *end)
{
    return (end->caps_here & binding_cap_bit(end->caps_told)) != 0;
}
/// An end owes something (B4).
void binding_due(struct binding_state *state, struct binding_end *end);

/// Adds an effect about an end, or (NULL) none.
struct binding_effect *binding_add(const struct step *step, enum binding_effect_kind kind,
                                   const struct binding_end *end);
/// The same, with a message to the monitor of `core`.
struct binding_effect *binding_send(const struct step *step, enum binding_effect_kind kind,
                                    const struct binding_end *end, coreid_t core,
                                    struct intermon_message message);
/// Replies to whoever asked.
void binding_reply(const struct step *step, domainid_t domain, errval_t err);
/// Ends a connection without a word to the end's domain.
void binding_drop(const struct step *step, struct binding_end *end);
/// The client gets its answer. The end may be free when its domain has got it.
void binding_tell_bound(const struct step *step, struct binding_end *end, errval_t err,
                        domainid_t server, enum binding_cap cap);

// client.c

void binding_request(const struct step *step);
void binding_request_lmp(const struct step *step);
void binding_request_memory(const struct step *step);
void binding_probed(const struct step *step);
void binding_answered(const struct step *step);
/// Memory was made, or not.
void binding_memory(const struct step *step);
/// A probe or an offer found no room.
void binding_not_sent(const struct step *step, struct binding_end *end);

// server.c

/// The domain that serves an iref of this core, also if it is still to be started; 0: none.
domainid_t binding_server_of(const struct binding_state *state, iref_t iref, domainid_t exporter);
/// Offers a connection to the domain that exports it, as the event says. Holds its capability.
void binding_offer(const struct step *step, struct binding_end *end);
/// Answers the client of a server's end with an error, and drops the end.
void binding_give_up(const struct step *step, struct binding_end *end, errval_t err);
void binding_probe(const struct step *step);
void binding_offered(const struct step *step);
void binding_received(const struct step *step);
void binding_request_answer(const struct step *step);

// caps.c

void binding_request_cap(const struct step *step);
void binding_request_taken(const struct step *step);
void binding_cap(const struct step *step);
void binding_taken(const struct step *step);
void binding_retry(const struct step *step);
/// Something of the end's that was due, or a capability, was sent or not.
void binding_due_sent(const struct step *step, struct binding_end *end);

// closing.c

/// The end that a message of its peer is about, or NULL.
struct binding_end *binding_of_message(const struct step *step, uint64_t id, bool to_server);
/// The other end of one that is not alone, if it is on this core, or NULL.
struct binding_end *binding_other_here(const struct step *step, const struct binding_end *end);
/// For the end's domain, which is answered, or (0 in the effect) for nobody.
struct binding_effect *binding_send_relay(const struct step *step, const struct binding_end *end);
void binding_tell_gone(const struct step *step, struct binding_end *end);
void binding_gone(const struct step *step);
void binding_relay(const struct step *step);
void binding_request_disconnect(const struct step *step);
void binding_request_relay(const struct step *step);
void binding_relay_sent(const struct step *step, struct binding_end *end);
void binding_ended(const struct step *step);
