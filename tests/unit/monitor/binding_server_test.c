// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The server's end of a connection: probes, offers from this core and others, a service that is
// waited for, and the server's answer.
#include "binding_steps.h"
#include "testlib/testlib.h"

#include "kpi/spawn.h"

static void expect_answer(errval_t err, domainid_t server)
{
    CU_ASSERT(last()->kind == BINDING_SEND_ANSWER && last()->core == PEER);
    CU_ASSERT(last()->message.bind_reply.err == err && last()->message.bind_reply.server == server);
}

static void expect_probed(errval_t err, domainid_t server)
{
    const struct intermon_bind_probed *probed = &last()->message.bind_probed;
    CU_ASSERT(last()->core == PEER && probed->id == 7);
    CU_ASSERT(probed->err == err && probed->server == server);
}

static void test_probes(void)
{
    steps_begin();
    step(says(INTERMON_BIND_PROBE, 7), true, BINDING_SEND_PROBED, 0);
    expect_probed(SYS_ERR_OK, SERVER);
    struct binding_event probe = says(INTERMON_BIND_PROBE, 7);
    probe.exporter.domain = 0;
    step(probe, true, BINDING_SEND_PROBED, 0);
    expect_probed(MON_ERR_NO_IREF, 0);
    probe.message.bind_probe.iref = SPAWND_HERE; // can be started
    step(probe, true, BINDING_SEND_PROBED, 0);
    expect_probed(SYS_ERR_OK, CORE << 16 | DOMAIN_SPAWND);
    for (unsigned i = 0; i < binding_share(&state, FAR); i++) {
        step(says(INTERMON_BIND_PROBE, 7), true, BINDING_SEND_PROBED, 0);
        expect_probed(SYS_ERR_OK, SERVER);
        (void)make_offered(i + 1);
    }
    step(says(INTERMON_BIND_PROBE, 7), true, BINDING_SEND_PROBED, 0);
    expect_probed(MON_ERR_LIMIT, SERVER);
    step(says(INTERMON_BIND, 7000), true, BINDING_REFUSE, BINDING_SEND_ANSWER, 0);
    expect_answer(MON_ERR_LIMIT, 0);
}

static void test_offers(void)
{
    steps_begin();
    struct binding_event offer = says(INTERMON_BIND, 9);
    offer.exporter.domain = 0;
    step(offer, true, BINDING_REFUSE, BINDING_SEND_ANSWER, 0);
    expect_answer(MON_ERR_NO_IREF, 0);
    for (unsigned i = 0; i < 4; i++) {
        step(says(INTERMON_BIND, 9), true, BINDING_RECEIVE, 0);
        struct binding_event received = result(BINDING_RECEIVED, i == 3 ? MON_ERR_PROTOCOL : 0);
        received.out_bytes = BYTES - 1; // less than the areas
        if (i == 1)
            state.ends[last()->end].in_bytes = BYTES - 1;
        if (i == 2)
            state.ends[last()->end].out_bytes = BYTES - 1;
        step(received, true, BINDING_SEND_ANSWER, BINDING_CLEAR, 0);
        CU_ASSERT_EQUAL(out.list[0].message.bind_reply.err, MON_ERR_PROTOCOL);
    }
    step(says(INTERMON_BIND, 9), true, BINDING_RECEIVE, 0);
    struct binding_event received = result(BINDING_RECEIVED, SYS_ERR_OK);
    received.out_bytes = BYTES;
    received.exporter.domain = 0; // gone meanwhile
    step(received, true, BINDING_SEND_ANSWER, BINDING_CLEAR, 0);
    CU_ASSERT_EQUAL(out.list[0].message.bind_reply.err, MON_ERR_NO_IREF);
    CU_ASSERT_EQUAL(state.by_id.count, 0);
}

static void test_waiting(void)
{
    steps_begin();
    for (unsigned i = 0; i < 3; i++) {
        struct binding_event offer = says(INTERMON_BIND, 9);
        offer.message.bind.iref = SPAWND_HERE;
        offer.exporter.domain = 0;
        step(offer, true, BINDING_RECEIVE, 0);
        struct binding_event received = result(BINDING_RECEIVED, SYS_ERR_OK);
        received.out_bytes = BYTES;
        received.exporter.domain = 0;
        step(received, true, BINDING_NEED_SPAWND, 0);
        CU_ASSERT_EQUAL(binding_next_of(&state, 0, 0), last()->end);
        struct binding_event event = result(i == 0 ? BINDING_NEEDED : BINDING_SERVICE,
                                            i < 2 ? SPAWN_ERR_NO_DOMAIN : SYS_ERR_OK);
        if (i < 2)
            step(event, true, BINDING_SEND_ANSWER, BINDING_CLEAR, 0);
        else
            step(event, true, BINDING_TELL_OFFER, 0);
        if (i < 2)
            CU_ASSERT_EQUAL(out.list[0].message.bind_reply.err, SPAWN_ERR_NO_DOMAIN);
        CU_ASSERT_EQUAL(binding_next_of(&state, 0, 0), TABLE_NONE);
    }
    CU_ASSERT_EQUAL(binding_next_of(&state, 0, SERVER), last()->end);
    CU_ASSERT_EQUAL(binding_next_of(&state, last()->end + 1, SERVER), TABLE_NONE);
}

