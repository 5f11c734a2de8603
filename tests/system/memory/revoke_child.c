// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// A domain that memory is taken from: test_revoke_child MODE, by itself
//   gives      gives two frames of its choice when asked, and keeps the data in the others
//   refuses    gives nothing; is told of the two newest frames, and lives on without them
//   late       gives two frames, but after the deadline: then two others have been taken
//   allocates  allocates as much as it gives: that counts as nothing
//   ends       ends when it is asked
//   silent     has registered nothing, and dies of the loss
//   deaf       takes its registration back, and lives on without the two newest frames
//   limit      has a limit, and lowers it
//   spawns     has a limit, which covers its children too
//   eats       allocates as much as it can, and waits to be ended
//   leaves     starts two that eat, and ends before them
//   large      has so many capabilities that to delete them takes long
#include "revoke_mem.h"

#include <stdlib.h>
#include <string.h>

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "barrelfish/deferred.h"
#include "barrelfish/except.h"
#include "barrelfish/ram_alloc.h"
#include "barrelfish/ram_revoke.h"
#include "barrelfish/slot_alloc.h"
#include "barrelfish/spawn_client.h"
#include "barrelfish/vspace_common.h"
#include "systest/systest.h"

#define SETTLE_US 5000u
#define WORDS (REVOKE_FRAME_BYTES / sizeof(uint64_t))

static struct {
    struct capref cap;
    genpaddr_t base;
    volatile uint64_t *at;
    bool given, lost;
} frames[REVOKE_FRAMES];

static const char *mode;
static unsigned asked, lost_messages;
static systime_t deadline;
static gensize_t lost_bytes;
static volatile uint64_t *volatile faulted;

static bool is(const char *name)
{
    return strcmp(mode, name) == 0;
}

/// All frames are mapped once before, so that page tables are older than they.
static void make_frames(void)
{
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < REVOKE_FRAMES; i++) {
            struct frame_identity id = {0};
            void *at = NULL;
            EXPECT_OK(frame_alloc(&frames[i].cap, REVOKE_FRAME_BYTES, NULL));
            EXPECT_OK(frame_identify(frames[i].cap, &id));
            EXPECT_OK(vspace_map_one_frame(&at, REVOKE_FRAME_BYTES, frames[i].cap, NULL, NULL));
            frames[i].base = id.base;
            frames[i].at = at;
        }
        for (unsigned i = 0; i < REVOKE_FRAMES && round == 0; i++) {
            EXPECT_OK(vspace_unmap((void *)frames[i].at));
            EXPECT_OK(cap_destroy(frames[i].cap));
        }
    }
    for (unsigned i = 0; i < REVOKE_FRAMES; i++)
        for (size_t k = 0; k < WORDS; k++)
            frames[i].at[k] = frames[i].base + k;
}

static void give(unsigned i)
{
    EXPECT_OK(vspace_unmap((void *)frames[i].at));
    EXPECT_OK(cap_destroy(frames[i].cap));
    frames[i].given = true;
}

static void on_wanted(void *arg, gensize_t bytes, systime_t until)
{
    struct capref more;
    EXPECT(arg == frames && bytes == REVOKE_WANTED && until > systime_now());
    asked++;
    deadline = until;
    if (is("allocates")) // first: a revocation is over once enough has come back
        EXPECT_OK(frame_alloc(&more, 2 * REVOKE_FRAME_BYTES, NULL));
    if (is("gives") || is("allocates")) {
        give(1);
        give(4);
    }
    if (is("ends"))
        exit(REVOKE_STATUS_ENDS);
}

static void on_lost(void *arg, genpaddr_t base, gensize_t bytes)
{
    EXPECT(arg == frames && asked == 1 && systime_now() >= deadline);
    lost_messages++;
    lost_bytes += bytes;
    for (unsigned i = 0; i < REVOKE_FRAMES; i++)
        frames[i].lost |= frames[i].base == base && bytes == REVOKE_FRAME_BYTES;
}

/// Puts zero pages where the memory was, so that the access goes on.
static void on_fault(enum exception_type type, int subtype, void *addr, struct registers *regs)
{
    (void)subtype;
    (void)regs;
    EXPECT(type == EXCEPT_PAGEFAULT);
    for (unsigned i = 0; i < REVOKE_FRAMES; i++) {
        if ((uintptr_t)addr - (uintptr_t)frames[i].at < REVOKE_FRAME_BYTES) {
            void *at = (void *)frames[i].at;
            faulted = frames[i].at;
            EXPECT_OK(vspace_unmap(at));
            EXPECT_OK(frame_alloc(&frames[i].cap, REVOKE_FRAME_BYTES, NULL));
            EXPECT_OK(vspace_map_one_frame_fixed((lvaddr_t)at, REVOKE_FRAME_BYTES, frames[i].cap,
                                                 NULL, NULL));
            return;
        }
    }
    disp_fatal();
}

