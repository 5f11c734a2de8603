// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Domains made by the spawnd of any core: starting, waiting, ending, listing. Names and argument
// orders are Barrelfish's.
//
// A domain is named by a capref with its domain ID, as Barrelfish's programs expect; there is no
// capability behind it, it takes no slot, and may be copied and forgotten freely. All calls block,
// on an answer of spawnd; any thread may call them. Calls to another core need the monitor. A
// program that hands capabilities to a domain can do so on its own core only.
#pragma once

#include "barrelfish/caddr.h"
#include "if/spawnd.h"
#include "kpi/dispatcher.h"

typedef uint8_t spawn_flags_t;

#define SPAWN_FLAGS_DEFAULT ((spawn_flags_t)0)
/// The new domain finds struct bootinfo at BOOTINFO_VADDR.
#define SPAWN_FLAGS_BOOTINFO ((spawn_flags_t)SPAWND_FLAG_BOOTINFO)
/// It is the operator (DOMAIN_OPERATOR). From the boot core's first domain only.
#define SPAWN_FLAGS_OPERATOR ((spawn_flags_t)SPAWND_FLAG_OPERATOR)

/// Exit status that spawn_wait() gives for a domain that was killed or died.
#define SPAWN_STATUS_DIED 134u

/// Start the boot module `path` on a core. argv[0] is ignored and replaced by the module's name;
/// argv and envp end with NULL; envp NULL: the caller's own environment. *ret_domain_cap may be
/// NULL. SPAWN_ERR_NO_MODULE, SPAWN_ERR_ARGS, SPAWN_ERR_LIMIT, SPAWN_ERR_LOAD; MON_ERR_NO_CORE.
LIB_MUST_CHECK errval_t spawn_program(coreid_t coreid, const char *path, char *const argv[],
                                      char *const envp[], spawn_flags_t flags,
                                      struct capref *ret_domain_cap);

/// As spawn_program(), for a domain that may hold `memory_bytes` at most (0: no limit), what it is
/// loaded into included; see ram_set_limit(). LIB_ERR_RAM_ALLOC_LIMIT: it cannot even be loaded.
LIB_MUST_CHECK errval_t spawn_program_with_limit(coreid_t coreid, const char *path,
                                                 char *const argv[], char *const envp[],
                                                 size_t memory_bytes, spawn_flags_t flags,
                                                 struct capref *ret_domain_cap);

/// As spawn_program(); `argcn_cap` is an L2CNode in a slot of the own L1CNode (or NULL_CAP), whose
/// first SPAWND_ARGCN_SLOTS slots are copied into the new domain's ARGCN. LIB_ERR_NOT_IMPLEMENTED:
/// inheritcn_cap is not NULL_CAP, or there is an argcn_cap and coreid is another core.
LIB_MUST_CHECK errval_t spawn_program_with_caps(coreid_t coreid, const char *path,
                                                char *const argv[], char *const envp[],
                                                struct capref inheritcn_cap,
                                                struct capref argcn_cap, spawn_flags_t flags,
                                                struct capref *ret_domain_cap);

/// Start a program on each core that is up; on the caller's own too if `same_core`. ret_domain_cap
/// (may be NULL) gets up to `*spawn_count` domains if spawn_count is not NULL, else
/// BOOTINFO_CORES_MAX; *spawn_count: their number. Ends at the first error.
LIB_MUST_CHECK errval_t spawn_program_on_all_cores(bool same_core, const char *path,
                                                   char *const argv[], char *const envp[],
                                                   spawn_flags_t flags,
                                                   struct capref *ret_domain_cap,
                                                   coreid_t *spawn_count);

/// Wait for a domain's end. *exitcode (may be NULL): its exit status, or SPAWN_STATUS_DIED. With
/// `nohang`, LIB_ERR_NO_EVENT if it has not ended. SPAWN_ERR_NO_DOMAIN: it never was, or ended long
/// ago.
LIB_MUST_CHECK errval_t spawn_wait(struct capref domain_cap, uint8_t *exitcode, bool nohang);

/// The same for a domain ID.
LIB_MUST_CHECK errval_t spawn_wait_core(coreid_t coreid, domainid_t domainid, uint8_t *exitcode,
                                        bool nohang);

