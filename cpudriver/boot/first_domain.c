// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Builds a domain with the means of the CPU driver itself, as kpi/spawn.h describes it. This runs
// once on each core, before its first event, and is the only place where the CPU driver takes
// memory: out of the core's own first RAM region, whose rest becomes the domain's. Every object
// gets its capability, so that nothing is outside of the mapping database.
//
// FD1 Each CNode of the first domain has room for all that is put there.

#include "boot.h"

#include "dispatch/dispatch.h"
#include "kpi/elf.h"
#include "kpi/spawn.h"
#include "kpi/vspace.h"
#include "lib/kassert.h"
#include "machine/panic.h"

#include "lib/string.h"

#define IMAGE_BYTES_MAX (4ul << 20)
/// L2CNodes: those with a fixed slot in the root; the last one is the slot allocator's first.
#define CNODES 7u
#define BUILDER_BYTES 8192u
#define IRQ_COUNT 240u
#define IO_COUNT 65536u

struct builder {
    struct bootinfo *bootinfo;
    struct bootinfo_region *region; ///< where memory is taken from
    struct cte *root;               ///< L1CNode's slots
    struct cte *cnode[CNODES];
    uint32_t pages_used; ///< slots used in PAGECN
    uint32_t segments_used;
    struct cte *pml4, *pdpt, *pdir;
    struct cte *ptable[VNODE_ENTRIES];
};

_Static_assert(sizeof(struct builder) <= BUILDER_BYTES, "the builder fits where it is put");

static genpaddr_t take(struct builder *b, gensize_t bytes, gensize_t align)
{
    genpaddr_t base = (b->region->base + align - 1) & ~(align - 1);
    gensize_t used = base - b->region->base + bytes;
    if (used > b->region->bytes)
        boot_fail("core %u has too little memory for its first domain", kcb.core_id);
    // What alignment skips is lost; CNodes come first, so it is a few pages.
    b->region->base += used;
    b->region->bytes -= used;
    memset(window_ptr(base), 0, bytes);
    return base;
}

static struct cte *make(struct cte *slot, enum objtype type, genpaddr_t base, gensize_t bytes)
{
    struct caps_dest dest = {.slot = slot, .room = 1, .l1 = false};
    struct cap cap = cap_make(type, base, bytes);
    errval_t err = caps_create(&kcb.caps, &dest, &cap);
    if (err_is_fail(err))
        panic("first domain: capability of type %u at 0x%lx, 0x%lx bytes: error %lu", type, base,
              bytes, err);
    return slot;
}

static struct cte *slot_of(struct builder *b, unsigned cnode, unsigned slot)
{
    kassert(slot < L2_CNODE_SLOTS); // FD1
    return &b->cnode[cnode][slot];
}

static void check(errval_t err, const char *what)
{
    if (err_is_fail(err))
        panic("first domain: %s: error %lu", what, err);
}

static void build_cspace(struct builder *b)
{
    gensize_t root_bytes = L1_CNODE_SLOTS_MIN * OBJSIZE_CTE;
    genpaddr_t root = take(b, root_bytes, OBJSIZE_L2CNODE);
    b->root = window_ptr(root);
    for (unsigned i = 0; i < CNODES; i++) {
        genpaddr_t base = take(b, OBJSIZE_L2CNODE, OBJSIZE_L2CNODE);
        b->cnode[i] = window_ptr(base);
        struct caps_dest dest = {.slot = &b->root[i], .room = 1, .l1 = true};
        struct cap cap = cap_make(ObjType_L2CNode, base, OBJSIZE_L2CNODE);
        check(caps_create(&kcb.caps, &dest, &cap), "L2CNode");
    }
    make(slot_of(b, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_ROOTCN), ObjType_L1CNode, root, root_bytes);
}

/// Maps one lower table into a higher one.
static struct cte *build_table(struct builder *b, enum objtype type, struct cte *parent,
                               uint64_t entry)
{
    struct cte *table = make(slot_of(b, ROOTCN_SLOT_PAGECN, b->pages_used++), type,
                             take(b, OBJSIZE_VNODE, OBJSIZE_VNODE), OBJSIZE_VNODE);
    if (parent != NULL) {
        struct caps_dest dest = caps_dest_kernel(slot_of(b, ROOTCN_SLOT_PAGECN, b->pages_used++));
        check(
            caps_vnode_map(&kcb.caps, parent, entry, 1, table, 0, VREGION_FLAGS_READ_WRITE, &dest),
            "page table");
    }
    return table;
}

