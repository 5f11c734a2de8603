// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Sending. A message for which there is room is gone when the sender returns; else the binding
// keeps it and sends it when there is room, and takes no other message until then, but for the
// answer to a call, which its handler could not send again.
// Circle: when all has been sent, who is refused is told more (flounder_hello.c), which is sent here.
#include "stub.h"

#include "barrelfish/blocking.h"
#include "barrelfish/threads.h"

#include <assert.h>
#include <stdlib.h>

static bool take_sending(struct flounder_stub *stub)
{
    return !__atomic_exchange_n(&stub->sending, true, __ATOMIC_ACQUIRE);
}

static void give_sending(struct flounder_stub *stub)
{
    __atomic_store_n(&stub->sending, false, __ATOMIC_RELEASE);
}

static errval_t state_error(const struct flounder_stub *stub)
{
    return stub->state == FLOUNDER_OPEN ? SYS_ERR_OK : err_push(stub->err, LIB_ERR_CHAN_CLOSED);
}

void flounder_sent(struct flounder_stub *stub, struct event_closure continuation)
{
    if (flounder_runs(continuation))
        (void)!waitset_chan_trigger_closure(stub->ws, &stub->sent_chan, continuation);
}

/// Sends the next line of a message.
static errval_t send_next(struct flounder_stub *stub, struct flounder_pending *pending)
{
    struct flounder_line line = {0};
    unsigned ctrl = FLOUNDER_CTRL(0, pending->line % 128u);
    size_t from = pending->sent, bytes = pending->length - pending->sent;
    if (pending->line == 0) {
        uint32_t length = (uint32_t)pending->length;
        memcpy(pending->bytes, &length, sizeof(length));
        bool whole = length <= FLOUNDER_LINE_BYTES;
        ctrl = pending->ctrl | (whole ? FLOUNDER_WHOLE : 0);
        from = whole ? sizeof(length) : 0;
        bytes = whole ? length : FLOUNDER_LINE_BYTES;
    } else {
        from += sizeof(uint32_t);
    }
    bytes = bytes < FLOUNDER_LINE_BYTES ? bytes : FLOUNDER_LINE_BYTES;
    memcpy(line.bytes, pending->bytes + from, bytes);
    errval_t err = ump_chan_send(&stub->chan, line.words, (uint16_t)ctrl);
    if (err_is_fail(err))
        return err;
    pending->sent = from + bytes - sizeof(uint32_t);
    pending->line++;
    return SYS_ERR_OK;
}

static void finish(struct flounder_stub *stub)
{
    struct flounder_pending done = stub->pending[0];
    stub->pending[0] = stub->pending[1];
    stub->pending[1] = done; // its memory is for another one
    stub->pending_count--;
    flounder_sent(stub, done.continuation);
}

static errval_t send_pending(struct flounder_stub *stub)
{
    while (stub->pending_count > 0) {
        errval_t err = send_next(stub, &stub->pending[0]);
        if (err_is_fail(err))
            return err;
        if (stub->pending[0].sent == stub->pending[0].length)
            finish(stub);
    }
    return SYS_ERR_OK;
}

static void on_room(void *arg)
{
    flounder_pump(arg);
}

void flounder_pump(struct flounder_stub *stub)
{
    if (stub->pending_count == 0 || stub->state == FLOUNDER_CLOSED || !take_sending(stub))
        return;
    errval_t err = send_pending(stub);
    give_sending(stub);
    if (err_no(err) == LIB_ERR_UMP_FULL) {
        (void)!ump_chan_register_send(&stub->chan, stub->ws, MKCLOSURE(on_room, stub));
        return;
    }
    if (err_is_fail(err))
        stub->pending_count = 0; // told by who receives, after what was sent before it
    flounder_listen(stub);
    if (err_is_fail(err)) {
        (void)waitset_chan_trigger(&stub->chan.recv_chan);
        return;
    }
    stub->ready = stub->state == FLOUNDER_OPEN; // F8
    (void)!flounder_refuse(stub);
    if (waitset_chan_is_registered(&stub->room_chan))
        (void)waitset_chan_trigger(&stub->room_chan);
}

/// Whose message it is: a user's has to be the only one, an answer may be behind another message, and
/// nobody else sends while the stubs bind.
enum kind { ORDINARY, ANSWER, OWN };

/// Becomes the one who makes the next message.
static bool may_begin(struct flounder_stub *stub, enum kind kind)
{
    if (stub->state == FLOUNDER_OPEN && __atomic_exchange_n(&stub->ready, false, __ATOMIC_ACQUIRE))
        return true;
    if (kind == ANSWER && stub->pending_count == 1)
        return take_sending(stub);
    return kind == OWN && stub->pending_count < 2;
}

static void give_up(struct flounder_stub *stub)
{
    if (stub->pending_count == 0)
        stub->ready = stub->state == FLOUNDER_OPEN;
    else
        give_sending(stub);
}

