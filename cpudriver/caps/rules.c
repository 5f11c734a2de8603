// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The table of capability types (what may be retyped into what, sizes, what deletion has to do) and
// that of operations (which types have them, which rights they need). See kpi/cap_rules.h.
//
// An EndPointLMP is made of a Dispatcher (create.c) and a Mapping of what it maps (mapping.c), not
// by retype, because both need more than a range. PhysAddr does not become RAM: objects with
// contents exist only in memory that the window maps. Frames and what is like them need no right to
// be retyped: the new objects have the rights of the old. Who may hand a capability on may take it
// back: revoking needs the right to grant.

#include "kpi/cap_rules.h"
#include "kpi/errors.h"

#define BIT(type) (1u << ObjType_##type)
#define PAGE BASE_PAGE_SIZE
#define PADDR_END (1ul << 52)

#define RAM_CHILDREN                                                                               \
    (BIT(RAM) | BIT(L1CNode) | BIT(L2CNode) | BIT(VNode_x86_64_pml4) | BIT(VNode_x86_64_pdpt) |    \
     BIT(VNode_x86_64_pdir) | BIT(VNode_x86_64_ptable) | BIT(Frame) | BIT(Dispatcher) |            \
     BIT(EndPointUMP))

// Columns that many rows have in common.
#define MEMORY .class = MDB_MEMORY, .align = PAGE, .limit = PADDR_END
#define ANY_PAGES .min = PAGE, .max = PADDR_END
#define FIXED(bytes) .min = (bytes), .max = (bytes)
#define NUMBER(its_class, its_limit)                                                               \
    .class = (its_class), .order = 0, FIXED(1), .align = 1, .limit = (its_limit), .leaf = true
#define SHARED .copyable = true, .sendable = true, .owned = true
#define CONTAINER                                                                                  \
    MEMORY, .copyable = true, .owned = true, .contains = true, .cleared = true, .returned = true

#define TYPE(type, ...) [ObjType_##type] = {.name = #type, __VA_ARGS__}

const struct cap_type cap_types[ObjType_Num] = {
    [ObjType_Null] = {.name = "Null"},
    TYPE(PhysAddr, MEMORY, ANY_PAGES, .order = 0, SHARED, .retype_right = CAPRIGHTS_WRITE,
         .retype_into = BIT(PhysAddr) | BIT(DevFrame)),
    TYPE(RAM, MEMORY, ANY_PAGES, .order = 1, SHARED, .returned = true,
         .retype_right = CAPRIGHTS_WRITE, .retype_into = RAM_CHILDREN),
    TYPE(L1CNode, CONTAINER, .order = 2, .pow2 = true, .min = L1_CNODE_SLOTS_MIN * OBJSIZE_CTE,
         .max = L1_CNODE_SLOTS_MAX * OBJSIZE_CTE),
    TYPE(L2CNode, CONTAINER, .order = 3, FIXED(OBJSIZE_L2CNODE)),
    TYPE(VNode_x86_64_pml4, CONTAINER, .order = 4, FIXED(OBJSIZE_VNODE)),
    TYPE(VNode_x86_64_pdpt, CONTAINER, .order = 5, FIXED(OBJSIZE_VNODE)),
    TYPE(VNode_x86_64_pdir, CONTAINER, .order = 6, FIXED(OBJSIZE_VNODE)),
    TYPE(VNode_x86_64_ptable, CONTAINER, .order = 7, FIXED(OBJSIZE_VNODE)),
    TYPE(Frame, MEMORY, ANY_PAGES, .order = 8, SHARED, .cleared = true, .returned = true,
         .pages = true, .retype_into = BIT(Frame)),
    TYPE(EndPointUMP, MEMORY, ANY_PAGES, .order = 9, SHARED, .cleared = true, .returned = true,
         .pages = true),
    TYPE(DevFrame, MEMORY, ANY_PAGES, .order = 10, SHARED, .pages = true,
         .retype_into = BIT(DevFrame)),
    TYPE(Dispatcher, CONTAINER, .order = 11, FIXED(OBJSIZE_DISPATCHER)),
    TYPE(KCB, .class = MDB_MEMORY, .order = 12, SHARED, .min = OBJSIZE_KCB, .max = PADDR_END,
         .align = OBJSIZE_KCB, .limit = PADDR_END, .retype_right = CAPRIGHTS_WRITE,
         .retype_into = BIT(KCB)),
    TYPE(Mapping, MEMORY, ANY_PAGES, .order = 13, .leaf = true, .extra_mask = UINT64_MAX),
    TYPE(EndPointLMP, MEMORY, FIXED(OBJSIZE_DISPATCHER), .order = 14, .leaf = true,
         .copyable = true, .extra_mask = UINT32_MAX, .badge_mask = ~(uint64_t)UINT32_MAX),
    TYPE(Notify, NUMBER(MDB_NOTIFY, 1ul << 40), .copyable = true, .sendable = true),
    TYPE(IRQSrc, .class = MDB_IRQSRC, .copyable = true, .min = 1, .max = 1ul << 32, .align = 1,
         .limit = 1ul << 32, .retype_into = BIT(IRQSrc)),
    TYPE(IRQDest, NUMBER(MDB_IRQDEST, 256), .copyable = true),
    TYPE(IO, .class = MDB_IO, .copyable = true, .sendable = true, .min = 1, .max = 65536,
         .align = 1, .limit = 65536, .retype_into = BIT(IO)),
    TYPE(Kernel, NUMBER(MDB_KERNEL, 65536), .copyable = true),
    TYPE(ID, NUMBER(MDB_ID, UINT64_MAX), .copyable = true, .sendable = true),
};

