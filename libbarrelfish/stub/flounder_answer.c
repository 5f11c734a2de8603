// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls that a handler answers later, and answers that cannot be sent.
#include "stub.h"

#include <stdlib.h>

static bool make_room(struct flounder_stub *stub)
{
    if (stub->noted_count < stub->noted_room)
        return true;
    unsigned room = 2 * stub->noted_room + 2;
    struct flounder_noted *noted = realloc(stub->noted, room * sizeof(*noted));
    if (noted == NULL)
        return false;
    stub->noted = noted;
    stub->noted_room = room;
    return true;
}

bool flounder_note_call(struct flounder_in *row, unsigned response)
{
    struct flounder_stub *stub = row->stub;
    if (row->call == 0)
        return true;
    if (stub->noted_count == FLOUNDER_CALLS_MAX || !make_room(stub))
        return false;
    stub->noted[stub->noted_count++] =
        (struct flounder_noted){(uint8_t)response, (uint8_t)row->call};
    return true;
}

static unsigned noted_find(const struct flounder_stub *stub, unsigned response)
{
    unsigned i = 0;
    while (i < stub->noted_count && stub->noted[i].response != response)
        i++;
    return i;
}

unsigned flounder_oldest_call(struct flounder_stub *stub, unsigned response)
{
    unsigned i = noted_find(stub, response);
    return i < stub->noted_count ? stub->noted[i].call : 0;
}

void flounder_forget_call(struct flounder_stub *stub, unsigned response)
{
    unsigned i = noted_find(stub, response);
    if (i == stub->noted_count)
        return;
    stub->noted_count--;
    memmove(&stub->noted[i], &stub->noted[i + 1], (stub->noted_count - i) * sizeof(stub->noted[0]));
}

unsigned flounder_take_call(struct flounder_stub *stub, unsigned response)
{
    bool is_last = stub->noted_count > 0 && stub->noted[stub->noted_count - 1].response == response;
    return is_last ? stub->noted[--stub->noted_count].call : 0;
}

errval_t flounder_not_answered(struct flounder_stub *stub, unsigned call, errval_t handled,
                               errval_t sent)
{
    bool ended = err_no(sent) == LIB_ERR_CHAN_CLOSED || err_no(sent) == FLOUNDER_ERR_TX_BUSY ||
                 err_no(sent) == LIB_ERR_MALLOC_FAIL;
    return err_is_ok(handled) && ended ? sent : flounder_answer_error(stub, call, sent);
}

errval_t flounder_denied(struct flounder_in *row)
{
    return row->call != 0 ? flounder_answer_error(row->stub, row->call, SYS_ERR_RIGHTS)
                          : SYS_ERR_RIGHTS;
}
