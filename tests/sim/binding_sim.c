// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Connections between the domains of three monitors: their binding machines, a FIFO channel from
// each to each that may be full, domains that ask, answer, disconnect, end and take their events
// when they like, in an order that a seed gives. After each step every machine is valid and knows of
// as much memory as there is. When everything has been said and taken, both ends of a connection are
// open or both are gone; when all domains have ended, nothing is left.
#include "network.h"
#include "testlib/testlib.h"

#include "if/monitor.h"
#include "protocol/binding.h"

#include <string.h>

enum { CORES = 3, DOMAINS = 4, SERVICES = 2, STEPS = 4000, RUNS = 24 };
enum { AREA_BYTES = 4096, MEMORY_STEPS = 3 };

struct monitor {
    struct binding_state state;
    bool full[BINDING_ENDS_MAX];       ///< an end holds a frame, or memory that becomes one
    uint8_t untaken[BINDING_ENDS_MAX]; ///< enum binding_told
    domainid_t told[BINDING_ENDS_MAX]; ///< whose these are
    unsigned steps[BINDING_ENDS_MAX];  ///< left until memory is made
    bool spawnd;                       ///< exports
    uint8_t caps[BINDING_ENDS_MAX][BINDING_CAPS_MAX]; ///< what is kept, by number; 0: nothing
    uint8_t next[BINDING_ENDS_MAX];                   ///< what its domain is to be told next
};

static struct monitor monitors[CORES];
static struct network net;
static struct test_random rng;
static unsigned refused, opened, passed;

static uint64_t below(uint64_t bound)
{
    return test_random_below(&rng, bound);
}

static domainid_t domain_of(unsigned core, unsigned number)
{
    return (domainid_t)core << 16 | (20 + number);
}

/// The first domains of each core export a service, its number being the iref's index less 16.
static struct member exporter_of(unsigned core, iref_t iref)
{
    struct member none = {0, 0};
    domainid_t domain = domain_of(core, IREF_INDEX(iref) - 16);
    if (IREF_CORE(iref) != core)
        return none;
    if (IREF_INDEX(iref) == IREF_INDEX_SPAWND)
        domain = monitors[core].spawnd ? domain_of(core, 0) : 0;
    return (struct member){domain, domain};
}

static void take_step(unsigned core, struct binding_event event);

static struct binding_event result_of(unsigned core, enum binding_event_kind kind,
                                      const struct binding_effect *effect, errval_t err)
{
    iref_t iref = monitors[core].state.ends[effect->end].iref;
    return (struct binding_event){.kind = kind,
                                  .what = effect->kind,
                                  .end = effect->end,
                                  .who = {.domain = effect->domain},
                                  .exporter = exporter_of(core, iref),
                                  .err = err,
                                  .out_bytes = AREA_BYTES};
}

static struct binding_event carry_out_send(unsigned core, const struct binding_effect *effect)
{
    bool request = effect->kind != BINDING_SEND_PROBED && effect->kind != BINDING_SEND_ANSWER &&
                   effect->kind != BINDING_SEND_GONE;
    bool sent = network_send(&net, core, effect->core, &effect->message, request);
    bool answered = request || (effect->kind == BINDING_SEND_GONE && effect->domain != 0);
    if (effect->kind == BINDING_SEND_OFFER)
        monitors[core].full[effect->end] = false;
    refused += sent ? 0 : 1;
    return answered ? result_of(core, BINDING_SENT, effect, sent ? SYS_ERR_OK : MON_ERR_LIMIT)
                    : (struct binding_event){.kind = BINDING_NO_EVENT};
}

static struct binding_event carry_out_memory(unsigned core, const struct binding_effect *effect)
{
    struct monitor *monitor = &monitors[core];
    errval_t err = below(16) == 0 ? LIB_ERR_RAM_ALLOC : SYS_ERR_OK;
    if (effect->kind == BINDING_MEMORY_BEGIN) {
        CU_ASSERT_FALSE(monitor->full[effect->end]);
        monitor->full[effect->end] = err_is_ok(err);
        monitor->steps[effect->end] = MEMORY_STEPS;
    }
    if (err_is_ok(err) && --monitor->steps[effect->end] > 0)
        err = SYS_ERR_AGAIN;
    return result_of(core, BINDING_MEMORY, effect, err);
}

