// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The fuzzer's parts: what a cell holds (stock.c), what it calls (calls.c,
// trusted.c), what it may have come by (model.c), whether it holds more than that (audit.c,
// tables.c), and the loop (main.c).
#pragma once

#include "cell/cell.h"
#include "systest/systest.h"

#include "kpi/cap_rules.h"

// The cell's capability space: L2CNodes in these L1 slots.
#define FUZZ_CNODE_LIFE 0u    ///< what it lives by; looked at seldom
#define FUZZ_CNODE_OBJECTS 1u ///< one or more of each type
#define FUZZ_CNODE_EMPTY 2u   ///< and the next one: where new capabilities mostly go
#define FUZZ_CNODES 4u

// Slots in FUZZ_CNODE_LIFE and FUZZ_CNODE_OBJECTS that are roots of capability spaces.
#define FUZZ_SLOT_ROOT 1u
#define FUZZ_SLOT_OTHER_ROOT 16u
#define FUZZ_SLOT_READ_ONLY 3u ///< a Frame of which the cell never has more than the right to read
#define FUZZ_SLOT_PART_TABLE 29u ///< a ptable that the cell may never map: no right to execute
#define FUZZ_OBJECTS 48u         ///< slots that are mostly looked at, of each L2CNode

// What else the calls aim at.
#define FUZZ_BADGE 5u ///< of endpoints in the stock
#define FUZZ_IRQ 5u   ///< first of two interrupts that no device has
#define FUZZ_IO 0xe0u ///< first of some ports that no device answers

// Page-table entries (Intel SDM vol. 3, 4.5), written down once more, as all in the model.
#define FUZZ_PTE_PRESENT (1ul << 0)
#define FUZZ_PTE_WRITE (1ul << 1)
#define FUZZ_PTE_USER (1ul << 2)
#define FUZZ_PTE_LARGE (1ul << 7)
#define FUZZ_PTE_NO_EXECUTE (1ul << 63)
#define FUZZ_PTE_ADDRESS 0x000ffffffffff000ul

#define FUZZ_GRANTS_MAX 64u
#define FUZZ_VECTORS 2u

/// What a cell was given, and hence what it may hold: no more than this and what can be made of it.
/// The fuzzer's own account; the rules of derivation are written down once more in model.c.
struct fuzz_model {
    struct capability grants[FUZZ_GRANTS_MAX];
    bool shown[FUZZ_GRANTS_MAX]; ///< not given, only mapped in its address space
    unsigned count;
    bool trusted; ///< it holds Kernel with the right to write
    coreid_t core;
    genpaddr_t dispatcher;       ///< the cell's, which can make endpoints for itself
    uint8_t types[FUZZ_OBJECTS]; ///< what was put into the slots of FUZZ_CNODE_OBJECTS
    uint64_t vectors[FUZZ_VECTORS];
};

void fuzz_model_give(struct fuzz_model *model, const struct capability *given);
void fuzz_model_show(struct fuzz_model *model, const struct capability *shown);

/// Whether the cell can have come by this capability.
bool fuzz_model_allows(const struct fuzz_model *model, const struct capability *held);

/// Whether a table of this type of the cell can have come by this page-table entry.
bool fuzz_model_allows_entry(const struct fuzz_model *model, uint8_t table, uint64_t entry);

/// A cell, and what we keep of what we gave it.
struct fuzz_cell {
    struct cell cell;
    struct fuzz_model model;
    struct capref kept[FUZZ_OBJECTS]; ///< by slot in FUZZ_CNODE_OBJECTS; may be empty
    struct capref wake;               ///< its own endpoint, at FUZZ_ENDPOINT_OFFSET
    struct capref sink_cap;           ///< an endpoint of ours that it can send to
    struct lmp_endpoint *sink;
};

/// Allocate the slots that every cell uses, or free them.
bool fuzz_stock_init(struct fuzz_cell *fuzz);
void fuzz_stock_end(struct fuzz_cell *fuzz);

/// Fill the capability space of a fresh cell, with rights taken away at random.
bool fuzz_stock(struct fuzz_cell *fuzz, struct test_random *random, bool trusted);
#define FUZZ_ENDPOINT_OFFSET 4096u

/// Take back what we keep, after the cell itself is gone.
void fuzz_unstock(struct fuzz_cell *fuzz);

/// The slots of a cell's L2CNodes, as we reach them.
struct capref fuzz_slot(const struct cell *cell, unsigned cnode, cslot_t slot);

/// Make up a call: any system call, any command, arguments that may succeed or that are edge cases
/// or anything.
void fuzz_call(const struct fuzz_model *model, struct test_random *random, struct cell_call *call);

/// Change a call of a trusted cell so that it cannot destroy the machine.
void fuzz_withhold(const struct fuzz_model *model, struct test_random *random,
                   struct cell_call *call);

/// Whether a cell can succeed with a command of the table of rules.
bool fuzz_can_succeed(uint64_t command);

struct fuzz_found {
    uint64_t held;       ///< capabilities looked at
    uint64_t hidden;     ///< of these, without the right to identify
    uint64_t closed;     ///< CNodes that could not be gone through
    uint64_t entries;    ///< page-table entries looked at
    uint64_t violations; ///< of all these, more than the model allows
};

/// Look at all that a cell holds, and, if `tables`, at its page tables; the sums are added to
/// *found. `quiet`: do not print what is wrong.
void fuzz_audit(const struct fuzz_cell *fuzz, bool tables, bool quiet, struct fuzz_found *found);

/// Allocate what every audit uses, or free it.
bool fuzz_audit_init(void);
void fuzz_audit_end(void);

/// A page table of the cell, found by an audit, and a Mapping.
struct fuzz_table {
    uint64_t caddr;
    genpaddr_t base;
    uint8_t type;
};
#define FUZZ_TABLES_MAX 64u
#define FUZZ_MAPPINGS_MAX 512u

struct fuzz_mapping {
    uint64_t caddr;
    struct capability held;
};

struct fuzz_tables {
    struct fuzz_table tables[FUZZ_TABLES_MAX];
    struct fuzz_mapping mappings[FUZZ_MAPPINGS_MAX];
    unsigned tables_count, mappings_count;
};

void fuzz_tables_add(struct fuzz_tables *tables, uint64_t caddr, const struct capability *held);
void fuzz_tables_audit(const struct fuzz_tables *tables, const struct fuzz_model *model, bool quiet,
                       struct fuzz_found *found);

/// Show that an audit finds what a cell must not hold. The cell has been stocked and
/// does not run yet.
void fuzz_self_check(const struct fuzz_cell *fuzz);
