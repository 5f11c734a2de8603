// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// How a binding begins and ends. The client says first which messages it knows: how many, and a
// digest of their signatures. A server whose first messages are these welcomes it; any other one
// tells its own signatures, so that the client can say where the two differ, and refuses.
// Circle: what binds is sent and received like other messages, which asks here about its own.
#include "stub.h"

#include "barrelfish/blocking.h"
#include "barrelfish/debug.h"
#include "barrelfish/err.h"
#include "barrelfish/monitor_client.h"

#include <assert.h>
#include <stdlib.h>

/// A service that is offered.
struct service {
    struct monitor_export export;
    const struct flounder_interface *interface;
    idc_export_callback_fn *export_cb;
    flounder_connect_fn *connect_cb;
    void *st;
    struct waitset *ws;
    struct waitset_chanstate chan;
    iref_t iref;
};

/// What a binding needs until it is open.
struct flounder_bind {
    struct service *service; ///< of a server; NULL: a frame was shared otherwise
    flounder_bind_continuation_fn *cont;
    void *st;
    bool connects;
    errval_t *result; ///< of flounder_bind_blocking()
    bool refuses, refused, differs;
    unsigned next; ///< signature to be told, or heard
};

static uint64_t digest_step(uint64_t digest, uint64_t word)
{
    for (unsigned i = 0; i < 8; i++)
        digest = (digest ^ (word >> 8 * i & 0xff)) * 0x100000001b3;
    return digest;
}

/// Of the first `count` signatures.
static uint64_t digest_of(const struct flounder_interface *interface, unsigned count)
{
    uint64_t digest = 0xcbf29ce484222325;
    for (unsigned i = 0; i < count; i++)
        digest = digest_step(digest, interface->messages[i].digest);
    return digest;
}

static uint64_t digest_of_name(const char *name)
{
    uint64_t digest = 0xcbf29ce484222325;
    for (; *name != '\0'; name++)
        digest = digest_step(digest, (unsigned char)*name);
    return digest;
}

static void *binding_of(struct flounder_stub *stub)
{
    return (char *)stub - stub->interface->stub_offset;
}

static struct flounder_stub *stub_make(const struct flounder_interface *interface,
                                       struct waitset *ws, struct flounder_bind made)
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
static void stub_free(struct flounder_stub *stub)
{
    waitset_chanstate_destroy(&stub->room_chan);
    waitset_chanstate_destroy(&stub->sent_chan);
    free(stub->assembly.bytes);
    free(stub->pending[0].bytes);
    free(stub->pending[1].bytes);
    free(stub->bind);
    free(binding_of(stub));
}

