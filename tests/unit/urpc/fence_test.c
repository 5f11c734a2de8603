// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The fences of I10 and I12, without luck: the calls that need one are run instruction by
// instruction (the trap flag; Intel SDM vol. 3, 17.3.2), and at the fence the peer does what must not
// be missed. A call without its fence never comes there; one whose fence stands in front of the
// announcement, or behind the look, misses it.
#include "pair.h"
#include "testlib/testlib.h"

#include <signal.h>
#include <string.h>
#include <ucontext.h>

enum { TRAP_FLAG = 0x100 };

static const uint64_t payload[URPC_WORDS];
static struct pair pair;
static bool stepping;
static unsigned meetings;   // fences at which the peer acted
static bool (*shown)(void); // whether what comes before the fence has been done
static void (*peer)(void);  // what the peer does at the fence
static bool peer_knows;     // ... and whether it knows that the other sleeps

static bool is_fence(const uint8_t *code)
{
    static const uint8_t mfence[] = {0x0f, 0xae, 0xf0};
    return code[0] == 0xf0 || memcmp(code, mfence, sizeof(mfence)) == 0;
}

/// Each call turns stepping on or off; in between, each instruction comes here before it is run.
static void on_trap(int number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)number;
    if (info->si_code <= 0) { // raise()
        stepping = !stepping;
        registers[REG_EFL] =
            stepping ? registers[REG_EFL] | TRAP_FLAG : registers[REG_EFL] & ~(greg_t)TRAP_FLAG;
    } else if (meetings == 0 && is_fence((const uint8_t *)registers[REG_RIP]) && shown()) {
        meetings++;
        peer();
    }
}

/// What `call` returns, when the peer does this at the fence of it.
static bool step(bool (*call)(struct urpc_chan *), struct urpc_chan *chan, bool (*before)(void),
                 void (*meanwhile)(void))
{
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO}, old;
    meetings = 0;
    peer_knows = false;
    shown = before;
    peer = meanwhile;
    sigaction(SIGTRAP, &action, &old);
    raise(SIGTRAP);
    bool result = call(chan);
    raise(SIGTRAP);
    sigaction(SIGTRAP, &old, NULL);
    CU_ASSERT_EQUAL(meetings, 1);
    return result;
}

static bool always(void)
{
    return true;
}

static bool recv_shown(void)
{
    return atomic_load(&pair.area[0]->flag_recv) % 2 == 1;
}

static bool room_shown(void)
{
    return atomic_load(&pair.area[0]->flag_room) % 2 == 1;
}

static void send_message(void)
{
    CU_ASSERT_TRUE(urpc_send(&pair.end[1], payload, 0));
    peer_knows = urpc_peer_sleeps(&pair.end[1]);
}

static void make_room(void)
{
    pair_take(&pair.end[1], 1);
    peer_knows = urpc_peer_waits(&pair.end[1]);
}

static void arm(void)
{
    CU_ASSERT_TRUE(urpc_arm(&pair.end[1]));
}

static void arm_room(void)
{
    CU_ASSERT_TRUE(urpc_arm_room(&pair.end[1], 2));
}

static bool arm_for_one(struct urpc_chan *chan)
{
    return urpc_arm_room(chan, 1);
}

static void test_arm(void)
{
    pair_make(&pair, 6);
    CU_ASSERT_FALSE(step(urpc_arm, &pair.end[0], recv_shown, send_message));
    CU_ASSERT_TRUE(peer_knows);
    pair_drop(&pair);
}

static void test_arm_room(void)
{
    pair_make(&pair, 6);
    (void)pair_fill(&pair.end[0]);
    CU_ASSERT_FALSE(step(arm_for_one, &pair.end[0], room_shown, make_room));
    CU_ASSERT_TRUE(peer_knows);
    pair_drop(&pair);
}

static void test_look_for_sleeper(void)
{
    pair_make(&pair, 6);
    CU_ASSERT_TRUE(urpc_send(&pair.end[0], payload, 0));
    struct urpc_msg msg;
    CU_ASSERT_TRUE(urpc_recv(&pair.end[1], msg.words, &msg.ctrl)); // it has seen all there is
    CU_ASSERT_TRUE(step(urpc_check_flag_recv, &pair.end[0], always, arm));
    pair_drop(&pair);
}

static void test_look_for_waiter(void)
{
    pair_make(&pair, 6);
    (void)pair_fill(&pair.end[1]);
    pair_take(&pair.end[0], 1);
    CU_ASSERT_TRUE(step(urpc_check_flag_room, &pair.end[0], always, arm_room));
    pair_drop(&pair);
}

TEST_SUITE("urpc fences") = {
    {"arm", test_arm},
    {"arm for room", test_arm_room},
    {"look for who sleeps", test_look_for_sleeper},
    {"look for who waits", test_look_for_waiter},
};
