// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Memory that is taken back from children, as they choose or by force; what came back is exact to
// the byte, and so is what is free at the end. What the children must see is in revoke_child.c.
#include "revoke_mem.h"

#include <stdio.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/deferred.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/spawn_client.h"
#include "systest/systest.h"

#define FRAME_BYTES REVOKE_FRAME_BYTES

static struct capref start(const char *mode, size_t limit)
{
    char *const argv[] = {"test_revoke_child", (char *)mode, NULL};
    struct capref child = NULL_CAP;
    EXPECT_OK(spawn_program_with_limit(disp_get_core_id(), argv[0], argv, NULL, limit,
                                       SPAWN_FLAGS_DEFAULT, &child));
    return child;
}

static struct ram_account account_of(struct capref child)
{
    struct ram_account account = {0};
    EXPECT_OK(ram_get_account(spawn_domain_id(child), &account));
    return account;
}

static struct capref start_ready(const char *mode)
{
    struct capref child = start(mode, 0);
    while (account_of(child).limit != REVOKE_READY)
        barrelfish_usleep(1000);
    return child;
}

static void expect_end(struct capref child, unsigned wanted)
{
    uint8_t status = 255;
    EXPECT_OK(spawn_wait(child, &status, false));
    EXPECT(status == wanted);
    struct ram_account account;
    EXPECT_ERR(ram_get_account(spawn_domain_id(child), &account), SPAWN_ERR_NO_DOMAIN);
}

/// Takes memory from a child, which must come back so and end so.
static void reclaim(const char *mode, uint64_t bytes, uint64_t forced, unsigned status)
{
    struct spawn_reclaimed reclaimed = {0};
    printf("a child that %s\n", mode);
    struct capref child = start_ready(mode);
    uint64_t before = account_of(child).bytes;
    EXPECT_OK(spawn_reclaim(child, REVOKE_WANTED, REVOKE_DEADLINE_US, &reclaimed));
    if (bytes != 0) {
        EXPECT(reclaimed.bytes == bytes && reclaimed.forced == forced);
    } else { // it ended, which is over as soon as enough has come back
        EXPECT(reclaimed.bytes >= REVOKE_WANTED && reclaimed.bytes <= before);
        EXPECT(reclaimed.forced == 0);
    }
    if (forced == 0 && status == REVOKE_STATUS_GOOD) // it lives on for a while
        EXPECT(account_of(child).bytes == before - bytes);
    expect_end(child, status);
}

static void test_children(void)
{
    reclaim("gives", 2 * FRAME_BYTES, 0, REVOKE_STATUS_GOOD);
    reclaim("refuses", 2 * FRAME_BYTES, 2 * FRAME_BYTES, REVOKE_STATUS_GOOD);
    reclaim("late", 2 * FRAME_BYTES, 2 * FRAME_BYTES, REVOKE_STATUS_GOOD);
    reclaim("allocates", 2 * FRAME_BYTES, 2 * FRAME_BYTES, REVOKE_STATUS_GOOD);
    reclaim("deaf", 2 * FRAME_BYTES, 2 * FRAME_BYTES, REVOKE_STATUS_GOOD);
    reclaim("silent", 2 * FRAME_BYTES, 2 * FRAME_BYTES, SPAWN_STATUS_DIED);
    reclaim("ends", 0, 0, REVOKE_STATUS_ENDS);
}

static void test_limits(void)
{
    struct test_child end;
    printf("limits\n");
    expect_end(start("limit", REVOKE_READY - 1), REVOKE_STATUS_GOOD);
    expect_end(start("spawns", REVOKE_FAMILY_LIMIT), REVOKE_STATUS_GOOD);
    char *const argv[] = {"test_revoke_child", NULL};
    EXPECT_ERR(spawn_program_with_limit(disp_get_core_id(), argv[0], argv, NULL, 100000,
                                        SPAWN_FLAGS_DEFAULT, NULL),
               LIB_ERR_RAM_ALLOC_LIMIT);
    static const char *const args[] = {"exit", "5", NULL};
    end = test_run_child(disp_get_core_id(), "test_child", args, 0);
    EXPECT(end.end == TEST_END_STATUS && end.status == 5);
}

static void kill_large(void)
{
    struct capref child = start_ready("large");
    EXPECT_OK(spawn_kill(child));
    expect_end(child, SPAWN_STATUS_DIED);
}

/// The domains with an ID above this one's: two, when the domain has left two.
static void find_orphans(struct capref parent, struct capref orphans[2])
{
    struct spawn_domain_info info = {.id = spawn_domain_id(parent)};
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(spawn_list_next(info.id + 1, &info));
        EXPECT(info.id != 0);
        orphans[i] = spawn_domain_cap(info.id);
    }
}

