// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How connections end, in each state and from either end; what a server that takes no events is
// told (B2); relays, and those that found no room.
#include "binding_steps.h"
#include "testlib/testlib.h"

static struct binding_event gone(uint64_t id, bool to_server)
{
    struct binding_event event = says(INTERMON_GONE, id);
    event.message.gone.to_server = to_server;
    return event;
}

static void expect_reply(domainid_t who, errval_t err)
{
    CU_ASSERT(last()->kind == BINDING_REPLY && last()->domain == who && last()->err == err);
}

static void expect_empty(void)
{
    CU_ASSERT_EQUAL(state.by_id.count, 0);
    CU_ASSERT_EQUAL(state.clients.table.count + state.servers.table.count, 0);
}

static void test_disconnect(void)
{
    steps_begin();
    uint64_t id = make_open();
    step(asks(BINDING_REQUEST_CHECK, CLIENT, id), true, BINDING_REPLY, 0);
    expect_reply(CLIENT, SYS_ERR_OK);
    step(asks(BINDING_REQUEST_DISCONNECT, STRANGER, id), true, BINDING_REPLY, 0);
    expect_reply(STRANGER, LIB_ERR_CHAN_CLOSED);
    step(asks(BINDING_REQUEST_DISCONNECT, CLIENT, id), true, BINDING_CLEAR, BINDING_SEND_GONE, 0);
    const struct intermon_gone *gone = &last()->message.gone;
    CU_ASSERT(gone->to_server && gone->id == id && last()->core == PEER);
    step(result(BINDING_SENT, MON_ERR_LIMIT), true, BINDING_REPLY, 0);
    expect_reply(CLIENT, MON_ERR_LIMIT);
    step(asks(BINDING_REQUEST_CHECK, CLIENT, id), true, BINDING_REPLY, 0);
    expect_reply(CLIENT, LIB_ERR_CHAN_CLOSED);
    id = make_offered(5);
    step(asks(BINDING_REQUEST_DISCONNECT, SERVER, id), true, BINDING_CLEAR, BINDING_SEND_GONE, 0);
    CU_ASSERT_FALSE(last()->message.gone.to_server);
    expect_empty();
}

/// While it is the client's alone nobody else is told, and nobody else has a say.
static void test_alone(void)
{
    steps_begin();
    for (unsigned i = 0; i < 4; i++) {
        step(wants(BINDING_REQUEST, THERE), true, BINDING_SEND_PROBE, 0);
        uint64_t id = last()->id;
        struct binding_event ended = {.kind = BINDING_ENDED, .end = last()->end};
        if (i >= 2)
            step(says(INTERMON_BIND_PROBED, id), true, BINDING_MEMORY_BEGIN, 0);
        step(gone(id, false), true, 0);
        step(asks(BINDING_REQUEST_RELAY, CLIENT, id), true, BINDING_REPLY, 0);
        expect_reply(CLIENT, SYS_ERR_OK);
        if (i % 2 == 0)
            step(asks(BINDING_REQUEST_DISCONNECT, CLIENT, id), true, BINDING_CLEAR, BINDING_REPLY,
                 0);
        else
            step(ended, true, BINDING_CLEAR, 0);
        expect_empty();
    }
}

static void test_gone(void)
{
    steps_begin();
    uint64_t id = make_open();
    struct binding_event other = gone(id, false);
    other.core = PEER + 1;
    step(other, true, 0);
    step(gone(id, true), true, 0);
    step(gone(id, false), false, BINDING_TELL_GONE, 0);
    CU_ASSERT_EQUAL(last()->domain, CLIENT);
    struct binding_event told = {.kind = BINDING_TOLD, .end = last()->end};
    step(gone(id, false), true, 0); // said twice
    told.told = BINDING_TOLD_BOUND;
    step(told, true, 0);
    CU_ASSERT_EQUAL(state.by_id.count, 1);
    told.told = BINDING_TOLD_GONE;
    step(told, true, 0);
    expect_empty();
    step(gone(make_asked(), false), true, BINDING_TELL_BOUND, 0);
    CU_ASSERT_EQUAL(last()->err, LIB_ERR_CHAN_CLOSED);
    step(gone(make_offered(3), true), true, BINDING_TELL_GONE, 0);
    CU_ASSERT_EQUAL(last()->domain, SERVER);
    expect_empty();
}

