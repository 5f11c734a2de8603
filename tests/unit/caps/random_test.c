// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Random operations against the model. Memory that comes back is used again. An episode ends with
// the deletion of everything, after which all memory must have been returned. After each
// operation every capability is compared, the database validated, and memory summed up; and every
// page, pair of objects and page-table entry compared, if no operation is under way: after each one
// in the run of `ninja test`, after one in 16 in the long run.
#include "random.h"

#include <stdio.h>
#include <stdlib.h>

#define EPISODE_OPERATIONS 1000u
#define FULL 110u ///< capabilities from which on the random choice favours deletion
#define LONG_RUN 1000000u

static uint64_t random_operations = 200000; // a multiple of 1000

/// An argument is the number of operations.
void test_program_begin(int argc, char **argv)
{
    if (argc > 1)
        random_operations = strtoull(argv[1], NULL, 0);
}

static const struct choice {
    const char *name;
    bool (*run)(void);
    unsigned weight;
} choices[] = {
    {"copy", random_copy, 6},
    {"move", random_move, 6},
    {"retype", random_retype, 18},
    {"delete", random_delete, 5},
    {"revoke", random_revoke, 2},
    {"set up dispatcher", random_setup, 4},
    {"make endpoint", random_endpoint, 4},
    {"map", random_map, 14},
    {"map copy", random_map_copy, 3},
    {"modify mapping", random_modify, 4},
    {"unmap", random_unmap, 3},
    {"make", random_create, 3},
    {"sent by another core", random_foreign, 3},
    {"mark remote", random_set_remote, 2},
    {"monitor forgets", random_monitor, 3},
    {"surrender", random_surrender, 2},
    {"question", random_question, 4},
    {"begin an operation", random_begin, 2},
    {"step of an operation", random_step, 8},
    {"copy of what is doomed", random_rescue, 6},
};
#define CHOICES (sizeof choices / sizeof choices[0])

static uint64_t outcomes[2][CHOICES]; ///< by operation: refused, done

static unsigned choose(void)
{
    unsigned total = 0, which = 0;
    for (unsigned i = 0; i < CHOICES; i++)
        total += choices[i].weight;
    for (unsigned dice = (unsigned)below(total); dice >= choices[which].weight; which++)
        dice -= choices[which].weight;
    return which;
}

/// Puts memory that came back into the system again, each run of pages as one RAM capability.
static void take_returned(void)
{
    struct cte *end_of_slots = &world.slots[OUTSIDE_SLOTS + RETURN_SLOTS];
    for (unsigned i = 0; i < WORLD_PAGES && world.returned_bytes > 0; i++) {
        unsigned end = i;
        while (end < WORLD_PAGES && world.returned[end])
            end++;
        struct cte *slot = &world.slots[OUTSIDE_SLOTS];
        while (slot < end_of_slots && !cte_empty(slot))
            slot++;
        if (end == i || slot == end_of_slots)
            continue;
        genpaddr_t base = WORLD_BASE + i * BASE_PAGE_SIZE;
        gensize_t bytes = (end - i) * BASE_PAGE_SIZE;
        world_take(slot, base, bytes);
        model_make(slot, ObjType_RAM, base, bytes, 0, CAPRIGHTS_ALL, MODEL_NONE);
    }
}

/// For a while nobody has room for memory that comes back.
static void refuse_returns(void)
{
    if (!world.ram_refused) {
        world.ram_refused = one_in(100);
    } else if (one_in(20)) {
        world.ram_refused = false;
        step_all();
        random_catch_up();
    }
}

static void one_operation(bool thorough)
{
    unsigned which = choose();
    if (model.entries_count > FULL)
        which = random_under_way() ? 18 : 3;
    bool done = choices[which].run();
    outcomes[done][which]++;
    random_catch_up();
    refuse_returns();
    kassert(random_under_way() || world.caps.holds == 0);
    if (!random_under_way())
        model_compare();
    else
        model_compare_part();
    model_compare_sum();
    if (thorough && !random_under_way())
        model_compare_memory();
    take_returned();
    if (!random_under_way())
        model_compact();
}

static void begin_episode(void)
{
    world_reset();
    world.remote_slot = &world.slots[WORLD_SLOTS - REMOTE_SLOTS];
    world.remote_room = REMOTE_SLOTS;
    model_reset();
    random_under_way_reset();
    for (unsigned i = 0; i < 4; i++) {
        genpaddr_t base = WORLD_BASE + i * (WORLD_BYTES / 4);
        make(&world.slots[i], ObjType_RAM, base, WORLD_BYTES / 4);
        model_make(&world.slots[i], ObjType_RAM, base, WORLD_BYTES / 4, 0, CAPRIGHTS_ALL,
                   MODEL_NONE);
    }
}

/// Other cores forget everything.
static void forget_remotes(void)
{
    for (unsigned i = 0; i < model.entries_count; i++) {
        errval_t err = SYS_ERR_AGAIN;
        while (model.objects[model.entries[i].object].remote && err == SYS_ERR_AGAIN)
            err = caps_set_remote(&world.caps, model.entries[i].slot, false);
        model.objects[model.entries[i].object].remote = false;
    }
}

/// Cycles that nothing outside refers to are deleted from within, RAM first.
static void end_episode(void)
{
    random_finish();
    world.ram_refused = false;
    step_all();
    forget_remotes();
    while (model.entries_count > 0) {
        struct cte *slot = model.entries[0].slot;
        for (unsigned i = 0; i < model.entries_count; i++)
            if (model.objects[model.entries[i].object].type == ObjType_RAM)
                slot = model.entries[i].slot;
        kassert(delete_all(slot) == SYS_ERR_OK);
        model_delete(slot);
    }
    model_compare();
    model_compare_memory();
    kassert(world_returned_only(WORLD_BASE, WORLD_BYTES));
}

static void test_random_model(void)
{
    test_random_init(&random_rng, 1);
    uint64_t every = random_operations >= LONG_RUN ? 16 : 1;
    for (uint64_t i = 0; i < random_operations; i++) {
        if (i % EPISODE_OPERATIONS == 0)
            begin_episode();
        one_operation(i % every == 0);
        if ((i + 1) % EPISODE_OPERATIONS == 0)
            end_episode();
    }
    for (unsigned i = 0; i < CHOICES; i++) {
        printf("    %-24s %8lu done, %8lu refused\n", choices[i].name, outcomes[1][i],
               outcomes[0][i]);
        CU_ASSERT(outcomes[1][i] > 0);
    }
    printf("    of what is held          %8lu refused, %lu moved, %lu deleted\n",
           random_held.refused, random_held.moved, random_held.deleted);
    CU_ASSERT(random_held.refused > 0 && random_held.moved > 0 && random_held.deleted > 0);
}

TEST_SUITE("random") = {
    {"random operations against the model", test_random_model},
};
