// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Lists of what lies elsewhere, for the CPU driver and for domains: a place in one is a member of who
// is in it, and so is the head. The last place leads back to the head. Every operation takes constant
// time. Nothing here is shared: a list is of one core, or of one domain.

#pragma once

#include <stdbool.h>
#include <stddef.h>

/// A place in a list, or its head. NULL: in none.
struct list {
    struct list *next, *prev;
};

/// What a place is a member of.
#define LIST_OWNER(place, type, member) ((type *)((char *)(place)-offsetof(type, member)))

#define LIST_EMPTY(head)                                                                           \
    {                                                                                              \
        &(head), &(head)                                                                           \
    }

/// A head begins as an empty list.
static inline void list_init(struct list *head)
{
    head->next = head->prev = head;
}

/// Whether nothing is in the list.
static inline bool list_is_empty(const struct list *head)
{
    return head->next == head;
}

/// Whether a place is in a list.
static inline bool list_is_in(const struct list *place)
{
    return place->next != NULL;
}

/// Put a place, which is in no list, at the end; before another place, if that stands for the head.
static inline void list_add(struct list *head, struct list *place)
{
    place->next = head;
    place->prev = head->prev;
    head->prev->next = place;
    head->prev = place;
}

/// Take a place, or a head, out of its list, if it is in one.
static inline void list_remove(struct list *place)
{
    if (place->next == NULL)
        return;
    place->next->prev = place->prev;
    place->prev->next = place->next;
    place->next = place->prev = NULL;
}

/// Put a place, which is in no list, where another one is, which leaves.
static inline void list_replace(struct list *place, struct list *by)
{
    *by = *place;
    by->next->prev = by;
    by->prev->next = by;
    place->next = NULL;
}

// A ring is a list without a head: whoever has it points to its first place, or to NULL if it is empty.

/// Put a place, which is in no list, at the end of a ring.
static inline void ring_add(struct list **ring, struct list *place)
{
    if (*ring == NULL)
        list_init(*ring = place);
    else
        list_add(*ring, place);
}

/// Take a place out of its ring, if it is in it.
static inline void ring_remove(struct list **ring, struct list *place)
{
    if (place->next == place) {
        *ring = place->next = NULL;
        return;
    }
    if (*ring == place)
        *ring = place->next;
    list_remove(place);
}
