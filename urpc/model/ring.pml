// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The calls of urpc/urpc.h and urpc/ring.c as steps on the memory of stores.pml. Each inline is
// named for the C function; I1 ... are the invariants of urpc/layout.h. An atomic sequence has at
// most one load (but for a seeded mistake): all else that a side does is its own or waits in its
// queue, so nobody can tell when it was done. Where urpc_has_room() has two, a load may always see
// less than has been stored, so the first may be taken to have been done long before the second. A
// seeded mistake is a macro, MISTAKE_x.
//
// What is simpler than the code:
// - A payload is two words, each with the message's number. Counts do not wrap and fit a header,
//   which therefore may be looked at again (I9 is arithmetic: tests/unit/urpc/).
// - A flag's number only ever means "answered" or "fresh". Three odd numbers, each used again when
//   nobody has it any more, stand for all.
// - TELL stands for N / 4, so that a small ring can have more than 1.
// - Hints to the processor change no content and no order, and are left out.
// - A side that sleeps stands also for a channel that stays armed while its dispatcher does other
//   work: that is armed anew after each notification and before the next sleep too (I11;
//   libbarrelfish/dispatch/waitset_chan.c, W1). Here it is disarmed in between, which the peer cannot tell from a
//   number that it has answered. The time stamp of who notifies is a hint, and left out.
// - One thread sends and receives. The peer is honest: what I8 guards against is an error here.

// Of what a side keeps for itself, what the other side's asserts and fresh() look at.
byte consumed[2];
byte answers[4]; // tx.notified and rx.notified
#define answered(s, flag) answers[2 * (s) + (flag)-FLAG_RECV]

hidden byte need; // lines, an argument of urpc_has_room()
hidden byte ride; // scratch, within an atomic sequence
#ifdef MISTAKE_WANT_MORE
#define ROOM_MAX (N - TELL + 2)
#else
#define ROOM_MAX (N - TELL + 1) // urpc_room_max()
#endif
#define least(a, b) ((a) < (b) -> (a) : (b))
#define room_known (N - (sent - acked))

inline take_ack(count)
{
    if
    :: count > acked -> assert(count <= sent); acked = count // I8
    :: else
    fi
}

// The line that was consumed last.
#define LAST HEADER((consumed[me] - 1) % N)

// Sets `room`: whether `need` lines can be sent.
inline urpc_has_room()
{
    if
    :: room_known < need && consumed[me] > 0 ->
        load(LAST);
        ride = shown(LAST) / 2;
        take_ack(ride) // I6 a
    :: else
    fi;
    if
    :: room_known < need -> load(CONSUMED); take_ack(shown(CONSUMED)) // I6 b
    :: else
    fi;
    room = room_known >= need
}

#ifdef MISTAKE_EARLY_RIDE
#define riding (consumed[me] + 1)
#else
#define riding consumed[me]
#endif

// unanswered(): sets `notify`.
inline look_at(flag)
{
    load(flag);
    if
    :: shown(flag) % 2 == 1 && shown(flag) != answered(me, flag) ->
        answered(me, flag) = shown(flag); // I11
        notify = true
    :: else
    fi
}

// Fills the line and urpc_publish(). Message number k carries k + 1.
inline urpc_send()
{
    assert(sent - consumed[1 - me] < N); // I3: the line that is overwritten was read
#ifdef MISTAKE_FLAG_FIRST
    fence();
    look_at(FLAG_RECV); // and not again, unless the channel is closed
#endif
#ifdef MISTAKE_HEADER_FIRST
    store(HEADER(tx_index), riding * 2 + tx_epoch);
#endif
    store(HALF_0(tx_index), sent + 1);
    store(HALF_1(tx_index), sent + 1);
#ifndef MISTAKE_HEADER_FIRST
    store(HEADER(tx_index), riding * 2 + tx_epoch); // I4, I6 a
#endif
    sent++;
#ifndef MISTAKE_FLAG_FIRST
    tx_unchecked = true; // I10
#endif
    tx_index++;
    if
    :: tx_index == N -> tx_index = 0; tx_epoch = 1 - tx_epoch // I2
    :: else
    fi
}

