// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages of numbers.
#include "messages.h"

#include <if/numbers_defs.h>

#define WORD(name) NUMBER(uint64_t, name)

#define numbers_messages(X)                                                                        \
    X(numbers, naturals, NUMBER(uint8_t, a), NUMBER(uint16_t, b), NUMBER(uint32_t, c), WORD(d),    \
      NUMBER(uintptr_t, e))                                                                        \
    X(numbers, integers, NUMBER(int8_t, a), NUMBER(int16_t, b), NUMBER(int32_t, c),                \
      NUMBER(int64_t, d), NUMBER(intptr_t, e), NUMBER(int32_t, f))                                 \
    X(numbers, sizes, NUMBER(size_t, a), NUMBER(char, b), NUMBER(errval_t, c), NUMBER(iref_t, d),  \
      NUMBER(coreid_t, e), NUMBER(domainid_t, f), NUMBER(cycles_t, g), NUMBER(systime_t, h),       \
      NUMBER(delayus_t, i))                                                                        \
    X(numbers, addresses, NUMBER(genpaddr_t, a), NUMBER(gensize_t, b), NUMBER(genvaddr_t, c),      \
      NUMBER(lpaddr_t, d), NUMBER(lvaddr_t, e), NUMBER(capaddr_t, f), NUMBER(cslot_t, g),          \
      NUMBER(uint32_t, h), WORD(i))                                                                \
    X(numbers, truth, TRUTH(a), TRUTH(b))                                                          \
    X(numbers, nothing)                                                                            \
    X(numbers, line, WORD(a), WORD(b), WORD(c), WORD(d), WORD(e), WORD(f), WORD(g))                \
    X(numbers, longer, WORD(a), WORD(b), WORD(c), WORD(d), WORD(e), WORD(f), WORD(g), TRUTH(h))
#define numbers_rpcs(X)                                                                            \
    X(numbers, swap, (WORD(a), TRUTH(b)), (TRUTH(c), WORD(d)))                                     \
    X(numbers, ping, (), ())                                                                       \
    X(numbers, wide, (WORD(a), WORD(b), WORD(c), WORD(d), WORD(e), WORD(f), WORD(g), WORD(h)),     \
      (WORD(i), WORD(j), WORD(k), WORD(l), WORD(m), WORD(n), WORD(o), NUMBER(uint16_t, p)))

USE(numbers)
