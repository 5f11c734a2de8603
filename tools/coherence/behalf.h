// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// For whom instructions are executed while others do what they like: between two marks
// (bench/mark.h), those that serve the domain that executed the first, the client, and no others'.
//
// H1 What the client's program executes is for it; what comes of it runs another one.
// H2 A service works for whom the message was sent that it took last, until it waits for the next
//    one. So work that it puts off to later events is for nobody.
// H3 The CPU driver works for whom the core worked that entered it; when the core was idle, for
//    nobody.
// H4 A message was sent for whom its words were written; one that stays in registers, for whom the
//    CPU driver works that hands the core over.
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
    BEHALF_TAKES, ///< reads messages
    BEHALF_SENDS, ///< writes them
    BEHALF_CALLS, ///< is where a call that hands the core over comes back
    BEHALF_WAITS, ///< a service's event loop
    BEHALF_IDLES, ///< the CPU driver's last instructions before the core sleeps
};

/// A run of instructions of one image.
struct behalf_block {
    int image;
    enum behalf_role role;
    unsigned count;
};

enum behalf_part { BEHALF_CLIENT, BEHALF_SERVICES, BEHALF_DRIVER, BEHALF_PARTS };

struct behalf_core {
    bool ours;                ///< what it executes is for the client
    int image;                ///< whose the last block was that can be told
    bool service[IMAGES_MAX]; ///< what each program works for
};

/// Private to behalf.c; visible for allocation. Zero but for `images` and `out` has not begun.
struct behalf {
    const struct images *images;
    FILE *out;
    bool active;
    int client; ///< its image
    unsigned regions;
    uint64_t items;
    uint64_t parts[BEHALF_PARTS];
    bool aside[IMAGES_MAX]; ///< H5
    struct behalf_core core[CORES_MAX];
    struct map words; ///< struct written of each word of four bytes of a message
};

/// A function that is known here and that none of the images has, or NULL.
const char *behalf_missing(const struct images *images);

/// What the code at `vaddr` of an image does.
enum behalf_role behalf_role(const struct images *images, int image, uint64_t vaddr);

void behalf_begin(struct behalf *behalf, const struct images *images, FILE *out);

/// Core `core` executes a block.
void behalf_execute(struct behalf *behalf, unsigned core, const struct behalf_block *block);

/// The same for an access of code that takes or sends messages.
void behalf_access(struct behalf *behalf, unsigned core, const struct behalf_block *block,
                   uint64_t paddr, unsigned bytes, bool write);

/// A mark of bench/mark.h was executed by a program. At the end of a region a row is written.
void behalf_mark(struct behalf *behalf, unsigned op, int image);

void behalf_free(struct behalf *behalf);
