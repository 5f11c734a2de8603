// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Standard input and output over a binding to the console's service (console.if). It is bound at the
// first use; as long as the service is not registered, and in domains that spawnd did not make, among
// them all on which the console stands, output goes to sys_print(). Nobody listens to it but who waits
// for an answer, or for room, which is told on a waitset of its own. One mutex for each direction:
// whoever waits for input does not keep others from writing.
// TC1 `sender` has the mutex `send`.
#include "barrelfish/terminal_client.h"

#include "barrelfish/blocking.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/console.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/personality.h"
#include "barrelfish/syscalls.h"
#include "barrelfish/terminal.h"
#include "barrelfish/threads.h"
#include "if/console_defs.h"

#include <assert.h>
#include <string.h>

#define WRITE_BYTES ((size_t)console__write_text_MAX_ARGUMENT_SIZE)

static struct {
    struct thread_mutex send, recv;
    struct console_binding
        *binding;          ///< NULL: there was no console yet; it is kept when it has ended
    struct thread *sender; ///< who has `send` for text
    struct waitset ws;
} terminal = {.ws = WAITSET_INITIALIZER};

/// With `send` held.
static bool find_console(void)
{
    iref_t iref;
    if (terminal.binding == NULL && err_is_ok(nameservice_lookup(CONSOLE_NAME, &iref)) &&
        err_is_ok(console_bind_blocking(iref, &terminal.ws, IDC_BIND_FLAG_UMP, &terminal.binding)))
        (void)terminal.binding->control(terminal.binding, IDC_CONTROL_PAUSE);
    return terminal.binding != NULL;
}

/// With `send` held: waits until a message can be sent, or the binding has ended.
static errval_t await_room(void)
{
    errval_t err = flounder_poll(&terminal.binding->stub);
    if (err_is_ok(err))
        err = terminal.binding->register_send(terminal.binding, &terminal.ws, NOP_CLOSURE);
    return err_is_ok(err) || err_no(err) == LIB_ERR_CHAN_ALREADY_REGISTERED
               ? event_dispatch(&terminal.ws)
               : err;
}

/// With `send` held: the text as one whole, if it is not too long for that; returns the bytes sent.
static size_t send_text(const char *data, size_t length)
{
    size_t sent = 0;
    errval_t err = SYS_ERR_OK;
    while (sent < length && err_is_ok(err)) {
        size_t left = length - sent, bytes = left < WRITE_BYTES ? left : WRITE_BYTES;
        err = console_write__tx(terminal.binding, NOP_CONT, bytes < left, data + sent, bytes);
        sent += err_is_ok(err) ? bytes : 0;
        if (err_no(err) == FLOUNDER_ERR_TX_BUSY)
            err = await_room();
    }
    return sent;
}

static size_t write_text(const char *data, size_t length)
{
    size_t sent = 0;
    if (terminal.sender != thread_self()) { // else it has a mistake to tell of that it met here
        thread_mutex_lock(&terminal.send);
        terminal.sender = thread_self();
        if (find_console() && err_is_ok(flounder_poll(&terminal.binding->stub)))
            sent = send_text(data, length);
        assert(terminal.sender == thread_self()); // TC1
        terminal.sender = NULL;
        thread_mutex_unlock(&terminal.send);
    }
    if (sent < length && err_is_ok(sys_print(data + sent, length - sent)))
        sent = length;
    return sent;
}

static size_t write_last(const char *data, size_t length)
{
    size_t sent = 0;
    if (terminal.binding != NULL && thread_mutex_trylock(&terminal.send)) {
        sent = send_text(data, length);
        thread_mutex_unlock(&terminal.send);
    }
    if (sent < length && err_is_ok(sys_print(data + sent, length - sent)))
        sent = length;
    return sent;
}

/// Whether there is a console to be called.
static bool has_console(void)
{
    thread_mutex_lock(&terminal.send);
    bool found = find_console();
    thread_mutex_unlock(&terminal.send);
    return found;
}

/// With `recv` held. Like all that is asked of who types or of the UART, it takes as long as it takes.
static errval_t flush(void)
{
    if (!has_console())
        return LIB_ERR_CHAN_CLOSED;
    delayus_t limit = blocking_set_limit(BLOCKING_FOREVER);
    errval_t err = console_flush(terminal.binding);
    (void)blocking_set_limit(limit);
    return err;
}

errval_t terminal_flush(void)
{
    thread_mutex_lock(&terminal.recv);
    errval_t err = flush();
    thread_mutex_unlock(&terminal.recv);
    return err;
}

/// If another thread waits for input, or this one faulted in the middle of a write, what was sent
/// is shown anyway; only nobody waits for it.
void terminal_end(void)
{
    if (terminal.binding == NULL || !thread_mutex_trylock(&terminal.recv))
        return;
    if (thread_mutex_trylock(&terminal.send)) {
        thread_mutex_unlock(&terminal.send);
        (void)flush();
    }
    thread_mutex_unlock(&terminal.recv);
}

static size_t read_input(console_how_t how, char *buf, size_t bytes, bool *typed)
{
    char text[console__read_text_MAX_ARGUMENT_SIZE];
    size_t got = 0;
    bool by_hand = true;
    thread_mutex_lock(&terminal.recv);
    if (has_console()) {
        delayus_t limit = blocking_set_limit(BLOCKING_FOREVER);
        errval_t err = console_read(terminal.binding, how, bytes, &by_hand, text, &got);
        (void)blocking_set_limit(limit);
        got = err_is_ok(err) && got <= bytes ? got : 0;
    }
    thread_mutex_unlock(&terminal.recv);
    memcpy(buf, text, got);
    if (typed != NULL)
        *typed = by_hand;
    return got;
}

size_t terminal_read_line(char *buf, size_t bytes)
{
    return read_input(console_LINE, buf, bytes, NULL);
}

size_t terminal_read_raw(char *buf, size_t bytes, bool *typed)
{
    return read_input(console_RAW, buf, bytes, typed);
}

errval_t terminal_set_foreground(domainid_t domain)
{
    thread_mutex_lock(&terminal.send);
    errval_t err = find_console() ? FLOUNDER_ERR_TX_BUSY : LIB_ERR_CHAN_CLOSED;
    while (err_no(err) == FLOUNDER_ERR_TX_BUSY) {
        err = console_foreground__tx(terminal.binding, NOP_CONT, domain);
        if (err_no(err) == FLOUNDER_ERR_TX_BUSY && err_is_fail(await_room()))
            err = LIB_ERR_CHAN_CLOSED;
    }
    thread_mutex_unlock(&terminal.send);
    return err;
}

bool terminal_await_interrupt(void)
{
    bool typed = false;
    thread_mutex_lock(&terminal.recv);
    if (has_console()) {
        delayus_t limit = blocking_set_limit(BLOCKING_FOREVER);
        if (err_is_fail(console_await_interrupt(terminal.binding, &typed)))
            typed = false;
        (void)blocking_set_limit(limit);
    }
    thread_mutex_unlock(&terminal.recv);
    return typed;
}

__attribute__((constructor)) static void terminal_client_start(void)
{
    struct capability identity;
    if (err_is_ok(cap_identify(cap_spawndep, &identity))) {
        (void)terminal_set_write(write_text);
        terminal_set_write_last(write_last);
        (void)personality_set_read(terminal_read_line);
    }
}
