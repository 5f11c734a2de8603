// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities over a connection: sent, refused, in order again, taken; what is told when, and what
// is left of them when an end is gone (B3, B4).
#include "binding_steps.h"
#include "testlib/testlib.h"

static const struct binding_event retry = {.kind = BINDING_RETRY};

static struct binding_event sends(domainid_t who, uint64_t id, bool server)
{
    struct binding_event event = asks(BINDING_REQUEST_CAP, who, id);
    event.server = server;
    return event;
}

static struct binding_event takes(domainid_t who, uint64_t id, bool server, uint8_t count)
{
    struct binding_event event = asks(BINDING_REQUEST_TAKEN, who, id);
    event.server = server;
    event.count = count;
    return event;
}

/// A capability for the client's end.
static struct binding_event comes(uint64_t id, uint8_t number)
{
    struct binding_event event = says(INTERMON_CONNECTION_CAP, id);
    event.message.connection_cap.number = number;
    return event;
}

static void expect_reply(domainid_t who, errval_t err)
{
    CU_ASSERT(last()->kind == BINDING_REPLY && last()->domain == who && last()->err == err);
}

static struct binding_event gone(uint64_t id)
{
    return says(INTERMON_GONE, id);
}

static struct binding_event told(uint16_t end, uint8_t what)
{
    return (struct binding_event){.kind = BINDING_TOLD, .end = end, .told = what};
}

static void test_sent(void)
{
    steps_begin();
    uint64_t id = make_open();
    struct binding_event send = sends(CLIENT, id, false);
    send.gives = true;
    for (unsigned i = 0; i < BINDING_CAPS_MAX; i++) {
        step(send, true, BINDING_SEND_CAP, 0);
        const struct intermon_connection_cap *cap = &last()->message.connection_cap;
        CU_ASSERT(cap->number == i && cap->gives && cap->to_server && last()->core == PEER);
        step(result(BINDING_SENT, MON_ERR_LIMIT), true, BINDING_REPLY, 0);
        expect_reply(CLIENT, MON_ERR_LIMIT);
        step(send, true, BINDING_SEND_CAP, 0);
        CU_ASSERT_EQUAL(last()->message.connection_cap.number, i);
        step(result(BINDING_SENT, SYS_ERR_OK), true, BINDING_REPLY, 0);
        expect_reply(CLIENT, SYS_ERR_OK);
    }
    step(send, true, BINDING_REPLY, 0);
    expect_reply(CLIENT, MON_ERR_LIMIT);
    struct binding_event taken = says(INTERMON_CAPS_TAKEN, id);
    taken.message.caps_taken.count = 3;
    step(taken, true, 0);
    step(retry, true, BINDING_TELL_CAP, 0);
    CU_ASSERT(!last()->has && last()->count == 3 && last()->domain == CLIENT);
    step(result(BINDING_SENT, SYS_ERR_OK), true, 0);
    step(send, true, BINDING_SEND_CAP, 0);
    CU_ASSERT_EQUAL(last()->message.connection_cap.number, BINDING_CAPS_MAX);
    step(result(BINDING_SENT, SYS_ERR_OK), true, BINDING_REPLY, 0);
    taken.message.caps_taken.count = 200; // more than there are
    step(taken, true, 0);
    CU_ASSERT_EQUAL(state.ends[binding_next_of(&state, 0, CLIENT)].caps_out, 0);
}

static void test_refused(void)
{
    steps_begin();
    uint64_t id = make_open();
    struct binding_event send = sends(CLIENT, id, false);
    step(sends(STRANGER, id, false), true, BINDING_REPLY, 0);
    expect_reply(STRANGER, LIB_ERR_CHAN_CLOSED);
    step(sends(CLIENT, id, true), true, BINDING_REPLY, 0);
    expect_reply(CLIENT, LIB_ERR_CHAN_CLOSED);
    step(sends(CLIENT, id + 1, false), true, BINDING_REPLY, 0);
    expect_reply(CLIENT, LIB_ERR_CHAN_CLOSED);
    step(sends(CLIENT, make_asked(), false), true, BINDING_REPLY, 0);
    expect_reply(CLIENT, LIB_ERR_CHAN_CLOSED);
    send.endpoint_err = MON_ERR_CAP_SEND;
    step(send, true, BINDING_REPLY, 0);
    expect_reply(CLIENT, MON_ERR_CAP_SEND);
    step(takes(STRANGER, id, false, 0), true, BINDING_REPLY, 0);
    expect_reply(STRANGER, LIB_ERR_CHAN_CLOSED);
    step(takes(CLIENT, id, false, 1), true, BINDING_REPLY, 0);
    expect_reply(CLIENT, LIB_ERR_INVALID_ARGS);
    struct binding_event other = comes(id, 0);
    other.core = PEER + 1;
    step(other, true, BINDING_REFUSE, 0);
    step(comes(id, BINDING_CAPS_MAX), true, BINDING_REFUSE, 0); // beyond what may be sent
    step(comes(id, 1), true, BINDING_KEEP_CAP, 0);
    step(comes(id, 1), true, BINDING_REFUSE, 0);
    step(comes(make_offered(9), 0), true, BINDING_REFUSE, 0); // the server has not accepted
    other = comes(9, 0);
    other.message.connection_cap.to_server = true;
    step(other, true, BINDING_REFUSE, 0);
}

