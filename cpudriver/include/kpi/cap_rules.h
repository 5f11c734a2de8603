// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The rules of the capability system as data: what each type is and may become, which operations it
// has, and which rights each operation needs of the capability invoked and of those that are named
// in its arguments. The one table is cpudriver/caps/rules.c, in the part `caprules`, which the CPU
// driver, libbarrelfish and the tests all link: nothing else knows.

#pragma once

#include "kpi/capabilities.h"
#include "kpi/syscalls.h"

/// Objects that can overlap only with one another. Each has a tree of its own in the mapping
/// database.
enum mdb_class {
    MDB_MEMORY,
    MDB_IO,
    MDB_IRQSRC,
    MDB_IRQDEST,
    MDB_NOTIFY,
    MDB_KERNEL,
    MDB_ID,
    MDB_CLASSES
};

/// One type.
struct cap_type {
    const char *name;
    uint32_t retype_into; ///< bit 1 << type for each type
    uint8_t retype_right; ///< needed on the source of a retype
    uint8_t class;        ///< enum mdb_class
    uint8_t order;        ///< among objects of one range: ancestors first
    bool copyable;
    bool sendable;       ///< may cross cores
    bool owned;          ///< has one owner core; deletion of the last copy means something
    bool leaf;           ///< never has descendants
    bool contains;       ///< holds slots or entries, which go before it
    bool cleared;        ///< its memory is cleared when it is made
    bool returned;       ///< its memory is RAM, and goes back when nothing covers it
    bool pages;          ///< can be mapped by pages (a VNode: as a whole, into the next level)
    bool pow2;           ///< its size is a power of two
    gensize_t min, max;  ///< size; equal if there is one only
    gensize_t align;     ///< of base and size
    uint64_t limit;      ///< greatest end
    uint64_t extra_mask; ///< bits of extra that tell objects of the same range apart
    uint64_t badge_mask; ///< bits of extra that tell copies of an object apart
};

/// The table, visible so that a lookup in a hot path is no call; use cap_type().
extern const struct cap_type cap_types[ObjType_Num];

/// The row of a type, which must be less than ObjType_Num.
static inline const struct cap_type *cap_type(uint8_t type)
{
    return &cap_types[type];
}

/// Whether the table allows this size and place for an object of the type; false for any other
/// number.
bool cap_type_fits(uint8_t type, uint64_t base, uint64_t bytes);

/// Whether objects of type `to` can be made out of `from` by one or more retypes.
bool cap_type_reaches(uint8_t from, uint8_t to);

/// How the CPU driver reads an argument of an invocation.
enum cap_arg_kind {
    CAP_ARG_END,      ///< neither this one nor those after it name a capability or a slot
    CAP_ARG_WORD,     ///< a number
    CAP_ARG_CAP,      ///< a capability of one of these types with these rights
    CAP_ARG_OPTIONAL, ///< the same, or 0
    CAP_ARG_SLOT,     ///< an empty slot
    CAP_ARG_SLOTS,    ///< the first of several slots, which may hold what an earlier step has made
};

struct cap_arg {
    uint8_t kind;         ///< enum cap_arg_kind
    uint8_t rights;       ///< CAPRIGHTS_
    uint8_t table_rights; ///< needed of a VNode besides
    bool kept;            ///< the CPU driver makes a copy for itself: CAP_BUSY if it is held
    uint32_t types;       ///< bit 1 << type for each type
};

/// The rights that an argument of this type must have.
static inline uint8_t cap_arg_rights(const struct cap_arg *arg, uint8_t type)
{
    bool table = type >= ObjType_VNode_x86_64_pml4 && type <= ObjType_VNode_x86_64_ptable;
    return (uint8_t)(arg->rights | (table ? arg->table_rights : 0));
}

/// One operation. Errors that every operation has, in the order of the checks. Of the capability
/// invoked: SLOT_INVALID, RIGHTS (a CNode on the way lacks one), CAP_NOT_FOUND, CAP_BUSY,
/// ILLEGAL_INVOCATION (not an operation of the type), RIGHTS. Then for each argument in turn the
/// same of a capability, with CAP_TYPE in the place of ILLEGAL_INVOCATION; of a slot SLOT_INVALID,
/// RIGHTS (its CNode lacks WRITE) and SLOT_IN_USE. CNODE_TYPE (only an L2CNode can be in an
/// L1CNode) and all else is the operation's own.
struct cap_command {
    const char *name; ///< NULL: no such command
    uint32_t types;   ///< bit 1 << type for each type that has it
    uint8_t rights;   ///< needed on the capability invoked; RETYPE: retype_right of its type
    struct cap_arg args[CAP_ARGS];
};

/// The table, visible so that a lookup in a hot path is no call; use cap_command().
extern const struct cap_command cap_commands[CAP_CMD_COUNT];

/// The row of a command, or NULL for any other number.
static inline const struct cap_command *cap_command(uint64_t command)
{
    return command < CAP_CMD_COUNT && cap_commands[command].name != NULL ? &cap_commands[command]
                                                                         : NULL;
}

/// Whether a capability of this type with these rights can be invoked with a command.
/// Errors: SYS_ERR_ILLEGAL_INVOCATION, SYS_ERR_RIGHTS.
errval_t cap_command_check(uint64_t command, uint8_t type, uint8_t rights);

#define ENDPOINT_RIGHT_SEND CAPRIGHTS_WRITE ///< in the table; known to the path of LRPC, too

// Rights that lookups need of the CNodes on the way, which are invoked by none.
#define CNODE_RIGHT_PASS CAPRIGHTS_READ    ///< to go through it, or look at a slot
#define CNODE_RIGHT_CHANGE CAPRIGHTS_WRITE ///< to fill or empty a slot
