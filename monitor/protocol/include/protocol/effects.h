// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What all pure machines of the monitors have in common. A step is (state, event) -> (new state,
// effects). Events and effects are plain structs of each machine's own; what is outside of the
// monitor's own state comes in with the event. exec/ and cores/ carry the effects out, in their order.
//
// EF1 A list of effects is bounded: each machine says how many a step may add at most.
// EF2 An effect whose result comes back as an event is the last of its list, so that what a list
//     names is as it was decided until the list has been carried out. What else may come in between
//     has no effects of its own.

#pragma once

#include <assert.h>

/// Gives the place for one effect more in a list that has room for `most`.
static inline unsigned effects_add(unsigned *count, unsigned most)
{
    assert(*count < most); // EF1
    return (*count)++;
}