/// What overtook others waits for them, and each for the one before it.
static void test_order(void)
{
    steps_begin();
    uint64_t id = make_open();
    step(comes(id, 2), true, BINDING_KEEP_CAP, 0);
    CU_ASSERT(last()->number == 2 && last()->cap == BINDING_CAP_MESSAGE);
    step(retry, true, 0);
    struct binding_event given = comes(id, 0);
    given.message.connection_cap.gives = true;
    step(given, true, BINDING_KEEP_CAP, 0);
    step(comes(id, 1), true, BINDING_KEEP_CAP, 0);
    step(retry, false, BINDING_TELL_CAP, 0);
    uint16_t end = last()->end;
    CU_ASSERT(last()->has && last()->gives && last()->number == 0);
    step(result(BINDING_SENT, SYS_ERR_OK), true, 0); // it is not told of the next
    step(told(end, BINDING_TOLD_CAP), true, 0);
    step(retry, true, BINDING_TELL_CAP, 0);
    CU_ASSERT(last()->number == 1 && !last()->gives);
    step(result(BINDING_SENT, SYS_ERR_OK), true, BINDING_TELL_CAP, 0);
    CU_ASSERT_EQUAL(last()->number, 2);
    step(result(BINDING_SENT, SYS_ERR_OK), true, 0);
    step(takes(CLIENT, id, false, 4), true, BINDING_REPLY, 0);
    expect_reply(CLIENT, LIB_ERR_INVALID_ARGS);
    step(takes(CLIENT, id, false, 2), true, BINDING_REPLY, 0);
    step(takes(CLIENT, id, false, 1), true, BINDING_REPLY, 0);
    while (!list_is_empty(&state.due))
        binding_step(&state, &retry, &out);
    CU_ASSERT(out.count == 1 && last()->kind == BINDING_SEND_TAKEN &&
              last()->message.caps_taken.count == 3);
    step(result(BINDING_SENT, MON_ERR_LIMIT), true, 0);
    step(retry, true, 0); // due again
    step(retry, true, BINDING_SEND_TAKEN, 0);
    step(result(BINDING_SENT, SYS_ERR_OK), true, 0);
    CU_ASSERT_TRUE(list_is_empty(&state.due) && list_is_empty(&state.failed));
}

/// It may come, by way of another core, before the client has heard that it is bound.
static void test_early(void)
{
    steps_begin();
    uint64_t id = make_asked();
    step(comes(id, 0), true, BINDING_KEEP_CAP, 0);
    step(retry, true, 0);
    step(says(INTERMON_BIND_REPLY, id), true, BINDING_TELL_BOUND, 0);
    step(retry, true, BINDING_TELL_CAP, 0);
}

static void test_here(void)
{
    steps_begin();
    uint64_t id = make_local(true);
    struct binding_event send = sends(SERVER, id, true);
    send.endpoint_err = MON_ERR_CAP_SEND; // crosses no core here
    step(send, true, BINDING_KEEP_CAP, BINDING_REPLY, 0);
    CU_ASSERT(out.list[0].domain == CLIENT && out.list[0].cap == BINDING_CAP_GIVEN);
    expect_reply(SERVER, SYS_ERR_OK);
    send.endpoint_err = LIB_ERR_INVALID_ARGS;
    step(send, true, BINDING_REPLY, 0);
    expect_reply(SERVER, LIB_ERR_INVALID_ARGS);
    step(retry, true, BINDING_TELL_CAP, 0);
    CU_ASSERT(last()->domain == CLIENT && last()->has);
    step(result(BINDING_SENT, SYS_ERR_OK), true, 0);
    step(takes(CLIENT, id, false, 1), true, BINDING_REPLY, 0);
    while (out.list[0].kind != BINDING_TELL_CAP && !list_is_empty(&state.due))
        binding_step(&state, &retry, &out);
    CU_ASSERT(last()->domain == SERVER && !last()->has && last()->count == 1);
}

/// Those that are here are told before the end; what comes later is not wanted.
static void test_gone(void)
{
    steps_begin();
    uint64_t id = make_open();
    step(comes(id, 0), true, BINDING_KEEP_CAP, 0);
    step(comes(id, 1), true, BINDING_KEEP_CAP, 0);
    step(comes(id, 3), true, BINDING_KEEP_CAP, 0);
    step(gone(id), true, 0);
    step(comes(id, 2), true, BINDING_REFUSE, 0);
    step(retry, false, BINDING_TELL_CAP, 0);
    uint16_t end = last()->end;
    step(result(BINDING_SENT, SYS_ERR_OK), true, 0);
    step(told(end, BINDING_TOLD_CAP), true, 0);
    step(retry, true, BINDING_TELL_CAP, 0);
    CU_ASSERT_EQUAL(last()->number, 1);
    step(result(BINDING_SENT, SYS_ERR_OK), true, BINDING_TELL_GONE, 0);
    CU_ASSERT_EQUAL(state.by_id.count, 0);
    id = make_open();
    step(comes(id, 0), true, BINDING_KEEP_CAP, 0);
    step(gone(id), true, 0);
    end = binding_next_of(&state, 0, CLIENT);
    step((struct binding_event){.kind = BINDING_ENDED, .end = end}, true, BINDING_CLEAR, 0);
    CU_ASSERT_TRUE(state.by_id.count == 0 && list_is_empty(&state.due));
}

TEST_SUITE("binding: capabilities") = {
    {"sent to another core", test_sent}, {"not to be sent, and not wanted", test_refused},
    {"in order again", test_order},      {"before the client is bound", test_early},
    {"both ends here", test_here},       {"the other end is gone", test_gone},
};
