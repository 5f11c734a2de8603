// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The machine's start and end, its log and its failures; memory, slots and capabilities.
#include "machine_internal.h"

#include "barrelfish/capabilities.h"
#include "barrelfish/slot_alloc.h"

#include <fakes/fakes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { SLOTS = 2048 };

int spawnd_main(void);

struct machine machine;
coreid_t machine_core = MACHINE_CORE;
struct machine_boot_change machine_boot_change;

static enum machine_call failing;
static unsigned fail_after;
static errval_t fail_err;
/// Of spawnd, which keeps slots from one start to the next.
static enum { SLOT_FREE, SLOT_EMPTY, SLOT_FULL } slots[SLOTS];
static unsigned revoke_count[SLOTS];

errval_t machine_fails(enum machine_call call)
{
    if (call != failing || fail_after-- > 0)
        return SYS_ERR_OK;
    failing = CALL_NONE;
    return fail_err;
}

void machine_fail(enum machine_call call, unsigned after, errval_t err)
{
    failing = call;
    fail_after = after;
    fail_err = err;
}

bool machine_failed(void)
{
    bool failed = failing == CALL_NONE;
    failing = CALL_NONE;
    return failed;
}

void machine_note(const char *format, ...)
{
    size_t used = strlen(machine.log);
    va_list args;
    va_start(args, format);
    vsnprintf(machine.log + used, sizeof(machine.log) - used, format, args);
    va_end(args);
}

bool machine_expect(const char *log)
{
    bool same = strcmp(machine.log, log) == 0;
    if (!same)
        printf("\n  got      %s\n  expected %s\n", machine.log, log);
    machine.log[0] = '\0';
    return same;
}

bool machine_printed(const char *text)
{
    bool same = machine.printed_bytes == strlen(text) &&
                memcmp(machine.printed, text, machine.printed_bytes) == 0;
    if (!same)
        printf("\n  printed  %.*s\n  expected %s\n", (int)machine.printed_bytes, machine.printed,
               text);
    machine.printed_bytes = 0;
    return same;
}