static void tell(unsigned core, const struct binding_effect *effect, uint8_t told)
{
    struct monitor *monitor = &monitors[core];
    CU_ASSERT_EQUAL(monitor->untaken[effect->end] & told, 0);
    monitor->untaken[effect->end] |= told;
    monitor->told[effect->end] = effect->domain;
    if (effect->kind == BINDING_TELL_BOUND && err_is_ok(effect->err))
        opened++;
}

/// Capabilities are numbers that count up: each end's domain is told of them in their order, of each
/// once.
static void tell_cap(unsigned core, const struct binding_effect *effect)
{
    struct monitor *monitor = &monitors[core];
    tell(core, effect, BINDING_TOLD_CAP);
    if (!effect->has)
        return;
    uint8_t *place = &monitor->caps[effect->end][effect->number % BINDING_CAPS_MAX];
    CU_ASSERT_EQUAL(effect->number, monitor->next[effect->end]);
    CU_ASSERT_EQUAL(*place, 1);
    *place = 0;
    monitor->next[effect->end]++;
    passed++;
}

static void keep_cap(unsigned core, const struct binding_effect *effect)
{
    uint8_t *place = &monitors[core].caps[effect->end][effect->number % BINDING_CAPS_MAX];
    CU_ASSERT_EQUAL(*place, 0);
    *place = 1;
}

/// Gives an effect's result, if it has one.
static struct binding_event carry_out(unsigned core, const struct binding_effect *effect)
{
    struct monitor *monitor = &monitors[core];
    bool received = below(8) != 0;
    switch (effect->kind) {
    case BINDING_TELL_OFFER:
        CU_ASSERT(monitor->full[effect->end]);
        monitor->full[effect->end] = false;
        tell(core, effect, BINDING_TOLD_BOUND);
        break;
    case BINDING_TELL_BOUND:
        tell(core, effect, BINDING_TOLD_BOUND);
        break;
    case BINDING_TELL_GONE:
        tell(core, effect, BINDING_TOLD_GONE);
        break;
    case BINDING_SEND_PROBE:
    case BINDING_SEND_PROBED:
    case BINDING_SEND_OFFER:
    case BINDING_SEND_ANSWER:
    case BINDING_SEND_GONE:
    case BINDING_SEND_RELAY:
    case BINDING_SEND_CAP:
    case BINDING_SEND_TAKEN:
        return carry_out_send(core, effect);
    case BINDING_TELL_CAP:
        tell_cap(core, effect);
        return result_of(core, BINDING_SENT, effect, SYS_ERR_OK);
    case BINDING_KEEP_CAP:
        keep_cap(core, effect);
        break;
    case BINDING_MEMORY_BEGIN:
    case BINDING_MEMORY_STEP:
        return carry_out_memory(core, effect);
    case BINDING_KEEP:
        monitor->full[effect->end] = true;
        break;
    case BINDING_MOVE:
        CU_ASSERT(monitor->full[effect->from]);
        monitor->full[effect->from] = false;
        monitor->full[effect->end] = true;
        break;
    case BINDING_CLEAR:
        monitor->full[effect->end] = false;
        monitor->untaken[effect->end] = 0;
        memset(monitor->caps[effect->end], 0, BINDING_CAPS_MAX);
        break;
    case BINDING_RECEIVE:
        monitor->full[effect->end] = received;
        return result_of(core, BINDING_RECEIVED, effect,
                         received ? SYS_ERR_OK : LIB_ERR_SLOT_ALLOC_NO_SPACE);
    case BINDING_NEED_SPAWND:
        if (below(4) == 0)
            return result_of(core, BINDING_NEEDED, effect, SPAWN_ERR_LIMIT);
        break;
    default:
        break;
    }
    return (struct binding_event){.kind = BINDING_NO_EVENT};
}

/// What an end holds is what its state says.
static void check(unsigned core)
{
    struct monitor *monitor = &monitors[core];
    CU_ASSERT(binding_valid(&monitor->state));
    for (unsigned i = 0; i < monitor->state.by_id.used; i++) {
        const struct binding_end *end = &monitor->state.ends[i];
        bool holds = end->state == BINDING_FILLING || end->state == BINDING_WAITING;
        CU_ASSERT_EQUAL(monitor->full[i], holds);
        CU_ASSERT_EQUAL(monitor->untaken[i], end->telling);
        for (unsigned n = 0; n < BINDING_CAPS_MAX; n++)
            CU_ASSERT_EQUAL(monitor->caps[i][n], end->caps_here >> n & 1);
        monitor->next[i] = end->state == BINDING_FREE ? 0 : monitor->next[i];
    }
}

