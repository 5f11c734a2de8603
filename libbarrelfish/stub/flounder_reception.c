// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The server's side of bindings over LMP: one endpoint for all clients of a waitset, which the badge
// of what they send with tells apart. That of the default waitset is the dispatcher's own endpoint, so
// that a server which its clients know beforehand (flounder_serve()) needs no monitor: there a badge
// that is not known yet may say hello, with the endpoint where it is to be answered.
//
// FR1 While a thread is in messages_handler_loop() on the reception's waitset, the answer of a handler
//     is kept until that has returned, and the core goes with it to the client (barrelfish/lrpc.h) if
//     nothing else is to be done here.
// FR2 A binding is in the chain of its badge as long as it is open; nothing else is in a chain.
// FR3 A reception serves one interface.
// Circle: what is received is a binding's, and may end it.
#include "stub.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/debug.h"
#include "barrelfish/dispatch.h"
#include "barrelfish/domain.h"
#include "barrelfish/idc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/syscalls.h"
#include "barrelfish/threads.h"
#include "dispatch/dispatcher.h"

#include <assert.h>
#include <stdlib.h>

#define CHAINS 64u
#define LINES_EACH_EVENT 16 // so that a flood leaves room for the waitset's others

struct flounder_reception {
    struct flounder_inlet inlet;
    struct flounder_reception *next;
    struct waitset *ws;
    struct lmp_endpoint *ep;
    struct capref cap; ///< of the endpoint
    uint32_t last_badge;
    struct list chains[CHAINS];
    // FR1
    struct thread *looping; ///< in messages_handler_loop()
    unsigned depth;         ///< of handlers: one may receive, or dispatch
    struct flounder_stub *kept;
    struct lmp_recv_msg answer;
    // flounder_serve()
    const struct flounder_interface *interface;
    flounder_connect_fn *connect_cb;
    flounder_told_fn *told;
    void *st;
};

static struct flounder_reception *receptions;

static struct flounder_reception *of(struct flounder_stub *stub)
{
    return LIST_OWNER(stub->inlet, struct flounder_reception, inlet);
}

static struct list *chain_of(struct flounder_reception *reception, uint32_t badge)
{
    return &reception->chains[(badge ^ badge >> 16) % CHAINS];
}

static struct flounder_stub *find(struct flounder_reception *reception, uint32_t badge)
{
    struct list *chain = chain_of(reception, badge);
    for (struct list *place = chain->next; place != chain; place = place->next) {
        struct flounder_stub *stub = LIST_OWNER(place, struct flounder_stub, lmp.place);
        if (stub->lmp.badge == badge)
            return stub;
    }
    return NULL;
}

void flounder_reception_enter(struct flounder_reception *reception, struct flounder_stub *stub,
                              uint32_t badge, struct capref remote)
{
    assert(find(reception, badge) == NULL && badge != 0); // FR2
    stub->over_lmp = &flounder_over_lmp;
    stub->inlet = &reception->inlet;
    stub->lmp.ep = reception->ep;
    stub->lmp.remote = remote;
    stub->lmp.to = get_cap_caddr(remote);
    stub->lmp.badge = badge;
    list_add(chain_of(reception, badge), &stub->lmp.place);
}

void flounder_reception_leave(struct flounder_stub *stub)
{
    struct flounder_reception *reception = of(stub);
    list_remove(&stub->lmp.place);
    reception->kept = reception->kept == stub ? NULL : reception->kept;
    flounder_keeping = flounder_keeping == stub ? NULL : flounder_keeping;
}

/// Keeps a slot ready. Without one, lines with capabilities are refused to their senders, who try
/// again; each further line is an occasion to get one.
static void prepare_slot(struct flounder_reception *reception)
{
    struct capref slot;
    if (capref_is_null(reception->ep->recv_slot) && err_is_ok(slot_alloc(&slot)))
        lmp_endpoint_set_recv_slot(reception->ep, slot);
}

// ---- Answers that are kept (FR1)

