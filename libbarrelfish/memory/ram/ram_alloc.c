// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The client of the memory server, and the switch between it and other sources of RAM. Every call
// is an operation of memory management (mm.h), so that the slot in which a capability arrives comes
// out of the reserve. Memory is asked for in the size that is needed: a domain hoards nothing.
#include "barrelfish/ram_alloc.h"

#include "barrelfish/capabilities.h"
#include "cspace/mm.h"
#include "if/mem_serv.h"
#include "ram_server.h"

static struct {
    ram_alloc_func_t func; ///< NULL: the memory server
    genpaddr_t minbase, maxlimit;
    bool connected;
    struct lmp_rpc rpc;
} ram;

errval_t ram_alloc_init(void)
{
    struct capability identity;
    if (err_is_ok(cap_identify(cap_memservep, &identity)))
        return SYS_ERR_OK;
    ram.func = ram_regions_alloc;
    return ram_regions_init();
}

void ram_alloc_set(ram_alloc_func_t func)
{
    mm_enter();
    ram.func = func;
    mm_leave();
}

/// A call to the memory server, connecting to it first if that has not been done.
static errval_t call(uint64_t words[LMP_MSG_LENGTH], struct capref send, struct capref *cap)
{
    if (!ram.connected) {
        errval_t err = lmp_rpc_init(&ram.rpc, cap_memservep);
        if (err_is_fail(err))
            return err;
        ram.connected = true;
    }
    return lmp_rpc_call(&ram.rpc, words, send, words, cap);
}

static errval_t server_alloc(struct capref *ret, const struct ram_request *request)
{
    struct capref cap = NULL_CAP;
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_ALLOC, request->bytes, request->alignment,
                                      request->minbase, request->maxlimit};
    errval_t err = call(words, NULL_CAP, &cap);
    if (err_is_ok(err) && capref_is_null(cap))
        return LIB_ERR_RPC_REPLY;
    if (err_is_fail(err)) {
        if (!capref_is_null(cap))
            (void)cap_destroy(cap);
        return err;
    }
    *ret = cap;
    return SYS_ERR_OK;
}

static errval_t alloc(struct capref *ret, const struct ram_request *request)
{
    if (request->bytes == 0 || request->bytes % BASE_PAGE_SIZE != 0 ||
        request->alignment < BASE_PAGE_SIZE || (request->alignment & (request->alignment - 1)) != 0)
        return LIB_ERR_RAM_ALLOC_WRONG_SIZE;
    mm_enter();
    errval_t err = ram.func != NULL ? ram.func(ret, request) : server_alloc(ret, request);
    mm_leave();
    return err;
}

errval_t ram_alloc_bytes(struct capref *ret, size_t bytes, size_t alignment)
{
    struct ram_request request = {bytes, alignment, ram.minbase, ram.maxlimit};
    return alloc(ret, &request);
}

errval_t ram_alloc_fixed(struct capref *ret, uint8_t size_bits, genpaddr_t minbase,
                         genpaddr_t maxlimit)
{
    if (size_bits < BASE_PAGE_BITS || size_bits > 52)
        return LIB_ERR_RAM_ALLOC_WRONG_SIZE;
    struct ram_request request = {1ul << size_bits, 1ul << size_bits, minbase, maxlimit};
    return alloc(ret, &request);
}

errval_t ram_alloc(struct capref *retcap, uint8_t size_bits)
{
    return ram_alloc_fixed(retcap, size_bits, ram.minbase, ram.maxlimit);
}

void ram_set_affinity(genpaddr_t minbase, genpaddr_t maxlimit)
{
    mm_enter();
    ram.minbase = minbase;
    ram.maxlimit = maxlimit;
    mm_leave();
}

void ram_get_affinity(genpaddr_t *minbase, genpaddr_t *maxlimit)
{
    *minbase = ram.minbase;
    *maxlimit = ram.maxlimit;
}

errval_t ram_server_call(uint64_t words[LMP_MSG_LENGTH], struct capref send)
{
    mm_enter();
    errval_t err = ram.func != NULL ? LIB_ERR_NOT_IMPLEMENTED : call(words, send, NULL);
    mm_leave();
    return err;
}

errval_t ram_lend(domainid_t domain, size_t bytes, bool *limited)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_LEND, domain, bytes};
    errval_t err = ram_server_call(words, NULL_CAP);
    if (err_is_ok(err))
        *limited = words[1] != 0;
    return err;
}

errval_t ram_unlend(domainid_t domain, size_t bytes)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_UNLEND, domain, bytes};
    return ram_server_call(words, NULL_CAP);
}

errval_t ram_available(genpaddr_t *available, genpaddr_t *total)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_AVAILABLE};
    errval_t err = ram_server_call(words, NULL_CAP);
    if (err_is_ok(err)) {
        *available = words[1];
        *total = words[2];
    }
    return err;
}

errval_t ram_free_ranges(size_t *count)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_AVAILABLE};
    errval_t err = ram_server_call(words, NULL_CAP);
    if (err_is_ok(err))
        *count = words[3];
    return err;
}

errval_t ram_set_limit(size_t bytes)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_LIMIT, 0, bytes};
    return ram_server_call(words, NULL_CAP);
}

errval_t ram_get_account(domainid_t domain, struct ram_account *account)
{
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_ACCOUNT, domain};
    errval_t err = ram_server_call(words, NULL_CAP);
    if (err_is_ok(err)) {
        *account =
            (struct ram_account){words[1], words[2], words[3], words[4], words[5], words[6] != 0};
    }
    return err;
}
