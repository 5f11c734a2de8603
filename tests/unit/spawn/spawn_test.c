// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What of the spawn library is pure: where the parts of a domain lie, the argument page, and the
// strings of boot modules.
#include <stdio.h>
#include <string.h>
#include <testlib/testlib.h>

#include "barrelfish/bootmodule.h"
#include "barrelfish/invocations.h"
#include "barrelfish/slot_alloc.h"
#include "spawn_internal.h"

#define DESTROY_CALLS 8u ///< of the CPU driver, after the one that stops the dispatcher

static struct spawn_layout layout;
static struct spawn_args args;

static struct elf_info small_image(void)
{
    return (struct elf_info){
        .entry = 0x400100,
        .count = 3,
        .load_bytes = 0x8000,
        .segments = {{.vaddr = 0x400000, .memsz = 0x1234},
                     {.vaddr = 0x402f00, .memsz = 0x200},
                     {.vaddr = 0x601000, .memsz = 0x4001}},
    };
}

/// Where the segments begin in the frame.
#define SEGMENTS (SPAWN_FRAME_ARGS + SPAWN_ARGS_BYTES)

static void test_layout(void)
{
    struct elf_info elf = small_image();
    CU_ASSERT_TRUE_FATAL(spawn_layout_make(&layout, &elf, (struct spawn_extent){0}));
    // One table for 0 to 2 MiB, one for each of the image's 2 MiB.
    CU_ASSERT_EQUAL(layout.ptables, 3);
    CU_ASSERT_EQUAL(layout.ptable_of[0], 1);
    CU_ASSERT(layout.ptable_of[2] != 0 && layout.ptable_of[3] != 0);
    CU_ASSERT(layout.ptable_of[1] == 0 && layout.ptable_of[4] == 0);
    CU_ASSERT_EQUAL(layout.segment[0], SEGMENTS);
    CU_ASSERT_EQUAL(layout.segment[1], SEGMENTS + 0x2000);
    CU_ASSERT_EQUAL(layout.segment[2], SEGMENTS + 0x4000); // the second lies across two pages
    CU_ASSERT_EQUAL(layout.stack, SEGMENTS + 0x9000);
    CU_ASSERT_FALSE(layout.present[ROOTCN_SLOT_MODULECN] || layout.present[ROOTCN_SLOT_SUPERCN]);
    gensize_t without = layout.total;
    CU_ASSERT_TRUE(spawn_layout_make(&layout, &elf, (struct spawn_extent){true, true, true, 0}));
    CU_ASSERT(layout.ptables == 4 && layout.ptable_of[1] != 0);
    CU_ASSERT_EQUAL(layout.total, without + 2 * OBJSIZE_L2CNODE + OBJSIZE_VNODE);
}

/// No part may overlap the next: offsets ascend by exactly what each part needs.
static void test_offsets(void)
{
    struct elf_info elf = small_image();
    CU_ASSERT_TRUE_FATAL(spawn_layout_make(&layout, &elf, (struct spawn_extent){.modulecn = true}));
    CU_ASSERT_EQUAL(layout.cnodes, L1_CNODE_SLOTS_MIN * OBJSIZE_CTE);
    CU_ASSERT_EQUAL(layout.vnodes, layout.cnodes + 6 * OBJSIZE_L2CNODE);
    CU_ASSERT_EQUAL(layout.dispatcher, layout.vnodes + (3 + layout.ptables) * OBJSIZE_VNODE);
    CU_ASSERT_EQUAL(layout.frame, layout.dispatcher + OBJSIZE_DISPATCHER);
    CU_ASSERT_EQUAL(layout.info, layout.frame + SEGMENTS + 0x9000 + STACK_BYTES);
    CU_ASSERT_EQUAL(layout.total, layout.info + BASE_PAGE_SIZE);
    CU_ASSERT(layout.total < 600 * 1024);
}