bool cap_type_fits(uint8_t type, uint64_t base, uint64_t bytes)
{
    if (type == ObjType_Null || type >= ObjType_Num)
        return false;
    const struct cap_type *row = &cap_types[type];
    return bytes >= row->min && bytes <= row->max && base % row->align == 0 &&
           bytes % row->align == 0 && (!row->pow2 || (bytes & (bytes - 1)) == 0) &&
           bytes <= row->limit && base <= row->limit - bytes;
}

bool cap_type_reaches(uint8_t from, uint8_t to)
{
    uint32_t found = cap_types[from].retype_into, before;
    do {
        before = found;
        for (unsigned type = 0; type < ObjType_Num; type++)
            found |= (before >> type & 1) != 0 ? cap_types[type].retype_into : 0;
    } while (found != before);
    return (found >> to & 1) != 0;
}

#define ALL_TYPES ((1u << ObjType_Num) - 1 - BIT(Null))
#define VNODES                                                                                     \
    (BIT(VNode_x86_64_pml4) | BIT(VNode_x86_64_pdpt) | BIT(VNode_x86_64_pdir) |                    \
     BIT(VNode_x86_64_ptable))
#define PAGES (BIT(Frame) | BIT(DevFrame) | BIT(EndPointUMP))

#define R CAPRIGHTS_READ
#define W CAPRIGHTS_WRITE

#define RWX (CAPRIGHTS_READ | CAPRIGHTS_WRITE | CAPRIGHTS_EXECUTE)

#define ARG(its_kind, its_types, its_rights, is_kept)                                              \
    {                                                                                              \
        .kind = (its_kind), .rights = (its_rights), .kept = (is_kept), .types = (its_types)        \
    }
#define WORD ARG(CAP_ARG_WORD, 0, 0, false)
#define SLOT ARG(CAP_ARG_SLOT, 0, 0, false)
#define SLOTS ARG(CAP_ARG_SLOTS, 0, 0, false)
#define CAP(types, rights) ARG(CAP_ARG_CAP, types, rights, false)
#define KEPT(types, rights) ARG(CAP_ARG_CAP, types, rights, true)
// What the entries of a page table allow, whoever has it in its space can do: all of it.
#define MAPPED                                                                                     \
    {                                                                                              \
        .kind = CAP_ARG_CAP, .rights = R, .table_rights = RWX, .types = PAGES | VNODES             \
    }
#define OPTIONAL(types, rights) ARG(CAP_ARG_OPTIONAL, types, rights, false)
#define OPTIONAL_KEPT(types, rights) ARG(CAP_ARG_OPTIONAL, types, rights, true)

/// A row. Arguments that are not spelled out are words or not used; the command itself checks them.
#define COMMAND(command, name, types, rights, ...) [command] = {name, types, rights, {__VA_ARGS__}}

