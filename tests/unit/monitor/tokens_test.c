// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests whose answers are outstanding: each gets one answer, late ones find nobody, a family has
// its share, and every place of the table comes back.

#include "protocol/tokens.h"
#include "testlib/testlib.h"

enum { CORE = 1, CORES = 4, FAMILY_MOST = TOKENS_MAX / 4, DOMAIN = CORE << 16 | 20, OTHER };

static struct tokens_state state;
static struct tokens_effects out;

static void step(struct tokens_event event)
{
    tokens_step(&state, &event, &out);
    CU_ASSERT(tokens_valid(&state));
}

static struct member alone(domainid_t domain)
{
    return (struct member){domain, domain};
}

static void expect(unsigned at, enum tokens_effect_kind kind, domainid_t domain)
{
    CU_ASSERT_FATAL(at < out.count);
    CU_ASSERT_EQUAL(out.list[at].kind, kind);
    CU_ASSERT_EQUAL(out.list[at].domain, domain);
}

static void ask(struct member who, bool wait)
{
    step((struct tokens_event){.kind = TOKENS_ASKED, .who = who, .known = true, .wait = wait});
}

/// Asks, and gives the token that is sent; zero, which is none, if it was refused.
static uint64_t token_for(struct member who, bool wait)
{
    ask(who, wait);
    const struct tokens_effect *last = &out.list[out.count - 1];
    return last->kind == TOKENS_SEND ? last->reply.token : 0;
}

static void answer(uint64_t token, errval_t err)
{
    step((struct tokens_event){.kind = INTERMON_REPLY, .reply = {token, err, {7, 8, 9}}});
}

static void begin(void)
{
    tokens_init(&state, CORE, CORES);
    CU_ASSERT(tokens_valid(&state));
    step((struct tokens_event){.kind = TOKENS_NO_EVENT});
    CU_ASSERT_EQUAL(out.count, 0);
}

static void test_reply(void)
{
    begin();
    uint64_t token = token_for(alone(DOMAIN), false);
    CU_ASSERT_EQUAL(out.count, 1);
    expect(0, TOKENS_SEND, DOMAIN);
    step((struct tokens_event){.kind = TOKENS_SENT, .reply.token = token});
    CU_ASSERT_EQUAL(out.count, 0);
    answer(token, SYS_ERR_OK);
    CU_ASSERT_EQUAL(out.count, 1);
    expect(0, TOKENS_REPLY, DOMAIN);
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(out.list[0].reply.values[i], 7 + i);
    token = token_for(alone(DOMAIN), false);
    answer(token, NS_ERR_NAME);
    CU_ASSERT_EQUAL(out.count, 1);
    expect(0, TOKENS_REFUSE, DOMAIN);
    CU_ASSERT_EQUAL(out.list[0].reply.err, NS_ERR_NAME);
    CU_ASSERT_EQUAL(state.by_domain.count, 0);
}

static void test_wait(void)
{
    begin();
    uint64_t token = token_for(alone(DOMAIN), true);
    CU_ASSERT_EQUAL(out.count, 2);
    expect(0, TOKENS_REPLY, DOMAIN);
    CU_ASSERT_EQUAL(out.list[0].reply.values[0], token);
    expect(1, TOKENS_SEND, DOMAIN);
    answer(token, NS_ERR_NAME);
    CU_ASSERT_EQUAL(out.count, 1);
    expect(0, TOKENS_TELL, DOMAIN);
    CU_ASSERT_EQUAL(out.list[0].reply.token, token);
    CU_ASSERT_EQUAL(out.list[0].reply.err, NS_ERR_NAME);
    CU_ASSERT_EQUAL(out.list[0].reply.values[0], 7);
    uint16_t index = out.list[0].index;
    answer(token, SYS_ERR_OK); // once more
    CU_ASSERT_EQUAL(out.count, 0);
    step((struct tokens_event){.kind = TOKENS_TOLD, .index = index});
    CU_ASSERT_EQUAL(out.count, 0);
    CU_ASSERT_EQUAL(state.by_domain.count, 0);
}

static void test_not_sent(void)
{
    begin();
    uint64_t token = token_for(alone(DOMAIN), false);
    step((struct tokens_event){.kind = TOKENS_SENT,
                               .reply = {.token = token, .err = MON_ERR_NO_CORE}});
    CU_ASSERT_EQUAL(out.count, 1);
    expect(0, TOKENS_REFUSE, DOMAIN);
    CU_ASSERT_EQUAL(out.list[0].reply.err, MON_ERR_NO_CORE);
    token = token_for(alone(DOMAIN), true);
    step((struct tokens_event){.kind = TOKENS_SENT,
                               .reply = {.token = token, .err = MON_ERR_LIMIT}});
    expect(0, TOKENS_TELL, DOMAIN);
    CU_ASSERT_EQUAL(out.list[0].reply.err, MON_ERR_LIMIT);
}

static void test_late(void)
{
    begin();
    uint64_t token = token_for(alone(DOMAIN), false);
    answer(token, SYS_ERR_OK);
    answer(token, SYS_ERR_OK);
    CU_ASSERT_EQUAL(out.count, 0);
    uint64_t next = token_for(alone(OTHER), false); // the same place
    CU_ASSERT_NOT_EQUAL(next, token);
    CU_ASSERT_EQUAL((uint16_t)next, (uint16_t)token);
    answer(token, SYS_ERR_OK);
    CU_ASSERT_EQUAL(out.count, 0);
    answer(next | TOKENS_MAX, SYS_ERR_OK); // no index of the table
    CU_ASSERT_EQUAL(out.count, 0);
    answer(next ^ UINT64_C(1) << 60, SYS_ERR_OK);
    CU_ASSERT_EQUAL(out.count, 0);
    answer(next, SYS_ERR_OK);
    expect(0, TOKENS_REPLY, OTHER);
}

