// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of bench know of one another. One instance is the master; it starts a worker,
// which is this program too, on each core that a measurement needs, and tells it what to do
// (worker.if). An error ends the whole measurement.
#pragma once

#include "barrelfish/barrelfish.h"
#include "barrelfish/ump_chan.h"
#include "bench/bench.h"
#include "if/worker_defs.h"
#include "options.h"

#define CHANNEL_BYTES 2048u

/// Bytes that bulk transfers share, and the most that one transfers.
#define AREA_BYTES (4u << 20)
#define BULK_BYTES_MAX (2u << 20)

/// Ends the program with a message if `err` is one.
void check(errval_t err, const char *what);

/// An LMP channel: where it receives, and whom it sends to.
struct lmp_end {
    struct capref local, remote;
    struct lmp_endpoint *ep;
};
void lmp_end_send(const struct lmp_end *end, const uint64_t payload[LMP_MSG_LENGTH]);
void lmp_end_receive(const struct lmp_end *end, uint64_t payload[LMP_MSG_LENGTH]);

/// What is told in a message of a bare channel; the rest of its line is 0.
struct note {
    uint64_t number, second, third;
};
void message_send(struct ump_chan *chan, uint64_t number, uint64_t second, uint64_t third);
void message_receive(struct ump_chan *chan, struct note *note);

// worker.c, and what it has from worker_shapes.c, worker_bulk.c and ring.c

/// Serves the master that exports `iref`; returns the exit status.
int worker_run(iref_t iref);

/// A channel that a worker has accepted.
struct worker_peer {
    struct ump_chan chan;
    uint64_t next; ///< number of the next message
};

struct worker {
    struct ump_chan up, area;
    struct worker_peer *peers[CORES_MAX];
    unsigned peers_count;
};

/// The channel of the client that was accepted last: a core may be measured more than once.
struct ump_chan *worker_last_peer(struct worker *worker);

/// What a worker does, and for what.
struct order {
    worker_command_t what;
    uint64_t first, second;
};

/// Does a command between workers.
typedef void worker_action(struct worker *worker, const struct order *order, uint64_t results[2]);
worker_action stream_up, stream_down, stream_until, stream_within, gather, relay, circulate, root,
    forward;
worker_action send_references, receive_references, send_copies, receive_copies;
worker_action ring_echo, ring_take, ring_take_flushed;
/// rpc.c: offers bench.if, and serves its client until that goes.
worker_action offer_calls, serve_calls;

// master.c

/// Starts workers on these cores, those that have none yet.
void workers_start(const coreid_t *cores, unsigned count);
/// Begins a command; each needs its answer before the next.
void worker_tell(coreid_t core, worker_command_t what, uint64_t first);
void worker_tell2(coreid_t core, worker_command_t what, uint64_t first, uint64_t second);
/// Waits for the answer to a command; its two results, until the next one.
const uint64_t *worker_answer(coreid_t core);
/// Both, for a command that is done at once; returns the first result.
uint64_t worker_ask(coreid_t core, worker_command_t what, uint64_t first);
/// Connects `chan`, with rings of `bytes`, to a worker, which accepts.
void worker_reach(coreid_t core, struct ump_chan *chan, size_t bytes);
/// Connects `from`, as its `up` (worker_CONNECT) or with its memory (worker_AREA), to `to`, which
/// accepts.
void workers_connect(coreid_t from, coreid_t to, worker_command_t how);
/// Ends all workers.
void workers_end(void);

// options.c and measure.c

/// Cores that are up and that the options allow, in order; returns their number.
unsigned cores_chosen(const struct options *options, coreid_t cores[CORES_MAX]);
/// The cores given as numbers, or all of these but the own one.
unsigned others_chosen(const struct options *options, coreid_t to[CORES_MAX]);
/// The numbers given, or the standard ones.
unsigned numbers_chosen(const struct options *options, const unsigned *standard, unsigned count,
                        const unsigned **numbers);
unsigned runs_chosen(const struct options *options, unsigned standard);
unsigned messages_chosen(const struct options *options, unsigned standard);
cycles_t *samples_new(unsigned runs);
/// Messages per millisecond.
cycles_t rate(uint64_t messages, cycles_t cycles);

// pipeline.c: cores in a circle, of which the first is the head

void circle_connect(const coreid_t *cores, unsigned count);
void circle_tell(const coreid_t *cores, unsigned count, unsigned messages, unsigned window);
/// Cycles that the messages took.
cycles_t circle_answer(const coreid_t *cores, unsigned count);

// Each in the file of its name, but for syscall, lmp and ump, which are in measure.c.

void measure_syscall(const struct options *options);
void measure_lmp(const struct options *options);
void measure_ump(const struct options *options);
void measure_ring(const struct options *options);
void measure_pairs(const struct options *options);
void measure_fanin(const struct options *options);
void measure_fanout(const struct options *options);
void measure_pipeline(const struct options *options);
void measure_bulk(const struct options *options);
void measure_wake(const struct options *options);
void measure_poll(const struct options *options);
void measure_caps(const struct options *options);
void measure_spawn(const struct options *options);
void measure_rpc(const struct options *options);

// lrpc.c

/// The row after that of LMP, over the same connection.
void measure_lrpc(const struct options *options, const struct lmp_end *end);
/// The worker's side: replies to the next `count` calls.
void lrpc_echo(const struct lmp_end *end, uint64_t count);

// report.c

/// Prints the head of the table, or of the CSV.
void report_begin(const struct options *options);
/// The last number of a row.
enum report_ratio {
    RATIO_NONE,
    RATIO_TO_BASE, ///< the median to `base`
    RATIO_LEAST,   ///< the least sample to the median
};

#define ROW_UNSIZED UINT64_MAX

/// A row: what was measured and, where they apply, at which parameters.
struct report_row {
    const char *what;
    int from, to;        ///< cores; to: -1 if no other takes part
    const char *unit;    ///< of the samples; NULL: cycles
    uint64_t size;       ///< bytes of a message or transfer, or capabilities, or ROW_UNSIZED
    const char *counted; ///< what `count` counts: "pairs", "clients"; NULL: nothing
    uint64_t count;
    unsigned messages; ///< of each run and sender; 0: none
    unsigned steps;    ///< most system calls that one operation took; 0: not told
    enum report_ratio ratio;
    cycles_t base; ///< of RATIO_TO_BASE; 0: the median itself, so the ratio is 1
};

/// Prints a row of `samples` from samples_new(), and frees them. Returns the median.
cycles_t report(const struct options *options, const struct report_row *row, cycles_t *samples,
                size_t runs);

/// Bytes of a UMP message's payload.
#define MESSAGE_BYTES UMP_PAYLOAD_BYTES
