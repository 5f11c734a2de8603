// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of the console know of one another. It has one thread; whatever happened, pump()
// is called afterwards and does what can be done now.
#pragma once

#include "barrelfish/barrelfish.h"
#include "barrelfish/ump_chan.h"
#include "if/console.h"
#include "input.h"
#include "output.h"

struct client {
    struct client *next;
    struct client *next_reader;
    struct ump_chan chan;
    struct output_line line;
    enum console_op wants; ///< CONSOLE_READ_LINE, CONSOLE_READ_RAW or 0
    size_t wants_bytes;
    unsigned flushes; ///< requests to be answered when output.taken has come to flush_mark
    uint64_t flush_mark;
    bool stalled; ///< not listened to until there is room for output
};

extern struct output output;
extern struct waitset *console_ws;

// main.c

/// Writes to the UART, answers flushes, listens to stalled clients again. Arms timers for what is
/// left.
void pump(void);

// clients.c

errval_t clients_init(iref_t *iref);
/// Puts all unfinished lines into the stream.
void clients_push(void);
bool clients_unfinished(void);
/// Output has been taken: answers flushes that are done, and listens to stalled clients if there is
/// room.
void clients_output_taken(void);
/// Answers a reader with input; `bytes` is at most INPUT_LINE_BYTES. 0: the end of the input.
/// `data`: it was not typed.
void client_answer(struct client *client, const char *input, size_t bytes, bool data);

// readers.c: who waits for input.

/// A client wants input; nothing if it waits already.
void readers_add(struct client *client, enum console_op wants, size_t bytes);
void readers_remove(struct client *client);
bool readers_waiting(void);
/// The UART has told of input.
void readers_input_came(void);
/// The machine has no input: whoever reads is at its end.
void readers_no_input(void);
/// Takes what has come to the UART and serves those who wait, in order.
void readers_serve(void);
