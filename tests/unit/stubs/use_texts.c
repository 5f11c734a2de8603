// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Messages of strings.
#include "messages.h"

#include <if/texts_defs.h>

#define texts_messages(X)                                                                          \
    X(texts, say, TEXT(text, 40))                                                                  \
    X(texts, fitting, TEXT(text, 52))                                                              \
    X(texts, longer, TEXT(text, 53))                                                               \
    X(texts, both, TEXT(first, 30), NUMBER(uint8_t, between), TEXT(second, 4096))
#define texts_rpcs(X) X(texts, join, (TEXT(first, 100), TEXT(second, 100)), (TEXT(joined, 200)))

USE(texts)
