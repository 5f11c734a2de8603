// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The owner's side of a capability that crossed cores: which cores may hold a copy of which object
// owned here, and when the object's last copy is gone everywhere. A pure state machine, (state,
// event) -> (new state, effect); the monitor carries out the effects.
//
// Events at the owner, for an object and a core:
//   send      the monitor is about to send a copy to the core
//   ack       that copy was made real there, or was refused
//   release   the core says that its last copy is gone
//   park      the owner's last local copy is gone and lies parked in a slot
// Effect: DIRECTORY_FREE, the parked copy is now the last of all and is to be deleted for good.
//
// What makes it right, with messages from one core arriving in the order in which they were sent:
// D1 A core that holds a copy, or to which one is on its way, is in the set (C2). A send adds it
//    before the message leaves.
// D2 A release that crosses a copy on its way to the same core must not remove that core. So copies
//    not yet acknowledged are counted (in_flight), and a core leaves the set only when none is in
//    flight and the last thing that it said is not "made real" (holds).
// D3 A holder acknowledges a copy before it can release it, and releases an object only when no
//    copy of it exists on its core.
// D4 The table is bounded (C10): a send that finds no room is refused before anything changed.
//
// Deliberately not here: revoke and ownership moves across cores, which need the same table and
// further states.

#pragma once

#include "kpi/capabilities.h"
#include "kpi/errors.h"

#define DIRECTORY_HOLDERS_MAX 1024u ///< pairs of object and core
#define DIRECTORY_PARKED_MAX 256u   ///< slots of the returns CNode
#define DIRECTORY_IN_FLIGHT_MAX 255u

/// What is the same for all copies of an object.
struct directory_object {
    genpaddr_t base;
    gensize_t bytes;
    uint8_t type; ///< enum objtype
};

struct directory_holder {
    struct directory_object object; ///< type is ObjType_Null in an unused entry
    coreid_t core;
    uint8_t in_flight; ///< copies sent and not acknowledged
    bool holds;        ///< a copy was made real and no release came since
};

struct directory_parked {
    struct directory_object object;
    cslot_t slot;
};

/// Private to directory; visible for allocation. All zero is an empty directory.
struct directory {
    unsigned holders_count;
    unsigned parked_count;
    struct directory_holder holders[DIRECTORY_HOLDERS_MAX];
    struct directory_parked parked[DIRECTORY_PARKED_MAX];
};

/// DIRECTORY_FREE: delete the copy parked in `slot`, which is the last of all.
struct directory_effect {
    enum { DIRECTORY_NOTHING, DIRECTORY_FREE } what;
    cslot_t slot;
};

/// A copy of `object` is about to be sent to `core`.
///
/// \return MON_ERR_LIMIT if the table is full or too many copies are in flight to that core:
/// nothing has changed, do not send.
__attribute__((warn_unused_result)) errval_t
directory_send(struct directory *dir, const struct directory_object *object, coreid_t core);

/// `core` has made a copy real (`made`) or refused it. Unknown objects and cores, and more acks
/// than sends, are ignored.
struct directory_effect directory_ack(struct directory *dir, const struct directory_object *object,
                                      coreid_t core, bool made);

/// `core` has no copy any more. Unknown objects and cores are ignored.
struct directory_effect directory_release(struct directory *dir,
                                          const struct directory_object *object, coreid_t core);

/// The last local copy of `object` was parked in `slot`. If no core holds a copy the effect says to
/// delete it at once. Parking more than DIRECTORY_PARKED_MAX objects, or an object twice, is the
/// caller's error and answered with DIRECTORY_NOTHING.
struct directory_effect directory_park(struct directory *dir, const struct directory_object *object,
                                       cslot_t slot);

/// Everything that `core` holds is gone (it stopped). Call again until the effect is
/// DIRECTORY_NOTHING.
struct directory_effect directory_core_gone(struct directory *dir, coreid_t core);

/// Tells whether `core` may hold a copy of `object`.
bool directory_holds(const struct directory *dir, const struct directory_object *object,
                     coreid_t core);

/// Number of cores that may hold a copy of `object`.
unsigned directory_holders(const struct directory *dir, const struct directory_object *object);

/// Checks the tables: no entry twice, every holder holds or is about to, every object has a type.
bool directory_valid(const struct directory *dir);
