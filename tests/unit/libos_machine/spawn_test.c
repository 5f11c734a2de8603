// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Making domains out of images: what the new domain finds in its memory, at its addresses and in its
// slots, what it does not get, and that nothing is left of one that could not be made.
#include "machine.h"
#include "testlib/testlib.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/spawn.h"
#include "barrelfish/vspace_common.h"
#include "kpi/bootinfo.h"
#include "kpi/elf.h"

#include <string.h>

#define PAGE BASE_PAGE_SIZE
#define TEXT 0x401000ul
#define DATA 0x5ff100ul ///< its last bytes lie beyond the next 2 MiB
#define DATA_BYTES 0x200u
#define DATA_MEMORY 0x3000u
#define TEXT_BYTES 0x1234u

enum { PHDR_TEXT, PHDR_DATA, PHDR_NOTE, PHDRS };

static struct image {
    struct elf_header header;
    struct elf_phdr phdrs[PHDRS];
    struct elf_note note;
    char name[8];
    char rest[0x2300 - 64 - 56 * PHDRS - 12 - 8];
} image __attribute__((aligned(4096)));

static const char *const argv[] = {"prog", "one", NULL};
static const char *const envp[] = {"A=b", NULL};
static struct spawn_info si;
static struct capref slots[8];

static void make_image(void)
{
    memset(&image, 'i', sizeof(image));
    image.header = (struct elf_header){.ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
                                       .type = 2,
                                       .machine = 62,
                                       .version = 1,
                                       .entry = 0x401100,
                                       .phoff = 64,
                                       .ehsize = 64,
                                       .phentsize = 56,
                                       .phnum = PHDRS};
    image.phdrs[PHDR_TEXT] = (struct elf_phdr){
        .type = 1, .flags = 5, .vaddr = TEXT, .filesz = TEXT_BYTES, .memsz = TEXT_BYTES};
    image.phdrs[PHDR_DATA] = (struct elf_phdr){.type = 1,
                                               .flags = 6,
                                               .offset = 0x2100,
                                               .vaddr = DATA,
                                               .filesz = DATA_BYTES,
                                               .memsz = DATA_MEMORY};
    image.phdrs[PHDR_NOTE] =
        (struct elf_phdr){.type = 4, .offset = offsetof(struct image, note), .filesz = 20};
    image.note = (struct elf_note){sizeof(ELF_NOTE_NAME), 0, ELF_NOTE_DOMAIN};
    memcpy(image.name, ELF_NOTE_NAME, sizeof(ELF_NOTE_NAME));
    for (unsigned i = 0; i < 8; i++)
        CU_ASSERT_EQUAL_FATAL(slot_alloc(&slots[i]), SYS_ERR_OK);
    machine_make(cap_kernel, ObjType_Kernel, 0, 1);
}

/// The reserves of mapping are there.
static void frames_of_the_reserve(void)
{
    void *at;
    CU_ASSERT_EQUAL(vspace_map_anon_attr(&at, NULL, NULL, PAGE, NULL, VREGION_FLAGS_READ_WRITE),
                    SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_unmap(at), SYS_ERR_OK);
}

static struct spawn_params params(void)
{
    return (struct spawn_params){.image = &image,
                                 .image_bytes = sizeof(image),
                                 .argc = 2,
                                 .envc = 1,
                                 .argv = argv,
                                 .envp = envp,
                                 .domain_id = 77,
                                 .group = 5,
                                 .kernel_info = cap_kernel,
                                 .monitor_ep = cap_memservep,
                                 .mem_serv_ep = cap_memservep,
                                 .spawnd_ep = cap_memservep};
}

static bool child_cap(cslot_t root, cslot_t slot, struct capability *ret)
{
    memset(ret, 0, sizeof(*ret));
    return machine_cap(spawn_slot(&si, root, slot), ret);
}

static genpaddr_t child_pml4(void)
{
    struct capability cap;
    return child_cap(ROOTCN_SLOT_TASKCN, TASKCN_SLOT_VROOT, &cap) ? cap.base : 0;
}