static void build_vspace(struct builder *b)
{
    struct caps_dest root = caps_dest_kernel(slot_of(b, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_VROOT));
    b->pml4 = build_table(b, ObjType_VNode_x86_64_pml4, NULL, 0);
    check(caps_copy(&kcb.caps, &root, b->pml4), "root page table");
    b->pdpt = build_table(b, ObjType_VNode_x86_64_pdpt, b->pml4, 0);
    b->pdir = build_table(b, ObjType_VNode_x86_64_pdir, b->pdpt, 0);
}

/// Maps part of a frame at vaddr, all below 1 GiB, one Mapping for each page table that it touches.
static void map(struct builder *b, lvaddr_t vaddr, struct cte *frame, gensize_t offset,
                gensize_t bytes, uint64_t flags)
{
    if (vaddr + bytes > HUGE_PAGE_SIZE)
        boot_fail("the first domain's image lies above 1 GiB");
    for (gensize_t done = 0; done < bytes;) {
        uint64_t table = (vaddr + done) / LARGE_PAGE_SIZE;
        uint64_t first = (vaddr + done) / BASE_PAGE_SIZE % VNODE_ENTRIES;
        uint64_t count = (bytes - done) / BASE_PAGE_SIZE;
        if (count > VNODE_ENTRIES - first)
            count = VNODE_ENTRIES - first;
        if (b->ptable[table] == NULL)
            b->ptable[table] = build_table(b, ObjType_VNode_x86_64_ptable, b->pdir, table);
        struct caps_dest dest = caps_dest_kernel(slot_of(b, ROOTCN_SLOT_PAGECN, b->pages_used++));
        check(caps_vnode_map(&kcb.caps, b->ptable[table], first, count, frame, offset + done, flags,
                             &dest),
              "page");
        done += count * BASE_PAGE_SIZE;
    }
}

static void *build_frame(struct builder *b, struct cte *slot, lvaddr_t vaddr, gensize_t bytes,
                         uint64_t flags)
{
    genpaddr_t base = take(b, bytes, BASE_PAGE_SIZE);
    map(b, vaddr, make(slot, ObjType_Frame, base, bytes), 0, bytes, flags);
    return window_ptr(base);
}

/// A module's string without the marks before its name, which are meant for user space.
static const char *without_marks(const char *string)
{
    const char *name = string;
    for (; *string != '\0' && *string != ' '; string++)
        if (*string == ':')
            name = string + 1;
    return name;
}

static const struct bootinfo_module *find_module(const struct bootinfo *bootinfo, const char *name)
{
    size_t length = strlen(name);
    for (unsigned i = 0; i < bootinfo->modules_count; i++) {
        const char *string = without_marks(bootinfo->modules[i].string);
        if (strncmp(string, name, length) == 0 && (string[length] == '\0' || string[length] == ' '))
            return &bootinfo->modules[i];
    }
    boot_fail("boot module \"%s\" is missing", name);
}

static uint64_t segment_flags(uint32_t flags)
{
    return VREGION_FLAGS_READ | ((flags & ELF_FLAG_WRITE) ? VREGION_FLAGS_WRITE : 0) |
           ((flags & ELF_FLAG_EXECUTE) ? VREGION_FLAGS_EXECUTE : 0);
}

/// What is not written is mapped from the module itself: one copy for all cores.
static void load_segment(struct builder *b, const struct bootinfo_module *module,
                         const struct elf_segment *segment, struct spawn_args *args)
{
    lvaddr_t start = segment->vaddr & ~(BASE_PAGE_SIZE - 1);
    gensize_t head = segment->vaddr - start;
    gensize_t bytes = page_round_up(head + segment->memsz);
    uint64_t flags = segment_flags(segment->flags);
    if ((flags & VREGION_FLAGS_WRITE) == 0 && segment->filesz == segment->memsz) {
        struct cte *frame = slot_of(b, ROOTCN_SLOT_MODULECN, module->slot);
        map(b, start, frame, segment->offset - head, bytes, flags);
    } else {
        struct cte *slot = slot_of(b, ROOTCN_SLOT_SEGCN, b->segments_used++);
        uint8_t *memory = build_frame(b, slot, start, bytes, flags);
        memcpy(memory + head, (const uint8_t *)window_ptr(module->base) + segment->offset,
               segment->filesz);
    }
    args->image_end = start + bytes;
}

