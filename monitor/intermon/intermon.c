// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// All channels between monitors: routing, taking turns, sleeping and waking. See intermon.h for the
// layout and IM1 to IM7. Stands on urpc and on a polled channel of the waitset, which stands for
// all rings at once; one Notify wakes the monitor for any of them. Not here: lines and queues
// (channel.c), how a channel comes to be (cores/start.c, exec/connect.c) and what messages
// mean (messages.c).

#include "channel.h"
#include "state/monitor.h"

#include "barrelfish/vspace_common.h"
#include <assert.h>
#include <stdlib.h>

/// What handling a message makes a monitor answer at most: cap_ack and bind_reply.
#define ANSWER_LINES 4u
/// Letters of a message on the console.
#define TEXT_BYTES 400u
/// Own messages to a core after which a direct channel is worth its frame, or another attempt.
#define CONNECT_AFTER 16u
/// Lines taken from one ring before the next one has its turn.
#define RECEIVE_BATCH 32u

static const struct intermon_hooks *hooks;
static struct channel *channels[BOOTINFO_CORES_MAX]; ///< by peer
static struct channel *list[BOOTINFO_CORES_MAX];     ///< the same, dense, for polling
static unsigned list_count;
static struct channel self; ///< what this monitor sends to itself: a queue, and no ring (IM7)
static uint8_t sent_count[BOOTINFO_CORES_MAX]; ///< own messages to each core along the tree
static struct waitset_chanstate poll_state;
static struct lmp_endpoint *notify_ep;
static struct capref own_notify;

/// The channel of the tree that leads to `destination`, or NULL.
static struct channel *tree_route(coreid_t destination)
{
    coreid_t hop = boot_tree_next_hop(&monitor.tree, monitor.core, destination);
    struct channel *chan = hop == BOOT_CORE_NONE ? NULL : channels[hop];
    return chan != NULL && chan->tx_open ? chan : NULL;
}

/// The channel on which own messages to `destination` leave, or NULL.
static struct channel *route(coreid_t destination)
{
    if (destination == monitor.core)
        return &self;
    struct channel *direct = destination < monitor.tree.count ? channels[destination] : NULL;
    return direct != NULL && direct->tx_open ? direct : tree_route(destination);
}

static bool answer_has_room(coreid_t core, bool make)
{
    struct channel *chan = route(core);
    return chan == NULL || chan->queue.count + ANSWER_LINES <= chan->queue.lines_max ||
           (make && channel_make_room(chan, ANSWER_LINES));
}

/// Tells whether what a message leads to finds room: itself if it is passed on, else the answers.
/// With `make`, room is made for the latter.
static bool message_has_room(const struct parcel *parcel, bool make)
{
    const struct intermon_header *header = &parcel->header;
    if (header->destination == monitor.core)
        return answer_has_room(header->source, make) &&
               (header->final == INTERMON_NONE || answer_has_room(header->final, make));
    struct channel *chan = tree_route(header->destination);
    return chan == NULL || chan->queue.count + channel_lines(parcel->count) <= CHANNEL_PASS_LINES;
}

// The three functions of the polled channel run with the dispatcher disabled.

static bool can_receive(struct channel *chan)
{
    if (chan->rx_whole)
        return message_has_room(&chan->rx_parcel, false);
    if (chan == &self)
        return self.queue.count > 0;
    return chan->rx_open && urpc_can_recv(&chan->ring);
}

static bool poll_rings(struct waitset_chanstate *state)
{
    (void)state;
    for (unsigned i = 0; i < list_count; i++) {
        struct channel *chan = list[i];
        if (can_receive(chan) ||
            (chan->tx_open && chan->queue.count > 0 && urpc_can_send(&chan->ring)))
            return true;
    }
    return can_receive(&self);
}

static void disarm_first(unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        urpc_disarm(&list[i]->ring);
        urpc_disarm_room(&list[i]->ring);
    }
}

static bool arm_rings(struct waitset_chanstate *state)
{
    (void)state;
    if (can_receive(&self))
        return false;
    // Notifications that came are all answered by the polling that follows.
    notify_ep->kern->consumed = notify_ep->kern->delivered;
    for (unsigned i = 0; i < list_count; i++) {
        struct channel *chan = list[i];
        // While its message waits, another ring's room is what counts.
        bool quiet = !chan->rx_open || chan->rx_whole || urpc_arm(&chan->ring);
        if (quiet && chan->tx_open && chan->queue.count > 0)
            quiet = urpc_arm_room(&chan->ring, 1);
        if (!quiet) {
            disarm_first(i + 1);
            return false;
        }
    }
    return true;
}

