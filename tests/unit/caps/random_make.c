// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Random operations that make objects: retype, endpoints, and capabilities from nowhere or from
// another core.
#include "random.h"

#define HUGE_PAGES (1ul << 30)

static gensize_t random_size(uint8_t type, gensize_t whole)
{
    const struct cap_type *row = cap_type(type);
    if (row->min == row->max)
        return one_in(8) ? row->min + below(3) * row->align : row->min;
    gensize_t size = row->min << below(7);
    bool device = whole >= HUGE_PAGES;
    if (row->pages && one_in(device ? 2 : 16)) // for large pages
        size = device ? HUGE_PAGES << below(2) : LARGE_PAGE_SIZE;
    return size > whole && !one_in(8) ? row->min : size;
}

/// One of the types that the source can become, and seldom another.
static uint8_t random_type(uint8_t from)
{
    uint8_t type;
    bool any = one_in(16) || cap_type(from)->retype_into == 0;
    do
        type = (uint8_t)(1 + below(ObjType_Num - 1));
    while (!any && (cap_type(from)->retype_into >> type & 1) == 0);
    return type;
}

bool random_retype_choose(struct random_retype *retype)
{
    const struct model_entry *src = random_entry(one_in(4) ? TYPE(PhysAddr) | TYPE(DevFrame) |
                                                                 TYPE(KCB) | TYPE(IO) | TYPE(IRQSrc)
                                                           : TYPE(RAM) | TYPE(Frame));
    if (src == NULL || !random_dest(&retype->dest))
        return false;
    const struct model_object *o = object_of(src);
    gensize_t unit = cap_type(o->type)->align;
    retype->src = src->slot;
    retype->cap = src->slot->cap;
    retype->type = random_type(o->type);
    retype->size = random_size(retype->type, o->bytes);
    retype->offset = 0;
    if (!one_in(4) && o->bytes > retype->size)
        retype->offset = below((o->bytes - retype->size) / unit + 1) * unit;
    if (retype->size >= LARGE_PAGE_SIZE)
        retype->offset &= ~(retype->size - 1);
    retype->count = one_in(3) ? 1 + (uint32_t)below(6) : 1;
    for (uint32_t i = 1; i < retype->count && i < retype->dest.room; i++)
        if (!random_is_clear(retype->dest.slot + i))
            return false;
    return true;
}

static bool is_made(const struct random_retype *retype, uint32_t i)
{
    const struct model_entry *entry = model_entry(retype->dest.slot + i);
    const struct model_object *o = entry != NULL ? object_of(entry) : NULL;
    return o != NULL && o->type == retype->type && o->bytes == retype->size &&
           o->base == retype->cap.base + retype->offset + i * retype->size;
}

/// Objects that are in their slots already, perhaps by another way, count as made by an earlier
/// step.
static uint32_t made_before(const struct random_retype *retype)
{
    uint32_t made = 0;
    while (made < retype->count && is_made(retype, made))
        made++;
    return made;
}

static errval_t expect_slots(const struct random_retype *retype)
{
    const struct model_entry *src = model_entry(retype->src);
    if (retype->dest.l1 && retype->type != ObjType_L2CNode)
        return SYS_ERR_CNODE_TYPE;
    if (retype->dest.room < retype->count)
        return SYS_ERR_SLOT_INVALID;
    uint32_t made = made_before(retype);
    for (uint32_t i = made; i < retype->count; i++)
        if (model_entry(retype->dest.slot + i) != NULL)
            return SYS_ERR_SLOT_IN_USE;
    bool finished = made == retype->count;
    for (uint32_t i = 0; i < made; i++)
        finished = finished && !model_entry(retype->dest.slot + i)->clearing;
    if (finished)
        return SYS_ERR_SLOT_IN_USE;
    genpaddr_t base = retype->cap.base + retype->offset;
    bool occupied = model_occupied(src->object, base + made * retype->size,
                                   base + retype->count * retype->size);
    return occupied && made < retype->count ? SYS_ERR_REVOKE_FIRST : SYS_ERR_OK;
}

errval_t random_retype_expect(const struct random_retype *retype)
{
    const struct model_entry *src = model_entry(retype->src);
    const struct model_object *o = object_of(src);
    bool writes = o->type == ObjType_RAM || o->type == ObjType_PhysAddr || o->type == ObjType_KCB;
    if (writes && (src->rights & CAPRIGHTS_WRITE) == 0)
        return SYS_ERR_RIGHTS;
    if ((cap_type(o->type)->retype_into >> retype->type & 1) == 0)
        return SYS_ERR_INVALID_RETYPE;
    if (o->foreign || o->remote)
        return SYS_ERR_REMOTE;
    if (retype->offset + retype->size * retype->count > o->bytes ||
        (retype->type == o->type && retype->size == o->bytes) ||
        !cap_type_fits(retype->type, o->base + retype->offset, retype->size))
        return SYS_ERR_RETYPE_RANGE;
    return expect_slots(retype);
}