static void test_ended(void)
{
    begin();
    uint64_t out_token = token_for(alone(DOMAIN), true), told = token_for(alone(DOMAIN), true);
    uint64_t others = token_for(alone(OTHER), false);
    answer(told, SYS_ERR_OK);
    unsigned taken_back = 0, count = 0;
    for (uint16_t i = 0; (i = tokens_next_of(&state, i, DOMAIN)) != TABLE_NONE; i++, count++) {
        step((struct tokens_event){.kind = TOKENS_ENDED, .index = i});
        taken_back += out.count;
        if (out.count != 0) {
            expect(0, TOKENS_TAKE_BACK, DOMAIN);
            CU_ASSERT_EQUAL(out.list[0].index, i);
            CU_ASSERT_EQUAL(i, (uint16_t)told);
        }
    }
    CU_ASSERT_EQUAL(count, 2);
    CU_ASSERT_EQUAL(taken_back, 1);
    answer(out_token, SYS_ERR_OK);
    CU_ASSERT_EQUAL(out.count, 0);
    CU_ASSERT_EQUAL(tokens_next_of(&state, 0, OTHER), (uint16_t)others);
    CU_ASSERT_EQUAL(tokens_next_of(&state, 0, 0), TABLE_NONE);
}

static void test_shares(void)
{
    begin();
    step((struct tokens_event){.kind = TOKENS_ASKED, .who = alone(DOMAIN)}); // not known
    expect(0, TOKENS_REFUSE, DOMAIN);
    CU_ASSERT_EQUAL(out.list[0].reply.err, MON_ERR_LIMIT);
    uint64_t token = 0;
    for (unsigned i = 0; i < FAMILY_MOST; i++) {
        token = token_for((struct member){DOMAIN + i, DOMAIN}, false);
        CU_ASSERT_NOT_EQUAL(token, 0);
    }
    CU_ASSERT_EQUAL(token_for((struct member){DOMAIN, DOMAIN}, false), 0);
    CU_ASSERT_EQUAL(out.count, 1);
    expect(0, TOKENS_REFUSE, DOMAIN);
    CU_ASSERT_EQUAL(out.list[0].reply.err, MON_ERR_LIMIT);
    answer(token, SYS_ERR_OK);
    CU_ASSERT_NOT_EQUAL(token_for((struct member){OTHER, DOMAIN}, false), 0);
}

static void test_each_place(void)
{
    static uint64_t tokens[TOKENS_MAX];
    begin();
    for (unsigned i = 0; i < TOKENS_MAX; i++)
        tokens[i] = token_for(alone(DOMAIN + i), i % 2 == 0);
    CU_ASSERT_EQUAL(token_for(alone(DOMAIN + TOKENS_MAX), false), 0);
    for (unsigned i = 0; i < TOKENS_MAX; i++) {
        answer(tokens[i], SYS_ERR_OK);
        expect(0, i % 2 == 0 ? TOKENS_TELL : TOKENS_REPLY, DOMAIN + i);
        if (i % 2 == 0)
            step((struct tokens_event){.kind = TOKENS_TOLD, .index = (uint16_t)tokens[i]});
        tokens[i] = token_for(alone(DOMAIN + i), i % 2 == 0);
        CU_ASSERT_NOT_EQUAL(tokens[i], 0);
        CU_ASSERT_EQUAL(token_for(alone(DOMAIN + TOKENS_MAX), false), 0);
    }
}

static void test_damage(void)
{
    begin();
    uint16_t i = (uint16_t)token_for(alone(DOMAIN), false);
    state.tokens[i].state = TOKEN_TELLING; // though nobody waits
    CU_ASSERT_FALSE(tokens_valid(&state));
    state.tokens[i].state = TOKEN_OUT;
    shares_add(&state.shares, DOMAIN);
    CU_ASSERT_FALSE(tokens_valid(&state));
    shares_remove(&state.shares, DOMAIN);
    CU_ASSERT(tokens_valid(&state));
    state.tokens[i + 1] = state.tokens[i];
    shares_add(&state.shares, DOMAIN);
    CU_ASSERT_FALSE(tokens_valid(&state));
}

static void take_foreign(void)
{
    step((struct tokens_event){.kind = INTERMON_HELLO});
}

static void take_unknown(void)
{
    step((struct tokens_event){.kind = TOKENS_ENDED + 1});
}

/// EF3: what is another machine's, or nobody's, is not taken for anything else.
static void test_foreign(void)
{
    begin();
    test_dies(take_foreign);
    test_dies(take_unknown);
}

TEST_SUITE("outstanding answers") = {
    {"a reply", test_reply},
    {"one who waits", test_wait},
    {"what was not sent", test_not_sent},
    {"late answers", test_late},
    {"a domain ends", test_ended},
    {"a family has a share", test_shares},
    {"the full table, each place", test_each_place},
    {"damage is seen", test_damage},
    {"an event of another machine", test_foreign},
};