/// The byte at an address of the new domain's; NULL: there is none.
static char *child(uint64_t address)
{
    uint64_t entry = machine_entry_of(child_pml4(), (void *)address, NULL);
    return entry == 0 ? NULL
                      : (char *)machine_memory(entry & MACHINE_ENTRY_ADDRESS) + address % PAGE;
}

static bool child_may(uint64_t address, bool write, bool execute)
{
    uint64_t entry = machine_entry_of(child_pml4(), (void *)address, NULL);
    return entry != 0 && ((entry & MACHINE_ENTRY_WRITE) != 0) == write &&
           ((entry & MACHINE_ENTRY_NX) == 0) == execute;
}

static void memory(void)
{
    struct spawn_params p = params();
    make_image();
    CU_ASSERT_EQUAL_FATAL(spawn_load(&si, &p), SYS_ERR_OK);
    CU_ASSERT_TRUE(child_may(TEXT, false, true) && child_may(TEXT + PAGE, false, true) &&
                   child(TEXT + 2 * PAGE) == NULL);
    CU_ASSERT_PTR_NULL(child(TEXT - 1));
    CU_ASSERT_EQUAL(memcmp(child(TEXT), &image, PAGE), 0);
    CU_ASSERT_EQUAL(memcmp(child(TEXT + PAGE), (char *)&image + PAGE, TEXT_BYTES - PAGE), 0);
    CU_ASSERT_EQUAL(child(TEXT + TEXT_BYTES)[0], 0);
    CU_ASSERT_TRUE(child_may(DATA, true, false) && child_may(DATA + DATA_MEMORY - 1, true, false) &&
                   child(0x5ff000 + 4 * PAGE) == NULL);
    CU_ASSERT_EQUAL(memcmp(child(DATA), (char *)&image + 0x2100, DATA_BYTES), 0);
    CU_ASSERT_TRUE(child(DATA - 1)[0] == 0 && child(DATA + DATA_BYTES)[0] == 0 &&
                   child(DATA + DATA_MEMORY - 1)[0] == 0);
    CU_ASSERT_TRUE(child_may(STACK_VADDR, true, false) &&
                   child_may(STACK_VADDR + STACK_BYTES - 1, true, false));
    CU_ASSERT_TRUE(child(STACK_VADDR - 1) == NULL && child(STACK_VADDR + STACK_BYTES) == NULL);
    CU_ASSERT_TRUE(child_may(INFO_VADDR, false, false) && child(INFO_VADDR + PAGE) == NULL &&
                   child(BOOTINFO_VADDR) == NULL);
    struct spawn_args *args = (struct spawn_args *)child(SPAWN_ARGS_VADDR);
    CU_ASSERT_TRUE(child_may(SPAWN_ARGS_VADDR + SPAWN_ARGS_BYTES - 1, true, false) &&
                   child(SPAWN_ARGS_VADDR + SPAWN_ARGS_BYTES) == NULL);
    CU_ASSERT_TRUE(args->argc == 2 && args->envc == 1 && args->flags == SPAWN_FLAG_INFO &&
                   args->entry == 0x401100);
    CU_ASSERT_TRUE(args->phdr_vaddr == TEXT + 64 && args->phnum == PHDRS &&
                   args->image_end == DATA + DATA_MEMORY);
    CU_ASSERT_EQUAL(memcmp(args->strings, "prog\0one\0A=b", 13), 0);
    struct dispatcher_shared *shared = (struct dispatcher_shared *)child(DISPATCHER_VADDR);
    CU_ASSERT_TRUE(child_may(DISPATCHER_VADDR, true, false) &&
                   child_may(DISPATCHER_VADDR + DISPATCHER_FRAME_BYTES - 1, true, false) &&
                   child(DISPATCHER_VADDR + DISPATCHER_FRAME_BYTES) == NULL);
    CU_ASSERT_TRUE(shared->disabled == 1 && shared->disabled_save.rip == 0x401100 &&
                   shared->disabled_save.rdi == DISPATCHER_VADDR);
    CU_ASSERT_TRUE(shared->disabled_save.rsp == STACK_VADDR + STACK_BYTES &&
                   shared->disabled_save.eflags == 0x202);
}

