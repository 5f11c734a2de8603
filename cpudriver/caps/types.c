// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The table of capability types: what may be retyped into what, sizes, and what deletion has to do.
// Kernel and tests read it; there is no other place that knows. Rights are listed in types.h.
//
// An EndPointLMP is made of a Dispatcher (endpoint.c) and a Mapping of what it maps (mapping.c),
// not by retype, because both need more than a range. PhysAddr does not become RAM: objects with
// contents exist only in memory that the window maps.

#include "caps/types.h"
#include "caps/mdb.h"

#define BIT(type) (1u << ObjType_##type)
#define PAGE BASE_PAGE_SIZE
#define PADDR_END (1ul << 52)

#define RAM_CHILDREN                                                                               \
    (BIT(RAM) | BIT(L1CNode) | BIT(L2CNode) | BIT(VNode_x86_64_pml4) | BIT(VNode_x86_64_pdpt) |    \
     BIT(VNode_x86_64_pdir) | BIT(VNode_x86_64_ptable) | BIT(Frame) | BIT(Dispatcher))

// Columns that many rows have in common.
#define MEMORY .class = MDB_MEMORY, .align = PAGE, .limit = PADDR_END
#define ANY_PAGES .min = PAGE, .max = PADDR_END
#define FIXED(bytes) .min = (bytes), .max = (bytes)
#define NUMBER(its_class, its_limit)                                                               \
    .class = (its_class), .order = 0, FIXED(1), .align = 1, .limit = (its_limit), .leaf = true
#define CONTAINER                                                                                  \
    MEMORY, .copyable = true, .owned = true, .contains = true, .cleared = true, .returned = true

static const struct cap_type types[ObjType_Num] = {
    [ObjType_Null] = {.name = "Null"},
    [ObjType_PhysAddr] = {.name = "PhysAddr",
                          MEMORY,
                          ANY_PAGES,
                          .order = 0,
                          .copyable = true,
                          .sendable = true,
                          .owned = true,
                          .retype_right = CAPRIGHTS_WRITE,
                          .retype_into = BIT(PhysAddr) | BIT(DevFrame)},
    [ObjType_RAM] = {.name = "RAM",
                     MEMORY,
                     ANY_PAGES,
                     .order = 1,
                     .copyable = true,
                     .sendable = true,
                     .owned = true,
                     .returned = true,
                     .retype_right = CAPRIGHTS_WRITE,
                     .retype_into = RAM_CHILDREN},
    [ObjType_L1CNode] = {.name = "L1CNode",
                         CONTAINER,
                         .order = 2,
                         .pow2 = true,
                         .min = L1_CNODE_SLOTS_MIN * OBJSIZE_CTE,
                         .max = L1_CNODE_SLOTS_MAX * OBJSIZE_CTE},
    [ObjType_L2CNode] = {.name = "L2CNode", CONTAINER, .order = 3, FIXED(OBJSIZE_L2CNODE)},
    [ObjType_VNode_x86_64_pml4] = {.name = "VNode_x86_64_pml4",
                                   CONTAINER,
                                   .order = 4,
                                   FIXED(OBJSIZE_VNODE)},
    [ObjType_VNode_x86_64_pdpt] = {.name = "VNode_x86_64_pdpt",
                                   CONTAINER,
                                   .order = 5,
                                   FIXED(OBJSIZE_VNODE)},
    [ObjType_VNode_x86_64_pdir] = {.name = "VNode_x86_64_pdir",
                                   CONTAINER,
                                   .order = 6,
                                   FIXED(OBJSIZE_VNODE)},
    [ObjType_VNode_x86_64_ptable] = {.name = "VNode_x86_64_ptable",
                                     CONTAINER,
                                     .order = 7,
                                     FIXED(OBJSIZE_VNODE)},
    [ObjType_Frame] = {.name = "Frame",
                       MEMORY,
                       ANY_PAGES,
                       .order = 8,
                       .copyable = true,
                       .sendable = true,
                       .owned = true,
                       .cleared = true,
                       .returned = true,
                       .retype_into = BIT(Frame)},
    [ObjType_DevFrame] = {.name = "DevFrame",
                          MEMORY,
                          ANY_PAGES,
                          .order = 9,
                          .copyable = true,
                          .sendable = true,
                          .owned = true,
                          .retype_into = BIT(DevFrame)},
    [ObjType_Dispatcher] = {.name = "Dispatcher",
                            CONTAINER,
                            .order = 10,
                            FIXED(OBJSIZE_DISPATCHER)},
    [ObjType_KCB] = {.name = "KCB",
                     .class = MDB_MEMORY,
                     .order = 11,
                     .copyable = true,
                     .sendable = true,
                     .owned = true,
                     .min = OBJSIZE_KCB,
                     .max = PADDR_END,
                     .align = OBJSIZE_KCB,
                     .limit = PADDR_END,
                     .retype_right = CAPRIGHTS_WRITE,
                     .retype_into = BIT(KCB)},
    [ObjType_Mapping] =
        {.name = "Mapping", MEMORY, ANY_PAGES, .order = 12, .leaf = true, .extra_mask = UINT64_MAX},
    [ObjType_EndPointLMP] = {.name = "EndPointLMP",
                             MEMORY,
                             FIXED(OBJSIZE_DISPATCHER),
                             .order = 13,
                             .leaf = true,
                             .copyable = true,
                             .extra_mask = UINT32_MAX},
    [ObjType_EndPointUMP] = {.name = "EndPointUMP",
                             NUMBER(MDB_ENDPOINT_UMP, UINT64_MAX),
                             .copyable = true,
                             .sendable = true,
                             .owned = true},
    [ObjType_Notify] = {.name = "Notify",
                        NUMBER(MDB_NOTIFY, 1ul << 40),
                        .copyable = true,
                        .sendable = true},
    [ObjType_IRQSrc] = {.name = "IRQSrc",
                        .class = MDB_IRQSRC,
                        .copyable = true,
                        .min = 1,
                        .max = 1ul << 32,
                        .align = 1,
                        .limit = 1ul << 32,
                        .retype_into = BIT(IRQSrc)},
    [ObjType_IRQDest] = {.name = "IRQDest", NUMBER(MDB_IRQDEST, 256), .copyable = true},
    [ObjType_IO] = {.name = "IO",
                    .class = MDB_IO,
                    .copyable = true,
                    .sendable = true,
                    .min = 1,
                    .max = 65536,
                    .align = 1,
                    .limit = 65536,
                    .retype_into = BIT(IO)},
    [ObjType_Kernel] = {.name = "Kernel", NUMBER(MDB_KERNEL, 65536), .copyable = true},
    [ObjType_ID] = {.name = "ID", NUMBER(MDB_ID, UINT64_MAX), .copyable = true, .sendable = true},
};

const struct cap_type *cap_type(uint8_t type)
{
    return &types[type];
}

bool cap_type_fits(uint8_t type, uint64_t base, uint64_t bytes)
{
    if (type == ObjType_Null || type >= ObjType_Num)
        return false;
    const struct cap_type *row = &types[type];
    return bytes >= row->min && bytes <= row->max && base % row->align == 0 &&
           bytes % row->align == 0 && (!row->pow2 || (bytes & (bytes - 1)) == 0) &&
           bytes <= row->limit && base <= row->limit - bytes;
}

bool cap_type_reaches(uint8_t from, uint8_t to)
{
    uint32_t found = types[from].retype_into, before;
    do {
        before = found;
        for (unsigned type = 0; type < ObjType_Num; type++)
            found |= (before >> type & 1) != 0 ? types[type].retype_into : 0;
    } while (found != before);
    return (found >> to & 1) != 0;
}