bool flounder_reception_keeps(struct flounder_stub *stub, const struct flounder_line *line,
                              unsigned ctrl)
{
    struct flounder_reception *reception = of(stub);
    if (!stub->ready || __atomic_exchange_n(&flounder_keeping, NULL, __ATOMIC_RELAXED) != stub)
        return false; // else another thread that answers just now has none to keep
    reception->answer.words[0] = ctrl | FLOUNDER_WHOLE;
    memcpy(&reception->answer.words[1], line->words, sizeof(line->words));
    reception->kept = stub;
    return true;
}

/// Sends the answer that was kept. With `wait`, if nothing else is to be done, the next line may come
/// at once: true, it is in reception->answer.
static bool send_kept(struct flounder_reception *reception, bool wait, struct capref *cap)
{
    struct flounder_stub *stub = reception->kept;
    uint64_t received = 0, to = stub->lmp.to;
    reception->kept = NULL;
    reception->answer.buf.msglen = LMP_MSG_LENGTH;
    struct dispatcher *disp = dispatch_disable();
    dispatch_poll(disp);
    errval_t err =
        wait && reception->ws->pending == NULL
            ? lrpc_try_disabled(disp, to, 0, 0, reception->ep, &reception->answer, &received)
            : sys_lmp_send(to, LMP_FLAG_YIELD, 0, LMP_MSG_LENGTH, reception->answer.words);
    dispatch_enable(disp);
    if ((received & LMP_RECV_HAS_CAP) != 0)
        lmp_endpoint_take_cap(reception->ep, true, cap);
    if (err_is_fail(err)) {
        struct flounder_line line;
        memcpy(line.words, &reception->answer.words[1], sizeof(line.words));
        (void)!flounder_answer_later(stub, &line, (unsigned)reception->answer.words[0]);
    }
    return received != 0;
}

static void flush(struct flounder_reception *reception)
{
    if (reception->kept != NULL)
        (void)send_kept(reception, false, NULL);
}

void flounder_reception_flush(struct flounder_stub *stub)
{
    if (stub->lmp.badge != 0)
        flush(of(stub));
}

// ---- Receiving

static void refuse(struct capref cap, errval_t err)
{
    const uint64_t words[LMP_MSG_LENGTH] = {FLOUNDER_CTRL(FLOUNDER_REFUSE, 0) | FLOUNDER_WHOLE,
                                            err};
    (void)lmp_send(cap, 0, NULL_CAP, LMP_MSG_LENGTH, words);
    cap_drop(cap);
}

/// Who says hello with an endpoint becomes a client, perhaps anew.
static struct flounder_stub *admit(struct flounder_reception *reception, uint32_t badge,
                                   struct capref cap)
{
    struct flounder_stub *stub = find(reception, badge);
    struct flounder_bind bind = {.connect_cb = reception->connect_cb, .st = reception->st};
    if (stub != NULL)
        flounder_end(stub, LIB_ERR_CHAN_CLOSED);
    stub = flounder_make(reception->interface, reception->ws, bind);
    if (stub == NULL) {
        refuse(cap, LIB_ERR_MALLOC_FAIL);
        return NULL;
    }
    flounder_reception_enter(reception, stub, badge, cap);
    stub->peer = badge;
    return stub;
}

/// The binding that a line is for, and none of `cap` if that was the line's hello; NULL: nobody's.
static struct flounder_stub *stub_of(struct flounder_reception *reception,
                                     const struct lmp_recv_msg *msg, struct capref *cap)
{
    uint32_t badge = (uint32_t)msg->buf.badge;
    bool hello = (msg->words[0] & 0xff) == FLOUNDER_HELLO && !capref_is_null(*cap);
    if (msg->buf.msglen != LMP_MSG_LENGTH || (msg->words[0] & FLOUNDER_CONNECTS) == 0) // FL1
        return NULL;
    if (!hello || reception->interface == NULL)
        return find(reception, badge);
    struct capref answers_to = *cap;
    *cap = NULL_CAP;
    return admit(reception, badge, answers_to);
}

