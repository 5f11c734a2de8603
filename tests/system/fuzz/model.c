// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a cell may hold: an over-approximation that only grows in the cell's life, since forgetting
// what it has lost could only hide what it has gained. What may be made of what is written down
// here by hand, wholly (not step by step), and not read from the CPU driver's table of rules: a
// mistake there is one that this is to find.
#include "fuzz.h"

#define BIT(type) (1u << ObjType_##type)
#define VNODES                                                                                     \
    (BIT(VNode_x86_64_pml4) | BIT(VNode_x86_64_pdpt) | BIT(VNode_x86_64_pdir) |                    \
     BIT(VNode_x86_64_ptable))

/// All that can come of a capability, in any number of steps.
static const uint32_t comes_of[ObjType_Num] = {
    [ObjType_PhysAddr] = BIT(PhysAddr) | BIT(DevFrame) | BIT(Mapping),
    [ObjType_RAM] = BIT(RAM) | BIT(L1CNode) | BIT(L2CNode) | VNODES | BIT(Frame) | BIT(Dispatcher) |
                    BIT(EndPointUMP) | BIT(Mapping),
    [ObjType_L1CNode] = BIT(L1CNode),
    [ObjType_L2CNode] = BIT(L2CNode),
    [ObjType_VNode_x86_64_pml4] = BIT(VNode_x86_64_pml4),
    [ObjType_VNode_x86_64_pdpt] = BIT(VNode_x86_64_pdpt) | BIT(Mapping),
    [ObjType_VNode_x86_64_pdir] = BIT(VNode_x86_64_pdir) | BIT(Mapping),
    [ObjType_VNode_x86_64_ptable] = BIT(VNode_x86_64_ptable) | BIT(Mapping),
    [ObjType_Frame] = BIT(Frame) | BIT(Mapping),
    [ObjType_DevFrame] = BIT(DevFrame) | BIT(Mapping),
    [ObjType_Mapping] = BIT(Mapping),
    [ObjType_Dispatcher] = BIT(Dispatcher),
    [ObjType_EndPointUMP] = BIT(EndPointUMP) | BIT(Mapping),
    [ObjType_Notify] = BIT(Notify),
    [ObjType_IRQSrc] = BIT(IRQSrc),
    [ObjType_IRQDest] = BIT(IRQDest),
    [ObjType_IO] = BIT(IO),
    [ObjType_Kernel] = BIT(Kernel),
    [ObjType_KCB] = BIT(KCB),
    [ObjType_ID] = BIT(ID),
};

// Smaller objects of the same type can be cut out of these.
#define CUTTABLE                                                                                   \
    (BIT(PhysAddr) | BIT(RAM) | BIT(Frame) | BIT(DevFrame) | BIT(IRQSrc) | BIT(IO) | BIT(KCB))
// What is made of these needs the right to write.
#define CUT_WITH_WRITE (BIT(PhysAddr) | BIT(RAM) | BIT(KCB))
// Made by whoever holds Kernel with the right to write.
#define MADE_BY_TRUSTED (BIT(Notify) | BIT(IRQDest) | BIT(ID))

static bool in(uint32_t types, uint8_t type)
{
    return (types >> type & 1) != 0;
}

static void add(struct fuzz_model *model, const struct capability *cap, bool shown)
{
    if (EXPECT(model->count < FUZZ_GRANTS_MAX)) {
        model->shown[model->count] = shown;
        model->grants[model->count++] = *cap;
    }
}

void fuzz_model_give(struct fuzz_model *model, const struct capability *given)
{
    add(model, given, false);
}

void fuzz_model_show(struct fuzz_model *model, const struct capability *shown)
{
    add(model, shown, true);
}

static bool covers(const struct capability *grant, uint64_t base, uint64_t bytes)
{
    return base >= grant->base && base - grant->base <= grant->bytes &&
           bytes <= grant->bytes - (base - grant->base);
}

static bool same_endpoint(const struct capability *grant, const struct capability *held)
{
    uint32_t badge = (uint32_t)(grant->extra >> 32);
    return grant->type == ObjType_EndPointLMP && grant->base == held->base &&
           (uint32_t)grant->extra == (uint32_t)held->extra && grant->aux == held->aux &&
           (badge == 0 || badge == held->extra >> 32) && (held->rights & ~grant->rights) == 0;
}

