// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The client's end of a connection: what is refused before anything is made, who may drive the
// making of memory, and each way in which it comes to nothing.
#include "binding_steps.h"
#include "testlib/testlib.h"

static void expect_reply(struct binding_event event, errval_t err)
{
    step(event, true, BINDING_REPLY, 0);
    CU_ASSERT(last()->err == err && last()->domain == event.who.domain);
    CU_ASSERT_EQUAL(state.by_id.count, 0);
}

static void expect_size(uint64_t out_bytes, uint64_t in_bytes, bool right)
{
    struct binding_event event = wants(BINDING_REQUEST, THERE);
    steps_begin();
    event.out_bytes = out_bytes;
    event.in_bytes = in_bytes;
    if (right)
        step(event, true, BINDING_SEND_PROBE, 0);
    else
        expect_reply(event, LIB_ERR_INVALID_ARGS);
}

static void test_sizes(void)
{
    const uint64_t least = URPC_LINES_MIN * (uint64_t)URPC_LINE_BYTES;
    const uint64_t most = URPC_LINES_MAX * (uint64_t)URPC_LINE_BYTES;
    expect_size(least, most, true);
    expect_size(most, least, true);
    expect_size(least - URPC_LINE_BYTES, least, false);
    expect_size(least, least - URPC_LINE_BYTES, false);
    expect_size(most + URPC_LINE_BYTES, least, false);
    expect_size(least, most + URPC_LINE_BYTES, false);
    expect_size(least + 1, least, false);
    expect_size(least, least + 1, false);
}

static void test_targets(void)
{
    steps_begin();
    struct binding_event event = wants(BINDING_REQUEST, THERE | 1ull << 48);
    expect_reply(event, MON_ERR_NO_CORE);
    event = wants(BINDING_REQUEST, THERE);
    event.up = false;
    expect_reply(event, MON_ERR_NO_CORE);
    expect_reply(wants(BINDING_REQUEST_LMP, THERE), MON_ERR_NO_CORE);
    event = wants(BINDING_REQUEST, HERE);
    event.exporter.domain = 0;
    expect_reply(event, MON_ERR_NO_IREF);
    event = wants(BINDING_REQUEST, HERE);
    event.known = false;
    expect_reply(event, MON_ERR_LIMIT);
    event = wants(BINDING_REQUEST_LMP, HERE);
    event.endpoint_err = SYS_ERR_CAP_TYPE;
    expect_reply(event, SYS_ERR_CAP_TYPE);
    event = wants(BINDING_REQUEST, HERE); // that this core is up nobody asks
    event.up = false;
    step(event, true, BINDING_MEMORY_BEGIN, 0);
}

static void expect_no_memory(domainid_t who, uint64_t id)
{
    step(asks(BINDING_REQUEST_MEMORY, who, id), true, BINDING_REPLY, 0);
    CU_ASSERT(last()->err == LIB_ERR_CHAN_CLOSED && last()->domain == who);
}

static void test_memory(void)
{
    steps_begin();
    step(wants(BINDING_REQUEST, THERE), true, BINDING_SEND_PROBE, 0);
    uint64_t id = last()->id;
    CU_ASSERT(last()->core == PEER && id >> 32 == CORE);
    step(result(BINDING_SENT, SYS_ERR_OK), true, 0);
    expect_no_memory(CLIENT, id); // nothing is being made yet
    struct binding_event other = says(INTERMON_BIND_PROBED, id);
    other.core = PEER + 1; // that is not the core that was asked
    step(other, true, 0);
    step(says(INTERMON_BIND_PROBED, id + 1), true, 0);
    step(says(INTERMON_BIND_PROBED, id), true, BINDING_MEMORY_BEGIN, 0);
    CU_ASSERT(last()->most == FAMILY_MOST && last()->limited_too);
    CU_ASSERT_EQUAL(state.ends[last()->end].server_domain, FAR);
    step(result(BINDING_MEMORY, SYS_ERR_AGAIN), true, BINDING_REPLY_ID, 0);
    CU_ASSERT(last()->id == id && last()->domain == CLIENT);
    step(says(INTERMON_BIND_PROBED, id), true, 0); // said twice
    expect_no_memory(STRANGER, id);                // another's
    expect_no_memory(SERVER, id);
    expect_no_memory(CLIENT, id + 1);
    step(asks(BINDING_REQUEST_MEMORY, CLIENT, id), true, BINDING_MEMORY_STEP, 0);
    step(result(BINDING_MEMORY, SYS_ERR_OK), true, BINDING_REPLY_FRAME, BINDING_SEND_OFFER, 0);
    CU_ASSERT(last()->core == PEER && out.list[0].domain == CLIENT && out.list[0].id == id);
    step(result(BINDING_SENT, SYS_ERR_OK), true, 0);
    expect_no_memory(CLIENT, id); // it is made
}

