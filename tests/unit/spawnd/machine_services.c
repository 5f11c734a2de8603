// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The memory server, the monitor and the server of spawnd's own endpoint.
#include "machine_internal.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/monitor_client.h"

#include <fakes/fakes.h>
#include <string.h>

enum { MESSAGES = 64, NUMBERS = UINT16_MAX + 1 };

/// By a domain's number.
static struct {
    bool account, has_page, reclaiming, introduced, forgotten;
} known[NUMBERS];

static lmp_server_handler serve;
static bool (*admits)(uint32_t badge);
static bool clients[NUMBERS];

static struct lmp_endpoint endpoint;
static bool endpoint_registered, endpoint_named;
static struct event_closure endpoint_closure;
static struct lmp_recv_msg messages[MESSAGES];
static unsigned messages_count, messages_max;

void services_start(void)
{
    memset(known, 0, sizeof(known));
    memset(clients, 0, sizeof(clients));
    fake_replies_start();
    messages_count = 0;
    endpoint_registered = endpoint_named = false;
    serve = NULL;
    admits = NULL;
}

coreid_t disp_get_core_id(void)
{
    return machine_core;
}

const struct spawn_args *domain_spawn_args(void)
{
    static struct spawn_args args;
    args.flags = machine_boot_change.no_bootinfo ? SPAWN_FLAG_INFO : SPAWN_FLAG_BOOTINFO;
    return &args;
}

delayus_t systime_to_us(systime_t time)
{
    return time / 1000;
}

// The memory server.

static uint16_t number_of(uint64_t domain)
{
    CU_ASSERT_EQUAL(domain >> 16, machine_core);
    return (uint16_t)domain;
}

static bool may_pay(uint64_t payer)
{
    return payer == 0 || known[number_of(payer)].account;
}

static errval_t open_account(const uint64_t in[LMP_MSG_LENGTH])
{
    uint16_t number = number_of(in[1]);
    machine_note("open %lx %lx %lx; ", in[1], in[3], in[2]);
    if (known[number].account)
        return SPAWN_ERR_ID_IN_USE;
    if (!may_pay(in[3]))
        return SPAWN_ERR_NO_DOMAIN;
    known[number].account = true;
    return SYS_ERR_OK;
}

static errval_t add_page(uint64_t domain, struct capref frame)
{
    uint16_t number = number_of(domain);
    machine_note("info %lx; ", domain);
    if (!known[number].account)
        return SPAWN_ERR_NO_DOMAIN;
    if (known[number].has_page || frame.slot != number)
        return LIB_ERR_INVALID_ARGS;
    known[number].has_page = true;
    return SYS_ERR_OK;
}

static errval_t reclaim(const uint64_t in[LMP_MSG_LENGTH], struct capref cap)
{
    uint16_t number = number_of(in[1]);
    machine_note("reclaim %lx %lx %lu; ", in[1], in[2], in[3]);
    if (capref_is_null(cap))
        return SYS_ERR_CAP_TYPE;
    if (known[number].reclaiming)
        return LIB_ERR_RECLAIM_BUSY;
    known[number].reclaiming = true;
    return known[number].account ? SYS_ERR_OK : SPAWN_ERR_NO_DOMAIN;
}

static errval_t alloc(const uint64_t in[LMP_MSG_LENGTH], struct capref *cap)
{
    machine_note("alloc %lx %lx %lx %lx; ", in[1], in[2], in[3], in[4]);
    *cap = machine.alloc_gives_cap ? machine_cap() : NULL_CAP;
    return machine_fails(CALL_MEMORY + MEM_SERV_ALLOC);
}

static errval_t forget(uint64_t domain)
{
    uint16_t number = number_of(domain);
    machine_note("forget %lx; ", domain);
    known[number].forgotten = true;
    return SYS_ERR_OK;
}

static errval_t charge(const uint64_t in[LMP_MSG_LENGTH])
{
    machine_note("charge %lx %lx+%lx; ", in[3], in[1], in[2]);
    return known[number_of(in[3])].account ? SYS_ERR_OK : SPAWN_ERR_NO_DOMAIN;
}

