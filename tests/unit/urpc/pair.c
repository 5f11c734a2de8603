// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The shared parts of the channel's suites; see pair.h. The content of a message is a hash of
// its stream, number and word, so a lost, repeated, reordered or torn one cannot look right.
// The mixing function is Steele, Lea and Flood's SplitMix64 (OOPSLA 2014).
#include "pair.h"
#include "testlib/testlib.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

static struct urpc_area *area_make(size_t lines)
{
    void *area = aligned_alloc(URPC_LINE_BYTES, lines * URPC_LINE_BYTES);
    if (area == NULL)
        abort();
    memset(area, 0, lines * URPC_LINE_BYTES);
    return area;
}

void pair_make(struct pair *pair, size_t lines)
{
    pair->area[0] = area_make(lines);
    pair->area[1] = area_make(lines);
    if (!urpc_init(&pair->end[0], pair->area[0], pair->area[1], lines) ||
        !urpc_init(&pair->end[1], pair->area[1], pair->area[0], lines))
        abort();
}

void pair_drop(struct pair *pair)
{
    free(pair->area[0]);
    free(pair->area[1]);
}

uint64_t pair_fill(struct urpc_chan *chan)
{
    static const uint64_t payload[URPC_WORDS];
    uint64_t count = 0;
    while (urpc_send(chan, payload, 0))
        count++;
    return count;
}

void pair_take(struct urpc_chan *chan, unsigned count)
{
    struct urpc_msg msg;
    for (unsigned i = 0; i < count; i++)
        CU_ASSERT_TRUE(urpc_recv(chan, msg.words, &msg.ctrl));
}

static uint64_t mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

uint64_t random_next(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return mix(*state);
}

void msg_make(struct urpc_msg *msg, unsigned stream, uint64_t number)
{
    uint64_t state = mix(number * 2 + stream + 1);
    for (int i = 0; i < URPC_WORDS; i++)
        msg->words[i] = random_next(&state);
    msg->ctrl = (uint16_t)random_next(&state);
}

bool msg_is(const struct urpc_msg *msg, unsigned stream, uint64_t number)
{
    struct urpc_msg want;
    msg_make(&want, stream, number);
    return memcmp(msg->words, want.words, sizeof(want.words)) == 0 && msg->ctrl == want.ctrl;
}

void poll_pause(unsigned *spins)
{
    if (++*spins % 64 == 0)
        sched_yield();
    else
        __builtin_ia32_pause();
}