/// FR1: only of the outermost handler, since another one's caller goes on with something else.
static inline void begin_handling(struct flounder_reception *reception, struct flounder_stub *stub)
{
    flounder_keeping = reception->depth++ == 0 && reception->looping != NULL ? stub : NULL;
    stub->held++;
}

static inline void end_handling(struct flounder_reception *reception, struct flounder_stub *stub)
{
    flounder_keeping = NULL;
    reception->depth--;
    if (--stub->held == 0 && stub->freed)
        flounder_destroy(stub);
}

/// Who calls and takes no answers has more calls outstanding than it may: what a server keeps for a
/// client is bounded.
static errval_t refuse_more(struct capref cap)
{
    if (!capref_is_null(cap))
        cap_drop(cap);
    return FLOUNDER_ERR_CALLS;
}

static void handle(struct flounder_reception *reception, const struct lmp_recv_msg *msg,
                   struct capref cap)
{
    if (msg->buf.badge == 0 && reception->told != NULL) {
        reception->told(reception->st, msg->words, msg->buf.msglen, cap);
        return;
    }
    struct flounder_stub *stub = stub_of(reception, msg, &cap);
    if (stub == NULL) {
        if (!capref_is_null(cap))
            cap_drop(cap);
        return;
    }
    begin_handling(reception, stub);
    errval_t err = stub->pending_count <= FLOUNDER_CALLS_MAX
                       ? flounder_take_lmp_line(stub, msg->words, cap)
                       : refuse_more(cap);
    if (err_is_fail(err))
        flounder_end(stub, err);
    end_handling(reception, stub);
}

static void receive(struct flounder_reception *reception)
{
    struct thread *self = thread_self();
    for (int i = 0; i < LINES_EACH_EVENT && reception->inlet.receiver == self; i++) {
        struct lmp_recv_msg msg = LMP_RECV_MSG_INIT;
        struct capref cap;
        if (reception->kept != NULL && lmp_endpoint_can_recv(reception->ep))
            (void)send_kept(reception, false, NULL); // the core is not handed over with it
        if (err_is_fail(lmp_endpoint_recv(reception->ep, &msg.buf, &cap)))
            break;
        prepare_slot(reception);
        handle(reception, &msg, cap);
    }
    prepare_slot(reception);
}

void flounder_reception_receive(struct flounder_stub *stub)
{
    receive(of(stub));
}

static void on_lines(void *arg)
{
    struct flounder_reception *reception = arg;
    bool nested;
    if (!flounder_inlet_enter(&reception->inlet, &nested))
        return;
    receive(reception);
    if (!nested && reception->inlet.receiver == thread_self())
        flounder_inlet_leave(&reception->inlet);
}

static void listen(struct flounder_reception *reception)
{
    if (reception->inlet.receiver == NULL &&
        !waitset_chan_is_registered(&reception->ep->waitset_state))
        (void)!lmp_endpoint_register(reception->ep, reception->ws, MKCLOSURE(on_lines, reception));
}

static void listen_at(struct flounder_inlet *inlet)
{
    listen(LIST_OWNER(inlet, struct flounder_reception, inlet));
}

void flounder_reception_listen(struct flounder_stub *stub)
{
    listen(of(stub));
}

/// Handles a line that is the whole of a message, and brings no capability, the short way; false: it
/// is another one.
static inline bool handle_whole(struct flounder_reception *reception,
                                const struct lmp_recv_msg *msg)
{
    const uint64_t word = msg->words[0], kind = FLOUNDER_CONNECTS | FLOUNDER_WHOLE;
    struct flounder_stub *stub = find(reception, (uint32_t)msg->buf.badge);
    unsigned index = (word & 0xff) - 1;
    if (stub == NULL || (word & ~UINT64_C(0x7fff)) != kind || stub->state != FLOUNDER_OPEN ||
        stub->assembly.total != 0 || index >= stub->interface->count ||
        stub->pending_count > FLOUNDER_CALLS_MAX)
        return false;
    begin_handling(reception, stub);
    errval_t err = stub->interface->take[index](stub, word & UINT16_MAX, &msg->words[1]);
    if (err_is_fail(err))
        flounder_end(stub, err);
    end_handling(reception, stub);
    return true;
}

