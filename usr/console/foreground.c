// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The foreground: a stack of domains, each put there by the one below it.
#include "foreground.h"

/// Its place in the stack; `depth`: it is not there.
static unsigned place_of(const struct foreground *foreground, domainid_t domain)
{
    unsigned place = 0;
    while (place < foreground->depth && foreground->domains[place] != domain)
        place++;
    return place;
}

void foreground_begin(struct foreground *foreground, domainid_t operator_domain)
{
    foreground->domains[0] = operator_domain;
    foreground->depth = 1;
}

bool foreground_give(struct foreground *foreground, domainid_t from, domainid_t to)
{
    unsigned giver = place_of(foreground, from), taker = place_of(foreground, to);
    if (giver == foreground->depth || to == 0 || taker < giver)
        return false;
    if (to == from) {
        foreground->depth = giver + 1;
        return true;
    }
    if (giver + 1 == FOREGROUND_DEPTH_MAX)
        return false;
    foreground->domains[giver + 1] = to;
    foreground->depth = giver + 2;
    return true;
}

void foreground_end(struct foreground *foreground, domainid_t domain)
{
    unsigned place = place_of(foreground, domain);
    if (place > 0 && place < foreground->depth) // the operator's place is nobody else's
        foreground->depth = place;
}

domainid_t foreground_now(const struct foreground *foreground)
{
    return foreground_below(foreground, 0);
}

domainid_t foreground_below(const struct foreground *foreground, unsigned below)
{
    return below < foreground->depth ? foreground->domains[foreground->depth - 1 - below] : 0;
}
