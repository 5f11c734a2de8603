// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The memory server of one core: hands out the core's RAM in pieces of any number of pages and
// takes back what the CPU driver returns. It serves itself out of the same memory. Its spawner puts
// the RAM into SUPERCN. Memory is on the account of who asked for it (accounts.h). Requests:
// if/mem_serv.h.
#include "info.h"
#include "mem_serv.h"
#include "pieces.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "if/mem_serv.h"

struct lmp_server server;

static bool trusted(uint32_t badge)
{
    uint16_t number = (uint16_t)badge;
    return number == DOMAIN_SPAWND || number == DOMAIN_MONITOR || number == DOMAIN_FIRST;
}

/// The account of a client. spawnd opens those of the domains that it makes: one that has ended
/// must not be made known again by whoever has its endpoint.
static struct account *account_of(uint32_t badge)
{
    return (badge & UINT16_MAX) < DOMAIN_DYNAMIC ? accounts_get(&accounts, badge)
                                                 : accounts_find(&accounts, badge);
}

static void serve_alloc(uint32_t badge, const uint64_t words[LMP_MSG_LENGTH])
{
    struct capref cap;
    genpaddr_t base;
    struct free_request request = {words[1], words[2], words[3], words[4]};
    struct account *account = account_of(badge);
    errval_t err =
        account != NULL ? memory_take(account, &request, &cap, &base) : SPAWN_ERR_NO_DOMAIN;
    if (err_is_fail(err)) {
        (void)lmp_server_reply_error(&server, badge, err);
        return;
    }
    // The client runs as soon as it has its reply, so it is told before. What a client does not
    // take stays counted: it is about to end, or did not wait for the reply.
    memory_publish(badge);
    uint64_t reply[LMP_MSG_LENGTH] = {SYS_ERR_OK, base, request.bytes};
    err = lmp_server_reply(&server, badge, reply, cap, true);
    if (err_is_fail(err) && err_is_fail(memory_put(cap)))
        (void)cap_delete(cap); // then it comes back as returned memory
    (void)slot_free(cap);
}

static void serve_account(uint32_t badge, const uint64_t words[LMP_MSG_LENGTH])
{
    struct account *account = accounts_find(&accounts, (domainid_t)words[1]);
    if (account == NULL) {
        (void)lmp_server_reply_error(&server, badge, SPAWN_ERR_NO_DOMAIN);
        return;
    }
    uint64_t reply[LMP_MSG_LENGTH] = {SYS_ERR_OK,
                                      account->bytes,
                                      account->pieces,
                                      account->limit,
                                      account->given,
                                      account->counted,
                                      account_is_limited(account)};
    (void)lmp_server_reply(&server, badge, reply, NULL_CAP, false);
}

static void serve_info(uint32_t badge, domainid_t domain, struct capref frame)
{
    struct account *account = domain != 0 ? accounts_find(&accounts, domain) : NULL;
    errval_t err = info_add(account, frame);
    if (err_is_ok(err))
        memory_publish(domain);
    (void)lmp_server_reply_error(&server, badge, err);
}

/// The account that spawnd or the monitor names, opened if it is not there; payer 0: none.
static errval_t need_account(domainid_t domain, domainid_t payer_id, struct account **ret)
{
    struct account *account = accounts_find(&accounts, domain);
    struct account *payer = payer_id != 0 ? accounts_find(&accounts, payer_id) : NULL;
    if (account != NULL) {
        *ret = account;
        return domain != 0 ? SYS_ERR_OK : SPAWN_ERR_NO_DOMAIN;
    }
    if (payer_id != 0 && (payer == NULL || payer->ending))
        return SPAWN_ERR_NO_DOMAIN;
    return accounts_open(&accounts, domain, payer, ret);
}

static errval_t charge(struct account *from, struct account *to, genpaddr_t base, gensize_t bytes)
{
    if (bytes > UINT64_MAX - ACCOUNT_PIECE_BYTES ||
        !account_may_take(to, bytes + ACCOUNT_PIECE_BYTES))
        return LIB_ERR_RAM_ALLOC_LIMIT;
    return held_ranges_pass(&held, from, to, base, bytes) ? SYS_ERR_OK : SYS_ERR_ARGS;
}