void flounder_destroy(struct flounder_stub *stub)
{
    (void)ump_chan_deregister_recv(&stub->chan);
    (void)ump_chan_deregister_send(&stub->chan);
    ump_chan_close(&stub->chan);
    stub_free(stub);
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

/// The binding is open, or has failed to become so.
static void conclude(struct flounder_stub *stub, errval_t err)
{
    struct flounder_bind bind = *stub->bind;
    free(stub->bind);
    stub->bind = NULL;
    if (bind.result != NULL)
        *bind.result = err;
    if (bind.cont != NULL)
        bind.cont(bind.st, err, err_is_ok(err) ? binding_of(stub) : NULL);
}

static void open(struct flounder_stub *stub)
{
    stub->state = FLOUNDER_OPEN;
    stub->ready = stub->pending_count == 0; // F8
    conclude(stub, SYS_ERR_OK);
}

void flounder_bind_ended(struct flounder_stub *stub, errval_t err)
{
    bool blocking = stub->bind->result != NULL;
    conclude(stub, err);
    if (!stub->server && !blocking)
        flounder_close(stub);
}

static errval_t say_hello(struct flounder_stub *stub)
{
    const struct flounder_interface *interface = stub->interface;
    struct flounder_line line = {.words = {interface->count, digest_of(interface, interface->count),
                                           digest_of_name(interface->name)}};
    return flounder_send_own(stub, FLOUNDER_HELLO, 0, &line);
}

static errval_t refuse(struct flounder_stub *stub, errval_t err)
{
    struct flounder_line line = {.words = {err}};
    stub->bind->refuses = false;
    stub->bind->refused = true;
    return flounder_send_own(stub, FLOUNDER_REFUSE, 0, &line);
}

errval_t flounder_refuse(struct flounder_stub *stub)
{
    struct flounder_bind *bind = stub->bind;
    if (bind == NULL || !bind->refuses)
        return SYS_ERR_OK;
    const struct flounder_interface *interface = stub->interface;
    errval_t err = SYS_ERR_OK;
    while (err_is_ok(err) && bind->next < interface->count && stub->pending_count == 0)
        err = flounder_send_text(stub, FLOUNDER_SIGNATURE,
                                 interface->messages[bind->next++].signature);
    if (err_is_fail(err))
        bind->next = interface->count; // there is no memory: that it is refused has to be enough
    if (bind->refuses && bind->next == interface->count && stub->pending_count == 0)
        return refuse(stub, FLOUNDER_ERR_VERSION);
    return SYS_ERR_OK;
}

/// A client that speaks what the server does is welcome, unless the server's program refuses it.
static errval_t hear_hello(struct flounder_stub *stub, const uint64_t words[FLOUNDER_LINE_WORDS])
{
    const struct flounder_interface *interface = stub->interface;
    struct flounder_bind *bind = stub->bind;
    if (bind == NULL || !stub->server || bind->refuses || bind->refused)
        return FLOUNDER_ERR_INVALID_STATE;
    if (words[2] != digest_of_name(interface->name))
        return refuse(stub, FLOUNDER_ERR_INTERFACE);
    if (words[0] > interface->count || words[1] != digest_of(interface, (unsigned)words[0])) {
        bind->refuses = true;
        return flounder_refuse(stub);
    }
    struct service *service = bind->service;
    errval_t err =
        service != NULL ? service->connect_cb(service->st, binding_of(stub)) : SYS_ERR_OK;
    if (err_is_fail(err))
        return refuse(stub, err);
    struct flounder_line welcome = {.words = {interface->count}};
    err = flounder_send_own(stub, FLOUNDER_WELCOME, 0, &welcome);
    open(stub);
    return err;
}

/// Tells once where the server's messages differ from this program's.
static void tell_difference(struct flounder_stub *stub, const char *theirs)
{
    const struct flounder_interface *interface = stub->interface;
    struct flounder_bind *bind = stub->bind;
    const char *own =
        bind->next < interface->count ? interface->messages[bind->next].signature : NULL;
    if (!bind->differs && own != NULL &&
        (theirs == NULL || strncmp(own, theirs, FLOUNDER_TEXT_MOST) != 0)) {
        bind->differs = true;
        debug_printf("interface %s, message %u: this program has '%s', the server %s%s%s\n",
                     interface->name, bind->next + 1, own, theirs != NULL ? "'" : "",
                     theirs != NULL ? theirs : "has no such message", theirs != NULL ? "'" : "");
    }
    bind->next++;
}

errval_t flounder_signature(struct flounder_stub *stub, struct flounder_in *row)
{
    char text[FLOUNDER_SIGNATURE_BYTES];
    const char *theirs = flounder_get_text(row, text, sizeof(text));
    if (theirs == NULL || !flounder_complete(row))
        return FLOUNDER_ERR_RX_INVALID;
    if (stub->server || stub->bind == NULL)
        return FLOUNDER_ERR_INVALID_STATE;
    tell_difference(stub, theirs);
    return SYS_ERR_OK;
}

static errval_t hear_refusal(struct flounder_stub *stub, errval_t err)
{
    if (stub->server || stub->bind == NULL)
        return FLOUNDER_ERR_INVALID_STATE;
    if (err_no(err) == FLOUNDER_ERR_VERSION)
        tell_difference(stub, NULL);
    return err_push(err, LIB_ERR_BIND_REFUSED);
}

errval_t flounder_control_line(struct flounder_stub *stub, unsigned ctrl,
                               const uint64_t words[FLOUNDER_LINE_WORDS])
{
    switch (ctrl & 0xff) {
    case FLOUNDER_HELLO:
        return hear_hello(stub, words);
    case FLOUNDER_WELCOME:
        if (stub->server || stub->bind == NULL)
            return FLOUNDER_ERR_INVALID_STATE;
        open(stub);
        return SYS_ERR_OK;
    case FLOUNDER_REFUSE:
        return hear_refusal(stub, words[0]);
    case FLOUNDER_ERROR:
        return flounder_call_failed(stub, ctrl >> 8 & 0x7f, words[0]);
    default:
        return FLOUNDER_ERR_RX_INVALID_MSGNUM;
    }
}

/// The channel is there: whoever connects says hello, and both listen.
static errval_t begin(struct flounder_stub *stub)
{
    bool nested;
    errval_t err = stub->server ? SYS_ERR_OK : say_hello(stub);
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
        err = begin(stub);
    if (err_is_ok(err))
        return;
    conclude(stub, err);
    if (open)
        flounder_destroy(stub);
    else
        stub_free(stub);
}

errval_t flounder_bind(const struct flounder_interface *interface, iref_t iref,
                       flounder_bind_continuation_fn *cont, void *st, struct waitset *ws,
                       idc_bind_flags_t flags)
{
    (void)flags;
    struct flounder_bind bind = {.cont = cont, .st = st, .connects = true};
    struct flounder_stub *stub = stub_make(interface, ws, bind);
    if (stub == NULL)
        return LIB_ERR_MALLOC_FAIL;
    errval_t err = ump_chan_bind(&stub->chan, (struct ump_bind_continuation){bound, stub}, NULL,
                                 iref, NULL, DEFAULT_UMP_BUFLEN, DEFAULT_UMP_BUFLEN, NULL_CAP);
    if (err_is_fail(err))
        stub_free(stub);
    return err;
}

errval_t flounder_bind_blocking(const struct flounder_interface *interface, iref_t iref,
                                struct waitset *ws, idc_bind_flags_t flags, void **binding)
{
    (void)flags;
    errval_t result = LIB_ERR_BIND_TIMEOUT, err;
    struct flounder_bind bind = {.result = &result, .connects = true};
    struct flounder_stub *stub = stub_make(interface, ws, bind);
    if (stub == NULL)
        return LIB_ERR_MALLOC_FAIL;
    err = ump_chan_bind_blocking(&stub->chan, iref, DEFAULT_UMP_BUFLEN, DEFAULT_UMP_BUFLEN);
    if (err_is_fail(err)) {
        stub_free(stub);
        return err;
    }
    systime_t deadline = blocking_deadline(BLOCKING_LIMIT_US);
    bool nested, receives = flounder_acquire(stub, &nested);
    assert(receives && !nested); // F6: nobody knows it yet
    err = say_hello(stub);
    for (; err_is_ok(err) && stub->bind != NULL; flounder_receive(stub))
        err = flounder_wait(stub, deadline);
    if (err_is_ok(err))
        err = result;
    flounder_release(stub, nested);
    if (err_is_fail(err))
        flounder_close(stub);
    else
        *binding = binding_of(stub);
    return err_no(err) == LIB_ERR_TIMEOUT ? err_push(err, LIB_ERR_BIND_TIMEOUT) : err;
}

errval_t flounder_accept(const struct flounder_interface *interface, void *inbuf, size_t inbufsize,
                         void *outbuf, size_t outbufsize, flounder_bind_continuation_fn *cont,
                         void *st, struct waitset *ws, bool connects)
{
    struct flounder_bind bind = {.cont = cont, .st = st, .connects = connects};
    struct flounder_stub *stub = stub_make(interface, ws, bind);
    if (stub == NULL)
        return LIB_ERR_MALLOC_FAIL;
    errval_t err = ump_chan_init(&stub->chan, inbuf, inbufsize, outbuf, outbufsize);
    if (err_is_ok(err))
        err = begin(stub);
    if (err_is_fail(err))
        stub_free(stub);
    return err;
}

/// A client wants to bind: takes its channel and waits for its hello.
static void on_request(void *st, struct monitor_bind_request *request)
{
    struct service *service = st;
    struct flounder_bind bind = {.service = service};
    struct flounder_stub *stub = NULL;
    errval_t err = ump_request_is_large(request) ? LIB_ERR_UMP_BUFSIZE : SYS_ERR_OK;
    if (err_is_ok(err)) {
        stub = stub_make(service->interface, service->ws, bind);
        err = stub == NULL ? LIB_ERR_MALLOC_FAIL : SYS_ERR_OK;
    }
    if (err_is_fail(err)) {
        (void)monitor_refuse(request, err);
        return;
    }
    if (err_is_fail(ump_chan_accept(&stub->chan, request)))
        stub_free(stub);
    else
        (void)!begin(stub);
}

static void on_exported(void *arg)
{
    struct service *service = arg;
    service->export_cb(service->st, SYS_ERR_OK, service->iref);
}

static errval_t export(const struct flounder_interface *interface, struct service made,
                       struct service **service)
{
    *service = malloc(sizeof(**service));
    if (*service == NULL)
        return LIB_ERR_MALLOC_FAIL;
    **service = made;
    (*service)->interface = interface;
    waitset_chanstate_init(&(*service)->chan, CHANTYPE_OTHER);
    errval_t err =
        monitor_export(&(*service)->export, 0, made.ws, on_request, *service, &(*service)->iref);
    if (err_is_fail(err))
        free(*service);
    return err;
}

errval_t flounder_export(const struct flounder_interface *interface, void *st,
                         idc_export_callback_fn *export_cb, flounder_connect_fn *connect_cb,
                         struct waitset *ws, idc_export_flags_t flags)
{
    (void)flags;
    struct service *service, made = {.export_cb = export_cb, .connect_cb = connect_cb};
    made.st = st;
    made.ws = ws;
    errval_t err = export(interface, made, &service);
    return err_is_ok(err)
               ? waitset_chan_trigger_closure(ws, &service->chan, MKCLOSURE(on_exported, service))
               : err;
}

errval_t flounder_export_blocking(const struct flounder_interface *interface, void *st,
                                  flounder_connect_fn *connect_cb, struct waitset *ws, iref_t *iref)
{
    struct service *service, made = {.connect_cb = connect_cb, .st = st, .ws = ws};
    errval_t err = export(interface, made, &service);
    if (err_is_ok(err))
        *iref = service->iref;
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
