// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the client (the test itself) and its server, a child on the same core, know of each other.
// The server waits in lrpc_reply_and_wait(), and so is there for calls that hand the core over.
#pragma once

#include "barrelfish/barrelfish.h"
#include "barrelfish/lrpc.h"
#include "barrelfish/syscalls.h"
#include "systest/systest.h"

/// Word 0 of a request. The reply to all but ECHO: word 0 = SYS_ERR_OK or an error.
enum request {
    REQUEST_NONE,
    REQUEST_ECHO,   ///< the same words come back, as many, each plus 1
    REQUEST_CAP,    ///< brings a capability, which comes back; word 1 = bytes of its object
    REQUEST_BEHIND, ///< word 1 = what the words behind the last one held, or'd; word 2 = badge
    REQUEST_OTHER,  ///< a message to the other endpoint first; word 1 = 0
    REQUEST_ASIDE,  ///< a call of word 1 words to the other endpoint first; word 1 = LMP_RECV_ bits
    REQUEST_WORK,   ///< counts; word 1 = how far
    REQUEST_LATE,   ///< the reply comes after word 1 microseconds
    REQUEST_QUIT,   ///< the reply is the server's last message
};

/// Slots of a child's ARGCN: the server's two, and the bystander's.
enum { ARG_REPLY, ARG_OTHER, ARG_COUNTER = 0 };

/// The server; returns the exit status.
int server_main(void);

/// A third domain, which counts in a frame and never gives the core up.
int bystander_main(void);

/// A client's end.
struct client {
    struct capref server;    ///< endpoint of the server
    struct capref elsewhere; ///< another one of its endpoints
    struct capref reply_cap, other_cap, domain, args;
    struct lmp_endpoint *reply, *other;
};

bool client_start(struct client *client);
void client_end(struct client *client);

/// One call at the lowest level; LMP_RECV_ bits in *recv_flags. The caller's words are in *msg.
errval_t client_call(const struct client *client, struct capref to, uint64_t flags,
                     struct capref send_cap, struct lmp_recv_msg *msg, uint64_t *recv_flags);

/// The same, which must succeed and come back in registers.
bool client_call_direct(const struct client *client, struct lmp_recv_msg *msg, size_t length);

// cases.c

void test_words(const struct client *client);
void test_caps(const struct client *client);
void test_detours(const struct client *client);
void test_errors(const struct client *client);
void test_bystander(const struct client *client);

// watched.c

void test_watched(const struct client *client);

// deaths.c

void test_told_later(const struct client *client);

/// Leave dead dispatchers of which a third one cannot be told, and take them away again.
void test_untold_begin(void);
void test_untold_end(void);
