// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The name table: every answer that it can give, its bounds, the order of waiters, and a random run
// against a table indexed by number.
#include "protocol/name_table.h"

#include "testlib/testlib.h"

#include <stdio.h>
#include <string.h>

static struct name_table table;

/// A domain that is a family of its own.
static struct member alone(domainid_t domain)
{
    return (struct member){domain, domain};
}

static struct name named(const char *text)
{
    struct name name = {{0}};
    memcpy(name.text, text, strlen(text));
    return name;
}

static void register_and_lookup(void)
{
    struct name console = named("console"), con = named("con");
    iref_t iref = 5;
    memset(&table, 0, sizeof(table));
    CU_ASSERT_EQUAL(name_table_lookup(&table, &console, &iref), NS_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(iref, 5);
    CU_ASSERT_EQUAL(name_table_register(&table, &console, 17, alone(1)), SYS_ERR_OK);
    CU_ASSERT_EQUAL(name_table_register(&table, &console, 18, alone(2)), NS_ERR_EXISTS);
    CU_ASSERT_EQUAL(name_table_register(&table, &con, 0, alone(2)), NS_ERR_NAME);
    CU_ASSERT_EQUAL(name_table_lookup(&table, &con, &iref), NS_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(name_table_lookup(&table, &console, &iref), SYS_ERR_OK);
    CU_ASSERT_EQUAL(iref, 17);
    CU_ASSERT_EQUAL(name_table_unregister(&table, &console, 2), NS_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(name_table_unregister(&table, &console, 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(name_table_unregister(&table, &console, 1), NS_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(name_table_lookup(&table, &console, &iref), NS_ERR_NOT_FOUND);
}

static void names(void)
{
    struct name empty = named(""), hole = named("a"), full;
    struct name_waiter waiter = {.name = empty};
    iref_t iref;
    memset(&table, 0, sizeof(table));
    hole.text[5] = 'b';
    memset(full.text, 'x', sizeof(full.text));
    CU_ASSERT_FALSE(name_valid(&empty));
    CU_ASSERT_FALSE(name_valid(&hole));
    CU_ASSERT(name_valid(&full));
    CU_ASSERT_EQUAL(name_table_register(&table, &empty, 1, alone(1)), NS_ERR_NAME);
    CU_ASSERT_EQUAL(name_table_lookup(&table, &hole, &iref), NS_ERR_NAME);
    CU_ASSERT_EQUAL(name_table_wait(&table, &waiter), NS_ERR_NAME);
    CU_ASSERT_EQUAL(name_table_register(&table, &full, 1, alone(1)), SYS_ERR_OK);
}

static errval_t register_numbered(unsigned number, struct member owner)
{
    char text[32];
    snprintf(text, sizeof(text), "service %u", number);
    struct name name = named(text);
    return name_table_register(&table, &name, 1, owner);
}

static void bounds(void)
{
    struct name_waiter waiter = {.name = named("never")};
    memset(&table, 0, sizeof(table));
    for (unsigned i = 0; i <= NAMES_MAX; i++)
        CU_ASSERT_EQUAL(register_numbered(i, alone(1 + i / NAMES_SHARE)),
                        i < NAMES_MAX ? SYS_ERR_OK : MON_ERR_LIMIT);
    for (unsigned i = 0; i <= NAME_WAITERS_MAX; i++) {
        waiter.who = alone(1 + i / NAME_WAITERS_SHARE);
        CU_ASSERT_EQUAL(name_table_wait(&table, &waiter),
                        i < NAME_WAITERS_MAX ? SYS_ERR_OK : MON_ERR_LIMIT);
    }
}

static void shares(void)
{
    struct name first = named("service 0");
    struct name_waiter waiter = {.name = named("never"), .who = {1, 1}}, got;
    iref_t iref;
    memset(&table, 0, sizeof(table));
    for (unsigned i = 0; i <= NAMES_SHARE; i++)
        CU_ASSERT_EQUAL(register_numbered(i, alone(1)),
                        i < NAMES_SHARE ? SYS_ERR_OK : MON_ERR_LIMIT);
    CU_ASSERT_EQUAL(register_numbered(NAMES_SHARE, alone(2)), SYS_ERR_OK);
    CU_ASSERT_EQUAL(name_table_unregister(&table, &first, 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(register_numbered(0, alone(1)), SYS_ERR_OK);
    CU_ASSERT_EQUAL(register_numbered(NAMES_SHARE + 1, (struct member){3, 1}), MON_ERR_LIMIT);

    for (unsigned i = 0; i <= NAME_WAITERS_SHARE; i++)
        CU_ASSERT_EQUAL(name_table_wait(&table, &waiter),
                        i < NAME_WAITERS_SHARE ? SYS_ERR_OK : MON_ERR_LIMIT);
    waiter.who = (struct member){3, 1};
    CU_ASSERT_EQUAL(name_table_wait(&table, &waiter), MON_ERR_LIMIT);
    waiter.who = alone(2);
    CU_ASSERT_EQUAL(name_table_wait(&table, &waiter), SYS_ERR_OK);
    waiter.who = alone(1);
    CU_ASSERT_EQUAL(name_table_register(&table, &waiter.name, 1, alone(2)), SYS_ERR_OK);
    CU_ASSERT(name_table_take_waiter(&table, &waiter.name, &got, &iref));
    CU_ASSERT_EQUAL(name_table_unregister(&table, &waiter.name, 2), SYS_ERR_OK);
    CU_ASSERT_EQUAL(name_table_wait(&table, &waiter), SYS_ERR_OK);
}

static void waiters_in_order(void)
{
    struct name_waiter waiter = {.name = named("a"), .who = {9, 9}}, got;
    struct name a = named("a");
    iref_t iref;
    memset(&table, 0, sizeof(table));
    for (waiter.token = 0; waiter.token < 10; waiter.token++)
        CU_ASSERT_EQUAL(name_table_wait(&table, &waiter), SYS_ERR_OK);
    CU_ASSERT_FALSE(name_table_take_waiter(&table, &a, &got, &iref));
    CU_ASSERT_EQUAL(name_table_register(&table, &a, 77, alone(1)), SYS_ERR_OK);
    CU_ASSERT_EQUAL(name_table_wait(&table, &waiter), NS_ERR_EXISTS);
    for (uint64_t token = 0; token < 10; token++) {
        CU_ASSERT(name_table_take_waiter(&table, &a, &got, &iref));
        CU_ASSERT_EQUAL(got.token, token);
        CU_ASSERT_EQUAL(iref, 77);
    }
    CU_ASSERT_FALSE(name_table_take_waiter(&table, &a, &got, &iref));
}

static void forget(void)
{
    struct name a = named("a"), b = named("b"), c = named("c");
    struct name_waiter waiter = {.name = named("d"), .who = {1, 1}}, got;
    struct name d = waiter.name;
    iref_t iref;
    memset(&table, 0, sizeof(table));
    CU_ASSERT_EQUAL(name_table_register(&table, &a, 1, alone(1)), SYS_ERR_OK);
    CU_ASSERT_EQUAL(name_table_register(&table, &b, 2, alone(2)), SYS_ERR_OK);
    CU_ASSERT_EQUAL(name_table_register(&table, &c, 3, alone(1)), SYS_ERR_OK);
    CU_ASSERT_EQUAL(name_table_wait(&table, &waiter), SYS_ERR_OK);
    waiter.who = alone(2);
    CU_ASSERT_EQUAL(name_table_wait(&table, &waiter), SYS_ERR_OK);
    waiter.who = alone(1);
    CU_ASSERT_EQUAL(name_table_wait(&table, &waiter), SYS_ERR_OK);
    name_table_forget(&table, 1);
    CU_ASSERT_EQUAL(table.waiting_by_name.count, 1); // the first and the last are gone
    CU_ASSERT(name_table_valid(&table));
    table.waiting_by_name.count++; // damage, which is seen
    CU_ASSERT_FALSE(name_table_valid(&table));
    table.waiting_by_name.count--;
    CU_ASSERT_EQUAL(name_table_lookup(&table, &a, &iref), NS_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(name_table_lookup(&table, &c, &iref), NS_ERR_NOT_FOUND);
    CU_ASSERT_EQUAL(name_table_lookup(&table, &b, &iref), SYS_ERR_OK);
    CU_ASSERT_EQUAL(name_table_register(&table, &d, 4, alone(2)), SYS_ERR_OK);
    CU_ASSERT(name_table_take_waiter(&table, &d, &got, &iref));
    CU_ASSERT_EQUAL(got.who.domain, 2);
    CU_ASSERT_FALSE(name_table_take_waiter(&table, &d, &got, &iref));
}

/// 40 names, of which `owner` of the model says who registered each; 0 is nobody.
static void random_run(void)
{
    struct test_random random;
    domainid_t owner[40] = {0};
    char text[32];
    test_random_init(&random, 4);
    memset(&table, 0, sizeof(table));
    for (unsigned i = 0; i < 20000; i++) {
        unsigned n = (unsigned)test_random_below(&random, 40);
        domainid_t domain = 1 + (domainid_t)test_random_below(&random, 5);
        iref_t iref = 0;
        snprintf(text, sizeof(text), "name %u", n);
        struct name name = named(text);
        switch (test_random_below(&random, 10)) {
        case 0:
            name_table_forget(&table, domain);
            for (unsigned k = 0; k < 40; k++)
                owner[k] = owner[k] == domain ? 0 : owner[k];
            break;
        case 1:
        case 2:
            CU_ASSERT_EQUAL(name_table_unregister(&table, &name, domain),
                            owner[n] == domain ? SYS_ERR_OK : NS_ERR_NOT_FOUND);
            owner[n] = owner[n] == domain ? 0 : owner[n];
            break;
        case 3:
        case 4:
        case 5:
            CU_ASSERT_EQUAL(name_table_register(&table, &name, n + 1, alone(domain)),
                            owner[n] == 0 ? SYS_ERR_OK : NS_ERR_EXISTS);
            owner[n] = owner[n] == 0 ? domain : owner[n];
            break;
        default:
            CU_ASSERT_EQUAL(name_table_lookup(&table, &name, &iref),
                            owner[n] == 0 ? NS_ERR_NOT_FOUND : SYS_ERR_OK);
            CU_ASSERT_EQUAL(iref, owner[n] == 0 ? 0 : n + 1);
        }
        if (i % 1000 == 0)
            CU_ASSERT(name_table_valid(&table));
    }
}

/// A full table, whose names another has chosen: no bucket has many more than it would have by
/// chance, so that others' names are found as fast as in an empty one.
static void cost_when_full(void)
{
    unsigned longest = 0;
    memset(&table, 0, sizeof(table));
    table.seed = 12345;
    for (unsigned i = 0; i < NAMES_MAX; i++)
        CU_ASSERT_EQUAL(register_numbered(i, alone(1 + i / NAMES_SHARE)), SYS_ERR_OK);
    for (unsigned i = 0; i < sizeof(table.by_name.buckets) / sizeof(uint16_t); i++) {
        unsigned length = 0;
        for (uint16_t at = table.by_name.buckets[i]; at != 0; at = table.by_name.next[at - 1])
            length++;
        longest = length > longest ? length : longest;
    }
    CU_ASSERT(longest <= 12);
    CU_ASSERT(name_table_valid(&table));
}

TEST_SUITE("name table") = {
    {"register, look up, unregister", register_and_lookup},
    {"valid and invalid names", names},
    {"the tables are bounded", bounds},
    {"no family has more than its share", shares},
    {"waiters are answered in order", waiters_in_order},
    {"what a domain had is forgotten", forget},
    {"random operations against a model", random_run},
    {"a full table is no slower", cost_when_full},
};
