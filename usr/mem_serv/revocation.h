// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// One visible revocation with its abort protocol (Engler, Kaashoek, O'Toole, "Exokernel", SOSP
// 1995): the holder is asked for memory and chooses what to give; what is missing at the deadline
// is taken by force, and the holder is told what it lost. A pure state machine (design, rule 6);
// clock, messages and memory are in reclaim.c. Private to the memory server.
//
//   IDLE --begin--> ASKED      the holder has registered: ask it and set the deadline
//   IDLE --begin--> FORCING    it has not: nobody would answer, so nothing is waited for
//   ASKED --deadline--> FORCING
//   FORCING --range taken--> FORCING, as long as something is missing
//   any --enough came back, nothing left to take, or the holder ended--> IDLE
//
// R1 What counts is the holder's account: what it holds now against what it held in the beginning.
//    So memory counts whatever way it came back, also after the deadline, and what the holder
//    allocates meanwhile counts against it.
// R2 A range that is being taken is taken to its end: between TAKE and its TAKEN or NOTHING no
//    other event is given.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum revocation_state { REVOCATION_IDLE, REVOCATION_ASKED, REVOCATION_FORCING };

enum revocation_event {
    REVOCATION_HELD,     ///< what the account holds may have changed
    REVOCATION_DEADLINE, ///< the deadline has passed, or the holder cannot be asked
    REVOCATION_TAKEN,    ///< a range was taken, as wanted by TAKE
    REVOCATION_NOTHING,  ///< there is nothing that could be taken
    REVOCATION_ENDED,    ///< the holder has ended: all of it comes back
};

/// What is to be done now.
enum revocation_action {
    REVOCATION_NONE,
    REVOCATION_ASK,  ///< tell the holder what is wanted, and give DEADLINE in time
    REVOCATION_TAKE, ///< take the newest range, then give TAKEN or NOTHING
    REVOCATION_DONE, ///< answer the requester; the machine is idle
};

struct revocation {
    enum revocation_state state;
    uint64_t wanted;   ///< bytes
    uint64_t at_start; ///< held then
    uint64_t held;     ///< held when last heard of
    uint64_t forced;   ///< bytes taken
};

/// Begin; the machine must be idle. `registered`: the holder can be asked.
enum revocation_action revocation_begin(struct revocation *revocation, uint64_t wanted,
                                        uint64_t held, bool registered);

/// Go on; `held` is what the account holds now. Events of an idle machine are ignored.
enum revocation_action revocation_step(struct revocation *revocation, enum revocation_event event,
                                       uint64_t held);

/// Bytes that have come back, in both ways.
uint64_t revocation_returned(const struct revocation *revocation);
