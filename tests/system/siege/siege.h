// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of test_siege know of one another.
#pragma once

#include "barrelfish/types.h"
#include "kpi/types.h"

/// What an honest domain asks of the services of its core.
struct siege_call {
    const char *name;
    errval_t (*run)(void);
    bool single; ///< one request: what it waits for is bounded in turns
    bool spawns; ///< it needs a domain of the family's share
};
extern const struct siege_call siege_calls[];
extern const size_t siege_calls_count;

/// Binds and registers what the calls need; call once before them.
errval_t siege_calls_init(void);

/// What a hostile domain does: first it takes all of something that it can get, and sleeps; then it
/// goes on as hard as it can, for ever.
struct siege_attack {
    const char *name;
    bool (*occupy)(void); ///< false: it got nothing at all
    void (*rage)(void);   ///< one round; called again and again
    bool spawns;          ///< it takes the domains of its family, to which the honest one belongs
};
extern const struct siege_attack siege_attacks[];
extern const size_t siege_attacks_count;
extern const struct siege_attack siege_service_attacks[];
extern const size_t siege_service_attacks_count;

/// Time that a hostile domain sleeps between the two, in microseconds.
#define SIEGE_PAUSE_US 400000u
/// More than any table has.
#define SIEGE_COUNT_MAX 5000u
