// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Frames of channels: on whose share each is, and that whoever keeps them is who is refused.
#include "protocol/frame_table.h"

#include "testlib/testlib.h"

#include <string.h>

#define MOST 100u
#define CLIENT 10u
#define OTHER 11u
#define SERVER 20u
#define PAGE 4096u

static struct frame_table table;

static errval_t add_of(unsigned number, struct member client, domainid_t server)
{
    errval_t err = frame_table_may_add(&table, client, server, MOST);
    if (err_is_ok(err))
        frame_table_add(&table, (number + 1) * (genpaddr_t)PAGE, PAGE, client, server);
    return err;
}

/// Of a domain that is a family of its own.
static errval_t add(unsigned number, domainid_t client, domainid_t server)
{
    return add_of(number, (struct member){client, client}, server);
}

static bool take(unsigned number)
{
    struct frame_entry entry;
    bool taken = frame_table_take(&table, (number + 1) * (genpaddr_t)PAGE, &entry);
    CU_ASSERT(frame_table_valid(&table));
    return taken && entry.bytes == PAGE;
}

static void shares(void)
{
    memset(&table, 0, sizeof(table));
    for (unsigned i = 0; i <= MOST; i++)
        CU_ASSERT_EQUAL(add(i, CLIENT, SERVER), i < MOST ? SYS_ERR_OK : MON_ERR_LIMIT);
    CU_ASSERT_EQUAL(add(1000, OTHER, SERVER), SYS_ERR_OK);
    CU_ASSERT(take(7));
    CU_ASSERT_FALSE(take(7));
    CU_ASSERT_EQUAL(add(7, CLIENT, SERVER), SYS_ERR_OK);
    CU_ASSERT_EQUAL(add(8, CLIENT, SERVER), MON_ERR_LIMIT);
    CU_ASSERT_EQUAL(add_of(8, (struct member){OTHER, CLIENT}, SERVER), MON_ERR_LIMIT);
}

/// The client lets go, the server, on another core, does not.
static void server_keeps(void)
{
    memset(&table, 0, sizeof(table));
    frame_table_left(&table, PAGE);
    for (unsigned i = 0; i < FRAMES_KEPT_SHARE; i++) {
        CU_ASSERT_EQUAL(add(i, CLIENT, SERVER), SYS_ERR_OK);
        frame_table_left(&table, (i + 1) * (genpaddr_t)PAGE);
        frame_table_left(&table, (i + 1) * (genpaddr_t)PAGE);
    }
    CU_ASSERT(frame_table_valid(&table));
    CU_ASSERT_EQUAL(add(500, CLIENT, SERVER), MON_ERR_LIMIT);
    CU_ASSERT_EQUAL(add(500, OTHER, SERVER), MON_ERR_LIMIT);
    for (unsigned i = 0; i < MOST; i++) // none of them is on the client's share
        CU_ASSERT_EQUAL(add(500 + i, CLIENT, SERVER + 1), SYS_ERR_OK);
    CU_ASSERT(take(3));
    CU_ASSERT_EQUAL(add(3, OTHER, SERVER), SYS_ERR_OK);
}

/// A server of this core, or somebody else of the family, keeps the frames of a child that has ended.
static void client_ends(void)
{
    const struct member child = {CLIENT + 20, CLIENT};
    memset(&table, 0, sizeof(table));
    for (unsigned i = 0; i < FRAMES_KEPT_SHARE; i++)
        CU_ASSERT_EQUAL(add_of(i, child, SERVER), SYS_ERR_OK);
    CU_ASSERT_EQUAL(add(500, CLIENT, SERVER), SYS_ERR_OK);
    frame_table_client_ended(&table, child, false);
    CU_ASSERT(frame_table_valid(&table));
    CU_ASSERT_EQUAL(add(501, CLIENT, SERVER), MON_ERR_LIMIT);
    CU_ASSERT_EQUAL(add(501, CLIENT, SERVER + 1), SYS_ERR_OK);
    CU_ASSERT_EQUAL(add(502, OTHER, SERVER), SYS_ERR_OK);
    CU_ASSERT(take(3));
    CU_ASSERT_EQUAL(add(3, CLIENT, SERVER), SYS_ERR_OK);
}

/// When nobody of the family is left it is the server that keeps them.
static void family_ends(void)
{
    client_ends();
    frame_table_client_ended(&table, (struct member){CLIENT, CLIENT}, true);
    CU_ASSERT(frame_table_valid(&table));
    CU_ASSERT_EQUAL(add(503, OTHER, SERVER), MON_ERR_LIMIT);
    CU_ASSERT_EQUAL(add(503, OTHER, SERVER + 1), SYS_ERR_OK);
    for (unsigned i = 0; i < FRAMES_KEPT_SHARE; i++)
        CU_ASSERT(take(i));
    for (unsigned i = 500; i < 504; i++)
        CU_ASSERT(take(i));
    CU_ASSERT_EQUAL(table.by_base.count + table.clients.table.count + table.servers.table.count, 0);
}

static void bounds(void)
{
    memset(&table, 0, sizeof(table));
    for (unsigned i = 0; i <= FRAMES_MAX; i++)
        CU_ASSERT_EQUAL(add(i, 100 + i, SERVER), i < FRAMES_MAX ? SYS_ERR_OK : MON_ERR_LIMIT);
    CU_ASSERT(frame_table_valid(&table));
}

TEST_SUITE("frames of channels") = {
    {"a client's family has a share", shares}, {"a server that keeps frames", server_keeps},
    {"a client that ends", client_ends},       {"a family that ends", family_ends},
    {"the table is bounded", bounds},
};
