// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Deleting what somebody else sent. It may be the last capability of a large object, a CNode full of
// CNodes: a server that deleted all of it at once would serve nobody meanwhile. So it does one step;
// the CPU driver does the others by itself (between events, and when the core is idle), and the
// slot is freed at a later call, when it is empty. However many are dropped, no call waits for one:
// each slot that is to be freed has a bit.
// CD1 `dropped_count` bits are set.
#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/threads.h"

#include <assert.h>

#define SLOTS_MAX (1u << 16) ///< those above are lost: a server would have to have as many in use
#define STEPS_EACH_CALL 2u

static struct thread_mutex mutex = THREAD_MUTEX_INITIALIZER;
static uint64_t dropped[SLOTS_MAX / 64]; ///< a bit for each slot, by its address
static unsigned dropped_count, next;     ///< `next`: the address to look from

/// One step; true: it is done, or nobody can do it.
static bool step(struct capref cap)
{
    errval_t err = invoke_cap_delete(cap);
    if (err_is_ok(err) || err_no(err) == SYS_ERR_CAP_NOT_FOUND) {
        (void)slot_free(cap);
        return true;
    }
    return err_no(err) != SYS_ERR_AGAIN; // else nobody can delete it: the slot is lost
}

/// The next one, in turn; there is one.
static capaddr_t next_dropped(void)
{
    assert(dropped_count > 0); // CD1
    uint64_t word = dropped[next / 64] >> next % 64;
    while (word == 0) {
        next = (next / 64 + 1) * 64 % SLOTS_MAX;
        word = dropped[next / 64];
    }
    next += (unsigned)__builtin_ctzll(word);
    return next;
}

static void step_next(void)
{
    capaddr_t addr = next_dropped();
    if (step((struct capref){ROOTCN_CNODE(addr / L2_CNODE_SLOTS), addr % L2_CNODE_SLOTS})) {
        dropped[addr / 64] &= ~(1ull << addr % 64);
        dropped_count--;
    }
    next = (next + 1) % SLOTS_MAX;
}

void cap_drop(struct capref cap)
{
    capaddr_t addr = get_cap_addr(cap);
    thread_mutex_lock(&mutex);
    for (unsigned i = 0; i < STEPS_EACH_CALL && dropped_count > 0; i++)
        step_next();
    if (!step(cap) && addr < SLOTS_MAX) {
        dropped[addr / 64] |= 1ull << addr % 64;
        dropped_count++;
    }
    thread_mutex_unlock(&mutex);
}