errval_t random_retype_step(const struct random_retype *retype, uint32_t *done)
{
    errval_t err = allowed(CAP_CMD_RETYPE, retype->src);
    return err != SYS_ERR_OK ? err
                             : caps_retype(&world.caps, retype->src, retype->offset, retype->type,
                                           retype->size, retype->count, &retype->dest, done);
}

/// What was cleared is what the kernel trusts and user space sees.
static void check_cleared(genpaddr_t base, gensize_t bytes)
{
    const uint64_t *words = caps_ptr(&world.caps, base);
    for (gensize_t i = 0; i < bytes / sizeof *words; i++)
        kassert(words[i] == 0);
}

void random_retype_made(const struct random_retype *retype, uint32_t done)
{
    struct model_entry src = *model_entry(retype->src);
    bool cleared = model.objects[src.object].type == ObjType_RAM && retype->type != ObjType_RAM;
    for (uint32_t i = 0; i < retype->count; i++) {
        struct cte *slot = retype->dest.slot + i;
        genpaddr_t base = retype->cap.base + retype->offset + i * retype->size;
        bool was_whole = is_made(retype, i) && !model_entry(slot)->clearing;
        if (i >= done && cte_empty(slot))
            return;
        if (!is_made(retype, i))
            model_make(slot, retype->type, base, retype->size, 0, src.rights, src.object);
        model_entry(slot)->clearing = i >= done;
        if (i < done && !was_whole && cleared)
            check_cleared(base, retype->size);
    }
}

bool random_retype(void)
{
    struct random_retype retype;
    if (!random_retype_choose(&retype))
        return false;
    errval_t expected = random_retype_expect(&retype);
    uint32_t done = 0;
    errval_t err;
    do
        err = random_retype_step(&retype, &done);
    while (err == SYS_ERR_AGAIN);
    bool in_the_way = random_under_way() && expected == SYS_ERR_OK && err == SYS_ERR_REVOKE_FIRST;
    int object = model_entry(retype.src)->object;
    kassert(in_the_way || err == random_expect_held(expected, object, 0, err));
    if (err == SYS_ERR_OK)
        random_retype_made(&retype, done);
    return err == SYS_ERR_OK;
}

/// Puts a capability into the place that a dispatcher has for it, so that endpoints can be made.
bool random_setup(void)
{
    const struct model_entry *dispatcher = random_entry(TYPE(Dispatcher));
    const struct model_entry *src =
        random_entry(TYPE(L1CNode) | TYPE(Frame) | TYPE(VNode_x86_64_pml4));
    if (dispatcher == NULL || src == NULL || object_of(dispatcher)->type != ObjType_Dispatcher)
        return false;
    uint8_t type = object_of(src)->type;
    struct dispatcher_slots *slots =
        caps_dispatcher_slots(&world.caps, object_of(dispatcher)->base);
    struct cte *slot = type == ObjType_Frame     ? &slots->frame
                       : type == ObjType_L1CNode ? &slots->cspace
                                                 : &slots->vspace;
    if (type == ObjType_Mapping || model_entry(slot) != NULL || !cte_empty(slot))
        return false;
    struct caps_dest dest = caps_dest_kernel(slot);
    errval_t err = caps_copy(&world.caps, &dest, src->slot);
    kassert(err == random_expect_held(SYS_ERR_OK, src->object, 0, err));
    if (err == SYS_ERR_OK)
        model_copy(slot, src, src->rights, src->badge);
    return err == SYS_ERR_OK;
}

static errval_t expect_endpoint(const struct model_entry *src, uint64_t end,
                                const struct caps_dest *dest)
{
    const struct model_object *o = object_of(src);
    if (o->type != ObjType_Dispatcher)
        return SYS_ERR_ILLEGAL_INVOCATION;
    if ((src->rights & CAPRIGHTS_WRITE) == 0)
        return SYS_ERR_RIGHTS;
    const struct model_entry *frame =
        model_entry(&caps_dispatcher_slots(&world.caps, o->base)->frame);
    if (frame == NULL || object_of(frame)->type != ObjType_Frame)
        return SYS_ERR_DISP_NOT_READY;
    return end > object_of(frame)->bytes ? SYS_ERR_DISP_FRAME
                                         : random_expect_dest(dest, ObjType_EndPointLMP);
}

bool random_endpoint(void)
{
    const struct model_entry *src = random_entry(TYPE(Dispatcher));
    uint64_t offset = 1024 + below(12) * 256, messages = 2;
    bool own = one_in(2);
    struct caps_dest dest;
    if (random_under_way() || src == NULL || !random_dest(&dest))
        return false;
    const struct model_object *o = object_of(src);
    errval_t err = allowed(DISPATCHER_CMD_ENDPOINT, src->slot);
    errval_t expected = expect_endpoint(src, offset + LMP_ENDPOINT_BYTES(messages), &dest);
    if (err == SYS_ERR_OK)
        err = caps_endpoint_create(&world.caps, src->slot, offset, messages, own, &dest);
    kassert(err == expected);
    if (err != SYS_ERR_OK)
        return false;
    int there = model_find(ObjType_EndPointLMP, o->base, o->bytes, offset);
    if (there != MODEL_NONE)
        model_add(dest.slot, there, CAPRIGHTS_ALL, 0);
    else
        there = model_make(dest.slot, ObjType_EndPointLMP, o->base, o->bytes, offset, CAPRIGHTS_ALL,
                           src->object);
    model_entry(dest.slot)->own = own;
    if (own)
        model.objects[there].closed = false;
    return true;
}

