// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory: requests to the memory server, word by word, and what a domain without one cuts off its
// own regions.
#include "machine.h"
#include "testlib/testlib.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/domain.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "if/mem_serv.h"
#include "kpi/bootinfo.h"
#include "memory/ram/ram_server.h"

#include <string.h>

static struct capref cap;
static struct capability identity;

static void goes(struct capref what)
{
    CU_ASSERT_EQUAL(cap_destroy(what), SYS_ERR_OK);
}

static void gives_ram(void)
{
    struct machine_state state = machine_state();
    CU_ASSERT_EQUAL(ram_alloc_bytes(&cap, 3 * BASE_PAGE_SIZE, LARGE_PAGE_SIZE), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_cap(cap, &identity));
    CU_ASSERT_EQUAL(identity.type, ObjType_RAM);
    CU_ASSERT_EQUAL(identity.bytes, 3 * BASE_PAGE_SIZE);
    CU_ASSERT_EQUAL(identity.base % LARGE_PAGE_SIZE, 0);
    CU_ASSERT_EQUAL(machine.alignment, LARGE_PAGE_SIZE);
    goes(cap);
    CU_ASSERT_EQUAL(ram_alloc(&cap, 14), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_cap(cap, &identity));
    CU_ASSERT_EQUAL(identity.bytes, 1 << 14);
    CU_ASSERT_EQUAL(machine.alignment, 1 << 14);
    goes(cap);
    CU_ASSERT_EQUAL(machine.connections, 1);
    CU_ASSERT_TRUE(machine_state_is(state));
}

