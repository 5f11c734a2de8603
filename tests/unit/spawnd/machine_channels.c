// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Events, channels over UMP with the other end of each, and where text goes.
#include "machine_internal.h"

#include "barrelfish/terminal.h"
#include "barrelfish/threads.h"
#include "if/monitor.h"

#include <fakes/fakes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PEERS = 1200, LINES = 40 };

struct line {
    uint64_t words[UMP_PAYLOAD_WORDS];
    uint16_t ctrl;
};

struct ring {
    struct line lines[LINES];
    unsigned count;
};

struct peer {
    struct ump_chan *chan; ///< NULL: spawnd has closed it
    bool gone;             ///< the peer has
    bool waits_recv, waits_send;
    struct event_closure recv, send;
    unsigned ring_lines;
    struct ring in, out; ///< of spawnd
    struct ump_message last;
};

static struct peer peers[PEERS];
static unsigned peers_count;
static struct peer *accepting;
static void (*connect_func)(void *st, struct monitor_bind_request *request);
static void *connect_st;
static terminal_write_fn write_func;
static thread_func_t thread_func;
static void *thread_arg;

void channels_start(void)
{
    fake_waitset_start();
    peers_count = 0;
    thread_func = NULL;
    write_func = NULL;
}

static bool dispatch_peer(struct peer *peer)
{
    bool can_recv = peer->in.count > 0 || peer->gone;
    bool can_send = peer->out.count < peer->ring_lines || peer->gone;
    bool recv = peer->waits_recv && can_recv, send = !recv && peer->waits_send && can_send;
    struct event_closure closure = recv ? peer->recv : peer->send;
    peer->waits_recv = peer->waits_recv && !recv;
    peer->waits_send = peer->waits_send && !send;
    if (peer->chan == NULL || !(recv || send))
        return false;
    closure.handler(closure.arg);
    return true;
}

bool machine_dispatch(void)
{
    bool done = fake_waitset_dispatch() || services_dispatch();
    for (unsigned i = 0; i < peers_count && !done; i++)
        done = dispatch_peer(&peers[i]);
    return done;
}

void machine_run(void)
{
    unsigned events = 0;
    while (events < 100000 && machine_dispatch())
        events++;
    CU_ASSERT(events < 100000);
}

// Channels.

static struct peer *peer_of(const struct ump_chan *uc)
{
    for (unsigned i = 0; i < peers_count; i++)
        if (peers[i].chan == uc)
            return &peers[i];
    CU_FAIL_FATAL("a channel that is not open");
    return NULL;
}

struct peer *peer_new(struct ump_chan *uc)
{
    CU_ASSERT_FATAL(peers_count < PEERS);
    struct peer *peer = &peers[peers_count++];
    memset(peer, 0, sizeof(*peer));
    peer->chan = uc;
    peer->ring_lines = machine.ring_lines;
    return peer;
}

errval_t monitor_export_service(struct monitor_export *service, uint32_t index, struct waitset *ws,
                                void (*connect)(void *st, struct monitor_bind_request *request),
                                void *st, iref_t *iref)
{
    CU_ASSERT(service != NULL && ws == get_default_waitset() && iref != NULL);
    CU_ASSERT_EQUAL(index, IREF_INDEX_SPAWND);
    connect_func = connect;
    connect_st = st;
    return machine_fails(CALL_EXPORT);
}

errval_t monitor_refuse(struct monitor_bind_request *request, errval_t err)
{
    (void)request;
    CU_ASSERT_EQUAL(machine.refusal, SYS_ERR_OK); // once
    machine.refusal = err;
    return SYS_ERR_OK;
}

struct peer *machine_bind(const struct monitor_bind_request *request)
{
    struct monitor_bind_request copy = *request;
    accepting = NULL;
    machine.refusal = SYS_ERR_OK;
    connect_func(connect_st, &copy);
    CU_ASSERT((accepting == NULL) == err_is_fail(machine.refusal));
    return accepting;
}

struct peer *machine_connect(domainid_t client, domainid_t family)
{
    return machine_bind(&(struct monitor_bind_request){
        .client = client, .family = family, .client_in_bytes = 2048});
}

errval_t ump_chan_accept(struct ump_chan *uc, struct monitor_bind_request *request)
{
    (void)request;
    errval_t err = machine_fails(CALL_ACCEPT);
    machine.refusal = err;
    if (err_is_ok(err))
        accepting = peer_new(uc);
    return err;
}

void ump_chan_close(struct ump_chan *uc)
{
    struct peer *peer = peer_of(uc);
    peer->chan = NULL;
    peer->waits_recv = peer->waits_send = false;
    if (peer == accepting) // It is told by the closing.
        machine.refusal = LIB_ERR_CHAN_CLOSED;
    if (peer == accepting)
        accepting = NULL;
}