static void load_image(struct builder *b, const struct bootinfo_module *module,
                       struct spawn_args *args)
{
    const struct elf_limits limits = {0x400000, HUGE_PAGE_SIZE, IMAGE_BYTES_MAX};
    const uint8_t *image = window_ptr(module->base);
    struct elf_info info;
    enum err_code error = elf_check(image, module->bytes, &limits, &info);
    if (error != SYS_ERR_OK)
        boot_fail("boot module \"%s\": %s", module->string, elf_error_text(error));
    for (unsigned i = 0; i < info.count; i++)
        load_segment(b, module, &info.segments[i], args);
    args->entry = info.entry;
    args->phdr_vaddr = info.phdr_vaddr;
    args->phnum = info.phnum;
}

/// The module's string is the name and arguments, separated by spaces.
static void fill_args(struct spawn_args *args, const char *string)
{
    char *at = args->strings, *end = args->strings + sizeof(args->strings) - 1;
    string = without_marks(string);
    while (*string != '\0' && at < end) {
        while (*string == ' ')
            string++;
        if (*string == '\0')
            break;
        while (*string != '\0' && *string != ' ' && at < end)
            *at++ = *string++;
        *at++ = '\0';
        args->argc++;
    }
    args->strings_bytes = (uint32_t)(at - args->strings);
    args->flags = SPAWN_FLAG_FIRST | SPAWN_FLAG_BOOTINFO;
}

static void give_frames(struct builder *b, lpaddr_t bootinfo_paddr)
{
    struct bootinfo *bootinfo = b->bootinfo;
    struct cte *frame = make(slot_of(b, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_BOOTINFO), ObjType_Frame,
                             bootinfo_paddr, BOOTINFO_BYTES);
    map(b, BOOTINFO_VADDR, frame, 0, BOOTINFO_BYTES, VREGION_FLAGS_READ_WRITE);
    for (unsigned i = 0; i < bootinfo->modules_count; i++) {
        struct bootinfo_module *module = &bootinfo->modules[i];
        struct capability sent = {
            .base = module->base,
            .bytes = page_round_up(module->bytes),
            .type = ObjType_Frame,
            .rights = CAPRIGHTS_ALL & ~CAPRIGHTS_WRITE,
            .flags = CAPFLAG_REMOTE,
            .owner = 0,
        };
        struct caps_dest dest = caps_dest_kernel(slot_of(b, ROOTCN_SLOT_MODULECN, i));
        module->slot = i;
        if (module->bytes > 0)
            check(caps_create_foreign(&kcb.caps, &dest, &sent), "boot module");
    }
}

static void give_region(struct builder *b, unsigned index)
{
    struct bootinfo_region *region = &b->bootinfo->regions[index];
    struct cte *slot = slot_of(b, ROOTCN_SLOT_SUPERCN, index);
    region->slot = index;
    if (region->kind == REGION_SHARED) {
        struct capability sent = {
            .base = region->base,
            .bytes = region->bytes,
            .type = ObjType_Frame,
            .rights = CAPRIGHTS_ALL,
            .flags = CAPFLAG_REMOTE,
            .owner = region->owner,
        };
        struct caps_dest dest = caps_dest_kernel(slot);
        check(caps_create_foreign(&kcb.caps, &dest, &sent), "shared frame");
    } else if (region->bytes > 0) {
        enum objtype type = region->kind == REGION_RAM   ? ObjType_RAM
                            : region->kind == REGION_KCB ? ObjType_KCB
                                                         : ObjType_PhysAddr;
        make(slot, type, region->base, region->bytes);
    }
}

static void give_devices(struct builder *b)
{
    struct cte *kernel =
        make(slot_of(b, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_KERNEL), ObjType_Kernel, kcb.core_id, 1);
    struct caps_dest info =
        caps_dest_kernel(slot_of(b, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_KERNELINFO));
    check(caps_mint(&kcb.caps, &info, kernel, CAPRIGHTS_READ | CAPRIGHTS_GRANT, 0),
          "kernel information");
    if (kcb.core_id != 0)
        return;
    make(slot_of(b, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_IRQ), ObjType_IRQSrc, 0, IRQ_COUNT);
    make(slot_of(b, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_IO), ObjType_IO, 0, IO_COUNT);
}

