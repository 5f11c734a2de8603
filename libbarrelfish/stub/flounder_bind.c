// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Making bindings, over the monitors or in a frame that two sides share otherwise, and ending them.
// Circle: a binding that is made greets (flounder_hello.c), and ends where it is received from.
#include "stub.h"

#include "barrelfish/blocking.h"

#include <assert.h>
#include <stdlib.h>

struct flounder_stub *flounder_make(const struct flounder_interface *interface, struct waitset *ws,
                                    struct flounder_bind made)
{
    char *binding = calloc(1, interface->binding_bytes);
    struct flounder_bind *bind = malloc(sizeof(*bind));
    if (binding == NULL || bind == NULL) {
        free(binding);
        free(bind);
        return NULL;
    }
    struct flounder_stub *stub = (struct flounder_stub *)(binding + interface->stub_offset);
    *bind = made;
    stub->interface = interface;
    stub->server = !made.connects;
    stub->ws = ws;
    stub->bind = bind;
    list_init(&stub->waiting);
    waitset_chanstate_init(&stub->room_chan, CHANTYPE_OTHER);
    waitset_chanstate_init(&stub->sent_chan, CHANTYPE_OTHER);
    interface->init(stub, ws);
    return stub;
}

/// Frees a binding whose channel has been closed, or has not been opened.
void flounder_unmake(struct flounder_stub *stub)
{
    waitset_chanstate_destroy(&stub->room_chan);
    waitset_chanstate_destroy(&stub->sent_chan);
    free(stub->assembly.bytes);
    free(stub->pending[0].bytes);
    free(stub->pending[1].bytes);
    free(stub->bind);
    free(flounder_binding_of(stub));
}

void flounder_destroy(struct flounder_stub *stub)
{
    (void)ump_chan_deregister_recv(&stub->chan);
    (void)ump_chan_deregister_send(&stub->chan);
    ump_chan_close(&stub->chan);
    flounder_unmake(stub);
}

void flounder_close(struct flounder_stub *stub)
{
    if (stub->state != FLOUNDER_CLOSED) {
        stub->state = FLOUNDER_CLOSED;
        stub->ready = false;
        stub->err = LIB_ERR_CHAN_CLOSED;
        flounder_calls_end(stub, LIB_ERR_CHAN_CLOSED);
    }
    stub->freed = true;
    if (stub->receiver == NULL && stub->held == 0) {
        flounder_destroy(stub);
    } else { // A thread may wait for a line, or for room.
        (void)waitset_chan_trigger(&stub->chan.recv_chan);
        (void)waitset_chan_trigger(&stub->chan.send_chan);
    }
}

/// The channel is there: whoever connects says hello, and both listen.
errval_t flounder_greet(struct flounder_stub *stub)
{
    bool nested;
    errval_t err = stub->server ? SYS_ERR_OK : flounder_say_hello(stub);
    if (err_is_ok(err) && flounder_acquire(stub, &nested))
        flounder_release(stub, nested);
    return err;
}

static void bound(void *st, errval_t err, struct ump_chan *uc, struct capref notify_cap)
{
    struct flounder_stub *stub = st;
    (void)uc, (void)notify_cap;
    bool open = err_is_ok(err);
    if (open)
        err = flounder_greet(stub);
    if (err_is_ok(err))
        return;
    flounder_conclude(stub, err);
    if (open)
        flounder_destroy(stub);
    else
        flounder_unmake(stub);
}

errval_t flounder_bind(const struct flounder_interface *interface, iref_t iref,
                       flounder_bind_continuation_fn *cont, void *st, struct waitset *ws,
                       idc_bind_flags_t flags)
{
    (void)flags;
    struct flounder_bind bind = {.cont = cont, .st = st, .connects = true};
    struct flounder_stub *stub = flounder_make(interface, ws, bind);
    if (stub == NULL)
        return LIB_ERR_MALLOC_FAIL;
    errval_t err = ump_chan_bind(&stub->chan, (struct ump_bind_continuation){bound, stub}, NULL,
                                 iref, NULL, DEFAULT_UMP_BUFLEN, DEFAULT_UMP_BUFLEN, NULL_CAP);
    if (err_is_fail(err))
        flounder_unmake(stub);
    return err;
}

errval_t flounder_bind_blocking(const struct flounder_interface *interface, iref_t iref,
                                struct waitset *ws, idc_bind_flags_t flags, void **binding)
{
    (void)flags;
    errval_t result = LIB_ERR_BIND_TIMEOUT, err;
    struct flounder_bind bind = {.result = &result, .connects = true};
    struct flounder_stub *stub = flounder_make(interface, ws, bind);
    if (stub == NULL)
        return LIB_ERR_MALLOC_FAIL;
    err = ump_chan_bind_blocking(&stub->chan, iref, DEFAULT_UMP_BUFLEN, DEFAULT_UMP_BUFLEN);
    if (err_is_fail(err)) {
        flounder_unmake(stub);
        return err;
    }
    systime_t deadline = blocking_deadline(BLOCKING_LIMIT_US);
    bool nested, receives = flounder_acquire(stub, &nested);
    assert(receives && !nested); // F6: nobody knows it yet
    err = flounder_say_hello(stub);
    for (; err_is_ok(err) && stub->bind != NULL; flounder_receive(stub))
        err = flounder_wait(stub, deadline);
    if (err_is_ok(err))
        err = result;
    flounder_release(stub, nested);
    if (err_is_fail(err))
        flounder_close(stub);
    else
        *binding = flounder_binding_of(stub);
    return err_no(err) == LIB_ERR_TIMEOUT ? err_push(err, LIB_ERR_BIND_TIMEOUT) : err;
}

errval_t flounder_accept(const struct flounder_interface *interface, void *inbuf, size_t inbufsize,
                         void *outbuf, size_t outbufsize, flounder_bind_continuation_fn *cont,
                         void *st, struct waitset *ws, bool connects)
{
    struct flounder_bind bind = {.cont = cont, .st = st, .connects = connects};
    struct flounder_stub *stub = flounder_make(interface, ws, bind);
    if (stub == NULL)
        return LIB_ERR_MALLOC_FAIL;
    errval_t err = ump_chan_init(&stub->chan, inbuf, inbufsize, outbuf, outbufsize);
    if (err_is_ok(err))
        err = flounder_greet(stub);
    if (err_is_fail(err))
        flounder_unmake(stub);
    return err;
}

errval_t flounder_change_waitset(struct flounder_stub *stub, struct waitset *ws)
{
    bool nested;
    if (!flounder_acquire(stub, &nested))
        return FLOUNDER_ERR_TX_BUSY;
    stub->ws = ws;
    flounder_release(stub, nested);
    return SYS_ERR_OK;
}

errval_t flounder_control(struct flounder_stub *stub, idc_control_t control)
{
    (void)stub, (void)control;
    return SYS_ERR_OK;
}
