// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The parts of this test: capabilities to destroy (tree.c), what is done with few and with many
// (cases.c), and the domains that run meanwhile (witness.c).
#pragma once

#include "barrelfish/barrelfish.h"
#include "systest/systest.h"

// tree.c

#define TREE_ROOTS_MAX 4u
#define TREE_TABLES_MAX 64u

/// Capabilities made of one RAM capability, L2CNodes of it in L1CNodes of it, filled with frames,
/// copies and mappings.
struct tree {
    struct capref ram, roots[TREE_ROOTS_MAX], tables[TREE_TABLES_MAX];
    gensize_t bytes, used;
    unsigned roots_count, tables_count, mappings, descendants;
};

struct tree_shape {
    unsigned cnodes;                   ///< L2CNodes
    unsigned frames, copies, mappings; ///< in each; together at most L2_CNODE_SLOTS
};

/// Make a tree. False, with failed checks, if that cannot be done.
bool tree_make(struct tree *tree, const struct tree_shape *shape);

/// Delete the RAM, and every capability but the roots: what is left goes with them.
void tree_uncover(struct tree *tree);

/// Delete what is left and free all slots.
void tree_destroy(struct tree *tree);

/// Memory in the tree's RAM behind what was made of it.
gensize_t tree_take(struct tree *tree, gensize_t bytes);

// cases.c

/// Something whose longest event must not depend on `many`.
struct bounded_case {
    const char *name;
    void (*prepare)(bool many);
    void (*act)(void);
    void (*finish)(void);
};

extern const struct bounded_case bounded_cases[];
extern const unsigned bounded_cases_count;
#define BOUNDED_CASE_SLOTS 2u ///< the one that needs the most slots

// witness.c

/// What the witnesses have done.
struct witness_counts {
    volatile uint64_t computed; ///< rounds of the one that never waits
    volatile uint64_t woken;    ///< times that the one with a periodic timer woke
};

#define WITNESS_PERIOD_US 2000u

/// The body of a witness: "compute" or "timer". Never returns but after an error.
int witness_main(const char *what);

/// Start both, on this core; NULL if that cannot be done.
struct witness_counts *witness_start(void);
void witness_stop(void);
