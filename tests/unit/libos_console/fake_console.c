// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See fake_console.h.
#include "fake_console.h"

#include "barrelfish/blocking.h"
#include "barrelfish/console.h"
#include "barrelfish/nameservice_client.h"
#include "if/console_defs.h"

#include <string.h>

#define IREF 55u

struct fake_console fake_console;
static struct console_binding binding;

struct fake_sent *fake_console_last(void)
{
    CU_ASSERT_FATAL(fake_console.count > 0);
    return &fake_console.sent[fake_console.count - 1];
}

errval_t nameservice_lookup(const char *iface, iref_t *retiref)
{
    CU_ASSERT_STRING_EQUAL(iface, CONSOLE_NAME);
    fake_console.lookups++;
    if (err_is_ok(fake_console.lookup_error))
        *retiref = IREF;
    return fake_console.lookup_error;
}

static errval_t sent(struct fake_sent what)
{
    if (fake_console.meanwhile != NULL)
        fake_console.meanwhile();
    if (fake_console.busy > 0) {
        fake_console.busy--;
        return FLOUNDER_ERR_TX_BUSY;
    }
    if (err_is_fail(fake_console.send_error) && fake_console.fails_after-- == 0) {
        fake_console.fails_after = 0;
        return fake_console.send_error;
    }
    CU_ASSERT_FATAL(fake_console.count < FAKE_SENT_MOST);
    fake_console.sent[fake_console.count++] = what;
    fake_console.call_limit = fake_console.limit;
    return SYS_ERR_OK;
}

static errval_t write(struct console_binding *b, struct event_closure continuation, bool more,
                      const char *text, size_t bytes)
{
    struct fake_sent what = {.what = 'w', .more = more, .bytes = bytes};
    CU_ASSERT_TRUE(b == &binding && !flounder_runs(continuation));
    CU_ASSERT_FATAL(bytes <= console__write_text_MAX_ARGUMENT_SIZE);
    memcpy(what.text, text, bytes);
    return sent(what);
}

static errval_t foreground(struct console_binding *b, struct event_closure continuation,
                           domainid_t domain)
{
    CU_ASSERT_TRUE(b == &binding && !flounder_runs(continuation));
    return sent((struct fake_sent){.what = 'f', .argument = domain});
}

static errval_t flush(struct console_binding *b)
{
    CU_ASSERT_PTR_EQUAL(b, &binding);
    return sent((struct fake_sent){.what = 'l'});
}

static errval_t read(struct console_binding *b, console_how_t how, size_t most, bool *typed,
                     char *text, size_t *bytes)
{
    CU_ASSERT_PTR_EQUAL(b, &binding);
    errval_t err = sent((struct fake_sent){.what = 'r', .bytes = most, .argument = how});
    if (err_is_ok(err)) {
        *typed = fake_console.typed;
        memcpy(text, fake_console.input, fake_console.input_bytes);
        *bytes = fake_console.input_bytes;
    }
    return err;
}

static errval_t await_interrupt(struct console_binding *b, bool *typed)
{
    CU_ASSERT_PTR_EQUAL(b, &binding);
    errval_t err = sent((struct fake_sent){.what = 'i'});
    *typed = fake_console.typed;
    return err;
}

static errval_t register_send(struct console_binding *b, struct waitset *ws,
                              struct event_closure continuation)
{
    CU_ASSERT_TRUE(b == &binding && ws == binding.waitset && !flounder_runs(continuation));
    if (err_is_fail(fake_console.register_error))
        return fake_console.register_error;
    if (fake_console.registered)
        return LIB_ERR_CHAN_ALREADY_REGISTERED;
    fake_console.registered = true;
    return SYS_ERR_OK;
}

/// Each second event is another one than that there is room.
errval_t event_dispatch(struct waitset *ws)
{
    CU_ASSERT_TRUE_FATAL(ws == binding.waitset && fake_console.registered);
    fake_console.registered = ++fake_console.waits % 2 != 0;
    return SYS_ERR_OK;
}

errval_t flounder_poll(struct flounder_stub *stub)
{
    CU_ASSERT_TRUE(stub == &binding.stub && fake_console.paused);
    fake_console.looks++;
    return fake_console.poll_error;
}

static errval_t control(struct console_binding *b, idc_control_t what)
{
    CU_ASSERT_TRUE(b == &binding && what == IDC_CONTROL_PAUSE);
    fake_console.paused = true;
    return SYS_ERR_OK;
}

errval_t console_bind_blocking(iref_t iref, struct waitset *ws, idc_bind_flags_t flags,
                               struct console_binding **made)
{
    CU_ASSERT_TRUE(iref == IREF && flags == IDC_BIND_FLAG_UMP && fake_console.limit == 0);
    fake_console.binds++;
    if (err_is_fail(fake_console.bind_error))
        return fake_console.bind_error;
    binding = (struct console_binding){
        .waitset = ws,
        .register_send = register_send,
        .control = control,
        .tx_vtbl = {.write = write, .foreground = foreground},
        .rpc_tx_vtbl = {.flush = flush, .read = read, .await_interrupt = await_interrupt}};
    *made = &binding;
    return SYS_ERR_OK;
}

delayus_t blocking_set_limit(delayus_t limit_us)
{
    delayus_t before = fake_console.limit;
    fake_console.limit = limit_us;
    return before;
}

void event_nop_handler(void *arg)
{
    (void)arg;
}

void fake_console_start(void)
{
    memset(&fake_console, 0, sizeof(fake_console));
    fake_start();
}
