// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The service of test_stubs.
#include "stubs_test.h"

#include <string.h>

#include "barrelfish/threads.h"

static uint64_t notes_sum;
static unsigned calls[FLOUNDER_CALLS_MAX], gathered;
static unsigned opened, ended, echoes;

static errval_t on_echo(struct stubs_binding *binding, uint64_t number, uint64_t *back)
{
    (void)binding;
    *back = number;
    echoes++;
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

/// Answers when all have come, the last one first.
static void on_gather(struct stubs_binding *binding, uint32_t wanted)
{
    calls[gathered++] = stubs_gather__later(binding);
    for (bool all = gathered == wanted; all && gathered > 0; gathered--)
        EXPECT_OK(stubs_gather__answer(binding, calls[gathered - 1], gathered - 1));
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
    gathered = 0;
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

unsigned service_echoes(void)
{
    return echoes;
}

unsigned service_ended(void)
{
    return ended;
}
