// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The main loop of a domain on its default waitset, and what it tells its personality.

#include "barrelfish/idc.h"

#include "barrelfish/debug.h"
#include "barrelfish/domain.h"
#include "barrelfish/waitset.h"
#include "dispatcher.h"

struct waitset *get_default_waitset(void)
{
    return &disp_self()->default_waitset;
}

personality_read_fn personality_set_read(personality_read_fn read)
{
    return disp_self()->personality->set_read(read);
}

void messages_wait_and_handle_next(void)
{
    errval_t err = event_dispatch(get_default_waitset());
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "event_dispatch");
}