/// What is not written is shared, unless its last page shows what lies behind the image.
static void test_shared(void)
{
    struct elf_info elf = small_image();
    elf.segments[0].filesz = elf.segments[0].memsz;
    elf.segments[1].offset = 0x1f00;
    elf.segments[1].filesz = elf.segments[1].memsz;
    elf.segments[2].flags = ELF_FLAG_WRITE;
    CU_ASSERT_TRUE(spawn_layout_make(&layout, &elf, (struct spawn_extent){.shared_bytes = 0x3000}));
    CU_ASSERT_EQUAL(layout.stack, SEGMENTS + 0x5000); // its own: what is written
    CU_ASSERT_EQUAL(layout.segment[2], SEGMENTS);
    CU_ASSERT_TRUE(spawn_layout_make(&layout, &elf, (struct spawn_extent){.shared_bytes = 0x2fff}));
    CU_ASSERT_EQUAL(layout.stack, SEGMENTS + 0x7000); // and the second, across two pages
    CU_ASSERT(layout.segment[1] == SEGMENTS && layout.segment[2] == SEGMENTS + 0x2000);
    CU_ASSERT_FALSE(spawn_is_shared(&elf.segments[0], 0));
}

static void test_large_images(void)
{
    struct elf_info elf = small_image();
    elf.count = 1;
    elf.load_bytes = elf.segments[0].memsz = 80ul << 20;
    CU_ASSERT_TRUE(spawn_layout_make(&layout, &elf, (struct spawn_extent){true, true, false, 0}));
    CU_ASSERT_EQUAL(layout.ptables, 41);
    elf.load_bytes = elf.segments[0].memsz = SPAWN_IMAGE_MAX;
    CU_ASSERT_TRUE(spawn_layout_make(&layout, &elf, (struct spawn_extent){0}));
    elf.load_bytes = SPAWN_IMAGE_MAX + BASE_PAGE_SIZE;
    CU_ASSERT_FALSE(spawn_layout_make(&layout, &elf, (struct spawn_extent){0}));
    // Small, but spread over more page tables than PAGECN holds.
    elf.count = ELF_PHNUM_MAX;
    elf.load_bytes = 1ul << 20;
    for (uint32_t i = 0; i < elf.count; i++) {
        elf.segments[i] = (struct elf_segment){.vaddr = (2 + i * 12ul) * LARGE_PAGE_SIZE,
                                               .memsz = 6 * LARGE_PAGE_SIZE};
    }
    CU_ASSERT_FALSE(spawn_layout_make(&layout, &elf, (struct spawn_extent){0}));
}

static void test_strings(void)
{
    static const char *const argv[] = {"hello", "", "a b"};
    static const char *const envp[] = {"X=1"};
    static char huge[SPAWN_ARGS_BYTES];
    static const char *const too_long[] = {huge};
    CU_ASSERT_TRUE(spawn_args_strings(&args, 3, argv, 1, envp));
    CU_ASSERT_EQUAL(args.argc, 3);
    CU_ASSERT_EQUAL(args.envc, 1);
    CU_ASSERT_EQUAL(args.strings_bytes, 15);
    CU_ASSERT_EQUAL(memcmp(args.strings, "hello\0\0a b\0X=1", 15), 0);
    CU_ASSERT_TRUE(spawn_args_strings(&args, 0, NULL, 0, NULL));
    CU_ASSERT_EQUAL(args.strings_bytes, 0);
    memset(huge, 'x', sizeof(args.strings) - 1);
    CU_ASSERT_TRUE(spawn_args_strings(&args, 1, too_long, 0, NULL));
    CU_ASSERT_FALSE(spawn_args_strings(&args, 1, too_long, 1, envp));
    huge[sizeof(args.strings) - 1] = 'x';
    CU_ASSERT_FALSE(spawn_args_strings(&args, 1, too_long, 0, NULL));
}

static struct bootinfo info;

static void set_module(unsigned i, const char *string)
{
    snprintf(info.modules[i].string, sizeof(info.modules[i].string), "%s", string);
    info.modules_count = (uint16_t)(i + 1);
}

