// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The holder's side of visible revocation: being told what is wanted back and what is lost, and
// registering, of which each step fails.
#include "machine.h"
#include "testlib/testlib.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/ram_revoke.h"
#include "if/mem_serv.h"

#include <string.h>

static struct {
    errval_t create_error, register_error, recv_error;
    unsigned created, destroyed, registers;
    struct event_closure closure;
    struct waitset *ws;
    uint64_t words[LMP_MSG_LENGTH];
    size_t length;
} around;

static struct lmp_endpoint endpoint;
static struct waitset waitset;
static struct ram_revoke revoke;
static unsigned wanted_count, lost_count;
static uint64_t told[2];

errval_t endpoint_create(size_t buflen, struct capref *retcap, struct lmp_endpoint **retep)
{
    CU_ASSERT_TRUE(buflen >= 2);
    around.created += err_is_ok(around.create_error);
    *retcap = cap_selfep;
    *retep = &endpoint;
    return around.create_error;
}

void endpoint_destroy(struct capref cap, struct lmp_endpoint *ep)
{
    CU_ASSERT_TRUE(capcmp(cap, cap_selfep) && ep == &endpoint);
    around.destroyed++;
}

errval_t lmp_endpoint_register(struct lmp_endpoint *ep, struct waitset *ws,
                               struct event_closure closure)
{
    CU_ASSERT_TRUE(ep == &endpoint && ws == &waitset);
    around.registers++;
    around.closure = closure;
    return around.register_error;
}

errval_t lmp_endpoint_recv(struct lmp_endpoint *ep, struct lmp_recv_buf *buf, struct capref *cap)
{
    CU_ASSERT_TRUE(ep == &endpoint && cap == NULL && buf->buflen == LMP_MSG_LENGTH);
    memcpy(buf->words, around.words, sizeof(around.words));
    buf->msglen = around.length;
    return around.recv_error;
}

static void on_wanted(void *arg, gensize_t bytes, systime_t deadline)
{
    CU_ASSERT_TRUE(arg == &wanted_count && around.registers == 2); // it may deregister
    wanted_count++;
    told[0] = bytes;
    told[1] = deadline;
}

static void on_lost(void *arg, genpaddr_t base, gensize_t bytes)
{
    CU_ASSERT_PTR_EQUAL(arg, &wanted_count);
    lost_count++;
    told[0] = base;
    told[1] = bytes;
}

static void comes(uint64_t op, size_t length)
{
    memcpy(around.words, (uint64_t[8]){op, 11, 12, 13}, 64);
    around.length = length;
    around.registers = 1;
    around.closure.handler(around.closure.arg);
    CU_ASSERT_EQUAL(around.registers, 2);
}

static void is_told(void)
{
    CU_ASSERT_EQUAL(ram_revoke_register(&revoke, &waitset, on_wanted, on_lost, &wanted_count),
                    SYS_ERR_OK);
    CU_ASSERT_TRUE(machine.request[0] == MEM_SERV_REVOKE_EP && capcmp(machine.sent, cap_selfep));
    comes(MEM_SERV_WANTED, 3);
    CU_ASSERT_TRUE(wanted_count == 1 && told[0] == 11 && told[1] == 12);
    comes(MEM_SERV_LOST, 3);
    CU_ASSERT_TRUE(lost_count == 1 && told[0] == 11 && told[1] == 12);
    comes(MEM_SERV_WANTED, 2);
    comes(MEM_SERV_LOST, 4);
    comes(0, 3);
    around.recv_error = LIB_ERR_NO_LMP_MSG;
    comes(MEM_SERV_WANTED, 3);
    around.recv_error = SYS_ERR_OK;
    around.register_error = LIB_ERR_CHAN_ALREADY_REGISTERED; // said, and heard all the same
    comes(MEM_SERV_LOST, 3);
    CU_ASSERT_TRUE(wanted_count == 1 && lost_count == 2);
    machine.reply[0] = SYS_ERR_RIGHTS;
    CU_ASSERT_EQUAL(ram_revoke_deregister(&revoke), SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(around.destroyed, 0);
    machine.reply[0] = SYS_ERR_OK;
    CU_ASSERT_EQUAL(ram_revoke_deregister(&revoke), SYS_ERR_OK);
    CU_ASSERT_TRUE(around.destroyed == 1 && capref_is_null(machine.sent) &&
                   machine.request[0] == MEM_SERV_REVOKE_EP);
}

static void is_not_told(void)
{
    around.create_error = LIB_ERR_ENDPOINT_ALLOC;
    CU_ASSERT_EQUAL(ram_revoke_register(&revoke, &waitset, NULL, NULL, NULL),
                    LIB_ERR_ENDPOINT_ALLOC);
    around.create_error = SYS_ERR_OK;
    CU_ASSERT_TRUE(around.destroyed == 0 && machine.requests == 0);
    around.register_error = LIB_ERR_CHAN_ALREADY_REGISTERED;
    CU_ASSERT_EQUAL(ram_revoke_register(&revoke, &waitset, NULL, NULL, NULL),
                    LIB_ERR_CHAN_ALREADY_REGISTERED);
    around.register_error = SYS_ERR_OK;
    CU_ASSERT_TRUE(around.destroyed == 1 && machine.requests == 0);
    machine.reply[0] = SYS_ERR_RIGHTS;
    CU_ASSERT_EQUAL(ram_revoke_register(&revoke, &waitset, NULL, NULL, NULL), SYS_ERR_RIGHTS);
    CU_ASSERT_EQUAL(around.destroyed, 2);
    machine.reply[0] = SYS_ERR_OK;
    CU_ASSERT_EQUAL(ram_revoke_register(&revoke, &waitset, NULL, NULL, NULL), SYS_ERR_OK);
    comes(MEM_SERV_WANTED, 3); // nobody wants to know
    comes(MEM_SERV_LOST, 3);
}

MACHINE_TEST(is_told)
MACHINE_TEST(is_not_told)

TEST_SUITE("revocation") = {
    {"wanted and lost", test_is_told},
    {"not registered", test_is_not_told},
};
