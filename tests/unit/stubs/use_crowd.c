// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// 250 messages that are alike.
#include "messages.h"

#include <if/crowd_defs.h>

#define ONE(X, n) X(crowd, m##n, NUMBER(uint32_t, value))
#define ONES_1_4(X, n) ONE(X, n##1) ONE(X, n##2) ONE(X, n##3) ONE(X, n##4)
#define ONES_5_9(X, n) ONE(X, n##5) ONE(X, n##6) ONE(X, n##7) ONE(X, n##8) ONE(X, n##9)
#define TEN(X, n) ONE(X, n##0) ONES_1_4(X, n) ONES_5_9(X, n)
#define TENS_1_4(X, n) TEN(X, n##1) TEN(X, n##2) TEN(X, n##3) TEN(X, n##4)
#define TENS_5_9(X, n) TEN(X, n##5) TEN(X, n##6) TEN(X, n##7) TEN(X, n##8) TEN(X, n##9)

#define crowd_messages(X)                                                                          \
    ONES_1_4(X, )                                                                                  \
    ONES_5_9(X, )                                                                                  \
    TENS_1_4(X, )                                                                                  \
    TENS_5_9(X, )                                                                                  \
    TEN(X, 10)                                                                                     \
    TENS_1_4(X, 1)                                                                                 \
    TENS_5_9(X, 1)                                                                                 \
    TEN(X, 20)                                                                                     \
    TENS_1_4(X, 2)                                                                                 \
    ONE(X, 250)
#define crowd_rpcs(X)

USE(crowd)