static void serve_charge(uint32_t badge, const uint64_t words[LMP_MSG_LENGTH])
{
    struct account *from = trusted(badge) ? account_of(badge) : NULL;
    struct account *to = NULL;
    errval_t err = from != NULL ? need_account((domainid_t)words[3], (domainid_t)words[4], &to)
                                : SYS_ERR_RIGHTS;
    if (err_is_ok(err))
        err = charge(from, to, words[1], words[2]);
    (void)lmp_server_reply_error(&server, badge, err);
}

/// What is lent stays the lender's memory: only its bytes are counted on the domain's account.
static void serve_lend(uint32_t badge, const uint64_t words[LMP_MSG_LENGTH])
{
    struct account *account = account_of((domainid_t)words[1]);
    uint64_t reply[LMP_MSG_LENGTH] = {SPAWN_ERR_NO_DOMAIN};
    if (!trusted(badge)) {
        reply[0] = SYS_ERR_RIGHTS;
    } else if (account != NULL && words[1] != 0) {
        reply[0] = account_lend(account, words[2]);
        reply[1] = account_is_limited(account);
    }
    (void)lmp_server_reply(&server, badge, reply, NULL_CAP, false);
}

static void serve_unlend(uint32_t badge, const uint64_t words[LMP_MSG_LENGTH])
{
    domainid_t domain = (domainid_t)words[1];
    struct account *account = domain != 0 ? accounts_find_closed(&accounts, domain) : NULL;
    errval_t err = !trusted(badge)   ? SYS_ERR_RIGHTS
                   : account == NULL ? SPAWN_ERR_NO_DOMAIN
                                     : accounts_unlend(&accounts, account, words[2]);
    (void)lmp_server_reply_error(&server, badge, err);
}

static errval_t set_limit(uint32_t badge, domainid_t domain, uint64_t bytes, domainid_t payer)
{
    struct account *account = NULL;
    errval_t err = SYS_ERR_OK;
    if (domain == 0 || domain == badge) {
        account = account_of(badge);
        err = account != NULL ? SYS_ERR_OK : SPAWN_ERR_NO_DOMAIN;
    } else {
        err = trusted(badge) ? need_account(domain, payer, &account) : SYS_ERR_RIGHTS;
    }
    if (err_is_fail(err))
        return err;
    if (bytes > account->limit && !trusted(badge))
        return SYS_ERR_RIGHTS;
    account->limit = bytes;
    memory_publish(account->domain);
    return SYS_ERR_OK;
}

static void serve_limit(uint32_t badge, const uint64_t words[LMP_MSG_LENGTH])
{
    errval_t err = set_limit(badge, (domainid_t)words[1], words[2], (domainid_t)words[3]);
    (void)lmp_server_reply_error(&server, badge, err);
}

static void serve_forget(uint32_t badge, const uint64_t words[LMP_MSG_LENGTH])
{
    domainid_t domain = (domainid_t)words[1];
    (void)lmp_server_reply_error(&server, badge, trusted(badge) ? SYS_ERR_OK : SYS_ERR_RIGHTS);
    if (!trusted(badge))
        return;
    lmp_server_forget(&server, domain);
    memory_drain();
    struct account *account = domain != 0 ? accounts_find(&accounts, domain) : NULL;
    info_remove(account);
    if (account == NULL || account->ending)
        tell_forgotten(badge, domain);
    else
        reclaim_all(account, badge);
}

static bool is_endpoint(struct capref cap)
{
    struct capability identity;
    return !capref_is_null(cap) && err_is_ok(cap_identify(cap, &identity)) &&
           identity.type == ObjType_EndPointLMP;
}

/// Keeps the capability unless it returns an error.
static errval_t set_revoke_ep(uint32_t badge, struct capref cap)
{
    struct account *account = account_of(badge);
    if (account == NULL || account->ending)
        return SPAWN_ERR_NO_DOMAIN;
    if (!capref_is_null(cap) && !is_endpoint(cap))
        return SYS_ERR_CAP_TYPE;
    if (!capref_is_null(account->revoke_ep))
        cap_drop(account->revoke_ep);
    account->revoke_ep = cap;
    return SYS_ERR_OK;
}

