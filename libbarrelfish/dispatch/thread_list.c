// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The threads that have not ended. Some are the library's own: when the last of the program's has
// ended, an event makes one of those end the domain.

#include "dispatcher.h"

#include <stdlib.h>

void thread_list_remove(struct dispatcher *disp, struct thread *thread)
{
    struct thread **link = &disp->all;
    while (*link != NULL && *link != thread)
        link = &(*link)->all_next;
    if (*link != NULL)
        *link = thread->all_next;
    assert(thread->service || disp->programs > 0); // DI7
    disp->programs -= !thread->service;
    if (disp->programs == 0 && disp->last_gone != NULL)
        (void)waitset_chan_trigger_disabled(disp->last_gone);
}

static void end_program(void *arg)
{
    (void)arg;
    exit(EXIT_SUCCESS);
}

void thread_be_service(struct waitset *ws)
{
    static struct waitset_chanstate last_gone;
    struct dispatcher *disp = (struct dispatcher *)disp_disable();
    assert(!disp->current->service); // DI7
    disp->current->service = true;
    disp->programs--;
    if (ws != NULL && disp->last_gone == NULL) {
        waitset_chanstate_init(&last_gone, CHANTYPE_OTHER);
        (void)!waitset_chan_register_disabled(ws, &last_gone, MKCLOSURE(end_program, NULL));
        disp->last_gone = &last_gone;
    }
    if (disp->programs == 0 && disp->last_gone != NULL)
        (void)waitset_chan_trigger_disabled(disp->last_gone);
    disp_enable((dispatcher_handle_t)disp);
}
