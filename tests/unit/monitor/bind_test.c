// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The client's side of a connection to a service on another core: that one is asked first, memory is
// made in the client's steps, and only the client that began may drive them. bind.c and
// bind_client.c, with all that they stand on faked.
#include "suites.h"

#include "bind.h"

#include <testlib/testlib.h>

enum { OWN_CORE = 1, OTHER_CORE = 3, CLIENT = 20, STRANGER = 21, SERVER = 30, STEPS = 3 };
enum { AREA_BYTES = 4096 };

struct monitor monitor;

static struct {
    domainid_t replied; ///< 0: nobody was
    errval_t err;
    uint64_t value;
    struct intermon_msg sent; ///< the last message; its op is 0 if there was none
    unsigned steps, steps_left, cancelled;
} seen;

static struct domain client_record = {.id = CLIENT};
static struct capref frame = {.slot = 7};

errval_t intermon_send(const struct intermon_msg *msg, bool request)
{
    (void)request;
    seen.sent = *msg;
    return SYS_ERR_OK;
}

errval_t cap_transfer_send(struct intermon_msg *msg, struct capref cap)
{
    (void)cap;
    return intermon_send(msg, false);
}

void reply_error(domainid_t domain, errval_t err)
{
    seen.replied = domain;
    seen.err = err;
}

void reply_values(domainid_t domain, uint64_t value1, uint64_t value2, uint64_t value3)
{
    (void)value2;
    (void)value3;
    reply_error(domain, SYS_ERR_OK);
    seen.value = value1;
}

errval_t lmp_server_reply(struct lmp_server *server, uint32_t badge,
                          const uint64_t words[LMP_MSG_LENGTH], struct capref cap, bool give)
{
    (void)server;
    (void)cap;
    (void)give;
    reply_values(badge, words[1], 0, 0);
    return SYS_ERR_OK;
}

errval_t channel_memory_begin(struct side *side)
{
    side->ram = side->cap = frame;
    return SYS_ERR_OK;
}

errval_t channel_memory_step(struct side *side)
{
    CU_ASSERT(side->domain == CLIENT && side->state == SIDE_FILLING);
    seen.steps++;
    return --seen.steps_left > 0 ? SYS_ERR_AGAIN : SYS_ERR_OK;
}

void channel_memory_cancel(struct side *side)
{
    (void)side;
    seen.cancelled++;
}

void channel_memory_forget(domainid_t client)
{
    (void)client;
}

bool cores_is_up(coreid_t core)
{
    return core == OTHER_CORE;
}

struct domain *domain_get(domainid_t id)
{
    return id == CLIENT || id == STRANGER ? &client_record : NULL;
}

struct domain *domain_find(domainid_t id)
{
    return domain_get(id);
}

struct member domain_member(domainid_t id)
{
    return (struct member){id, id};
}

bool family_is_local(domainid_t family)
{
    (void)family;
    return true;
}

unsigned family_share(domainid_t family, unsigned entries)
{
    (void)family;
    return entries / 4;
}

void domain_post(domainid_t id, struct event *event)
{
    (void)id;
    event->queued = false;
    if (event->sent != NULL)
        event->sent(event);
}

void domain_event_cancel(domainid_t id, struct event *event)
{
    (void)id;
    event->queued = false;
}

void domain_check(domainid_t id)
{
    (void)id;
}

void domain_wake(domainid_t id)
{
    (void)id;
}

void domain_notify_description(domainid_t id, struct capability *notify)
{
    (void)id;
    *notify = (struct capability){0};
}

void cap_transfer_put(uint64_t *words, const struct capability *cap)
{
    (void)words;
    (void)cap;
}

errval_t cap_transfer_make_name(const uint64_t *words, struct capref *cap)
{
    (void)words;
    *cap = NULL_CAP;
    return SYS_ERR_OK;
}

errval_t check_endpoint(struct capref cap)
{
    (void)cap;
    return SYS_ERR_OK;
}

errval_t side_offer(struct side *side)
{
    (void)side;
    return SYS_ERR_OK;
}

domainid_t side_server_of(iref_t iref)
{
    (void)iref;
    return SERVER;
}

void bind_answer(const struct side *side, errval_t err)
{
    (void)side;
    (void)err;
}

errval_t cap_copy(struct capref dest, struct capref src)
{
    (void)dest;
    (void)src;
    return SYS_ERR_OK;
}

errval_t cap_destroy(struct capref cap)
{
    (void)cap;
    return SYS_ERR_OK;
}