/// Keeps the capability unless it returns an error.
static errval_t begin_reclaim(uint32_t badge, const uint64_t words[LMP_MSG_LENGTH],
                              struct capref cap)
{
    if (!trusted(badge) || (words[1] & UINT16_MAX) < DOMAIN_DYNAMIC)
        return SYS_ERR_RIGHTS;
    if (words[3] > MEM_SERV_DEADLINE_MAX_US)
        return SYS_ERR_ARGS;
    if (!is_endpoint(cap))
        return SYS_ERR_CAP_TYPE;
    memory_drain();
    struct account *account = accounts_find(&accounts, (domainid_t)words[1]);
    return account != NULL ? reclaim_begin(account, words[2], words[3], cap) : SPAWN_ERR_NO_DOMAIN;
}

/// Requests that bring a capability.
static void serve_with_cap(uint32_t badge, const uint64_t words[LMP_MSG_LENGTH], struct capref cap)
{
    errval_t err = words[0] == MEM_SERV_REVOKE_EP ? set_revoke_ep(badge, cap)
                                                  : begin_reclaim(badge, words, cap);
    if (err_is_fail(err) && !capref_is_null(cap))
        cap_drop(cap);
    (void)lmp_server_reply_error(&server, badge, err);
}

static void serve_available(uint32_t badge, const uint64_t words[LMP_MSG_LENGTH])
{
    (void)words;
    gensize_t free_bytes = pieces_free_bytes();
    uint64_t reply[LMP_MSG_LENGTH] = {SYS_ERR_OK, free_bytes, free_bytes + held.bytes,
                                      pieces_free_ranges()};
    (void)lmp_server_reply(&server, badge, reply, NULL_CAP, false);
}

static void (*const handlers[MEM_SERV_OPS_COUNT])(uint32_t badge,
                                                  const uint64_t words[LMP_MSG_LENGTH]) = {
    [MEM_SERV_ALLOC] = serve_alloc,   [MEM_SERV_AVAILABLE] = serve_available,
    [MEM_SERV_CHARGE] = serve_charge, [MEM_SERV_LIMIT] = serve_limit,
    [MEM_SERV_LEND] = serve_lend,     [MEM_SERV_UNLEND] = serve_unlend,
    [MEM_SERV_FORGET] = serve_forget, [MEM_SERV_ACCOUNT] = serve_account,
};

static void handle(void *st, uint32_t badge, const uint64_t words[LMP_MSG_LENGTH], size_t length,
                   struct capref cap)
{
    (void)st;
    (void)length;
    if (words[0] == MEM_SERV_INFO && trusted(badge)) {
        serve_info(badge, (domainid_t)words[1], cap);
        memory_refill();
        return;
    }
    bool brings_cap = words[0] == MEM_SERV_REVOKE_EP || words[0] == MEM_SERV_RECLAIM;
    if (!capref_is_null(cap) && (badge == 0 || !brings_cap))
        cap_drop(cap);
    if (badge == 0) {
        memory_drain();
        reclaim_held_changed();
        memory_publish(0);
        return;
    }
    if (brings_cap)
        serve_with_cap(badge, words, cap);
    else if (words[0] < MEM_SERV_OPS_COUNT && handlers[words[0]] != NULL)
        handlers[words[0]](badge, words);
    else
        (void)lmp_server_reply_error(
            &server, badge, words[0] == MEM_SERV_INFO ? SYS_ERR_RIGHTS : LIB_ERR_NOT_IMPLEMENTED);
    memory_refill();
}

int main(void)
{
    errval_t err = lmp_server_init(&server, get_default_waitset(), handle, NULL);
    if (err_is_ok(err))
        err = memory_init();
    if (err_is_ok(err))
        err = reclaim_init();
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "the memory server cannot start");
    memory_drain();
    lmp_server_run(&server);
}
