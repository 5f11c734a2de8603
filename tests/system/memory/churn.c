// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// test_churn [DOMAINS [SEED]]: so many domains are started, a few at a time, and end by themselves,
// by a fault, or by this parent at a random moment. This program is also the server that they share
// frames with. Afterwards memory, this domain's slots and the core's capabilities are as before, to
// the byte. A first round of the same makes tables of the services grow to what they need, and
// many small pieces before it make the memory server's do.
#include "churn.h"

#include <stdio.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/deferred.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/vspace_common.h"
#include "systest/systest.h"

#define DOMAINS_DEFAULT 1000u
#define WARM_UP_DOMAINS 300u
#define AT_ONCE 4u
#define SHARED_MAX 16u
#define PIECES 1000u
#define MAPPED 100u
#define TURN_US 300u

static struct test_random rng;
static struct lmp_server server;
static struct capref argcn;

static struct {
    struct capref frame;
    void *at;
} shared[SHARED_MAX];

static struct {
    struct capref domain;
    bool runs;
    enum churn_end end;
    unsigned turns; ///< left, if it is to be killed
} children[AT_ONCE];

static unsigned ends[CHURN_ENDS];

static void drop(unsigned i)
{
    if (!capref_is_null(shared[i].frame)) {
        if (shared[i].at != NULL)
            EXPECT_OK(vspace_unmap(shared[i].at));
        EXPECT_OK(cap_destroy(shared[i].frame)); // It may have gone with its domain.
    }
    shared[i].frame = NULL_CAP;
    shared[i].at = NULL;
}

static void serve(void *st, uint32_t badge, const uint64_t words[LMP_MSG_LENGTH], size_t length,
                  struct capref cap)
{
    (void)st;
    (void)length;
    unsigned i = (unsigned)test_random_below(&rng, SHARED_MAX);
    uint64_t reply[LMP_MSG_LENGTH] = {SYS_ERR_OK};
    if (words[0] == CHURN_BORROW) {
        if (err_is_fail(lmp_server_reply(&server, badge, reply, shared[i].frame, false)))
            (void)lmp_server_reply(&server, badge, reply, NULL_CAP, false);
        return;
    }
    if (!capref_is_null(cap)) {
        drop(i);
        shared[i].frame = cap;
        // Mapped, but never touched: a client's frame may go at any time.
        if (test_random_one_in(&rng, 2) &&
            err_is_fail(vspace_map_one_frame(&shared[i].at, CHURN_SHARED_BYTES, cap, NULL, NULL)))
            shared[i].at = NULL;
    }
    (void)lmp_server_reply(&server, badge, reply, NULL_CAP, false);
}

static void start(unsigned i)
{
    char seed[24], end[4];
    children[i].end = (enum churn_end)test_random_below(&rng, CHURN_ENDS);
    snprintf(seed, sizeof(seed), "%#lx", test_random_next(&rng));
    snprintf(end, sizeof(end), "%u", children[i].end);
    char *const argv[] = {"test_churn_child", seed, end, NULL};
    // The endpoint's badge is a number of this server's own.
    struct capref endpoint = {build_cnoderef(argcn, CNODE_LEVEL_OTHER), 0};
    EXPECT_OK(cap_mint(endpoint, cap_selfep, CAPRIGHTS_ALL, i + 1));
    children[i].runs =
        EXPECT_OK(spawn_program_with_caps(disp_get_core_id(), argv[0], argv, NULL, NULL_CAP, argcn,
                                          SPAWN_FLAGS_DEFAULT, &children[i].domain));
    EXPECT_OK(cap_delete(endpoint));
    children[i].turns = (unsigned)test_random_below(&rng, 16);
}

static void serve_pending(void)
{
    while (err_is_ok(event_dispatch_non_block(get_default_waitset()))) {
    }
}

