// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The mapping database: every capability of one core, in order, so that copies, ancestors and
// descendants of an object are found in O(log n). Private to caps/; visible because struct caps
// contains it. See mdb.c for the order and the invariants.

#pragma once

#include "caps/cap.h"
#include "kpi/cap_rules.h"

struct mdb {
    struct cte *root[MDB_CLASSES];
    uint64_t count; ///< capabilities in all trees
};

/// What parts the copies of an object: the type says which of the two it can have.
#define MDB_MARKS (CAPFLAG_REMOTE | CAPFLAG_OWN)

/// Add the capability in a slot; remove it before its base, bytes, type, extra, mark or hold
/// changes.
void mdb_insert(struct mdb *mdb, struct cte *cte);
void mdb_remove(struct mdb *mdb, struct cte *cte);

/// Move the capability in `from`, which has no copies, to another slot, and its place with it.
void mdb_replace(struct mdb *mdb, struct cte *to, const struct cte *from);

/// A copy of the object in the database other than `except` (which may be NULL), or NULL.
struct cte *mdb_find_copy(const struct mdb *mdb, const struct cap *cap, const struct cte *except);

/// The same among the copies with the badge of `cap`, which must not be 0.
struct cte *mdb_find_badged(const struct mdb *mdb, const struct cap *cap, const struct cte *except);

/// A copy that has a mark (MDB_MARKS), or one that has none, or NULL.
struct cte *mdb_find_marked(const struct mdb *mdb, const struct cap *cap, bool marked);

/// A copy that holds (CAPFLAG_HELD) capabilities with the badge of `cap`: one with the same badge or
/// with none; or NULL.
struct cte *mdb_find_held(const struct mdb *mdb, const struct cap *cap);

/// The nearest ancestor of the object, a held copy if there is one, or NULL. The object itself need not be in the database.
struct cte *mdb_find_ancestor(const struct mdb *mdb, const struct cap *cap);

/// The first descendant of the object, or NULL.
struct cte *mdb_find_descendant(const struct mdb *mdb, const struct cap *cap);

/// The first object inside of `cap`, Mappings of `cap` itself left out, that overlaps
/// [base, end), or NULL.
struct cte *mdb_find_inner(const struct mdb *mdb, const struct cap *cap, uint64_t base,
                           uint64_t end);

/// The first Mapping of exactly this object, or NULL.
struct cte *mdb_find_mapping(const struct mdb *mdb, const struct cap *cap);

/// Whether a new object would overlap an existing one of which it is neither copy, ancestor nor
/// descendant by its range.
bool mdb_crosses(const struct mdb *mdb, const struct cap *cap);

/// Check the invariants in mdb.c.
bool mdb_valid(const struct mdb *mdb);
