// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Standard input and output over a channel to the console's service (if/console.h). Connects at the
// first use; as long as the service is not registered, and in domains that spawnd did not make,
// among them all on which the console stands, output goes to sys_print(). One mutex for each
// direction of the channel: whoever waits for input does not keep others from writing.
// TC1 `sender` has the mutex `send`.
#include "barrelfish/terminal_client.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/nameservice_client.h"
#include "barrelfish/personality.h"
#include "barrelfish/syscalls.h"
#include "barrelfish/terminal.h"
#include "barrelfish/threads.h"
#include "barrelfish/ump_chan.h"
#include "if/console.h"

#include <assert.h>
#include <string.h>

static struct {
    struct thread_mutex send, recv;
    bool bound;
    bool lost;             ///< the console has gone: it is not looked for again
    struct thread *sender; ///< who has `send` for text
    struct ump_chan chan;
} terminal;

/// With `send` held.
static bool find_console(void)
{
    iref_t iref;
    if (!terminal.bound && !terminal.lost && err_is_ok(nameservice_lookup(CONSOLE_NAME, &iref))) {
        terminal.bound = err_is_ok(ump_chan_bind_blocking(
            &terminal.chan, iref, CONSOLE_CHANNEL_BYTES, CONSOLE_CHANNEL_BYTES));
    }
    return terminal.bound && !terminal.lost;
}

/// With `send` held. The channel is not freed: a reader may be in it.
static errval_t send(enum console_op op, const void *data, size_t bytes, unsigned flags)
{
    uint64_t words[UMP_PAYLOAD_WORDS] = {0};
    memcpy(words, data, bytes);
    uint16_t ctrl = (uint16_t)(console_ctrl(op, bytes) | flags);
    errval_t err = ump_chan_send_until(&terminal.chan, words, ctrl, 0);
    if (err_is_fail(err)) {
        terminal.lost = true;
        return err_push(err, LIB_ERR_CHAN_CLOSED);
    }
    return SYS_ERR_OK;
}

/// With `send` held: the text as one whole, if it is not too long for that; returns the bytes sent.
static size_t send_text(const char *data, size_t length)
{
    size_t sent = 0;
    bool connected = true;
    while (connected && sent < length) {
        size_t left = length - sent;
        size_t bytes = left < CONSOLE_MESSAGE_BYTES ? left : CONSOLE_MESSAGE_BYTES;
        connected =
            err_is_ok(send(CONSOLE_WRITE, data + sent, bytes, bytes < left ? CONSOLE_MORE : 0));
        sent += connected ? bytes : 0;
    }
    return sent;
}

static size_t write_text(const char *data, size_t length)
{
    size_t sent = 0;
    if (terminal.sender != thread_self()) { // else it has a mistake to tell of that it met here
        thread_mutex_lock(&terminal.send);
        terminal.sender = thread_self();
        sent = find_console() ? send_text(data, length) : 0;
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
    if (terminal.bound && !terminal.lost && thread_mutex_trylock(&terminal.send)) {
        sent = send_text(data, length);
        thread_mutex_unlock(&terminal.send);
    }
    if (sent < length && err_is_ok(sys_print(data + sent, length - sent)))
        sent = length;
    return sent;
}

/// A request, with an argument of 8 bytes.
static errval_t ask(enum console_op op, uint64_t argument)
{
    thread_mutex_lock(&terminal.send);
    errval_t err =
        find_console() ? send(op, &argument, sizeof(argument), 0) : (errval_t)LIB_ERR_CHAN_CLOSED;
    thread_mutex_unlock(&terminal.send);
    return err;
}

/// With `recv` held: the next message of an answer. *bytes is at most CONSOLE_MESSAGE_BYTES; *flags
/// are CONSOLE_MORE and CONSOLE_DATA.
static errval_t receive(enum console_op op, char *buf, size_t *bytes, unsigned *flags)
{
    volatile struct ump_message *message;
    errval_t err = ump_chan_recv_until(&terminal.chan, &message, 0);
    if (err_is_fail(err))
        return err_push(err, LIB_ERR_CHAN_CLOSED);
    uint16_t ctrl = message->header.control.header;
    uint64_t words[UMP_PAYLOAD_WORDS];
    for (unsigned i = 0; i < UMP_PAYLOAD_WORDS; i++)
        words[i] = message->data[i];
    size_t count = console_ctrl_bytes(ctrl);
    if (console_ctrl_op(ctrl) != op || count > *bytes || count > CONSOLE_MESSAGE_BYTES)
        return LIB_ERR_RPC_REPLY;
    memcpy(buf, words, count);
    *bytes = count;
    *flags = ctrl & (CONSOLE_MORE | CONSOLE_DATA);
    return SYS_ERR_OK;
}

static errval_t flush(void)
{
    char none[1];
    size_t bytes = 0;
    unsigned flags;
    errval_t err = ask(CONSOLE_FLUSH, 0);
    return err_is_ok(err) ? receive(CONSOLE_FLUSHED, none, &bytes, &flags) : err;
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
    if (!terminal.bound || terminal.lost || !thread_mutex_trylock(&terminal.recv))
        return;
    if (thread_mutex_trylock(&terminal.send)) {
        thread_mutex_unlock(&terminal.send);
        (void)flush();
    }
    thread_mutex_unlock(&terminal.recv);
}

static size_t read_input(enum console_op op, char *buf, size_t bytes, bool *typed)
{
    size_t got = 0;
    unsigned flags = CONSOLE_MORE;
    thread_mutex_lock(&terminal.recv);
    errval_t err = ask(op, bytes);
    while (err_is_ok(err) && (flags & CONSOLE_MORE) != 0) {
        size_t count = bytes - got;
        err = receive(CONSOLE_INPUT, buf + got, &count, &flags);
        got += err_is_ok(err) ? count : 0;
    }
    thread_mutex_unlock(&terminal.recv);
    if (typed != NULL)
        *typed = (flags & CONSOLE_DATA) == 0;
    return got;
}

size_t terminal_read_line(char *buf, size_t bytes)
{
    return read_input(CONSOLE_READ_LINE, buf, bytes, NULL);
}

size_t terminal_read_raw(char *buf, size_t bytes, bool *typed)
{
    return read_input(CONSOLE_READ_RAW, buf, bytes, typed);
}

errval_t terminal_set_foreground(domainid_t domain)
{
    return ask(CONSOLE_FOREGROUND, domain);
}

bool terminal_await_interrupt(void)
{
    char typed[CONSOLE_MESSAGE_BYTES] = {0};
    size_t bytes = sizeof(typed);
    unsigned flags;
    thread_mutex_lock(&terminal.recv);
    errval_t err = ask(CONSOLE_AWAIT_INTERRUPT, 0);
    if (err_is_ok(err))
        err = receive(CONSOLE_INTERRUPTED, typed, &bytes, &flags);
    thread_mutex_unlock(&terminal.recv);
    return err_is_ok(err) && typed[0] != 0;
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
