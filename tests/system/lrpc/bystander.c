// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Two that hand the core to one another live on one slice: a third domain is not starved by them,
// and neither are they by it.
#include "barrelfish/capabilities.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/systime.h"
#include "barrelfish/vspace_common.h"
#include "lrpc_test.h"

#define WINDOWS 4u
#define WINDOW_US 50000u ///< several slices

// In the bystander's frame.
struct counter {
    volatile uint64_t count, stop;
};

int bystander_main(void)
{
    struct counter *counter;
    errval_t err = vspace_map_one_frame((void **)&counter, BASE_PAGE_SIZE,
                                        (struct capref){cnode_arg, ARG_COUNTER}, NULL, NULL);
    while (err_is_ok(err) && counter->stop == 0) {
        counter->count++;
    }
    return err_is_ok(err) ? 0 : 1;
}

void test_bystander(const struct client *client)
{
    struct counter *counter;
    struct capref frame, args, domain;
    struct cnoderef cnode;
    uint8_t status = 1;
    char *argv[] = {"test_lrpc", "bystander", NULL};
    EXPECT_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    EXPECT_OK(cnode_create_l2(&args, &cnode));
    EXPECT_OK(cap_copy((struct capref){cnode, ARG_COUNTER}, frame));
    if (!EXPECT_OK(vspace_map_one_frame((void **)&counter, BASE_PAGE_SIZE, frame, NULL, NULL))) {
        return;
    }
    counter->count = counter->stop = 0;
    EXPECT_OK(spawn_program_with_caps(disp_get_core_id(), disp_name(), argv, NULL, NULL_CAP, args,
                                      SPAWN_FLAGS_DEFAULT, &domain));
    for (unsigned window = 0; window < WINDOWS; window++) {
        systime_t end = systime_now() + us_to_systime(WINDOW_US);
        uint64_t counted = counter->count, calls = 0;
        struct lmp_recv_msg msg = {.buf.msglen = 1};
        for (; systime_now() < end; calls++) {
            msg.words[0] = REQUEST_ECHO;
            if (!EXPECT_OK(lrpc_call(client->server, 0, NULL_CAP, client->reply, &msg, NULL))) {
                break;
            }
        }
        EXPECT(counter->count > counted && calls > 0);
    }
    counter->stop = 1;
    EXPECT_OK(spawn_wait(domain, &status, false));
    EXPECT(status == 0);
    EXPECT_OK(vspace_unmap(counter));
    EXPECT_OK(cap_destroy(args));
    EXPECT_OK(cap_destroy(frame));
}
