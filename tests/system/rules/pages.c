// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What mappings do: pages of every size are read, written and executed through them, just as far as
// their flags go; and once one is changed, unmapped, or goes with its frame or its table, the very
// next access says so, whatever the TLB held. The pages are in the domain's own address space,
// under an entry of its root that the library does not use.
#include "rules.h"

#include "kpi/vspace.h"
#include "touch.h"

#define READ VREGION_FLAGS_READ
#define WRITE VREGION_FLAGS_WRITE
#define EXECUTE VREGION_FLAGS_EXECUTE
#define LARGE VREGION_FLAGS_LARGE

#define ROOT_ENTRY 200ul
#define BASE (ROOT_ENTRY << 39)
#define PAGE(index) (BASE + (index)*BASE_PAGE_SIZE) ///< of the ptable
#define CODE_RETURN 0xc3ul
#define PDPT rules_cap(ObjType_VNode_x86_64_pdpt)
#define PDIR rules_cap(ObjType_VNode_x86_64_pdir)
#define PTABLE rules_cap(ObjType_VNode_x86_64_ptable)
#define A rules_cap(SLOT_TEST)
#define B rules_cap(SLOT_TEST + 1)
#define TABLES (SLOT_TEST + 10) ///< Mappings of the tables

#define EXPECT_READ(address, wanted) EXPECT(touch_read((address), &got) && got == (wanted))
#define EXPECT_FAULT(address) EXPECT(!touch_read((address), &got))

static uint64_t got;

static bool map_tables(void)
{
    return EXPECT_OK(vnode_map(cap_vroot, PDPT, ROOT_ENTRY, READ, 0, 1, rules_cap(TABLES))) &&
           EXPECT_OK(vnode_map(PDPT, PDIR, 0, READ, 0, 1, rules_cap(TABLES + 1))) &&
           EXPECT_OK(vnode_map(PDIR, PTABLE, 0, READ, 0, 1, rules_cap(TABLES + 2)));
}

static void unmap_tables(void)
{
    EXPECT_OK(vnode_unmap(PDIR, rules_cap(TABLES + 2)));
    EXPECT_OK(vnode_unmap(PDPT, rules_cap(TABLES + 1)));
    EXPECT_OK(vnode_unmap(cap_vroot, rules_cap(TABLES)));
    EXPECT_FAULT(PAGE(0));
}

/// One object by two Mappings, at entry 32 writable and at entry 64 not.
static void test_two_mappings(struct capref object)
{
    EXPECT_OK(vnode_map(PTABLE, object, 32, READ | WRITE, 0, 2, A));
    EXPECT_OK(vnode_copy_remap(PTABLE, A, 64, READ, 0, 2, B));
    EXPECT(touch_write(PAGE(33), 0x1234));
    EXPECT_READ(PAGE(65), 0x1234);
    EXPECT(!touch_write(PAGE(65), 1));
    EXPECT(touch_write(PAGE(33), 0x5678));
    EXPECT_READ(PAGE(65), 0x5678);
    EXPECT_OK(vnode_modify_flags(A, 1, 1, READ));
    EXPECT(!touch_write(PAGE(33), 1) && touch_write(PAGE(32), 0x9a));
    EXPECT_READ(PAGE(33), 0x5678);
    EXPECT_OK(vnode_modify_flags(A, 1, 1, READ | WRITE));
    EXPECT(touch_write(PAGE(33), CODE_RETURN));
    EXPECT(!touch_execute(PAGE(33)) && !touch_execute(PAGE(65)));
    EXPECT_OK(vnode_modify_flags(B, 0, 2, READ | EXECUTE));
    EXPECT(touch_execute(PAGE(65)) && !touch_execute(PAGE(33)));
    EXPECT_OK(vnode_unmap(PTABLE, A));
    EXPECT_FAULT(PAGE(32));
    EXPECT_READ(PAGE(64), 0x9a);
    // Other pages at an address that was just used.
    EXPECT_OK(vnode_map(PTABLE, object, 32, READ, BASE_PAGE_SIZE, 1, A));
    EXPECT_READ(PAGE(32), CODE_RETURN);
    EXPECT_FAULT(PAGE(33));
    EXPECT_OK(cap_delete(A));
    EXPECT_OK(cap_delete(B));
    EXPECT_FAULT(PAGE(64));
}

/// A frame that goes is unmapped: deleted, revoked, or taken with its RAM.
static void test_frame_goes(void)
{
    struct capref ram = rules_cap(ObjType_RAM), frame = rules_cap(SLOT_TEST + 2);
    for (unsigned way = 0; way < 3; way++) {
        EXPECT_OK(cap_retype(frame, ram, 0, ObjType_Frame, BASE_PAGE_SIZE, 1));
        EXPECT_OK(vnode_map(PTABLE, frame, 40, READ | WRITE, 0, 1, A));
        EXPECT_OK(vnode_copy_remap(PTABLE, A, 41, READ, 0, 1, B));
        EXPECT_READ(PAGE(41), 0);
        EXPECT(touch_write(PAGE(40), ~0ul));
        EXPECT_READ(PAGE(41), ~0ul);
        EXPECT_OK(way == 0 ? cap_delete(frame) : cap_revoke(way == 1 ? frame : ram));
        EXPECT_FAULT(PAGE(40));
        EXPECT_FAULT(PAGE(41));
        EXPECT(rules_look(SLOT_TEST).type == ObjType_Null);
        EXPECT(rules_look(SLOT_TEST + 1).type == ObjType_Null);
        EXPECT((rules_look(SLOT_TEST + 2).type == ObjType_Frame) == (way == 1));
        if (way == 1)
            rules_delete(SLOT_TEST + 2);
    }
}

