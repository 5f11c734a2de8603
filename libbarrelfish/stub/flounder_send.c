// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Sending. A message for which there is room is gone when the sender returns; else the binding
// keeps it and sends it when there is room, and takes no other message until then, but for the
// answer to a call, which its handler could not send again.
// Circle: when all has been sent, who is refused is told more (flounder_hello.c), which is sent here.
#include "stub.h"

#include "barrelfish/blocking.h"
#include "barrelfish/lmp_endpoints.h"
#include "barrelfish/threads.h"

#include <assert.h>
#include <stdlib.h>

struct flounder_stub *flounder_keeping;

static bool take_sending(struct flounder_stub *stub)
{
    return !__atomic_exchange_n(&stub->sending, true, __ATOMIC_ACQUIRE);
}

static void give_sending(struct flounder_stub *stub)
{
    __atomic_store_n(&stub->sending, false, __ATOMIC_RELEASE);
}

/// Whether a line could not be sent for want of room.
static bool is_full(errval_t err)
{
    return err_no(err) == LIB_ERR_UMP_FULL || lmp_err_is_transient(err);
}

static errval_t state_error(const struct flounder_stub *stub)
{
    return stub->state == FLOUNDER_OPEN && !stub->broken ? SYS_ERR_OK
                                                         : err_push(stub->err, LIB_ERR_CHAN_CLOSED);
}

void flounder_sent(struct flounder_stub *stub, struct event_closure continuation)
{
    if (flounder_runs(continuation))
        (void)!waitset_chan_trigger_closure(stub->ws, &stub->sent_chan, continuation);
}

/// The next line of a message: its control word and bytes.
static unsigned next_line(const struct flounder_stub *stub, struct flounder_pending *pending,
                          struct flounder_line *line, size_t *sent)
{
    unsigned ctrl = FLOUNDER_CTRL(0, pending->line % 128u);
    size_t from = pending->sent, bytes = pending->length - pending->sent;
    if (pending->line == 0) {
        uint32_t length = (uint32_t)pending->length;
        uint32_t first =
            length | (stub->over_lmp ? 0 : pending->caps_count << FLOUNDER_UMP_CAPS_SHIFT);
        memcpy(pending->bytes, &first, sizeof(first));
        bool whole =
            length <= FLOUNDER_LINE_BYTES && pending->caps_count <= (stub->over_lmp != NULL);
        ctrl = pending->ctrl | (whole ? FLOUNDER_WHOLE : 0);
        from = whole ? sizeof(length) : 0;
        bytes = whole ? length : length + sizeof(length);
    } else {
        from += sizeof(uint32_t);
    }
    bytes = bytes < FLOUNDER_LINE_BYTES ? bytes : FLOUNDER_LINE_BYTES;
    memcpy(line->bytes, pending->bytes + from, bytes);
    *sent = from + bytes - sizeof(uint32_t);
    return ctrl;
}

/// Sends a line, before the first one the message's capabilities.
static errval_t send_over_ump(struct flounder_stub *stub, const struct flounder_line *line,
                              unsigned ctrl, struct flounder_pending *pending)
{
    errval_t err =
        pending->caps_sent < pending->caps_count ? flounder_caps_send(stub, pending) : SYS_ERR_OK;
    return err_is_ok(err) ? ump_chan_send(&stub->chan, line->words, (uint16_t)ctrl) : err;
}

static errval_t send_next(struct flounder_stub *stub, struct flounder_pending *pending)
{
    struct flounder_line line = {0};
    size_t sent;
    unsigned ctrl = next_line(stub, pending, &line, &sent);
    errval_t err = stub->over_lmp ? stub->over_lmp->send(stub, &line, ctrl, pending)
                                  : send_over_ump(stub, &line, ctrl, pending);
    if (err_is_fail(err))
        return err;
    pending->sent = sent;
    pending->line++;
    return SYS_ERR_OK;
}

static bool is_sent(const struct flounder_pending *pending)
{
    return pending->line > 0 && pending->sent == pending->length &&
           pending->caps_sent == pending->caps_count;
}