/// End a domain that the caller has spawned, or that one of those has; returns when it has ended.
/// SPAWN_ERR_NO_DOMAIN, SYS_ERR_RIGHTS.
LIB_MUST_CHECK errval_t spawn_kill(struct capref domain_cap);

/// The same for a domain for which another thread of the caller waits in spawn_wait(): it asks only,
/// and the other thread learns of the end. Nothing happens if the domain has ended, or others have
/// spawned it.
LIB_MUST_CHECK errval_t spawn_interrupt(struct capref domain_cap);

struct spawn_reclaimed {
    uint64_t bytes;  ///< that came back, less what the domain allocated meanwhile
    uint64_t forced; ///< of them taken by force
};

/// Ask a domain that the caller has spawned to give `bytes` of memory back. It chooses what
/// (barrelfish/ram_revoke.h); what is missing after `deadline_us` is taken by force, newest memory
/// first and in whole pieces. A domain that has registered nothing loses at once. Returns when it
/// is done; *reclaimed may be NULL. What comes back because the domain ends counts too.
/// SPAWN_ERR_NO_DOMAIN, SYS_ERR_RIGHTS; SYS_ERR_ARGS: more than a minute;
/// LIB_ERR_RECLAIM_BUSY: one is under way for this domain.
LIB_MUST_CHECK errval_t spawn_reclaim(struct capref domain_cap, size_t bytes, delayus_t deadline_us,
                                      struct spawn_reclaimed *reclaimed);

/// End the calling domain; does not return.
void spawn_exit(uint8_t exitcode) __attribute__((noreturn));

/// A domain as spawnd lists it.
struct spawn_domain_info {
    domainid_t id;
    coreid_t core;
    enum spawnd_state state;
    enum dispatcher_activity activity;
    uint64_t bytes;       ///< memory that it was loaded into; what it allocated since is not in it
    uint64_t given_bytes; ///< memory that it holds besides
    char name[SPAWND_NAME_BYTES];
};

/// The domain with the least ID from `from` on, on that ID's core; info->id is 0 if there is none.
LIB_MUST_CHECK errval_t spawn_list_next(domainid_t from, struct spawn_domain_info *info);

/// What a running domain was started as, with its arguments, and what it does.
struct spawn_description {
    char command[SPAWND_COMMAND_BYTES];
    uint64_t run_us;           ///< it has run
    enum dispatcher_wait wait; ///< what it waits for, if it is blocked and by its own word ...
    domainid_t waits_for;      ///< ... and of whom, or 0
};

/// SPAWN_ERR_NO_DOMAIN.
LIB_MUST_CHECK errval_t spawn_describe(domainid_t id, struct spawn_description *description);

/// Tells in words that the caller waits for the domain `peer` (0: unknown), for whom that one waits by
/// its own word, and so on, until one says nothing, or a circle is closed, or after SPAWN_WAITS_MAX:
///     0x10003 waits for 0x10004 (kv), which waits for 0x10003 in a circle
/// Does not wait for another thread that asks a spawnd; then that is the end, too.
void spawn_tell_waits(domainid_t peer, char *text, size_t bytes);
#define SPAWN_WAITS_MAX 8u

/// All domains of the cores that are up, by rising ID if `sorted` (always). *domains is to be freed
/// with free(); *len is their number.
LIB_MUST_CHECK errval_t spawn_get_domain_list(bool sorted, domainid_t **domains, size_t *len);

struct spawn_core_info {
    uint64_t free_bytes, total_bytes; ///< of the core's memory server
    uint64_t domains, domains_max;
};

LIB_MUST_CHECK errval_t spawn_core_info(coreid_t core, struct spawn_core_info *info);

/// The domain ID that a domain's capref stands for.
static inline domainid_t spawn_domain_id(struct capref domain_cap)
{
    return domain_cap.slot;
}

static inline struct capref spawn_domain_cap(domainid_t id)
{
    return (struct capref){.slot = id};
}

static inline coreid_t spawn_domain_core(domainid_t id)
{
    return (coreid_t)(id >> 16);
}