const struct cap_command cap_commands[CAP_CMD_COUNT] = {
    COMMAND(CAP_CMD_COPY, "copy", ALL_TYPES, 0, SLOT),
    COMMAND(CAP_CMD_MINT, "mint", ALL_TYPES, 0, SLOT),
    COMMAND(CAP_CMD_RETYPE, "retype", ALL_TYPES, 0, WORD, WORD, WORD, SLOTS),
    COMMAND(CAP_CMD_DELETE, "delete", ALL_TYPES, 0),
    COMMAND(CAP_CMD_REVOKE, "revoke", ALL_TYPES, CAPRIGHTS_GRANT),
    COMMAND(CAP_CMD_IDENTIFY, "identify", ALL_TYPES, CAPRIGHTS_IDENTIFY),

    // Mapping: READ on what is mapped; its WRITE and EXECUTE bound the flags.
    COMMAND(VNODE_CMD_MAP, "map", VNODES, W, WORD, MAPPED, WORD, WORD, SLOT),
    COMMAND(VNODE_CMD_COPY, "map copy", VNODES, W, WORD, CAP(BIT(Mapping), R), WORD, WORD, SLOT),
    COMMAND(VNODE_CMD_UNMAP, "unmap", VNODES, W, CAP(BIT(Mapping), 0)),
    COMMAND(VNODE_CMD_READ, "read entry", VNODES, R),
    COMMAND(MAPPING_CMD_MODIFY, "modify mapping", BIT(Mapping), 0),

    COMMAND(DISPATCHER_CMD_SETUP, "set up dispatcher", BIT(Dispatcher), W, KEPT(BIT(L1CNode), 0),
            KEPT(BIT(VNode_x86_64_pml4), RWX), KEPT(BIT(Frame), R | W),
            OPTIONAL_KEPT(BIT(EndPointLMP), W)),
    COMMAND(DISPATCHER_CMD_RUN, "run dispatcher", BIT(Dispatcher), W),
    COMMAND(DISPATCHER_CMD_STOP, "stop dispatcher", BIT(Dispatcher), W),
    COMMAND(DISPATCHER_CMD_ENDPOINT, "make endpoint", BIT(Dispatcher), W, WORD, SLOT),
    COMMAND(DISPATCHER_CMD_STATE, "dispatcher state", BIT(Dispatcher), R),
    COMMAND(DISPATCHER_CMD_INFO, "dispatcher information", BIT(Dispatcher), W,
            KEPT(BIT(Frame), R | W)),
    COMMAND(DISPATCHER_CMD_CSPACE, "change cspace", BIT(Dispatcher), W, KEPT(BIT(L1CNode), 0)),
    COMMAND(DISPATCHER_CMD_WAIT, "dispatcher wait", BIT(Dispatcher), R),

    COMMAND(ENDPOINT_CMD_SEND, "send", BIT(EndPointLMP), ENDPOINT_RIGHT_SEND,
            OPTIONAL(ALL_TYPES, CAPRIGHTS_GRANT)),

    COMMAND(NOTIFY_CMD_SEND, "notify", BIT(Notify), W),

    COMMAND(IRQSRC_CMD_CONNECT, "connect interrupt", BIT(IRQSrc), W, WORD, CAP(BIT(IRQDest), W)),
    COMMAND(IRQSRC_CMD_ACK, "acknowledge interrupt", BIT(IRQSrc), W),

    COMMAND(IO_CMD_IN, "port in", BIT(IO), R),
    COMMAND(IO_CMD_OUT, "port out", BIT(IO), W),

    COMMAND(KERNEL_CMD_START_CORE, "start core", BIT(Kernel), W, WORD, WORD, CAP(BIT(Frame), R | W),
            CAP(BIT(KCB), W)),
    COMMAND(KERNEL_CMD_NOTIFY_CREATE, "make notify", BIT(Kernel), W, KEPT(BIT(EndPointLMP), W),
            SLOT),
    COMMAND(KERNEL_CMD_IRQDEST_CREATE, "make interrupt destination", BIT(Kernel), W,
            KEPT(BIT(EndPointLMP), W), SLOT),
    COMMAND(KERNEL_CMD_VECTOR_FREE, "free vector", BIT(Kernel), W),
    COMMAND(KERNEL_CMD_CREATE_CAP, "make sent capability", BIT(Kernel), W, WORD, SLOT),
    COMMAND(KERNEL_CMD_SET_REMOTE, "mark remote", BIT(Kernel), W, CAP(ALL_TYPES, 0)),
    COMMAND(KERNEL_CMD_SET_RETURNS, "set returns", BIT(Kernel), W, WORD, KEPT(BIT(L2CNode), W),
            KEPT(BIT(EndPointLMP), W)),
    COMMAND(KERNEL_CMD_ID_CREATE, "make ID", BIT(Kernel), W, SLOT),
    COMMAND(KERNEL_CMD_STAT, "read counter", BIT(Kernel), R),
    COMMAND(KERNEL_CMD_TRANSLATE, "translate", BIT(Kernel), R),
    COMMAND(KERNEL_CMD_CORE_INFO, "core information", BIT(Kernel), R),
    COMMAND(KERNEL_CMD_STAT_RESET, "forget longest event", BIT(Kernel), W),
    COMMAND(KERNEL_CMD_HALT, "halt", BIT(Kernel), W),
    COMMAND(KERNEL_CMD_RECLAIM, "reclaim", BIT(Kernel), W, WORD, WORD, SLOTS),
    COMMAND(KERNEL_CMD_PRINT, "print", BIT(Kernel), W),
    COMMAND(KERNEL_CMD_BEGIN_GROUP, "begin group", BIT(Kernel), W, CAP(BIT(Dispatcher), W)),
};

errval_t cap_command_check(uint64_t command, uint8_t type, uint8_t rights)
{
    const struct cap_command *row = cap_command(command);
    if (row == NULL || (row->types >> type & 1) == 0)
        return SYS_ERR_ILLEGAL_INVOCATION;
    uint8_t needed = command == CAP_CMD_RETYPE ? cap_types[type].retype_right : row->rights;
    return (rights & needed) == needed ? SYS_ERR_OK : SYS_ERR_RIGHTS;
}
