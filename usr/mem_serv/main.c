// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The memory server of one core: hands out the core's RAM in pieces of any number of pages and
// takes back what the CPU driver returns. It serves itself out of the same memory. Its spawner puts
// the RAM into SUPERCN. Requests: if/mem_serv.h.
#include "accounts.h"
#include "info.h"
#include "pieces.h"

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "if/mem_serv.h"
#include "kpi/bootinfo.h"

static struct lmp_server server;
static struct accounts accounts;
static struct cnoderef returns;
static gensize_t out_bytes; ///< handed out and not returned

static errval_t take(const struct free_request *request, struct capref *ret, genpaddr_t *base)
{
    errval_t err = pieces_take(request, ret, base);
    if (err_is_ok(err)) {
        out_bytes += request->bytes;
    }
    return err;
}

static errval_t put(struct capref cap)
{
    gensize_t bytes;
    errval_t err = pieces_put(cap, &bytes);
    if (err_is_ok(err)) {
        // What the core held before there was a memory server comes back as well.
        out_bytes -= bytes < out_bytes ? bytes : out_bytes;
    }
    return err;
}

// The server's own ram_alloc().
static errval_t serve_self(struct capref *ret, const struct ram_request *request)
{
    genpaddr_t base;
    struct free_request mine = {request->bytes, request->alignment, request->minbase,
                                request->maxlimit};
    return take(&mine, ret, &base);
}

static void publish(domainid_t domain)
{
    gensize_t free_bytes = pieces_free_bytes();
    info_publish(domain, accounts_find(&accounts, domain), free_bytes, free_bytes + out_bytes);
}

// Memory has come back. The CPU driver fills the slots in turn, so that the first empty one is the
// end; when one could not be taken it stays, and the next time all are looked at.
static void drain_returns(void)
{
    static cslot_t next;
    static bool look_at_all;
    bool all = look_at_all;
    look_at_all = false;
    for (cslot_t i = 0; i < L2_CNODE_SLOTS; i++) {
        errval_t err = put((struct capref){returns, (next + i) % L2_CNODE_SLOTS});
        if (err_no(err) == SYS_ERR_CAP_NOT_FOUND && !all) {
            next = (next + i) % L2_CNODE_SLOTS;
            return;
        }
        look_at_all = look_at_all || (err_is_fail(err) && err_no(err) != SYS_ERR_CAP_NOT_FOUND);
        pieces_refill();
    }
}

static void serve_alloc(uint32_t badge, const uint64_t words[LMP_MSG_LENGTH])
{
    struct capref cap;
    genpaddr_t base;
    struct free_request request = {words[1], words[2], words[3], words[4]};
    errval_t err = take(&request, &cap, &base);
    if (err_is_fail(err)) {
        (void)lmp_server_reply_error(&server, badge, err);
        return;
    }
    // The client runs as soon as it has its reply, so it is told before. What a client does not
    // take stays counted: it is about to end, or did not wait for the reply.
    (void)accounts_add(&accounts, badge, request.bytes);
    publish(badge);
    uint64_t reply[LMP_MSG_LENGTH] = {SYS_ERR_OK, base, request.bytes};
    err = lmp_server_reply(&server, badge, reply, cap, true);
    if (err_is_fail(err) && err_is_fail(put(cap))) {
        (void)cap_delete(cap); // then it comes back as returned memory
    }
    (void)slot_free(cap);
}

static void serve_account(uint32_t badge, domainid_t domain)
{
    const struct account *account = accounts_find(&accounts, domain);
    if (account == NULL) {
        (void)lmp_server_reply_error(&server, badge, SPAWN_ERR_NO_DOMAIN);
        return;
    }
    uint64_t reply[LMP_MSG_LENGTH] = {SYS_ERR_OK, account->bytes, account->pieces};
    (void)lmp_server_reply(&server, badge, reply, NULL_CAP, false);
}

