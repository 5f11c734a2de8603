// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Domains of several monitors ask other monitors, or wait for an answer, and end when they like;
// answers come in any order, and some twice. Each question gets one answer, or its domain has ended.
#include "network.h"
#include "testlib/testlib.h"

#include "protocol/tokens.h"

#include <string.h>

enum { CORES = 4, DOMAINS = 6, STEPS = 6000, RUNS = 12 };

struct message {
    bool answer; ///< else a question
    struct intermon_reply reply;
};

struct monitor {
    struct tokens_state state;
    unsigned asked[DOMAINS], answered[DOMAINS]; ///< questions, since the domain began
    bool untaken[TOKENS_MAX];                   ///< an event is on its way to the domain
};

static struct network net;
static struct test_random rng;
static struct monitor monitors[CORES];
static unsigned to; ///< core that is asked just now

static domainid_t domain_of(unsigned core, unsigned number)
{
    return (domainid_t)core << 16 | (20 + number);
}

static unsigned number_of(domainid_t domain)
{
    return (uint16_t)domain - 20;
}

/// Gives an effect's result, if it has one.
static struct tokens_event carry_out(unsigned core, const struct tokens_effect *effect)
{
    struct monitor *monitor = &monitors[core];
    struct message message = {false, {.token = effect->reply.token}};
    switch (effect->kind) {
    case TOKENS_SEND: {
        bool sent = network_send(&net, core, to, &message, true);
        message.reply.err = sent ? SYS_ERR_OK : MON_ERR_LIMIT;
        return (struct tokens_event){.kind = TOKENS_SENT, .reply = message.reply};
    }
    case TOKENS_TELL:
        CU_ASSERT_FALSE(monitor->untaken[effect->index]);
        monitor->untaken[effect->index] = true;
        break;
    case TOKENS_TAKE_BACK:
        CU_ASSERT(monitor->untaken[effect->index]);
        monitor->untaken[effect->index] = false;
        break;
    default:
        // The number of one that waits is no answer yet.
        if (effect->kind == TOKENS_REFUSE || effect->reply.values[1] != 0)
            monitor->answered[number_of(effect->domain)]++;
    }
    return (struct tokens_event){.kind = TOKENS_NO_EVENT};
}

static void take_step(unsigned core, struct tokens_event event)
{
    NETWORK_STEPS(tokens, core, &monitors[core].state, event, TOKENS_NO_EVENT)
    CU_ASSERT(tokens_valid(&monitors[core].state));
}

static void ask(unsigned core)
{
    unsigned number = network_below(&net, DOMAINS);
    domainid_t domain = domain_of(core, number);
    to = network_below(&net, CORES);
    monitors[core].asked[number]++;
    take_step(core, (struct tokens_event){.kind = TOKENS_ASKED,
                                          .who = {domain, domain_of(core, number / 2)},
                                          .known = !network_happens(&net, 32),
                                          .wait = network_happens(&net, 2)});
}

static bool deliver(unsigned core)
{
    struct message message;
    unsigned from;
    if (!network_take_any(&net, core, &from, &message))
        return false;
    if (message.answer) {
        take_step(core, (struct tokens_event){.kind = INTERMON_REPLY, .reply = message.reply});
        return true;
    }
    message.answer = true;
    message.reply.err = network_happens(&net, 4) ? NS_ERR_NOT_FOUND : SYS_ERR_OK;
    message.reply.values[1] = 1;
    (void)network_send(&net, core, from, &message, false);
    if (network_happens(&net, 8))
        (void)network_send(&net, core, from, &message, false);
    return true;
}

static bool take(unsigned core, unsigned index)
{
    struct monitor *monitor = &monitors[core];
    if (!monitor->untaken[index])
        return false;
    monitor->untaken[index] = false;
    monitor->answered[number_of(monitor->state.tokens[index].who.domain)]++;
    take_step(core, (struct tokens_event){.kind = TOKENS_TOLD, .index = (uint16_t)index});
    return true;
}

static void end_domain(unsigned core, unsigned number)
{
    struct monitor *monitor = &monitors[core];
    domainid_t domain = domain_of(core, number);
    for (uint16_t i = 0; (i = tokens_next_of(&monitor->state, i, domain)) != TABLE_NONE; i++)
        take_step(core, (struct tokens_event){.kind = TOKENS_ENDED, .index = i});
    CU_ASSERT_EQUAL(tokens_next_of(&monitor->state, 0, domain), TABLE_NONE);
    monitor->asked[number] = monitor->answered[number] = 0;
}

static void do_something(void)
{
    unsigned core = network_below(&net, CORES);
    switch (network_below(&net, 64)) {
    case 0:
        end_domain(core, network_below(&net, DOMAINS));
        break;
    case 1 ... 24:
        ask(core);
        break;
    case 25 ... 34:
        (void)take(core, network_below(&net, 32));
        break;
    default:
        (void)deliver(core);
    }
}

static bool act(unsigned core)
{
    bool any = deliver(core);
    for (unsigned i = 0; i < TOKENS_MAX; i++)
        any |= take(core, i);
    return any;
}

static void test_runs(void)
{
    unsigned refused = 0;
    test_random_init(&rng, 13);
    for (unsigned run = 0; run < RUNS; run++) {
        network_init(&net, CORES, sizeof(struct message), &rng);
        net.refuse_one_in = 16;
        memset(monitors, 0, sizeof(monitors));
        for (unsigned core = 0; core < CORES; core++)
            tokens_init(&monitors[core].state, (coreid_t)core, CORES);
        for (unsigned i = 0; i < STEPS; i++)
            do_something();
        network_settle(&net, act);
        for (unsigned core = 0; core < CORES; core++) {
            CU_ASSERT_EQUAL(monitors[core].state.by_domain.count, 0);
            for (unsigned number = 0; number < DOMAINS; number++)
                CU_ASSERT_EQUAL(monitors[core].answered[number], monitors[core].asked[number]);
        }
        CU_ASSERT_EQUAL(net.lost, 0);
        refused += net.refused;
    }
    CU_ASSERT(refused > 0);
}

TEST_SUITE("outstanding answers") = {
    {"four monitors, any order", test_runs},
};
