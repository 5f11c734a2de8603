// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// See network.h.
#include "network.h"

#include <stdlib.h>
#include <string.h>

void network_init(struct network *net, unsigned cores, size_t bytes, struct test_random *rng)
{
    if (cores > NETWORK_CORES_MAX || bytes > NETWORK_BYTES_MAX)
        abort();
    memset(net, 0, sizeof(*net));
    net->cores = cores;
    net->bytes = bytes;
    net->rng = rng;
}

unsigned network_below(struct network *net, unsigned bound)
{
    return (unsigned)test_random_below(net->rng, bound);
}

bool network_happens(struct network *net, unsigned one_in)
{
    return one_in != 0 && network_below(net, one_in) == 0;
}

bool network_send(struct network *net, unsigned from, unsigned to, const void *message,
                  bool request)
{
    struct network_channel *channel = &net->channels[from][to];
    bool full = channel->count >= (request ? NETWORK_ROOM : NETWORK_QUEUE);
    if (full || (request && network_happens(net, net->refuse_one_in))) {
        net->refused += request ? 1 : 0;
        net->lost += request ? 0 : 1;
        return false;
    }
    unsigned place = (channel->first + channel->count++) % NETWORK_QUEUE;
    memcpy(channel->messages[place], message, net->bytes);
    return true;
}

bool network_take(struct network *net, unsigned from, unsigned to, void *message)
{
    struct network_channel *channel = &net->channels[from][to];
    if (channel->count == 0)
        return false;
    memcpy(message, channel->messages[channel->first], net->bytes);
    channel->first = (channel->first + 1) % NETWORK_QUEUE;
    channel->count--;
    return true;
}

bool network_take_any(struct network *net, unsigned to, unsigned *from, void *message)
{
    unsigned first = network_below(net, net->cores);
    for (unsigned i = 0; i < net->cores; i++) {
        *from = (first + i) % net->cores;
        if (network_take(net, *from, to, message))
            return true;
    }
    return false;
}

void network_settle(const struct network *net, bool (*act)(unsigned core))
{
    for (bool any = true; any;) {
        any = false;
        for (unsigned core = 0; core < net->cores; core++)
            any |= act(core);
    }
}
