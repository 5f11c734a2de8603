// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// spawnd's connection to the memory server of its core. A server knows one reply endpoint for each
// domain, and spawnd asks for more than memory; so this connection takes the place of the
// library's.
#include "spawnd.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/ram_alloc.h"
#include "end_queue.h"
#include "if/mem_serv.h"

/// As many as can be under way at once.
#define EVENT_MESSAGES (MEM_SERV_RECLAIMS_MAX + FORGETS_MAX)

static struct lmp_rpc rpc;
static struct capref events_cap;
static struct lmp_endpoint *events_ep;
static void (*reclaimed)(domainid_t id, uint64_t returned, uint64_t forced);
static void (*forgotten)(domainid_t id);

/// Runs under the lock of memory management, as the library's own would.
static errval_t alloc(struct capref *ret, const struct ram_request *request)
{
    struct capref cap = NULL_CAP;
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_ALLOC, request->bytes, request->alignment,
                                      request->minbase, request->maxlimit};
    errval_t err = lmp_rpc_call(&rpc, words, NULL_CAP, words, &cap);
    if (err_is_ok(err) && capref_is_null(cap))
        return LIB_ERR_RPC_REPLY;
    if (err_is_ok(err))
        *ret = cap;
    else if (!capref_is_null(cap))
        (void)cap_destroy(cap);
    return err;
}

static errval_t listen(void);

static void on_event(void *arg)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    (void)arg;
    while (err_is_ok(lmp_endpoint_recv(events_ep, &msg.buf, NULL)))
        if (msg.buf.msglen == 4 && msg.words[0] == MEM_SERV_RECLAIMED)
            reclaimed((domainid_t)msg.words[1], msg.words[2], msg.words[3]);
        else if (msg.buf.msglen == 2 && msg.words[0] == MEM_SERV_FORGOTTEN)
            forgotten((domainid_t)msg.words[1]);
    errval_t err = listen();
    if (err_is_fail(err))
        DEBUG_ERR(err, "spawnd does not hear of the memory server");
}

static errval_t listen(void)
{
    return lmp_endpoint_register(events_ep, get_default_waitset(), MKCLOSURE(on_event, NULL));
}

errval_t memory_init(void (*on_reclaimed)(domainid_t id, uint64_t returned, uint64_t forced),
                     void (*on_forgotten)(domainid_t id))
{
    reclaimed = on_reclaimed;
    forgotten = on_forgotten;
    errval_t err = lmp_rpc_init(&rpc, cap_memservep);
    if (err_is_ok(err)) {
        ram_alloc_set(alloc);
        err = endpoint_create(EVENT_MESSAGES, &events_cap, &events_ep);
    }
    if (err_is_ok(err))
        err = listen();
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_REVOKE_EP};
    return err_is_ok(err) ? lmp_rpc_call(&rpc, words, events_cap, words, NULL) : err;
}

errval_t memory_charge(domainid_t domain, genpaddr_t base, gensize_t bytes)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_CHARGE, base, bytes, domain};
    return lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL);
}

errval_t memory_open(domainid_t domain, domainid_t payer, gensize_t limit)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_LIMIT, domain, limit != 0 ? limit : UINT64_MAX,
                                      payer};
    return lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL);
}

errval_t memory_forget(domainid_t domain)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_FORGET, domain};
    return lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL);
}

errval_t memory_info(domainid_t domain, struct capref frame)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_INFO, domain};
    return lmp_rpc_call(&rpc, words, frame, words, NULL);
}

uint64_t memory_account(domainid_t domain)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_ACCOUNT, domain};
    return err_is_ok(lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL)) ? words[1] : 0;
}

errval_t memory_reclaim(domainid_t domain, gensize_t bytes, delayus_t deadline_us)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_RECLAIM, domain, bytes, deadline_us};
    return lmp_rpc_call(&rpc, words, events_cap, words, NULL);
}

errval_t memory_available(uint64_t *free_bytes, uint64_t *total_bytes)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_AVAILABLE};
    errval_t err = lmp_rpc_call(&rpc, words, NULL_CAP, words, NULL);
    if (err_is_ok(err)) {
        *free_bytes = words[1];
        *total_bytes = words[2];
    }
    return err;
}
