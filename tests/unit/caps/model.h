// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the capability system should do, in the simplest way: a list of objects that know what they
// were made of, and a list of slots. Nothing is ordered and nothing is fast. Deletion has no steps.
#pragma once

#include "world.h"

#define MODEL_ENTRIES 256u
#define MODEL_OBJECTS 512u
#define MODEL_NONE (-1)
#define MODEL_PAGES 8u      ///< of a Mapping
#define MODEL_OTHER_CORE 1u ///< owner of foreign objects

struct model_object {
    uint8_t type;
    bool alive;
    bool remote, foreign; ///< other cores may know it; another core owns it
    bool closed;          ///< an endpoint, as long as its dispatcher has one of its own
    genpaddr_t base;
    gensize_t bytes;
    uint64_t extra; ///< that names the object: offset of an endpoint, table and entry of a Mapping
    int parent;     ///< what it was made of, or MODEL_NONE
    // Mapping: pages, where in the object they begin, and the VREGION_FLAGS_ of each.
    uint64_t pages, offset;
    uint8_t flags[MODEL_PAGES];
};

struct model_entry {
    struct cte *slot; ///< NULL: one of those for what other cores know (world.remote_slot)
    int object;
    uint8_t rights;
    uint32_t badge;
    bool own;      ///< the dispatcher made this capability of its endpoint itself
    bool clearing; ///< half made by a retype
    bool doomed;   ///< an operation under way deletes it, or uses its slot
};

struct model {
    unsigned entries_count, objects_count;
    struct model_entry entries[MODEL_ENTRIES];
    struct model_object objects[MODEL_OBJECTS];
};
extern struct model model;

void model_reset(void);

/// A new object, of which `slot` gets the first capability. Returns its number.
int model_make(struct cte *slot, uint8_t type, genpaddr_t base, gensize_t bytes, uint64_t extra,
               uint8_t rights, int parent);

/// A capability to an existing object.
void model_add(struct cte *slot, int object, uint8_t rights, uint32_t badge);

/// One that was made from another.
void model_copy(struct cte *slot, const struct model_entry *src, uint8_t rights, uint32_t badge);

/// A capability of an object, of the dispatcher's own ones or another, is there no more.
void model_left(int object, bool own);

/// The entry of a slot, or NULL if it is empty.
struct model_entry *model_entry(const struct cte *slot);

/// An object by its name, or MODEL_NONE.
int model_find(uint8_t type, genpaddr_t base, gensize_t bytes, uint64_t extra);

unsigned model_copies(int object);
bool model_descends(int object, int ancestor);

/// Whether making objects in [base, end) out of `object` would overlap what was made of it before.
bool model_occupied(int object, genpaddr_t base, genpaddr_t end);

void model_delete(const struct cte *slot);

/// The same for what contains nothing, or has other copies; what else is dead is not buried yet.
void model_delete_leaf(const struct cte *slot);

void model_revoke(const struct cte *slot);

/// Delete what is part of objects that are dead.
void model_bury(void);

/// Make room, where dead objects were that nothing is part of any more, for others.
void model_close(void);

/// Forget dead objects that nothing is part of any more.
void model_compact(void);

/// Compare: each capability of the model is in its slot, and there is no other. Ends the
/// program at the first difference.
void model_compare(void);

/// The same, but there may be other capabilities, and those that are doomed may be gone.
void model_compare_part(void);

/// Mark what is not in `after` as doomed, all else as not.
void model_doom(const struct model *after);

/// Believe that doomed capabilities which are not in their slots any more were deleted.
void model_drop_missing(void);

/// Compare memory: what capabilities of the database cover, what has been returned and what waits
/// to be is all memory and nothing twice.
void model_compare_sum(void);

/// Compare every byte: it is covered by a living object, or has been returned, or waits to be. And
/// every pair of objects, and every page-table entry with its Mapping.
void model_compare_memory(void);
