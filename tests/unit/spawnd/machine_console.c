// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The console, to which spawnd binds. What is said to it is in its peer's lines: the text, and in the
// control word CONSOLE_WRITE, CONSOLE_MORE and the number of bytes, or CONSOLE_FLUSH. A line of the
// peer answers that.
#include "machine_internal.h"

#include "barrelfish/console.h"
#include "barrelfish/nameservice_client.h"
#include "if/console_defs.h"

#include <string.h>

enum { CONSOLE_IREF = 55 };

static struct console_binding binding;
static struct peer *console;
static struct console_flush__call *call; ///< that is not answered yet
static struct event_closure call_done;

errval_t nameservice_blocking_lookup(const char *iface, iref_t *retiref)
{
    errval_t err = machine_fails(CALL_LOOKUP);
    CU_ASSERT_STRING_EQUAL(iface, CONSOLE_NAME);
    if (err_is_ok(err))
        *retiref = CONSOLE_IREF;
    return err;
}

static errval_t say_line(const char *text, size_t bytes, unsigned ctrl)
{
    uint64_t words[UMP_PAYLOAD_WORDS] = {0};
    memcpy(words, text, bytes);
    errval_t err = ump_chan_send(&binding.stub.chan, words, (uint16_t)(ctrl | bytes << 8));
    return err_no(err) == LIB_ERR_UMP_FULL ? (errval_t)FLOUNDER_ERR_TX_BUSY : err;
}

static errval_t write(struct console_binding *b, struct event_closure continuation, bool more,
                      const char *text, size_t bytes)
{
    CU_ASSERT_TRUE(b == &binding && !flounder_runs(continuation));
    CU_ASSERT_FATAL(bytes <= console__write_text_MAX_ARGUMENT_SIZE);
    return say_line(text, bytes, CONSOLE_WRITE | (more ? CONSOLE_MORE : 0));
}

errval_t console_flush__start(struct console_binding *b, struct console_flush__call *started,
                              delayus_t limit_us, struct event_closure done)
{
    CU_ASSERT_TRUE(b == &binding && limit_us == 0 && call == NULL);
    errval_t err = say_line("", 0, CONSOLE_FLUSH);
    if (err_is_ok(err)) {
        call = started;
        call_done = done;
    }
    return err;
}

static void end_call(errval_t err)
{
    struct console_flush__call *ended = call;
    call = NULL;
    if (ended != NULL) {
        ended->async.call.err = err;
        call_done.handler(call_done.arg);
    }
}

static void listen(void);

/// An answer, or an error in its place; or the end of the binding, of which its user hears first.
static void on_line(void *arg)
{
    volatile struct ump_message *message;
    (void)arg;
    errval_t err = ump_chan_recv(&binding.stub.chan, &message);
    if (err_no(err) == LIB_ERR_CHAN_CLOSED)
        binding.error_handler(&binding, err);
    else
        listen();
    end_call(err);
}

static void listen(void)
{
    CU_ASSERT_EQUAL(
        ump_chan_register_recv(&binding.stub.chan, get_default_waitset(), MKCLOSURE(on_line, NULL)),
        SYS_ERR_OK);
}

static errval_t register_send(struct console_binding *b, struct waitset *ws,
                              struct event_closure closure)
{
    CU_ASSERT_PTR_EQUAL(b, &binding);
    return ump_chan_register_send(&binding.stub.chan, ws, closure);
}

errval_t console_bind_blocking(iref_t iref, struct waitset *ws, idc_bind_flags_t flags,
                               struct console_binding **made)
{
    errval_t err = machine_fails(CALL_BIND);
    CU_ASSERT_TRUE(iref == CONSOLE_IREF && ws == get_default_waitset() &&
                   flags == IDC_BIND_FLAG_UMP);
    if (err_is_fail(err))
        return err;
    binding = (struct console_binding){.register_send = register_send, .tx_vtbl.write = write};
    call = NULL;
    console = peer_new(&binding.stub.chan);
    listen();
    *made = &binding;
    return SYS_ERR_OK;
}

void flounder_close(struct flounder_stub *stub)
{
    CU_ASSERT_PTR_EQUAL(stub, &binding.stub);
    ump_chan_close(&stub->chan);
}

void event_nop_handler(void *arg)
{
    (void)arg;
}

struct peer *machine_console(void)
{
    return console;
}
