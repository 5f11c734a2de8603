// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of the console know of one another. It has one thread; whatever happened, what
// can be done now is done afterwards (main.c).
#pragma once

#include "barrelfish/barrelfish.h"
#include "barrelfish/ump_chan.h"
#include "foreground.h"
#include "if/console.h"
#include "input.h"
#include "output.h"

struct client {
    struct client *next;
    struct client *next_reader;
    domainid_t domain; ///< as the monitors know it
    struct ump_chan chan;
    struct output_line line;
    unsigned ticks;        ///< of the timer, since something came
    enum console_op wants; ///< CONSOLE_READ_LINE, CONSOLE_READ_RAW or 0
    size_t wants_bytes;
    bool awaits_interrupt; ///< to be answered when Ctrl-C is typed
    bool flushing;         ///< to be answered when output.taken has come to flush_mark
    uint64_t flush_mark;
    bool stalled; ///< not listened to until there is room for output, and its flush is answered
};

// clients.c

extern struct output output;
extern struct waitset *console_ws;

/// `changed` is called when something has come of a client.
errval_t clients_init(iref_t *iref, void (*changed)(void));
/// Puts all unfinished lines into the stream.
void clients_push(void);
/// Whether there may be such lines since this was asked last.
bool clients_unfinished(void);
/// Output has been taken: answers flushes that are done, and listens to stalled clients if there is
/// room.
void clients_output_taken(void);
/// Answers a reader with input; `bytes` is at most INPUT_LINE_BYTES. 0: the end of the input.
/// `data`: it was not typed.
void client_answer(struct client *client, const char *input, size_t bytes, bool data);

/// The client of a domain for which `holds` does; NULL: there is none.
struct client *clients_find(domainid_t domain, bool (*holds)(const struct client *client));
/// Answers CONSOLE_AWAIT_INTERRUPT.
void client_interrupted(struct client *client, bool typed);

// readers.c: who may read, and who waits for input.

/// `place`: where init says who the operator is; NULL: there is none, and all may read, in order.
void readers_init(const volatile struct console_operator *place);
/// A client wants input; nothing if it waits already.
void readers_add(struct client *client, enum console_op wants, size_t bytes);
void readers_remove(struct client *client);
/// The client gives the foreground away, or takes it back. Nothing if it must not.
void readers_foreground(struct client *client, domainid_t to);
/// A domain has no client any more.
void readers_domain_ended(domainid_t domain);
/// Answers the client when Ctrl-C is typed for another, or at once if it has the foreground.
void readers_await_interrupt(struct client *client);
/// Whether somebody waits who may perhaps read, once init has said who the operator is.
bool readers_undecided(void);
/// The UART has told of input.
void readers_input_came(void);
/// The machine has no input: whoever reads is at its end.
void readers_no_input(void);
/// Takes what has come to the UART and serves those who wait, in order.
void readers_serve(void);
