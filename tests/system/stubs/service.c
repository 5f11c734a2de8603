// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The service of test_stubs.
#include "stubs_test.h"

#include <string.h>

#include "barrelfish/threads.h"

static uint64_t notes_sum;
static uint32_t gathered, answered;
static unsigned opened, ended;

static errval_t on_echo(struct stubs_binding *binding, uint64_t number, uint64_t *back)
{
    (void)binding;
    *back = number;
    return SYS_ERR_OK;
}

static errval_t on_copy(struct stubs_binding *binding, const uint8_t *data, size_t length,
                        uint8_t *back, size_t *back_length)
{
    (void)binding;
    memcpy(back, data, length);
    *back_length = length;
    return SYS_ERR_OK;
}

static errval_t on_refuse(struct stubs_binding *binding, uint64_t number)
{
    (void)binding;
    return number == 0 ? SYS_ERR_OK : err_push(SYS_ERR_RIGHTS, LIB_ERR_INVALID_ARGS);
}

/// Answers as many as there is room for, and the others when there is more.
static void answer_gathered(void *arg)
{
    struct stubs_binding *binding = arg;
    errval_t err = SYS_ERR_OK;
    for (; answered < gathered && err_is_ok(err); answered += err_is_ok(err))
        err = stubs_gather_response__tx(binding, NOP_CONT, answered);
    if (err_no(err) == FLOUNDER_ERR_TX_BUSY)
        err =
            binding->register_send(binding, binding->waitset, MKCLOSURE(answer_gathered, binding));
    else
        gathered = answered = 0;
    EXPECT_OK(err);
}

static void on_gather(struct stubs_binding *binding, uint32_t wanted)
{
    if (++gathered == wanted)
        answer_gathered(binding);
}

static void on_never(struct stubs_binding *binding)
{
    (void)binding;
}

static errval_t on_descend(struct stubs_binding *binding, uint32_t depth, uint32_t *reached)
{
    if (depth == 0) {
        *reached = 0;
        return SYS_ERR_OK;
    }
    errval_t err = stubs_descend(binding, depth - 1, reached);
    (*reached)++;
    return err;
}

static void on_note(struct stubs_binding *binding, uint64_t number)
{
    (void)binding;
    notes_sum += number;
}

static errval_t on_notes(struct stubs_binding *binding, uint64_t *sum)
{
    (void)binding;
    *sum = notes_sum;
    notes_sum = 0;
    return SYS_ERR_OK;
}

static void on_end(struct stubs_binding *binding, errval_t err)
{
    (void)binding;
    EXPECT(err_is_fail(err));
    gathered = answered = 0;
    ended++;
}

void service_handle(struct stubs_binding *binding)
{
    binding->rpc_rx_vtbl = (struct stubs_rpc_rx_vtbl){
        .echo_call = on_echo,
        .copy_call = on_copy,
        .refuse_call = on_refuse,
        .descend_call = on_descend,
        .notes_call = on_notes,
    };
    binding->rx_vtbl.gather_call = on_gather;
    binding->rx_vtbl.never_call = on_never;
    binding->rx_vtbl.note = on_note;
    caps_handle(binding);
    binding->error_handler = on_end;
}

static errval_t on_connect(void *st, struct stubs_binding *binding)
{
    (void)st;
    service_handle(binding);
    opened++;
    return SYS_ERR_OK;
}

static int serve(void *st)
{
    (void)st;
    messages_handler_loop();
}

iref_t service_start(void)
{
    iref_t iref = 0;
    EXPECT_OK(stubs_export_blocking(NULL, on_connect, get_default_waitset(), &iref));
    EXPECT(thread_create(serve, NULL) != NULL);
    return iref;
}

unsigned service_opened(void)
{
    return opened;
}

unsigned service_ended(void)
{
    return ended;
}
