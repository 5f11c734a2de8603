// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The queue of end_queue.h: two rings, each with room for all domains.
#include "end_queue.h"

#include <assert.h>
#include <string.h>

static void push(struct end_list *list, uint16_t index)
{
    assert(list->count < END_QUEUE_MAX);
    list->entries[(list->first + list->count++) % END_QUEUE_MAX] = index;
}

static bool pop(struct end_list *list, uint16_t *index)
{
    if (list->count == 0)
        return false;
    *index = list->entries[list->first];
    list->first = (uint16_t)((list->first + 1) % END_QUEUE_MAX);
    list->count--;
    return true;
}

void end_queue_init(struct end_queue *queue)
{
    memset(queue, 0, sizeof(*queue));
}

void end_queue_add(struct end_queue *queue, uint16_t index)
{
    push(&queue->turn, index);
}

bool end_queue_take(struct end_queue *queue, uint16_t *index)
{
    return pop(&queue->turn, index);
}

bool end_queue_forget(struct end_queue *queue, uint16_t index)
{
    if (queue->forgotten == FORGETS_MAX) {
        push(&queue->waiting, index);
        return false;
    }
    queue->forgotten++;
    return true;
}

void end_queue_forgotten(struct end_queue *queue)
{
    uint16_t index;
    if (queue->forgotten > 0)
        queue->forgotten--;
    if (pop(&queue->waiting, &index))
        push(&queue->turn, index);
}
