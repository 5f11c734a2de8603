// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Channels between monitors: lines and messages, queues, routing, sleeping and waking. See
// intermon.h for the layout and IM1 to IM4. Stands on urpc and on a polled channel of the waitset,
// which stands for all rings at once; one Notify wakes the monitor for any of them. Not here: how a
// channel comes to be (start.c, intermon_connect.c) and what messages mean (dispatch.c).

#include "monitor.h"

#include "barrelfish/vspace_common.h"
#include "protocol/line_queue.h"
#include <stdlib.h>
#include <string.h>

#define QUEUE_LINES 192u
#define REQUEST_LINES (QUEUE_LINES / 2)
/// What handling a message makes a monitor answer at most: IM_CAP_ACK and IM_BIND_REPLY.
#define ANSWER_LINES 4u
#define FIRST_LINE_WORDS (URPC_WORDS - 1)
/// Own messages to a core after which a direct channel is worth its frame, or another attempt.
#define CONNECT_AFTER 16u
/// Lines taken from one ring before the next one has its turn.
#define RECEIVE_BATCH 32u

struct channel {
    struct urpc_chan ring;
    struct capref notify; ///< wakes the peer; an empty slot until it is known
    bool notify_known;
    coreid_t peer;
    bool rx_open, tx_open;
    bool dirty;        ///< sent to since the last flush
    unsigned rx_words; ///< of rx_msg that have come
    unsigned rx_lines; ///< of rx_msg that are still to come
    bool rx_whole;     ///< rx_msg waits for room where it leads to (IM4)
    struct intermon_msg rx_msg;
    struct line_queue queue;
    struct urpc_msg queue_lines[QUEUE_LINES]; ///< the queue's until it must be larger
};

static struct channel *channels[BOOTINFO_CORES_MAX]; ///< by peer
static struct channel *list[BOOTINFO_CORES_MAX];     ///< the same, dense, for polling
static unsigned list_count;
static uint8_t sent_count[BOOTINFO_CORES_MAX]; ///< own messages to each core along the tree
static struct waitset_chanstate poll_state;
static struct lmp_endpoint *notify_ep;
static struct capref own_notify;

static unsigned lines_of(unsigned words)
{
    return words <= FIRST_LINE_WORDS ? 1
                                     : 1 + (words - FIRST_LINE_WORDS + URPC_WORDS - 1) / URPC_WORDS;
}

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
    struct channel *direct = destination < monitor.tree.count ? channels[destination] : NULL;
    return direct != NULL && direct->tx_open ? direct : tree_route(destination);
}

/// Makes the queue larger if need be, so that so many lines find room.
static bool make_room(struct channel *chan, unsigned lines)
{
    struct line_queue *queue = &chan->queue;
    if (queue->count + lines <= queue->lines_max)
        return true;
    struct urpc_msg *more = malloc(2 * queue->lines_max * sizeof(*more));
    if (more == NULL)
        return false;
    struct urpc_msg *before = line_queue_move(queue, more, 2 * queue->lines_max);
    if (before != chan->queue_lines)
        free(before);
    return true;
}

static bool answer_has_room(coreid_t core, bool make)
{
    struct channel *chan = route(core);
    return chan == NULL || chan->queue.count + ANSWER_LINES <= chan->queue.lines_max ||
           (make && make_room(chan, ANSWER_LINES));
}

/// Tells whether what a message leads to finds room: itself if it is passed on, else the answers.
/// With `make`, room is made for the latter.
static bool message_has_room(const struct intermon_msg *msg, bool make)
{
    if (msg->destination == monitor.core)
        return answer_has_room(msg->source, make) &&
               (msg->final == INTERMON_NONE || answer_has_room(msg->final, make));
    struct channel *chan = tree_route(msg->destination);
    return chan == NULL || chan->queue.count + lines_of(msg->count) <= QUEUE_LINES;
}

// The three functions of the polled channel run with the dispatcher disabled.

