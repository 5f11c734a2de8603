// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Two domains on the same core, started by this test: one computes, the other has a periodic timer.
// They count in a frame that they share with us.
#include "bounded.h"

#include <string.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/vspace_common.h"

static struct capref frame, domains[2];
static struct witness_counts *counts;

static void tick(void *arg)
{
    struct witness_counts *shared = arg;
    shared->woken++;
}

int witness_main(const char *what)
{
    static struct periodic_event timer;
    struct witness_counts *shared;
    struct capref given = {cnode_arg, 0};
    errval_t err = vspace_map_one_frame((void **)&shared, BASE_PAGE_SIZE, given, NULL, NULL);
    if (err_is_fail(err))
        return 1;
    while (strcmp(what, "compute") == 0)
        shared->computed++;
    err = periodic_event_create(&timer, get_default_waitset(), WITNESS_PERIOD_US,
                                MKCLOSURE(tick, shared));
    while (err_is_ok(err))
        err = event_dispatch(get_default_waitset());
    return 1;
}

static bool start(char *what, struct capref *domain)
{
    char *argv[] = {"test_bounded", what, NULL};
    struct capref args;
    struct cnoderef cnode;
    return EXPECT_OK(cnode_create_l2(&args, &cnode)) &&
           EXPECT_OK(cap_copy((struct capref){cnode, 0}, frame)) &&
           EXPECT_OK(spawn_program_with_caps(disp_get_core_id(), argv[0], argv, NULL, NULL_CAP,
                                             args, SPAWN_FLAGS_DEFAULT, domain)) &&
           EXPECT_OK(cap_destroy(args));
}

struct witness_counts *witness_start(void)
{
    bool ok =
        EXPECT_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL)) &&
        EXPECT_OK(vspace_map_one_frame((void **)&counts, BASE_PAGE_SIZE, frame, NULL, NULL)) &&
        start("compute", &domains[0]) && start("timer", &domains[1]);
    while (ok && (counts->computed == 0 || counts->woken == 0))
        thread_yield();
    return ok ? counts : NULL;
}

void witness_stop(void)
{
    for (unsigned i = 0; i < 2; i++)
        EXPECT_OK(spawn_kill(domains[i]));
    EXPECT_OK(vspace_unmap(counts));
    EXPECT_OK(cap_destroy(frame));
}
