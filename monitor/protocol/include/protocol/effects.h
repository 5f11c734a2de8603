// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What all pure machines of the monitors have in common. A step is (state, event) -> (new state,
// effects). Events and effects are plain structs of each machine's own; what is outside of the
// monitor's own state comes in with the event. exec/ and cores/ carry the effects out, in their order.
// An event that is another monitor's message has that and its operation (intermon.if) for a kind; a
// machine's own kinds are above all operations.
//
// EF1 A list of effects is bounded: each machine says how many a step may add at most.
// EF2 An effect whose result comes back as an event is the last of its list, so that what a list
//     names is as it was decided until the list has been carried out. What else may come in between
//     has no effects of its own.
// EF3 A machine gets the events that it has a handler for, and no others.

#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

/// Declares a machine out of `struct NAME_state`, `NAME_event` and `NAME_effect`, both with a `kind`,
/// of which 0 is none: what a step leads to, `most` effects at most (EF1), and NAME_step(), which
/// takes a step. `effects` is made anew.
#define MACHINE(name, most)                                                                        \
    struct name##_effects {                                                                        \
        unsigned count;                                                                            \
        struct name##_effect list[most];                                                           \
    };                                                                                             \
    void name##_step(struct name##_state *state, const struct name##_event *event,                 \
                     struct name##_effects *effects)

/// Declares what a machine's handlers work on.
#define MACHINE_STEP(name)                                                                         \
    struct step {                                                                                  \
        struct name##_state *state;                                                                \
        const struct name##_event *event;                                                          \
        struct name##_effects *effects;                                                            \
    }

static inline void effects_handled(bool is_handled)
{
    assert(is_handled); // EF3
}

/// Defines NAME_step() by a handler for each kind of event, `[KIND] = handler`.
#define MACHINE_HANDLED(name, ...)                                                                 \
    static void (*const handlers[])(const struct step *step) = {__VA_ARGS__};                      \
    void name##_step(struct name##_state *state, const struct name##_event *event,                 \
                     struct name##_effects *effects)                                               \
    {                                                                                              \
        const struct step step = {state, event, effects};                                          \
        effects->count = 0;                                                                        \
        if (event->kind == 0)                                                                      \
            return;                                                                                \
        effects_handled(event->kind < sizeof(handlers) / sizeof(handlers[0]) &&                    \
                        handlers[event->kind] != NULL);                                            \
        handlers[event->kind](&step);                                                              \
    }

/// Defines run(), which has an event decided and carries out all that it leads to, by a function for
/// each kind of effect, `[KIND] = function`. What comes of an effect is left in the file's `result`.
#define MACHINE_CARRIED_OUT(name, state, ...)                                                      \
    static void (*const carry_out[])(const struct name##_effect *effect) = {__VA_ARGS__};          \
    static void run(struct name##_event event)                                                     \
    {                                                                                              \
        struct name##_effects effects;                                                             \
        for (; event.kind != 0; event = result) {                                                  \
            name##_step(state, &event, &effects);                                                  \
            result.kind = 0;                                                                       \
            for (unsigned i = 0; i < effects.count; i++) {                                         \
                effects_no_result(result.kind);                                                    \
                carry_out[effects.list[i].kind](&effects.list[i]);                                 \
            }                                                                                      \
        }                                                                                          \
    }

/// Gives the place for one effect more in a list.
#define effects_add(effects)                                                                       \
    (&(effects)->list[effects_next(&(effects)->count,                                              \
                                   sizeof((effects)->list) / sizeof((effects)->list[0]))])

static inline unsigned effects_next(unsigned *count, unsigned most)
{
    assert(*count < most); // EF1
    return (*count)++;
}

static inline void effects_no_result(unsigned kind)
{
    assert(kind == 0); // EF2
}
