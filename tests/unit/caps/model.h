// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What the capability system should do, in the simplest way: a list of objects that know what they
// were made of, and a list of slots. Nothing is ordered and nothing is fast. Deletion has no steps.
#pragma once

#include "world.h"

#define MODEL_ENTRIES 2048u
#define MODEL_OBJECTS 16384u
#define MODEL_NONE (-1)

struct model_object {
    uint8_t type;
    bool alive;
    genpaddr_t base;
    gensize_t bytes;
    uint64_t extra; ///< that names the object: offset of an endpoint, table and entry of a Mapping
    int parent;     ///< what it was made of, or MODEL_NONE
};

struct model_entry {
    struct cte *slot;
    int object;
    uint8_t rights;
    uint32_t badge;
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

/// The entry of a slot, or NULL if it is empty.
struct model_entry *model_entry(const struct cte *slot);

/// An object by its name, or MODEL_NONE.
int model_find(uint8_t type, genpaddr_t base, gensize_t bytes, uint64_t extra);

unsigned model_copies(int object);
bool model_descends(int object, int ancestor);

/// Whether making objects in [base, end) out of `object` would overlap what was made of it before.
bool model_occupied(int object, genpaddr_t base, genpaddr_t end);

void model_delete(const struct cte *slot);
void model_revoke(const struct cte *slot);

/// Compare: each capability of the model is in its slot, and there is no other. Ends the
/// program at the first difference.
void model_compare(void);

/// The same, but there may be other capabilities.
void model_compare_part(void);

/// Believe that capabilities which are not in their slots any more were deleted.
void model_drop_missing(void);

/// Compare every byte: it is covered by a living object, or has been returned. And every pair of
/// objects, and page tables with Mappings.
void model_compare_memory(void);