/// A server that has not been told of a connection need not hear that it is over.
static void test_unheard(void)
{
    steps_begin();
    step(says(INTERMON_BIND, 5), true, BINDING_RECEIVE, 0);
    struct binding_event received = result(BINDING_RECEIVED, SYS_ERR_OK);
    received.out_bytes = BYTES;
    step(received, false, BINDING_TELL_OFFER, 0);
    step(gone(5, true), true, BINDING_CLEAR, 0);
    step(says(INTERMON_BIND, 6), true, BINDING_RECEIVE, 0);
    received = result(BINDING_RECEIVED, SYS_ERR_OK);
    received.out_bytes = BYTES;
    received.exporter.domain = 0;
    state.ends[last()->end].iref = SPAWND_HERE;
    step(received, true, BINDING_NEED_SPAWND, 0);
    step(gone(6, true), true, BINDING_CLEAR, 0);
    expect_empty();
}

/// (B2) A server that takes nothing: so many are told it one by one, then all together; each that it
/// takes makes room for one.
static void test_left(void)
{
    steps_begin();
    for (unsigned i = 0; i < BINDING_LEFT_SHARE + 2; i++) {
        step(gone(make_offered(i + 1), true), false,
             i < BINDING_LEFT_SHARE ? BINDING_TELL_GONE : BINDING_TELL_CHECK, 0);
        CU_ASSERT_EQUAL(last()->domain, SERVER);
    }
    CU_ASSERT_EQUAL(state.by_id.count, BINDING_LEFT_SHARE);
    CU_ASSERT_EQUAL(state.clients.table.count, 0);
    for (unsigned i = 0; i < BINDING_LEFT_SHARE; i++) {
        uint16_t end = binding_next_of(&state, 0, SERVER);
        if (i % 2 == 0)
            step(
                (struct binding_event){.kind = BINDING_TOLD, .end = end, .told = BINDING_TOLD_GONE},
                true, 0);
        else
            step((struct binding_event){.kind = BINDING_ENDED, .end = end}, true, BINDING_CLEAR, 0);
        step(gone(make_offered(1000), true), true, BINDING_TELL_GONE, 0);
    }
    expect_empty();
}

static void end_domain(domainid_t domain, enum binding_effect_kind first,
                       enum binding_effect_kind second)
{
    uint16_t end = binding_next_of(&state, 0, domain);
    step((struct binding_event){.kind = BINDING_ENDED, .end = end}, true, (int)first, (int)second,
         0);
    CU_ASSERT_EQUAL(binding_next_of(&state, 0, domain), TABLE_NONE);
}

static void test_ended(void)
{
    steps_begin();
    (void)make_open();
    end_domain(CLIENT, BINDING_CLEAR, BINDING_SEND_GONE);
    CU_ASSERT(last()->message.gone.to_server && last()->domain == 0);
    (void)make_offered(4);
    end_domain(SERVER, BINDING_SEND_ANSWER, BINDING_CLEAR);
    CU_ASSERT_EQUAL(out.list[0].message.bind_reply.err, LIB_ERR_CHAN_CLOSED);
    uint64_t id = make_offered(4);
    step(asks(BINDING_REQUEST_ANSWER, SERVER, id), true, BINDING_REPLY_NOTIFY, BINDING_SEND_ANSWER,
         0);
    end_domain(SERVER, BINDING_CLEAR, BINDING_SEND_GONE);
    expect_empty();
}