/// Looks whether a child has ended, and ends it when its time has come.
static bool has_ended(unsigned i)
{
    if (children[i].end == CHURN_END_KILLED && children[i].turns-- == 0) {
        errval_t err = spawn_kill(children[i].domain);
        EXPECT(err_is_ok(err) || err_no(err) == SPAWN_ERR_NO_DOMAIN);
    }
    errval_t err = spawn_wait(children[i].domain, NULL, true);
    EXPECT(err_is_ok(err) || err_no(err) == LIB_ERR_NO_EVENT);
    if (err_is_ok(err)) {
        serve_pending(); // what it has sent, before others have its badge
        lmp_server_forget(&server, i + 1);
        ends[children[i].end]++;
        children[i].runs = false;
    }
    return err_is_ok(err);
}

static void churn(unsigned domains)
{
    unsigned started = 0, ended = 0;
    while (ended < domains) {
        for (unsigned i = 0; i < AT_ONCE; i++) {
            if (!children[i].runs && started < domains) {
                start(i);
                started++;
            } else if (children[i].runs) {
                ended += has_ended(i);
            }
        }
        serve_pending();
        barrelfish_usleep(test_random_below(&rng, TURN_US));
    }
    for (unsigned i = 0; i < SHARED_MAX; i++)
        drop(i);
}

/// Many pieces, of which every other is free for a while, and many mappings: no more ranges will be
/// needed later, neither in the memory server nor here.
static void stretch(void)
{
    static struct capref pieces[PIECES];
    static void *at[MAPPED];
    for (unsigned i = 0; i < MAPPED; i++) {
        EXPECT_OK(vspace_map_anon_attr(&at[i], NULL, NULL, CHURN_SHARED_BYTES, NULL,
                                       VREGION_FLAGS_READ_WRITE));
    }
    for (unsigned i = 0; i < MAPPED; i++)
        EXPECT_OK(vspace_unmap(at[i]));
    for (unsigned i = 0; i < PIECES; i++)
        EXPECT_OK(ram_alloc_bytes(&pieces[i], BASE_PAGE_SIZE, BASE_PAGE_SIZE));
    for (unsigned k = 0; k < 2; k++) {
        for (unsigned i = k; i < PIECES; i += 2)
            EXPECT_OK(cap_destroy(pieces[i]));
        (void)test_memory_settled();
    }
}

/// All of the core, but for one for each range that the same free memory is scattered over.
static uint64_t capabilities(void)
{
    uint64_t count = 0;
    size_t ranges = 0;
    EXPECT_OK(invoke_kernel_stat(cap_kernelinfo, KERNEL_STAT_MDB_SIZE, &count));
    EXPECT_OK(ram_free_ranges(&ranges));
    return count - ranges;
}

int main(int argc, char **argv)
{
    unsigned domains = (unsigned)test_argument(argc, argv, 1, DOMAINS_DEFAULT);
    rng.state = test_argument(argc, argv, 2, 1);
    printf("churn: %u domains\n", domains);
    fflush(stdout);
    EXPECT_OK(lmp_server_init(&server, get_default_waitset(), serve, NULL));
    EXPECT_OK(cnode_create_l2(&argcn, NULL));
    stretch();
    churn(WARM_UP_DOMAINS);
    uint64_t memory = test_memory_settled();
    size_t slots = slot_free_count();
    uint64_t caps = capabilities();
    struct ram_account own = {0}, nobody = {0}, own_after = {0};
    EXPECT_OK(ram_get_account(disp_get_domain_id(), &own));
    churn(domains);
    EXPECT_MEMORY(memory);
    EXPECT(slot_free_count() == slots);
    EXPECT(capabilities() == caps);
    EXPECT_OK(ram_get_account(disp_get_domain_id(), &own_after));
    EXPECT_OK(ram_get_account(0, &nobody));
    EXPECT(own_after.bytes == own.bytes && nobody.bytes == 0);
    for (unsigned i = 0; i < CHURN_ENDS; i++)
        EXPECT(ends[i] > 0 || domains < 100);
    return test_summary("churn");
}
