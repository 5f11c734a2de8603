// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A network of simulated cores: a FIFO channel from each to each, in an order that a seed gives. It
// knows nothing of what the messages say, so that any machine's events can be sent. A request is
// refused while its channel has only room left for answers, and now and then without a reason, as
// by a monitor that has no memory just then.
#pragma once

#include "testlib/testlib.h"

#include <stdbool.h>
#include <stddef.h>

enum { NETWORK_CORES_MAX = 32, NETWORK_ROOM = 24, NETWORK_QUEUE = 96, NETWORK_BYTES_MAX = 128 };

struct network_channel {
    unsigned first, count;
    unsigned char messages[NETWORK_QUEUE][NETWORK_BYTES_MAX];
};

struct network {
    unsigned cores;
    size_t bytes;           ///< of a message
    unsigned refuse_one_in; ///< requests without a reason; 0: none
    unsigned refused, lost; ///< requests; what was none and found no room
    struct test_random *rng;
    struct network_channel channels[NETWORK_CORES_MAX][NETWORK_CORES_MAX];
};

/// Empties all channels.
void network_init(struct network *net, unsigned cores, size_t bytes, struct test_random *rng);

/// Whether a message is sent.
bool network_send(struct network *net, unsigned from, unsigned to, const void *message,
                  bool request);

/// Takes the next message from one core to another; false if there is none.
bool network_take(struct network *net, unsigned from, unsigned to, void *message);

/// Takes a message for `to` from whichever channel has one, chosen at random; false if none has.
bool network_take_any(struct network *net, unsigned to, unsigned *from, void *message);

/// Let each core act, until none has anything to do.
void network_settle(const struct network *net, bool (*act)(unsigned core));

// Takes a step of a machine, then the one that an effect of it led to, and so on; carry_out() says what
// event an effect led to, one of kind `none` if to none.
#define NETWORK_STEPS(machine, core, state, event, none)                                           \
    for (struct machine##_effects effects; (event).kind != (none);) {                              \
        machine##_step((state), &(event), &effects);                                               \
        (event).kind = (none);                                                                     \
        for (unsigned i = 0; i < effects.count; i++) {                                             \
            CU_ASSERT_EQUAL((event).kind, (none)); /* EF2 */                                       \
            (event) = carry_out((core), &effects.list[i]);                                         \
        }                                                                                          \
    }

/// A number less than `bound`, and whether something with a chance of one in so many happens.
unsigned network_below(struct network *net, unsigned bound);
bool network_happens(struct network *net, unsigned one_in);