static void disarm_rings(struct waitset_chanstate *state)
{
    (void)state;
    disarm_first(list_count);
}

void intermon_complain(const char *what, const struct intermon_header *header,
                       const struct intermon_message *message)
{
    char text[TEXT_BYTES];
    (void)intermon_print(text, sizeof(text), message);
    debug_printf("message from core %u to core %u (%s): %s\n", header->source, header->destination,
                 what, text);
}

static void pass_on(const struct parcel *parcel)
{
    struct intermon_message message;
    errval_t err = channel_pass(tree_route(parcel->header.destination), parcel, false);
    if (err_is_ok(err))
        return;
    (void)intermon_decode(parcel->words, parcel->count, parcel->op, &message);
    intermon_complain(err_getstring(err), &parcel->header, &message);
}

static void handle(const struct parcel *parcel)
{
    static bool handling;
    struct intermon_message message;
    assert(!handling); // IM7
    handling = true;
    if (intermon_decode(parcel->words, parcel->count, parcel->op, &message))
        hooks->handle(&parcel->header, &message);
    else
        intermon_complain("malformed", &parcel->header, &message);
    handling = false;
}

/// Handles or passes on a whole message, for which there is room.
static void deliver(struct channel *chan)
{
    const struct parcel parcel = chan->rx_parcel;
    bool here = parcel.header.destination == monitor.core;
    assert(here || chan != &self); // IM7
    chan->rx_whole = false;
    if (here)
        handle(&parcel);
    else
        pass_on(&parcel);
}

/// Takes the next line into the channel's message; false if there is none.
static bool take_line(struct channel *chan)
{
    struct urpc_msg line;
    if (chan == &self) {
        if (self.queue.count == 0)
            return false;
        line = *line_queue_first(&self.queue);
        line_queue_remove(&self.queue);
    } else if (!urpc_recv(&chan->ring, line.words, &line.ctrl)) {
        return false;
    }
    chan->rx_whole = channel_take_line(chan, line.words, line.ctrl);
    return true;
}

static void receive(struct channel *chan)
{
    for (unsigned i = 0; i < RECEIVE_BATCH && chan->rx_open; i++) {
        if (!chan->rx_whole && !take_line(chan))
            return;
        if (!chan->rx_whole)
            continue;
        if (!message_has_room(&chan->rx_parcel, true))
            return;
        deliver(chan);
    }
}

static void register_poll(void);

static void rings_ready(void *arg)
{
    static unsigned turn; // rings take turns in being the first, for the room that there is
    (void)arg;
    for (unsigned i = 0; i < list_count; i++)
        channel_drain(list[i]);
    turn++;
    for (unsigned i = 0; i < list_count; i++)
        receive(list[(turn + i) % list_count]);
    receive(&self);
    register_poll();
}

static void register_poll(void)
{
    errval_t err =
        waitset_chan_register_polled(&monitor.ws, &poll_state, MKCLOSURE(rings_ready, NULL));
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "cannot poll the other monitors");
}

void intermon_init(const struct intermon_hooks *above)
{
    uint64_t vector;
    struct capref ep;
    errval_t err = endpoint_create(4, &ep, &notify_ep);
    if (err_is_ok(err))
        err = slot_alloc(&own_notify);
    if (err_is_ok(err))
        err = invoke_kernel_notify_create(cap_kernel, ep, own_notify, &vector);
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "cannot make the monitor's Notify");
    hooks = above;
    self.peer = monitor.core;
    self.rx_open = true;
    line_queue_init(&self.queue, self.queue_lines, CHANNEL_QUEUE_LINES);
    waitset_chanstate_init(&poll_state, CHANTYPE_UMP_IN);
    poll_state.poll = poll_rings;
    poll_state.arm = arm_rings;
    poll_state.disarm = disarm_rings;
    register_poll();
}

void intermon_own_notify(struct capability *notify)
{
    errval_t err = cap_identify(own_notify, notify);
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "the monitor's Notify is gone");
}