/// What a domain with a limit has left behind stays within it, and belongs to who spawned that.
static void test_orphans(void)
{
    struct capref orphans[2], child = start("leaves", REVOKE_FAMILY_LIMIT);
    struct ram_account account = {0};
    uint64_t counted;
    printf("orphans\n");
    expect_end(child, REVOKE_STATUS_GOOD);
    find_orphans(child, orphans);
    do {
        barrelfish_usleep(1000);
        counted = 0;
        for (unsigned i = 0; i < 2; i++) {
            account = account_of(orphans[i]);
            EXPECT(account.limited && account.limit == UINT64_MAX);
            counted += account.counted;
        }
    } while (REVOKE_FAMILY_LIMIT - counted >= BASE_PAGE_SIZE + REVOKE_PIECE_BYTES);
    EXPECT(counted <= REVOKE_FAMILY_LIMIT);
    EXPECT_OK(spawn_kill(orphans[0]));
    EXPECT(account_of(orphans[1]).limit == REVOKE_FAMILY_LIMIT); // nobody shares it any more
    EXPECT_OK(spawn_kill(orphans[1]));
}

static void test_rights(void)
{
    printf("rights and wrong arguments\n");
    struct capref child = start_ready("gives");
    EXPECT_ERR(spawn_reclaim(spawn_domain_cap(disp_get_domain_id()), 4096, 0, NULL),
               SYS_ERR_RIGHTS); // The shell's child.
    EXPECT_ERR(spawn_reclaim(spawn_domain_cap(0xfff0), 4096, 0, NULL), SPAWN_ERR_NO_DOMAIN);
    EXPECT_ERR(spawn_reclaim(child, 4096, 61000000, NULL), SYS_ERR_ARGS);
    struct spawn_reclaimed none = {1, 1};
    EXPECT_OK(spawn_reclaim(child, 0, 0, &none));
    EXPECT(none.bytes == 0 && none.forced == 0);
    EXPECT_OK(spawn_kill(child));
    expect_end(child, SPAWN_STATUS_DIED);
}

/// Requests past the library, which sends one at a time; it cannot ask spawnd afterwards.
static void ask_raw(const uint64_t words[LMP_MSG_LENGTH])
{
    EXPECT_OK(lmp_send(cap_spawndep, 0, NULL_CAP, 4, words));
}

static void expect_reply(struct lmp_rpc *rpc, errval_t err, uint64_t bytes, uint64_t forced)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    while (err_is_fail(lmp_endpoint_recv(rpc->reply_ep, &msg.buf, NULL)))
        barrelfish_usleep(1000);
    EXPECT_ERR(msg.words[0], err_no(err));
    EXPECT(err_is_fail(err) || (msg.words[1] == bytes && msg.words[2] == forced));
}

/// A domain is large and is to end: who asks for something else meanwhile has its answer first.
static void ask_while_ending(struct lmp_rpc *rpc, struct capref large)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    const uint64_t kill[LMP_MSG_LENGTH] = {RPC_REQUEST | SPAWND_KILL, spawn_domain_id(large)};
    const uint64_t ask[LMP_MSG_LENGTH] = {RPC_REQUEST | SPAWND_MEMORY};
    ask_raw(kill);
    ask_raw(ask);
    while (err_is_fail(lmp_endpoint_recv(rpc->reply_ep, &msg.buf, NULL)))
        barrelfish_usleep(100);
    EXPECT(msg.words[0] == SYS_ERR_OK && msg.words[4] > 0); // domains that there is room for
    expect_reply(rpc, SYS_ERR_OK, 0, 0);
}

/// A second request for a domain, and another domain at the same time, whose parent is another
/// domain: this program again.
static void test_two(void)
{
    struct lmp_rpc rpc;
    printf("two at once\n");
    char *const argv[] = {"test_revoke_mem", "other", NULL};
    struct capref other, child = start_ready("refuses"), large = start_ready("large");
    EXPECT_OK(spawn_program(disp_get_core_id(), argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, &other));
    EXPECT_OK(lmp_rpc_init(&rpc, cap_spawndep));
    ask_while_ending(&rpc, large);
    const uint64_t words[LMP_MSG_LENGTH] = {RPC_REQUEST | SPAWND_RECLAIM, spawn_domain_id(child),
                                            REVOKE_WANTED, REVOKE_DEADLINE_US};
    ask_raw(words);
    ask_raw(words);
    expect_reply(&rpc, LIB_ERR_RECLAIM_BUSY, 0, 0);
    expect_reply(&rpc, SYS_ERR_OK, 2 * FRAME_BYTES, 2 * FRAME_BYTES);
    for (unsigned i = 0; i < 2; i++) {
        const uint64_t wait[LMP_MSG_LENGTH] = {RPC_REQUEST | SPAWND_WAIT,
                                               spawn_domain_id(i == 0 ? child : other)};
        ask_raw(wait);
        expect_reply(&rpc, SYS_ERR_OK, SPAWND_EXITED, 0);
    }
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "other") == 0) {
        reclaim("gives", 2 * FRAME_BYTES, 0, REVOKE_STATUS_GOOD);
        return test_failures() == 0 ? 0 : 1;
    }
    test_children();
    kill_large();
    uint64_t before = test_memory_settled();
    test_children();
    EXPECT_MEMORY(before);
    test_limits();
    EXPECT_MEMORY(before);
    test_orphans();
    EXPECT_MEMORY(before);
    test_rights();
    EXPECT_MEMORY(before);
    test_two();
    EXPECT_MEMORY(before);
    return test_summary("revoke_mem");
}
