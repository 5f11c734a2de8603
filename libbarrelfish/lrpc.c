// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls that hand the core over (LMP_FLAG_CALL of kpi/syscalls.h). The calling thread stays the
// dispatcher's current one, disabled, while the dispatcher waits; that is only right if the
// dispatcher would have gone to sleep otherwise, which is looked at first. Any other message ends
// the wait, and so does the end of all who could send one; what it brings is then found in the
// ordinary way.

#include "barrelfish/lrpc.h"

#include "barrelfish/blocking.h"
#include "barrelfish/syscalls.h"
#include "dispatcher.h"

_Static_assert(offsetof(struct lmp_recv_msg, buf.msglen) == RECV_MSG_LENGTH, "offsets.h");
_Static_assert(offsetof(struct lmp_recv_msg, buf.badge) == RECV_MSG_BADGE, "offsets.h");
_Static_assert(offsetof(struct lmp_recv_msg, words) == RECV_MSG_WORDS, "offsets.h");
_Static_assert(SYSCALL_LMP_SEND == SYSCALL_LMP_SEND_ASM, "offsets.h");
_Static_assert(LMP_RECV_WORDS == LMP_RECV_WORDS_ASM, "offsets.h");

// Whether nothing but a message can give this dispatcher something to do.
static bool would_sleep(struct dispatcher *disp)
{
    dispatch_poll(disp);
    return disp->run_queue == NULL && disp->timers == NULL && disp->polled == NULL;
}

errval_t lrpc_try_disabled(struct dispatcher *disp, struct capref to, uint32_t flags,
                           struct capref send_cap, struct lmp_endpoint *ep,
                           struct lmp_recv_msg *msg, struct capref *cap, enum lrpc_result *result)
{
    uint64_t to_caddr = get_cap_caddr(to), send_caddr = get_cap_caddr(send_cap);
    // In this order: what comes after would_sleep() has looked keeps the dispatcher from waiting.
    if (!would_sleep(disp) || lmp_endpoint_can_recv(ep) || lmp_endpoint_is_closed(ep)) {
        *result = LRPC_SENT;
        return sys_lmp_send(to_caddr, flags | LMP_FLAG_YIELD, send_caddr, msg->buf.msglen,
                            msg->words);
    }
    uint64_t received;
    disp->shared.tick = 0; // no thread is runnable
    disp->shared.lrpc_endpoint = lmp_endpoint_offset(ep);
    errval_t err = sys_lmp_call(to_caddr, flags | LMP_FLAG_CALL, send_caddr, msg, &received);
    if (disp->looked_for != 0) {
        dispatch_want_tick(disp);
    }
    if (err_is_fail(err)) {
        return err;
    }
    *result = (received & LMP_RECV_WORDS) != 0 ? LRPC_RECEIVED : LRPC_SENT;
    if (*result == LRPC_RECEIVED) {
        lmp_endpoint_take_cap(ep, (received & LMP_RECV_HAS_CAP) != 0, cap);
    }
    return SYS_ERR_OK;
}

static errval_t wait_until(struct lmp_endpoint *ep, struct lmp_recv_msg *msg, struct capref *cap,
                           systime_t deadline)
{
    struct waitset ws = WAITSET_INITIALIZER;
    msg->buf.buflen = LMP_MSG_LENGTH;
    for (;;) {
        errval_t err = lmp_endpoint_recv(ep, &msg->buf, cap);
        if (err_no(err) != LIB_ERR_NO_LMP_MSG) {
            return err;
        }
        err = lmp_endpoint_register(ep, &ws, NOP_CLOSURE);
        if (err_is_fail(err)) {
            return err;
        }
        err = event_dispatch_until(&ws, deadline);
        if (err_is_fail(err)) {
            (void)lmp_endpoint_deregister(ep);
            return err_push(err, LIB_ERR_RECV_TIMEOUT);
        }
    }
}

errval_t lrpc_wait(struct lmp_endpoint *ep, struct lmp_recv_msg *msg, struct capref *cap)
{
    return wait_until(ep, msg, cap, blocking_deadline(BLOCKING_FOREVER));
}

errval_t lrpc_call_until(struct capref server, uint32_t flags, struct capref send_cap,
                         struct lmp_endpoint *ep, struct lmp_recv_msg *msg, struct capref *cap,
                         systime_t deadline)
{
    if ((flags & ~(LMP_FLAG_GIVE | LMP_FLAG_NO_GRANT)) != 0 || msg->buf.msglen > LMP_MSG_LENGTH) {
        return LIB_ERR_INVALID_ARGS;
    }
    enum lrpc_result result = LRPC_SENT;
    struct dispatcher *disp = (struct dispatcher *)disp_disable();
    // Who waits in the CPU driver is not woken by a time.
    errval_t err = deadline != 0
                       ? sys_lmp_send(get_cap_caddr(server), flags | LMP_FLAG_YIELD,
                                      get_cap_caddr(send_cap), msg->buf.msglen, msg->words)
                       : lrpc_try_disabled(disp, server, flags, send_cap, ep, msg, cap, &result);
    disp_enable((dispatcher_handle_t)disp);
    if (err_is_fail(err) || result == LRPC_RECEIVED) {
        return err;
    }
    return wait_until(ep, msg, cap, deadline);
}

errval_t lrpc_call(struct capref server, uint32_t flags, struct capref send_cap,
                   struct lmp_endpoint *ep, struct lmp_recv_msg *msg, struct capref *cap)
{
    delayus_t limit_us = thread_self()->blocking_limit_us;
    systime_t deadline = limit_us != 0 ? blocking_deadline(limit_us) : 0;
    return lrpc_call_until(server, flags, send_cap, ep, msg, cap, deadline);
}
