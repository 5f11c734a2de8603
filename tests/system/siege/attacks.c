// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Hostile domains that take what the CPU driver and the memory server have: memory in pieces as
// small and as scattered as they come, capabilities, the processor, and domain numbers.
#include "siege.h"

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/domain.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/threads.h"

#define PIECES 3000u
#define COPIES 20000u

static struct capref pieces[PIECES];

/// Every second page of what it got goes back, so that what is free is in as many pieces.
static bool occupy_memory(void)
{
    unsigned count = 0;
    while (count < PIECES &&
           err_is_ok(ram_alloc_bytes(&pieces[count], BASE_PAGE_SIZE, BASE_PAGE_SIZE)))
        count++;
    for (unsigned i = 0; i < count; i += 2) {
        (void)cap_destroy(pieces[i]);
        pieces[i] = NULL_CAP;
    }
    return count > 0;
}

static void rage_memory(void)
{
    struct capref ram;
    if (err_is_ok(ram_alloc_bytes(&ram, BASE_PAGE_SIZE, BASE_PAGE_SIZE)))
        (void)cap_destroy(ram);
}

static struct capref frame;

static bool occupy_capabilities(void)
{
    unsigned count = 0;
    struct capref copy;
    if (err_is_fail(frame_alloc(&frame, BASE_PAGE_SIZE, NULL)))
        return false;
    while (count < COPIES && err_is_ok(slot_alloc(&copy)) && err_is_ok(cap_copy(copy, frame)))
        count++;
    return count > 0;
}

/// A revocation with as many copies as fit into a slice, over and over.
static void rage_capabilities(void)
{
    struct capref own, copy;
    if (err_is_fail(frame_alloc(&own, BASE_PAGE_SIZE, NULL)))
        return;
    for (unsigned i = 0; i < 100 && err_is_ok(slot_alloc(&copy)); i++)
        if (err_is_fail(cap_copy(copy, own)))
            break;
    (void)cap_revoke(own);
    (void)cap_destroy(own);
}

static bool occupy_nothing(void)
{
    return true;
}

static void rage_processor(void)
{
    for (volatile unsigned i = 0; i < 1000000; i++) {
    }
}

static void rage_yield(void)
{
    thread_yield_dispatcher(0);
}

static errval_t take_domain(unsigned i)
{
    char *argv[] = {(char *)disp_name(), "sleeper", NULL};
    (void)i;
    return spawn_program(disp_get_core_id(), argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, NULL);
}

/// Children that only wait, as many as there may be.
static bool occupy_domains(void)
{
    return siege_take_all(take_domain);
}

static void rage_domains(void)
{
    char *argv[] = {"test_child", "loop", NULL};
    struct capref domain;
    if (err_is_ok(
            spawn_program(disp_get_core_id(), argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, &domain)))
        (void)!spawn_kill(domain);
}

static struct capref victim;

static bool occupy_reclaims(void)
{
    char *argv[] = {(char *)disp_name(), "sleeper", NULL};
    return err_is_ok(
        spawn_program(disp_get_core_id(), argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, &victim));
}

/// By force, from a child that gives nothing by itself.
static void rage_reclaims(void)
{
    (void)!spawn_reclaim(victim, BASE_PAGE_SIZE, 0, NULL);
}

const struct siege_attack siege_attacks[] = {
    {.name = "memory", .occupy = occupy_memory, .rage = rage_memory},
    {.name = "capabilities", .occupy = occupy_capabilities, .rage = rage_capabilities},
    {.name = "processor", .occupy = occupy_nothing, .rage = rage_processor},
    {.name = "yield", .occupy = occupy_nothing, .rage = rage_yield},
    {.name = "domains", .occupy = occupy_domains, .rage = rage_domains},
    {.name = "reclaims", .occupy = occupy_reclaims, .rage = rage_reclaims},
};
const size_t siege_attacks_count = sizeof(siege_attacks) / sizeof(siege_attacks[0]);