errval_t intermon_add(coreid_t peer, struct capref frame, bool first)
{
    uint8_t *buf;
    errval_t err = vspace_map_one_frame((void **)&buf, INTERMON_FRAME_BYTES, frame, NULL, NULL);
    if (err_is_fail(err))
        return err;
    struct channel *chan = calloc(1, sizeof(*chan));
    struct capref notify = NULL_CAP;
    uint8_t *out = first ? buf : buf + INTERMON_AREA_BYTES;
    uint8_t *in = first ? buf + INTERMON_AREA_BYTES : buf;
    err = chan == NULL ? LIB_ERR_MALLOC_FAIL : slot_alloc(&notify);
    if (err_is_fail(err)) {
        free(chan);
        (void)vspace_unmap(buf);
        return err;
    }
    if (!urpc_init(&chan->ring, out, in, INTERMON_AREA_BYTES / URPC_LINE_BYTES))
        USER_PANIC("a ring between monitors has no such size");
    chan->peer = peer;
    chan->notify = notify;
    line_queue_init(&chan->queue, chan->queue_lines, CHANNEL_QUEUE_LINES);
    assert(channels[peer] == NULL); // IM1
    channels[peer] = chan;
    list[list_count] = chan;
    // poll_rings() may run at any point here.
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    list_count++;
    return SYS_ERR_OK;
}

void intermon_remove(coreid_t peer)
{
    struct channel *chan = channels[peer];
    assert(!chan->rx_open && !chan->tx_open); // IM1
    for (unsigned i = 0; i < list_count; i++)
        if (list[i] == chan)
            list[i] = list[--list_count];
    channels[peer] = NULL;
    if (chan->notify_known)
        (void)cap_delete(chan->notify);
    (void)slot_free(chan->notify);
    uint8_t *out = (uint8_t *)chan->ring.out, *in = (uint8_t *)chan->ring.in;
    (void)vspace_unmap(out < in ? out : in);
    free(chan);
}

bool intermon_has_channel(coreid_t peer)
{
    return channels[peer] != NULL;
}

void intermon_open_rx(coreid_t peer)
{
    assert(!channels[peer]->rx_open); // IM1
    channels[peer]->rx_open = true;
}

void intermon_open_tx(coreid_t peer)
{
    assert(!channels[peer]->tx_open); // IM1
    channels[peer]->tx_open = true;
}

errval_t intermon_set_notify(coreid_t peer, const struct capability *notify)
{
    struct channel *chan = channels[peer];
    if (chan == NULL || notify->type != ObjType_Notify || chan->notify_known)
        return MON_ERR_PROTOCOL;
    errval_t err = cap_name_make_at(notify, chan->notify);
    chan->notify_known = err_is_ok(err);
    return err_is_ok(err) ? invoke_notify_send(chan->notify) : err;
}

errval_t intermon_send_by(const struct intermon_header *header,
                          const struct intermon_message *message, bool request)
{
    coreid_t to = header->destination;
    bool to_self = to == monitor.core;
    errval_t err = channel_send(route(to), header, message, request && !to_self);
    if (err_is_ok(err) && header->source == monitor.core && !to_self && !intermon_has_channel(to) &&
        ++sent_count[to] == CONNECT_AFTER) {
        sent_count[to] = 0;
        hooks->wanted(to);
    }
    return err;
}

static struct intermon_header header_to(coreid_t destination)
{
    return (struct intermon_header){
        .source = monitor.core, .destination = destination, .final = INTERMON_NONE};
}

errval_t intermon_send(coreid_t destination, const struct intermon_message *message, bool request)
{
    const struct intermon_header header = header_to(destination);
    return intermon_send_by(&header, message, request);
}

errval_t intermon_send_direct(coreid_t peer, const struct intermon_message *message)
{
    const struct intermon_header header = header_to(peer);
    return channel_send(channels[peer], &header, message, false);
}

void intermon_answer(coreid_t core, struct intermon_reply reply)
{
    errval_t err =
        intermon_send(core, &(struct intermon_message){INTERMON_REPLY, .reply = reply}, false);
    if (err_is_fail(err))
        DEBUG_ERR(err, "an answer to core %u is lost", core);
}

bool intermon_make_room(coreid_t destination)
{
    return answer_has_room(destination, true);
}

void intermon_flush(void)
{
    for (unsigned i = 0; i < list_count; i++) {
        struct channel *chan = list[i];
        bool wake = chan->dirty && urpc_peer_sleeps(&chan->ring);
        chan->dirty = false;
        wake = urpc_peer_waits(&chan->ring) || wake;
        if (!wake || !chan->notify_known)
            continue;
        errval_t err = invoke_notify_send(chan->notify);
        if (err_is_fail(err))
            DEBUG_ERR(err, "cannot wake the monitor of core %u", chan->peer);
    }
}