/// Two programs that can be loaded, one of them with the machine's capabilities.
static void make_bootinfo(void)
{
    static struct bootinfo *info;
    if (info == NULL)
        info = mmap((void *)BOOTINFO_VADDR, BOOTINFO_BYTES, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    CU_ASSERT_PTR_NOT_EQUAL_FATAL(info, MAP_FAILED);
    info->magic = machine_boot_change.magic != 0 ? machine_boot_change.magic : BOOTINFO_MAGIC;
    info->modules_count = machine_boot_change.modules != 0 ? machine_boot_change.modules : 3;
    info->modules[0] = (struct bootinfo_module){.bytes = 5000, .slot = 2, .string = "prog one two"};
    info->modules[1] = (struct bootinfo_module){.bytes = 70, .slot = 4, .string = "machine:driver"};
    info->modules[2] = (struct bootinfo_module){.bytes = 80, .slot = 6, .string = "start:console"};
}

bool machine_start(void)
{
    memset(&machine, 0, sizeof(machine));
    domains_start();
    machine.revoke_steps = machine.destroy_steps = 1;
    machine.ring_lines = 32;
    machine.alloc_gives_cap = true;
    services_start();
    channels_start();
    make_bootinfo();
    return fake_program_run(spawnd_main);
}

void messages_handler_loop(void)
{
    fake_program_serves();
}

static void expect_nothing_left(void)
{
    unsigned full = 0, empty = 0;
    for (unsigned i = 0; i < SLOTS; i++) {
        full += slots[i] == SLOT_FULL;
        empty += slots[i] == SLOT_EMPTY;
    }
    CU_ASSERT_EQUAL(full, 0);
    CU_ASSERT(empty <= DOMAINS_MAX); // one for each badge
    CU_ASSERT_EQUAL(machine.loaded, 0);
    CU_ASSERT_EQUAL(machine.mapped, 0);
    CU_ASSERT_EQUAL(domain_table_running(&domains), 0);
    CU_ASSERT_TRUE(domain_table_valid(&domains));
}

void machine_end(void)
{
    machine_fail(CALL_NONE, 0, SYS_ERR_OK);
    machine.revoke_steps = machine.destroy_steps = 1;
    machine_run();
    struct domain *domain;
    for (domainid_t from = 0; (domain = domain_table_next(&domains, from)) != NULL;) {
        from = domain->id + 1;
        machine_death((const uint64_t[]){DEATH_STOPPED, domain->id}, 2);
    }
    machine_run();
    while (machine_forgotten(UINT32_MAX) > 0)
        machine_run();
    peers_close();
    machine_run();
    debug_printf("."); // If there was a console, spawnd notices that it has gone.
    for (domainid_t number = 0; number < DOMAIN_DYNAMIC; number++)
        client_forget_local((domainid_t)machine_core << 16 | number);
    machine_run();
    expect_nothing_left();
    machine_core = MACHINE_CORE;
}

// Memory.

void *machine_malloc(size_t bytes);
void *machine_calloc(size_t count, size_t bytes);

/// What malloc() is for spawnd.
void *machine_malloc(size_t bytes)
{
    return err_is_fail(machine_fails(CALL_MALLOC)) ? NULL : realloc(NULL, bytes);
}

void *machine_calloc(size_t count, size_t bytes)
{
    void *block = machine_malloc(count * bytes);
    return block != NULL ? memset(block, 0, count * bytes) : NULL;
}

// Slots and capabilities.

static struct capref slot_take(void)
{
    unsigned i = 0;
    while (i < SLOTS && slots[i] != SLOT_FREE)
        i++;
    CU_ASSERT_FATAL(i < SLOTS);
    slots[i] = SLOT_EMPTY;
    machine.slots++;
    return (struct capref){ROOTCN_CNODE(ROOTCN_SLOT_ALLOC0), i};
}

static bool is_slot(struct capref cap)
{
    return cap.cnode.cnode == ROOTCN_CNODE(ROOTCN_SLOT_ALLOC0).cnode && cap.slot < SLOTS &&
           slots[cap.slot] != SLOT_FREE;
}

static bool cap_is_there(struct capref cap)
{
    return is_slot(cap) && slots[cap.slot] == SLOT_FULL;
}

struct capref machine_cap(void)
{
    struct capref slot = slot_take();
    slots[slot.slot] = SLOT_FULL;
    return slot;
}

errval_t slot_alloc(struct capref *ret)
{
    errval_t err = machine_fails(CALL_SLOT_ALLOC);
    if (err_is_ok(err))
        *ret = slot_take();
    return err;
}

void slot_keep(size_t count)
{
    machine.slots_kept = count;
}

errval_t slot_reserve(size_t count)
{
    machine.slots_reserved = count;
    return LIB_ERR_RAM_ALLOC; // memory is too small
}

void cap_end(struct capref cap)
{
    CU_ASSERT_TRUE_FATAL(cap_is_there(cap));
    slots[cap.slot] = SLOT_FREE;
    machine.slots--;
}

void cap_drop(struct capref cap)
{
    machine_note("drop; ");
    cap_end(cap);
}

errval_t cap_destroy(struct capref cap)
{
    cap_end(cap);
    return SYS_ERR_OK;
}

errval_t cap_delete(struct capref cap)
{
    CU_ASSERT_TRUE_FATAL(cap_is_there(cap));
    slots[cap.slot] = SLOT_EMPTY;
    machine_note("delete; ");
    return SYS_ERR_OK;
}

static const char *service_name(struct capref service)
{
    if (capcmp(service, (struct capref){cnode_arg, SPAWND_ARG_MONITOREP}))
        return "monitor";
    if (capcmp(service, (struct capref){cnode_arg, SPAWND_ARG_MEMSERVEP}))
        return "memory";
    return capcmp(service, cap_selfep) ? "self" : "nobody";
}

errval_t cap_mint(struct capref dest, struct capref src, uint64_t rights, uint64_t badge)
{
    CU_ASSERT_TRUE_FATAL(is_slot(dest));
    CU_ASSERT_EQUAL(rights, CAPRIGHTS_ALL);
    if (cap_is_there(dest))
        return SYS_ERR_SLOT_IN_USE;
    errval_t err = machine_fails(CALL_MINT);
    if (err_is_ok(err)) {
        slots[dest.slot] = SLOT_FULL;
        machine_note("mint %s %lx; ", service_name(src), badge);
    }
    return err;
}

errval_t invoke_cap_revoke(struct capref cap)
{
    CU_ASSERT_TRUE(cap_is_there(cap));
    errval_t err = machine_fails(CALL_REVOKE);
    if (err_is_fail(err))
        return err;
    if (++revoke_count[cap.slot] < machine.revoke_steps)
        return SYS_ERR_AGAIN;
    revoke_count[cap.slot] = 0;
    machine_note("revoke; ");
    return SYS_ERR_OK;
}
