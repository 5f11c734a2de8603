// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The parts of the random test: choices (random_choose.c), operations on single capabilities
// (random_ops.c), those that make objects (random_make.c), page tables (random_map.c), operations
// that others come between (random_under_way.c), and the loop (random_test.c).
//
// An operation returns whether it was done; false: it was refused, as the model said it must be, or
// there was nothing to try it on.
#pragma once

#include "kpi/dispatcher.h"
#include "kpi/vspace.h"
#include "lib/kassert.h"
#include "model.h"

#define OUTSIDE_SLOTS 120u
#define RETURN_SLOTS 200u ///< slots for returned memory, after those outside
#define REMOTE_SLOTS (WORLD_SLOTS - OUTSIDE_SLOTS - RETURN_SLOTS)

// Memory that is not in the world, where nothing but page tables can point to.
#define DEVICES_BASE (8ul << 30) ///< PhysAddr
#define DEVICES_BYTES (4ul << 30)
#define KCB_REGION_BASE (16ul << 30)
#define KCB_REGION_BYTES (8ul * OBJSIZE_KCB)
#define FOREIGN_BASE (32ul << 30) ///< of other cores: pieces of FOREIGN_BYTES
#define FOREIGN_BYTES (1ul << 20)
#define FOREIGN_PIECES 12u

#define TYPE(type) (1u << ObjType_##type)
#define VNODES                                                                                     \
    (TYPE(VNode_x86_64_pml4) | TYPE(VNode_x86_64_pdpt) | TYPE(VNode_x86_64_pdir) |                 \
     TYPE(VNode_x86_64_ptable))
#define HOLDERS (TYPE(L1CNode) | TYPE(L2CNode) | TYPE(Dispatcher))
#define ANY_TYPE UINT32_MAX

extern struct test_random random_rng;

static inline uint64_t below(uint64_t bound)
{
    return test_random_below(&random_rng, bound);
}

static inline bool one_in(uint64_t times)
{
    return below(times) == 0;
}

/// Whether something is under way that forbids to make more of an object, or of an endpoint with
/// this badge.
bool random_is_held(int object, uint32_t badge);

/// What must be answered to who makes something of an object (MODEL_NONE: of none): as expected, but
/// of what is held nothing is made. `err`: the answer; another reason may come first.
errval_t random_expect_held(errval_t expected, int object, uint32_t badge, errval_t err);

/// How often something that is held was used: something was to be made of it, or it was moved or
/// deleted.
extern struct random_held {
    uint64_t refused, moved, deleted;
} random_held;

/// A capability that can be used, preferably of one of these types; NULL: there is none. It may be
/// held: what was made of what goes need not go with it.
struct model_entry *random_entry(uint32_t types);

/// A place for a capability, in use or not. False: none was found.
bool random_dest(struct caps_dest *dest);

/// Whether a place is as the model says.
bool random_is_clear(const struct cte *slot);

/// What a place says to a capability of this type.
errval_t random_expect_dest(const struct caps_dest *dest, uint8_t type);

static inline const struct model_object *object_of(const struct model_entry *entry)
{
    return &model.objects[entry->object];
}

bool random_copy(void);
bool random_move(void);
bool random_delete(void);
bool random_revoke(void);
bool random_set_remote(void);
bool random_surrender(void);
bool random_question(void);
bool random_monitor(void); ///< the monitor forgets what it was given

/// Whether anything made of the object lives; or anything that other cores may know.
bool random_has_descendant(int object);
bool random_has_remote_descendant(int object);

bool random_retype(void);
bool random_setup(void);
bool random_endpoint(void);
bool random_create(void);
bool random_foreign(void);

bool random_map(void);
bool random_map_copy(void);
bool random_modify(void);
bool random_unmap(void);

/// A retype that was chosen.
struct random_retype {
    struct cte *src;
    struct cap cap; ///< what is in src
    gensize_t offset, size;
    uint8_t type;
    uint32_t count;
    struct caps_dest dest;
};

bool random_retype_choose(struct random_retype *retype);
errval_t random_retype_expect(const struct random_retype *retype);
errval_t random_retype_step(const struct random_retype *retype, uint32_t *done);
/// Put into the model what a step has made: `done` objects, and others that are being cleared.
void random_retype_made(const struct random_retype *retype, uint32_t done);

/// Whether any operation is under way; then what is doomed may be gone, and what is gone may still
/// be in the way.
bool random_under_way(void);
/// After every operation: see what has gone, and what is doomed now.
void random_catch_up(void);
bool random_is_reserved(const struct cte *slot);
bool random_begin(void);  ///< a deletion, revocation or retype
bool random_step(void);   ///< one step of one of them, or of what nobody drives
bool random_rescue(void); ///< a copy of something doomed
void random_finish(void); ///< all of them
void random_under_way_reset(void);