errval_t ump_chan_recv(struct ump_chan *uc, volatile struct ump_message **msg)
{
    struct peer *peer = peer_of(uc);
    errval_t err = machine_fails(CALL_RECV);
    if (err_is_fail(err))
        return err;
    if (peer->in.count == 0)
        return peer->gone ? LIB_ERR_CHAN_CLOSED : LIB_ERR_NO_UMP_MSG;
    memcpy(peer->last.data, peer->in.lines[0].words, sizeof(peer->last.data));
    memmove(&peer->in.lines[0], &peer->in.lines[1], --peer->in.count * sizeof(peer->in.lines[0]));
    *msg = &peer->last;
    return SYS_ERR_OK;
}

errval_t ump_chan_send(struct ump_chan *uc, const uint64_t words[UMP_PAYLOAD_WORDS], uint16_t ctrl)
{
    struct peer *peer = peer_of(uc);
    errval_t err = machine_fails(CALL_SEND);
    if (err_is_fail(err))
        return err;
    if (peer->gone)
        return LIB_ERR_CHAN_CLOSED;
    if (peer->out.count == peer->ring_lines)
        return LIB_ERR_UMP_FULL;
    struct line *line = &peer->out.lines[peer->out.count++];
    memcpy(line->words, words, sizeof(line->words));
    line->ctrl = ctrl;
    return SYS_ERR_OK;
}

static errval_t register_closure(enum machine_call call, struct waitset *ws, bool *waits,
                                 struct event_closure *place, struct event_closure closure)
{
    errval_t err = *waits ? LIB_ERR_CHAN_ALREADY_REGISTERED : machine_fails(call);
    CU_ASSERT_PTR_EQUAL(ws, get_default_waitset());
    if (err_is_ok(err)) {
        *waits = true;
        *place = closure;
    }
    return err;
}

errval_t ump_chan_register_recv(struct ump_chan *uc, struct waitset *ws,
                                struct event_closure closure)
{
    struct peer *peer = peer_of(uc);
    return register_closure(CALL_REGISTER_RECV, ws, &peer->waits_recv, &peer->recv, closure);
}

errval_t ump_chan_register_send(struct ump_chan *uc, struct waitset *ws,
                                struct event_closure closure)
{
    struct peer *peer = peer_of(uc);
    return register_closure(CALL_REGISTER_SEND, ws, &peer->waits_send, &peer->send, closure);
}

bool peer_send(struct peer *peer, const uint64_t words[UMP_PAYLOAD_WORDS])
{
    if (peer->chan == NULL || peer->in.count == peer->ring_lines)
        return false;
    memcpy(peer->in.lines[peer->in.count++].words, words, sizeof(peer->in.lines[0].words));
    return true;
}

bool peer_recv(struct peer *peer, uint64_t words[UMP_PAYLOAD_WORDS], uint16_t *ctrl)
{
    if (peer->out.count == 0)
        return false;
    memcpy(words, peer->out.lines[0].words, sizeof(peer->out.lines[0].words));
    *ctrl = peer->out.lines[0].ctrl;
    memmove(&peer->out.lines[0], &peer->out.lines[1],
            --peer->out.count * sizeof(peer->out.lines[0]));
    return true;
}

void peer_close(struct peer *peer)
{
    peer->gone = true;
}

bool peer_is_closed(const struct peer *peer)
{
    return peer->chan == NULL;
}

void peers_close(void)
{
    for (unsigned i = 0; i < peers_count; i++)
        peer_close(&peers[i]);
}

// Threads, of which there is one.

struct thread *thread_create(thread_func_t start_func, void *data)
{
    if (err_is_fail(machine_fails(CALL_THREAD)))
        return NULL;
    thread_func = start_func;
    thread_arg = data;
    return (struct thread *)&thread_func;
}

errval_t thread_detach(struct thread *thread)
{
    CU_ASSERT_PTR_EQUAL(thread, &thread_func);
    return SYS_ERR_OK;
}

bool machine_run_thread(void)
{
    thread_func_t func = thread_func;
    thread_func = NULL;
    if (func != NULL)
        func(thread_arg);
    return func != NULL;
}

// Text.

errval_t sys_print(const char *string, size_t length)
{
    CU_ASSERT_FATAL(length <= sizeof(machine.printed) - machine.printed_bytes);
    memcpy(machine.printed + machine.printed_bytes, string, length);
    machine.printed_bytes += length;
    return SYS_ERR_OK;
}

terminal_write_fn terminal_set_write(terminal_write_fn write)
{
    terminal_write_fn before = write_func;
    write_func = write;
    return before;
}

static void write_text(const char *format, va_list args)
{
    char text[512];
    size_t length = (size_t)vsnprintf(text, sizeof(text), format, args);
    CU_ASSERT_EQUAL(write_func(text, length), length);
}

void debug_printf(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    write_text(fmt, args);
    va_end(args);
}

void debug_err(const char *file, const char *func, int line, errval_t err, const char *msg, ...)
{
    va_list args;
    (void)file;
    (void)func;
    (void)line;
    machine.last_err = err;
    va_start(args, msg);
    write_text(msg, args);
    va_end(args);
}