/// A dispatcher's endpoints have all rights and any badge.
static bool makes_endpoint(const struct capability *grant, const struct capability *held)
{
    return in(comes_of[grant->type], ObjType_Dispatcher) &&
           covers(grant, held->base, held->bytes) && (grant->rights & CAPRIGHTS_WRITE) != 0;
}

static bool comes_from(const struct capability *grant, const struct capability *held)
{
    if (held->type == ObjType_EndPointLMP)
        return same_endpoint(grant, held) || makes_endpoint(grant, held);
    if (!in(comes_of[grant->type], held->type) || (held->rights & ~grant->rights) != 0 ||
        !covers(grant, held->base, held->bytes))
        return false;
    bool same = held->type == grant->type;
    bool whole = held->base == grant->base && held->bytes == grant->bytes;
    // A deletion that was begun gives memory back from the left, and what is left can be used.
    bool rest = held->type == ObjType_RAM && held->base + held->bytes == grant->base + grant->bytes;
    if (same && (whole || rest))
        return true;
    uint8_t needed = in(CUT_WITH_WRITE, grant->type) ? CAPRIGHTS_WRITE
                     : held->type == ObjType_Mapping ? CAPRIGHTS_READ
                                                     : 0;
    return (grant->rights & needed) == needed && (!same || in(CUTTABLE, held->type));
}

/// Only what the cell's own dispatcher made for itself has a flag, and what is being taken away.
static bool may_have_flags(const struct fuzz_model *model, const struct capability *held)
{
    unsigned flags = held->flags & ~CAPFLAG_HELD;
    return flags == 0 || (flags == CAPFLAG_OWN && held->type == ObjType_EndPointLMP &&
                          held->base == model->dispatcher);
}

bool fuzz_model_allows(const struct fuzz_model *model, const struct capability *held)
{
    if (held->type == ObjType_Null || held->type >= ObjType_Num || held->owner != model->core ||
        !may_have_flags(model, held))
        return false;
    if (model->trusted && in(MADE_BY_TRUSTED, held->type))
        return true;
    for (unsigned i = 0; i < model->count; i++)
        if (!model->shown[i] && comes_from(&model->grants[i], held))
            return true;
    return false;
}

/// An object that is mapped needs a capability with the right to read, and to write or execute.
static bool can_map(const struct fuzz_model *model, uint32_t types, uint64_t base, uint64_t bytes,
                    uint8_t rights)
{
    for (unsigned i = 0; i < model->count; i++) {
        const struct capability *grant = &model->grants[i];
        if ((comes_of[grant->type] & types) != 0 && covers(grant, base, bytes) &&
            (rights & ~grant->rights) == 0)
            return true;
    }
    return false;
}

bool fuzz_model_allows_entry(const struct fuzz_model *model, uint8_t table, uint64_t entry)
{
    if ((entry & FUZZ_PTE_PRESENT) == 0)
        return entry == 0;
    bool lowest = table == ObjType_VNode_x86_64_ptable;
    genpaddr_t address = entry & FUZZ_PTE_ADDRESS;
    if (!lowest && (entry & FUZZ_PTE_LARGE) == 0) {
        return can_map(model, 1u << (table + 1), address, OBJSIZE_VNODE,
                       CAPRIGHTS_READ | CAPRIGHTS_WRITE | CAPRIGHTS_EXECUTE);
    }
    bool write = (entry & FUZZ_PTE_WRITE) != 0, execute = (entry & FUZZ_PTE_NO_EXECUTE) == 0;
    uint64_t bytes = (uint64_t)BASE_PAGE_SIZE << 9 * (ObjType_VNode_x86_64_ptable - table);
    uint8_t rights = (uint8_t)(CAPRIGHTS_READ | (write ? CAPRIGHTS_WRITE : 0) |
                               (execute ? CAPRIGHTS_EXECUTE : 0));
    return table != ObjType_VNode_x86_64_pml4 && !(write && execute) &&
           (entry & FUZZ_PTE_USER) != 0 &&
           can_map(model, BIT(Frame) | BIT(DevFrame) | BIT(EndPointUMP), address, bytes, rights);
}
