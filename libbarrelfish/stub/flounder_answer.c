// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Calls that a handler answers later, and errors in place of answers.
#include "stub.h"

bool flounder_note_call(struct flounder_in *row, unsigned response)
{
    struct flounder_stub *stub = row->stub;
    if (row->call == 0)
        return true;
    if (stub->noted_count == FLOUNDER_CALLS_MAX)
        return false;
    stub->noted[stub->noted_count][0] = (uint8_t)response;
    stub->noted[stub->noted_count++][1] = (uint8_t)row->call;
    return true;
}

static unsigned noted_find(const struct flounder_stub *stub, unsigned response)
{
    unsigned i = 0;
    while (i < stub->noted_count && stub->noted[i][0] != response)
        i++;
    return i;
}

unsigned flounder_oldest_call(struct flounder_stub *stub, unsigned response)
{
    unsigned i = noted_find(stub, response);
    return i < stub->noted_count ? stub->noted[i][1] : 0;
}

void flounder_forget_call(struct flounder_stub *stub, unsigned response)
{
    unsigned i = noted_find(stub, response);
    if (i == stub->noted_count)
        return;
    stub->noted_count--;
    memmove(stub->noted[i], stub->noted[i + 1], (stub->noted_count - i) * sizeof(stub->noted[0]));
}

errval_t flounder_answer_error(struct flounder_stub *stub, unsigned call, errval_t err)
{
    struct flounder_line line = {.words = {err}};
    return call != 0 ? flounder_send_own(stub, FLOUNDER_ERROR, call, &line) : SYS_ERR_OK;
}
