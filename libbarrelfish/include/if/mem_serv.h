// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests to a core's memory server, over LMP (barrelfish/lmp_rpc.h). Memory is given back by
// deleting the last capability that covers it; there is no request for that.
#pragma once

#define MEM_SERV_DEADLINE_MAX_US 60000000u
#define MEM_SERV_RECLAIMS_MAX 16u ///< that are under way at once

enum mem_serv_op {
    /// words: 1 bytes, 2 alignment in bytes (a power of two, at least a page), 3 least base,
    ///        4 first address beyond (0: any).
    /// reply: 1 base, 2 bytes; capability: RAM. The memory's content is undefined.
    /// The memory is on the caller's account until no capability covers it.
    /// errors: LIB_ERR_RAM_ALLOC_WRONG_SIZE not whole pages or no alignment; LIB_ERR_RAM_ALLOC
    /// none; LIB_ERR_RAM_ALLOC_LIMIT; SPAWN_ERR_NO_DOMAIN the caller has ended.
    MEM_SERV_ALLOC = 1,
    /// reply: 1 free bytes, 2 free bytes and those handed out, 3 ranges that are free, each with
    /// one capability of the memory server's.
    MEM_SERV_AVAILABLE,
    /// words: 1 domain ID, which has ended. From the monitor and spawnd of this core only. All that
    /// is on its account is taken back by force, whoever holds capabilities to it; when that is
    /// done MEM_SERV_FORGOTTEN comes to the caller's endpoint of MEM_SERV_REVOKE_EP. What other
    /// cores may hold is nobody's then, until the last copy goes.
    /// errors: SYS_ERR_RIGHTS.
    MEM_SERV_FORGET,
    /// words: 1 domain ID; 0: memory of domains that have ended, which other cores may hold.
    /// reply: 1 bytes and 2 pieces that it holds, 3 limit in bytes, 4 bytes that it was ever given,
    /// 5 bytes that are counted against the limit: what it holds, what is lent to it and what the
    /// core's services keep of it, and the same of all domains that it has spawned; 6: 1 = its own
    /// limit or that of a domain that pays for it bounds it.
    /// errors: SPAWN_ERR_NO_DOMAIN it has no account.
    MEM_SERV_ACCOUNT,
    /// words: 1 domain ID; cap: frame of a page, where the server keeps that domain's struct
    /// info_memory (kpi/info.h) up to date until MEM_SERV_FORGET. From the monitor and spawnd of
    /// this core only, which must not revoke the frame before.
    /// errors: SYS_ERR_RIGHTS; LIB_ERR_INVALID_ARGS no such frame, or it has one already;
    /// LIB_ERR_MALLOC_FAIL too many domains; those of vspace_map_one_frame().
    MEM_SERV_INFO,
    /// words: 1 base, 2 bytes, 3 domain ID, 4 payer. Moves whole pieces from the caller's account to
    /// the domain's, which is opened as by MEM_SERV_LIMIT if need be. From the monitor and spawnd of
    /// this core only.
    /// errors: SYS_ERR_RIGHTS, SYS_ERR_ARGS not all of it is the caller's; LIB_ERR_RAM_ALLOC_LIMIT;
    /// those of opening.
    MEM_SERV_CHARGE,
    /// words: 1 domain ID (0: the caller), 2 bytes that may be counted on its account, 3 payer. A
    /// domain may lower its own limit, also below what is counted; spawnd and the monitor may set
    /// any domain's, whose account is opened if need be: what is counted on it is then counted on
    /// that of the payer too, the domain of this core that has spawned it (0: none), and on its
    /// payer's.
    /// errors: SYS_ERR_RIGHTS; SPAWN_ERR_NO_DOMAIN, also of the payer; LIB_ERR_MALLOC_FAIL too many
    /// accounts; SPAWN_ERR_ID_IN_USE a former domain of this ID is still paid for: take another;
    /// LIB_ERR_RAM_ALLOC_LIMIT a payer's limit does not allow what the services keep of a domain.
    MEM_SERV_LIMIT,
    /// capability: an endpoint that gets MEM_SERV_WANTED and MEM_SERV_LOST from now on, in the
    /// place of that given before; none: nothing more is told.
    /// errors: SYS_ERR_CAP_TYPE; SPAWN_ERR_NO_DOMAIN.
    MEM_SERV_REVOKE_EP,
    /// words: 1 domain ID, 2 bytes wanted, 3 microseconds that it has; capability: an endpoint that
    /// gets MEM_SERV_RECLAIMED, once, perhaps before the reply. From the monitor and spawnd of this
    /// core only. Give the endpoint room for MEM_SERV_RECLAIMS_MAX messages.
    /// errors: SYS_ERR_RIGHTS, also for a domain of the trusted base; SYS_ERR_ARGS;
    /// SYS_ERR_CAP_TYPE; SPAWN_ERR_NO_DOMAIN; LIB_ERR_RECLAIM_BUSY one is under way for this
    /// domain, or too many are.
    MEM_SERV_RECLAIM,
    /// words: 1 domain ID, 2 bytes of the caller's own memory, which serve that domain: they are
    /// counted on its account and on its payers'. From the monitor and spawnd of this core only.
    /// reply: 1: 1 = a limit bounds the domain (as MEM_SERV_ACCOUNT's word 6).
    /// errors: SYS_ERR_RIGHTS; SPAWN_ERR_NO_DOMAIN; LIB_ERR_RAM_ALLOC_LIMIT.
    MEM_SERV_LEND,
    /// The same words: the bytes are no longer counted. Also when the domain has ended, until when
    /// they stay counted on its payers.
    /// errors: SYS_ERR_RIGHTS; SPAWN_ERR_NO_DOMAIN; SYS_ERR_ARGS it is more than is lent.
    MEM_SERV_UNLEND,
    MEM_SERV_OPS_COUNT
};

/// Messages of the memory server, in word 0.
enum mem_serv_message {
    /// words: 1 bytes, 2 systime_t until when. What is missing then is taken by force.
    MEM_SERV_WANTED = 1,
    /// words: 1 base, 2 bytes: what lay in this range is gone, but for what other cores may hold.
    MEM_SERV_LOST,
    /// words: 1 domain ID, 2 bytes that came back, 3 those of them that were taken by force. What
    /// comes back because the domain ends counts too.
    MEM_SERV_RECLAIMED,
    /// words: 1 domain ID: all that was on its account is taken back. It is not sent again: the
    /// endpoint must have room.
    MEM_SERV_FORGOTTEN,
};
