// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the files of test_siege, the honest domain, and of test_camp, the hostile ones, know of one
// another. They are two programs, and begun by the shell, so that neither is of the other's family
// and whose instructions are whose can be told (tools/coherence/behalf.h).
#pragma once

#include "barrelfish/types.h"
#include "kpi/types.h"

/// What an honest domain asks of the services.
struct siege_call {
    const char *name;
    errval_t (*run)(void);
    bool single; ///< one request: what it waits for is bounded in turns
    bool far;    ///< asks another core: only where there is one
};
extern const struct siege_call siege_calls[];
extern const size_t siege_calls_count;

/// Binds and registers what the calls need; call once before them.
errval_t siege_calls_init(void);

/// What a hostile domain does: first it takes all of something that it can get; then it goes on as
/// hard as it can, for ever.
struct siege_attack {
    const char *name;
    bool (*occupy)(void); ///< false: it got nothing at all
    void (*rage)(void);   ///< one round; called again and again
};
/// Ended by NULL.
extern const char *const siege_attack_names[];
extern const struct siege_attack siege_attacks[];
extern const size_t siege_attacks_count;
extern const struct siege_attack siege_service_attacks[];
extern const size_t siege_service_attacks_count;
extern const struct siege_attack siege_family_attacks[];
extern const size_t siege_family_attacks_count;

/// Of the largest machine that this runs on.
#define SIEGE_CORES_MAX 3u
/// Times that each call is made under an attack.
#define SIEGE_ROUNDS 5u
/// More than any table has.
#define SIEGE_COUNT_MAX 5000u
/// Takes until it gets no more. Whether it got any, and came to an end.
bool siege_take_all(errval_t (*take_one)(unsigned i));
/// Takes all that a single domain can get of the services' tables.
void siege_take_tables(void);

/// What test_siege tells the camp of a core over a channel, to the service of this name and the
/// core's number. The answer's first word is 1 if it was done.
#define SIEGE_CAMP_NAME "siege camp"
#define SIEGE_CHANNEL_BYTES 1024u
enum siege_order {
    SIEGE_BEGIN, ///< 1: attack, by its place in siege_attack_names. Answered when the hostile
                 ///< domain has all that it can get
    SIEGE_END,   ///< it is killed, with all that came of it
};
