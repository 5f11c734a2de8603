// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What hostile domains do. Each is run in a child, by name.
#pragma once

#include <stddef.h>

/// What must become of the child.
enum hostile_end {
    HOSTILE_DIES,  ///< it is ended by its fault
    HOSTILE_ERROR, ///< it gets an error and ends with status 0
    HOSTILE_ANY,   ///< one of these, or it has to be killed; never another status
    HOSTILE_STUCK, ///< the same, and it is killed soon
    HOSTILE_HANGS, ///< it has to be killed
    // These two die where hostile_lacks() is NULL; else as HOSTILE_ANY.
    HOSTILE_UMIP,
    HOSTILE_CHECKED,
};

/// The feature that this machine would need for that end and lacks, or NULL.
const char *hostile_lacks(enum hostile_end end);

struct hostile_case {
    const char *name; ///< NULL: the end of a list
    enum hostile_end end;
    int (*run)(void); ///< in the child; its result is the exit status: 0 if it got its error
};

// A case with the name of its function, and what must become of it.
#define CASE(end, name)                                                                            \
    {                                                                                              \
#name, end, name                                                                           \
    }
#define DIES(name) CASE(HOSTILE_DIES, name)
#define GOES_ON(name) CASE(HOSTILE_ERROR, name)
#define ENDS(name) CASE(HOSTILE_ANY, name)
#define STUCK(name) CASE(HOSTILE_STUCK, name)
#define HANGS(name) CASE(HOSTILE_HANGS, name)

#define HOSTILE_END                                                                                \
    {                                                                                              \
        NULL, HOSTILE_ANY, NULL                                                                    \
    }

/// Memory that is not the domain's, wild jumps, stacks.
extern const struct hostile_case hostile_memory[];

/// Privileged and odd instructions.
extern const struct hostile_case hostile_instructions[];

/// Its own dispatcher, its own capabilities and the services.
extern const struct hostile_case hostile_dispatcher[];

/// What the services and other domains stand on.
extern const struct hostile_case hostile_services[];

/// Their monitor's tables.
extern const struct hostile_case hostile_greedy[];

/// Endpoints that are not theirs.
extern const struct hostile_case hostile_messages[];

/// Channels that are bound to nothing, too often, or kept.
extern const struct hostile_case hostile_binds[];

/// Children of those that have taken all of these tables; not run by themselves.
extern const struct hostile_case hostile_refused[];

/// What other cases start, and which is not run by itself.
extern const struct hostile_case hostile_helpers[];

/// What a domain leaves to those that it is killed among.
extern const struct hostile_case hostile_copiers[];

/// Status of a case that went on where it should not have.
#define HOSTILE_WENT_ON 17
