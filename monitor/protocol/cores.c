// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Which cores are up, see protocol/cores.h for R1 to R3.

#include "protocol/cores.h"

#include "if/monitor.h"

#include <string.h>

MACHINE_STEP(cores);
_Static_assert(CORES_MAP_WORDS * sizeof(uint64_t) == sizeof(intermon_core_map_t), "the same map");

static struct cores_effect *add(const struct step *step, enum cores_effect_kind kind)
{
    struct cores_effect *effect = effects_add(step->effects);
    *effect = (struct cores_effect){.kind = kind, .core = step->event->core};
    return effect;
}

void cores_init(struct cores_state *state, coreid_t core, const struct boot_tree *tree)
{
    *state = (struct cores_state){.core = core, .tree = tree};
}

bool cores_is_up(const struct cores_state *state, coreid_t core)
{
    return core < state->tree->count && (state->up[core / 64] >> core % 64 & 1) != 0;
}

unsigned cores_count_up(const struct cores_state *state)
{
    unsigned count = 0;
    for (unsigned i = 0; i < CORES_MAP_WORDS; i++)
        count += (unsigned)__builtin_popcountll(state->up[i]);
    return count;
}

static void set_up(struct cores_state *state, coreid_t core)
{
    state->up[core / 64] |= UINT64_C(1) << core % 64;
}

static void begun(const struct step *step)
{
    set_up(step->state, step->state->core);
    if (step->state->core != 0)
        return; // its starter reports it
    struct cores_effect *effect = add(step, CORES_SEND_REPORT);
    effect->core = 0;
    effect->tsc = step->event->tsc;
}

static void started(const struct step *step)
{
    if (err_is_ok(step->event->err))
        step->state->children[step->event->core] = CORES_CHILD_STARTING;
    else
        add(step, CORES_SEND_REPORT)->failed = true; // R2
}

static void deadline(const struct step *step)
{
    if (step->state->children[step->event->core] == CORES_CHILD_STARTING)
        add(step, CORES_SEND_REPORT)->failed = true; // R2
}

static void said_up(const struct step *step)
{
    const struct cores_event *event = step->event;
    if (event->from == event->core && step->state->children[event->core] == CORES_CHILD_STARTING)
        add(step, CORES_SET_NOTIFY)->tsc = event->message.up.start;
}

static void notified(const struct step *step)
{
    if (err_is_fail(step->event->err))
        return;
    assert(step->state->children[step->event->core] == CORES_CHILD_STARTING); // EF2
    step->state->children[step->event->core] = CORES_CHILD_UP;
    (void)add(step, CORES_STOP_DEADLINE);
    add(step, CORES_SEND_REPORT)->tsc = step->event->tsc;
}

/// Sends the map to the children that are up, which send it on.
static void send_map(const struct step *step)
{
    coreid_t children[BOOT_CHILDREN_MAX];
    unsigned count = boot_tree_children(step->state->tree, step->state->core, children);
    for (unsigned i = 0; i < count; i++)
        if (cores_is_up(step->state, children[i]))
            add(step, CORES_SEND_MAP)->core = children[i];
    assert(cores_is_up(step->state, step->state->core) || !step->state->complete); // R1
    if (step->state->complete)
        (void)add(step, CORES_REPLY_ALL); // R3
}

/// Notes a report; false if it says nothing new.
static bool note(struct cores_state *state, const struct intermon_report *report)
{
    bool news = false;
    if (!report->failed) {
        news = state->states[report->core] != MONITOR_CORE_UP;
        state->states[report->core] = MONITOR_CORE_UP;
        state->start_tsc[report->core] = news ? report->start : state->start_tsc[report->core];
        set_up(state, report->core);
        return news;
    }
    for (unsigned i = 0; i < state->tree->count; i++) {
        if (state->states[i] != MONITOR_CORE_OFF ||
            !boot_tree_below(state->tree, report->core, (coreid_t)i))
            continue; // R1
        state->states[i] = MONITOR_CORE_FAILED;
        news = true;
    }
    return news;
}

static void reported(const struct step *step)
{
    struct cores_state *state = step->state;
    const struct intermon_report *report = &step->event->message.report;
    if (state->core != 0 || report->core >= state->tree->count || !note(state, report))
        return;
    state->complete = true;
    for (unsigned i = 0; i < state->tree->count; i++)
        state->complete = state->complete && state->states[i] != MONITOR_CORE_OFF;
    if (state->complete)
        send_map(step);
}

static void map(const struct step *step)
{
    struct cores_state *state = step->state;
    if (state->core == 0 || step->event->from != state->tree->parent[state->core])
        return; // R3
    memcpy(state->up, step->event->message.cores.up, sizeof(state->up));
    state->complete = step->event->message.cores.complete;
    send_map(step);
}

static void awaited(const struct step *step)
{
    enum cores_effect_kind kind = step->state->complete ? CORES_REPLY
                                  : step->event->known  ? CORES_KEEP
                                                        : CORES_REFUSE;
    struct cores_effect *effect = add(step, kind);
    effect->domain = step->event->domain;
    effect->err = kind == CORES_REFUSE ? MON_ERR_LIMIT : SYS_ERR_OK;
}

MACHINE_HANDLED(cores, [INTERMON_UP] = said_up, [INTERMON_REPORT] = reported,
                [INTERMON_CORES] = map, [CORES_BEGUN] = begun, [CORES_STARTED] = started,
                [CORES_DEADLINE] = deadline, [CORES_AWAITED] = awaited, [CORES_NOTIFIED] = notified)
