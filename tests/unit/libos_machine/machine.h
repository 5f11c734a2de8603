// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A machine for the library's memory management to run on, in one process: the CPU driver's own
// capability code, physical memory in which its objects lie, page tables that are walked when the
// test touches an address (with what was found kept, as a processor does, until the CPU driver
// flushes it), and a memory server behind lmp_rpc_call(). The domain begins as a spawner leaves it.
//
// The library keeps its state in static variables, so each test runs in a process of its own.
#pragma once

#include "barrelfish/caddr.h"
#include "barrelfish/vspace.h"
#include "kpi/syscalls.h"

#include <testlib/testlib.h>

#define MACHINE_BASE 0x40000000ul ///< first physical address: a multiple of 1 GiB
#define MACHINE_BYTES (128ul << 20)
#define MACHINE_RAM ((uint64_t)CAP_CMD_COUNT) ///< a request for memory, as a command
#define MACHINE_STEP (MACHINE_RAM + 1)        ///< a further step of a command that has begun
#define MACHINE_MAKES UINT64_MAX ///< each command that makes or changes something, MACHINE_RAM too

/// What the memory server, and what else stands around the library, is told and says.
struct machine {
    uint64_t request[8], reply[8]; ///< words of the last request that is not for memory; the answer
    struct capref sent;
    unsigned requests, connections; ///< how many
    errval_t connect_error;
    bool no_cap;           ///< the server answers a request for memory without any
    bool cap_with_error;   ///< ... or with a capability and an error
    genpaddr_t first_free; ///< physical memory below is not given any more
    genpaddr_t minbase, maxlimit;
    size_t alignment;                 ///< of the last request for memory
    struct thread *self;              ///< who calls
    void (*on_block)(void);           ///< what the others do while a thread waits for a mutex
    void (*before)(uint64_t command); ///< what happens before each invocation
    bool disabled;
    unsigned disables;
};
extern struct machine machine;

/// Run a test in a process, on a machine of its own; `started`: with the library's memory management
/// started. What fails there fails here.
void machine_run(void (*test)(void), bool started);

/// Defines test_x(), which runs x() so; the second one without the library started.
#define MACHINE_TEST(name)                                                                         \
    static void test_##name(void)                                                                  \
    {                                                                                              \
        machine_run(name, true);                                                                   \
    }
#define MACHINE_TEST_BARE(name)                                                                    \
    static void test_##name(void)                                                                  \
    {                                                                                              \
        machine_run(name, false);                                                                  \
    }

/// Refuse the nth next invocation of a command, or of MACHINE_MAKES; nothing happens but that.
void machine_fail(uint64_t command, unsigned nth, errval_t err);
bool machine_has_failed(void);

/// Invocations of a command so far.
unsigned machine_calls(uint64_t command);

/// No more than this is left at the memory server.
void machine_leave_ram(size_t bytes);

/// Memory that the server has given, or that lies in capabilities; it comes back by itself.
size_t machine_ram_used(void);

/// What is in a slot; false: it is empty.
bool machine_cap(struct capref cap, struct capability *ret);
bool machine_is_empty(struct capref cap);

/// Capabilities of a type on this core; of all types with ObjType_Null.
unsigned machine_count(enum objtype type);

/// Make a capability out of nothing, in an empty slot.
void machine_make(struct capref cap, enum objtype type, genpaddr_t base, gensize_t bytes);
void machine_delete(struct capref cap);

/// Memory that the server will not give.
genpaddr_t machine_take_ram(size_t bytes, size_t alignment);

/// Read or write a byte at an address, as a thread does: false if it may not and nobody answers
/// the page fault.
bool machine_touch(const void *address, bool write);

/// The page-table entry for an address, 0: none; *level (may be NULL) of its table.
uint64_t machine_entry(const void *address, unsigned *level);

/// The same in the page tables of another domain; and what is at a physical address.
uint64_t machine_entry_of(genpaddr_t pml4, const void *address, unsigned *level);
void *machine_memory(genpaddr_t address);

/// What the CPU driver was told of another dispatcher.
struct machine_dispatcher {
    genpaddr_t base;
    bool set_up, runs, has_death;
    uint64_t group;
    domainid_t domain;
    lvaddr_t udisp;
    genpaddr_t info;
};
struct machine_dispatcher *machine_dispatcher(struct capref cap);

#define MACHINE_ENTRY_WRITE 0x2ul
#define MACHINE_ENTRY_ADDRESS 0x000ffffffffff000ul
#define MACHINE_ENTRY_NX (1ul << 63)

/// Slots that are free, or kept for what the memory server gives next.
size_t machine_slots_free(void);

/// What a domain has: it must be the same after what has failed as before.
struct machine_state {
    size_t slots, ram;
    unsigned caps, mappings;
};
struct machine_state machine_state(void);
bool machine_state_is(struct machine_state state);

/// Run `work` again and again, refusing the first, the second ... of its invocations that make
/// something, until none was refused: it must fail then with the error of the refusal, and leave
/// all as it was. `undo` after it has succeeded (once before, so that all reserves are full).
/// Returns how many were refused.
unsigned machine_refuse_each(errval_t (*work)(void), void (*undo)(void));

/// The CPU driver's invariants hold.
bool machine_valid(void);