static void test_ended_here(void)
{
    steps_begin();
    (void)make_local(false);
    end_domain(SERVER, BINDING_TELL_BOUND, BINDING_CLEAR);
    CU_ASSERT(out.list[0].domain == CLIENT && out.list[0].err == LIB_ERR_CHAN_CLOSED);
    (void)make_local(false);
    end_domain(CLIENT, BINDING_TELL_GONE, BINDING_CLEAR);
    (void)make_local(true);
    end_domain(SERVER, BINDING_TELL_GONE, BINDING_CLEAR);
    CU_ASSERT_EQUAL(out.list[0].domain, CLIENT);
    step(asks(BINDING_REQUEST_DISCONNECT, CLIENT, make_local(true)), true, BINDING_TELL_GONE,
         BINDING_CLEAR, BINDING_REPLY, 0);
    CU_ASSERT_EQUAL(out.list[0].domain, SERVER);
    expect_reply(CLIENT, SYS_ERR_OK);
    expect_empty();
}

static void test_relays(void)
{
    steps_begin();
    uint64_t id = make_open();
    struct binding_event relay = says(INTERMON_RELAY, id);
    step(relay, true, BINDING_WAKE, 0);
    CU_ASSERT_EQUAL(last()->domain, CLIENT);
    relay.core = PEER + 1;
    step(relay, true, 0);
    step(asks(BINDING_REQUEST_RELAY, STRANGER, id), true, BINDING_REPLY, 0);
    expect_reply(STRANGER, LIB_ERR_CHAN_CLOSED);
    step(asks(BINDING_REQUEST_RELAY, CLIENT, id), true, BINDING_SEND_RELAY, 0);
    step(result(BINDING_SENT, MON_ERR_NO_CORE), true, BINDING_REPLY, 0);
    expect_reply(CLIENT, MON_ERR_NO_CORE);
    id = make_local(true);
    step(asks(BINDING_REQUEST_RELAY, SERVER, id), true, BINDING_WAKE, BINDING_REPLY, 0);
    CU_ASSERT_EQUAL(out.list[0].domain, CLIENT);
    expect_reply(SERVER, SYS_ERR_OK);
}

static void relay_in_vain(uint64_t id)
{
    step(asks(BINDING_REQUEST_RELAY, CLIENT, id), true, BINDING_SEND_RELAY, 0);
    step(result(BINDING_SENT, MON_ERR_LIMIT), true, BINDING_REPLY, 0);
    expect_reply(CLIENT, SYS_ERR_OK);
}

static const struct binding_event retry = {.kind = BINDING_RETRY};

static void test_relays_due(void)
{
    uint64_t ids[3];
    steps_begin();
    step(retry, true, 0);
    for (unsigned i = 0; i < 3; i++) {
        ids[i] = make_open();
        relay_in_vain(ids[i]);
        relay_in_vain(ids[i]); // once for all
    }
    step(retry, true, BINDING_SEND_RELAY, 0);
    CU_ASSERT(last()->message.relay.id == ids[0] && last()->domain == 0);
    step(result(BINDING_SENT, MON_ERR_LIMIT), true, 0);
    step(asks(BINDING_REQUEST_DISCONNECT, CLIENT, ids[1]), true, BINDING_CLEAR, BINDING_SEND_GONE,
         0);
    step(gone(ids[2], false), false, BINDING_TELL_GONE, 0);
    step(retry, true, 0); // what is closed relays nothing
    CU_ASSERT_TRUE(list_is_empty(&state.due));
    step(retry, true, 0); // what has failed is due again
    step(retry, true, BINDING_SEND_RELAY, 0);
    CU_ASSERT_EQUAL(last()->message.relay.id, ids[0]);
    step(result(BINDING_SENT, SYS_ERR_OK), true, 0);
    CU_ASSERT_TRUE(list_is_empty(&state.due) && list_is_empty(&state.failed));
    step(retry, true, 0);
    relay_in_vain(ids[0]);
    CU_ASSERT_FALSE(list_is_empty(&state.due));
}

TEST_SUITE("binding: closing") = {
    {"a domain disconnects", test_disconnect},
    {"nobody knows of it yet", test_alone},
    {"the other end is gone", test_gone},
    {"what a server has not heard of", test_unheard},
    {"a server that takes no events", test_left},
    {"a domain ends", test_ended},
    {"a domain ends, both being here", test_ended_here},
    {"relays", test_relays},
    {"relays that find no room", test_relays_due},
};
