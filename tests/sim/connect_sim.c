// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Monitors that send one another numbered messages and ask for direct channels while they do: first
// along the tree, then directly, each way a FIFO. Whatever fails and whoever asks at once, messages
// arrive in order (IM1), and in the end both sides of a channel use it or neither does (N2).
#include "network.h"
#include "testlib/testlib.h"

#include "protocol/connect.h"

#include <string.h>

enum { CORES = 6, STEPS = 6000, RUNS = 40 };

/// What a monitor has of a peer.
struct peer {
    bool channel, reads, writes;
    uint64_t sent, received; ///< numbered messages
};

static struct network tree, direct;
static struct test_random rng;
static struct boot_tree boot;
static struct connect_state states[CORES];
static struct peer peers[CORES][CORES];
static unsigned opened, refused;

/// A numbered message is one that is about something else.
static void send(unsigned core, unsigned to, struct intermon_message message)
{
    struct network *net = peers[core][to].writes ? &direct : &tree;
    CU_ASSERT(network_send(net, core, to, &message, false));
}

static struct connect_event result_of(const struct connect_effect *effect,
                                      enum connect_event_kind kind, errval_t err)
{
    return (struct connect_event){
        .kind = kind, .peer = effect->peer, .number = effect->number, .err = err};
}

static void take_step(unsigned core, struct connect_event event);

static void want(unsigned core, unsigned peer)
{
    take_step(core, (struct connect_event){.kind = CONNECT_WANTED,
                                           .peer = (coreid_t)peer,
                                           .up = !network_happens(&tree, 8)});
}

/// What is sent while an effect is carried out may be the message after which a channel is wanted.
static void want_meanwhile(unsigned core, unsigned peer)
{
    if (network_below(&tree, 8) == 0 && !peers[core][peer].channel)
        want(core, peer);
}

/// Makes this side of a channel, or fails to.
static errval_t make(struct peer *peer)
{
    CU_ASSERT_FALSE(peer->channel);
    if (network_happens(&tree, 2))
        return LIB_ERR_MALLOC_FAIL;
    *peer = (struct peer){.channel = true, .sent = peer->sent, .received = peer->received};
    return SYS_ERR_OK;
}

static struct connect_event ask(unsigned core, const struct connect_effect *effect)
{
    struct peer *peer = &peers[core][effect->peer];
    struct intermon_message message = {INTERMON_CONNECT, .connect = {.number = effect->number}};
    errval_t err = make(peer);
    if (err_is_ok(err) && !network_send(&tree, core, effect->peer, &message, true)) {
        peer->channel = false;
        err = MON_ERR_LIMIT;
    }
    return result_of(effect, CONNECT_SENT, err);
}

/// Gives an effect's result, if it has one.
static struct connect_event carry_out(unsigned core, const struct connect_effect *effect)
{
    struct peer *peer = &peers[core][effect->peer];
    switch (effect->kind) {
    case CONNECT_ASK:
        return ask(core, effect);
    case CONNECT_TAKE_BACK:
        CU_ASSERT(peer->channel && !peer->reads && !peer->writes);
        peer->channel = false;
        break;
    case CONNECT_ACCEPT:
        want_meanwhile(core, effect->peer); // the capability is acknowledged
        return result_of(effect, CONNECT_ACCEPTED, make(peer));
    case CONNECT_REFUSE:
        refused++;
        break;
    case CONNECT_REPLY:
        send(core, effect->peer,
             (struct intermon_message){INTERMON_CONNECTED,
                                       .connected = {effect->err, effect->number}});
        want_meanwhile(core, effect->peer);
        break;
    case CONNECT_SET_NOTIFY:
        return result_of(effect, CONNECT_NOTIFIED, SYS_ERR_OK);
    case CONNECT_SEND_SWITCH:
        send(core, effect->peer, (struct intermon_message){.op = INTERMON_SWITCHED});
        break;
    case CONNECT_READ:
        CU_ASSERT(peer->channel && !peer->reads);
        peer->reads = true;
        break;
    case CONNECT_WRITE:
        CU_ASSERT(peer->channel && !peer->writes);
        peer->writes = true;
        opened++;
        break;
    }
    return (struct connect_event){.kind = CONNECT_NO_EVENT};
}

static void take_step(unsigned core, struct connect_event event)
{
    NETWORK_STEPS(connect, core, &states[core], event, CONNECT_NO_EVENT)
}

static bool deliver(unsigned from, unsigned to)
{
    struct intermon_message message;
    bool reads = peers[to][from].reads && network_below(&tree, 2) == 0;
    if (!(reads && network_take(&direct, from, to, &message)) &&
        !network_take(&tree, from, to, &message) &&
        !(peers[to][from].reads && network_take(&direct, from, to, &message)))
        return false;
    if (message.op == INTERMON_GONE) {
        CU_ASSERT_EQUAL(message.gone.id, peers[to][from].received);
        peers[to][from].received = message.gone.id + 1;
    } else {
        take_step(to, (struct connect_event){
                          .kind = message.op, .peer = (coreid_t)from, .message = message});
    }
    return true;
}

static void do_something(void)
{
    unsigned core = network_below(&tree, CORES), other = network_below(&tree, CORES);
    struct peer *peer = &peers[core][other];
    if (core == other)
        return;
    switch (network_below(&tree, 16)) {
    case 0 ... 2:
        want(core, other);
        break;
    case 3 ... 7:
        send(core, other, (struct intermon_message){INTERMON_GONE, .gone = {.id = peer->sent++}});
        break;
    default:
        (void)deliver(other, core);
    }
}

static bool act(unsigned to)
{
    bool any = false;
    for (unsigned from = 0; from < CORES; from++)
        any |= deliver(from, to);
    return any;
}

static void check(unsigned a, unsigned b)
{
    const struct peer *one = &peers[a][b], *other = &peers[b][a];
    bool neighbours = boot.parent[a] == b || boot.parent[b] == a;
    CU_ASSERT_EQUAL(one->sent, other->received);
    CU_ASSERT_EQUAL(one->channel, other->channel);
    CU_ASSERT(one->reads == one->channel && one->writes == one->channel);
    CU_ASSERT_EQUAL(states[a].peers[b].state,
                    one->channel || neighbours || a == b ? CONNECT_OPEN : CONNECT_NONE);
    CU_ASSERT_FALSE(one->channel && (neighbours || a == b));
}

static void run(void)
{
    static const uint16_t nodes[CORES];
    network_init(&tree, CORES, sizeof(struct intermon_message), &rng);
    network_init(&direct, CORES, sizeof(struct intermon_message), &rng);
    tree.refuse_one_in = 8;
    memset(peers, 0, sizeof(peers));
    CU_ASSERT_EQUAL(boot_tree_make(&boot, nodes, CORES, 2), SYS_ERR_OK);
    for (unsigned core = 0; core < CORES; core++)
        connect_init(&states[core], (coreid_t)core, &boot);
    for (unsigned i = 0; i < STEPS; i++)
        do_something();
    network_settle(&tree, act);
    for (unsigned a = 0; a < CORES; a++)
        for (unsigned b = 0; b < CORES; b++)
            check(a, b);
}

static void test_runs(void)
{
    test_random_init(&rng, 17);
    opened = refused = 0;
    for (unsigned i = 0; i < RUNS; i++)
        run();
    CU_ASSERT(opened > RUNS && refused > RUNS);
}

TEST_SUITE("direct channels") = {
    {"six monitors, any order", test_runs},
};