static void capabilities(void)
{
    struct spawn_params p = params();
    struct capability cap, own;
    make_image();
    frames_of_the_reserve();
    unsigned ram = machine_count(ObjType_RAM);
    size_t used = machine_ram_used();
    CU_ASSERT_EQUAL_FATAL(spawn_load(&si, &p), SYS_ERR_OK);
    static const struct {
        cslot_t slot;
        enum objtype type;
        uint8_t rights;
    } there[] = {{TASKCN_SLOT_ROOTCN, ObjType_L1CNode, 0x17},
                 {TASKCN_SLOT_DISPATCHER, ObjType_Dispatcher, 0x17},
                 {TASKCN_SLOT_DISPFRAME, ObjType_Frame, 0x1f},
                 {TASKCN_SLOT_VROOT, ObjType_VNode_x86_64_pml4, 0x1f},
                 {TASKCN_SLOT_ARGSPAGE, ObjType_Frame, 0x1f},
                 {TASKCN_SLOT_SELFEP, ObjType_EndPointLMP, 0x1f},
                 {TASKCN_SLOT_MONITOREP, ObjType_EndPointLMP, 0x17},
                 {TASKCN_SLOT_MEMSERVEP, ObjType_EndPointLMP, 0x17},
                 {TASKCN_SLOT_SPAWNDEP, ObjType_EndPointLMP, 0x17},
                 {TASKCN_SLOT_KERNELINFO, ObjType_Kernel, 1},
                 {TASKCN_SLOT_KERNEL, ObjType_Null, 0},
                 {TASKCN_SLOT_BOOTINFO, ObjType_Null, 0},
                 {TASKCN_SLOT_IRQ, ObjType_Null, 0},
                 {TASKCN_SLOT_IO, ObjType_Null, 0},
                 {TASKCN_SLOT_PHYSADDR, ObjType_Null, 0},
                 {0, ObjType_Null, 0}};
    for (unsigned i = 0; i < sizeof(there) / sizeof(*there); i++) {
        child_cap(ROOTCN_SLOT_TASKCN, there[i].slot, &cap);
        CU_ASSERT_TRUE(cap.type == there[i].type && cap.rights == there[i].rights);
        if (there[i].slot >= TASKCN_SLOT_MONITOREP && there[i].slot <= TASKCN_SLOT_SPAWNDEP)
            CU_ASSERT_EQUAL(cap.extra >> 32, 77);
    }
    CU_ASSERT_TRUE(child_cap(ROOTCN_SLOT_SEGCN, 1, &cap) && cap.type == ObjType_Frame &&
                   cap.rights == CAPRIGHTS_READ);
    CU_ASSERT_TRUE(machine_cap(si.info, &own) && own.base == cap.base &&
                   own.rights == CAPRIGHTS_ALL && own.bytes == PAGE);
    genpaddr_t info = own.base;
    CU_ASSERT_TRUE(child_cap(ROOTCN_SLOT_SEGCN, 0, &cap) && cap.type == ObjType_Frame &&
                   cap.base + cap.bytes <= info); // what it may write does not cover that
    CU_ASSERT_TRUE(machine_cap(si.rootcn, &own) && own.bytes == L1_CNODE_SLOTS_MIN * OBJSIZE_CTE);
    CU_ASSERT_EQUAL(own.base, si.base); // the first in its memory
    struct capref l1 = {build_cnoderef(si.rootcn, CNODE_LEVEL_ROOT), 0};
    static const bool cnodes[] = {true, true, true, true, false, false, true, false};
    for (l1.slot = 0; l1.slot < 8; l1.slot++)
        CU_ASSERT_EQUAL(machine_cap(l1, &cap) && cap.type == ObjType_L2CNode, cnodes[l1.slot]);
    struct machine_dispatcher *dispatcher = machine_dispatcher(si.dispatcher);
    CU_ASSERT_TRUE(dispatcher->set_up && !dispatcher->runs && dispatcher->group == 5 &&
                   dispatcher->domain == 77 && dispatcher->udisp == DISPATCHER_VADDR);
    CU_ASSERT_EQUAL(dispatcher->info, info);
    CU_ASSERT_TRUE(si.domain_id == 77 && si.bytes > 0 && machine_ram_used() >= used + si.bytes);
    CU_ASSERT_TRUE(machine_cap(si.selfep, &cap) && (uint32_t)cap.extra == SELFEP_OFFSET &&
                   cap.aux == SELFEP_MESSAGES);
    CU_ASSERT_TRUE(machine_cap(si.ram, &own) && own.type == ObjType_RAM && own.base == si.base &&
                   own.bytes == si.bytes);
    CU_ASSERT_EQUAL(machine_count(ObjType_RAM), ram + 1); // and none of it is the domain's
    CU_ASSERT_EQUAL(spawn_run(&si), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_dispatcher(si.dispatcher)->runs);
    CU_ASSERT_EQUAL(spawn_run(&si), SYS_ERR_DISP_RUNNING);
}