static void take_step(unsigned core, struct binding_event event)
{
    NETWORK_STEPS(binding, core, &monitors[core].state, event, BINDING_NO_EVENT)
    check(core);
}

static bool deliver(unsigned from, unsigned to)
{
    struct intermon_message message;
    if (!network_take(&net, from, to, &message))
        return false;
    iref_t iref = message.op == INTERMON_BIND ? message.bind.iref : message.bind_probe.iref;
    take_step(to, (struct binding_event){.kind = message.op,
                                         .core = (coreid_t)from,
                                         .exporter = exporter_of(to, iref),
                                         .message = message});
    return true;
}

/// A domain takes an event of an end.
static bool take(unsigned core, unsigned end)
{
    struct monitor *monitor = &monitors[core];
    uint8_t told = monitor->untaken[end] & (uint8_t)-monitor->untaken[end]; // some order
    if (monitor->untaken[end] == 0)
        return false;
    monitor->untaken[end] &= (uint8_t)~told;
    take_step(core,
              (struct binding_event){.kind = BINDING_TOLD, .end = (uint16_t)end, .told = told});
    return true;
}

static void end_domain(unsigned core, domainid_t domain)
{
    const struct binding_state *state = &monitors[core].state;
    for (uint16_t i = 0; (i = binding_next_of(state, i, domain)) != TABLE_NONE; i++)
        take_step(core, (struct binding_event){.kind = BINDING_ENDED, .end = i});
    CU_ASSERT_EQUAL(binding_next_of(state, 0, domain), TABLE_NONE);
}

static void change_spawnd(unsigned core)
{
    struct monitor *monitor = &monitors[core];
    iref_t iref = IREF_MAKE(core, IREF_INDEX_SPAWND);
    monitor->spawnd = !monitor->spawnd;
    struct binding_event event = {.kind = BINDING_SERVICE, .exporter = exporter_of(core, iref)};
    event.err = monitor->spawnd ? SYS_ERR_OK : SPAWN_ERR_NO_DOMAIN;
    for (uint16_t i = 0; (i = binding_next_of(&monitor->state, i, 0)) != TABLE_NONE; i++) {
        event.end = i;
        take_step(core, event);
    }
}

static void ask_for_one(unsigned core)
{
    unsigned index = (unsigned)below(SERVICES + 1);
    bool lmp = below(4) == 0;
    iref_t iref =
        IREF_MAKE(lmp ? core : below(CORES), index == SERVICES ? IREF_INDEX_SPAWND : 16 + index);
    domainid_t domain = domain_of(core, (unsigned)below(DOMAINS));
    take_step(core, (struct binding_event){.kind = lmp ? BINDING_REQUEST_LMP : BINDING_REQUEST,
                                           .who = {domain, domain},
                                           .iref = iref,
                                           .exporter = exporter_of(core, iref),
                                           .up = true,
                                           .known = true,
                                           .out_bytes = AREA_BYTES,
                                           .in_bytes = AREA_BYTES});
}

/// The domain of some end says something about it, or (rarely) another's does.
static void speak(unsigned core)
{
    static const enum binding_event_kind kinds[] = {
        BINDING_REQUEST_MEMORY, BINDING_REQUEST_MEMORY,     BINDING_REQUEST_ANSWER,
        BINDING_REQUEST_ANSWER, BINDING_REQUEST_DISCONNECT, BINDING_REQUEST_RELAY,
        BINDING_REQUEST_CHECK,  BINDING_REQUEST_CAP,        BINDING_REQUEST_TAKEN,
    };
    const struct binding_state *state = &monitors[core].state;
    if (state->by_id.used == 0)
        return;
    const struct binding_end *end = &state->ends[below(state->by_id.used)];
    domainid_t domain =
        below(8) == 0 ? domain_of(core, (unsigned)below(DOMAINS)) : end->owner.domain;
    take_step(core, (struct binding_event){.kind = kinds[below(sizeof(kinds) / sizeof(kinds[0]))],
                                           .who = {domain, domain},
                                           .id = end->id,
                                           .server = end->server,
                                           .count = (uint8_t)below(BINDING_CAPS_MAX / 2),
                                           .err = below(8) == 0 ? SYS_ERR_RIGHTS : SYS_ERR_OK,
                                           .endpoint_err = SYS_ERR_OK});
}

