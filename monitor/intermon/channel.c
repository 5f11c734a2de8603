// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// One channel between two monitors: messages into lines and back, and the queue in front of the
// ring (protocol/line_queue.h). See intermon.h for the layout, IM2 and IM5.

#include "channel.h"
#include "state/monitor.h"

#include <assert.h>
#include <stdlib.h>

#define REQUEST_LINES (CHANNEL_QUEUE_LINES / 2)
#define FIRST_LINE_WORDS (URPC_WORDS - 1)

unsigned channel_lines(unsigned words)
{
    return words <= FIRST_LINE_WORDS ? 1
                                     : 1 + (words - FIRST_LINE_WORDS + URPC_WORDS - 1) / URPC_WORDS;
}

bool channel_make_room(struct channel *chan, unsigned lines)
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

void channel_drain(struct channel *chan)
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
    unsigned lines = channel_lines(msg->count), word = 0;
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

errval_t channel_send(struct channel *chan, const struct intermon_msg *msg, bool request)
{
    unsigned lines = channel_lines(msg->count);
    if (request ? chan->queue.count + lines > REQUEST_LINES : !channel_make_room(chan, lines))
        return MON_ERR_LIMIT;                                   // IM2, or IM5
    assert(chan->queue.count + lines <= chan->queue.lines_max); // IM5
    queue_message(chan, msg);
    channel_drain(chan);
    return SYS_ERR_OK;
}

bool channel_take_line(struct channel *chan, const uint64_t *words, uint16_t ctrl)
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
        if (msg->count > INTERMON_WORDS_MAX || ctrl != channel_lines(msg->count) - 1 ||
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