static bool intact(unsigned i)
{
    for (size_t k = 0; k < WORDS; k++)
        if (frames[i].at[k] != frames[i].base + k)
            return false;
    return true;
}

/// What was not given and not lost is as it was; what was lost faults, and is empty then.
static void check_frames(unsigned given, unsigned lost)
{
    for (unsigned i = 0; i < REVOKE_FRAMES; i++) {
        given -= frames[i].given;
        lost -= frames[i].lost;
        faulted = NULL;
        if (frames[i].lost)
            EXPECT(!frames[i].given && *frames[i].at == 0 && faulted == frames[i].at);
        else if (!frames[i].given)
            EXPECT(intact(i) && faulted == NULL);
    }
    EXPECT(given == 0 && lost == 0);
}

static void serve_for(delayus_t time)
{
    systime_t end = systime_now() + us_to_systime(time);
    while (systime_now() < end) {
        while (err_is_ok(event_dispatch_non_block(get_default_waitset()))) {
        }
        barrelfish_usleep(1000);
    }
}

static void check_limit(void)
{
    struct ram_account account;
    struct capref ram;
    EXPECT_OK(ram_get_account(disp_get_domain_id(), &account));
    EXPECT(account.limit == REVOKE_READY - 1 && account.bytes < account.limit);
    EXPECT_ERR(ram_set_limit(REVOKE_READY), SYS_ERR_RIGHTS);
    EXPECT_OK(slot_reserve(4)); // so that nothing but what is asked for is allocated
    EXPECT_OK(ram_get_account(disp_get_domain_id(), &account));
    EXPECT(account.counted > account.bytes && account.limited);
    EXPECT_OK(ram_set_limit(account.counted + 2 * BASE_PAGE_SIZE + REVOKE_PIECE_BYTES));
    EXPECT_ERR(ram_alloc_bytes(&ram, 3 * BASE_PAGE_SIZE, BASE_PAGE_SIZE), LIB_ERR_RAM_ALLOC_LIMIT);
    EXPECT_OK(ram_alloc_bytes(&ram, 2 * BASE_PAGE_SIZE, BASE_PAGE_SIZE));
    EXPECT_ERR(ram_alloc_bytes(&ram, BASE_PAGE_SIZE, BASE_PAGE_SIZE), LIB_ERR_RAM_ALLOC_LIMIT);
    EXPECT_OK(ram_set_limit(BASE_PAGE_SIZE)); // below what it holds
    EXPECT_OK(cap_destroy(ram));
    EXPECT_ERR(ram_alloc_bytes(&ram, BASE_PAGE_SIZE, BASE_PAGE_SIZE), LIB_ERR_RAM_ALLOC_LIMIT);
    uint64_t before = account.bytes;
    EXPECT_OK(ram_get_account(disp_get_domain_id(), &account));
    EXPECT(account.bytes == before && account.limit == BASE_PAGE_SIZE);
}

/// Takes memory, in pieces of 64 KiB and then pages, until there is none within the limit.
static errval_t eat(void)
{
    struct capref ram;
    errval_t err = SYS_ERR_OK;
    for (size_t bytes = 16 * BASE_PAGE_SIZE; bytes >= BASE_PAGE_SIZE; bytes /= 16)
        do {
            err = ram_alloc_bytes(&ram, bytes, BASE_PAGE_SIZE);
        } while (err_is_ok(err));
    return err;
}

static void be_eater(void)
{
    EXPECT_ERR(eat(), LIB_ERR_RAM_ALLOC_LIMIT);
    for (;;)
        barrelfish_usleep(10000);
}

/// Two children eat up what is left within this domain's limit; when they have ended it is back.
static void check_children(void)
{
    char *const argv[] = {"test_revoke_child", "eats", NULL};
    struct capref children[2], ram;
    struct ram_account before = {0}, account = {0};
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(spawn_program(disp_get_core_id(), argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT,
                                &children[i]));
        EXPECT_OK(ram_get_account(disp_get_domain_id(), &before));
    }
    do {
        barrelfish_usleep(1000);
        EXPECT_OK(ram_get_account(disp_get_domain_id(), &account));
    } while (account.limit - account.counted >= BASE_PAGE_SIZE + REVOKE_PIECE_BYTES);
    EXPECT(account.counted <= account.limit && account.bytes == before.bytes);
    EXPECT_ERR(ram_alloc_bytes(&ram, BASE_PAGE_SIZE, BASE_PAGE_SIZE), LIB_ERR_RAM_ALLOC_LIMIT);
    EXPECT_ERR(spawn_program(disp_get_core_id(), argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, NULL),
               LIB_ERR_RAM_ALLOC_LIMIT);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(ram_get_account(spawn_domain_id(children[i]), &account));
        EXPECT(account.limit == UINT64_MAX && account.limited && account.counted > account.bytes);
        EXPECT_OK(spawn_kill(children[i]));
    }
    EXPECT_OK(ram_alloc_bytes(&ram, 16 * BASE_PAGE_SIZE, BASE_PAGE_SIZE));
    EXPECT_OK(cap_destroy(ram));
}

