// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Who may read the keyboard: the domain in the foreground. Pure.
//
// G1 The lowest is the machine's operator (the shell), whom init names. Nobody else gets in but by
//    being given the foreground.
// G2 Whoever has the foreground may give it to another domain, and whoever has given it away, to
//    whomever, may take it back or give it to another. Those above lose it then.
// G3 The foreground falls back to who gave it when a domain that has it ends.
#pragma once

#include "kpi/types.h"

#define FOREGROUND_DEPTH_MAX 16u

/// Private to foreground.c; visible for allocation. All zero: nobody.
struct foreground {
    domainid_t domains[FOREGROUND_DEPTH_MAX];
    unsigned depth;
};

/// Name the operator; once.
void foreground_begin(struct foreground *foreground, domainid_t operator_domain);

/// `from` gives the foreground to `to`, or takes it back (`to` is itself). False: it must not (G2).
bool foreground_give(struct foreground *foreground, domainid_t from, domainid_t to);

/// A domain has ended.
void foreground_end(struct foreground *foreground, domainid_t domain);

/// Who has it; 0: nobody.
domainid_t foreground_now(const struct foreground *foreground);

/// Who comes `below` places below that; 0: nobody.
domainid_t foreground_below(const struct foreground *foreground, unsigned below);
