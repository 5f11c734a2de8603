// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of the console know of one another. It has one thread; whatever happened, what
// can be done now is done afterwards (main.c).
#pragma once

#include "barrelfish/barrelfish.h"
#include "barrelfish/console.h"
#include "foreground.h"
#include "if/console_defs.h"
#include "input.h"
#include "output.h"

struct client {
    struct client *next;
    struct client *next_reader;
    struct console_binding *binding;
    domainid_t domain; ///< as the monitors know it
    struct output_line line;
    unsigned ticks; ///< of the timer, since something came
    bool reads;     ///< to be answered with input
    console_how_t wants;
    size_t wants_bytes;
    bool awaits_interrupt; ///< to be answered when Ctrl-C is typed
    bool flushing;         ///< to be answered when output.taken has come to flush_mark
    uint64_t flush_mark;
};

// clients.c

extern struct output output;
extern struct waitset *console_ws;

errval_t clients_init(iref_t *iref);
/// Puts all unfinished lines into the stream.
void clients_push(void);
/// Whether there may be such lines since this was asked last.
bool clients_unfinished(void);
/// Output has been taken or has come: answers flushes that are done, and listens to clients while
/// there is room.
void clients_output_changed(void);
/// The client of a domain for which `holds` does; NULL: there is none.
struct client *clients_find(domainid_t domain, bool (*holds)(const struct client *client));
// readers.c: who may read, and who waits for input.

/// `place`: where init says who the operator is; NULL: there is none, and all may read, in order.
void readers_init(const volatile struct console_operator *place);
/// A client wants input; nothing if it waits already.
void readers_add(struct client *client, console_how_t wants, size_t bytes);
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