static void gifts(void)
{
    struct spawn_params p = params();
    struct capability cap;
    make_image();
    CU_ASSERT_EQUAL(frame_create(slots[0], BOOTINFO_BYTES, NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cap_copy(slots[1], cap_memservep), SYS_ERR_OK);
    p.bootinfo = slots[0];
    p.kernel = cap_kernel;
    p.death_ep = slots[1];
    p.modulecn = p.supercn = true;
    p.flags = SPAWN_FLAG_BOOTINFO | SPAWN_FLAG_FIRST;
    CU_ASSERT_EQUAL_FATAL(spawn_load(&si, &p), SYS_ERR_OK);
    CU_ASSERT_TRUE(child_cap(ROOTCN_SLOT_TASKCN, TASKCN_SLOT_BOOTINFO, &cap) &&
                   cap.rights == (CAPRIGHTS_READ | CAPRIGHTS_IDENTIFY));
    CU_ASSERT_TRUE(child_cap(ROOTCN_SLOT_TASKCN, TASKCN_SLOT_KERNEL, &cap) &&
                   cap.rights == CAPRIGHTS_ALL);
    CU_ASSERT_TRUE(child_may(BOOTINFO_VADDR, false, false) &&
                   child_may(BOOTINFO_VADDR + BOOTINFO_BYTES - 1, false, false) &&
                   child(BOOTINFO_VADDR + BOOTINFO_BYTES) == NULL);
    CU_ASSERT_EQUAL(((struct spawn_args *)child(SPAWN_ARGS_VADDR))->flags,
                    SPAWN_FLAG_BOOTINFO | SPAWN_FLAG_FIRST | SPAWN_FLAG_INFO);
    CU_ASSERT_TRUE(machine_dispatcher(si.dispatcher)->has_death);
    struct capref l1 = {build_cnoderef(si.rootcn, CNODE_LEVEL_ROOT), ROOTCN_SLOT_MODULECN};
    CU_ASSERT_TRUE(machine_cap(l1, &cap) && cap.type == ObjType_L2CNode);
    l1.slot = ROOTCN_SLOT_SUPERCN;
    CU_ASSERT_TRUE(machine_cap(l1, &cap) && cap.type == ObjType_L2CNode);
    // Further ones, from outside.
    CU_ASSERT_EQUAL(spawn_add_cap(&si, ROOTCN_SLOT_ARGCN, 3, slots[0]), SYS_ERR_OK);
    CU_ASSERT_TRUE(child_cap(ROOTCN_SLOT_ARGCN, 3, &cap) && cap.type == ObjType_Frame);
    size_t free_before = slot_free_count();
    CU_ASSERT_EQUAL(spawn_give_cap(&si, ROOTCN_SLOT_ARGCN, 4, slots[0]), SYS_ERR_OK);
    CU_ASSERT_TRUE(child_cap(ROOTCN_SLOT_ARGCN, 4, &cap) && machine_is_empty(slots[0]) &&
                   slot_free_count() == free_before + 1);
    CU_ASSERT_EQUAL(spawn_give_cap(&si, ROOTCN_SLOT_ARGCN, 4, slots[1]), SYS_ERR_SLOT_IN_USE);
    CU_ASSERT_TRUE(!machine_is_empty(slots[1]) && slot_free_count() == free_before + 1);
    CU_ASSERT_EQUAL(spawn_mint_cap(&si, ROOTCN_SLOT_ARGCN, 5, slots[1], CAPRIGHTS_WRITE, 9),
                    SYS_ERR_OK);
    CU_ASSERT_TRUE(child_cap(ROOTCN_SLOT_ARGCN, 5, &cap) && cap.rights == CAPRIGHTS_WRITE &&
                   cap.extra >> 32 == 9);
}

/// What the caller has of the machine; the list of PhysAddr ends at the first that is missing.
static void machine_of_the_callers(void)
{
    struct spawn_params p = params();
    struct capability cap;
    make_image();
    machine_make(cap_io, ObjType_IO, 0, 65536);
    for (cslot_t i = 0; i < 4; i++)
        if (i != 2)
            machine_make(TASKCN_CAP(TASKCN_SLOT_PHYSADDR + i), ObjType_PhysAddr,
                         (1ul << 40) + i * PAGE, PAGE);
    p.machine = true;
    CU_ASSERT_EQUAL_FATAL(spawn_load(&si, &p), SYS_ERR_OK);
    CU_ASSERT_TRUE(child_cap(ROOTCN_SLOT_TASKCN, TASKCN_SLOT_KERNEL, &cap) &&
                   cap.rights == CAPRIGHTS_ALL);
    CU_ASSERT_TRUE(child_cap(ROOTCN_SLOT_TASKCN, TASKCN_SLOT_IO, &cap) && cap.type == ObjType_IO);
    CU_ASSERT_FALSE(child_cap(ROOTCN_SLOT_TASKCN, TASKCN_SLOT_IRQ, &cap) ||
                    child_cap(ROOTCN_SLOT_TASKCN, TASKCN_SLOT_BOOTINFO, &cap));
    CU_ASSERT_TRUE(child_cap(ROOTCN_SLOT_TASKCN, TASKCN_SLOT_PHYSADDR + 1, &cap) &&
                   cap.base == (1ul << 40) + PAGE);
    CU_ASSERT_FALSE(child_cap(ROOTCN_SLOT_TASKCN, TASKCN_SLOT_PHYSADDR + 3, &cap));
    CU_ASSERT_EQUAL(spawn_destroy(&si), SYS_ERR_OK);
    machine_delete(TASKCN_CAP(TASKCN_SLOT_PHYSADDR));
    CU_ASSERT_EQUAL_FATAL(spawn_load(&si, &p), SYS_ERR_OK);
    CU_ASSERT_FALSE(child_cap(ROOTCN_SLOT_TASKCN, TASKCN_SLOT_PHYSADDR + 1, &cap));
    CU_ASSERT_TRUE(child_cap(ROOTCN_SLOT_TASKCN, TASKCN_SLOT_IO, &cap));
}

/// What is not written is mapped from the image itself, where that has whole pages.
static void shared_image(void)
{
    struct spawn_params p = params();
    struct frame_identity frame = {0, 0};
    void *at;
    make_image();
    CU_ASSERT_EQUAL(frame_create(slots[0], sizeof(image), NULL), SYS_ERR_OK);
    CU_ASSERT_EQUAL(frame_identify(slots[0], &frame), SYS_ERR_OK);
    CU_ASSERT_EQUAL(vspace_map_one_frame(&at, frame.bytes, slots[0], NULL, NULL), SYS_ERR_OK);
    memcpy(at, &image, sizeof(image));
    p.image = at;
    p.image_frame = slots[0];
    CU_ASSERT_EQUAL_FATAL(spawn_load(&si, &p), SYS_ERR_OK);
    CU_ASSERT_TRUE(child(TEXT) == (char *)machine_memory(frame.base) &&
                   child(TEXT + PAGE) == (char *)machine_memory(frame.base + PAGE));
    CU_ASSERT_TRUE(child_may(TEXT, false, true) && child_may(DATA, true, false));
    CU_ASSERT_EQUAL(memcmp(child(DATA), (char *)&image + 0x2100, DATA_BYTES), 0);
    gensize_t shared_bytes = si.bytes;
    CU_ASSERT_EQUAL(spawn_destroy(&si), SYS_ERR_OK);
    p.image_frame = NULL_CAP;
    CU_ASSERT_EQUAL_FATAL(spawn_load(&si, &p), SYS_ERR_OK);
    CU_ASSERT_EQUAL(si.bytes, shared_bytes + 2 * PAGE);
}

static struct spawn_params each;

/// Returns the cause of an error.
static errval_t load(void)
{
    errval_t err = spawn_load(&si, &each);
    CU_ASSERT_TRUE(err_is_ok(err) || err_no(err) == SPAWN_ERR_LOAD);
    while (err >> ERR_CODE_BITS != 0)
        err >>= ERR_CODE_BITS;
    return err;
}

static void unload(void)
{
    CU_ASSERT_EQUAL(spawn_destroy(&si), SYS_ERR_OK);
}

static void each_step_fails(void)
{
    make_image();
    CU_ASSERT_EQUAL(frame_create(slots[0], BOOTINFO_BYTES, NULL), SYS_ERR_OK);
    each = params();
    each.bootinfo = slots[0];
    each.flags = SPAWN_FLAG_BOOTINFO;
    each.machine = true;
    each.modulecn = true;
    CU_ASSERT_TRUE(machine_refuse_each(load, unload) > 40);
    CU_ASSERT_EQUAL(load(), SYS_ERR_OK);
    unload();
}

static void refused(void)
{
    struct spawn_params p = params();
    char big[SPAWN_ARGS_BYTES];
    const char *const long_argv[] = {big, NULL};
    make_image();
    CU_ASSERT_EQUAL_FATAL(spawn_load(&si, &p), SYS_ERR_OK);
    unload(); // all reserves are full
    struct machine_state state = machine_state();
    si.domain_id = 3;
    image.header.machine = 3;
    CU_ASSERT_EQUAL(err_no(spawn_load(&si, &p)), SPAWN_ERR_LOAD);
    image.header.machine = 62;
    memset(big, 'a', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    p.argv = long_argv;
    p.argc = 1;
    CU_ASSERT_EQUAL(spawn_load(&si, &p), SPAWN_ERR_ARGS);
    p = params();
    p.flags = SPAWN_FLAG_BOOTINFO;
    CU_ASSERT_EQUAL(spawn_load(&si, &p), LIB_ERR_INVALID_ARGS);
    p = params();
    machine_fail(MACHINE_RAM, 1, LIB_ERR_RAM_ALLOC_LIMIT);
    CU_ASSERT_EQUAL(spawn_load(&si, &p), err_push(LIB_ERR_RAM_ALLOC_LIMIT, SPAWN_ERR_LOAD));
    image.phdrs[PHDR_TEXT].vaddr = 0x3ff000;
    image.header.entry = 0x3ff100;
    CU_ASSERT_EQUAL(err_no(spawn_load(&si, &p)), SPAWN_ERR_LOAD);
    CU_ASSERT_TRUE(si.domain_id == 3 && machine_state_is(state));
}

static void is_destroyed(void)
{
    struct spawn_params p = params();
    make_image();
    CU_ASSERT_EQUAL_FATAL(spawn_load(&si, &p), SYS_ERR_OK);
    unload();
    struct machine_state state = machine_state();
    CU_ASSERT_EQUAL_FATAL(spawn_load(&si, &p), SYS_ERR_OK);
    CU_ASSERT_EQUAL(spawn_run(&si), SYS_ERR_OK);
    CU_ASSERT_EQUAL(cap_copy(slots[2], si.selfep), SYS_ERR_OK); // others hold some of it
    unload();
    CU_ASSERT_TRUE(machine_is_empty(slots[2]) && machine_state_is(state));
    CU_ASSERT_TRUE(capref_is_null(si.rootcn) && si.domain_id == 0);
}

MACHINE_TEST(memory)
MACHINE_TEST(capabilities)
MACHINE_TEST(gifts)
MACHINE_TEST(machine_of_the_callers)
MACHINE_TEST(shared_image)
MACHINE_TEST(each_step_fails)
MACHINE_TEST(refused)
MACHINE_TEST(is_destroyed)

TEST_SUITE("spawn") = {
    {"memory of a new domain", test_memory},
    {"its capabilities", test_capabilities},
    {"gifts", test_gifts},
    {"the machine", test_machine_of_the_callers},
    {"a shared image", test_shared_image},
    {"each step fails", test_each_step_fails},
    {"refused", test_refused},
    {"destroyed", test_is_destroyed},
};