/// spawnd of this core is not there yet, and comes; that it is wanted is no failure.
static void test_waiting_here(void)
{
    steps_begin();
    step(wants(BINDING_REQUEST_LMP, SPAWND_HERE), true, BINDING_REPLY_ID, BINDING_KEEP,
         BINDING_NEED_SPAWND, 0);
    struct binding_event service = result(BINDING_SERVICE, SYS_ERR_OK);
    step(result(BINDING_NEEDED, SYS_ERR_OK), true, 0);
    step(service, true, BINDING_TELL_OFFER, 0);
    step(wants(BINDING_REQUEST_LMP, SPAWND_HERE), true, BINDING_REPLY_ID, BINDING_KEEP,
         BINDING_NEED_SPAWND, 0);
    step(result(BINDING_NEEDED, SPAWN_ERR_LIMIT), true, BINDING_TELL_BOUND, BINDING_CLEAR, 0);
    CU_ASSERT(out.list[0].domain == CLIENT && out.list[0].err == SPAWN_ERR_LIMIT);
    CU_ASSERT_EQUAL(state.by_id.count, 2);
}

static void expect_refused(domainid_t who, uint64_t id)
{
    step(asks(BINDING_REQUEST_ANSWER, who, id), true, BINDING_REPLY, 0);
    CU_ASSERT(last()->err == LIB_ERR_CHAN_CLOSED && last()->domain == who);
}

static void test_answers(void)
{
    steps_begin();
    uint64_t id = make_offered(11);
    expect_refused(STRANGER, id);
    expect_refused(SERVER, id + 1);
    step(asks(BINDING_REQUEST_ANSWER, SERVER, id), true, BINDING_REPLY_NOTIFY, BINDING_SEND_ANSWER,
         0);
    expect_answer(SYS_ERR_OK, SERVER);
    CU_ASSERT(out.list[0].of == 0 && last()->message.bind_reply.id == id);
    expect_refused(SERVER, id); // it has answered
    struct binding_event refuses = asks(BINDING_REQUEST_ANSWER, SERVER, make_offered(12));
    refuses.err = SYS_ERR_RIGHTS;
    step(refuses, true, BINDING_SEND_ANSWER, BINDING_CLEAR, BINDING_REPLY, 0);
    CU_ASSERT_EQUAL(out.list[0].message.bind_reply.err,
                    err_push(SYS_ERR_RIGHTS, LIB_ERR_BIND_REFUSED));
    CU_ASSERT(last()->err == SYS_ERR_OK && last()->domain == SERVER);
}

static void test_answers_here(void)
{
    steps_begin();
    uint64_t id = make_local(true);
    CU_ASSERT(last()->cap == BINDING_CAP_SERVER && last()->of == SERVER);
    CU_ASSERT(out.list[0].of == CLIENT && binding_next_of(&state, 0, CLIENT) == last()->end);
    id = make_local(false);
    struct binding_event refuses = asks(BINDING_REQUEST_ANSWER, SERVER, id);
    refuses.err = SYS_ERR_RIGHTS;
    step(refuses, true, BINDING_TELL_BOUND, BINDING_CLEAR, BINDING_REPLY, 0);
    CU_ASSERT_EQUAL(out.list[0].domain, CLIENT);
    CU_ASSERT_EQUAL(state.by_id.count, 2);
    step(wants(BINDING_REQUEST_LMP, HERE), true, BINDING_REPLY_ID, BINDING_KEEP, BINDING_TELL_OFFER,
         0);
    struct binding_event bare = asks(BINDING_REQUEST_ANSWER, SERVER, last()->id);
    bare.endpoint_err = LIB_ERR_INVALID_ARGS; // accepts, and brings no endpoint
    step(bare, true, BINDING_REPLY, 0);
    CU_ASSERT_EQUAL(last()->err, LIB_ERR_INVALID_ARGS);
    bare.err = SYS_ERR_RIGHTS; // needs none
    step(bare, true, BINDING_TELL_BOUND, BINDING_CLEAR, BINDING_REPLY, 0);
    CU_ASSERT_EQUAL(last()->err, SYS_ERR_OK);
}

TEST_SUITE("binding: the server") = {
    {"probes", test_probes},
    {"offers of another core", test_offers},
    {"a service that is waited for", test_waiting},
    {"spawnd of this core", test_waiting_here},
    {"answers to another core", test_answers},
    {"answers to this core", test_answers_here},
};
