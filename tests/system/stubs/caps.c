// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Capabilities in messages, calls and answers of test_stubs: both sides of it.
#include "stubs_test.h"

#include <stdlib.h>

#include "barrelfish/capabilities.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/threads.h"

#define PAGES_MOST 5u
#define LENT 60u
#define SWAPS 25u
#define THREADS 3

static uint32_t lent_count;

static bool is_frame(struct capref cap, size_t pages)
{
    struct capability info = {.type = ObjType_Null};
    return EXPECT_OK(cap_identify(cap, &info)) && info.type == ObjType_Frame &&
           info.bytes == pages * BASE_PAGE_SIZE;
}

static struct capref make_frame(size_t pages)
{
    struct capref frame = NULL_CAP;
    EXPECT_OK(frame_alloc(&frame, pages * BASE_PAGE_SIZE, NULL));
    return frame;
}

/// Barrelfish's shape: what comes is the handler's.
static void on_lend(struct stubs_binding *binding, uint32_t number, struct capref frame,
                    struct capref nothing)
{
    (void)binding;
    EXPECT(number == lent_count && capref_is_null(nothing));
    EXPECT(is_frame(frame, 1 + number % PAGES_MOST));
    EXPECT_OK(cap_destroy(frame));
    lent_count++;
}

static errval_t on_lent(struct stubs_binding *binding, uint32_t *count)
{
    (void)binding;
    *count = lent_count;
    lent_count = 0;
    return SYS_ERR_OK;
}

/// What the handler does not take is freed, `back` after it has been sent.
static errval_t on_swap(struct stubs_binding *binding, uint32_t pages, struct capref lent,
                        struct capref given, bool keeps, struct capref *back, struct capref *made)
{
    struct capability info;
    // The memory of a caller that is ended on this core goes with it, also what it has sent.
    if (err_is_fail(cap_identify(lent, &info)) || err_is_fail(cap_identify(given, &info)))
        return SYS_ERR_CAP_NOT_FOUND;
    EXPECT(is_frame(lent, pages) && is_frame(given, pages + 1));
    if (keeps) {
        flounder_take_cap(&binding->stub, given);
        EXPECT_OK(cap_destroy(given));
    }
    *back = given;
    if (keeps)
        *back = NULL_CAP;
    return frame_alloc(made, (pages + 2) * BASE_PAGE_SIZE, NULL);
}

/// The answer has what crosses no core; nobody gets it then.
static errval_t on_refused(struct stubs_binding *binding, struct capref *ram)
{
    (void)binding;
    return ram_alloc_bytes(ram, BASE_PAGE_SIZE, BASE_PAGE_SIZE);
}

void caps_handle(struct stubs_binding *binding)
{
    binding->rx_vtbl.lend = on_lend;
    binding->rpc_rx_vtbl.lent_call = on_lent;
    binding->rpc_rx_vtbl.swap_call = on_swap;
    binding->rpc_rx_vtbl.refused_call = on_refused;
}

errval_t caps_swap(struct stubs_binding *binding, uint32_t pages, bool keeps)
{
    struct capref lent = make_frame(pages), given = make_frame(pages + 1), back, made;
    errval_t err = stubs_swap(binding, pages, lent, given, keeps, &back, &made);
    if (err_is_ok(err)) {
        struct capability info;
        err = cap_identify(made, &info); // a service of this core may have ended meanwhile
        EXPECT(err_is_fail(err) || is_frame(made, pages + 2));
        EXPECT(capref_is_null(back) == keeps && (keeps || is_frame(back, pages + 1)));
        if (!keeps)
            EXPECT_OK(cap_destroy(back));
        EXPECT_OK(cap_destroy(made));
    }
    EXPECT_OK(cap_destroy(lent));
    return err;
}

static int swap_many(void *arg)
{
    struct stubs_binding *binding = arg;
    for (uint32_t i = 0; i < SWAPS; i++)
        EXPECT_OK(caps_swap(binding, 1 + i % PAGES_MOST, i % 2 == 0));
    return 0;
}

/// More than may be on their way at once; each copy is the binding's as soon as it has the message.
static void lend(struct stubs_binding *binding)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < LENT; i++) {
        struct capref frame = make_frame(1 + i % PAGES_MOST);
        errval_t err;
        while (err_no(err = stubs_lend__tx(binding, NOP_CONT, i, frame, NULL_CAP)) ==
               FLOUNDER_ERR_TX_BUSY)
            (void)event_dispatch(get_default_waitset());
        EXPECT_OK(err);
        EXPECT_OK(cap_destroy(frame));
    }
    EXPECT_OK(stubs_lent(binding, &count));
    EXPECT(count == LENT);
}

/// Who cannot send a message keeps what he has; a call takes what it gives away.
static void refusals(struct stubs_binding *binding)
{
    struct capref frame = make_frame(2), ram, back, made;
    EXPECT_OK(ram_alloc_bytes(&ram, BASE_PAGE_SIZE, BASE_PAGE_SIZE));
    EXPECT_ERR(stubs_swap(binding, 1, ram, frame, true, &back, &made), MON_ERR_CAP_SEND);
    frame = make_frame(2);
    EXPECT_ERR(stubs_lend__tx(binding, NOP_CONT, 0, cap_selfep, frame), MON_ERR_CAP_SEND);
    EXPECT(is_frame(frame, 2));
    EXPECT_OK(cap_destroy(frame));
    EXPECT_OK(cap_destroy(ram));
    EXPECT_ERR(stubs_refused(binding, &made), MON_ERR_CAP_SEND);
}

void caps_run(struct stubs_binding *binding, bool here)
{
    struct thread *all[THREADS];
    struct capref ram;
    (void)swap_many(binding);
    lend(binding);
    for (unsigned i = 0; i < THREADS; i++)
        all[i] = thread_create_varstack(swap_many, binding, 65536);
    for (unsigned i = 0; i < THREADS; i++)
        EXPECT(all[i] != NULL && err_is_ok(thread_join(all[i], NULL)));
    if (!here) {
        refusals(binding);
    } else {
        EXPECT_OK(stubs_refused(binding, &ram)); // crosses no core
        EXPECT_OK(cap_destroy(ram));
    }
}