static void start_dispatcher(struct builder *b, struct cte *frame, lvaddr_t entry)
{
    struct cte *cte =
        make(slot_of(b, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_DISPATCHER), ObjType_Dispatcher,
             take(b, OBJSIZE_DISPATCHER, BASE_PAGE_SIZE), OBJSIZE_DISPATCHER);
    struct dcb *dcb = dcb_of(&cte->cap);
    struct caps_dest dest = caps_dest_kernel(&dcb->slots.cspace);
    check(caps_copy(&kcb.caps, &dest, slot_of(b, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_ROOTCN)),
          "cspace");
    dest = caps_dest_kernel(&dcb->slots.vspace);
    check(caps_copy(&kcb.caps, &dest, b->pml4), "vspace");
    dest = caps_dest_kernel(&dcb->slots.frame);
    check(caps_copy(&kcb.caps, &dest, frame), "dispatcher frame");

    struct dispatcher_shared *shared = window_ptr(frame->cap.base);
    shared->disabled = 1;
    shared->disabled_save.rip = entry;
    shared->disabled_save.rdi = DISPATCHER_VADDR;
    shared->disabled_save.rsp = STACK_VADDR + STACK_BYTES;
    space_share_kernel_half(window_ptr(b->pml4->cap.base));
    dispatcher_init(dcb, shared, frame->cap.bytes, DISPATCHER_VADDR,
                    (domainid_t)kcb.core_id << 16 | DOMAIN_FIRST, b->pml4->cap.base);
    dcb->is_first = true;
    dest = caps_dest_kernel(slot_of(b, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_SELFEP));
    check(caps_endpoint_create(&kcb.caps, cte, SELFEP_OFFSET, SELFEP_MESSAGES, false, &dest),
          "endpoint");
    dispatcher_make_runnable(dcb);
}

/// The largest region of the core's own node, if one is large enough, or else of all.
static struct bootinfo_region *first_memory(struct bootinfo *bootinfo)
{
    uint16_t node = bootinfo->cores[kcb.core_id].node;
    struct bootinfo_region *best = NULL;
    for (unsigned i = 0; i < bootinfo->regions_count; i++) {
        struct bootinfo_region *region = &bootinfo->regions[i];
        if (region->kind != REGION_RAM || region->bytes < BOOTINFO_CORE_RAM_MIN)
            continue;
        bool nearer = best != NULL && region->node == node && best->node != node;
        bool farther = best != NULL && region->node != node && best->node == node;
        if (best == NULL || nearer || (!farther && region->bytes > best->bytes))
            best = region;
    }
    if (best == NULL)
        boot_fail("not enough memory: no %lu KiB in one piece", BOOTINFO_CORE_RAM_MIN / 1024);
    return best;
}

void first_domain_start(struct bootinfo *bootinfo, lpaddr_t bootinfo_paddr)
{
    const struct bootinfo_module *module =
        find_module(bootinfo, kcb.core_id == 0 ? "init" : "monitor");
    // The builder is too large for the stack: it borrows the region's end.
    struct bootinfo_region *region = first_memory(bootinfo);
    region->bytes -= BUILDER_BYTES;
    struct builder *b = window_ptr(region->base + region->bytes);
    memset(b, 0, sizeof(*b));
    b->bootinfo = bootinfo;
    b->region = region;

    build_cspace(b);
    build_vspace(b);
    struct cte *frame_slot = slot_of(b, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_DISPFRAME);
    build_frame(b, frame_slot, DISPATCHER_VADDR, DISPATCHER_FRAME_BYTES, VREGION_FLAGS_READ_WRITE);
    struct spawn_args *args =
        build_frame(b, slot_of(b, ROOTCN_SLOT_TASKCN, TASKCN_SLOT_ARGSPAGE), SPAWN_ARGS_VADDR,
                    SPAWN_ARGS_BYTES, VREGION_FLAGS_READ_WRITE);
    build_frame(b, slot_of(b, ROOTCN_SLOT_SEGCN, b->segments_used++), STACK_VADDR, STACK_BYTES,
                VREGION_FLAGS_READ_WRITE);
    fill_args(args, module->string);
    give_frames(b, bootinfo_paddr);
    load_image(b, module, args);
    give_devices(b);
    start_dispatcher(b, frame_slot, args->entry);
    region->bytes += BUILDER_BYTES;
    for (unsigned i = 0; i < bootinfo->regions_count; i++)
        give_region(b, i);
}
