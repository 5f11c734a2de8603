// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The accounts of a memory server, after KeyKOS's and EROS's space banks (Hardy, "KeyKOS
// Architecture", 1985; Shapiro et al., "EROS: a fast capability system", SOSP 1999): memory belongs
// to the account that it was allocated on until it is given back or the account ends, whoever holds
// capabilities to it meanwhile. What cannot be taken back when an account ends, because other cores
// may hold it, belongs to nobody: the account `ownerless`. Which memory is on an account is in
// held_ranges.h. Pure; private to the memory server.
//
// Accounts form trees, as space banks do: an account's payer is that of whoever spawned the domain.
// A2 What an account holds, what is lent to it, and the services' records of it are counted on it
//    and on all its payers: `counted` is that sum over an account and all that it pays for.
// A3 Nothing is counted beyond the limit of any payer, but for what a lowered limit finds there.
// A4 An account whose domain has ended stays, closed, as long as it is needed for that: while
//    something is lent to it, or while it has a limit and pays for more than one other. Else those
//    that it paid for get its payer, an only one its limit too, if that is less.
#pragma once

#include "barrelfish/caddr.h"

/// Room for a core's domains, for a closed account at each fork above them, and for one at each
/// connection that outlives its client.
#define ACCOUNTS_MAX 1024u
#define ACCOUNTS_BUCKETS 512u
#define ACCOUNT_NO_LIMIT UINT64_MAX
/// What the services of a core keep of each domain that is spawned: here its account, its client
/// and its page of information, in spawnd its entry, its client and strings on their way.
#define ACCOUNT_RECORDS_BYTES 16384u
/// What the memory server keeps of each piece handed out.
#define ACCOUNT_PIECE_BYTES 128u

struct held_range;

/// An account's address stays the same as long as it exists.
struct account {
    domainid_t domain;           ///< 0: unused, or ownerless
    uint16_t next;               ///< index + 1 of the next in its bucket or in the free list
    uint16_t page;               ///< index + 1 of its page of information (info.c), or 0
    bool ending;                 ///< its domain has ended; nothing more is allocated
    bool closed;                 ///< (A4) all that it held has come back
    uint32_t ended_by;           ///< badge of who is told when all has come back
    uint32_t pieces;             ///< ranges held
    uint32_t children;           ///< accounts that it pays for
    uint32_t records;            ///< bytes of the services' records of it
    uint64_t bytes;              ///< held now
    uint64_t lent;               ///< bytes of others' memory that it pays for
    uint64_t counted;            ///< (A2)
    uint64_t limit;              ///< that `counted` may reach
    uint64_t given;              ///< bytes ever
    struct account *payer;       ///< or NULL
    struct account *next_ending; ///< of those that are ending
    struct held_range *newest;
    struct capref revoke_ep; ///< told when memory is wanted back, or NULL_CAP
};

struct accounts {
    struct account ownerless;
    uint16_t free_list; ///< index + 1
    uint16_t buckets[ACCOUNTS_BUCKETS];
    struct account list[ACCOUNTS_MAX];
};

void accounts_init(struct accounts *accounts);

/// The account of a domain that has not ended for good, or NULL; that of domain 0 is `ownerless`.
struct account *accounts_find(struct accounts *accounts, domainid_t domain);

/// The same, also of one that is closed.
struct account *accounts_find_closed(struct accounts *accounts, domainid_t domain);

/// The account of a domain of the trusted base, made if it is not there: nobody pays for it. NULL:
/// there is no room.
struct account *accounts_get(struct accounts *accounts, domainid_t domain);

/// Open the account of a domain that is being spawned. payer may be NULL. SPAWN_ERR_ID_IN_USE: a
/// former domain's account of this ID is there; LIB_ERR_MALLOC_FAIL: there is no room;
/// LIB_ERR_RAM_ALLOC_LIMIT: a payer's limit does not allow the records.
LIB_MUST_CHECK errval_t accounts_open(struct accounts *accounts, domainid_t domain,
                                      struct account *payer, struct account **ret);

/// Give an account up that holds nothing (A4).
void accounts_close(struct accounts *accounts, struct account *account);

/// Whether it may hold this much more.
bool account_may_take(const struct account *account, uint64_t bytes);

/// Whether its own limit or that of a payer bounds it.
bool account_is_limited(const struct account *account);

/// Count memory, or no longer.
void account_count(struct account *account, uint64_t bytes);
void account_uncount(struct account *account, uint64_t bytes);

/// Count memory of the caller's on this account. SPAWN_ERR_NO_DOMAIN: it is ending;
/// LIB_ERR_RAM_ALLOC_LIMIT.
LIB_MUST_CHECK errval_t account_lend(struct account *account, uint64_t bytes);

/// The reverse, also of one that is closed, which may be gone afterwards. SYS_ERR_ARGS: it is more
/// than is lent.
LIB_MUST_CHECK errval_t accounts_unlend(struct accounts *accounts, struct account *account,
                                        uint64_t bytes);

/// A2 and A4, and the lists, for tests.
bool accounts_valid(const struct accounts *accounts);
