// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See binding_steps.h.
#include "binding_steps.h"
#include "effects.h"

struct binding_state state;
struct binding_effects out;

void steps_begin(void)
{
    binding_init(&state, CORE, CORES);
}

/// The domain of an effect takes its event.
static void take_event(const struct binding_effect *effect)
{
    struct binding_effects none;
    bool tells = effect->kind == BINDING_TELL_OFFER || effect->kind == BINDING_TELL_BOUND ||
                 effect->kind == BINDING_TELL_GONE || effect->kind == BINDING_TELL_CAP;
    struct binding_event event = {.kind = BINDING_TOLD, .end = effect->end};
    event.told = effect->kind == BINDING_TELL_GONE  ? BINDING_TOLD_GONE
                 : effect->kind == BINDING_TELL_CAP ? BINDING_TOLD_CAP
                                                    : BINDING_TOLD_BOUND;
    if (tells) {
        binding_step(&state, &event, &none);
        CU_ASSERT_EQUAL(none.count, 0);
    }
}

void step(struct binding_event event, bool take, ...)
{
    binding_step(&state, &event, &out);
    EXPECT_EFFECTS(out, take);
    CU_ASSERT(binding_valid(&state));
    for (unsigned i = 0; i < out.count && take; i++)
        take_event(&out.list[i]);
    CU_ASSERT(binding_valid(&state));
}

struct binding_event asks(enum binding_event_kind kind, domainid_t who, uint64_t id)
{
    return (struct binding_event){.kind = kind, .who = alone(who), .id = id};
}

struct binding_event says(enum intermon_op op, uint64_t id)
{
    struct binding_event event = {
        .kind = op, .core = PEER, .exporter = alone(SERVER), .message = {.op = op}};
    struct intermon_message *message = &event.message;
    switch (op) {
    case INTERMON_BIND_PROBE:
        message->bind_probe = (struct intermon_bind_probe){id, HERE, FAR, FAR};
        break;
    case INTERMON_BIND_PROBED:
        message->bind_probed = (struct intermon_bind_probed){id, SYS_ERR_OK, FAR};
        break;
    case INTERMON_BIND:
        message->bind = (struct intermon_bind){.id = id,
                                               .iref = HERE,
                                               .out_bytes = BYTES,
                                               .in_bytes = BYTES,
                                               .client = FAR,
                                               .family = FAR};
        break;
    case INTERMON_BIND_REPLY:
        message->bind_reply = (struct intermon_bind_reply){.id = id, .server = FAR};
        break;
    case INTERMON_CONNECTION_CAP:
        message->connection_cap = (struct intermon_connection_cap){.id = id};
        break;
    default: // what is gone, or to be woken, are said alike
        message->gone = (struct intermon_gone){id, false};
    }
    return event;
}

struct binding_event wants(enum binding_event_kind kind, iref_t iref)
{
    return (struct binding_event){.kind = kind,
                                  .who = alone(CLIENT),
                                  .iref = iref,
                                  .exporter = iref == HERE ? alone(SERVER) : (struct member){0},
                                  .up = true,
                                  .known = true,
                                  .out_bytes = BYTES,
                                  .in_bytes = BYTES};
}

struct binding_event result(enum binding_event_kind kind, errval_t err)
{
    return (struct binding_event){.kind = kind,
                                  .what = last()->kind,
                                  .end = last()->end,
                                  .who = {.domain = last()->domain},
                                  .exporter = alone(SERVER),
                                  .err = err};
}

uint64_t make_asked(void)
{
    step(wants(BINDING_REQUEST, THERE), true, BINDING_SEND_PROBE, 0);
    uint64_t id = last()->id;
    step(result(BINDING_SENT, SYS_ERR_OK), true, 0);
    step(says(INTERMON_BIND_PROBED, id), true, BINDING_MEMORY_BEGIN, 0);
    step(result(BINDING_MEMORY, SYS_ERR_OK), true, BINDING_REPLY_FRAME, BINDING_SEND_OFFER, 0);
    step(result(BINDING_SENT, SYS_ERR_OK), true, 0);
    return id;
}

uint64_t make_open(void)
{
    uint64_t id = make_asked();
    step(says(INTERMON_BIND_REPLY, id), true, BINDING_TELL_BOUND, 0);
    CU_ASSERT(last()->cap == BINDING_CAP_MESSAGE && last()->of == FAR && last()->domain == CLIENT);
    return id;
}

uint64_t make_offered(uint64_t id)
{
    step(says(INTERMON_BIND, id), true, BINDING_RECEIVE, 0);
    struct binding_event received = result(BINDING_RECEIVED, SYS_ERR_OK);
    received.out_bytes = BYTES;
    step(received, true, BINDING_TELL_OFFER, 0);
    CU_ASSERT_EQUAL(last()->domain, SERVER);
    return id;
}

uint64_t make_local(bool answered)
{
    step(wants(BINDING_REQUEST, HERE), true, BINDING_MEMORY_BEGIN, 0);
    uint64_t id = last()->id;
    step(result(BINDING_MEMORY, SYS_ERR_OK), true, BINDING_REPLY_FRAME, BINDING_MOVE,
         BINDING_TELL_OFFER, 0);
    if (answered)
        step(asks(BINDING_REQUEST_ANSWER, SERVER, id), true, BINDING_REPLY_NOTIFY,
             BINDING_TELL_BOUND, 0);
    return id;
}