static bool overlaps_any(uint8_t class, genpaddr_t base, gensize_t bytes)
{
    for (unsigned i = 0; i < model.objects_count; i++) {
        const struct model_object *o = &model.objects[i];
        if (o->alive && cap_type(o->type)->class == class && o->base < base + bytes &&
            base < o->base + o->bytes)
            return true;
    }
    return false;
}

/// What the CPU driver makes out of nothing: numbers, and at boot memory that is not RAM.
bool random_create(void)
{
    static const struct {
        uint8_t type;
        genpaddr_t base, bytes;
    } wholes[] = {
        {ObjType_PhysAddr, DEVICES_BASE, DEVICES_BYTES},
        {ObjType_KCB, KCB_REGION_BASE, KCB_REGION_BYTES},
        {ObjType_IO, 0, 65536},
        {ObjType_IRQSrc, 0, 256},
        {ObjType_Notify, 0, 1},
        {ObjType_IRQDest, 0, 1},
        {ObjType_Kernel, 0, 1},
        {ObjType_ID, 0, 1},
    };
    unsigned which = (unsigned)below(sizeof wholes / sizeof wholes[0]);
    uint8_t type = wholes[which].type;
    struct cap cap = cap_make(type, wholes[which].base, wholes[which].bytes);
    cap.base += cap.bytes == 1 ? 1 + below(4) : 0;
    struct caps_dest dest;
    int there = model_find(type, cap.base, cap.bytes, 0);
    bool blocked = there == MODEL_NONE && overlaps_any(cap_type(type)->class, cap.base, cap.bytes);
    // Only a remote mark that the new copy would lack keeps this from being a copy.
    if (blocked || !random_dest(&dest) || (there != MODEL_NONE && model.objects[there].remote))
        return false;
    errval_t expected = random_expect_dest(&dest, type);
    errval_t err = caps_create(&world.caps, &dest, &cap);
    bool in_the_way = random_under_way() && expected == SYS_ERR_OK && err != SYS_ERR_OK;
    kassert(in_the_way || err == random_expect_held(expected, there, 0, err));
    if (err != SYS_ERR_OK)
        return false;
    if (there != MODEL_NONE)
        model_add(dest.slot, there, CAPRIGHTS_ALL, 0);
    else
        model_make(dest.slot, type, cap.base, cap.bytes, 0, CAPRIGHTS_ALL, MODEL_NONE);
    return true;
}

/// Something that another core has sent: of its own, or what it had of this core's.
bool random_foreign(void)
{
    static const uint8_t types[] = {ObjType_RAM,      ObjType_Frame,    ObjType_EndPointUMP,
                                    ObjType_DevFrame, ObjType_PhysAddr, ObjType_KCB};
    uint64_t piece = below(FOREIGN_PIECES);
    struct capability sent = {.type = types[piece % 6],
                              .base = FOREIGN_BASE + piece * FOREIGN_BYTES,
                              .bytes = OBJSIZE_KCB,
                              .rights = (uint8_t)below(CAPRIGHTS_ALL + 1),
                              .owner = MODEL_OTHER_CORE};
    const struct model_entry *known = random_entry(ANY_TYPE);
    if (known != NULL && one_in(2)) {
        const struct model_object *o = object_of(known);
        sent = (struct capability){.type = o->type,
                                   .base = o->base,
                                   .bytes = o->bytes,
                                   .rights = sent.rights,
                                   .owner = one_in(4) ? MODEL_OTHER_CORE : WORLD_CORE};
    }
    struct caps_dest dest;
    if (!random_dest(&dest))
        return false;
    const struct cap_type *type = cap_type(sent.type);
    int there = model_find(sent.type, sent.base, sent.bytes, 0);
    bool foreign = type->owned && sent.owner != WORLD_CORE;
    errval_t expected = random_expect_dest(&dest, sent.type);
    if (sent.type == ObjType_Mapping || sent.type == ObjType_EndPointLMP)
        expected = SYS_ERR_ARGS;
    else if (!type->sendable)
        expected = SYS_ERR_CAP_TYPE;
    else if (there != MODEL_NONE && model.objects[there].foreign != foreign)
        expected = SYS_ERR_ARGS;
    errval_t err = caps_create_foreign(&world.caps, &dest, &sent);
    bool in_the_way = random_under_way() && expected == SYS_ERR_OK && err == SYS_ERR_CAP_BUSY;
    kassert(in_the_way || err == random_expect_held(expected, there, 0, err));
    if (err != SYS_ERR_OK)
        return false;
    if (there == MODEL_NONE) {
        there = model_make(dest.slot, sent.type, sent.base, sent.bytes, 0, sent.rights, MODEL_NONE);
        model.objects[there].foreign = model.objects[there].remote = foreign;
    } else {
        model_add(dest.slot, there, sent.rights, 0);
    }
    return true;
}