static void test_modules(void)
{
    struct bootmodule_args words;
    set_module(0, "init");
    set_module(1, "start:console  com1 9600 ");
    set_module(2, "");
    set_module(3, "shell");
    set_module(4, "machine:probe x");
    set_module(5, "start:machine:clock");
    CU_ASSERT_PTR_EQUAL(bootmodule_find(&info, "console"), &info.modules[1]);
    CU_ASSERT_PTR_EQUAL(bootmodule_find(&info, "shell"), &info.modules[3]);
    CU_ASSERT_PTR_NULL(bootmodule_find(&info, "she"));
    CU_ASSERT_PTR_NULL(bootmodule_find(&info, "start:console"));
    CU_ASSERT_PTR_NULL(bootmodule_find(&info, ""));
    CU_ASSERT_TRUE(bootmodule_is_marked(&info.modules[1]));
    CU_ASSERT_FALSE(bootmodule_is_marked(&info.modules[0]));
    CU_ASSERT_PTR_EQUAL(bootmodule_find(&info, "probe"), &info.modules[4]);
    CU_ASSERT_PTR_EQUAL(bootmodule_find(&info, "clock"), &info.modules[5]);
    CU_ASSERT_FALSE(bootmodule_is_marked(&info.modules[4]));
    CU_ASSERT_TRUE(bootmodule_is_marked(&info.modules[5]));
    CU_ASSERT_FALSE(bootmodule_is_machine(&info.modules[1]));
    CU_ASSERT_TRUE(bootmodule_is_machine(&info.modules[4]));
    CU_ASSERT_TRUE(bootmodule_is_machine(&info.modules[5]));
    CU_ASSERT(err_is_ok(bootmodule_parse(&info.modules[1], &words)));
    CU_ASSERT_EQUAL(words.argc, 3);
    CU_ASSERT_STRING_EQUAL(words.argv[0], "console");
    CU_ASSERT_STRING_EQUAL(words.argv[2], "9600");
    CU_ASSERT_EQUAL(err_no(bootmodule_parse(&info.modules[2], &words)), SPAWN_ERR_ARGS);
    info.modules_count = 5; // the last is there no more
    CU_ASSERT_PTR_NULL(bootmodule_find(&info, "clock"));
    CU_ASSERT_PTR_NOT_NULL(bootmodule_find(&info, "probe"));
}

/// No more are looked at than there may be, whatever their number is said to be.
static void test_too_many_modules(void)
{
    static struct bootinfo_module modules[BOOTINFO_MODULES_MAX + 1];
    for (unsigned i = 0; i <= BOOTINFO_MODULES_MAX; i++)
        snprintf(modules[i].string, sizeof(modules[i].string), "module%u x", i);
    for (unsigned last = BOOTINFO_MODULES_MAX - 1; last <= BOOTINFO_MODULES_MAX; last++) {
        char name[16];
        snprintf(name, sizeof(name), "module%u", last);
        CU_ASSERT_PTR_EQUAL(bootmodule_find_in(modules, BOOTINFO_MODULES_MAX + 1, name),
                            last < BOOTINFO_MODULES_MAX ? &modules[last] : NULL);
    }
}

/// Strings that the boot loader did not end, or with too many words, are refused.
static void test_module_limits(void)
{
    struct bootmodule_args words;
    set_module(0, "");
    memset(info.modules[0].string, 'a', BOOTINFO_STRING_MAX);
    CU_ASSERT_EQUAL(err_no(bootmodule_parse(&info.modules[0], &words)), SPAWN_ERR_ARGS);
    for (unsigned i = 0; i < 2 * BOOTMODULE_ARGS_MAX; i++)
        info.modules[0].string[i] = i % 2 == 0 ? 'a' : ' ';
    info.modules[0].string[2 * BOOTMODULE_ARGS_MAX] = '\0';
    CU_ASSERT(err_is_ok(bootmodule_parse(&info.modules[0], &words)));
    CU_ASSERT_EQUAL(words.argc, BOOTMODULE_ARGS_MAX);
    memcpy(info.modules[0].string + 2 * BOOTMODULE_ARGS_MAX, "b", 2);
    CU_ASSERT_EQUAL(err_no(bootmodule_parse(&info.modules[0], &words)), SPAWN_ERR_ARGS);
}

