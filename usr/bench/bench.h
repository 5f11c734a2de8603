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
/// the command, words 1 and 2 results.
enum command {
    WORKER_HELLO = 1,  ///< from the worker, without a command
    WORKER_ECHO,       ///< send the next (word 1) messages back; not answered otherwise
    WORKER_EXPORT,     ///< offer a service; 1: its iref. The worker then waits for a client
    WORKER_CONNECT,    ///< bind to the iref in word 1
    WORKER_EXPORT_LMP, ///< as WORKER_EXPORT, over LMP
    WORKER_ECHO_LMP,   ///< as WORKER_ECHO, with the client over LMP
    WORKER_ECHO_LRPC,  ///< the same in calls that hand the core over
    WORKER_SEND,       ///< send (word 1) messages to the peer. 1, 2: time of first and last
    WORKER_RECEIVE,    ///< receive them. 1, 2: as above
    WORKER_QUIT,       ///< not answered
};

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

// worker.c

/// Serves the master that exports `iref`; returns the exit status.
int worker_run(iref_t iref);

// master.c

/// Starts workers on these cores, those that have none yet.
void workers_start(const coreid_t *cores, unsigned count);
struct ump_chan *worker_chan(coreid_t core);
/// Sends a command.
void worker_tell(coreid_t core, enum command command, uint64_t argument);
/// Waits for the answer to a command; words 1 and 2.
void worker_answer(coreid_t core, enum command command, uint64_t results[2]);
/// Ends all workers.
void workers_end(void);

// measure.c, pairs.c and caps.c

void measure_syscall(const struct options *options);
void measure_lmp(const struct options *options);
void measure_ump(const struct options *options);
void measure_pairs(const struct options *options);
void measure_caps(const struct options *options);
/// Cores that are up, in order; returns their number.
unsigned cores_up(coreid_t cores[CORES_MAX]);

// lrpc.c

/// The row after that of LMP, over the same connection.
void measure_lrpc(const struct options *options, const struct lmp_end *end);
/// The worker's side: replies to the next `count` calls.
void lrpc_echo(const struct lmp_end *end, uint64_t count);

// report.c

/// Prints the head of the table, or of the CSV.
void report_begin(const struct options *options);
/// A row: what was measured and, where they apply, at which parameters.
struct report_row {
    const char *what;
    int from, to;     ///< cores; to: -1 if no other takes part
    const char *unit; ///< of the samples; NULL: cycles
    bool sized;
    uint64_t size;       ///< bytes of a message or transfer, or capabilities
    const char *counted; ///< what `count` counts: "pairs", "clients"; NULL: nothing
    uint64_t count;
    unsigned messages; ///< of each run and sender; 0: none
    unsigned steps;    ///< most system calls that one operation took; 0: not told
    uint64_t percent;  ///< a ratio that the measurement defines; 0: none
};

void report_summary(const struct options *options, const struct report_row *row,
                    const struct bench_summary *summary);
/// Prints a row; sorts `samples`. Returns the median.
cycles_t report(const struct options *options, const struct report_row *row, cycles_t *samples,
                size_t runs);

/// Bytes of a UMP message's payload.
#define MESSAGE_BYTES UMP_PAYLOAD_BYTES