static void test_failures(void)
{
    steps_begin();
    step(wants(BINDING_REQUEST, THERE), true, BINDING_SEND_PROBE, 0);
    step(result(BINDING_SENT, MON_ERR_LIMIT), true, BINDING_CLEAR, BINDING_REPLY, 0);
    CU_ASSERT(last()->err == MON_ERR_LIMIT && last()->domain == CLIENT);
    step(wants(BINDING_REQUEST, THERE), true, BINDING_SEND_PROBE, 0);
    struct binding_event no = says(INTERMON_BIND_PROBED, last()->id);
    no.message.bind_probed.err = MON_ERR_NO_IREF;
    step(no, true, BINDING_CLEAR, BINDING_REPLY, 0);
    CU_ASSERT_EQUAL(last()->err, MON_ERR_NO_IREF);
    step(wants(BINDING_REQUEST, HERE), true, BINDING_MEMORY_BEGIN, 0);
    step(result(BINDING_MEMORY, LIB_ERR_RAM_ALLOC), true, BINDING_CLEAR, BINDING_REPLY, 0);
    CU_ASSERT_EQUAL(last()->err, LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(state.by_id.count, 0);
    step(wants(BINDING_REQUEST, THERE), true, BINDING_SEND_PROBE, 0);
    step(says(INTERMON_BIND_PROBED, last()->id), true, BINDING_MEMORY_BEGIN, 0);
    step(result(BINDING_MEMORY, SYS_ERR_OK), true, BINDING_REPLY_FRAME, BINDING_SEND_OFFER, 0);
    step(result(BINDING_SENT, MON_ERR_CAP_SEND), false, BINDING_TELL_BOUND, 0);
    CU_ASSERT(last()->err == MON_ERR_CAP_SEND && last()->cap == BINDING_CAP_NONE);
    CU_ASSERT_EQUAL(state.ends[last()->end].state, BINDING_CLOSED);
    struct binding_event told = {.kind = BINDING_TOLD, .told = BINDING_TOLD_BOUND};
    told.end = last()->end;
    step(told, true, 0);
    CU_ASSERT_EQUAL(state.by_id.count, 0);
}

static void test_answers(void)
{
    steps_begin();
    uint64_t id = make_asked();
    struct binding_event answer = says(INTERMON_BIND_REPLY, id);
    answer.core = PEER + 1;
    step(answer, true, 0);
    answer = says(INTERMON_BIND_REPLY, id);
    answer.message.bind_reply.err = LIB_ERR_BIND_REFUSED;
    step(answer, true, BINDING_TELL_BOUND, 0);
    CU_ASSERT(last()->err == LIB_ERR_BIND_REFUSED && last()->cap == BINDING_CAP_NONE);
    CU_ASSERT_EQUAL(state.by_id.count, 0);
    id = make_open();
    step(says(INTERMON_BIND_REPLY, id), true, 0); // said twice
    CU_ASSERT_EQUAL(state.by_id.count, 1);
}

/// What a limited domain spawns on another core would be on no account.
static void test_spawnd(void)
{
    steps_begin();
    step(wants(BINDING_REQUEST, IREF_MAKE(PEER, IREF_INDEX_SPAWND)), true, BINDING_SEND_PROBE, 0);
    step(says(INTERMON_BIND_PROBED, last()->id), true, BINDING_MEMORY_BEGIN, 0);
    CU_ASSERT_FALSE(last()->limited_too);
    step(wants(BINDING_REQUEST, SPAWND_HERE), true, BINDING_MEMORY_BEGIN, 0);
    CU_ASSERT(last()->limited_too);
}

static void test_lmp(void)
{
    steps_begin();
    step(wants(BINDING_REQUEST_LMP, HERE), true, BINDING_REPLY_ID, BINDING_KEEP, BINDING_TELL_OFFER,
         0);
    CU_ASSERT(out.list[0].domain == CLIENT && last()->domain == SERVER);
    CU_ASSERT(out.list[1].end == last()->end && state.ends[last()->end].lmp);
    step(asks(BINDING_REQUEST_ANSWER, SERVER, last()->id), true, BINDING_REPLY, BINDING_TELL_BOUND,
         0);
    CU_ASSERT(last()->cap == BINDING_CAP_GIVEN && last()->of == SERVER);
}

/// The family's last place is for the client's end: there is none for the server's.
static void test_full(void)
{
    steps_begin();
    for (unsigned i = 0; i + 1 < FAMILY_MOST; i++)
        step(wants(BINDING_REQUEST, THERE), true, BINDING_SEND_PROBE, 0);
    step(wants(BINDING_REQUEST_LMP, HERE), true, BINDING_REPLY_ID, BINDING_TELL_BOUND, 0);
    CU_ASSERT(last()->err == MON_ERR_LIMIT && last()->domain == CLIENT);
    step(wants(BINDING_REQUEST, HERE), true, BINDING_MEMORY_BEGIN, 0);
    step(result(BINDING_MEMORY, SYS_ERR_OK), true, BINDING_REPLY_FRAME, BINDING_CLEAR,
         BINDING_TELL_BOUND, 0);
    CU_ASSERT(last()->err == MON_ERR_LIMIT && state.by_id.count == FAMILY_MOST - 1);
}

TEST_SUITE("binding: the client") = {
    {"sizes of areas", test_sizes},
    {"what is refused at once", test_targets},
    {"who drives the making of memory", test_memory},
    {"each failure", test_failures},
    {"answers", test_answers},
    {"another core's spawnd", test_spawnd},
    {"over LMP", test_lmp},
    {"no place for the server's end", test_full},
};