// Sets `came`.
inline urpc_can_recv()
{
    load(HEADER(rx_index));
    came = shown(HEADER(rx_index)) % 2 == rx_epoch // I2
}

inline urpc_consume()
{
    consumed[me]++;
    rx_index++;
    if
    :: rx_index == N -> rx_index = 0; rx_epoch = 1 - rx_epoch // I2
    :: else
    fi;
    if
#ifndef MISTAKE_NEVER_TOLD
    :: consumed[me] - told >= TELL ->
        told = consumed[me];
        rx_unchecked = true;
        store(CONSUMED, told) // I5, I6 b
#endif
    :: else
    fi
}

inline read_half(half, number)
{
    load(half);
    assert(shown(half) == number) // I4, I5
}

// The copy, when urpc_can_recv() has found a message, and urpc_consume().
inline urpc_recv()
{
#ifdef MISTAKE_EARLY_ACK
    atomic { urpc_consume(); came = false }
    atomic { read_half(HALF_0((consumed[me] - 1) % N), consumed[me]) }
    atomic { read_half(HALF_1((consumed[me] - 1) % N), consumed[me]) }
#else
    atomic { read_half(HALF_0(rx_index), consumed[me] + 1) }
    atomic { read_half(HALF_1(rx_index), consumed[me] + 1); urpc_consume(); came = false }
#endif
}

inline urpc_peer_sleeps()
{
    atomic {
        if
        :: tx_unchecked ->
            tx_unchecked = false;
#ifndef MISTAKE_NO_FENCE_SENDER
            fence(); // I10
#endif
            look_at(FLAG_RECV)
        :: else
        fi
    }
}

inline urpc_peer_waits()
{
    atomic {
        if
        :: rx_unchecked ->
            rx_unchecked = false;
#ifndef MISTAKE_NO_FENCE_RECEIVER
            fence(); // I12
#endif
            look_at(FLAG_ROOM)
        :: else
        fi
    }
}

// The next odd number of a flag: not the one that is shown, nor the last that was answered.
#ifdef MISTAKE_SAME_NUMBER
#define fresh(flag) 1
#else
#define is_used(number, flag) (memory[me].word[flag] == number || answered(1 - me, flag) == number)
#define fresh(flag) (!is_used(1, flag) -> 1 : (!is_used(3, flag) -> 3 : 5))
#endif

inline urpc_disarm()
{
    store(FLAG_RECV, 0)
}

// Sets `asleep`.
inline urpc_arm()
{
#ifdef MISTAKE_POLL_FIRST
    atomic { urpc_can_recv() }
#endif
    atomic {
        store(FLAG_RECV, fresh(FLAG_RECV));
#ifndef MISTAKE_NO_FENCE_ARM
        fence(); // I10
#endif
#ifndef MISTAKE_POLL_FIRST
        urpc_can_recv()
#endif
    }
    atomic {
        load(CLOSED);
        asleep = !came && !shown(CLOSED);
        came = false;
        if
        :: asleep
        :: else -> urpc_disarm()
        fi
    }
}

inline urpc_disarm_room()
{
    store(FLAG_ROOM, 0)
}

// Sets `asleep`.
inline urpc_arm_room()
{
    atomic {
        store(FLAG_ROOM, fresh(FLAG_ROOM));
#ifndef MISTAKE_NO_FENCE_ROOM
        fence(); // I12
#endif
        need = least(limit - sent, ROOM_MAX);
        urpc_has_room()
    }
    atomic {
        load(CLOSED);
        asleep = !room && !shown(CLOSED);
        room = false;
        if
        :: asleep
        :: else -> urpc_disarm_room()
        fi
    }
}

inline urpc_close()
{
    store(CLOSED, 1);
    tx_unchecked = true;
    rx_unchecked = true
}
