// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Whose memory it is: single cases, and random changes against an array with the owner of each
// page.
#include <testlib/testlib.h>

#include "held_ranges.h"
#include "kpi/types.h"

enum { PAGES = 256, DOMAINS = 5, ROUNDS = 20000 };
#define PAGE ((uint64_t)BASE_PAGE_SIZE)

static struct accounts accounts;
static struct held_ranges held;
static char blocks[SLAB_BUFFER_BYTES(PAGES + 1, sizeof(struct held_range))];

static void begin(size_t count)
{
    accounts_init(&accounts);
    held_ranges_init(&held);
    held_ranges_grow(&held, blocks, SLAB_BUFFER_BYTES(count, sizeof(struct held_range)));
    CU_ASSERT_EQUAL(held_ranges_blocks(&held), count);
}

static struct account *of(domainid_t domain)
{
    return accounts_get(&accounts, domain);
}

static void test_split(void)
{
    begin(4);
    CU_ASSERT(held_ranges_add(&held, of(1), 10 * PAGE, 10 * PAGE));
    CU_ASSERT(held_ranges_add(&held, of(1), 30 * PAGE, PAGE));
    CU_ASSERT_EQUAL(held.parts, 5 + 1); // every other page, and a single one
    CU_ASSERT_FALSE(held_ranges_add(&held, of(2), 19 * PAGE, 2 * PAGE));
    CU_ASSERT(held_ranges_release(&held, 12 * PAGE, PAGE));
    CU_ASSERT(of(1)->bytes == 10 * PAGE && of(1)->pieces == 3 && of(1)->given == 11 * PAGE);
    // The parts are as old as the whole was.
    CU_ASSERT_EQUAL(held_ranges_newest(of(1))->node.base, 30 * PAGE);
    CU_ASSERT_PTR_NULL(held_ranges_first(&held, 12 * PAGE, PAGE));
    CU_ASSERT_EQUAL(held_ranges_first(&held, 12 * PAGE, 2 * PAGE)->node.base, 13 * PAGE);
    CU_ASSERT(held_ranges_release(&held, 10 * PAGE, 30 * PAGE)); // all, and what nobody held
    CU_ASSERT(of(1)->bytes == 0 && of(1)->pieces == 0 && held.bytes == 0);
    CU_ASSERT(held_ranges_valid(&held, &accounts));
    CU_ASSERT_EQUAL(held_ranges_blocks(&held), 4);
}

static void test_pass(void)
{
    begin(8);
    CU_ASSERT(held_ranges_add(&held, of(1), 0, 4 * PAGE));
    CU_ASSERT(held_ranges_add(&held, of(1), 4 * PAGE, PAGE));
    CU_ASSERT(held_ranges_add(&held, of(2), 5 * PAGE, PAGE));
    CU_ASSERT_FALSE(held_ranges_pass(&held, of(1), of(3), 0, 3 * PAGE));        // a part
    CU_ASSERT_FALSE(held_ranges_pass(&held, of(1), of(3), PAGE, 4 * PAGE));     // a part
    CU_ASSERT_FALSE(held_ranges_pass(&held, of(1), of(3), 0, 6 * PAGE));        // not all its own
    CU_ASSERT_FALSE(held_ranges_pass(&held, of(2), of(3), 5 * PAGE, 2 * PAGE)); // nobody's
    CU_ASSERT_FALSE(held_ranges_pass(&held, of(1), of(3), 4 * PAGE, -PAGE));    // wraps around
    CU_ASSERT(of(1)->bytes == 5 * PAGE && of(3)->bytes == 0);
    CU_ASSERT(held_ranges_pass(&held, of(1), of(3), 0, 5 * PAGE));
    CU_ASSERT(of(1)->bytes == 0 && of(3)->bytes == 5 * PAGE && of(3)->pieces == 2);
    held_ranges_newest(of(3))->stuck = true;
    CU_ASSERT_EQUAL(held_ranges_newest(of(3))->node.base, 0);
    CU_ASSERT(held_ranges_valid(&held, &accounts));
}

static void test_no_block(void)
{
    begin(1);
    CU_ASSERT(held_ranges_add(&held, of(1), 0, 4 * PAGE));
    CU_ASSERT_FALSE(held_ranges_add(&held, of(1), 8 * PAGE, PAGE));
    CU_ASSERT_FALSE(held_ranges_release(&held, PAGE, PAGE)); // two rests
    CU_ASSERT(of(1)->bytes == 4 * PAGE && held_ranges_valid(&held, &accounts));
    CU_ASSERT(held_ranges_release(&held, PAGE, 3 * PAGE)); // one
    CU_ASSERT_EQUAL(of(1)->bytes, PAGE);
}

static domainid_t owner[PAGES];

static void check(void)
{
    uint64_t bytes[DOMAINS + 1] = {0};
    for (unsigned i = 0; i < PAGES; i++) {
        struct held_range *range = held_ranges_first(&held, i * PAGE, PAGE);
        CU_ASSERT_EQUAL_FATAL(range != NULL ? range->account->domain : 0, owner[i]);
        bytes[owner[i]] += PAGE;
    }
    for (domainid_t domain = 1; domain <= DOMAINS; domain++)
        CU_ASSERT_EQUAL_FATAL(of(domain)->bytes, bytes[domain]);
    CU_ASSERT_FATAL(held_ranges_valid(&held, &accounts));
}

static void set(unsigned first, unsigned end, domainid_t domain)
{
    for (unsigned i = first; i < end; i++)
        owner[i] = domain;
}

static void test_random(void)
{
    struct test_random random;
    test_random_init(&random, 31);
    begin(PAGES + 1);
    set(0, PAGES, 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned first = (unsigned)test_random_below(&random, PAGES);
        unsigned end = first + 1 + (unsigned)test_random_below(&random, PAGES - first);
        domainid_t domain = 1 + (domainid_t)test_random_below(&random, DOMAINS);
        gensize_t bytes = (end - first) * PAGE;
        bool unused = true;
        switch (test_random_below(&random, 3)) {
        case 0:
            end = first + (end - first) % 16 + 1 < PAGES ? first + (end - first) % 16 + 1 : PAGES;
            for (unsigned i = first; i < end; i++)
                unused = unused && owner[i] == 0;
            CU_ASSERT_EQUAL(held_ranges_add(&held, of(domain), first * PAGE, (end - first) * PAGE),
                            unused);
            set(first, unused ? end : first, domain);
            break;
        case 1:
            end = first + (end - first) % 24;
            CU_ASSERT(held_ranges_release(&held, first * PAGE, (end - first) * PAGE));
            set(first, end, 0);
            break;
        default:
            if (held_ranges_pass(&held, of(owner[first] + 6), of(domain), first * PAGE, bytes))
                CU_FAIL("passed from an account that holds nothing");
            struct held_range *range = held_ranges_first(&held, first * PAGE, PAGE);
            if (range != NULL) {
                unsigned at = (unsigned)(range->node.base / PAGE);
                set(at, at + (unsigned)(range->node.bytes / PAGE), domain);
                held_ranges_move(range, of(domain));
            }
            break;
        }
        if (round % 16 == 0)
            check();
    }
    CU_ASSERT(held_ranges_release(&held, 0, PAGES * PAGE));
    set(0, PAGES, 0);
    check();
    CU_ASSERT_EQUAL(held_ranges_blocks(&held), PAGES + 1);
}

TEST_SUITE("held ranges") = {
    {"split", test_split},
    {"pass on", test_pass},
    {"no block", test_no_block},
    {"random changes", test_random},
};
