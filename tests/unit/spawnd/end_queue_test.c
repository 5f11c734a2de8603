// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The queue of those that end.
#include <end_queue.h>
#include <string.h>
#include <testlib/testlib.h>

static struct end_queue queue;

static void test_end_queue(void)
{
    uint16_t index = 999;
    end_queue_init(&queue);
    CU_ASSERT_FALSE(end_queue_take(&queue, &index));
    for (uint16_t i = 0; i < END_QUEUE_MAX; i++)
        end_queue_add(&queue, i);
    for (unsigned i = 0; i < 3 * END_QUEUE_MAX; i++) { // Q3
        CU_ASSERT_TRUE(end_queue_take(&queue, &index));
        CU_ASSERT_EQUAL(index, i % END_QUEUE_MAX);
        end_queue_add(&queue, index);
    }
    unsigned forgotten = 0;
    while (end_queue_take(&queue, &index))
        forgotten += end_queue_forget(&queue, index);
    CU_ASSERT_EQUAL(forgotten, FORGETS_MAX); // Q2; the others wait, each once
    for (unsigned i = 0; i < END_QUEUE_MAX; i++) {
        end_queue_forgotten(&queue);
        bool waits = i + FORGETS_MAX < END_QUEUE_MAX;
        CU_ASSERT_EQUAL(end_queue_take(&queue, &index), waits);
        CU_ASSERT(!waits || (index == i + FORGETS_MAX && end_queue_forget(&queue, index)));
    }
    CU_ASSERT_EQUAL(queue.forgotten, 0);
    end_queue_forgotten(&queue); // one too many
    CU_ASSERT_EQUAL(queue.forgotten, 0);
}

TEST_SUITE("queue of ends") = {
    {"turns", test_end_queue},
};
