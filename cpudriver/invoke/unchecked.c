// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// Of the usual image: events are bounded, so nobody looks at everything (boot/checked.c does).
#include "invoke/invoke.h"

errval_t invoke_valid(struct caps_call *call)
{
    (void)call;
    return SYS_ERR_ARGS;
}
