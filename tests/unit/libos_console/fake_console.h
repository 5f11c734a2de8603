// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The console's binding in the test's hand: what is sent over it is written down, and each call can
// fail; there is no channel. It is found by the name service, which the test answers for as well.
#pragma once

#include "fake_services.h"

#define FAKE_SENT_MOST 64u

/// What a client has sent: 'w'rite, 'f'oreground, or the calls f'l'ush, 'r'ead, await 'i'nterrupt.
struct fake_sent {
    char what;
    bool more;
    char text[64];
    size_t bytes; ///< of the text; 'r': wanted
    uint64_t argument;
};

struct fake_console {
    struct fake_sent sent[FAKE_SENT_MOST];
    unsigned count, binds, lookups;
    errval_t lookup_error, bind_error;
    errval_t send_error;     ///< of everything
    unsigned fails_after;    ///< so many have been sent, if there is an error
    unsigned busy;           ///< so many sends find no room ...
    errval_t register_error; ///< ... of which this is said
    unsigned waits;          ///< for room, dispatched
    bool registered;
    unsigned looks;          ///< flounder_poll() ...
    errval_t poll_error;     ///< ... says this
    bool paused;             ///< IDC_CONTROL_PAUSE
    void (*meanwhile)(void); ///< runs while it is sent
    delayus_t limit, call_limit;
    // Answers.
    bool typed;
    const char *input;
    size_t input_bytes;
};
extern struct fake_console fake_console;

void fake_console_start(void);
struct fake_sent *fake_console_last(void);
