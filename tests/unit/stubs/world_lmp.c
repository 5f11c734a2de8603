// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages within a core are not expected here: these tests bind over rings.
#include "world.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/domain.h"
#include "barrelfish/idc.h"
#include "barrelfish/lrpc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/syscalls.h"
#include "client/monitor_events.h"
#include "dispatch/dispatcher.h"

#define UNEXPECTED(result, name, ...)                                                              \
    result name(__VA_ARGS__)                                                                       \
    {                                                                                              \
        CU_FAIL_FATAL("no message within a core is expected");                                     \
        return (result){0};                                                                        \
    }

#pragma GCC diagnostic ignored "-Wunused-parameter"
UNEXPECTED(errval_t, cap_mint, struct capref dest, struct capref src, uint64_t a, uint64_t b)
UNEXPECTED(errval_t, endpoint_create, size_t size, struct capref *cap, struct lmp_endpoint **ep)
UNEXPECTED(errval_t, lmp_endpoint_register, struct lmp_endpoint *ep, struct waitset *ws,
           struct event_closure closure)
UNEXPECTED(errval_t, lmp_endpoint_deregister, struct lmp_endpoint *ep)
UNEXPECTED(errval_t, lmp_endpoint_recv, struct lmp_endpoint *ep, struct lmp_recv_buf *buf,
           struct capref *cap)
UNEXPECTED(errval_t, lmp_send, struct capref ep, uint32_t flags, struct capref cap, size_t length,
           const uint64_t words[LMP_MSG_LENGTH])
UNEXPECTED(errval_t, sys_lmp_send, uint64_t ep, uint32_t flags, uint64_t cap, size_t length,
           const uint64_t words[LMP_MSG_LENGTH])
UNEXPECTED(errval_t, lrpc_call, struct capref server, uint32_t flags, struct capref cap,
           struct lmp_endpoint *ep, struct lmp_recv_msg *msg, struct capref *got)
UNEXPECTED(errval_t, lrpc_call_until, struct capref server, uint32_t flags, struct capref cap,
           struct lmp_endpoint *ep, struct lmp_recv_msg *msg, struct capref *got, systime_t until)
UNEXPECTED(errval_t, lrpc_try_disabled, struct dispatcher *disp, uint64_t to, uint64_t flags,
           uint64_t cap, struct lmp_endpoint *ep, struct lmp_recv_msg *msg, uint64_t *received)
UNEXPECTED(errval_t, monitor_accept_lmp, struct monitor_bind_request *request, struct capref ep)
UNEXPECTED(errval_t, monitor_call, const uint64_t in[LMP_MSG_LENGTH], struct capref cap,
           uint64_t out[LMP_MSG_LENGTH], struct capref *got)
UNEXPECTED(errval_t, monitor_events_begin, void)
UNEXPECTED(errval_t, monitor_wait_block, struct monitor_wait *wait, systime_t deadline)

#undef UNEXPECTED
#define UNEXPECTED(name, ...)                                                                      \
    void name(__VA_ARGS__)                                                                         \
    {                                                                                              \
        CU_FAIL_FATAL("no message within a core is expected");                                     \
    }
UNEXPECTED(cap_drop, struct capref cap)
UNEXPECTED(endpoint_destroy, struct capref cap, struct lmp_endpoint *ep)
UNEXPECTED(lmp_endpoint_set_recv_slot, struct lmp_endpoint *ep, struct capref slot)
UNEXPECTED(lmp_endpoint_take_cap, struct lmp_endpoint *ep, bool has_cap, struct capref *cap)
UNEXPECTED(messages_wait_and_handle_next, void)
UNEXPECTED(monitor_events_end, void)
UNEXPECTED(monitor_peer_add, struct monitor_peer *peer)
UNEXPECTED(monitor_peer_remove, struct monitor_peer *peer)
UNEXPECTED(monitor_wait_add, struct monitor_wait *wait, enum monitor_event event, uint64_t id,
           void (*done)(struct monitor_wait *), void *st)
UNEXPECTED(thread_yield_dispatcher, uint64_t target)

struct lmp_endpoint *lmp_endpoint_self(void)
{
    CU_FAIL_FATAL("no message within a core is expected");
    return NULL;
}

errval_t syscall2(uint64_t number, uint64_t arg1, uint64_t arg2)
{
    (void)number, (void)arg1, (void)arg2;
    CU_FAIL_FATAL("no message within a core is expected");
    return SYS_ERR_OK;
}
