// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls that hand the core over (LMP_FLAG_CALL of kpi/syscalls.h). The calling thread stays the
// dispatcher's current one, disabled, while the dispatcher waits; that is only right if the
// dispatcher would have gone to sleep otherwise, which is looked at first. Any other message ends
// the wait, and so does the end of all who could send one; what it brings is then found in the
// ordinary way.

#include "barrelfish/lrpc.h"

#include "barrelfish/syscalls.h"
#include "dispatch/dispatcher.h"
#include "syscall/arch/x86_64/lmp_offsets.h"

_Static_assert(offsetof(struct lmp_recv_msg, buf.msglen) == RECV_MSG_LENGTH, "lmp_offsets.h");
_Static_assert(offsetof(struct lmp_recv_msg, buf.badge) == RECV_MSG_BADGE, "lmp_offsets.h");
_Static_assert(offsetof(struct lmp_recv_msg, words) == RECV_MSG_WORDS, "lmp_offsets.h");
_Static_assert(SYSCALL_LMP_SEND == SYSCALL_LMP_SEND_ASM, "lmp_offsets.h");
_Static_assert(LMP_RECV_WORDS == LMP_RECV_WORDS_ASM, "lmp_offsets.h");

/// Whether nothing but a message can give this dispatcher something to do, which has been polled.
static bool would_sleep(struct dispatcher *disp)
{
    return disp->run_queue == NULL && disp->timers == NULL && disp->polled == NULL;
}

errval_t lrpc_try_disabled(struct dispatcher *disp, uint64_t to, uint64_t flags, uint64_t send_cap,
                           struct lmp_endpoint *ep, struct lmp_recv_msg *msg, uint64_t *received)
{
    // In this order: what comes after would_sleep() has looked keeps the dispatcher from waiting.
    if (!would_sleep(disp) || lmp_endpoint_can_recv(ep) || lmp_endpoint_is_closed(ep)) {
        return sys_lmp_send(to, (uint32_t)flags | LMP_FLAG_YIELD, send_cap, msg->buf.msglen,
                            msg->words);
    }
    disp->shared.tick = 0; // no thread is runnable
    disp->shared.lrpc_endpoint = (uint64_t)ep->kern - (uint64_t)disp;
    errval_t err = sys_lmp_call(to, flags | LMP_FLAG_CALL, send_cap, msg, received);
    if (disp->looked_for != 0)
        dispatch_want_tick(disp);
    return err;
}

errval_t lrpc_wait_until(struct lmp_endpoint *ep, struct lmp_recv_msg *msg, struct capref *cap,
                         systime_t deadline)
{
    struct waitset ws = WAITSET_INITIALIZER;
    msg->buf.buflen = LMP_MSG_LENGTH;
    for (;;) {
        errval_t err = lmp_endpoint_recv(ep, &msg->buf, cap);
        if (err_no(err) != LIB_ERR_NO_LMP_MSG)
            return err;
        err = lmp_endpoint_register(ep, &ws, NOP_CLOSURE);
        if (err_is_fail(err))
            return err;
        err = event_dispatch_until(&ws, deadline);
        if (err_is_fail(err)) {
            (void)lmp_endpoint_deregister(ep);
            return err_push(err, LIB_ERR_RECV_TIMEOUT);
        }
    }
}

/// Sends, and waits until `deadline` (0: none) and, if it has none, for about `limit_us`. The core
/// goes with the message if there is no deadline: who waits in the CPU driver is not woken by a
/// time, but only looked at now and then. What is left to wait then is waited for here.
static inline __attribute__((always_inline)) errval_t
call(struct capref server, uint32_t flags, struct capref send_cap, struct lmp_endpoint *ep,
     struct lmp_recv_msg *msg, struct capref *cap, systime_t deadline, delayus_t limit_us)
{
    if ((flags & ~(LMP_FLAG_GIVE | LMP_FLAG_NO_GRANT)) != 0 || msg->buf.msglen > LMP_MSG_LENGTH)
        return LIB_ERR_INVALID_ARGS;
    uint64_t to = get_cap_caddr(server), send_caddr = get_cap_caddr(send_cap), received = 0;
    struct dispatcher *disp = dispatch_disable();
    if (limit_us != BLOCKING_FOREVER && disp->shared.watched == 0)
        sys_watch();
    dispatch_poll(disp);
    errval_t err =
        deadline == 0
            ? lrpc_try_disabled(disp, to, flags, send_caddr, ep, msg, &received)
            : sys_lmp_send(to, flags | LMP_FLAG_YIELD, send_caddr, msg->buf.msglen, msg->words);
    dispatch_enable(disp);
    if (err_is_fail(err))
        return err;
    if (received == 0) {
        deadline = limit_us != BLOCKING_FOREVER ? blocking_until(limit_us) : deadline;
        return lrpc_wait_until(ep, msg, cap, deadline);
    }
    lmp_endpoint_take_cap(ep, (received & LMP_RECV_HAS_CAP) != 0, cap);
    return SYS_ERR_OK;
}

errval_t lrpc_call_until(struct capref server, uint32_t flags, struct capref send_cap,
                         struct lmp_endpoint *ep, struct lmp_recv_msg *msg, struct capref *cap,
                         systime_t deadline)
{
    return call(server, flags, send_cap, ep, msg, cap, deadline, BLOCKING_FOREVER);
}

errval_t lrpc_call(struct capref server, uint32_t flags, struct capref send_cap,
                   struct lmp_endpoint *ep, struct lmp_recv_msg *msg, struct capref *cap)
{
    return disp_self()->current->blocking_limit_us != 0
               ? lrpc_call_until(server, flags, send_cap, ep, msg, cap, blocking_deadline(0))
               : call(server, flags, send_cap, ep, msg, cap, 0, BLOCKING_LIMIT_US);
}
