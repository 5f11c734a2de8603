// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Requests to a core's spawnd: from domains of its core over LMP (barrelfish/lmp_rpc.h, at
// TASKCN_SLOT_SPAWNDEP), from others over UMP (iref (core << 32) | IREF_INDEX_SPAWND). A request
// and its reply are at most SPAWND_WORDS words, the same over both; over UMP a client sends one
// request at a time, and reply word 0 is the errval_t, as over LMP. A capability goes over LMP
// only.
//
// Arguments of a new domain are sent in pieces before SPAWND_SPAWN, which forgets them, whatever it
// returns. No memory is shared with a client, so that none can hurt spawnd by taking it away.
// Programs use barrelfish/spawn_client.h instead.
#pragma once

#define SPAWND_WORDS 7u
#define SPAWND_PIECE_WORD 2u
#define SPAWND_PIECE_BYTES 40u
/// Most bytes of argc arguments and envc "NAME=value", each ended by a zero byte, in this order.
#define SPAWND_STRINGS_MAX 8192u
/// Most arguments and environment variables together.
#define SPAWND_COUNT_MAX 256u
#define SPAWND_ARGCN_SLOTS 8u
#define SPAWND_NAME_BYTES 32u
/// What is kept of a domain's arguments, separated by blanks, with a zero byte behind.
#define SPAWND_COMMAND_BYTES 128u

/// What spawnd itself finds in its ARGCN: unbadged endpoints, to be minted for the domains that it
/// makes.
#define SPAWND_ARG_MONITOREP 0u
#define SPAWND_ARG_MEMSERVEP 1u

enum spawnd_op {
    /// 1: offset of the piece | its bytes << 32, 2-6: the piece. Offset 0 begins anew; pieces
    /// follow one another.
    /// errors: SPAWN_ERR_ARGS too long, or out of order.
    SPAWND_STRINGS = 1,
    /// 1: slot of the new domain's ARGCN, below SPAWND_ARGCN_SLOTS; capability: what goes there.
    /// LMP only.
    /// errors: SPAWN_ERR_ARGS, also if the slot was given before.
    SPAWND_ARGCAP,
    /// 1: argc | envc << 32, 2: SPAWND_FLAG_, 3: bytes of memory that the domain may hold, together
    /// with what it spawns (0: no limit). On the caller's own core what it holds counts on the
    /// caller's limit too. The first argument names a boot module. reply: 1 domain ID.
    /// errors: SPAWN_ERR_ARGS, SPAWN_ERR_NO_MODULE, SPAWN_ERR_LIMIT no room, or too many domains of
    /// the same origin, LIB_ERR_RAM_ALLOC_LIMIT it cannot even be loaded, or the caller's limit does
    /// not allow it, those of spawn_load() (barrelfish/spawn.h).
    SPAWND_SPAWN,
    /// 1: exit status. The caller ends; there is no reply. LMP only.
    SPAWND_EXIT,
    /// 1: domain ID, 2: 1 = do not wait. reply: 1 enum spawnd_state, 2 exit status or enum
    /// dispatcher_death. The reply comes when the domain has ended. What is known of ended domains
    /// is forgotten after many others have ended.
    /// errors: SPAWN_ERR_NO_DOMAIN; SPAWN_ERR_LIMIT too many wait.
    SPAWND_WAIT,
    /// 1: domain ID, 2: 1 = there is no reply, for a caller that waits for the domain already. The
    /// caller must have spawned it or an ancestor of it, or be the operator (DOMAIN_OPERATOR). When a
    /// domain ends, its parent is that of its children. The reply comes when the domain has ended.
    /// errors: SPAWN_ERR_NO_DOMAIN, SYS_ERR_RIGHTS.
    SPAWND_KILL,
    /// 1: least domain ID wanted. reply: the first from there on: 1 domain ID (0: none) | enum
    /// spawnd_state << 32 | enum dispatcher_activity << 40, 2 pages of memory that it was loaded into | pages that the memory server
    /// has given it << 32, 3-6 name. Domains that have ended are left out.
    SPAWND_LIST,
    /// reply: 1 free, 2 total bytes of this core's memory server, 3 domains, 4 domains that there
    /// is room for.
    SPAWND_MEMORY,
    /// 1: domain ID, 2: bytes, 3: microseconds. The caller must be one that could kill the domain,
    /// which is asked to give memory back (barrelfish/ram_revoke.h) and loses by force what is missing when
    /// the time has passed. reply, when that is done: 1 bytes that came back, 2 those of them that
    /// were taken by force.
    /// errors: SPAWN_ERR_NO_DOMAIN, SYS_ERR_RIGHTS, those of MEM_SERV_RECLAIM (if/mem_serv.h).
    SPAWND_RECLAIM,
    /// 1: ID of a running domain, 2: offset. reply: 1 microseconds that it ran, 2 bytes of its command
    /// line | enum dispatcher_wait << 16 | domain that it waits for << 32, 3-6: those from the offset
    /// on, at most SPAWND_NAME_BYTES, filled up with zeros.
    /// errors: SPAWN_ERR_NO_DOMAIN.
    SPAWND_DESCRIBE,
    /// 1: bytes (at most SPAWND_PIECE_BYTES), perhaps with SPAWND_PRINT_MORE: the next piece is
    /// part of the same text; 2-6: text. Printed on the domain's behalf: for the words of who has
    /// no console, early ones and last ones. What a domain says in all its life is bounded, the
    /// rest is left out. There is no reply. LMP only.
    SPAWND_PRINT,
    SPAWND_OPS_COUNT
};

#define SPAWND_PRINT_MORE (UINT64_C(1) << 32)

#define SPAWND_FLAG_BOOTINFO 0x1u ///< map bootinfo to read
#define SPAWND_FLAG_OPERATOR 0x2u ///< it is to be DOMAIN_OPERATOR: boot core's first domain only

enum spawnd_state {
    SPAWND_RUNNING = 1,
    SPAWND_EXITED, ///< by itself, with a status
    SPAWND_DIED,   ///< the CPU driver stopped it: enum dispatcher_death
    SPAWND_KILLED, ///< by SPAWND_KILL
};
