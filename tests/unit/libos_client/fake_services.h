// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The services that the library's clients speak to, in their place: what a client sends is written
// down, and the test answers. Underneath, the transports' calls, which can each fail; above, events,
// which come when the test says so. Each test runs in a process of its own.
#pragma once

#include "barrelfish/capabilities.h"
#include "barrelfish/lmp_rpc.h"
#include "barrelfish/ump_chan.h"
#include "kpi/dispatcher.h"

#include <testlib/testlib.h>

#define FAKE_REQUESTS 512u
#define FAKE_CORE 2u

struct fake_request {
    uint64_t words[8];
    struct capref cap;
    uint16_t ctrl; ///< UMP
    bool ump;
    struct capref server; ///< LMP
    iref_t iref;          ///< UMP
};

struct fake {
    struct fake_request requests[FAKE_REQUESTS];
    unsigned count;
    /// Answers the request at hand: words are replaced. NULL: all words 0.
    errval_t (*answer)(struct fake_request *request, uint64_t words[8], struct capref *cap);
    errval_t connect_error, bind_error, send_error, recv_error;
    unsigned connects, destroys, binds, closes, bind_in, bind_out;
    systime_t send_deadline, recv_deadline;
    uint64_t replies[64][8]; ///< UMP: messages to come
    uint16_t ctrls[64];
    unsigned replies_count, replies_taken;
    unsigned fail_memory_in; ///< the nth next allocation fails
    int locks;               ///< mutexes held
    bool trylock_fails;
    struct thread *self;
    char printed[256];
    size_t printed_bytes;
    errval_t print_error;
    unsigned destroyed; ///< capabilities
    uint8_t types[16];  ///< of the slots of the only CNode
    bool no_grant;      ///< they lack that right
    uint64_t waits_for; ///< what the domain said that it waits for when it last asked
    unsigned lmp_full;  ///< so many sends find no room
    unsigned yields;
    uint64_t lmp_to;
};
extern struct fake fake;

/// A test that runs in a process of its own, with fresh services.
#define CLIENT_TEST(name) TEST_ISOLATED_BETWEEN(name, fake_start, fake_end)

void fake_start(void);
/// All locks are free again.
void fake_end(void);

/// The dispatcher, which the library finds by the GS register.
struct dispatcher_shared *fake_dispatcher(void);

/// The request before the last (0), the one before that (1) ...
struct fake_request *fake_last(unsigned before);
/// Whether its first words are these.
bool fake_asked(unsigned before, uint64_t op, uint64_t one, uint64_t two, uint64_t three);

/// Answers with the errval_t in fake_error, and words 1 and so on.
errval_t fake_answer_words(struct fake_request *request, uint64_t words[8], struct capref *cap);
extern uint64_t fake_words[8];

/// Writes a request down and lets the test answer it.
errval_t fake_serve(struct fake_request request, uint64_t words[8], struct capref *cap);

/// A message of the other side, over UMP.
void fake_reply(uint16_t ctrl, const void *data, size_t bytes);
