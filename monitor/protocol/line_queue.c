// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The queue of lines in front of a ring, see protocol/line_queue.h: an array used in a circle.

#include "protocol/line_queue.h"

void line_queue_init(struct line_queue *queue, struct urpc_msg *lines, unsigned lines_max)
{
    *queue = (struct line_queue){.lines = lines, .lines_max = lines_max};
}

struct urpc_msg *line_queue_add(struct line_queue *queue)
{
    return &queue->lines[(queue->first + queue->count++) % queue->lines_max];
}

const struct urpc_msg *line_queue_first(const struct line_queue *queue)
{
    return &queue->lines[queue->first];
}

void line_queue_remove(struct line_queue *queue)
{
    queue->first = (queue->first + 1) % queue->lines_max;
    queue->count--;
}

struct urpc_msg *line_queue_move(struct line_queue *queue, struct urpc_msg *lines,
                                 unsigned lines_max)
{
    struct urpc_msg *before = queue->lines;
    for (unsigned i = 0; i < queue->count; i++)
        lines[i] = before[(queue->first + i) % queue->lines_max];
    queue->lines = lines;
    queue->lines_max = lines_max;
    queue->first = 0;
    return before;
}
