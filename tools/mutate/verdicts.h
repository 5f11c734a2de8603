// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// What became of each mutant: the report, which a later run may go on from, and those that are
// known to be no different from the source.
#pragma once

#include "mutate.h"

struct candidate {
    const char *source; // its path
    const char *text;   // of the whole source
    struct mutant mutant;
    size_t tests; // which of the sources' tests
};

/// "file:line: operator: old -> new", from malloc().
char *candidate_name(const struct candidate *candidate);

/// What equivalent.txt calls it, from malloc(): "file :: function :: operator: old -> new :: line :: ";
/// "function.2" and so on for another in it that would be called the same. The reason follows.
char *candidate_key(const struct candidate *candidate);

/// Why it is no different, as `list` (the text of equivalent.txt) has it; else NULL. From malloc().
char *equivalent_why(const struct candidate *candidate, const char *list);

/// What an earlier report says of a mutant of the same source: "killed", "survived" ...; or NULL.
char *earlier_verdict(const struct candidate *candidate, const char *report);

/// The line for the report.
char *verdict_line(const struct candidate *candidate, const char *verdict);
