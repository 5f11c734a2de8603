// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Physical memory as RAM capabilities. Given back by deleting all that was made of it, the RAM
// capability included. Sizes are whole pages, powers of two or not. Any thread may call; the call
// waits for the memory server. Names that Barrelfish has mean the same.
#pragma once

#include "barrelfish/caddr.h"

struct ram_request {
    size_t bytes;                 ///< whole pages, not 0
    size_t alignment;             ///< bytes, a power of two, at least a page
    genpaddr_t minbase, maxlimit; ///< limit: first address beyond; 0: none
};

/// Serves one request with a capability in a slot that the caller will own. Runs under the lock of
/// memory management and must not map anything.
typedef errval_t (*ram_alloc_func_t)(struct capref *ret, const struct ram_request *request);

/// Decide where memory comes from: the memory server, or, where TASKCN holds no endpoint of one,
/// the RAM in SUPERCN. Called once by the library.
errval_t ram_alloc_init(void);

/// RAM of `bytes` bytes within the affinity set. LIB_ERR_RAM_ALLOC, LIB_ERR_RAM_ALLOC_WRONG_SIZE.
LIB_MUST_CHECK errval_t ram_alloc_bytes(struct capref *ret, size_t bytes, size_t alignment);

/// RAM of 2^size_bits bytes, aligned to its size, within the affinity set.
LIB_MUST_CHECK errval_t ram_alloc(struct capref *retcap, uint8_t size_bits);

/// As ram_alloc(), between two addresses.
LIB_MUST_CHECK errval_t ram_alloc_fixed(struct capref *ret, uint8_t size_bits, genpaddr_t minbase,
                                        genpaddr_t maxlimit);

/// Limit what ram_alloc() and all that stands on it return. 0, 0: no limit, as at the start.
void ram_set_affinity(genpaddr_t minbase, genpaddr_t maxlimit);
void ram_get_affinity(genpaddr_t *minbase, genpaddr_t *maxlimit);

/// Free memory and all memory of this core's server, in bytes. LIB_ERR_NOT_IMPLEMENTED in a domain
/// that does not use one.
LIB_MUST_CHECK errval_t ram_available(genpaddr_t *available, genpaddr_t *total);

/// How many ranges the free memory is scattered over. LIB_ERR_NOT_IMPLEMENTED as above.
LIB_MUST_CHECK errval_t ram_free_ranges(size_t *count);

/// Lower the limit of what this domain may hold together with all that it has spawned on this core,
/// in bytes (ram_account's `counted`). It may be less than what is counted now: then nothing is
/// allocated until enough was given back. Whoever has reached its limit gets
/// LIB_ERR_RAM_ALLOC_LIMIT from ram_alloc() and all that stands on it. SYS_ERR_RIGHTS: more than
/// the limit so far. LIB_ERR_NOT_IMPLEMENTED as above.
LIB_MUST_CHECK errval_t ram_set_limit(size_t bytes);

/// What a domain holds of this core's memory, what it was loaded into included. Memory is on the
/// account of the domain that allocated it until no capability covers it any more.
struct ram_account {
    uint64_t bytes, pieces; ///< held now; a piece is what was allocated at once, or a rest of it
    uint64_t limit;         ///< in bytes; UINT64_MAX: none
    uint64_t given;         ///< bytes ever
    /// Bytes counted against the limit: held, lent by services, their records of the domain, and
    /// the same of all domains that it has spawned.
    uint64_t counted;
    bool limited; ///< by its own limit or by that of a domain that pays for it
};

/// The account of a domain of this core; 0: of memory whose domains have ended and that other cores
/// may hold. SPAWN_ERR_NO_DOMAIN. LIB_ERR_NOT_IMPLEMENTED as above.
LIB_MUST_CHECK errval_t ram_get_account(domainid_t domain, struct ram_account *account);

/// Count bytes of the caller's own memory against a domain of this core, which it serves, and
/// against those that pay for it; *limited: whether any of them has a limit. For the monitor and
/// spawnd only: SYS_ERR_RIGHTS. SPAWN_ERR_NO_DOMAIN; LIB_ERR_RAM_ALLOC_LIMIT.
LIB_MUST_CHECK errval_t ram_lend(domainid_t domain, size_t bytes, bool *limited);

/// Count them no longer. Also when the domain has ended. SYS_ERR_RIGHTS; SPAWN_ERR_NO_DOMAIN;
/// SYS_ERR_ARGS: more than is lent.
LIB_MUST_CHECK errval_t ram_unlend(domainid_t domain, size_t bytes);

/// Let `func` serve all requests from now on; NULL: the server at cap_memservep, which is connected
/// to at the next request.
void ram_alloc_set(ram_alloc_func_t func);

/// Let requests be served out of a RAM capability too, which the library owns from now on. For
/// domains without a memory server. LIB_ERR_INVALID_ARGS: not RAM, or too many regions.
LIB_MUST_CHECK errval_t ram_alloc_from_region(struct capref ram);

/// Memory of a region that was not used.
struct ram_rest {
    struct capref cap;
    genpaddr_t base;
    gensize_t bytes;
};

/// Stop serving from regions: what is unused of each becomes one RAM capability of the caller, with
/// no other capability over it. Until ram_alloc_set() is called every request fails. Needs `max` of
/// at least BOOTINFO_REGIONS_MAX. On an error some regions are still in use; call again.
LIB_MUST_CHECK errval_t ram_alloc_end_regions(struct ram_rest *rest, size_t max, size_t *count);