/// Sends the answer that was kept, and handles the line that comes back with the core.
static bool step(struct flounder_reception *reception)
{
    struct capref cap = NULL_CAP;
    bool more = false;
    if (reception->kept == NULL || reception->inlet.receiver != NULL)
        return false;
    bool nested;
    if (!flounder_inlet_enter(&reception->inlet, &nested))
        return false;
    if (send_kept(reception, true, &cap)) {
        if (capref_is_null(reception->ep->recv_slot))
            prepare_slot(reception);
        if (!capref_is_null(cap) || !handle_whole(reception, &reception->answer))
            handle(reception, &reception->answer, cap); // read before the next answer is kept
        more = true;
    }
    if (reception->inlet.receiver == reception->looping) // else a handler has let others receive
        flounder_inlet_leave(&reception->inlet);
    return more;
}

// ---- Receptions

static struct flounder_reception *reception_of(struct waitset *ws)
{
    struct flounder_reception *reception = receptions;
    while (reception != NULL && reception->ws != ws)
        reception = reception->next;
    return reception;
}

void flounder_handle_until(const bool *done)
{
    struct flounder_reception *reception = NULL;
    while (!*(const volatile bool *)done) {
        if (reception == NULL && (reception = reception_of(get_default_waitset())) != NULL)
            reception->looping = thread_self();
        if (reception == NULL || !step(reception))
            messages_wait_and_handle_next();
    }
    if (reception != NULL) {
        reception->looping = NULL;
        flush(reception);
    }
}

void messages_handler_loop(void)
{
    static const bool never = false;
    for (;;)
        flounder_handle_until(&never);
}

/// The default waitset's has the dispatcher's own endpoint, any other one is made.
static errval_t make(struct waitset *ws, struct flounder_reception **made)
{
    struct flounder_reception *reception = calloc(1, sizeof(*reception));
    if (reception == NULL)
        return LIB_ERR_MALLOC_FAIL;
    reception->ws = ws;
    reception->cap = cap_selfep;
    reception->ep = lmp_endpoint_self();
    if (ws != get_default_waitset()) {
        errval_t err = endpoint_create(LMP_ENDPOINT_MESSAGES_MAX, &reception->cap, &reception->ep);
        if (err_is_fail(err)) {
            free(reception);
            return err;
        }
    }
    list_init(&reception->inlet.waiting);
    reception->inlet.listen = listen_at;
    for (unsigned i = 0; i < CHAINS; i++)
        list_init(&reception->chains[i]);
    reception->next = receptions;
    receptions = *made = reception;
    prepare_slot(reception);
    listen(reception);
    return SYS_ERR_OK;
}

errval_t flounder_reception_need(struct waitset *ws, struct flounder_reception **reception)
{
    *reception = reception_of(ws);
    return *reception == NULL ? make(ws, reception) : SYS_ERR_OK;
}

errval_t flounder_reception_invite(struct flounder_reception *reception, struct capref slot,
                                   uint32_t *badge)
{
    do
        *badge = ++reception->last_badge;
    while (*badge == 0 || find(reception, *badge) != NULL);
    return cap_mint(slot, reception->cap, CAPRIGHTS_ALL, *badge);
}

errval_t flounder_serve(const struct flounder_interface *interface, void *st,
                        flounder_connect_fn *connect_cb, flounder_told_fn *told)
{
    struct flounder_reception *reception;
    errval_t err = flounder_reception_need(get_default_waitset(), &reception);
    if (err_is_fail(err))
        return err;
    assert(reception->interface == NULL); // FR3
    reception->connect_cb = connect_cb;
    reception->told = told;
    reception->st = st;
    reception->interface = interface;
    return SYS_ERR_OK;
}

void flounder_forget(uint32_t badge)
{
    struct flounder_reception *reception = reception_of(get_default_waitset());
    struct flounder_stub *stub = reception != NULL ? find(reception, badge) : NULL;
    if (stub != NULL)
        flounder_end(stub, LIB_ERR_CHAN_CLOSED);
}
