// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities as a domain without special trust has them at its start and uses them through the
// library: rights, revocation, cleared memory, deletion in steps, and that all memory comes back.
// The rules one by one are tested in tests/system/rules, and against a model in tests/unit/caps.
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/vspace_common.h"
#include "start.h"
#include "systest/systest.h"

#define PIECE_BYTES (16 * BASE_PAGE_SIZE)

static struct capref slot(void)
{
    struct capref cap = NULL_CAP;
    EXPECT_OK(slot_alloc(&cap));
    return cap;
}

static void test_rights(void)
{
    struct capref frame, read_only = slot(), copy = slot();
    struct capability info;
    EXPECT_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    EXPECT_OK(cap_mint(read_only, frame, CAPRIGHTS_READ | CAPRIGHTS_IDENTIFY, 0));
    EXPECT_OK(cap_mint(copy, read_only, CAPRIGHTS_ALL, 0));
    EXPECT_OK(cap_identify(copy, &info));
    EXPECT(info.rights == (CAPRIGHTS_READ | CAPRIGHTS_IDENTIFY));
    void *buffer;
    EXPECT(err_is_fail(vspace_map_one_frame(&buffer, BASE_PAGE_SIZE, read_only, NULL, NULL)));
    EXPECT_OK(vspace_map_one_frame_attr(&buffer, BASE_PAGE_SIZE, read_only, VREGION_FLAGS_READ,
                                        NULL, NULL));
    EXPECT(*(volatile uint64_t *)buffer == 0);
    EXPECT_OK(vspace_unmap(buffer));
    EXPECT_ERR(cap_revoke(read_only), SYS_ERR_RIGHTS);
    EXPECT_OK(cap_destroy(copy));
    EXPECT_OK(cap_destroy(read_only));
    EXPECT_OK(cap_destroy(frame));
    EXPECT_ERR(cap_identify(cap_kernel, &info), SYS_ERR_CAP_NOT_FOUND); // only the trusted have it
    EXPECT_ERR(cap_mint(copy, cap_kernelinfo, CAPRIGHTS_ALL, 0), SYS_ERR_OK);
    EXPECT_ERR(cap_invoke(copy, KERNEL_CMD_HALT, 0, 0, 0, 0, 0, 0).error, SYS_ERR_RIGHTS);
    EXPECT_OK(cap_delete(copy));
}

static void test_revoke(void)
{
    struct capref ram, copy = slot(), frame = slot(), frame_copy = slot();
    struct capability info;
    EXPECT_OK(ram_alloc_bytes(&ram, PIECE_BYTES, BASE_PAGE_SIZE));
    EXPECT_OK(cap_copy(copy, ram));
    EXPECT_OK(cap_retype(frame, copy, 0, ObjType_Frame, PIECE_BYTES, 1));
    EXPECT_OK(cap_copy(frame_copy, frame));
    EXPECT_OK(cap_revoke(ram));
    EXPECT_ERR(cap_identify(copy, &info), SYS_ERR_CAP_NOT_FOUND);
    EXPECT_ERR(cap_identify(frame, &info), SYS_ERR_CAP_NOT_FOUND);
    EXPECT_ERR(cap_identify(frame_copy, &info), SYS_ERR_CAP_NOT_FOUND);
    EXPECT_OK(cap_identify(ram, &info));
    EXPECT(info.bytes == PIECE_BYTES);
    EXPECT_OK(cap_retype(frame, ram, 0, ObjType_Frame, PIECE_BYTES, 1));
    EXPECT_OK(cap_destroy(frame));
    EXPECT_OK(cap_destroy(ram));
    EXPECT_OK(slot_free(copy));
    EXPECT_OK(slot_free(frame_copy));
}

/// What a domain wrote is gone when the memory comes back as a new frame, here or elsewhere.
static void test_cleared(void)
{
    struct capref ram, frame = slot();
    uint64_t *buffer;
    EXPECT_OK(ram_alloc_bytes(&ram, PIECE_BYTES, BASE_PAGE_SIZE));
    for (unsigned round = 0; round < 2; round++) {
        EXPECT_OK(cap_retype(frame, ram, 0, ObjType_Frame, PIECE_BYTES, 1));
        EXPECT_OK(vspace_map_one_frame((void **)&buffer, PIECE_BYTES, frame, NULL, NULL));
        uint64_t bits = 0;
        for (size_t i = 0; i < PIECE_BYTES / sizeof(*buffer); i++)
            bits |= buffer[i];
        EXPECT(bits == 0);
        memset(buffer, 0xa5, PIECE_BYTES);
        EXPECT_OK(vspace_unmap(buffer));
        EXPECT_OK(cap_delete(frame));
    }
    EXPECT_OK(slot_free(frame));
    EXPECT_OK(cap_destroy(ram));
}

/// A CNode full of copies goes as a whole, in steps.
static void test_cnode_delete(void)
{
    struct capref cnode_cap, frame;
    struct cnoderef cnode;
    EXPECT_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    EXPECT_OK(cnode_create_l2(&cnode_cap, &cnode));
    for (cslot_t i = 0; i < L2_CNODE_SLOTS; i++)
        EXPECT_OK(cap_copy((struct capref){cnode, i}, frame));
    EXPECT_ERR(cap_copy((struct capref){cnode, 7}, frame), SYS_ERR_SLOT_IN_USE);
    struct sysret step = cap_invoke(cnode_cap, CAP_CMD_DELETE, 0, 0, 0, 0, 0, 0);
    EXPECT_ERR(step.error, SYS_ERR_AGAIN);
    EXPECT_OK(cap_destroy(cnode_cap));
    struct capability info;
    EXPECT_OK(cap_identify(frame, &info));
    EXPECT_OK(cap_destroy(frame));
}

static void run_all(void)
{
    test_rights();
    test_revoke();
    test_cleared();
    test_cnode_delete();
}

/// This program again, as a child that compares what it holds at its start with a table.
static void test_start(void)
{
    char *const argv[] = {"test_caps", "start", NULL};
    struct capref child;
    uint8_t status = 255;
    EXPECT_OK(spawn_program(disp_get_core_id(), argv[0], argv, NULL, SPAWN_FLAGS_BOOTINFO, &child));
    EXPECT_OK(spawn_wait(child, &status, false));
    EXPECT(status == 0);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "start") == 0)
        return start_check();
    test_start();
    run_all(); // the domain's own tables grow in this round
    uint64_t before = test_memory_settled();
    for (unsigned i = 0; i < 20; i++)
        run_all();
    EXPECT_MEMORY(before);
    return test_summary("caps");
}
