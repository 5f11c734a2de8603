// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of bench know of one another. One instance is the master; it starts a worker,
// which is this program too, on each core that a measurement needs, and tells it over a channel
// what to do. An error ends the whole measurement.
#pragma once

#include "barrelfish/barrelfish.h"
#include "barrelfish/ump_chan.h"
#include "bench/bench.h"
#include "options.h"

#define CHANNEL_BYTES 2048u

/// Commands of the master: word 0; word 1 is an argument. Each is answered with one message: word 0
/// the command, words 1 and 2 results. A worker has one channel that it has connected (`up`) and
/// any number that it has accepted; all that is sent over them carries its number in word 0.
enum command {
    WORKER_HELLO = 1,  ///< from the worker, without a command
    WORKER_ECHO,       ///< send the next (word 1) messages back; not answered otherwise
    WORKER_EXPORT,     ///< offer a service; 1: its iref. The worker then waits for a client
    WORKER_CONNECT,    ///< bind `up` to the iref in word 1
    WORKER_AREA,       ///< bind memory for bulk transfers to the iref in word 1
    WORKER_EXPORT_LMP, ///< as WORKER_EXPORT, over LMP
    WORKER_ECHO_LMP,   ///< as WORKER_ECHO, with the client over LMP
    WORKER_ECHO_LRPC,  ///< the same in calls that hand the core over
    WORKER_POLLS,      ///< poll (word 1) times before a sleep
    WORKER_SEND,       ///< send (word 1) messages up. 1, 2: time of first and last
    WORKER_RECEIVE,    ///< receive them from the first accepted. 1, 2: as above
    WORKER_SEND_UNTIL, ///< send up until the time in word 1; the last message says so
    WORKER_WINDOW,     ///< receive them; 1: how many came from time (word 1) to (word 2)
    WORKER_GATHER,     ///< receive (word 1) messages from all accepted, in any order. As above
    WORKER_RELAY,      ///< pass messages on, from the first accepted to `up`
    WORKER_CIRCULATE,  ///< send up, receive from the first accepted; word 2: at most so many ahead
    WORKER_ROOT,       ///< send (word 1) messages to all accepted, each after all have acknowledged
    WORKER_FORWARD,    ///< as WORKER_ROOT, with what comes from `up`, and acknowledge it
    WORKER_BULK_SEND,  ///< pass (word 1) blocks of (word 2) bytes up, after writing in each line
    WORKER_BULK_PASS,  ///< as WORKER_BULK_SEND, without writing
    WORKER_BULK_RECEIVE, ///< the other side, which reads in each line
    WORKER_BULK_SKIP,    ///< the other side, which reads nothing
    WORKER_COPY_SEND,    ///< as WORKER_BULK_SEND, through the ring
    WORKER_COPY_RECEIVE,
    WORKER_RING_ECHO, ///< send (word 1) messages back, through the bare ring
    WORKER_RING_TAKE, ///< receive (word 1) messages so, an eleventh of them to warm up. 1: cycles
    WORKER_RING_TAKE_FLUSHED, ///< the same, if the sender flushes each
    WORKER_STAMP, ///< answer the next (word 1) messages with the time; not answered otherwise
    WORKER_SERVE, ///< offer bench.if; 1: its iref. The worker then serves a client until it goes
    WORKER_QUIT,  ///< not answered
};

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
void lmp_end_send(const struct lmp_end *end, const uint64_t words[LMP_MSG_LENGTH]);
void lmp_end_receive(const struct lmp_end *end, uint64_t words[LMP_MSG_LENGTH]);

void message_send(struct ump_chan *chan, uint64_t word0, uint64_t word1, uint64_t word2);
/// Receives a message; its first three words.
void message_receive(struct ump_chan *chan, uint64_t words[3]);

// worker.c, and what it has from worker_shapes.c, worker_bulk.c and ring.c

/// Serves the master that exports `iref`; returns the exit status.
int worker_run(iref_t iref);

/// A channel that a worker has accepted.
struct worker_peer {
    struct ump_chan chan;
    uint64_t next; ///< number of the next message
};

struct worker {
    struct ump_chan master, up, area;
    struct worker_peer *peers[CORES_MAX];
    unsigned peers_count;
};

/// Does a command between workers. 0, 1: the results.
typedef void worker_action(struct worker *worker, const uint64_t command[3], uint64_t results[2]);
worker_action stream_up, stream_down, stream_until, stream_within, gather, relay, circulate, root,
    forward;
worker_action send_references, receive_references, send_copies, receive_copies;
worker_action ring_echo, ring_take, ring_take_flushed;
/// Serves bench.if, to a client that the master is, until it goes.
void worker_serve(struct worker *worker);

// master.c

/// Starts workers on these cores, those that have none yet.
void workers_start(const coreid_t *cores, unsigned count);
struct ump_chan *worker_chan(coreid_t core);
/// Sends a command.
void worker_tell(coreid_t core, enum command command, uint64_t argument);
void worker_tell2(coreid_t core, enum command command, uint64_t argument, uint64_t second);
/// Waits for the answer to a command; words 1 and 2.
void worker_answer(coreid_t core, enum command command, uint64_t results[2]);
/// Connects `from`, as its `up` (or with WORKER_AREA its memory), to `to`, which accepts.
void workers_connect(coreid_t from, coreid_t to, enum command how);
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