static void wrong_sizes(void)
{
    cap = NULL_CAP;
    size_t page = BASE_PAGE_SIZE;
    CU_ASSERT_EQUAL(ram_alloc_bytes(&cap, 0, page), LIB_ERR_RAM_ALLOC_WRONG_SIZE);
    CU_ASSERT_EQUAL(ram_alloc_bytes(&cap, page + 1, page), LIB_ERR_RAM_ALLOC_WRONG_SIZE);
    CU_ASSERT_EQUAL(ram_alloc_bytes(&cap, page, page / 2), LIB_ERR_RAM_ALLOC_WRONG_SIZE);
    CU_ASSERT_EQUAL(ram_alloc_bytes(&cap, page, 3 * page), LIB_ERR_RAM_ALLOC_WRONG_SIZE);
    CU_ASSERT_EQUAL(ram_alloc(&cap, BASE_PAGE_BITS - 1), LIB_ERR_RAM_ALLOC_WRONG_SIZE);
    CU_ASSERT_EQUAL(ram_alloc(&cap, 53), LIB_ERR_RAM_ALLOC_WRONG_SIZE);
    CU_ASSERT_EQUAL(ram_alloc(&cap, 64), LIB_ERR_RAM_ALLOC_WRONG_SIZE);
    CU_ASSERT_EQUAL(machine.connections, 0);
    CU_ASSERT_EQUAL(ram_alloc(&cap, 52), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_TRUE(capref_is_null(cap));
    CU_ASSERT_EQUAL(ram_alloc(&cap, BASE_PAGE_BITS), SYS_ERR_OK);
    goes(cap);
}

static void affinity(void)
{
    genpaddr_t low = 1, high = 1, from = MACHINE_BASE + (64ul << 20), to = from + (1ul << 20);
    ram_get_affinity(&low, &high);
    CU_ASSERT_TRUE(low == 0 && high == 0);
    ram_set_affinity(from, to);
    ram_get_affinity(&low, &high);
    CU_ASSERT_TRUE(low == from && high == to);
    CU_ASSERT_EQUAL(ram_alloc(&cap, 20), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_cap(cap, &identity));
    CU_ASSERT_EQUAL(identity.base, from);
    struct capref other;
    CU_ASSERT_EQUAL(ram_alloc_bytes(&other, BASE_PAGE_SIZE, BASE_PAGE_SIZE), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(ram_alloc_fixed(&other, 12, to, to + 8192), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_cap(other, &identity));
    CU_ASSERT_EQUAL(identity.base, to);
    goes(other);
    goes(cap);
    CU_ASSERT_EQUAL(ram_alloc_bytes(&cap, BASE_PAGE_SIZE, BASE_PAGE_SIZE), SYS_ERR_OK);
    CU_ASSERT_TRUE(machine_cap(cap, &identity));
    CU_ASSERT_EQUAL(identity.base, from);
    goes(cap);
}

/// A connection that was not made is made at the next request.
static void connects(void)
{
    machine.connect_error = SYS_ERR_RIGHTS;
    CU_ASSERT_EQUAL(ram_alloc(&cap, 12), SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(ram_alloc(&cap, 12), SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(machine.connections, 2);
    machine.connect_error = SYS_ERR_OK;
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(ram_alloc(&cap, 12), SYS_ERR_OK);
        goes(cap);
    }
    CU_ASSERT_EQUAL(machine.connections, 3);
}

static void wrong_answers(void)
{
    struct machine_state state = machine_state();
    cap = NULL_CAP;
    machine.cap_with_error = true;
    CU_ASSERT_EQUAL(ram_alloc(&cap, 12), SYS_ERR_RIGHTS);
    CU_ASSERT_TRUE(capref_is_null(cap));
    CU_ASSERT_TRUE(machine_state_is(state));
    machine.cap_with_error = false;
    machine.no_cap = true;
    CU_ASSERT_EQUAL(ram_alloc(&cap, 12), LIB_ERR_RPC_REPLY);
    CU_ASSERT_TRUE(capref_is_null(cap));
    machine.no_cap = false;
    machine_fail(MACHINE_RAM, 1, LIB_ERR_RAM_ALLOC_LIMIT);
    CU_ASSERT_EQUAL(ram_alloc(&cap, 12), LIB_ERR_RAM_ALLOC_LIMIT);
    CU_ASSERT_TRUE(capref_is_null(cap));
}

static bool asked(uint64_t operation, uint64_t one, uint64_t two)
{
    return machine.request[0] == operation && machine.request[1] == one &&
           machine.request[2] == two && machine.request[3] == 0;
}

static void accounts(void)
{
    bool limited = false;
    size_t ranges;
    genpaddr_t available, total;
    struct ram_account account;
    memcpy(machine.reply, (uint64_t[8]){0, 11, 12, 13, 14, 15, 16, 17}, sizeof(machine.reply));
    CU_ASSERT_EQUAL(ram_lend(7, 4096, &limited), SYS_ERR_OK);
    CU_ASSERT_TRUE(asked(MEM_SERV_LEND, 7, 4096) && limited);
    CU_ASSERT_EQUAL(ram_unlend(8, 4097), SYS_ERR_OK);
    CU_ASSERT_TRUE(asked(MEM_SERV_UNLEND, 8, 4097));
    CU_ASSERT_EQUAL(ram_available(&available, &total), SYS_ERR_OK);
    CU_ASSERT_TRUE(asked(MEM_SERV_AVAILABLE, 0, 0) && available == 11 && total == 12);
    CU_ASSERT_EQUAL(ram_free_ranges(&ranges), SYS_ERR_OK);
    CU_ASSERT_TRUE(asked(MEM_SERV_AVAILABLE, 0, 0) && ranges == 13);
    CU_ASSERT_EQUAL(ram_set_limit(9000), SYS_ERR_OK);
    CU_ASSERT_TRUE(asked(MEM_SERV_LIMIT, 0, 9000));
    CU_ASSERT_EQUAL(ram_get_account(3, &account), SYS_ERR_OK);
    CU_ASSERT_TRUE(asked(MEM_SERV_ACCOUNT, 3, 0));
    CU_ASSERT_TRUE(account.bytes == 11 && account.pieces == 12 && account.limit == 13 &&
                   account.given == 14 && account.counted == 15 && account.limited);
    CU_ASSERT_EQUAL(machine.requests, 6);
    CU_ASSERT_TRUE(capref_is_null(machine.sent));
    machine.reply[1] = machine.reply[6] = 0;
    CU_ASSERT_EQUAL(ram_lend(7, 4096, &limited), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ram_get_account(3, &account), SYS_ERR_OK);
    CU_ASSERT_FALSE(limited || account.limited);
    uint64_t words[LMP_MSG_LENGTH] = {MEM_SERV_REVOKE_EP};
    CU_ASSERT_EQUAL(ram_server_call(words, cap_selfep), SYS_ERR_OK);
    CU_ASSERT_TRUE(capcmp(machine.sent, cap_selfep) && words[2] == 12);
}

/// The results stay as they are.
static void refused_accounts(void)
{
    bool limited = true;
    size_t ranges = 1;
    genpaddr_t available = 1, total = 1;
    struct ram_account account = {.bytes = 1};
    memcpy(machine.reply, (uint64_t[8]){SPAWN_ERR_NO_DOMAIN}, sizeof(machine.reply));
    CU_ASSERT_EQUAL(ram_lend(7, 4096, &limited), SPAWN_ERR_NO_DOMAIN);
    CU_ASSERT_EQUAL(ram_unlend(7, 4096), SPAWN_ERR_NO_DOMAIN);
    CU_ASSERT_EQUAL(ram_available(&available, &total), SPAWN_ERR_NO_DOMAIN);
    CU_ASSERT_EQUAL(ram_free_ranges(&ranges), SPAWN_ERR_NO_DOMAIN);
    CU_ASSERT_EQUAL(ram_set_limit(1), SPAWN_ERR_NO_DOMAIN);
    CU_ASSERT_EQUAL(ram_get_account(1, &account), SPAWN_ERR_NO_DOMAIN);
    CU_ASSERT_TRUE(limited && ranges == 1 && available == 1 && total == 1 && account.bytes == 1);
}

// Regions.

#define REGION_BYTES (1ul << 20)

static genpaddr_t bases[BOOTINFO_REGIONS_MAX + 1];

static void start_with_regions(unsigned count)
{
    machine_delete(cap_memservep);
    for (unsigned i = 0; i < count; i++) {
        bases[i] = machine_take_ram(REGION_BYTES, REGION_BYTES);
        machine_make((struct capref){cnode_super, i}, ObjType_RAM, bases[i], REGION_BYTES);
    }
    CU_ASSERT_EQUAL_FATAL(domain_memory_init(NULL), SYS_ERR_OK);
}

static genpaddr_t base_of(struct capref ram)
{
    return machine_cap(ram, &identity) && identity.type == ObjType_RAM ? identity.base : 0;
}

static void cuts_regions(void)
{
    start_with_regions(3);
    struct capref caps[4];
    CU_ASSERT_EQUAL(ram_alloc_bytes(&caps[0], 4096, 4096), SYS_ERR_OK);
    CU_ASSERT_EQUAL(base_of(caps[0]), bases[0]);
    CU_ASSERT_EQUAL(ram_alloc_bytes(&caps[1], 8192, 8192), SYS_ERR_OK);
    CU_ASSERT_EQUAL(base_of(caps[1]), bases[0] + 8192);
    CU_ASSERT_EQUAL(identity.bytes, 8192);
    // What is left of the first, to the last page; then the next.
    CU_ASSERT_EQUAL(ram_alloc_bytes(&caps[2], REGION_BYTES - 16384, 4096), SYS_ERR_OK);
    CU_ASSERT_EQUAL(base_of(caps[2]), bases[0] + 16384);
    CU_ASSERT_EQUAL(ram_alloc_bytes(&caps[3], 4096, 4096), SYS_ERR_OK);
    CU_ASSERT_EQUAL(base_of(caps[3]), bases[1]);
    CU_ASSERT_EQUAL(ram_alloc_bytes(&cap, REGION_BYTES, 4096), SYS_ERR_OK);
    CU_ASSERT_EQUAL(base_of(cap), bases[2]);
    CU_ASSERT_EQUAL(ram_alloc_bytes(&cap, REGION_BYTES, 4096), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(ram_alloc_bytes(&cap, REGION_BYTES - 4096, 4096), SYS_ERR_OK);
    CU_ASSERT_EQUAL(base_of(cap), bases[1] + 4096);
    CU_ASSERT_EQUAL(ram_alloc_bytes(&cap, 4096, 4096), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(machine.connections, 0);
    bool limited;
    CU_ASSERT_EQUAL(ram_lend(1, 1, &limited), LIB_ERR_NOT_IMPLEMENTED);
}

static void between_addresses(void)
{
    start_with_regions(2);
    genpaddr_t at = bases[0] + 64 * 4096;
    CU_ASSERT_EQUAL(ram_alloc_fixed(&cap, 12, at, at + 4096), SYS_ERR_OK);
    CU_ASSERT_EQUAL(base_of(cap), at);
    CU_ASSERT_EQUAL(ram_alloc_fixed(&cap, 12, at, at + 4096), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(ram_alloc_fixed(&cap, 13, at + 4096, at + 3 * 4096), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(ram_alloc_fixed(&cap, 13, at + 4096, at + 4 * 4096), SYS_ERR_OK);
    CU_ASSERT_EQUAL(base_of(cap), at + 2 * 4096);
    CU_ASSERT_EQUAL(ram_alloc_fixed(&cap, 12, 0, bases[0] + 4096), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(ram_alloc_fixed(&cap, 12, bases[1] + REGION_BYTES, 0), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(ram_alloc_fixed(&cap, 12, bases[1] + REGION_BYTES - 4096, 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(base_of(cap), bases[1] + REGION_BYTES - 4096);
    // The addresses end before the next multiple of the alignment.
    CU_ASSERT_EQUAL(ram_alloc_fixed(&cap, 20, UINT64_MAX - 4095, 0), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(ram_alloc_fixed(&cap, 20, UINT64_MAX - ((1ul << 20) - 1), 0),
                    LIB_ERR_RAM_ALLOC);
}

static void region_fails(void)
{
    start_with_regions(1);
    struct machine_state state = machine_state();
    machine_fail(CAP_CMD_RETYPE, 1, SYS_ERR_CAP_BUSY);
    CU_ASSERT_EQUAL(ram_alloc(&cap, 12), SYS_ERR_CAP_BUSY);
    CU_ASSERT_TRUE(machine_state_is(state));
    CU_ASSERT_EQUAL(ram_alloc(&cap, 12), SYS_ERR_OK);
    CU_ASSERT_EQUAL(base_of(cap), bases[0]);
}

static void regions_are_few(void)
{
    start_with_regions(BOOTINFO_REGIONS_MAX - 1);
    struct capref ram, wrong;
    CU_ASSERT_EQUAL(slot_alloc(&ram), SYS_ERR_OK);
    CU_ASSERT_EQUAL(slot_alloc(&wrong), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ram_alloc_from_region(wrong), SYS_ERR_CAP_NOT_FOUND);
    machine_make(wrong, ObjType_Frame, machine_take_ram(4096, 4096), 4096);
    CU_ASSERT_EQUAL(ram_alloc_from_region(wrong), LIB_ERR_INVALID_ARGS);
    bases[BOOTINFO_REGIONS_MAX - 1] = machine_take_ram(REGION_BYTES * 2, REGION_BYTES);
    machine_make(ram, ObjType_RAM, bases[BOOTINFO_REGIONS_MAX - 1], REGION_BYTES * 2);
    CU_ASSERT_EQUAL(ram_alloc_from_region(ram), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ram_alloc_from_region(ram), LIB_ERR_INVALID_ARGS); // one too many
    CU_ASSERT_EQUAL(ram_alloc_bytes(&cap, 2 * REGION_BYTES, 4096), SYS_ERR_OK);
    CU_ASSERT_EQUAL(base_of(cap), bases[BOOTINFO_REGIONS_MAX - 1]);
}

static void regions_end(void)
{
    struct ram_rest rest[BOOTINFO_REGIONS_MAX];
    size_t count = 9;
    start_with_regions(3);
    CU_ASSERT_EQUAL(ram_alloc_fixed(&cap, 14, bases[0], 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ram_alloc_fixed(&cap, 20, bases[1], 0), SYS_ERR_OK);
    struct capref own;
    CU_ASSERT_EQUAL(slot_alloc(&own), SYS_ERR_OK);
    bases[3] = machine_take_ram(REGION_BYTES, REGION_BYTES);
    machine_make(own, ObjType_RAM, bases[3], REGION_BYTES);
    CU_ASSERT_EQUAL(ram_alloc_from_region(own), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ram_alloc_fixed(&cap, 13, bases[3], 0), SYS_ERR_OK);
    size_t slots = slot_free_count();
    CU_ASSERT_EQUAL(ram_alloc_end_regions(rest, BOOTINFO_REGIONS_MAX - 1, &count),
                    LIB_ERR_INVALID_ARGS);
    CU_ASSERT_EQUAL(ram_alloc_end_regions(rest, BOOTINFO_REGIONS_MAX, &count), SYS_ERR_OK);
    CU_ASSERT_EQUAL(count, 3); // nothing is left of the second
    CU_ASSERT_TRUE(rest[0].base == bases[3] + 8192 && rest[0].bytes == REGION_BYTES - 8192);
    CU_ASSERT_TRUE(rest[1].base == bases[2] && rest[1].bytes == REGION_BYTES);
    CU_ASSERT_TRUE(rest[2].base == bases[0] + 16384 && rest[2].bytes == REGION_BYTES - 16384);
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(base_of(rest[i].cap), rest[i].base);
        CU_ASSERT_EQUAL(identity.bytes, rest[i].bytes);
    }
    CU_ASSERT_TRUE(machine_is_empty((struct capref){cnode_super, 0}));
    CU_ASSERT_TRUE(machine_is_empty((struct capref){cnode_super, 1}));
    CU_ASSERT_TRUE(capcmp(rest[1].cap, (struct capref){cnode_super, 2})); // not used: as it was
    CU_ASSERT_EQUAL(slot_free_count(), slots - 1); // two new ones; the slot of the own one is free
    CU_ASSERT_EQUAL(ram_alloc(&cap, 12), LIB_ERR_RAM_ALLOC);
    CU_ASSERT_EQUAL(ram_alloc_end_regions(rest, BOOTINFO_REGIONS_MAX, &count), SYS_ERR_OK);
    CU_ASSERT_EQUAL(count, 0);
}

/// Called again, it goes on.
static void regions_end_later(void)
{
    struct ram_rest rest[BOOTINFO_REGIONS_MAX];
    size_t count;
    start_with_regions(2);
    CU_ASSERT_EQUAL(ram_alloc_fixed(&cap, 12, bases[0], 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ram_alloc_fixed(&cap, 12, bases[1], 0), SYS_ERR_OK);
    struct machine_state state = machine_state();
    machine_fail(CAP_CMD_RETYPE, 2, SYS_ERR_CAP_BUSY);
    CU_ASSERT_EQUAL(ram_alloc_end_regions(rest, BOOTINFO_REGIONS_MAX, &count), SYS_ERR_CAP_BUSY);
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_EQUAL(rest[0].base, bases[1] + 4096);
    CU_ASSERT_EQUAL(slot_free_count(), state.slots - 1);
    CU_ASSERT_EQUAL(ram_alloc_end_regions(rest, BOOTINFO_REGIONS_MAX, &count), SYS_ERR_OK);
    CU_ASSERT_EQUAL(count, 1);
    CU_ASSERT_EQUAL(rest[0].base, bases[0] + 4096);
}

/// A region in a slot that the spawner filled: the slot is not the allocator's to free.
static void regions_of_the_spawner(void)
{
    struct ram_rest rest[BOOTINFO_REGIONS_MAX];
    struct capref spawned = {cnode_super, BOOTINFO_REGIONS_MAX};
    size_t count;
    start_with_regions(1);
    bases[1] = machine_take_ram(REGION_BYTES, REGION_BYTES);
    machine_make(spawned, ObjType_RAM, bases[1], REGION_BYTES);
    CU_ASSERT_EQUAL(ram_alloc_from_region(spawned), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ram_alloc_fixed(&cap, 12, bases[1], 0), SYS_ERR_OK);
    CU_ASSERT_EQUAL(ram_alloc_end_regions(rest, BOOTINFO_REGIONS_MAX, &count), SYS_ERR_OK);
    CU_ASSERT_TRUE(count == 2 && machine_is_empty(spawned));
}

static errval_t none(struct capref *ret, const struct ram_request *request)
{
    (void)ret;
    machine.alignment = request->alignment;
    return SYS_ERR_RIGHTS;
}

/// Another source, and the memory server again.
static void another_source(void)
{
    ram_alloc_set(none);
    CU_ASSERT_EQUAL(ram_alloc(&cap, 13), SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(machine.alignment, 8192);
    CU_ASSERT_EQUAL(machine.connections, 0);
    CU_ASSERT_EQUAL(ram_set_limit(1), LIB_ERR_NOT_IMPLEMENTED);
    ram_alloc_set(NULL);
    CU_ASSERT_EQUAL(ram_alloc(&cap, 13), SYS_ERR_OK);
    CU_ASSERT_EQUAL(machine.connections, 1);
    goes(cap);
}

MACHINE_TEST(gives_ram)
MACHINE_TEST(wrong_sizes)
MACHINE_TEST(affinity)
MACHINE_TEST(connects)
MACHINE_TEST(wrong_answers)
MACHINE_TEST(accounts)
MACHINE_TEST(refused_accounts)
MACHINE_TEST(another_source)
MACHINE_TEST_BARE(cuts_regions)
MACHINE_TEST_BARE(between_addresses)
MACHINE_TEST_BARE(region_fails)
MACHINE_TEST_BARE(regions_are_few)
MACHINE_TEST_BARE(regions_end)
MACHINE_TEST_BARE(regions_end_later)
MACHINE_TEST_BARE(regions_of_the_spawner)

TEST_SUITE("memory") = {
    {"memory of the server's", test_gives_ram},
    {"wrong sizes", test_wrong_sizes},
    {"an affinity set", test_affinity},
    {"connecting", test_connects},
    {"wrong answers", test_wrong_answers},
    {"accounts", test_accounts},
    {"accounts, refused", test_refused_accounts},
    {"another source", test_another_source},
    {"regions are cut", test_cuts_regions},
    {"regions, between addresses", test_between_addresses},
    {"regions, refused", test_region_fails},
    {"regions, too many", test_regions_are_few},
    {"regions end", test_regions_end},
    {"regions end later", test_regions_end_later},
    {"regions in slots of the spawner's", test_regions_of_the_spawner},
};