/// What the CPU driver answers: `refusal` to as many calls as `refusals`, after `calls_before`; it
/// does nothing for these. Deletions and revocations are said in a line, "d" or "r" and the slot.
static enum err_code refusal;
static unsigned calls_before, refusals, freed;
static char said[32];

static errval_t answer(char what, struct capref cap)
{
    size_t length = strlen(said);
    if (calls_before > 0)
        calls_before--;
    else if (refusals > 0 && refusals-- > 0)
        return refusal;
    snprintf(said + length, sizeof(said) - length, "%c%u", what, cap.slot);
    return SYS_ERR_OK;
}

errval_t invoke_dispatcher_stop(struct capref dispatcher)
{
    CU_ASSERT_EQUAL(dispatcher.slot, 2);
    CU_ASSERT_STRING_EQUAL(said, "");
    strcpy(said, "s2");
    return SYS_ERR_DISP_NOT_READY;
}

errval_t invoke_cap_revoke(struct capref cap)
{
    return answer('r', cap);
}

errval_t invoke_cap_delete(struct capref cap)
{
    return answer('d', cap);
}

errval_t slot_free(struct capref ret)
{
    (void)ret;
    freed++;
    return SYS_ERR_OK;
}

static errval_t destroy(unsigned before, enum err_code answers, unsigned times)
{
    struct spawn_info si = {.domain_id = 1};
    struct capref *caps[] = {&si.rootcn, &si.dispatcher, &si.selfep, &si.info, &si.ram};
    for (cslot_t i = 0; i < 5; i++)
        *caps[i] = (struct capref){cnode_task, i + 1};
    calls_before = before;
    refusal = answers;
    refusals = times;
    freed = 0;
    said[0] = '\0';
    errval_t err = spawn_destroy(&si);
    CU_ASSERT(capref_is_null(si.rootcn) && si.domain_id == 0);
    return err;
}

/// All of it goes, in this order, whichever step has to be waited for: deletion in steps, and memory
/// that is being taken back.
static void test_destroy(void)
{
    const enum err_code transient[] = {SYS_ERR_AGAIN, SYS_ERR_CAP_BUSY};
    for (unsigned call = 0; call < DESTROY_CALLS; call++) {
        for (unsigned i = 0; i < 2; i++) {
            CU_ASSERT_EQUAL(destroy(call, transient[i], 100), SYS_ERR_OK);
            CU_ASSERT_STRING_EQUAL(said, "s2r2d2d3d4r0r1d1d5");
            CU_ASSERT_EQUAL(freed, 5);
        }
    }
    struct spawn_info none = {.domain_id = 1};
    freed = 0;
    CU_ASSERT_EQUAL(spawn_destroy(&none), SYS_ERR_OK); // nothing was made
    CU_ASSERT_EQUAL(freed, 0);
}

/// What is not there any more is as good. Another error costs one part, is told, and does not keep
/// the rest.
static void test_destroy_refused(void)
{
    const enum err_code errors[] = {SYS_ERR_CAP_NOT_FOUND, SYS_ERR_SLOT_INVALID, SYS_ERR_REMOTE};
    for (unsigned call = 0; call < DESTROY_CALLS; call++) {
        for (unsigned i = 0; i < 3; i++) {
            bool revokes = call == 0 || call == 4 || call == 5;
            bool gone = i == 0 || (i == 1 && revokes);
            CU_ASSERT_EQUAL(destroy(call, errors[i], 1), gone ? SYS_ERR_OK : errors[i]);
            CU_ASSERT_EQUAL(strlen(said), 2 * DESTROY_CALLS);
            CU_ASSERT_EQUAL(freed, gone || revokes ? 5 : 4);
        }
    }
}

TEST_SUITE("spawn") = {
    {"layout", test_layout},
    {"offsets", test_offsets},
    {"shared segments", test_shared},
    {"large images", test_large_images},
    {"argument strings", test_strings},
    {"boot modules", test_modules},
    {"too many boot modules", test_too_many_modules},
    {"limits of module strings", test_module_limits},
    {"destruction", test_destroy},
    {"destruction that is refused", test_destroy_refused},
};