/// Begins a message of at most `bytes`.
static errval_t begin(struct flounder_stub *stub, struct flounder_out *row, size_t bytes,
                      enum kind kind)
{
    if (!may_begin(stub, kind))
        return FLOUNDER_ERR_TX_BUSY;
    struct flounder_pending *pending = &stub->pending[stub->pending_count];
    size_t room = sizeof(uint32_t) + bytes;
    if (pending->room < room) {
        uint8_t *memory = realloc(pending->bytes, room);
        if (memory == NULL) {
            give_up(stub);
            return LIB_ERR_MALLOC_FAIL;
        }
        pending->bytes = memory;
        pending->room = room;
    }
    *row = (struct flounder_out){.bytes = pending->bytes + sizeof(uint32_t)};
    return SYS_ERR_OK;
}

errval_t flounder_begin(struct flounder_stub *stub, struct flounder_out *row)
{
    errval_t err = state_error(stub);
    return err_is_ok(err) ? begin(stub, row, stub->interface->longest, ORDINARY) : err;
}

errval_t flounder_begin_answer(struct flounder_stub *stub, struct flounder_out *row)
{
    errval_t err = state_error(stub);
    return err_is_ok(err) ? begin(stub, row, stub->interface->longest, ANSWER) : err;
}

errval_t flounder_abort(struct flounder_stub *stub)
{
    give_up(stub);
    return FLOUNDER_ERR_TX_MSG_SIZE;
}

errval_t flounder_send(struct flounder_stub *stub, struct flounder_out *row, unsigned ctrl,
                       struct event_closure continuation)
{
    struct flounder_pending *pending = &stub->pending[stub->pending_count];
    assert(sizeof(uint32_t) + row->at <= pending->room); // F3
    if (row->caps_count > 0 || (flounder_runs(continuation) && flounder_continues(stub))) {
        give_up(stub);
        return row->caps_count > 0 ? MON_ERR_CAP_SEND : FLOUNDER_ERR_TX_BUSY;
    }
    pending->length = row->at;
    pending->sent = 0;
    pending->line = 0;
    pending->ctrl = (uint16_t)ctrl;
    pending->continuation = continuation;
    if (stub->pending_count++ > 0)
        give_sending(stub);
    flounder_pump(stub);
    return SYS_ERR_OK;
}

/// Keeps a line like a longer message.
static errval_t keep_line(struct flounder_stub *stub, const struct flounder_line *line,
                          unsigned ctrl, struct event_closure continuation, enum kind kind)
{
    struct flounder_out row;
    errval_t err = begin(stub, &row, sizeof(line->bytes), kind);
    if (err_is_fail(err))
        return err;
    flounder_put(&row, line->bytes, sizeof(line->bytes));
    return flounder_send(stub, &row, ctrl, continuation);
}

errval_t flounder_send_later(struct flounder_stub *stub, const struct flounder_line *line,
                             unsigned ctrl, struct event_closure continuation)
{
    errval_t err = state_error(stub);
    return err_is_ok(err) ? keep_line(stub, line, ctrl, continuation, ORDINARY) : err;
}

errval_t flounder_answer_line(struct flounder_stub *stub, const struct flounder_line *line,
                              unsigned ctrl, struct event_closure continuation)
{
    errval_t err = flounder_send_line(stub, line, ctrl, continuation);
    return err_no(err) == FLOUNDER_ERR_TX_BUSY ? keep_line(stub, line, ctrl, continuation, ANSWER)
                                               : err;
}

errval_t flounder_send_own(struct flounder_stub *stub, unsigned number, unsigned call,
                           const struct flounder_line *line)
{
    return keep_line(stub, line, FLOUNDER_CTRL(number, call), NOP_CONT, OWN);
}

errval_t flounder_send_text(struct flounder_stub *stub, unsigned number, const char *text)
{
    struct flounder_out row;
    errval_t err = begin(stub, &row, FLOUNDER_SIGNATURE_BYTES, OWN);
    if (err_is_fail(err))
        return err;
    size_t length = strnlen(text, FLOUNDER_TEXT_MOST);
    (void)flounder_put_count(&row, length + 1, FLOUNDER_SIGNATURE_BYTES);
    flounder_put(&row, text, length);
    flounder_put(&row, "", 1);
    return flounder_send(stub, &row, FLOUNDER_CTRL(number, 0), NOP_CONT);
}

bool flounder_can_send(struct flounder_stub *stub)
{
    return stub->ready;
}

errval_t flounder_register_send(struct flounder_stub *stub, struct waitset *ws,
                                struct event_closure continuation)
{
    if (stub->state == FLOUNDER_CLOSED)
        return state_error(stub);
    if (flounder_can_send(stub))
        return waitset_chan_trigger_closure(ws, &stub->room_chan, continuation);
    return waitset_chan_register(ws, &stub->room_chan, continuation);
}
