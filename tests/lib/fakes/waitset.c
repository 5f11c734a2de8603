// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A waitset of nothing but closures that were triggered, which run in that order.
#include "fakes/fakes.h"

#include "barrelfish/waitset_chan.h"

#include <string.h>
#include <testlib/testlib.h>

enum { PENDING = 8 };

static struct waitset_chanstate *pending[PENDING];
static unsigned count;

struct waitset *get_default_waitset(void)
{
    static struct waitset ws;
    return &ws;
}

void waitset_chanstate_init(struct waitset_chanstate *chan, enum ws_chantype chantype)
{
    *chan = (struct waitset_chanstate){.chantype = chantype};
}

errval_t waitset_chan_trigger_closure(struct waitset *ws, struct waitset_chanstate *chan,
                                      struct event_closure closure)
{
    CU_ASSERT(ws == get_default_waitset() && chan->chantype == CHANTYPE_OTHER);
    if (chan->state != CHAN_UNREGISTERED)
        return LIB_ERR_CHAN_ALREADY_REGISTERED;
    CU_ASSERT_FATAL(count < PENDING);
    chan->state = CHAN_PENDING;
    chan->closure = closure;
    pending[count++] = chan;
    return SYS_ERR_OK;
}

void fake_waitset_start(void)
{
    count = 0;
}

bool fake_waitset_dispatch(void)
{
    if (count == 0)
        return false;
    struct waitset_chanstate *chan = pending[0];
    memmove(&pending[0], &pending[1], --count * sizeof(pending[0]));
    chan->state = CHAN_UNREGISTERED;
    chan->closure.handler(chan->closure.arg);
    return true;
}

unsigned fake_waitset_pending(void)
{
    return count;
}