void cap_drop(struct capref cap)
{
    (void)cap;
}

errval_t slot_alloc(struct capref *ret)
{
    *ret = frame;
    return SYS_ERR_OK;
}

errval_t slot_free(struct capref cap)
{
    (void)cap;
    return SYS_ERR_OK;
}

void debug_err(const char *file, const char *func, int line, errval_t err, const char *format, ...)
{
    (void)file;
    (void)func;
    (void)line;
    (void)err;
    (void)format;
}

static void forget_seen(void)
{
    seen.replied = 0;
    seen.err = SYS_ERR_OK;
    seen.value = 0;
    seen.steps = 0;
    seen.sent = (struct intermon_msg){.op = 0};
}

/// What the other core's monitor says to the probe of a connection.
static void say_probed(uint64_t id, coreid_t core, errval_t err)
{
    struct intermon_msg msg = {.op = IM_BIND_PROBED, .count = 3, .source = core};
    msg.words[0] = id;
    msg.words[1] = err;
    msg.words[2] = SERVER;
    forget_seen();
    bind_handle_probed(&msg);
}

/// Asks for a connection. Returns its number.
static uint64_t ask(void)
{
    uint64_t words[LMP_MSG_LENGTH] = {0, IREF_MAKE(OTHER_CORE, 5), AREA_BYTES, AREA_BYTES};
    monitor.core = OWN_CORE;
    monitor.tree.count = 4;
    seen.steps_left = STEPS;
    forget_seen();
    bind_request(CLIENT, words);
    CU_ASSERT_EQUAL(seen.replied, 0);
    CU_ASSERT(seen.sent.op == IM_BIND_PROBE && seen.sent.destination == OTHER_CORE);
    return seen.sent.words[0];
}

static void ask_for_memory(domainid_t domain, uint64_t id)
{
    uint64_t words[LMP_MSG_LENGTH] = {0, id};
    forget_seen();
    bind_memory(domain, words);
    CU_ASSERT_EQUAL(seen.replied, domain);
}

static void expect_refused(domainid_t domain, uint64_t id)
{
    ask_for_memory(domain, id);
    CU_ASSERT(seen.err == LIB_ERR_CHAN_CLOSED && seen.steps == 0 && seen.sent.op == 0);
}

static void test_owner(void)
{
    uint64_t id = ask();
    expect_refused(CLIENT, id); // nothing is being made yet
    say_probed(id, OWN_CORE, SYS_ERR_OK);
    CU_ASSERT_EQUAL(seen.steps, 0); // that was not the core that was asked
    say_probed(id, OTHER_CORE, SYS_ERR_OK);
    CU_ASSERT(seen.replied == CLIENT && seen.value == id && seen.steps == 1);
    for (unsigned step = 1; step < STEPS; step++) {
        expect_refused(STRANGER, id);
        expect_refused(SERVER, id);
        expect_refused(CLIENT, id + 1);
        ask_for_memory(CLIENT, id);
        CU_ASSERT(seen.err == SYS_ERR_OK && seen.value == id && seen.steps == 1);
        CU_ASSERT_EQUAL(seen.sent.op, step + 1 == STEPS ? IM_BIND : 0);
    }
    CU_ASSERT(seen.sent.destination == OTHER_CORE && seen.sent.words[8] == id);
    expect_refused(CLIENT, id); // it is made
    expect_refused(STRANGER, id);
    CU_ASSERT_EQUAL(bind_disconnect(STRANGER, id), LIB_ERR_CHAN_CLOSED);
    CU_ASSERT_EQUAL(bind_disconnect(CLIENT, id), SYS_ERR_OK);
    CU_ASSERT_EQUAL(bind_check(CLIENT, id), LIB_ERR_CHAN_CLOSED);
}

static void test_no_service(void)
{
    uint64_t id = ask();
    unsigned cancelled = seen.cancelled;
    say_probed(id, OTHER_CORE, MON_ERR_NO_IREF);
    CU_ASSERT(seen.replied == CLIENT && seen.err == MON_ERR_NO_IREF && seen.steps == 0);
    CU_ASSERT_EQUAL(seen.cancelled, cancelled + 1);
    expect_refused(CLIENT, id);
    forget_seen();
    say_probed(id, OTHER_CORE, SYS_ERR_OK); // said twice
    CU_ASSERT_EQUAL(seen.replied, 0);
}

CU_TestInfo bind_tests[] = {
    {"who drives the making of memory", test_owner},
    {"no such service", test_no_service},
    CU_TEST_INFO_NULL,
};
