// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which of the domains that are ending is to be worked on next. Pure. Domains are indices of the
// table of domains.
//
// Q1 A domain is in one place at most: in turn (a step of it is to be done), waiting (to be
//    forgotten, when another has been), or forgotten (the memory server takes its memory back and
//    will say so), or it has left.
// Q2 FORGETS_MAX at most are being forgotten: so many messages there is room for.
// Q3 Those in turn take turns: a large domain does not hold up a small one.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define END_QUEUE_MAX 256u
#define FORGETS_MAX 32u

/// Private to end_queue.c; visible for allocation.
struct end_list {
    uint16_t first, count;
    uint16_t entries[END_QUEUE_MAX];
};

struct end_queue {
    struct end_list turn, waiting;
    uint16_t forgotten;
};

void end_queue_init(struct end_queue *queue);

/// A domain comes in turn, as the last.
void end_queue_add(struct end_queue *queue, uint16_t index);

/// The next in turn leaves. False: there is none.
bool end_queue_take(struct end_queue *queue, uint16_t *index);

/// Whether a domain that was taken may be forgotten now; else it waits.
bool end_queue_forget(struct end_queue *queue, uint16_t index);

/// One has been forgotten; one that waits comes in turn.
void end_queue_forgotten(struct end_queue *queue);
