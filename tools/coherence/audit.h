// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Rule 1 on the running machine: a CPU driver shares nothing. Every access of CPU-driver code is
// noted; a line of memory that the CPU drivers of two cores touched, where at least one of them
// wrote, is a sharing. What both only read (text, read-only data, boot modules) is none.
//
// The boot hand-over is no sharing, and told from one by time: what a new core finds was touched by
// the cores before it only before its first step. From then on the line is the new core's, and
// whoever else touches it shares it; so it is still shared when a third core starts. The few
// sharings that remain and must be are exceptions; all of them, with reasons, are in
// audit_exceptions.c.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "images.h"
#include "lines.h"

struct audit {
    struct map pages;            ///< of struct audited, which is a line
    uint64_t era;                ///< cores that have started
    uint64_t started[CORES_MAX]; ///< the era that began with each core's start; 0: it has not
    uint64_t touched;            ///< lines that CPU-driver code accessed
    uint64_t handed_over;        ///< lines that went to a new core
};

/// CPU-driver code on `core` accesses the line. NULL, or if it is the core's first access of this
/// kind, the line for audit_touch().
struct audited *audit_access(struct audit *audit, uint64_t number, unsigned core, bool write);

/// What a first access was: code `code`, in what is called `data`.
void audit_touch(struct audited *line, unsigned core, bool write, uint32_t code, uint32_t data);

/// Print the sharings, alike ones together, those that are no exceptions last. Returns how many
/// lines these are.
uint64_t audit_report(const struct audit *audit, const struct images *images, FILE *out);

/// A sharing is one of code with these names; "*" is any.
struct audit_exception {
    const char *writer, *other, *data, *reason;
};
extern const struct audit_exception audit_exceptions[];
extern const unsigned audit_exceptions_count;

void audit_free(struct audit *audit);
