// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Exposed information (Engler, Kaashoek, O'Toole: "Exokernel", SOSP 1995): the page in which a
// domain reads what it and its core have, without a system call. Its spawner maps it, read-only, at
// INFO_VADDR (kpi/spawn.h) and keeps the capability to write from it. Two write it, both on the
// domain's own core: the CPU driver, when the dispatcher comes onto the core and when the timer
// fires while it runs, and the memory server, when what the domain holds has changed. A value
// is as old as that; nothing is written while a dispatcher waits. If the core comes by LRPC
// (LMP_FLAG_CALL) to a dispatcher whose page is less than a millisecond old, it stays as it is.
//
// E1  Each group is written by one writer only and has cache lines of its own.
// E2  A writer makes the group's sequence odd, writes, and makes it even and greater than before.
//     The CPU driver's is never seen odd, because its events are not interrupted. 0: never written.
// E3  A reader that finds the sequence even, and the same before and after, has read one state.
// E4  No writer ever reads the page: what it holds cannot mislead them.
//
// Read it with barrelfish/info.h.

#pragma once

#include "kpi/types.h"

/// Written by the CPU driver. Cycles are of the time-stamp counter.
struct info_kernel {
    uint64_t sequence;
    uint64_t tsc; ///< when this was written

    // The dispatcher.
    uint64_t scheduled;  ///< time slices: times it came onto the core
    uint64_t run_cycles; ///< time that it ran outside of the CPU driver
    uint64_t reserved0[4];

    // Its core: enum kernel_stat tells the same of any core, by a request.
    uint64_t mdb_size;       ///< capabilities in the mapping database
    uint64_t runnable;       ///< dispatchers that run or could
    uint64_t idle_cycles;    ///< time halted
    uint64_t ticks;          ///< timer interrupts
    uint64_t longest_cycles; ///< longest event of the CPU driver
    uint64_t reserved1[3];
};
_Static_assert(sizeof(struct info_kernel) == 128, "kpi layout");

/// Written by the core's memory server. Bytes.
struct info_memory {
    uint64_t sequence;
    uint64_t bytes;  ///< that the domain holds, as MEM_SERV_ACCOUNT tells
    uint64_t pieces; ///< in so many pieces
    uint64_t limit;  ///< most bytes that it may hold; 0: no limit

    // Of the core, as of this domain's or soon after another's last request.
    uint64_t free_bytes;
    uint64_t total_bytes; ///< those that are free and those handed out
    uint64_t reserved[2];
};
_Static_assert(sizeof(struct info_memory) == 64, "kpi layout");

struct domain_info {
    struct info_kernel kernel;
    struct info_memory memory;
};
_Static_assert(offsetof(struct domain_info, memory) % 64 == 0, "E1");
_Static_assert(sizeof(struct domain_info) <= BASE_PAGE_SIZE, "one page");
