// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The queue of lines: order over the end of the array, and while it is moved to a larger one.
#include "protocol/line_queue.h"

#include "testlib/testlib.h"

#include <stdlib.h>

static void add(struct line_queue *queue, unsigned number)
{
    struct urpc_msg *line = line_queue_add(queue);
    line->words[0] = number;
    line->ctrl = (uint16_t)(number % 7);
}

static void remove_expected(struct line_queue *queue, unsigned number)
{
    CU_ASSERT_EQUAL(line_queue_first(queue)->words[0], number);
    CU_ASSERT_EQUAL(line_queue_first(queue)->ctrl, number % 7);
    line_queue_remove(queue);
}

static void around(void)
{
    struct urpc_msg lines[5];
    struct line_queue queue;
    line_queue_init(&queue, lines, 5);
    for (unsigned i = 0; i < 50; i++) {
        add(&queue, 2 * i);
        add(&queue, 2 * i + 1);
        CU_ASSERT_EQUAL(queue.count, 2);
        remove_expected(&queue, 2 * i);
        remove_expected(&queue, 2 * i + 1);
    }
    CU_ASSERT_EQUAL(queue.count, 0);
}

/// From every place in the array, with every number of lines in it.
static void moved(void)
{
    struct urpc_msg lines[5], more[7];
    for (unsigned first = 0; first < 5; first++) {
        for (unsigned count = 0; count <= 5; count++) {
            struct line_queue queue;
            line_queue_init(&queue, lines, 5);
            for (unsigned i = 0; i < first; i++) {
                add(&queue, i);
                line_queue_remove(&queue);
            }
            for (unsigned i = 0; i < count; i++)
                add(&queue, i);
            CU_ASSERT_PTR_EQUAL(line_queue_move(&queue, more, 7), lines);
            CU_ASSERT_EQUAL(queue.count, count);
            for (unsigned i = count; i < 7; i++)
                add(&queue, i);
            for (unsigned i = 0; i < 7; i++)
                remove_expected(&queue, i);
        }
    }
}

/// Grows whenever it is full, as in the monitor.
static void random_run(void)
{
    struct test_random random;
    struct line_queue queue;
    unsigned added = 0, removed = 0;
    test_random_init(&random, 5);
    line_queue_init(&queue, malloc(2 * sizeof(struct urpc_msg)), 2);
    for (unsigned i = 0; i < 20000; i++) {
        if (test_random_below(&random, 1000) < 501) {
            if (queue.count == queue.lines_max) {
                unsigned more = 2 * queue.lines_max;
                free(line_queue_move(&queue, malloc(more * sizeof(struct urpc_msg)), more));
            }
            add(&queue, added++);
        } else if (queue.count > 0) {
            remove_expected(&queue, removed++);
        }
        CU_ASSERT_EQUAL(queue.count, added - removed);
    }
    CU_ASSERT(queue.lines_max > 2);
    free(queue.lines);
}

TEST_SUITE("queue of lines") = {
    {"lines come in order", around},
    {"lines stay in order when moved", moved},
    {"random operations, growing", random_run},
};
