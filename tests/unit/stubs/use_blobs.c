// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages of arrays.
#include "messages.h"

#include <if/blobs_defs.h>

#define blobs_messages(X)                                                                          \
    X(blobs, raw, LIST(bytes, uint8_t, data, length, 2048))                                        \
    X(blobs, words, LIST(bytes, uint64_t, data, length, 6))                                        \
    X(blobs, many, LIST(bytes, uint32_t, first, first_length, 100),                                \
      LIST(bytes, uint16_t, second, second_length, 100),                                           \
      LIST(bools, bool, flags, flags_length, 50))                                                  \
    X(blobs, huge, LIST(bytes, uint8_t, data, length, 9000))                                       \
    X(blobs, unbounded, LIST(bytes, uint8_t, data, length, 4096))
#define blobs_rpcs(X)                                                                              \
    X(blobs, fetch, (NUMBER(uint64_t, key), NUMBER(uint32_t, most)),                               \
      (LIST(bytes, uint8_t, value, length, 4096)))

USE(blobs)
