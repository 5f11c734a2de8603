// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Marks: instructions that do nothing on the machine, and tell the coherence plug-in
// (tools/coherence/) what it is looking at. Each is the eight-byte NOP with a displacement that
// nothing else has (Intel SDM vol. 2, NOP: 0F 1F /0). A measurement begins and ends once, on any
// core, and counts what all cores do in between; each item is one of what its result is divided by.
#pragma once

/// What is measured, as the plug-in and stave-boot name it.
enum bench_mark_what {
    BENCH_MARK_SYSCALL,
    BENCH_MARK_LMP,
    BENCH_MARK_LRPC,
    BENCH_MARK_UMP,
    BENCH_MARK_STREAM,
    BENCH_MARK_PAIRS,
    BENCH_MARK_FANIN,
    BENCH_MARK_FANOUT,
    BENCH_MARK_PIPELINE,
    BENCH_MARK_BULK,
    BENCH_MARK_WAKE,
    BENCH_MARK_POLL,
    BENCH_MARK_RING,
    BENCH_MARK_FLUSHED,
    BENCH_MARK_CALL,
    BENCH_MARK_SPAWN,
    BENCH_MARK_RPC,
    BENCH_MARK_WHAT_COUNT
};

#define BENCH_MARK_OP_BEGIN 1
#define BENCH_MARK_OP_END 2
#define BENCH_MARK_OP_ITEM 3
#define BENCH_MARK_OP_ASIDE 4

/// Displacement of the NOP: this | what << 4 | op.
#define BENCH_MARK_BASE 0x53540000

#define BENCH_MARK(op, what)                                                                       \
    __asm__ volatile(".byte 0x0f, 0x1f, 0x84, 0x00\n\t.long %c0"                                   \
                     :                                                                             \
                     : "i"(BENCH_MARK_BASE | (what) << 4 | (op))                                   \
                     : "memory")

/// `what` is a constant. Nothing is measured while something is measured.
#define bench_mark_begin(what) BENCH_MARK(BENCH_MARK_OP_BEGIN, what)
#define bench_mark_end(what) BENCH_MARK(BENCH_MARK_OP_END, what)
#define bench_mark_item(what) BENCH_MARK(BENCH_MARK_OP_ITEM, what)

/// The program that executes this works for no client, whatever wakes it: a hostile one does not.
#define bench_mark_aside(what) BENCH_MARK(BENCH_MARK_OP_ASIDE, what)
