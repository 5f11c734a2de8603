// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The main loop of a domain on its default waitset.

#include "barrelfish/idc.h"

#include "barrelfish/debug.h"
#include "barrelfish/domain.h"
#include "barrelfish/waitset.h"
#include "dispatcher.h"

struct waitset *get_default_waitset(void)
{
    return &disp_self()->default_waitset;
}

void messages_wait_and_handle_next(void)
{
    errval_t err = event_dispatch(get_default_waitset());
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "event_dispatch");
}

void messages_handler_loop(void)
{
    for (;;)
        messages_wait_and_handle_next();
}
