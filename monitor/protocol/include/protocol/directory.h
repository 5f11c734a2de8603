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
//   park      the owner's last local copy is gone and lies parked with the monitor
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
// D4 The table is bounded (C10): a send that finds no room is refused before anything changed. An
//    object that stays parked has a holder, so that there is always room for what is to be parked.
// D5 What a step costs does not depend on how many other objects there are.
//
// Deliberately not here: revoke and ownership moves across cores, which need the same table and
// further states.

#pragma once

#include "kpi/capabilities.h"
#include "kpi/errors.h"
#include "protocol/table.h"

#define DIRECTORY_HOLDERS_MAX TABLE_ENTRIES_MAX    ///< pairs of object and core
#define DIRECTORY_PARKED_MAX DIRECTORY_HOLDERS_MAX ///< (D4)
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

/// Private to directory; visible for allocation. All zero is an empty directory.
struct directory {
    struct table by_object;
    struct table parked_by_object;
    struct directory_holder holders[DIRECTORY_HOLDERS_MAX];
    struct directory_object parked[DIRECTORY_PARKED_MAX]; ///< type is ObjType_Null in an unused one
};

/// DIRECTORY_FREE: delete the copy parked in `place`, which is the last of all.
struct directory_effect {
    enum { DIRECTORY_NOTHING, DIRECTORY_PARKED, DIRECTORY_FREE } what;
    uint16_t place;
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

/// The last local copy of `object` is gone. DIRECTORY_PARKED: keep it in `place`, of
/// DIRECTORY_PARKED_MAX, which is nobody else's until an effect says to free it. DIRECTORY_NOTHING:
/// nobody holds the object, or another copy of it is parked: delete this one.
struct directory_effect directory_park(struct directory *dir,
                                       const struct directory_object *object);

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