/// Frees a message, but for memory that the next one needs.
static void discard(struct flounder_stub *stub, struct flounder_pending *pending)
{
    if (stub->made == NULL)
        stub->made = pending;
    else
        free(pending);
}

static void finish(struct flounder_stub *stub, struct flounder_pending *pending)
{
    struct event_closure continuation = pending->continuation;
    list_remove(&pending->place);
    stub->pending_count--;
    discard(stub, pending);
    flounder_sent(stub, continuation);
}

static struct flounder_pending *first_pending(struct flounder_stub *stub)
{
    return LIST_OWNER(stub->pending.next, struct flounder_pending, place);
}

static errval_t send_pending(struct flounder_stub *stub)
{
    while (stub->pending_count > 0) {
        struct flounder_pending *pending = first_pending(stub);
        errval_t err = send_next(stub, pending);
        if (stub->over_lmp && is_full(err)) {
            (void)stub->over_lmp->yield(stub); // it may take what there is, and wait for the rest
            err = send_next(stub, pending);
        }
        if (err_is_fail(err))
            return err;
        if (is_sent(pending))
            finish(stub, pending);
    }
    return SYS_ERR_OK;
}

void flounder_drop_pending(struct flounder_stub *stub)
{
    while (stub->pending_count > 0) {
        struct flounder_pending *pending = first_pending(stub);
        flounder_caps_drop(pending);
        list_remove(&pending->place);
        stub->pending_count--;
        discard(stub, pending);
    }
}

static void on_room(void *arg)
{
    flounder_pump(arg);
}

/// Has the rest sent when there may be room.
static void await_room(struct flounder_stub *stub)
{
    if (stub->over_lmp)
        stub->over_lmp->await_room(stub, MKCLOSURE(on_room, stub));
    else
        (void)!ump_chan_register_send(&stub->chan, stub->ws, MKCLOSURE(on_room, stub));
}

void flounder_pump(struct flounder_stub *stub)
{
    if (stub->pending_count == 0 || stub->state == FLOUNDER_CLOSED || !take_sending(stub))
        return;
    errval_t err = send_pending(stub);
    stub->broken = err_is_fail(err) && !is_full(err);
    if (stub->broken)
        flounder_drop_pending(stub); // told by who receives, after what was sent before it
    give_sending(stub);
    if (is_full(err)) {
        await_room(stub);
        return;
    }
    flounder_listen(stub);
    if (err_is_ok(err)) {
        stub->ready = stub->state == FLOUNDER_OPEN; // F8
        (void)!flounder_refuse(stub);
    } else if (stub->over_lmp) {
        stub->over_lmp->broken(stub, err);
    } else {
        (void)waitset_chan_trigger(&stub->chan.recv_chan);
    }
    if (waitset_chan_is_registered(&stub->room_chan))
        (void)waitset_chan_trigger(&stub->room_chan);
}

/// Whose message it is: a user's has to be the only one, an answer may be behind others, and nobody
/// else sends while the stubs bind.
enum kind { ORDINARY, ANSWER, OWN };

/// Becomes the one who makes the next message.
static bool may_begin(struct flounder_stub *stub, enum kind kind)
{
    if (stub->state == FLOUNDER_OPEN && __atomic_exchange_n(&stub->ready, false, __ATOMIC_ACQUIRE))
        return true;
    if (kind != ANSWER)
        return kind == OWN && stub->state == FLOUNDER_BINDING;
    if (!take_sending(stub))
        return false;
    if (stub->pending_count > 0)
        return true;
    give_sending(stub); // another thread has sent the last of it just now
    return false;
}

static void give_up(struct flounder_stub *stub)
{
    if (stub->pending_count == 0)
        stub->ready = stub->state == FLOUNDER_OPEN;
    else
        give_sending(stub);
}