/// The domain of an open connection sends a capability, or says that it has taken some.
static void pass_cap(unsigned core)
{
    const struct binding_state *state = &monitors[core].state;
    unsigned used = state->by_id.used, first = used == 0 ? 0 : (unsigned)below(used), i = 0;
    while (i < used && (state->ends[(first + i) % used].state != BINDING_OPEN ||
                        state->ends[(first + i) % used].lmp))
        i++;
    if (i == used)
        return;
    const struct binding_end *end = &state->ends[(first + i) % used];
    bool sends = below(2) == 0;
    take_step(core,
              (struct binding_event){.kind = sends ? BINDING_REQUEST_CAP : BINDING_REQUEST_TAKEN,
                                     .who = end->owner,
                                     .id = end->id,
                                     .server = end->server,
                                     .count = (uint8_t)below(end->caps_held + 1u)});
}

static void do_something(void)
{
    unsigned core = (unsigned)below(CORES);
    switch (below(64)) {
    case 0:
        if (below(6) == 0)
            end_domain(core, domain_of(core, (unsigned)below(DOMAINS)));
        break;
    case 1:
        change_spawnd(core);
        break;
    case 2 ... 9:
        take_step(core, (struct binding_event){.kind = BINDING_RETRY});
        break;
    case 10 ... 15:
        ask_for_one(core);
        break;
    case 16 ... 30:
        speak(core);
        break;
    case 31 ... 38:
        for (unsigned i = 0; i < 3; i++)
            pass_cap(core);
        break;
    case 39 ... 46:
        (void)take(core, (unsigned)below(BINDING_ENDS_MAX / 16));
        break;
    default:
        (void)deliver((unsigned)below(CORES), core);
    }
}

/// Everything that was sent arrives, everything is taken, every relay gets its room.
static bool act(unsigned core)
{
    bool any = false;
    for (unsigned from = 0; from < CORES; from++)
        any |= deliver(from, core);
    for (unsigned end = 0; end < BINDING_ENDS_MAX; end++)
        any |= take(core, end);
    any |= !list_is_empty(&monitors[core].state.due);
    take_step(core, (struct binding_event){.kind = BINDING_RETRY});
    return any;
}

/// No end is alone: the other one is open as well, or asked.
static void check_both(unsigned core, const struct binding_end *end)
{
    const struct binding_state *other = &monitors[end->peer].state;
    unsigned found = 0;
    if (end->state == BINDING_FILLING || end->state == BINDING_PROBING)
        return;
    CU_ASSERT_NOT_EQUAL(end->state, BINDING_CLOSED);
    for (unsigned i = 0; i < other->by_id.used; i++) {
        const struct binding_end *that = &other->ends[i];
        if (that->state == BINDING_FREE || that->id != end->id || that->server == end->server)
            continue;
        CU_ASSERT_EQUAL(that->peer, core);
        CU_ASSERT_EQUAL(that->state == BINDING_OPEN, end->state == BINDING_OPEN);
        // (B3) Nothing was lost: all that is out is with the other domain.
        CU_ASSERT_EQUAL(that->caps_out, end->caps_held);
        CU_ASSERT_TRUE(end->caps_here == 0 && end->caps_room == 0 && end->caps_taken == 0);
        found++;
    }
    CU_ASSERT_EQUAL(found, 1);
}

static void run(void)
{
    memset(monitors, 0, sizeof(monitors));
    network_init(&net, CORES, sizeof(struct intermon_message), &rng);
    net.refuse_one_in = 64;
    for (unsigned core = 0; core < CORES; core++)
        binding_init(&monitors[core].state, (coreid_t)core, CORES);
    for (unsigned i = 0; i < STEPS; i++)
        do_something();
    network_settle(&net, act);
    for (unsigned core = 0; core < CORES; core++)
        for (unsigned i = 0; i < monitors[core].state.by_id.used; i++)
            if (monitors[core].state.ends[i].state != BINDING_FREE)
                check_both(core, &monitors[core].state.ends[i]);
    for (unsigned core = 0; core < CORES; core++)
        for (unsigned number = 0; number < DOMAINS; number++)
            end_domain(core, domain_of(core, number));
    network_settle(&net, act);
    for (unsigned core = 0; core < CORES; core++)
        CU_ASSERT_EQUAL(monitors[core].state.by_id.count, 0);
    CU_ASSERT_EQUAL(net.lost, 0); // else the ends could not agree
}

static void test_runs(void)
{
    test_random_init(&rng, 11);
    refused = opened = passed = 0;
    for (unsigned i = 0; i < RUNS; i++)
        run();
    CU_ASSERT(refused > 0 && opened > RUNS && passed > 10 * RUNS);
}

TEST_SUITE("connections of domains") = {
    {"three monitors, any order", test_runs},
};
