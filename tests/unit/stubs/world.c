// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See world.h. In the place of ump_bind.c, monitor_export.c, capabilities.c, debug.c and the C
// library's memory.
#include "world.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/debug.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/syscalls.h"
#include "channel/ump_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HANGS_S 20u

/// A client's way to a service: a request on the server's waitset, the answer on the client's own.
struct link {
    struct monitor_bind_request request;
    struct monitor_export *service;
    struct waitset_chanstate chan;
    struct ump_chan *client;
    struct rings rings;
    unsigned ends; ///< open ones
};

struct world world;
static struct waitset default_waitset;
static long blocks_before;

void world_start(void)
{
    alarm(HANGS_S);
    world = (struct world){.blocks = world.blocks};
    waitset_init(&default_waitset);
    fibers_start();
    blocks_before = world.blocks;
}

void world_end(void)
{
    world.fail_memory_in = 0;
    fibers_end();
    if (world.blocks != blocks_before)
        printf("%ld blocks are left\n", world.blocks - blocks_before);
    CU_ASSERT_EQUAL(world.blocks, blocks_before);
    CU_ASSERT_EQUAL(waitset_destroy(&default_waitset), SYS_ERR_OK);
}

struct waitset *get_default_waitset(void)
{
    return &default_waitset;
}

// Channels.

struct rings rings_make(size_t bytes)
{
    char *memory = aligned_alloc(UMP_MSG_BYTES, 2 * bytes);
    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    memset(memory, 0, 2 * bytes);
    return (struct rings){{memory, memory + bytes}, bytes};
}

void rings_free(struct rings rings)
{
    free(rings.ends[0]);
}

static void link_leave(struct link *link)
{
    if (--link->ends == 0) {
        rings_free(link->rings);
        free(link);
    }
}

static void run_request(void *arg)
{
    struct link *link = arg;
    link->service->connect(link->service->st, &link->request);
}

static void run_bound(void *arg)
{
    struct ump_chan *uc = arg;
    struct ump_bind_continuation cont = uc->cont;
    errval_t err = uc->bind_err;
    if (err_is_fail(err))
        link_leave(uc->peer);
    cont.handler(cont.st, err, uc, NULL_CAP);
}

static struct monitor_export *service;

errval_t monitor_export_service(struct monitor_export *made, uint32_t index, struct waitset *ws,
                                void (*connect)(void *st, struct monitor_bind_request *request),
                                void *st, iref_t *iref)
{
    CU_ASSERT_EQUAL(index, 0);
    if (err_is_fail(world.export_error))
        return world.export_error;
    *made =
        (struct monitor_export){.iref = IREF_MAKE(1, 17), .ws = ws, .connect = connect, .st = st};
    service = made;
    *iref = made->iref;
    return SYS_ERR_OK;
}

static errval_t request(struct ump_chan *uc, iref_t iref, struct event_closure done,
                        struct waitset *ws)
{
    if (err_is_fail(world.bind_error))
        return world.bind_error;
    CU_ASSERT_EQUAL_FATAL(iref, service->iref);
    unsigned fail_memory_in = world.fail_memory_in;
    world.fail_memory_in = 0; // the monitor's is not meant
    struct link *link = malloc(sizeof(*link));
    CU_ASSERT_PTR_NOT_NULL_FATAL(link);
    *link = (struct link){.service = service, .client = uc, .ends = 1};
    link->rings = rings_make(DEFAULT_UMP_BUFLEN);
    world.fail_memory_in = fail_memory_in;
    link->request.client_out_bytes = link->request.client_in_bytes =
        world.client_bytes != 0 ? world.client_bytes : DEFAULT_UMP_BUFLEN;
    link->request.id = (uint64_t)link;
    link->request.client = world.client;
    CU_ASSERT_EQUAL(ump_chan_init(uc, link->rings.ends[0], link->rings.bytes, link->rings.ends[1],
                                  link->rings.bytes),
                    SYS_ERR_OK);
    uc->peer = link;
    CU_ASSERT_EQUAL(waitset_chan_register(ws, &uc->bind_chan, done), SYS_ERR_OK);
    waitset_chanstate_init(&link->chan, CHANTYPE_OTHER);
    return waitset_chan_trigger_closure(service->ws, &link->chan, MKCLOSURE(run_request, link));
}

errval_t ump_chan_bind(struct ump_chan *uc, struct ump_bind_continuation cont,
                       struct event_queue_node *qnode, iref_t iref,
                       struct monitor_binding *monitor_binding, size_t inchanlen, size_t outchanlen,
                       struct capref notify_cap)
{
    CU_ASSERT_TRUE(qnode == NULL && monitor_binding == NULL && capref_is_null(notify_cap));
    CU_ASSERT_TRUE(inchanlen == DEFAULT_UMP_BUFLEN && outchanlen == DEFAULT_UMP_BUFLEN);
    errval_t err = request(uc, iref, MKCLOSURE(run_bound, uc), &default_waitset);
    uc->cont = cont;
    return err;
}

