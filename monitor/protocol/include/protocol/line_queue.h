// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Lines on their way to a ring that has no room for them yet, first in, first out. The memory is
// given by the user, who can exchange it for a larger one while lines are in it.

#pragma once

#include "urpc/urpc.h"

/// Private to line_queue; visible for allocation.
struct line_queue {
    struct urpc_msg *lines;
    unsigned lines_max;
    unsigned first, count;
};

/// Makes an empty queue in an array of `lines_max` lines.
void line_queue_init(struct line_queue *queue, struct urpc_msg *lines, unsigned lines_max);

/// Adds a line at the end, to be filled in by the caller. There must be room (count < lines_max).
struct urpc_msg *line_queue_add(struct line_queue *queue);

/// The first line. There must be one.
const struct urpc_msg *line_queue_first(const struct line_queue *queue);

/// Removes the first line.
void line_queue_remove(struct line_queue *queue);

/// Moves the lines, in order, to an array of `lines_max`, which is no less than count. Returns the
/// array that was used before; it is the caller's again.
struct urpc_msg *line_queue_move(struct line_queue *queue, struct urpc_msg *lines,
                                 unsigned lines_max);
