// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A channel in use, as a Spin model: two sides that send, receive, sleep, wake and close as
// libbarrelfish/channel/ump_chan.c does, in all interleavings of their loads and with all times at which
// their stores may arrive. It stands on stores.pml (memory) and ring.pml (the protocol, and what
// is simpler than the code). tests/unit/urpc_model/ runs it, without and with seeded mistakes.
//
// What is found:
// - a message lost, repeated, reordered or torn: asserts in urpc_recv() and at the end of a side;
// - a line overwritten unread (I3), an acknowledgement of what was not sent: asserts in ring.pml;
// - a lost wake-up, a deadlock, room that never comes (I7): somebody sleeps and nobody moves,
//   which is an invalid end state, since a side may stop only at its end;
// - endless work for nothing: a side goes round again only after a message, or after a sleep that
//   a notification ended. So there is no cycle, which a search with -DNP confirms.
// Left out is polling in vain, which changes no state: whether a side polls before it sleeps, and
// for how long, makes no difference.
//
// By hand: spin -a urpc/model/channel.pml && cc -DSAFETY -o pan pan.c && ./pan

#ifndef N
#define N 2 // ring lines
#endif
#ifndef TELL
#define TELL 1 // lines between two acknowledgements (I6 b)
#endif
#ifndef SEND_0
#define SEND_0 6 // messages of side 0: three laps
#endif
#ifndef SEND_1
#define SEND_1 0
#endif
#ifndef STORES
#define STORES 8 // that a processor can keep waiting
#endif

#ifdef GREEDY // A side sends and receives all that it can before it looks around.
#define may_stop false
#else
#define may_stop true
#endif
#ifdef REPLY // Side 1 sends only answers, so that what rides on them is news.
#define limit (me == 0 -> total : least(total, consumed[me]))
#else
#define limit total
#endif

#include "stores.pml"
#include "ring.pml"

bit notified[2]; // sticky: a notification that comes before the wait ends the wait

// ump_chan_flush(): one notification does for both.
inline flush()
{
    urpc_peer_sleeps();
    urpc_peer_waits();
    if
    :: notify -> atomic { notified[1 - me] = 1; notify = false }
    :: !notify
    fi
}

// One message, if there is one to send and room, and perhaps more.
inline send_some()
{
    do
    :: sent < limit ->
       atomic {
           need = 1;
           urpc_has_room();
           if
           :: room -> room = false; worked = true; urpc_send()
           :: !room -> break
           fi
       }
    :: may_stop && worked || sent == limit -> break
    od
}

// One message, if there is one, and perhaps more.
inline recv_some()
{
    do
    :: atomic {
           urpc_can_recv();
           if
           :: came -> worked = true
           :: !came -> break
           fi
       }
       urpc_recv()
    :: may_stop && worked -> break
    od
}

// What was notified before is forgotten (or not) as the rings will be looked at; then both
// directions are armed, and a notification ends or forbids the wait.
inline sleep()
{
    if
    :: notified[me] = 0
    :: true
    fi;
    if
    :: sent < limit -> urpc_arm_room()
    :: sent == limit -> asleep = true
    fi;
    armed_room = asleep && sent < limit;
    if
    :: asleep -> urpc_arm()
    :: !asleep
    fi;
    if
    :: asleep -> atomic { notified[me] == 1; notified[me] = 0; asleep = false; urpc_disarm() }
    :: !asleep
    fi;
    if
    :: armed_room -> atomic { armed_room = false; urpc_disarm_room() }
    :: !armed_room
    fi
}

#define all_done (sent == total && consumed[me] == expected)
#ifdef CLOSE_EARLY
#define may_leave (me == 1) // at any time
#define may_miss true
#else
#define may_leave false
#define may_miss false
#endif

proctype side(bit me)
{
    byte sent, acked, told, tx_index, rx_index, total, expected;
    bit tx_epoch = 1, rx_epoch = 1;
    bool tx_unchecked, rx_unchecked, room, came, notify, asleep, armed_room, closed, worked;
    d_step { total = (me == 0 -> SEND_0 : SEND_1); expected = (me == 0 -> SEND_1 : SEND_0) }
    do
    :: atomic { load(CLOSED); closed = shown(CLOSED) } // before the ring is drained
       send_some();
       recv_some();
       flush();
       if
       :: me == 0 && all_done -> break // side 1 waits for the close
       :: closed && !worked || may_leave -> break
       :: worked && !(me == 0 && all_done) -> worked = false
       :: !worked && !closed && !(me == 0 && all_done) -> sleep()
       fi
    od;
    assert(all_done || may_miss);
    atomic { urpc_close() }
    flush()
}

init
{
    atomic { run side(0); run side(1) }
}
