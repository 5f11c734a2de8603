// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Offering an interface: each client that the monitor brings gets a binding, which waits for its
// greeting.
#include "bind.h"

#include "barrelfish/monitor_client.h"

#include <stdlib.h>

/// A service that is offered, for ever.
struct service {
    struct monitor_export export;
    const struct flounder_interface *interface;
    idc_export_callback_fn *export_cb;
    flounder_connect_fn *connect_cb;
    void *st;
    struct waitset *ws;
    struct waitset_chanstate chan;
    iref_t iref;
    struct list greeting; ///< bindings that are not open yet
    struct flounder_room room;
    struct service *next;
};

static struct service *services;

void flounder_lend_memory(iref_t iref, void *bindings, size_t count)
{
    struct service *service = services;
    while (service->iref != iref)
        service = service->next;
    struct flounder_room *room = &service->room;
    size_t bytes = service->interface->binding_bytes;
    room->memory = bindings;
    room->bytes = count * bytes;
    for (size_t at = 0; at < room->bytes; at += bytes)
        list_add(&room->list, (struct list *)(room->memory + at));
}

static bool may_greet(const struct service *service, domainid_t client)
{
    unsigned count = 0;
    for (struct list *place = service->greeting.next; place != &service->greeting;
         place = place->next)
        count += LIST_OWNER(place, struct flounder_bind, place)->client == client;
    return count < FLOUNDER_GREETINGS_MAX;
}

/// A client wants to bind: takes its channel and waits for its hello.
static void on_request(void *st, struct monitor_bind_request *request)
{
    struct service *service = st;
    struct flounder_bind bind = {.connect_cb = service->connect_cb,
                                 .st = service->st,
                                 .client = request->client,
                                 .room = &service->room};
    struct flounder_stub *stub = NULL;
    bool large = !request->lmp && ump_request_is_large(request);
    errval_t err = large ? LIB_ERR_UMP_BUFSIZE : SYS_ERR_OK;
    if (err_is_ok(err) && !may_greet(service, request->client))
        err = MON_ERR_LIMIT;
    if (err_is_ok(err)) {
        stub = flounder_make(service->interface, service->ws, bind);
        err = stub == NULL ? LIB_ERR_MALLOC_FAIL : SYS_ERR_OK;
    }
    if (err_is_fail(err)) {
        (void)monitor_refuse(request, err);
        return;
    }
    list_add(&service->greeting, &stub->bind->place);
    err = flounder_accept_request(stub, request);
    if (err_is_ok(err))
        err = flounder_greet(stub);
    if (err_is_fail(err))
        flounder_destroy(stub);
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
    list_init(&(*service)->greeting);
    list_init(&(*service)->room.list);
    errval_t err = monitor_export_service(&(*service)->export, 0, made.ws, on_request, *service,
                                          &(*service)->iref);
    if (err_is_fail(err)) {
        free(*service);
        return err;
    }
    (*service)->next = services;
    services = *service;
    return SYS_ERR_OK;
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