static void leave_children(void)
{
    char *const argv[] = {"test_revoke_child", "eats", NULL};
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_OK(
            spawn_program(disp_get_core_id(), argv[0], argv, NULL, SPAWN_FLAGS_DEFAULT, NULL));
    }
}

static void be_large(void)
{
    struct capref frame;
    EXPECT_OK(frame_alloc(&frame, BASE_PAGE_SIZE, NULL));
    for (unsigned i = 0; i < REVOKE_COPIES; i++) {
        struct capref copy = NULL_CAP;
        EXPECT_OK(slot_alloc(&copy));
        EXPECT_OK(cap_copy(copy, frame));
    }
    EXPECT_OK(ram_set_limit(REVOKE_READY));
    for (;;)
        barrelfish_usleep(10000);
}

static unsigned lost_frames(void)
{
    unsigned lost = 0;
    for (unsigned i = 0; i < REVOKE_FRAMES; i++) {
        struct capability identity;
        frames[i].lost |= err_no(cap_identify(frames[i].cap, &identity)) == SYS_ERR_CAP_NOT_FOUND;
        lost += frames[i].lost;
    }
    return lost;
}

static void be_asked(void)
{
    struct ram_revoke revoke;
    EXPECT_OK(ram_revoke_register(&revoke, get_default_waitset(), on_wanted, on_lost, frames));
    EXPECT_OK(thread_set_exception_handler(on_fault, NULL, NULL, NULL, NULL, NULL));
    make_frames();
    EXPECT_OK(ram_set_limit(REVOKE_READY));
    while (asked == 0)
        EXPECT_OK(event_dispatch(get_default_waitset()));
    bool forced = !is("gives");
    serve_for(REVOKE_DEADLINE_US + SETTLE_US);
    if (is("late")) {
        EXPECT(lost_messages == 2);
        give(0);
        give(1);
    }
    EXPECT(asked == 1);
    if (is("refuses") || is("late"))
        EXPECT(frames[REVOKE_FRAMES - 1].lost && frames[REVOKE_FRAMES - 2].lost);
    if (is("allocates")) {
        EXPECT(lost_messages == 1 && lost_bytes == 2 * REVOKE_FRAME_BYTES); // the newest piece
        check_frames(2, 0);
    } else {
        check_frames(is("refuses") ? 0 : 2, forced ? 2 : 0);
        EXPECT(lost_bytes == (forced ? 2 * REVOKE_FRAME_BYTES : 0));
    }
    EXPECT_OK(ram_revoke_deregister(&revoke));
}

static void be_deaf(void)
{
    struct ram_revoke revoke;
    EXPECT_OK(ram_revoke_register(&revoke, get_default_waitset(), on_wanted, on_lost, frames));
    EXPECT_OK(ram_revoke_deregister(&revoke));
    EXPECT_OK(thread_set_exception_handler(on_fault, NULL, NULL, NULL, NULL, NULL));
    make_frames();
    EXPECT_OK(ram_set_limit(REVOKE_READY));
    while (lost_frames() < 2)
        barrelfish_usleep(1000);
    check_frames(0, 2);
    EXPECT(asked == 0 && lost_messages == 0);
}

static void be_silent(void)
{
    make_frames();
    EXPECT_OK(ram_set_limit(REVOKE_READY));
    for (;;) {
        EXPECT(intact(REVOKE_FRAMES - 1));
        barrelfish_usleep(1000);
    }
}

int main(int argc, char **argv)
{
    mode = argc > 1 ? argv[1] : "";
    if (is("limit"))
        check_limit();
    else if (is("spawns"))
        check_children();
    else if (is("eats"))
        be_eater();
    else if (is("leaves"))
        leave_children();
    else if (is("large"))
        be_large();
    else if (is("silent"))
        be_silent();
    else if (is("deaf"))
        be_deaf();
    else
        be_asked();
    return test_failures() == 0 ? REVOKE_STATUS_GOOD : 1;
}
