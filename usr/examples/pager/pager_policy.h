// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What a replacement policy is. It knows frames by number and nothing of pages, capabilities or
// mappings, so that it also compiles for the host. To add one: a file like policy_fifo.c, and a
// line in main.c and in the Hakefile.
#pragma once

#include <stdbool.h>

#define PAGER_FRAMES_MAX 256u

/// All that a policy may keep; the pager makes it zero.
struct pager_policy_state {
    unsigned frames;                  ///< how many there are
    unsigned queue[PAGER_FRAMES_MAX]; ///< frames in use, in an order that the policy knows
    unsigned used;                    ///< length of the queue
    unsigned hand;                    ///< an index of the queue

    /// Whether the page in a frame was accessed since the last such question.
    bool (*take_accessed)(void *arg, unsigned frame);
    void *arg;
};

struct pager_policy {
    const char *name;

    /// A page has come into a frame that was free.
    void (*page_in)(struct pager_policy_state *state, unsigned frame);

    /// Choose the frame whose page has to go. All frames are in use. It is free afterwards.
    unsigned (*page_out)(struct pager_policy_state *state);
};

extern const struct pager_policy pager_policy_fifo;
extern const struct pager_policy pager_policy_clock;
extern const struct pager_policy pager_policy_mru;
