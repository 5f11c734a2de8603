// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The table of ends: shares, the whole table and each place in it, and that the validator sees what
// is wrong.
#include "binding_steps.h"
#include "testlib/testlib.h"

static void ask_of(domainid_t family, unsigned number, bool gets)
{
    struct binding_event event = wants(BINDING_REQUEST, THERE);
    event.who = (struct member){family + number, family};
    if (gets)
        step(event, true, BINDING_SEND_PROBE, 0);
    else
        step(event, true, BINDING_REPLY, 0);
    CU_ASSERT_EQUAL(last()->err, gets ? SYS_ERR_OK : MON_ERR_LIMIT);
}

static void test_shares(void)
{
    steps_begin();
    CU_ASSERT_EQUAL(binding_share(&state, CLIENT), FAMILY_MOST);
    CU_ASSERT_EQUAL(binding_share(&state, FAR), BINDING_ENDS_MAX / 2 / CORES);
    state.cores = 64; // at least eight
    CU_ASSERT_EQUAL(binding_share(&state, FAR), 8);
    state.cores = 16;
    CU_ASSERT_EQUAL(binding_share(&state, FAR), 16);
    state.cores = CORES;
    for (unsigned i = 0; i <= FAMILY_MOST; i++)
        ask_of(CLIENT, i, i < FAMILY_MOST);
    ask_of(CLIENT + 4096, 0, true);
}

static void test_each_place(void)
{
    steps_begin();
    for (unsigned i = 0; i <= BINDING_ENDS_MAX; i++)
        ask_of(((domainid_t)CORE << 16) + (i / 64 + 1) * 1024, i % 64, i < BINDING_ENDS_MAX);
    for (unsigned i = 0; i < BINDING_ENDS_MAX; i++) {
        struct binding_end *end = &state.ends[i];
        struct member who = end->owner;
        CU_ASSERT_EQUAL(binding_next_of(&state, 0, who.domain), i);
        step(asks(BINDING_REQUEST_DISCONNECT, who.domain, end->id), true, BINDING_CLEAR,
             BINDING_REPLY, 0);
        CU_ASSERT_EQUAL(end->state, BINDING_FREE);
        ask_of(who.family, who.domain - who.family, true);
        CU_ASSERT_EQUAL(last()->end, i);
        ask_of(who.family, who.domain - who.family, false);
    }
}

static void expect_seen(bool *damage)
{
    *damage = !*damage;
    CU_ASSERT_FALSE(binding_valid(&state));
    *damage = !*damage;
    CU_ASSERT(binding_valid(&state));
}

static void test_damage(void)
{
    steps_begin();
    (void)make_open();
    struct binding_end *end = &state.ends[last()->end];
    CU_ASSERT(binding_valid(&state));
    expect_seen(&end->left);
    expect_seen(&end->relay_due);
    end->state = BINDING_CLOSED;
    CU_ASSERT_FALSE(binding_valid(&state)); // waits for nothing
    end->state = BINDING_WAITING;
    CU_ASSERT_FALSE(binding_valid(&state)); // has a domain
    end->state = BINDING_FREE;
    CU_ASSERT_FALSE(binding_valid(&state)); // is still in the table
    end->state = BINDING_OPEN;
    end->relay_due = true;
    list_add(&state.due, &end->due);
    CU_ASSERT(binding_valid(&state));
    end->due.next = &end->due;
    CU_ASSERT_FALSE(binding_valid(&state)); // a circle
    end->due.next = &state.due;
    list_add(&state.due, &state.ends[1].due);
    CU_ASSERT_FALSE(binding_valid(&state)); // no end
    list_remove(&state.ends[1].due);
    end->caps_out = BINDING_CAPS_MAX + 1;
    CU_ASSERT_FALSE(binding_valid(&state)); // B3
    end->caps_out = 0;
    state.by_id.used = 0;
    CU_ASSERT_FALSE(binding_valid(&state));
}

/// The same number at both ends, and one that is closed already.
static void test_found(void)
{
    steps_begin();
    uint64_t id = make_local(true);
    const domainid_t who[] = {CLIENT, SERVER, STRANGER, 0};
    for (unsigned i = 0; i < 4; i++) {
        step(asks(BINDING_REQUEST_CHECK, who[i], id), true, BINDING_REPLY, 0);
        CU_ASSERT_EQUAL(last()->err, i < 2 ? SYS_ERR_OK : LIB_ERR_CHAN_CLOSED);
    }
    step(asks(BINDING_REQUEST_DISCONNECT, SERVER, id), false, BINDING_TELL_GONE, BINDING_CLEAR,
         BINDING_REPLY, 0);
    step(asks(BINDING_REQUEST_CHECK, CLIENT, id), true, BINDING_REPLY, 0);
    CU_ASSERT_EQUAL(last()->err, LIB_ERR_CHAN_CLOSED);
    step((struct binding_event){.kind = BINDING_NO_EVENT}, true, 0);
}

TEST_SUITE("binding: ends") = {
    {"shares of families", test_shares},
    {"the full table, each place", test_each_place},
    {"damage is seen", test_damage},
    {"who finds what", test_found},
};
