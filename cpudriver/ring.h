// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Rings of what lies elsewhere: a place in one is a member of who is in it, and so is the head. Every
// operation takes constant time.

#pragma once

#include <stdbool.h>
#include <stddef.h>

/// A place in a ring, or its head. NULL: in none.
struct ring {
    struct ring *next, *prev;
};

/// What a place is a member of.
#define RING_OWNER(place, type, member) ((type *)((char *)(place)-offsetof(type, member)))

static inline void ring_init(struct ring *head)
{
    head->next = head->prev = head;
}

/// Whether nothing is in the ring.
static inline bool ring_is_empty(const struct ring *head)
{
    return head->next == head;
}

/// Put a place, which is in no ring, at the end.
static inline void ring_add(struct ring *head, struct ring *place)
{
    place->next = head;
    place->prev = head->prev;
    head->prev->next = place;
    head->prev = place;
}

/// Take a place, or a head, out of its ring, if it is in one.
static inline void ring_remove(struct ring *place)
{
    if (place->next == NULL)
        return;
    place->next->prev = place->prev;
    place->prev->next = place->next;
    place->next = place->prev = NULL;
}

/// Put a place, which is in no ring, where another one is, which leaves.
static inline void ring_replace(struct ring *place, struct ring *by)
{
    *by = *place;
    by->next->prev = by;
    by->prev->next = by;
    place->next = NULL;
}