static bool can_receive(struct channel *chan)
{
    if (chan->rx_whole)
        return message_has_room(&chan->rx_msg, false);
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
    return false;
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

/// Writes queued lines as long as there is room.
static void drain_queue(struct channel *chan)
{
    while (chan->tx_open && chan->queue.count > 0) {
        const struct urpc_msg *line = line_queue_first(&chan->queue);
        if (!urpc_send(&chan->ring, line->words, line->ctrl))
            return;
        line_queue_remove(&chan->queue);
        chan->dirty = true;
    }
}

static void queue_message(struct channel *chan, const struct intermon_msg *msg)
{
    unsigned lines = lines_of(msg->count), word = 0;
    for (unsigned l = 0; l < lines; l++) {
        struct urpc_msg *line = line_queue_add(&chan->queue);
        unsigned at = 0;
        if (l == 0)
            line->words[at++] = (uint64_t)msg->op | (uint64_t)msg->count << 8 |
                                (uint64_t)msg->source << 16 | (uint64_t)msg->destination << 32 |
                                (uint64_t)msg->final << 48;
        while (at < URPC_WORDS)
            line->words[at++] = word < msg->count ? msg->words[word] : 0, word++;
        line->ctrl = (uint16_t)(lines - 1 - l);
    }
}

static errval_t channel_send(struct channel *chan, const struct intermon_msg *msg, bool request)
{
    unsigned lines = lines_of(msg->count);
    if (request ? chan->queue.count + lines > REQUEST_LINES : !make_room(chan, lines))
        return MON_ERR_LIMIT; // IM2, or no memory
    queue_message(chan, msg);
    drain_queue(chan);
    return SYS_ERR_OK;
}

/// Takes a line into the channel's message; true when it is whole. A malformed line is dropped with
/// its message.
static bool take_line(struct channel *chan, const uint64_t *words, uint16_t ctrl)
{
    struct intermon_msg *msg = &chan->rx_msg;
    unsigned at = 0;
    if (chan->rx_lines == 0) {
        *msg = (struct intermon_msg){
            .op = (uint8_t)words[0],
            .count = (uint8_t)(words[0] >> 8),
            .source = (coreid_t)(words[0] >> 16),
            .destination = (coreid_t)(words[0] >> 32),
            .final = (coreid_t)(words[0] >> 48),
        };
        if (msg->count > INTERMON_WORDS_MAX || ctrl != lines_of(msg->count) - 1 ||
            msg->source >= monitor.tree.count || msg->destination >= monitor.tree.count)
            return false;
        chan->rx_words = 0;
        chan->rx_lines = ctrl + 1u;
        at = 1;
    }
    while (at < URPC_WORDS && chan->rx_words < msg->count)
        msg->words[chan->rx_words++] = words[at++];
    return --chan->rx_lines == 0;
}

/// Handles or passes on a whole message, for which there is room.
static void deliver(struct channel *chan)
{
    const struct intermon_msg msg = chan->rx_msg;
    chan->rx_whole = false;
    if (msg.destination == monitor.core) {
        intermon_handle(&msg, chan->peer);
        return;
    }
    struct channel *next = tree_route(msg.destination);
    errval_t err = next == NULL ? MON_ERR_NO_CORE : channel_send(next, &msg, false);
    if (err_is_fail(err))
        DEBUG_ERR(err, "message %u from core %u has no way to core %u", msg.op, msg.source,
                  msg.destination);
}

static void receive(struct channel *chan)
{
    uint64_t words[URPC_WORDS];
    uint16_t ctrl;
    for (unsigned i = 0; i < RECEIVE_BATCH && chan->rx_open; i++) {
        if (!chan->rx_whole) {
            if (!urpc_recv(&chan->ring, words, &ctrl))
                return;
            chan->rx_whole = take_line(chan, words, ctrl);
        }
        if (!chan->rx_whole)
            continue;
        if (!message_has_room(&chan->rx_msg, true))
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
        drain_queue(list[i]);
    turn++;
    for (unsigned i = 0; i < list_count; i++)
        receive(list[(turn + i) % list_count]);
    register_poll();
}

static void register_poll(void)
{
    errval_t err =
        waitset_chan_register_polled(&monitor.ws, &poll_state, MKCLOSURE(rings_ready, NULL));
    if (err_is_fail(err))
        USER_PANIC_ERR(err, "cannot poll the other monitors");
}

void intermon_init(void)
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
    line_queue_init(&chan->queue, chan->queue_lines, QUEUE_LINES);
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
    channels[peer]->rx_open = true;
}

void intermon_open_tx(coreid_t peer)
{
    channels[peer]->tx_open = true;
}

errval_t intermon_set_notify(coreid_t peer, const struct capability *notify)
{
    struct channel *chan = channels[peer];
    uint64_t words[INTERMON_CAP_WORDS];
    if (chan == NULL || notify->type != ObjType_Notify || chan->notify_known)
        return MON_ERR_PROTOCOL;
    cap_transfer_put(words, notify);
    errval_t err = cap_transfer_make_name_at(words, chan->notify);
    chan->notify_known = err_is_ok(err);
    return err_is_ok(err) ? invoke_notify_send(chan->notify) : err;
}

errval_t intermon_forward(const struct intermon_msg *msg, bool request)
{
    struct channel *chan = route(msg->destination);
    return chan == NULL ? MON_ERR_NO_CORE : channel_send(chan, msg, request);
}

errval_t intermon_send(const struct intermon_msg *msg, bool request)
{
    struct intermon_msg own = *msg;
    own.source = monitor.core;
    if (own.destination == monitor.core) {
        intermon_handle(&own, monitor.core);
        return SYS_ERR_OK;
    }
    errval_t err = intermon_forward(&own, request);
    if (err_is_ok(err) && !intermon_has_channel(own.destination) &&
        ++sent_count[own.destination] == CONNECT_AFTER) {
        sent_count[own.destination] = 0;
        intermon_connect(own.destination);
    }
    return err;
}

bool intermon_make_room(coreid_t destination)
{
    return answer_has_room(destination, true);
}

errval_t intermon_send_direct(coreid_t peer, const struct intermon_msg *msg)
{
    struct intermon_msg own = *msg;
    own.source = monitor.core;
    return channels[peer] == NULL ? MON_ERR_NO_CORE : channel_send(channels[peer], &own, false);
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
