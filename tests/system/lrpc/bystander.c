// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Two that hand the core to one another live on one slice: a third domain is not starved by them,
// and neither are they by it, also if it makes many dispatchers.
#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/systime.h"
#include "barrelfish/vspace_common.h"
#include "lrpc_test.h"

#include <inttypes.h>
#include <stdio.h>

#define WINDOWS 2u
#define WINDOW_US 50000u ///< several slices
#define MORE_DISPATCHERS 20u
#define DISPATCHER_BYTES (DISPATCHER_FRAME_MIN + OBJSIZE_DISPATCHER)
#define LESS                                                                                       \
    4u ///< factor by which a share may seem to be less: a loop differs, a window cuts a turn

/// In the bystander's frame. Assembly knows the first two.
struct counter {
    volatile uint64_t count, stop, wants_many, has_many;
};

/// A further dispatcher, without a stack: one instruction counts, since others may have the core
/// after any.
__attribute__((naked)) static void count_on(void)
{
    __asm__("1: incq (%rdi)\n\t"
            "cmpq $0, 8(%rdi)\n\t"
            "je 1b\n\t"
            "2: pause\n\t"
            "jmp 2b");
}

static void count_until(struct counter *counter, const volatile uint64_t *stop)
{
    while (*stop == 0)
        __asm__ volatile("incq %0" : "+m"(counter->count));
}

static errval_t start_dispatcher(struct capref ram, gensize_t offset, struct counter *counter)
{
    struct capref frame, dispatcher;
    struct dispatcher_shared *shared;
    errval_t err = slot_alloc(&frame);
    if (err_is_ok(err))
        err = slot_alloc(&dispatcher);
    if (err_is_ok(err))
        err = cap_retype(frame, ram, offset, ObjType_Frame, DISPATCHER_FRAME_MIN, 1);
    if (err_is_ok(err)) {
        err = cap_retype(dispatcher, ram, offset + DISPATCHER_FRAME_MIN, ObjType_Dispatcher,
                         OBJSIZE_DISPATCHER, 1);
    }
    if (err_is_ok(err))
        err = vspace_map_one_frame((void **)&shared, DISPATCHER_FRAME_MIN, frame, NULL, NULL);
    if (err_is_fail(err))
        return err;
    shared->disabled = 1;
    shared->disabled_save.rip = (uintptr_t)count_on;
    shared->disabled_save.rdi = (uintptr_t)counter;
    err = invoke_dispatcher_setup(dispatcher, cap_root, cap_vroot, frame, NULL_CAP, 0,
                                  (uintptr_t)shared);
    return err_is_ok(err) ? invoke_dispatcher_run(dispatcher) : err;
}

int bystander_main(void)
{
    struct counter *counter;
    struct capref ram;
    errval_t err = vspace_map_one_frame((void **)&counter, BASE_PAGE_SIZE,
                                        (struct capref){cnode_arg, ARG_COUNTER}, NULL, NULL);
    if (err_is_ok(err)) {
        count_until(counter, &counter->wants_many);
        err = ram_alloc_bytes(&ram, MORE_DISPATCHERS * DISPATCHER_BYTES, BASE_PAGE_SIZE);
    }
    for (unsigned i = 0; i < MORE_DISPATCHERS && err_is_ok(err); i++)
        err = start_dispatcher(ram, i * DISPATCHER_BYTES, counter);
    if (err_is_ok(err)) {
        counter->has_many = 1;
        count_until(counter, &counter->stop);
    }
    return err_is_ok(err) ? 0 : 1;
}

/// How far the bystander counts in the time of a call.
static uint64_t share(const struct client *client, const struct counter *counter)
{
    uint64_t begin = counter->count, all_calls = 1;
    for (unsigned window = 0; window < WINDOWS; window++) {
        systime_t end = systime_now() + us_to_systime(WINDOW_US);
        uint64_t counted = counter->count, calls = 0;
        struct lmp_recv_msg msg = {.buf.msglen = 1};
        for (; systime_now() < end; calls++) {
            msg.words[0] = REQUEST_ECHO;
            if (!EXPECT_OK(lrpc_call(client->server, 0, NULL_CAP, client->reply, &msg, NULL)))
                break;
        }
        EXPECT(counter->count > counted && calls > 0);
        all_calls += calls;
    }
    return (counter->count - begin) / all_calls;
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
    if (!EXPECT_OK(vspace_map_one_frame((void **)&counter, BASE_PAGE_SIZE, frame, NULL, NULL)))
        return;
    *counter = (struct counter){0};
    EXPECT_OK(spawn_program_with_caps(disp_get_core_id(), disp_name(), argv, NULL, NULL_CAP, args,
                                      SPAWN_FLAGS_DEFAULT, &domain));
    uint64_t alone = share(client, counter);
    counter->wants_many = 1;
    while (counter->has_many == 0 &&
           err_no(spawn_wait(domain, &status, true)) == LIB_ERR_NO_EVENT) {
    }
    uint64_t many = share(client, counter);
    if (!EXPECT(many <= LESS * alone))
        printf("  many dispatchers count %" PRIu64 " in a call, one %" PRIu64 "\n", many, alone);
    counter->stop = 1;
    EXPECT_OK(spawn_wait(domain, &status, false));
    EXPECT(status == 0);
    EXPECT_OK(vspace_unmap(counter));
    EXPECT_OK(cap_destroy(args));
    EXPECT_OK(cap_destroy(frame));
}