static errval_t take_endpoint(struct capref cap)
{
    endpoint_named = !capref_is_null(cap);
    return SYS_ERR_OK;
}

static errval_t answer_memory(const uint64_t in[LMP_MSG_LENGTH], struct capref cap,
                              uint64_t out[LMP_MSG_LENGTH], struct capref *recv_cap)
{
    switch (in[0]) {
    case MEM_SERV_ALLOC:
        return alloc(in, recv_cap);
    case MEM_SERV_LIMIT:
        return open_account(in);
    case MEM_SERV_CHARGE:
        return charge(in);
    case MEM_SERV_FORGET:
        return forget(in[1]);
    case MEM_SERV_INFO:
        return add_page(in[1], cap);
    case MEM_SERV_RECLAIM:
        return reclaim(in, cap);
    case MEM_SERV_REVOKE_EP:
        return take_endpoint(cap);
    case MEM_SERV_ACCOUNT:
        out[1] = machine.account_bytes;
        return known[number_of(in[1])].account ? SYS_ERR_OK : SPAWN_ERR_NO_DOMAIN;
    case MEM_SERV_AVAILABLE:
        out[1] = 7000;
        out[2] = 9000;
        return SYS_ERR_OK;
    default:
        return LIB_ERR_NOT_IMPLEMENTED;
    }
}

errval_t lmp_rpc_init(struct lmp_rpc *rpc, struct capref server)
{
    rpc->server = server;
    return machine_fails(CALL_MEMORY_CONNECT);
}

/// A failing server answers with numbers too.
errval_t lmp_rpc_call(struct lmp_rpc *rpc, const uint64_t in[LMP_MSG_LENGTH],
                      struct capref send_cap, uint64_t out[LMP_MSG_LENGTH], struct capref *recv_cap)
{
    uint64_t reply[LMP_MSG_LENGTH] = {0, 111, 222, 333, 444};
    CU_ASSERT_TRUE(capcmp(rpc->server, cap_memservep));
    if (recv_cap != NULL)
        *recv_cap = NULL_CAP;
    errval_t err = in[0] == MEM_SERV_ALLOC ? SYS_ERR_OK
                                           : machine_fails(CALL_MEMORY + (enum machine_call)in[0]);
    if (err_is_ok(err))
        err = answer_memory(in, send_cap, reply, recv_cap);
    memcpy(out, reply, sizeof(reply));
    return err;
}

void ram_alloc_set(ram_alloc_func_t func)
{
    machine.ram_alloc = func;
}

errval_t endpoint_create(size_t buflen, struct capref *retcap, struct lmp_endpoint **retep)
{
    errval_t err = machine_fails(CALL_ENDPOINT);
    messages_max = (unsigned)buflen;
    if (err_is_ok(err)) {
        *retcap = TASKCN_CAP(77);
        *retep = &endpoint;
    }
    return err;
}

errval_t lmp_endpoint_register(struct lmp_endpoint *ep, struct waitset *ws,
                               struct event_closure closure)
{
    errval_t err =
        endpoint_registered ? LIB_ERR_CHAN_ALREADY_REGISTERED : machine_fails(CALL_LISTEN);
    CU_ASSERT(ep == &endpoint && ws == get_default_waitset());
    if (err_is_ok(err)) {
        endpoint_registered = true;
        endpoint_closure = closure;
    }
    return err;
}

errval_t lmp_endpoint_recv(struct lmp_endpoint *ep, struct lmp_recv_buf *buf, struct capref *cap)
{
    CU_ASSERT(ep == &endpoint && cap == NULL && buf->buflen == LMP_MSG_LENGTH);
    if (messages_count == 0)
        return LIB_ERR_NO_LMP_MSG;
    memcpy(buf, &messages[0], sizeof(messages[0]));
    memmove(&messages[0], &messages[1], --messages_count * sizeof(messages[0]));
    return SYS_ERR_OK;
}