errval_t ump_chan_bind_blocking(struct ump_chan *uc, iref_t iref, size_t inchanlen,
                                size_t outchanlen)
{
    struct waitset ws = WAITSET_INITIALIZER;
    CU_ASSERT_TRUE(inchanlen == DEFAULT_UMP_BUFLEN && outchanlen == DEFAULT_UMP_BUFLEN);
    errval_t err = request(uc, iref, NOP_CLOSURE, &ws);
    if (err_is_ok(err)) {
        (void)event_dispatch(&ws);
        err = uc->bind_err;
        if (err_is_fail(err))
            link_leave(uc->peer);
    }
    return err;
}

static errval_t answer(struct link *link, errval_t err)
{
    link->client->bind_err = err;
    return waitset_chan_trigger(&link->client->bind_chan);
}

errval_t ump_chan_accept(struct ump_chan *uc, struct monitor_bind_request *request)
{
    struct link *link = (struct link *)request->id;
    if (err_is_fail(world.accept_error)) {
        (void)monitor_refuse(request, world.accept_error);
        return world.accept_error;
    }
    CU_ASSERT_EQUAL(ump_chan_init(uc, link->rings.ends[1], link->rings.bytes, link->rings.ends[0],
                                  link->rings.bytes),
                    SYS_ERR_OK);
    uc->peer = link;
    link->ends++;
    return answer(link, SYS_ERR_OK);
}

errval_t monitor_refuse(struct monitor_bind_request *request, errval_t err)
{
    world.refused = err;
    return answer((struct link *)request->id, err_push(err, LIB_ERR_BIND_REFUSED));
}

void ump_chan_close(struct ump_chan *uc)
{
    urpc_close(&uc->state.ring);
    ump_chan_flush(uc);
    (void)waitset_chan_deregister(&uc->recv_chan);
    (void)waitset_chan_deregister(&uc->send_chan);
    if (uc->peer != NULL)
        link_leave(uc->peer);
    *uc = (struct ump_chan){.peer = NULL};
}

// Capabilities, output, system calls.

errval_t cap_destroy(struct capref cap)
{
    CU_ASSERT_FALSE(capref_is_null(cap));
    world.caps_destroyed++;
    world.cap_destroyed = cap;
    return SYS_ERR_OK;
}

void debug_printf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(world.text, sizeof(world.text), fmt, args);
    va_end(args);
}

void debug_err(const char *file, const char *func, int line, errval_t err, const char *msg, ...)
{
    (void)file;
    (void)func;
    (void)line;
    va_list args;
    va_start(args, msg);
    vsnprintf(world.text, sizeof(world.text), msg, args);
    va_end(args);
    world.printed++;
    world.printed_error = err;
}

void spawn_tell_waits(domainid_t peer, char *text, size_t bytes)
{
    snprintf(text, bytes, "waits for %u", peer);
}

struct sysret syscall_invoke(uint64_t caddr, uint64_t cmd, uint64_t arg1, uint64_t arg2,
                             uint64_t arg3, uint64_t arg4, uint64_t arg5, uint64_t arg6)
{
    (void)caddr, (void)cmd, (void)arg1, (void)arg2, (void)arg3, (void)arg4, (void)arg5, (void)arg6;
    CU_FAIL("no system call is expected");
    return (struct sysret){SYS_ERR_ILLEGAL_INVOCATION, 0, 0};
}

// The C library's memory, under the address sanitizer's own names.

void *__interceptor_malloc(size_t bytes);
void *__interceptor_calloc(size_t count, size_t bytes);
void *__interceptor_realloc(void *block, size_t bytes);
void *__interceptor_aligned_alloc(size_t alignment, size_t bytes);
void __interceptor_free(void *block);

static bool memory_fails(void)
{
    return world.fail_memory_in > 0 && --world.fail_memory_in == 0;
}

static void *counted(void *block)
{
    world.blocks += block != NULL;
    return block;
}

void *malloc(size_t bytes)
{
    return memory_fails() ? NULL : counted(__interceptor_malloc(bytes));
}

void *calloc(size_t count, size_t bytes)
{
    return memory_fails() ? NULL : counted(__interceptor_calloc(count, bytes));
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return memory_fails() ? NULL : counted(__interceptor_aligned_alloc(alignment, bytes));
}

void *realloc(void *block, size_t bytes)
{
    if (memory_fails())
        return NULL;
    bool is_new = block == NULL;
    block = __interceptor_realloc(block, bytes);
    return is_new ? counted(block) : block;
}

void free(void *block)
{
    world.blocks -= block != NULL;
    __interceptor_free(block);
}