/// A table that is revoked is unmapped and keeps its entries; one that is deleted takes them along.
static void test_table_goes(void)
{
    struct capref table = rules_cap(SLOT_TEST + 2);
    uint64_t address = BASE + LARGE_PAGE_SIZE + 7 * BASE_PAGE_SIZE;
    EXPECT_OK(cap_retype(table, rules_cap(ObjType_RAM), 0, ObjType_VNode_x86_64_ptable,
                         OBJSIZE_VNODE, 1));
    EXPECT_OK(vnode_map(PTABLE, rules_cap(SLOT_FRAME), 40, READ | WRITE, 0, 1, B));
    EXPECT(touch_write(PAGE(40), 77));
    EXPECT_OK(vnode_map(PDIR, table, 1, READ, 0, 1, A));
    EXPECT_OK(vnode_copy_remap(table, B, 7, READ, 0, 1, rules_cap(SLOT_TEST + 3)));
    EXPECT_READ(address, 77);
    EXPECT_OK(cap_revoke(table));
    EXPECT_FAULT(address);
    EXPECT(rules_look(SLOT_TEST).type == ObjType_Null);
    EXPECT_OK(vnode_map(PDIR, table, 1, READ, 0, 1, A));
    EXPECT_READ(address, 77);
    EXPECT_OK(cap_delete(table));
    EXPECT_FAULT(address);
    EXPECT(rules_look(SLOT_TEST).type == ObjType_Null);
    EXPECT(rules_look(SLOT_TEST + 3).type == ObjType_Null);
    EXPECT_READ(PAGE(40), 77);
    rules_delete(SLOT_TEST + 1);
}

/// The same memory by an entry of 2 MiB and by one of 4 KiB; `object` begins on 2 MiB.
static void test_large(struct capref object)
{
    uint64_t offset = LARGE_PAGE_SIZE - BASE_PAGE_SIZE, address = BASE + 2 * LARGE_PAGE_SIZE;
    EXPECT_OK(vnode_map(PDIR, object, 2, READ | WRITE | LARGE, 0, 1, A));
    EXPECT_OK(vnode_map(PTABLE, object, 48, READ, offset, 1, B));
    EXPECT(touch_write(address + offset + 8, 0xabcd));
    EXPECT_READ(PAGE(48) + 8, 0xabcd);
    EXPECT_OK(vnode_modify_flags(A, 0, 1, READ));
    EXPECT(!touch_write(address, 1) && touch_read(address, &got));
    EXPECT_OK(vnode_unmap(PDIR, A));
    EXPECT_FAULT(address + offset);
    EXPECT_READ(PAGE(48) + 8, 0xabcd);
    rules_delete(SLOT_TEST + 1);
}

/// Puts the memory of the first display on PCI bus 0 (--qemu-arg -device --qemu-arg bochs-display)
/// where the stage's DevFrame begins. It is real memory, in a gibibyte of its own.
static bool place_display(uint64_t physical)
{
    for (uint32_t device = 0; device < 32; device++) {
        uint32_t at = 0x80000000u | device << 11;
        uint64_t name = 0;
        EXPECT_OK(invoke_io_out(cap_io, 0xcf8, 4, at));
        EXPECT_OK(invoke_io_in(cap_io, 0xcfc, 4, &name));
        if (name == 0x11111234) {
            EXPECT_OK(invoke_io_out(cap_io, 0xcf8, 4, at | 0x10));
            EXPECT_OK(invoke_io_out(cap_io, 0xcfc, 4, physical));
            EXPECT_OK(invoke_io_out(cap_io, 0xcf8, 4, at | 0x04));
            return EXPECT_OK(invoke_io_out(cap_io, 0xcfc, 2, 0x0002));
        }
    }
    return false;
}

static void test_huge(void)
{
    struct capref device = rules_cap(ObjType_DevFrame);
    uint64_t address = BASE + HUGE_PAGE_SIZE, offset = 0x9008;
    if (!EXPECT(place_display(rules_look(ObjType_DevFrame).base)))
        return;
    test_large(device);
    test_two_mappings(device);
    EXPECT_OK(vnode_map(PDPT, device, 1, READ | WRITE | LARGE, 0, 1, A));
    EXPECT_OK(vnode_map(PTABLE, device, 50, READ, 0x9000, 1, B));
    EXPECT(touch_write(address + offset, 0xfedc));
    EXPECT_READ(PAGE(50) + 8, 0xfedc);
    EXPECT(touch_read(address + HUGE_PAGE_SIZE - 8, &got));
    EXPECT_OK(vnode_modify_flags(A, 0, 1, READ));
    EXPECT(!touch_write(address + offset, 1));
    EXPECT_READ(address + offset, 0xfedc);
    EXPECT_OK(cap_revoke(device));
    EXPECT_FAULT(address + offset);
    EXPECT_FAULT(PAGE(50) + 8);
}

void rules_test_pages(void)
{
    if (!touch_begin() || !map_tables())
        return;
    test_two_mappings(rules_cap(SLOT_FRAME));
    test_two_mappings(rules_cap(ObjType_EndPointUMP));
    test_frame_goes();
    test_table_goes();
    test_large(rules_cap(SLOT_LARGE));
    if (rules_stage.devices)
        test_huge();
    unmap_tables();
    touch_end();
}
