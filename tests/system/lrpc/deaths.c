// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Dead dispatchers whose message finds no room: they wait with the dispatcher that has to make room,
// cost nobody else anything, and are told when there is room.
#include "barrelfish/capabilities.h"
#include "barrelfish/invocations.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "lrpc_test.h"

#define DEAD 3u
#define FRAME_BYTES 8192ul
#define ENDPOINT_OFFSET 4096u
#define RAM_BYTES (FRAME_BYTES + (DEAD + 1) * OBJSIZE_DISPATCHER)

/// Dispatchers that never run; the one after the dead ones is the idle one, which is never told.
static struct capref ram, frame, dispatchers[DEAD + 1], idle_cap;

static void make_dispatchers(void)
{
    EXPECT_OK(ram_alloc_bytes(&ram, RAM_BYTES, BASE_PAGE_SIZE));
    EXPECT_OK(slot_alloc(&frame));
    EXPECT_OK(slot_alloc(&idle_cap));
    EXPECT_OK(cap_retype(frame, ram, 0, ObjType_Frame, FRAME_BYTES, 1));
    for (unsigned i = 0; i <= DEAD; i++) {
        EXPECT_OK(slot_alloc(&dispatchers[i]));
        EXPECT_OK(cap_retype(dispatchers[i], ram, FRAME_BYTES + i * OBJSIZE_DISPATCHER,
                             ObjType_Dispatcher, OBJSIZE_DISPATCHER, 1));
    }
}

static void set_up(unsigned i, struct capref death)
{
    EXPECT_OK(invoke_dispatcher_setup(dispatchers[i], cap_root, cap_vroot, frame, death, i,
                                      DISPATCHER_VADDR));
}

static void free_dispatchers(void)
{
    for (unsigned i = 0; i <= DEAD; i++)
        EXPECT_OK(cap_destroy(dispatchers[i]));
    EXPECT_OK(cap_destroy(idle_cap));
    EXPECT_OK(cap_destroy(frame));
    EXPECT_OK(cap_destroy(ram));
}

void test_untold_begin(void)
{
    uint64_t words[LMP_MSG_LENGTH] = {0};
    make_dispatchers();
    set_up(DEAD, NULL_CAP);
    EXPECT_OK(invoke_dispatcher_endpoint(dispatchers[DEAD], ENDPOINT_OFFSET, 1, idle_cap));
    EXPECT_OK(lmp_send(idle_cap, 0, NULL_CAP, 1, words));
    for (unsigned i = 0; i < DEAD; i++) {
        set_up(i, idle_cap);
        EXPECT_OK(invoke_dispatcher_stop(dispatchers[i]));
    }
}

/// The one that they wait for goes before one of them, and after the others.
void test_untold_end(void)
{
    EXPECT_OK(cap_delete(dispatchers[0]));
    EXPECT_OK(cap_delete(dispatchers[DEAD]));
    EXPECT_OK(cap_delete(dispatchers[1]));
    free_dispatchers();
}

static bool told(struct lmp_endpoint *death)
{
    struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
    return err_is_ok(lmp_endpoint_recv(death, &msg.buf, NULL)) && msg.words[0] == DEATH_STOPPED &&
           msg.words[1] < DEAD;
}

/// Whether a call is answered in registers; the answer is taken either way.
static bool call_waits(const struct client *client)
{
    uint64_t recv_flags = LMP_RECV_WORDS;
    struct lmp_recv_msg msg = {.buf.msglen = LMP_MSG_LENGTH, .words = {REQUEST_ECHO}};
    EXPECT_OK(client_call(client, client->server, LMP_FLAG_CALL, NULL_CAP, &msg, &recv_flags));
    if (recv_flags == 0)
        EXPECT_OK(lrpc_wait(client->reply, &msg, NULL));
    EXPECT(msg.words[0] == REQUEST_ECHO + 1);
    return recv_flags != 0;
}

/// Of each death, in whatever call it comes into the CPU driver after it has made room; and it does
/// not wait for an answer before it has looked.
void test_told_later(const struct client *client)
{
    struct capref death_cap;
    struct lmp_endpoint *death;
    EXPECT_OK(endpoint_create(1, &death_cap, &death));
    make_dispatchers();
    for (unsigned i = 0; i < DEAD; i++) {
        set_up(i, death_cap);
        EXPECT_OK(invoke_dispatcher_stop(dispatchers[i]));
    }
    EXPECT(!call_waits(client) && told(death) && !told(death));
    EXPECT(!call_waits(client) && told(death) && !told(death));
    (void)sys_yield(0);
    EXPECT(told(death) && call_waits(client) && !told(death));
    free_dispatchers();
    EXPECT_OK(cap_destroy(death_cap));
    lmp_endpoint_free(death);
}
