// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// For whom instructions are executed while others do what they like: of what begins between two
// marks (bench/mark.h), a region, those that serve the domain that executed the first, the client,
// and no others'.
//
// H1 What the client's program executes within a region is for it; what comes of it runs another
//    one.
// H0 What a region sets off later counts for that region, also after its end; so rows are written
//    when the machine ends.
// H2 A service works for whom the message was sent that it took last, until it waits for the next
//    event. What it puts off to a later one it does for whom it worked when it registered for that,
//    until it takes a message.
// H3 The CPU driver works for whom the core worked that entered it; when the core was idle, for
//    nobody.
// H4 A message was sent for whom its words were written; one that stays in registers, for whom the
//    CPU driver works that hands the core over; one that waited in a queue of its sender's, for whom
//    it was put there. What was taken once says nothing more to who looks at it again.
// H5 A program that has said so (bench_mark_aside()) works for nobody: who comes back from a call of
//    its own while the core works for the client would seem to, and whomever it calls then.
//
// Which code takes messages, sends and waits is known by the names of its functions. Counting goes
// by blocks of instructions, of which only the few that move messages are looked at singly: much
// faster than what counts.h needs, for long attacks.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "images.h"
#include "lines.h"

enum behalf_role {
    BEHALF_ANY,
    BEHALF_TAKES,   ///< reads messages
    BEHALF_SENDS,   ///< writes them
    BEHALF_CALLS,   ///< is where a call that hands the core over comes back
    BEHALF_DEFERS,  ///< writes down what is to be done later
    BEHALF_RESUMES, ///< reads what is to be done now
    BEHALF_PASSES,  ///< writes messages that waited in a queue
    BEHALF_WAITS,   ///< the beginning of a wait for an event
    BEHALF_IDLES,   ///< the CPU driver's last instructions before the core sleeps
};

/// A run of instructions of one image.
struct behalf_block {
    int image;
    enum behalf_role role;
    unsigned count;
};

enum behalf_part { BEHALF_CLIENT, BEHALF_SERVICES, BEHALF_DRIVER, BEHALF_PARTS };

/// A region by its number, from 1 on; 0 is nobody.
typedef uint32_t behalf_region;

struct behalf_core {
    behalf_region works;               ///< what it executes is for
    int image;                         ///< whose the last block was that can be told
    behalf_region service[IMAGES_MAX]; ///< what each program works for
    behalf_region passed;              ///< what BEHALF_PASSES read last was queued for
};

struct behalf_counts {
    uint64_t items;
    uint64_t parts[BEHALF_PARTS];
};

/// Private to behalf.c; visible for allocation. Zero but for `images` and `out` has not begun.
struct behalf {
    const struct images *images;
    FILE *out;
    bool active;                  ///< within the last region
    int client;                   ///< its image
    behalf_region regions;        ///< begun so far
    struct behalf_counts *counts; ///< of each, the first at 1
    bool aside[IMAGES_MAX];       ///< H5
    struct behalf_core core[CORES_MAX];
    struct map words; ///< struct written of each word of a message, or of what was put off
};

/// A function that is known here and that none of the images has, or NULL.
const char *behalf_missing(const struct images *images);

/// What the code at `vaddr` of an image does.
enum behalf_role behalf_role(const struct images *images, int image, uint64_t vaddr);

/// Whether the accesses of such code are to be told to behalf_access().
static inline bool behalf_is_watched(enum behalf_role role)
{
    return role != BEHALF_ANY && role != BEHALF_CALLS && role != BEHALF_WAITS &&
           role != BEHALF_IDLES;
}

void behalf_begin(struct behalf *behalf, const struct images *images, FILE *out);

/// Core `core` executes a block.
void behalf_execute(struct behalf *behalf, unsigned core, const struct behalf_block *block);

/// The same for an access of code that is watched.
void behalf_access(struct behalf *behalf, unsigned core, const struct behalf_block *block,
                   uint64_t paddr, unsigned bytes, bool write);

/// A mark of bench/mark.h was executed by a program.
void behalf_mark(struct behalf *behalf, unsigned op, int image);

/// The machine has ended: a row for each region.
void behalf_finish(struct behalf *behalf);

void behalf_free(struct behalf *behalf);
