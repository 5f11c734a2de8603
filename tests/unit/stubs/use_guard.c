// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages that not everybody may send.
#include "messages.h"

#include <if/guard_defs.h>

#define guard_messages(X)                                                                          \
    X(guard, note, NUMBER(uint32_t, number))                                                       \
    X(guard, halt, NUMBER(uint32_t, number))
#define guard_rpcs(X)                                                                              \
    X(guard, ask, (NUMBER(uint64_t, number)), (NUMBER(uint64_t, back)))                            \
    X(guard, keep, (NUMBER(uint64_t, number)), (NUMBER(uint64_t, back)))                           \
    X(guard, store, (LIST(bytes, uint8_t, data, length, 500)), (NUMBER(uint32_t, stored)))

USE(guard)
