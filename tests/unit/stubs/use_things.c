// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages with capabilities.
#include "messages.h"

#include <if/things_defs.h>

#define things_messages(X)                                                                         \
    X(things, plain, NUMBER(uint32_t, number), TEXT(name, 20))                                     \
    X(things, lend, NUMBER(uint32_t, number), CAP(thing), TEXT(name, 20))                          \
    X(things, give, CAP(thing), TRUTH(last))                                                       \
    X(things, pass, CAP(first), NUMBER(uint64_t, between), CAP(second),                            \
      LIST(bytes, uint8_t, data, length, 100))
#define things_rpcs(X)                                                                             \
    X(things, trade, (NUMBER(uint32_t, number), CAP(mine), TRUTH(last)),                           \
      (CAP(yours), NUMBER(uint32_t, price)))

USE(things)
