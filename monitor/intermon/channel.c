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
#define HEADER_WORDS 1u
#define FIRST_LINE_WORDS (URPC_WORDS - HEADER_WORDS)

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

static void put_header(uint64_t words[HEADER_WORDS], const struct parcel *parcel)
{
    const struct intermon_header *header = &parcel->header;
    words[0] = (uint64_t)parcel->op | (uint64_t)parcel->count << 8 |
               (uint64_t)header->source << 16 | (uint64_t)header->destination << 32 |
               (uint64_t)header->final << 48;
}

static void get_header(const uint64_t words[HEADER_WORDS], coreid_t from, struct parcel *parcel)
{
    parcel->header = (struct intermon_header){.source = (coreid_t)(words[0] >> 16),
                                              .destination = (coreid_t)(words[0] >> 32),
                                              .final = (coreid_t)(words[0] >> 48),
                                              .from = from};
    parcel->op = (uint8_t)words[0];
    parcel->count = (uint8_t)(words[0] >> 8);
}

static void queue_message(struct channel *chan, const struct parcel *parcel)
{
    unsigned lines = channel_lines(parcel->count), word = 0;
    for (unsigned l = 0; l < lines; l++) {
        struct urpc_msg *line = line_queue_add(&chan->queue);
        unsigned at = l == 0 ? HEADER_WORDS : 0;
        if (l == 0)
            put_header(line->words, parcel);
        while (at < URPC_WORDS)
            line->words[at++] = word < parcel->count ? parcel->words[word] : 0, word++;
        line->ctrl = (uint16_t)(lines - 1 - l);
    }
}

errval_t channel_pass(struct channel *chan, const struct parcel *parcel, bool request)
{
    unsigned lines = channel_lines(parcel->count);
    if (chan == NULL)
        return MON_ERR_NO_CORE;
    if (request ? chan->queue.count + lines > REQUEST_LINES : !channel_make_room(chan, lines))
        return MON_ERR_LIMIT;                                   // IM2, or IM5
    assert(chan->queue.count + lines <= chan->queue.lines_max); // IM5
    queue_message(chan, parcel);
    channel_drain(chan);
    return SYS_ERR_OK;
}

errval_t channel_send(struct channel *chan, const struct intermon_header *header,
                      const struct intermon_message *message, bool request)
{
    struct parcel parcel = {.header = *header, .op = (uint8_t)message->op};
    unsigned count;
    if (!intermon_encode(message, parcel.words, &count))
        return MON_ERR_PROTOCOL;
    parcel.count = (uint8_t)count;
    return channel_pass(chan, &parcel, request);
}

bool channel_take_line(struct channel *chan, const uint64_t *words, uint16_t ctrl)
{
    struct parcel *parcel = &chan->rx_parcel;
    const struct intermon_header *header = &parcel->header;
    unsigned at = 0;
    if (chan->rx_lines == 0) {
        get_header(words, chan->peer, parcel);
        if (parcel->count > INTERMON_WORDS_MAX || ctrl != channel_lines(parcel->count) - 1 ||
            header->source >= monitor.tree.count || header->destination >= monitor.tree.count)
            return false;
        chan->rx_words = 0;
        chan->rx_lines = ctrl + 1u;
        at = HEADER_WORDS;
    }
    while (at < URPC_WORDS && chan->rx_words < parcel->count)
        parcel->words[chan->rx_words++] = words[at++];
    return --chan->rx_lines == 0;
}
