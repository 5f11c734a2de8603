// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// spawnd starts, or gives up where something that it needs is missing; what it asks the memory server
// for the library.
#include "testlib/testlib.h"
#include "use.h"

#include "barrelfish/capabilities.h"

static void test_boot(void)
{
    CU_ASSERT_TRUE(machine_start());
    CU_ASSERT_EQUAL(machine.slots_kept, DOMAINS_MAX * 7);
    CU_ASSERT_EQUAL(machine.slots_reserved, DOMAINS_MAX * 7);
    machine_end();
}

static void test_failures(void)
{
    static const enum machine_call calls[] = {
        CALL_MEMORY_CONNECT, CALL_ENDPOINT, CALL_LISTEN, CALL_MEMORY + MEM_SERV_REVOKE_EP,
        CALL_SERVE,          CALL_EXPORT,
    };
    for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        machine_fail(calls[i], 0, LIB_ERR_MALLOC_FAIL);
        CU_ASSERT_FALSE(machine_start());
        CU_ASSERT_TRUE(machine_failed());
    }
}

static void test_bootinfo(void)
{
    struct bootinfo *info = (struct bootinfo *)BOOTINFO_VADDR;
    machine_boot_change = (struct machine_boot_change){.no_bootinfo = true};
    CU_ASSERT_FALSE(machine_start());
    machine_boot_change = (struct machine_boot_change){.magic = 1};
    CU_ASSERT_FALSE(machine_start());
    machine_boot_change = (struct machine_boot_change){.modules = BOOTINFO_MODULES_MAX + 1};
    CU_ASSERT_FALSE(machine_start());
    machine_boot_change = (struct machine_boot_change){.modules = BOOTINFO_MODULES_MAX};
    CU_ASSERT_TRUE(machine_start());
    machine_boot_change = (struct machine_boot_change){0};
    // What others write there later is no module of spawnd's.
    info->modules[0].string[0] = 'x';
    CU_ASSERT_PTR_NOT_NULL(modules_find("prog"));
    CU_ASSERT_PTR_NULL(modules_find("xrog"));
    CU_ASSERT_PTR_NULL(modules_find("machine:driver"));
    machine_end();
}

static void test_memory(void)
{
    CU_ASSERT_TRUE_FATAL(machine_start());
    struct capref cap = NULL_CAP;
    const struct ram_request request = {.bytes = 1, .alignment = 2, .minbase = 3, .maxlimit = 4};
    CU_ASSERT_EQUAL(machine.ram_alloc(&cap, &request), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_expect("alloc 1 2 3 4; "));
    CU_ASSERT_FALSE(capref_is_null(cap));
    cap_drop(cap);
    cap = NULL_CAP;
    machine_fail(CALL_MEMORY + MEM_SERV_ALLOC, 0, LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(machine.ram_alloc(&cap, &request), LIB_ERR_RAM_ALLOC);
    machine.alloc_gives_cap = false;
    machine_fail(CALL_MEMORY + MEM_SERV_ALLOC, 0, LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(machine.ram_alloc(&cap, &request), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(machine.ram_alloc(&cap, &request), LIB_ERR_RPC_REPLY);
    CU_ASSERT_TRUE(capref_is_null(cap));
    machine_end();
}

TEST_SUITE("boot") = {
    {"good", test_boot},
    {"what fails", test_failures},
    {"boot information", test_bootinfo},
    {"memory for the library", test_memory},
};
