// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The checkers of accounts and ranges must notice each kind of damage; and requests for free ranges at
// their limits.
#include <testlib/testlib.h>

#include "free_ranges.h"
#include "held_ranges.h"

#include <stdio.h>

#define PAGE ((uint64_t)BASE_PAGE_SIZE)

static struct accounts accounts;
static struct held_ranges held;
static char blocks[SLAB_BUFFER_BYTES(8, sizeof(struct held_range))];

/// A field gets another value: that must be noticed, and nothing once it has its own again.
#define DAMAGE(field, value, valid)                                                                \
    do {                                                                                           \
        __typeof__(field) kept = (field);                                                          \
        (field) = (value);                                                                         \
        CU_ASSERT_FALSE(valid);                                                                    \
        (field) = kept;                                                                            \
        CU_ASSERT_TRUE(valid);                                                                     \
    } while (0)

static struct account *open_account(domainid_t domain, struct account *payer)
{
    struct account *account = NULL;
    CU_ASSERT_EQUAL_FATAL(accounts_open(&accounts, domain, payer, &account), SYS_ERR_OK);
    return account;
}

/// An account that is closed and needed, for two others; all lie in different buckets.
static void test_accounts(void)
{
    accounts_init(&accounts);
    struct account *top = open_account(20, NULL), *one = open_account(21, top);
    struct account *two = open_account(22, top);
    top->limit = 1 << 20;
    accounts_close(&accounts, top);
    CU_ASSERT_EQUAL(account_lend(one, 50), SYS_ERR_OK);
    bool (*valid)(const struct accounts *) = accounts_valid;
    DAMAGE(top->limit, ACCOUNT_NO_LIMIT, valid(&accounts));
    DAMAGE(top->counted, top->counted + 1, valid(&accounts));
    DAMAGE(top->children, 1, valid(&accounts));
    DAMAGE(top->children, 3, valid(&accounts));
    DAMAGE(one->lent, 49, valid(&accounts));
    DAMAGE(one->records, 0, valid(&accounts));
    DAMAGE(one->bytes, 1, valid(&accounts));
    DAMAGE(one->pieces, 1, valid(&accounts));
    DAMAGE(one->counted, 0, valid(&accounts));
    DAMAGE(two->payer, NULL, valid(&accounts));
    DAMAGE(two->closed, true, valid(&accounts));
    DAMAGE(two->domain, 23, valid(&accounts));
    DAMAGE(accounts.buckets[21], 0, valid(&accounts));
    DAMAGE(accounts.buckets[23], accounts.buckets[21], valid(&accounts));
    DAMAGE(accounts.free_list, 0, valid(&accounts));
    DAMAGE(accounts.free_list, accounts.buckets[21], valid(&accounts));
    DAMAGE(accounts.list[ACCOUNTS_MAX - 1].next, 4, valid(&accounts));        // a cycle
    DAMAGE(one->next, (uint16_t)(one - accounts.list + 1), valid(&accounts)); // another
}

/// A closed account that is needed for nothing but what is lent to it, and one that was needed.
static void test_needed(void)
{
    accounts_init(&accounts);
    struct account *account = open_account(20, NULL);
    CU_ASSERT_EQUAL(account_lend(account, 50), SYS_ERR_OK);
    accounts_close(&accounts, account);
    CU_ASSERT_TRUE(accounts_valid(&accounts));
    account->lent = account->counted = 0;
    CU_ASSERT_FALSE(accounts_valid(&accounts));
}

static void test_held(void)
{
    accounts_init(&accounts);
    held_ranges_init(&held);
    held_ranges_grow(&held, blocks, sizeof(blocks));
    struct account *one = accounts_get(&accounts, 1), *two = accounts_get(&accounts, 2);
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_TRUE(held_ranges_add(&held, one, 10 * i * PAGE, 3 * PAGE));
    CU_ASSERT_TRUE(held_ranges_add(&held, &accounts.ownerless, 50 * PAGE, PAGE));
    struct held_range *newest = one->newest, *middle = newest->older;
    bool (*valid)(const struct held_ranges *, const struct accounts *) = held_ranges_valid;
    DAMAGE(newest->account, two, valid(&held, &accounts));
    DAMAGE(newest->newer, middle, valid(&held, &accounts));
    DAMAGE(middle->newer, NULL, valid(&held, &accounts));
    DAMAGE(middle->older, NULL, valid(&held, &accounts));
    DAMAGE(newest->node.bytes, 2 * PAGE, valid(&held, &accounts));
    DAMAGE(newest->node.base, 11 * PAGE, valid(&held, &accounts)); // overlaps
    DAMAGE(one->bytes, 0, valid(&held, &accounts));
    DAMAGE(one->pieces, 2, valid(&held, &accounts));
    DAMAGE(one->newest, middle, valid(&held, &accounts));
    DAMAGE(accounts.ownerless.bytes, 0, valid(&held, &accounts));
    DAMAGE(accounts.ownerless.pieces, 2, valid(&held, &accounts));
    DAMAGE(held.bytes, held.bytes + 1, valid(&held, &accounts));
    DAMAGE(held.parts, held.parts - 1, valid(&held, &accounts));
    DAMAGE(held.tree.count, 3, valid(&held, &accounts));
    // Sums that are right for each account, and for all together not.
    struct held_range extra = {.account = two, .node = {.base = 70 * PAGE, .bytes = PAGE}};
    two->newest = &extra;
    two->bytes = PAGE;
    two->pieces = 1;
    CU_ASSERT_FALSE(valid(&held, &accounts));
    held.bytes += PAGE;
    held.parts++;
    CU_ASSERT_FALSE(valid(&held, &accounts)); // it is not in the tree
}