void machine_tell(const uint64_t *words, size_t length)
{
    CU_ASSERT_FATAL(endpoint_named && messages_count < messages_max && messages_count < MESSAGES);
    struct lmp_recv_msg *msg = &messages[messages_count++];
    *msg = (struct lmp_recv_msg)LMP_RECV_MSG_INIT;
    msg->buf.msglen = length;
    memcpy(msg->words, words, length * sizeof(words[0]));
    if (words[0] == MEM_SERV_RECLAIMED && length == 4)
        known[(uint16_t)words[1]].reclaiming = false;
}

bool services_dispatch(void)
{
    if (!endpoint_registered || messages_count == 0)
        return false;
    endpoint_registered = false;
    endpoint_closure.handler(endpoint_closure.arg);
    return true;
}

unsigned machine_forgotten(unsigned most)
{
    unsigned count = 0;
    for (unsigned i = 0; i < NUMBERS && count < most; i++) {
        if (known[i].forgotten) {
            memset(&known[i], 0, sizeof(known[i]));
            machine_tell((const uint64_t[]){MEM_SERV_FORGOTTEN, (domainid_t)machine_core << 16 | i},
                         2);
            count++;
        }
    }
    return count;
}

bool machine_has_account(domainid_t domain)
{
    return known[number_of(domain)].account;
}

void machine_keep_account(domainid_t domain)
{
    known[number_of(domain)].account = true;
}

// The monitor.

errval_t monitor_introduce(domainid_t domain, domainid_t family)
{
    machine_note("introduce %x %x; ", domain, family);
    errval_t err = machine_fails(CALL_INTRODUCE);
    known[number_of(domain)].introduced = err_is_ok(err);
    return err;
}

errval_t monitor_forget(domainid_t domain)
{
    machine_note("monitor %x; ", domain);
    known[number_of(domain)].introduced = false;
    return machine_fails(CALL_MONITOR_FORGET);
}

bool machine_is_introduced(domainid_t domain)
{
    return known[number_of(domain)].introduced;
}

// The server of the endpoint.

errval_t lmp_server_init(struct lmp_server *server, struct waitset *ws, lmp_server_handler handler,
                         void *st)
{
    (void)server;
    CU_ASSERT(ws == get_default_waitset() && st == NULL);
    serve = handler;
    return machine_fails(CALL_SERVE);
}

void lmp_server_admit(struct lmp_server *server, bool (*func)(uint32_t badge))
{
    (void)server;
    admits = func;
}

void lmp_server_forget(struct lmp_server *server, uint32_t badge)
{
    (void)server;
    clients[(uint16_t)badge] = false;
}

bool machine_is_client(domainid_t badge)
{
    return clients[(uint16_t)badge];
}

errval_t lmp_server_reply(struct lmp_server *server, uint32_t badge,
                          const uint64_t answer[LMP_MSG_LENGTH], struct capref cap, bool give)
{
    (void)server;
    CU_ASSERT(capref_is_null(cap) && !give && answer[LMP_MSG_LENGTH - 1] == 0);
    if (!clients[(uint16_t)badge])
        return LIB_ERR_CHAN_CLOSED;
    fake_reply_add(badge, answer);
    return SYS_ERR_OK;
}

/// Who asks for the first time connects before that.
void machine_request(domainid_t badge, const uint64_t words[SPAWND_WORDS], struct capref cap)
{
    uint64_t message[LMP_MSG_LENGTH] = {0};
    memcpy(message, words, SPAWND_WORDS * sizeof(words[0]));
    message[SPAWND_WORDS] = 99; // no part of it
    clients[(uint16_t)badge] = clients[(uint16_t)badge] || admits(badge);
    serve(NULL, badge, message, LMP_MSG_LENGTH, cap);
}

bool machine_reply(domainid_t badge, uint64_t words[SPAWND_WORDS])
{
    return fake_reply_take(badge, words, SPAWND_WORDS);
}

void machine_death(const uint64_t *words, size_t length)
{
    serve(NULL, 0, words, length, NULL_CAP);
}
