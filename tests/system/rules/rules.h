// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The rules of the capability system, as the machine keeps them. A stage (stage.c) holds one
// capability of every type; calls name its slots by words (RULES_AT), so that they can be data.
// call.c makes the calls, account.c knows which commands have succeeded and which errors were seen.
#pragma once

#include "barrelfish/barrelfish.h"
#include "barrelfish/capabilities.h"
#include "kpi/cap_rules.h"
#include "systest/systest.h"

/// Slots of the stage's CNode. The capability of type t is in slot t.
enum rules_slot {
    SLOT_FRAME = ObjType_Frame, ///< four pages, the first one in SLOT_MAPPING
    SLOT_MAPPING = ObjType_Mapping,
    SLOT_LARGE = 32,   ///< a Frame of one large page
    SLOT_DISPFRAME,    ///< a Frame of four pages
    SLOT_DISPATCHER_2, ///< like that in its type's slot not set up at first
    SLOT_BUSY,         ///< a Frame that is half cleared
    SLOT_TABLE,        ///< a second ptable
    SLOT_TEST = 64,    ///< from here on empty between tests
    SLOT_TARGET = 100, ///< used by rules_least()
    SLOT_ARG = 101,
    SLOT_OUT = 120, ///< for results: empty between calls
    SLOT_EMPTY = 130,
};

// Words that stand for addresses.
#define RULES_AT(slot) (0x5ae0ul << 48 | (slot))       ///< a slot of the stage
#define RULES_NO_WRITE(slot) (0x5ae1ul << 48 | (slot)) ///< through a CNode without WRITE
#define RULES_NO_READ(slot) (0x5ae2ul << 48 | (slot))
#define RULES_ROOT (0x5ae3ul << 48) ///< an empty slot of the own L1CNode

/// A stage, as far as tests must know it.
struct rules_stage {
    bool devices; ///< this core's machine domains hold devices
    struct capref ram;
    struct lmp_endpoint *endpoint; ///< that of the EndPointLMP
    uint64_t notify_vector, irq_vector;
};
extern struct rules_stage rules_stage;

/// Make the stage; false, with failed checks, if that cannot be done.
bool rules_stage_make(void);
void rules_stage_destroy(void);

/// Whether there is a capability of this type: an IRQSrc only where there are devices.
bool rules_has(unsigned type);

struct capref rules_cap(uint64_t slot);
uint64_t rules_caddr(uint64_t word);

/// The capability in a slot; type ObjType_Null if it is empty.
struct capability rules_look(uint64_t slot);
void rules_delete(uint64_t slot);

/// One call and what it must answer.
struct rules_row {
    uint64_t command, target, args[CAP_ARGS];
    enum err_code expected;
};

/// Make a call, repeated while it says SYS_ERR_AGAIN, and take account of it.
struct sysret rules_call(uint64_t command, uint64_t target, const uint64_t args[CAP_ARGS]);

/// Check a row; an error must change nothing.
bool rules_row(const struct rules_row *row);
void rules_rows(const struct rules_row *rows, size_t count);

/// Check that a command is refused and changes nothing without each of the rights that the table of
/// rules asks for, on target and arguments, and with each argument of a wrong type, missing, busy,
/// at no address or in a CNode without the right.
void rules_refused(uint64_t command, uint64_t target, const uint64_t args[CAP_ARGS]);
#define RULES_REFUSED(command, target, ...)                                                        \
    rules_refused((command), (target), (const uint64_t[CAP_ARGS]){__VA_ARGS__})

/// The same, and that it succeeds with those rights and no more. SLOT_OUT is emptied.
void rules_least(uint64_t command, uint64_t target, const uint64_t args[CAP_ARGS]);
#define RULES_LEAST(command, target, ...)                                                          \
    rules_least((command), (target), (const uint64_t[CAP_ARGS]){__VA_ARGS__})
#define RULES_EXPECT(expected, command, target, ...)                                               \
    rules_row(&(const struct rules_row){(command), RULES_AT(target), {__VA_ARGS__}, (expected)})

/// Send a message from the stage's slots; `cap` is a word, or 0.
errval_t rules_send(uint64_t endpoint, uint64_t flags, uint64_t cap, uint64_t length);

/// Take a message of the stage's endpoint.
bool rules_receive(struct lmp_recv_msg *msg);

const char *rules_command_name(uint64_t command);

/// The account of commands and what they gave (account.c): add to it, empty it, and check that
/// nothing is missing.
void rules_account(uint64_t command, errval_t err);
void rules_account_begin(void);
void rules_account_check(void);

/// Capabilities on this core; and the same, but 0 if others may be making some meanwhile.
uint64_t rules_database(void);
uint64_t rules_database_alone(void);
extern bool rules_alone;

/// The families, in the order in which they can be run on one stage.
void rules_test_illegal(void);
void rules_test_copy(void);
void rules_test_retype(void);
void rules_test_vnode(void);
void rules_test_pages(void);
void rules_test_message(void);
void rules_test_device(void);
void rules_test_kernel(void);
void rules_test_dispatcher(void);
void rules_test_revoke(void); ///< ends the stage's objects
