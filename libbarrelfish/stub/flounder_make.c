// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The beginning and the end of a binding, whatever its channel is and whoever has made that.
// Circle: a binding that is made greets (flounder_hello.c), and ends where it is received from.
#include "stub.h"

#include "barrelfish/dispatch.h"

#include <assert.h>
#include <stdlib.h>

static void listen(struct flounder_inlet *inlet)
{
    flounder_listen(LIST_OWNER(inlet, struct flounder_stub, own_inlet));
}

void flounder_prepare(struct flounder_stub *stub, const struct flounder_interface *interface,
                      struct waitset *ws, struct flounder_bind *bind)
{
    stub->interface = interface;
    stub->server = !bind->connects;
    stub->ws = ws;
    stub->bind = bind;
    stub->inlet = &stub->own_inlet;
    for (unsigned i = 0; i < interface->count; i++)
        stub->brings_caps = stub->brings_caps || interface->messages[i].caps > 0;
    list_init(&stub->own_inlet.waiting);
    stub->own_inlet.listen = listen;
    list_init(&stub->calls);
    list_init(&stub->pending);
    waitset_chanstate_init(&stub->room_chan, CHANTYPE_OTHER);
    waitset_chanstate_init(&stub->sent_chan, CHANTYPE_OTHER);
    waitset_chanstate_init(&stub->lmp.gone_chan, CHANTYPE_OTHER);
    waitset_chanstate_init(&stub->lmp.broken_chan, CHANTYPE_OTHER);
    deferred_event_init(&stub->lmp.again);
    interface->init(stub, ws);
}

static void *get_memory(const struct flounder_interface *interface, struct flounder_room *room)
{
    struct list *place = NULL;
    dispatcher_handle_t handle = disp_disable();
    if (room != NULL && !list_is_empty(&room->list)) {
        place = room->list.next;
        list_remove(place);
    }
    disp_enable(handle);
    return place != NULL ? memset(place, 0, interface->binding_bytes)
                         : calloc(1, interface->binding_bytes);
}

static void put_memory(void *binding, struct flounder_room *room)
{
    if (room == NULL || (uintptr_t)binding - (uintptr_t)room->memory >= room->bytes) {
        free(binding);
        return;
    }
    dispatcher_handle_t handle = disp_disable();
    list_add(&room->list, binding);
    disp_enable(handle);
}

struct flounder_stub *flounder_make(const struct flounder_interface *interface, struct waitset *ws,
                                    struct flounder_bind made)
{
    char *binding = get_memory(interface, made.room);
    struct flounder_bind *bind = malloc(sizeof(*bind));
    if (binding == NULL || bind == NULL) {
        put_memory(binding, made.room);
        free(bind);
        return NULL;
    }
    struct flounder_stub *stub = (struct flounder_stub *)(binding + interface->stub_offset);
    *bind = made;
    list_init(&bind->place);
    stub->room = made.room;
    flounder_prepare(stub, interface, ws, bind);
    return stub;
}

void flounder_bind_free(struct flounder_stub *stub)
{
    if (stub->bind != NULL && !stub->lasts) {
        list_remove(&stub->bind->place);
        free(stub->bind);
    }
    stub->bind = NULL;
}

/// Frees a binding whose channel has been closed, or has not been opened.
void flounder_unmake(struct flounder_stub *stub)
{
    waitset_chanstate_destroy(&stub->room_chan);
    waitset_chanstate_destroy(&stub->sent_chan);
    flounder_caps_forget(stub);
    flounder_drop_pending(stub);
    free(stub->assembly.bytes);
    free(stub->made);
    free(stub->noted);
    if (!stub->lasts) {
        flounder_bind_free(stub);
        put_memory(flounder_binding_of(stub), stub->room);
    }
}

void flounder_destroy(struct flounder_stub *stub)
{
    if (stub->over_lmp) {
        stub->over_lmp->close(stub);
    } else {
        (void)ump_chan_deregister_recv(&stub->chan);
        (void)ump_chan_deregister_send(&stub->chan);
    }
    if (stub->unbind != NULL)
        stub->unbind(stub);
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
    if (stub->held == 0) {
        flounder_destroy(stub);
    } else if (stub->over_lmp) { // A thread may wait for a line, or for room.
        stub->over_lmp->wake(stub);
    } else {
        (void)waitset_chan_trigger(&stub->chan.recv_chan);
        (void)waitset_chan_trigger(&stub->chan.send_chan);
    }
}

/// Slots for capabilities, if messages bring any; over LMP one is kept at the endpoint.
static errval_t reserve_caps(struct flounder_stub *stub)
{
    return stub->brings_caps && !stub->over_lmp ? ump_chan_reserve_caps(&stub->chan) : SYS_ERR_OK;
}

/// The channel is there: whoever connects says hello, and both listen.
errval_t flounder_greet(struct flounder_stub *stub)
{
    bool nested;
    errval_t err = reserve_caps(stub);
    if (err_is_ok(err) && !stub->server)
        err = flounder_say_hello(stub);
    if (err_is_ok(err) && flounder_acquire(stub, &nested))
        flounder_release(stub, nested);
    return err;
}

errval_t flounder_greet_blocking(struct flounder_stub *stub, systime_t deadline)
{
    bool nested, receives = flounder_acquire(stub, &nested);
    assert(receives && !nested); // F6: nobody knows it yet
    errval_t err = reserve_caps(stub);
    if (err_is_ok(err))
        err = flounder_say_hello(stub);
    for (; err_is_ok(err) && stub->bind != NULL; flounder_receive(stub))
        err = flounder_wait(stub, deadline);
    flounder_release(stub, nested);
    return err;
}

/// The frame stays its owner's.
static void close_shared(struct flounder_stub *stub)
{
    urpc_close(&stub->chan.state.ring);
    ump_chan_flush(&stub->chan);
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
    stub->unbind = close_shared;
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
    if (control < IDC_CONTROL_DISPATCH || control > IDC_CONTROL_RESUME)
        return LIB_ERR_INVALID_ARGS;
    if (control >= IDC_CONTROL_PAUSE && stub->lmp.badge != 0)
        return LIB_ERR_NOT_IMPLEMENTED; // lines come to all bindings of a server at one place
    if (control >= IDC_CONTROL_PAUSE)
        stub->paused = control == IDC_CONTROL_PAUSE;
    else
        stub->dispatches = control == IDC_CONTROL_DISPATCH;
    bool nested;
    if (flounder_acquire(stub, &nested)) // else whoever receives does the rest
        flounder_release(stub, nested);
    return SYS_ERR_OK;
}