static bool is_spawner(uint32_t badge)
{
    uint16_t number = (uint16_t)badge;
    return number == DOMAIN_SPAWND || number == DOMAIN_MONITOR || number == DOMAIN_FIRST;
}

static void serve_info(uint32_t badge, domainid_t domain, struct capref frame)
{
    errval_t err = info_add(domain, frame);
    if (err_is_ok(err)) {
        publish(domain);
    }
    (void)lmp_server_reply_error(&server, badge, err);
}

static void serve_forget(uint32_t badge, domainid_t domain)
{
    if (!is_spawner(badge)) {
        (void)lmp_server_reply_error(&server, badge, SYS_ERR_RIGHTS);
        return;
    }
    lmp_server_forget(&server, domain);
    accounts_forget(&accounts, domain);
    info_remove(domain);
    (void)lmp_server_reply_error(&server, badge, SYS_ERR_OK);
}

static void serve_available(uint32_t badge)
{
    gensize_t free_bytes = pieces_free_bytes();
    uint64_t reply[LMP_MSG_LENGTH] = {SYS_ERR_OK, free_bytes, free_bytes + out_bytes};
    (void)lmp_server_reply(&server, badge, reply, NULL_CAP, false);
}

static void handle(void *st, uint32_t badge, const uint64_t words[LMP_MSG_LENGTH], size_t length,
                   struct capref cap)
{
    (void)st;
    (void)length;
    if (words[0] == MEM_SERV_INFO && is_spawner(badge)) {
        serve_info(badge, (domainid_t)words[1], cap);
        pieces_refill();
        return;
    }
    if (!capref_is_null(cap)) {
        (void)cap_destroy(cap); // no other request brings one
    }
    if (badge == 0) {
        drain_returns();
        publish(0);
        return;
    }
    switch (words[0]) {
    case MEM_SERV_ALLOC:
        serve_alloc(badge, words);
        break;
    case MEM_SERV_AVAILABLE:
        serve_available(badge);
        break;
    case MEM_SERV_FORGET:
        serve_forget(badge, (domainid_t)words[1]);
        break;
    case MEM_SERV_ACCOUNT:
        serve_account(badge, (domainid_t)words[1]);
        break;
    case MEM_SERV_INFO:
        (void)lmp_server_reply_error(&server, badge, SYS_ERR_RIGHTS);
        break;
    default:
        (void)lmp_server_reply_error(&server, badge, LIB_ERR_NOT_IMPLEMENTED);
        break;
    }
    pieces_refill();
}

// Everything that the server holds becomes free memory, and its own needs are served from it.
static errval_t take_over(void)
{
    static struct ram_rest rest[BOOTINFO_REGIONS_MAX];
    struct capref returns_cap;
    size_t count = 0;
    errval_t err = cnode_create_l2(&returns_cap, &returns);
    if (err_is_ok(err)) {
        err = invoke_kernel_set_returns(cap_kernel, KERNEL_RETURNS_RAM, returns_cap, cap_selfep);
    }
    if (err_is_ok(err)) {
        err = ram_alloc_end_regions(rest, BOOTINFO_REGIONS_MAX, &count);
    }
    for (size_t i = 0; i < count && err_is_ok(err); i++) {
        err = put(rest[i].cap);
        (void)slot_free(rest[i].cap); // some are in SUPERCN
    }
    ram_alloc_set(serve_self);
    return err;
}

int main(void)
{
    pieces_init();
    errval_t err = lmp_server_init(&server, get_default_waitset(), handle, NULL);
    if (err_is_ok(err)) {
        err = take_over();
    }
    if (err_is_fail(err)) {
        USER_PANIC_ERR(err, "the memory server cannot start");
    }
    drain_returns();
    while (true) {
        err = event_dispatch(get_default_waitset());
        if (err_is_fail(err)) {
            DEBUG_ERR(err, "event_dispatch");
        }
    }
}