static void test_free(void)
{
    static struct free_range nodes[5];
    struct free_ranges ranges = {0};
    for (unsigned i = 0; i < 5; i++) {
        nodes[i].node = (struct range_node){.base = (1 + 4 * i) * PAGE, .bytes = 2 * PAGE};
        CU_ASSERT_TRUE(free_ranges_insert(&ranges, &nodes[i]));
    }
    struct free_range same = {.node = {.base = 2 * PAGE, .bytes = PAGE}};
    CU_ASSERT_FALSE(free_ranges_insert(&ranges, &same));
    CU_ASSERT_EQUAL(ranges.free_bytes, 10 * PAGE);
    DAMAGE(ranges.free_bytes, 9 * PAGE, free_ranges_valid(&ranges));
    for (unsigned i = 0; i < 5; i++) {
        DAMAGE(nodes[i].node.weight, PAGE, free_ranges_valid(&ranges));
        DAMAGE(nodes[i].node.bytes, 3 * PAGE, free_ranges_valid(&ranges));
    }
    DAMAGE(nodes[0].node.base, 6 * PAGE, free_ranges_valid(&ranges)); // in the middle of the next
    CU_ASSERT_PTR_EQUAL(free_ranges_before(&ranges, PAGE), NULL);
    CU_ASSERT_PTR_EQUAL(free_ranges_before(&ranges, 0), NULL);
    CU_ASSERT_PTR_EQUAL(free_ranges_after(&ranges, PAGE), &nodes[0]);
    CU_ASSERT_PTR_EQUAL(free_ranges_before(&ranges, 3 * PAGE), &nodes[0]);
    CU_ASSERT_PTR_EQUAL(free_ranges_after(&ranges, 3 * PAGE), NULL);
}

static void test_requests(void)
{
    static const struct {
        uint64_t bytes, alignment;
        bool valid;
    } cases[] = {
        {0, PAGE, false},          {PAGE, PAGE, true},      {PAGE - 1, PAGE, false},
        {PAGE, 0, false},          {PAGE, PAGE / 2, false}, {PAGE, 3 * PAGE, false},
        {PAGE, 2 * PAGE, true},    {PAGE, PAGE + 1, false}, {-PAGE, 1ul << 63, true},
        {PAGE, UINT64_MAX, false},
    };
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct free_request request = {.bytes = cases[i].bytes, .alignment = cases[i].alignment};
        CU_ASSERT_EQUAL(free_request_valid(&request), cases[i].valid);
    }
}

/// The bounds of what a client accepts, at each of them and one page beside it. 0: none fits.
static void test_bounds(void)
{
    static const struct {
        uint64_t pages, alignment, minbase, limit, at;
    } cases[] = {
        {2, 1, 0, 14, 10},  {5, 1, 0, 14, 0},        {4, 1, 0, 14, 10}, {4, 1, 0, 13, 0},
        {2, 1, 12, 0, 12},  {2, 1, 13, 0, 13},       {2, 1, 14, 0, 0},  {1, 1, 15, 0, 0},
        {1, 1, 14, 15, 14}, {1, 1, 13, 13, 0},       {1, 1, 0, 10, 0},  {1, 1, 0, 11, 10},
        {4, 4, 0, 0, 0},    {3, 4, 0, 0, 12},        {3, 4, 0, 15, 12}, {3, 4, 0, 14, 0},
        {2, 2, 11, 14, 12}, {2, 2, 13, 0, 0},        {5, 1, 0, 0, 10},  {6, 1, 0, 0, 0},
        {1, 8, 0, 0, 0},    {1, 1ul << 51, 0, 0, 0},
    };
    struct free_ranges ranges = {0};
    struct free_range range = {.node = {.base = 10 * PAGE, .bytes = 5 * PAGE}};
    CU_ASSERT_TRUE(free_ranges_insert(&ranges, &range));
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        genpaddr_t base = 0;
        struct free_request request = {cases[i].pages * PAGE, cases[i].alignment * PAGE,
                                       cases[i].minbase * PAGE, cases[i].limit * PAGE};
        bool found = free_ranges_find(&ranges, &request, &base) != NULL;
        CU_ASSERT_EQUAL(found, cases[i].at != 0);
        CU_ASSERT_EQUAL(base, cases[i].at * PAGE);
        if (found != (cases[i].at != 0) || base != cases[i].at * PAGE)
            printf("\n  case %u: %lu\n", i, base / PAGE);
    }
    genpaddr_t base;
    struct free_request last = {PAGE, 1ul << 63, UINT64_MAX, 0};
    CU_ASSERT_PTR_NULL(free_ranges_find(&ranges, &last, &base));
    last.minbase = (1ul << 63) + 1;
    CU_ASSERT_PTR_NULL(free_ranges_find(&ranges, &last, &base));
}

TEST_SUITE("damage") = {
    {"accounts", test_accounts}, {"needed accounts", test_needed},
    {"held ranges", test_held},  {"free ranges", test_free},
    {"requests", test_requests}, {"bounds of requests", test_bounds},
};