/// Begins a message of at most `bytes`. What keeps an answer back is another thread, and not for long.
static errval_t begin(struct flounder_stub *stub, struct flounder_out *row, size_t bytes,
                      enum kind kind)
{
    while (!may_begin(stub, kind)) {
        if (kind != ANSWER)
            return FLOUNDER_ERR_TX_BUSY;
        thread_yield();
        if (stub->state == FLOUNDER_CLOSED || stub->broken)
            return state_error(stub);
    }
    size_t room = sizeof(uint32_t) + bytes;
    if (stub->made == NULL || stub->made->room < room) {
        struct flounder_pending *made = realloc(stub->made, sizeof(*made) + room);
        if (made == NULL) {
            give_up(stub);
            return LIB_ERR_MALLOC_FAIL;
        }
        *made = (struct flounder_pending){.room = room};
        stub->made = made;
    }
    *row = (struct flounder_out){.bytes = stub->made->bytes + sizeof(uint32_t)};
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

static bool is_pending(const struct flounder_stub *stub, const struct flounder_pending *pending)
{
    const struct list *place = stub->pending.next;
    while (place != &stub->pending && place != &pending->place)
        place = place->next;
    return place == &pending->place;
}

static void take_back(struct flounder_stub *stub, struct flounder_pending *pending)
{
    list_remove(&pending->place);
    discard(stub, pending);
    if (--stub->pending_count == 0)
        stub->ready = stub->state == FLOUNDER_OPEN; // F8
}

/// The caller's capabilities are its own again, whether or not they have been sent. Without room for
/// copies the message is not sent; if some of it has been, over LMP, the binding ends.
static errval_t keep_caps(struct flounder_stub *stub, struct flounder_pending *pending)
{
    errval_t err = SYS_ERR_OK, broken = SYS_ERR_OK;
    while (!take_sending(stub))
        thread_yield();
    if (is_pending(stub, pending))
        err = flounder_caps_own(pending);
    if (err_is_fail(err) && pending->line == 0 && pending->caps_sent == 0) {
        take_back(stub, pending);
    } else {
        broken = err;
        err = SYS_ERR_OK;
    }
    give_sending(stub);
    if (err_is_fail(broken))
        stub->over_lmp->broken(stub, broken);
    return err;
}

errval_t flounder_send(struct flounder_stub *stub, struct flounder_out *row, unsigned ctrl,
                       struct event_closure continuation)
{
    struct flounder_pending *pending = stub->made;
    assert(sizeof(uint32_t) + row->at <= pending->room); // F3
    errval_t err = flounder_runs(continuation) && flounder_continues(stub)
                       ? (errval_t)FLOUNDER_ERR_TX_BUSY
                       : flounder_caps_keep(stub, pending, row);
    if (err_is_fail(err)) {
        give_up(stub);
        return err;
    }
    stub->made = NULL;
    pending->length = row->at;
    pending->sent = 0;
    pending->line = 0;
    pending->ctrl = (uint16_t)ctrl;
    pending->continuation = continuation;
    list_add(&stub->pending, &pending->place);
    if (stub->pending_count++ > 0)
        give_sending(stub);
    flounder_pump(stub);
    return row->caps_count > 0 ? keep_caps(stub, pending) : SYS_ERR_OK;
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
    if (stub == flounder_keeping && !flounder_runs(continuation) &&
        stub->over_lmp->keeps(stub, line, ctrl))
        return SYS_ERR_OK;
    errval_t err = flounder_send_line(stub, line, ctrl, continuation);
    return err_no(err) == FLOUNDER_ERR_TX_BUSY ? keep_line(stub, line, ctrl, continuation, ANSWER)
                                               : err;
}

errval_t flounder_send_own(struct flounder_stub *stub, unsigned number, unsigned call,
                           const struct flounder_line *line)
{
    return keep_line(stub, line, FLOUNDER_CTRL(number, call), NOP_CONT, OWN);
}

errval_t flounder_answer_error(struct flounder_stub *stub, unsigned call, errval_t err)
{
    struct flounder_line line = {.words = {err}};
    return call != 0
               ? flounder_answer_line(stub, &line, FLOUNDER_CTRL(FLOUNDER_ERROR, call), NOP_CONT)
               : SYS_ERR_OK;
}

errval_t flounder_answer_later(struct flounder_stub *stub, const struct flounder_line *line,
                               unsigned ctrl)
{
    return keep_line(stub, line, ctrl & ~FLOUNDER_WHOLE, NOP_CONT, ANSWER);
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
